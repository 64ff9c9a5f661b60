"""`python -m cli`: the same as `pixl`."""

from cli.main import main

main()
