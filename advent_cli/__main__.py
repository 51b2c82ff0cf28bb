"""`python -m advent_cli` is `advent`."""

from advent_cli.cli.main import main

main()
