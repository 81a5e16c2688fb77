"""`python -m radiotheque`: the command line."""

if __name__ == "__main__":
    from radiotheque.cli import main

    main()
