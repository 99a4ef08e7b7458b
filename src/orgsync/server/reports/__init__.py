"""Reports: how many people, hours, completions and so on, sliced by what the directory knows of people."""
