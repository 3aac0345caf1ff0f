"""What people read of an ensemble: fans, chances and indices."""
