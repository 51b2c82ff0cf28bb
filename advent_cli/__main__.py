"""`python -m advent_cli` is `advent`."""

from advent_cli.main import main

main()
