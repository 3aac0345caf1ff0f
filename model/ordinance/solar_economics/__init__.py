"""Economics of panels on a home: `programme` is what the commands see."""
