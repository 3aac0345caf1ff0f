"""Optimisers: plans with a proven bound, each verified from the raw input by code that knows nothing of the model."""
