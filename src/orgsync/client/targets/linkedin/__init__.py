"""LinkedIn: what to tell it, in which files, and what it took of them."""
