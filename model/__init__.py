"""Carbon Half: how Tokyo's buildings reach zero, as a simulation and optimisation model."""

__version__ = "0.1.0"
