"""What people read of contributions: who gives how many tonnes."""
