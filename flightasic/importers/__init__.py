"""Trained networks of other tools as FLightNetworks (docs/importing.md)."""

from flightasic.importers.fx import from_torch
from flightasic.importers.onnx import from_onnx

__all__ = ["from_onnx", "from_torch"]
