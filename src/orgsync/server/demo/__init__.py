"""The demo: a sample company, a server of its own, and the story of three nights."""
