"""The wards' joint purchase, as the study counts it: `programme` is what the commands see."""
