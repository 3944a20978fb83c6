"""The subcommands of `copos`, a file for each kind of question."""
