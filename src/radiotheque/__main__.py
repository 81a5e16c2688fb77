"""`python -m radiotheque`: the command line."""

from radiotheque.cli import main

if __name__ == "__main__":
    main()
