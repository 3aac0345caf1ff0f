"""Reductions of regulated facilities to 2050: `model` to read, `decomposition` to solve, `verify` from the tables."""
