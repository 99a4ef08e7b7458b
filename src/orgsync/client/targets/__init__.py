"""Where people go: LinkedIn, which is told of differences alone, and an orgsync server, which gets the file."""
