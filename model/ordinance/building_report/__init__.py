"""The report programme for new small and mid-size buildings: `programme` is what the commands see."""
