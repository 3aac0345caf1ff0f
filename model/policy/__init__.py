"""The programmes of the ordinance inside the pathway: each acts on what the ones before it left."""
