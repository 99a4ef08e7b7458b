"""The server's half of the `orgsync` command: run it, manage it, show it."""
