"""Cap-and-trade for existing large facilities: `programme` is what the commands see."""
