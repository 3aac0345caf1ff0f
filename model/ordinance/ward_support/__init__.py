"""Support by the wards; what it shows to the commands is in `programme`, the rest in `equations`, `examples`."""
