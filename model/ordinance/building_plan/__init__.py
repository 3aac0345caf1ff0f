"""The plan programme for new large buildings: `programme` is what the commands see."""
