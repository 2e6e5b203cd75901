"""Functional coverage of what the simulations of random networks exercise (work in progress: see docs/coverage.md)."""
