"""From operations to stages: each convolution, fully connected layer or average pooling takes in what follows it.

A stage computes layer, batch norm, + residual, max pooling and ReLU in either order (they commute), rounding to 8 bits; its result is
all that later stages see. So an operation joins the stage before it only if nobody else reads what lies between.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from flightasic.errors import ConversionError
from flightasic.importers.graph import (
    SUPPORTED,
    Add,
    Average,
    AverageTo,
    Bias,
    Conv,
    Flatten,
    Graph,
    Identity,
    Linear,
    MaxPool,
    Node,
    Norm,
    Relu,
)
from flightasic.ir import NO_RESIDUAL
from flightasic.nn.layers import AveragePool, FLightConv2d, FLightLinear
from flightasic.nn.network import FLightNetwork, Stage, StageLayer
from flightasic.nn.scheme import Scheme

_ORDER = "a stage is a layer, batch norm, + residual, then max pooling and ReLU in either order"


@dataclass
class _Value:
    """A tensor of shape (C, H, W); while ``layer`` is there its stage is open, and then it is tensor number ``index``."""

    name: str
    shape: tuple[int, int, int]
    layer: StageLayer | None = None
    source: int = 0
    residual: int = NO_RESIDUAL
    relu: bool = False
    pool: MaxPool | None = None
    flat: bool = False
    index: int = 0

    @property
    def has_sums_only(self) -> bool:
        return self.layer is not None and self.residual == NO_RESIDUAL and not self.relu and self.pool is None


def to_network(graph: Graph, *, in_shape: tuple[int, int, int], in_scale_log2: int, acc_bits: int) -> FLightNetwork:
    """The float network, in evaluation mode, that computes what the graph does.

    ``in_shape`` is (channels, height, width); the other arguments are FLightNetwork's. An operation that no stage can take in is a
    ConversionError naming its node.
    """
    with torch.random.fork_rng(devices=[]):
        stages = _Fuser(graph.simplified(), in_shape).run()
        network = FLightNetwork(stages, in_shape=in_shape, scheme=Scheme.create("float"), in_scale_log2=in_scale_log2, acc_bits=acc_bits)
    return network.eval()


class _Fuser:
    def __init__(self, graph: Graph, in_shape: tuple[int, int, int]) -> None:
        self.graph = graph
        self.uses = graph.uses()
        self.values = {graph.input: _Value(graph.input, in_shape)}
        self.stages: list[Stage] = []

    def run(self) -> list[Stage]:
        for node in self.graph.nodes:
            self.values[node.name] = self._value(node)
        result = self.values[self.graph.output]
        if result.layer is None:
            raise ConversionError(f"the network's result {self.graph.output!r} is its input, or a tensor used elsewhere; {_ORDER}")
        self._close(result)
        return self.stages

    def _value(self, node: Node) -> _Value:
        match node.op:
            case Conv() | Linear() | Average() | AverageTo():
                return self._open(node, node.op)
            case Bias():
                return self._bias(node, node.op)
            case Norm():
                return self._norm(node, node.op)
            case Relu():
                return self._relu(node)
            case MaxPool():
                return self._max_pool(node, node.op)
            case Flatten(features):
                return self._flatten(node, features)
            case Add():
                return self._add(node)
            case Identity():
                return self._same(node)

    def _open(self, node: Node, op: Conv | Linear | Average | AverageTo) -> _Value:
        given = self.values[node.inputs[0]]
        flat = isinstance(op, Linear)
        self._expect_map(node, given, flat=flat)
        if isinstance(op, AverageTo):
            flat, op = op.flat, _equal_windows(node, op, given.shape)
            if op.window == (1, 1):
                value = self._same(node)
                value.flat = flat
                return value
        layer = _layer(node, op, given.shape)
        shape = layer.out_shape(given.shape)
        if min(shape) < 1:
            raise ConversionError(f"{node.label}: its output is empty, shape {shape}, for an input of shape {given.shape}")
        return _Value(node.label, shape, layer, source=self._close(given), flat=flat)

    def _bias(self, node: Node, op: Bias) -> _Value:
        value = self._single(node)
        layer = value.layer
        if not value.has_sums_only or not isinstance(layer, FLightConv2d | FLightLinear) or layer.norm is not None:
            raise ConversionError(f"{node.label}: a constant can only be added to a convolution or fully connected layer; {_ORDER}")
        if op.values.shape != layer.weight.shape[:1] or op.of_maps == value.flat:
            raise ConversionError(f"{node.label}: adds {op.values.numel()} constants to a tensor {value.shape}; it must be one per channel")
        layer.bias = _parameter(op.values if layer.bias is None else layer.bias.detach() + op.values)
        return value

    def _norm(self, node: Node, op: Norm) -> _Value:
        value = self._single(node)
        layer = value.layer
        if not value.has_sums_only or not isinstance(layer, FLightConv2d | FLightLinear) or layer.norm is not None:
            raise ConversionError(
                f"{node.label}: a batch norm must directly follow a convolution or fully connected layer, before any addition, ReLU or "
                f"pooling; {_ORDER}"
            )
        if op.mean.shape != layer.weight.shape[:1]:
            raise ConversionError(f"{node.label}: normalises {op.mean.shape[0]} channels of {layer.weight.shape[0]}")
        if isinstance(layer, FLightConv2d):
            layer.norm = _batch_norm(op)
        else:
            scale = (op.scale / torch.sqrt(op.variance + op.eps)).to(layer.weight.dtype)
            bias = torch.zeros_like(scale) if layer.bias is None else layer.bias.detach()
            layer.weight = _parameter(layer.weight.detach() * scale[:, None])
            layer.bias = _parameter((bias - op.mean) * scale + op.shift)
        return value

    def _relu(self, node: Node) -> _Value:
        if self.values[node.inputs[0]].relu:
            return self._same(node)
        value = self._single(node)
        value.relu = True
        return value

    def _max_pool(self, node: Node, op: MaxPool) -> _Value:
        if op.window == op.stride == 1:
            return self._same(node)
        value = self._single(node)
        self._expect_map(node, value, flat=False)
        if op.window < 2 or value.pool is not None:
            raise ConversionError(f"{node.label}: one max pooling with a window of 2 or more per stage; {_ORDER}")
        channels, height, width = value.shape
        shape = channels, (height - op.window) // op.stride + 1, (width - op.window) // op.stride + 1
        if min(shape) < 1:
            raise ConversionError(f"{node.label}: its output is empty, shape {shape}, for an input of shape {value.shape}")
        value.pool, value.shape = op, shape
        return value

    def _flatten(self, node: Node, features: int | None) -> _Value:
        given = self.values[node.inputs[0]]
        channels, height, width = given.shape
        if features is not None and features != channels * height * width:
            raise ConversionError(f"{node.label}: makes rows of {features} of a tensor {given.shape}; flatten whole images")
        value = self._same(node)
        value.flat = True
        return value

    def _add(self, node: Node) -> _Value:
        pair = [self.values[name] for name in node.inputs]
        candidates = [
            value
            for value, name in zip(pair, node.inputs, strict=True)
            if value.has_sums_only and isinstance(value.layer, FLightConv2d) and self.uses[name] == 1 and not value.flat
        ]
        if not candidates:
            raise ConversionError(
                f"{node.label}: one of the tensors added must be a convolution's (with batch norm), read by nothing else and before "
                f"ReLU and pooling; {_ORDER}"
            )
        # The sum of the larger convolution stays unrounded; a shortcut of 1x1 becomes the residual.
        main = max(candidates, key=lambda value: _filter_size(value.layer))
        other = pair[1] if main is pair[0] else pair[0]
        if other.shape != main.shape or other.flat:
            raise ConversionError(f"{node.label}: adds tensors of shapes {pair[0].shape} and {pair[1].shape}; they must be equal maps")
        main.residual = self._close(other)
        return main

    def _same(self, node: Node) -> _Value:
        """The node's input again: its open stage if nobody else reads it, else its finished tensor."""
        given = self.values[node.inputs[0]]
        if self.uses[node.inputs[0]] == 1:
            return given
        index = self._close(given)
        return _Value(given.name, given.shape, relu=given.relu, flat=given.flat, index=index)

    def _single(self, node: Node) -> _Value:
        """The open stage that the node's operation joins."""
        value = self.values[node.inputs[0]]
        if value.layer is None or self.uses[node.inputs[0]] > 1:
            read = "the network's input" if value.index == 0 and value.layer is None else f"{value.name!r}, which others read as well"
            raise ConversionError(f"{node.label}: no stage can take in {type(node.op).__name__} of {read}; {_ORDER}")
        return value

    def _expect_map(self, node: Node, value: _Value, *, flat: bool) -> None:
        if value.flat != flat:
            wanted = "flattened images; put a Flatten before it" if flat else "maps [N, C, H, W], its input is flattened"
            raise ConversionError(f"{node.label}: takes {wanted}; {SUPPORTED}")

    def _close(self, value: _Value) -> int:
        """Make the value's stage, if it is still open; returns its tensor's number."""
        if value.layer is not None:
            pool, pool_stride = (1, 0) if value.pool is None else (value.pool.window, value.pool.stride)
            self.stages.append(
                Stage(
                    value.name,
                    value.layer,
                    relu=value.relu,
                    pool=pool,
                    pool_stride=0 if pool_stride == pool else pool_stride,
                    source=value.source,
                    residual=value.residual,
                )
            )
            value.layer, value.index = None, len(self.stages)
        return value.index


