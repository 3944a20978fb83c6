"""`python -m copos` is the command `copos`."""

from copos.commands.cli import main

main()
