"""Plans and reports of electricity suppliers: `programme` is what the commands see."""