def _equal_windows(node: Node, op: AverageTo, shape: tuple[int, int, int]) -> Average:
    (height, width), (rows, columns) = shape[1:], op.size
    if height % rows or width % columns or (rows, columns) != (1, 1) and height // rows != width // columns:
        raise ConversionError(f"{node.label}: no equal windows make {rows}x{columns} of {height}x{width}; use AvgPool2d, or size 1")
    window = height // rows, width // columns
    return Average(window, window[0] if op.size != (1, 1) else 1)


def _layer(node: Node, op: Conv | Linear | Average, shape: tuple[int, int, int]) -> StageLayer:
    if isinstance(op, Average):
        return AveragePool(op.window, stride=op.stride, scheme="float")
    filters, taken = op.weight.shape[:2]
    given = shape[0] if isinstance(op, Conv) else shape[0] * shape[1] * shape[2]
    if isinstance(op, Conv):
        taken = taken * op.groups
    if taken != given:
        raise ConversionError(f"{node.label}: takes {taken} channels or features but is given {given}, of a tensor {shape}")
    layer: FLightConv2d | FLightLinear
    if isinstance(op, Conv):
        layer = FLightConv2d(
            taken, filters, op.weight.shape[2], stride=op.stride, padding=op.padding, groups=op.groups, bias=False, scheme="float"
        )
    else:
        layer = FLightLinear(taken, filters, bias=False, scheme="float")
    layer.weight = _parameter(op.weight)
    layer.bias = None if op.bias is None else _parameter(op.bias)
    return layer


def _parameter(values: Tensor) -> nn.Parameter:
    return nn.Parameter(values.detach().to("cpu", torch.float32, copy=True))


def _batch_norm(op: Norm) -> nn.BatchNorm2d:
    norm = nn.BatchNorm2d(op.mean.shape[0], eps=op.eps, momentum=op.momentum)
    state = {"weight": op.scale, "bias": op.shift, "running_mean": op.mean, "running_var": op.variance}
    norm.load_state_dict(state, strict=False)
    return norm


def _filter_size(layer: StageLayer | None) -> int:
    return layer.weight[0].numel() if isinstance(layer, FLightConv2d) else 0
