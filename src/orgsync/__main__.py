"""`python -m orgsync`."""

from orgsync.client.cli import main

if __name__ == "__main__":
    main()
