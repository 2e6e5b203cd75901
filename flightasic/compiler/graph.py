"""The network as the array walks it: every layer's kernel, the filters on the array, and which tensors it joins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from flightasic.compiler.placement import Placement, place_filters
from flightasic.config import ArrayConfig
from flightasic.errors import CompileError
from flightasic.ir import NO_RESIDUAL, IntegerNetwork, Layer
from flightasic.microcode import KERNEL_MAX

Window = tuple[int, int]
NO_WINDOW: Window = (1, 0)


@dataclass(frozen=True)
class Node:
    """A layer on the array, before it is known where its tensors lie.

    Attributes
    ----------
    codes : int8 [P, O, I / groups, KH, KW]
        The kernel as the array walks it (with the columns that the window packs into channels taken out).
    padding : (rows, columns)
    source, residual : int
        Tensors read and added (0 = the image, i + 1 = output of layer i); residual -1 = none.
    source_positions : tuple of int
        The source's channel at each position.
    residual_positions : dict
        Position in the residual of each filter's own channel, for channels that were not dropped.
    out_shape : (height, width)
        After pooling.
    """

    layer: Layer
    codes: npt.NDArray[np.int8]
    padding: tuple[int, int]
    source: int
    residual: int
    placement: Placement
    source_positions: tuple[int, ...]
    residual_positions: dict[int, int]
    out_shape: tuple[int, int]

    @property
    def kernel(self) -> tuple[int, int]:
        """Rows and columns of the kernel as the array walks it."""
        return self.codes.shape[3], self.codes.shape[4]

    @property
    def pixels(self) -> int:
        """Pixel slots of a pass over the whole output."""
        return self.out_shape[0] * self.out_shape[1] * self.layer.pool**2


@dataclass(frozen=True)
class Graph:
    """All layers, the channel order and the map size of all tensors."""

    nodes: tuple[Node, ...]
    positions: tuple[tuple[int, ...], ...]
    maps: tuple[tuple[int, int], ...]
    window: Window


def build_graph(network: IntegerNetwork, config: ArrayConfig, window: Window) -> Graph:
    """Place every layer's filters, in order: a layer's channel order decides how the next ones read it.

    Raises
    ------
    CompileError
        If a kernel or a filter is larger than the array allows.
    """
    shapes = network.shapes()
    channels, height, width = network.in_shape
    positions: list[tuple[int, ...]] = [tuple(range(channels * window[0]))]
    nodes: list[Node] = []
    for index, (layer, source) in enumerate(zip(network.layers, network.sources(), strict=True)):
        if max(layer.kernel) > KERNEL_MAX:
            raise CompileError(f"layer {layer.name!r}: kernel {layer.kernel} is larger than {KERNEL_MAX} pixels, which the array lacks")
        codes, padding = layer.codes, (layer.padding, layer.padding)
        if source == 0 and window != NO_WINDOW:
            codes, padding = _windowed(codes, window[0]), (layer.padding, 0)
        out = shapes[index + 1][1:]
        residual = () if layer.residual == NO_RESIDUAL else positions[layer.residual]
        placement = place_filters(
            layer,
            config,
            source=positions[source],
            kernel=(codes.shape[3], codes.shape[4]),
            pixels=out[0] * out[1] * layer.pool**2,
            residual=residual,
            keep_all=index == len(network.layers) - 1,
            chunk=_chunk(network, index + 1, config),
        )
        added = {channel: position for position, channel in enumerate(residual) if channel >= 0}
        nodes.append(Node(layer, codes, padding, source, layer.residual, placement, positions[source], added, out))
        positions.append(placement.positions)
    maps = [(height, width + 2 * window[1] - window[0] + 1), *(node.out_shape for node in nodes)]
    return Graph(tuple(nodes), tuple(positions), tuple(maps), window)


def _windowed(codes: npt.NDArray[np.int8], packed: int) -> npt.NDArray[np.int8]:
    """Kernel columns packed into channels: a word holds ``packed`` columns, and each further kernel column adds one more."""
    planes, out, depth, height, width = codes.shape
    left = width - packed + 1
    result = np.zeros((planes, out, packed * depth, height, left), dtype=np.int8)
    for column in range(width):
        tap = max(0, column - packed + 1)
        inside = column - tap
        result[:, :, inside * depth : (inside + 1) * depth, :, tap] = codes[..., column]
    return result


def _chunk(network: IntegerNetwork, tensor: int, config: ArrayConfig) -> int:
    """How many neighbouring filters must stay together for the layers that add the tensor or read it in groups; 0 = any."""
    wanted = []
    for layer, source in zip(network.layers, network.sources(), strict=True):
        depth = layer.in_channels // layer.groups
        if layer.residual == tensor:
            wanted.append(config.rows * config.lanes)
        if source == tensor and layer.groups > 1 and depth > 1:
            wanted.append(-(-max(depth, config.lanes) // depth) * depth)
    return min(wanted, default=0)
