"""The metropolitan government's own facilities: `programme` is what the commands see."""
