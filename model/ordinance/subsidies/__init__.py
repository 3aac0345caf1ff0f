"""Subsidies for homes: `programme` is what the commands see."""
