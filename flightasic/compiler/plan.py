"""What a plan says: where tensors lie, and in which tiles and strips every layer is done."""

from __future__ import annotations

from dataclasses import dataclass

from flightasic.compiler.steps import Rect, View
from flightasic.compiler.tensors import TensorLayout
from flightasic.compiler.walk import Walk


@dataclass(frozen=True)
class Tile:
    """One part of a layer's output: what is loaded for it, the strips it is computed in, and what is stored after it.

    ``loads`` are (tensor, where in the banks), ``store`` is the tensor whose tile lies at ``target``; tensors that stay in the
    banks are neither loaded nor stored.
    """

    source: View
    target: View
    residual: View | None
    loads: tuple[tuple[int, View], ...]
    store: int | None
    strips: tuple[Rect, ...]


@dataclass(frozen=True)
class LayerPlan:
    """A layer's walk over its kernel words, and its tiles.

    ``background``: neighbouring tiles have buffers of their own, and are loaded and stored while the array computes.
    """

    walk: Walk
    tiles: tuple[Tile, ...]
    background: bool = False


@dataclass(frozen=True)
class Plan:
    """Places of all tensors in the banks and in host memory (None = not there), the plan of every layer, the cycles of all layers."""

    banks: tuple[TensorLayout | None, ...]
    host: tuple[TensorLayout | None, ...]
    host_words: int
    layers: tuple[LayerPlan, ...]
    cycles: int

    def on_host(self, tensor: int) -> TensorLayout:
        """Place of a tensor that host memory holds."""
        layout = self.host[tensor]
        assert layout is not None
        return layout
