"""Large developments and district heat; what it shows to the commands is in `programme`, the rest in `equations`."""
