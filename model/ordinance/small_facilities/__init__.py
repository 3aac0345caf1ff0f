"""Reports of existing small and mid-size facilities: `programme` is what the commands see."""
