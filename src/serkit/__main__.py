"""`python -m serkit` is the command line `serkit`."""

from serkit.cli import main

if __name__ == "__main__":
    main()
