"""Trained networks of other tools as FLightNetworks (docs/importing.md)."""

from flightasic.importers.fx import from_torch

__all__ = ["from_torch"]
