"""`python -m copos` is the command `copos`."""

from copos.cli import main

main()
