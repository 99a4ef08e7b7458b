"""An orgsync server: it gets the whole file, plans, holds and undoes by itself."""
