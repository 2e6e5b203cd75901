"""What every importer reads a network into: its operations, in the source's own order, with float weights."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from flightasic.errors import ConversionError

SUPPORTED = (
    "supported are Conv2d, BatchNorm, ReLU, MaxPool2d, AvgPool2d, AdaptiveAvgPool2d, Flatten, Linear, residual additions, Dropout and "
    "Identity (a final softmax does not change the class: leave it out)"
)


@dataclass(frozen=True)
class Conv:
    """Convolution, weight [O, I / groups, K, K], zero padding on every side."""

    weight: Tensor
    bias: Tensor | None
    stride: int
    padding: int
    groups: int


@dataclass(frozen=True)
class Linear:
    """Fully connected layer, weight [O, I]."""

    weight: Tensor
    bias: Tensor | None


@dataclass(frozen=True)
class Bias:
    """``values`` [O] added to the channels of maps, or to the columns of rows [N, O]."""

    values: Tensor
    of_maps: bool


@dataclass(frozen=True)
class Norm:
    """Batch norm with running statistics; ``scale``, ``shift``, ``mean``, ``variance`` [O]."""

    scale: Tensor
    shift: Tensor
    mean: Tensor
    variance: Tensor
    eps: float
    momentum: float


@dataclass(frozen=True)
class Relu:
    """max(x, 0)."""


@dataclass(frozen=True)
class MaxPool:
    """Square windows without padding; what fills no window is dropped."""

    window: int
    stride: int


@dataclass(frozen=True)
class Average:
    """Means of windows (height, width) without padding; what fills no window is dropped."""

    window: tuple[int, int]
    stride: int


@dataclass(frozen=True)
class AverageTo:
    """Means of as many equal windows as ``size`` (rows, columns) says; (1, 1) is global average pooling, ``flat`` flattens it."""

    size: tuple[int, int]
    flat: bool = False


@dataclass(frozen=True)
class Flatten:
    """[N, C, H, W] to [N, C * H * W]; ``features`` is that product where the source states it."""

    features: int | None = None


@dataclass(frozen=True)
class Add:
    """Sum of two tensors of the same shape."""


@dataclass(frozen=True)
class Identity:
    """What evaluation does not see."""


Op = Conv | Linear | Bias | Norm | Relu | MaxPool | Average | AverageTo | Flatten | Add | Identity


@dataclass(frozen=True)
class Node:
    """One operation: ``name`` is unique, ``label`` is what the user calls it, ``inputs`` are names of nodes or the graph's input."""

    name: str
    label: str
    op: Op
    inputs: tuple[str, ...]


@dataclass(frozen=True)
class Graph:
    """A network with one input and one output; ``nodes`` in an order that can be computed."""

    input: str
    nodes: tuple[Node, ...]
    output: str

    def simplified(self) -> Graph:
        """Without identities and what the output does not depend on."""
        same: dict[str, str] = {}
        nodes = []
        for node in self.nodes:
            inputs = tuple(same.get(name, name) for name in node.inputs)
            if isinstance(node.op, Identity):
                same[node.name] = inputs[0]
            else:
                nodes.append(replace(node, inputs=inputs))
        output = same.get(self.output, self.output)
        needed = {output}
        for node in reversed(nodes):
            if node.name in needed:
                needed.update(node.inputs)
        return Graph(self.input, tuple(node for node in nodes if node.name in needed), output)

    def uses(self) -> Counter[str]:
        """How many operations read each tensor, the network's result counting as one."""
        return Counter([self.output, *(name for node in self.nodes for name in node.inputs)])


def normalised(graph: Graph, mean: tuple[float, ...] | None, std: tuple[float, ...] | None) -> Graph:
    """The graph for inputs that are not yet ``(x - mean) / std``, per channel; the graph itself if both are None.

    A depthwise 1x1 convolution of weight one subtracts the mean, so that zero padding goes on meaning the mean; the division moves
    into the convolutions that read it. A weight of one is exact in every scheme; the mean is rounded as any bias, once quantised.
    """
    if mean is None and std is None:
        return graph
    if mean is None or std is None:
        raise ConversionError(f"mean and std belong together, got {mean} and {std}")
    graph = graph.simplified()
    if len(mean) != len(std) or not mean or min(std) <= 0:
        raise ConversionError(f"mean and std must be as many numbers as the image has channels, std positive; got {mean} and {std}")
    centred = Node("input minus mean", "centre", Conv(torch.ones(len(mean), 1, 1, 1), -torch.tensor(mean), 1, 0, len(mean)), (graph.input,))
    nodes = [centred]
    for node in graph.nodes:
        if graph.input in node.inputs:
            if not isinstance(node.op, Conv) or node.op.groups != 1 or node.op.weight.shape[1] != len(mean):
                raise ConversionError(
                    f"{node.label}: the normalisation of {len(mean)} channels can move into a convolution of as many, not into this "
                    f"{type(node.op).__name__}; train the network on pixels without normalisation, or feed it normalised values"
                )
            op = replace(node.op, weight=node.op.weight / torch.tensor(std, dtype=node.op.weight.dtype).view(1, -1, 1, 1))
            node = replace(node, op=op, inputs=(centred.name,))
        nodes.append(node)
    return Graph(graph.input, tuple(nodes), graph.output)
