"""Forest absorption and offset by the wards: `programme` is what the commands see."""
