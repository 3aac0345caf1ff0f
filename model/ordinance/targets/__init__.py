"""City-wide targets; what it shows to the commands is in `programme`, the rest in `examples`, `goals`."""
