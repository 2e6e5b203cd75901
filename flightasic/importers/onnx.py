"""ONNX and QONNX networks (extra ``onnx``).

Weights stay float: the Quant nodes of QONNX, as Brevitas exports them, are dropped, on weights as on activations.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from flightasic.errors import ConversionError, ToolError
from flightasic.importers.fuse import to_network
from flightasic.importers.graph import (
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
    Op,
    Relu,
    normalised,
)
from flightasic.importers.modules import square
from flightasic.nn.network import FLightNetwork

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto

_QUANTISERS = ("Quant", "Trunc", "IntQuant")
_BATCH_NORM_MOMENTUM = 0.9
_MAP_AXES = {2, 3}


def from_onnx(
    source: str | Path | ModelProto,
    *,
    in_shape: tuple[int, int, int] | None = None,
    mean: tuple[float, ...] | None = None,
    std: tuple[float, ...] | None = None,
    in_scale_log2: int = -7,
    acc_bits: int = 24,
) -> FLightNetwork:
    """An ONNX network as a float :class:`FLightNetwork` that computes the same (for QONNX: the same without its quantisers).

    Parameters
    ----------
    source : path or ModelProto
    in_shape : (channels, height, width) or None
        None takes the shape that the model states.
    mean, std, in_scale_log2, acc_bits
        As for :func:`flightasic.importers.from_torch`.

    Raises
    ------
    ConversionError
        For a file that is no ONNX model, or an operation, option or order the array lacks, naming the node.
    ToolError
        Without the package onnx.
    """
    graph, stated = read_onnx(source)
    shape = in_shape or stated
    if shape is None:
        raise ConversionError("the model does not state the shape of its input; give in_shape=(channels, height, width)")
    return to_network(normalised(graph, mean, std), in_shape=shape, in_scale_log2=in_scale_log2, acc_bits=acc_bits)


def read_onnx(source: str | Path | ModelProto) -> tuple[Graph, tuple[int, int, int] | None]:
    """The graph of a model, and (channels, height, width) of its input if it states them."""
    try:
        import onnx
        from google.protobuf.message import DecodeError
    except ImportError as error:
        raise ToolError("the package onnx is missing; install it with pip install 'flightasic[onnx]'") from error
    if isinstance(source, str | Path):
        try:
            source = onnx.load(str(source))
        except (OSError, DecodeError) as error:
            raise ConversionError(
                f"{source}: not a readable ONNX model ({error}); give the path of an .onnx file, or export it again"
            ) from error
    constants = {tensor.name: np.array(onnx.numpy_helper.to_array(tensor)) for tensor in source.graph.initializer}
    inputs = [value for value in source.graph.input if value.name not in constants]
    outputs = [value.name for value in source.graph.output]
    if len(inputs) != 1 or len(outputs) != 1:
        raise ConversionError(f"the model has {len(inputs)} inputs and {len(outputs)} outputs; supported: one image, one tensor of logits")
    reader = _Reader(constants, onnx.helper.get_attribute_value, onnx.numpy_helper.to_array)
    for node in source.graph.node:
        reader.add(node)
    sizes = [dimension.dim_value for dimension in inputs[0].type.tensor_type.shape.dim][1:]
    stated = (sizes[0], sizes[1], sizes[2]) if len(sizes) == 3 and min(sizes) > 0 else None
    return Graph(inputs[0].name, tuple(reader.nodes), outputs[0]), stated


class _Reader:
    """Reads nodes in order; ``constants`` are the arrays known so far."""

    def __init__(
        self,
        constants: dict[str, npt.NDArray[Any]],
        attribute_value: Callable[[Any], Any],
        to_array: Callable[[Any], npt.NDArray[Any]],
    ) -> None:
        self.constants = constants
        self.nodes: list[Node] = []
        self._attribute_value = attribute_value
        self._to_array = to_array
        self._weights: dict[str, str] = {}
        self._operations: dict[str, Callable[[NodeProto, str, dict[str, Any]], Op]] = {
            "Conv": self._conv,
            "Gemm": self._gemm,
            "MatMul": self._matmul,
            "Add": self._add,
            "BatchNormalization": self._norm,
            "Relu": lambda node, label, options: Relu(),
            "MaxPool": self._max_pool,
            "AveragePool": self._average,
            "GlobalAveragePool": lambda node, label, options: AverageTo((1, 1)),
            "ReduceMean": self._mean,
            "Flatten": self._flatten,
            "Reshape": self._reshape,
            "Identity": lambda node, label, options: Identity(),
            "Dropout": lambda node, label, options: Identity(),
        }

    def add(self, node: NodeProto) -> None:
        """Read one node into a constant or an operation."""
        label = node.name or node.output[0]
        options = {attribute.name: self._attribute_value(attribute) for attribute in node.attribute}
        if node.op_type == "Constant" and "value" in options:
            self.constants[node.output[0]] = self._to_array(options["value"])
            return
        if (node.op_type in _QUANTISERS or node.op_type == "Identity") and node.input[0] in self.constants:
            self.constants[node.output[0]] = self.constants[node.input[0]]
            return
        if node.op_type in _QUANTISERS:
            op: Op = Identity()
        elif node.op_type in self._operations and node.domain in ("", "ai.onnx"):
            op = self._operations[node.op_type](node, label, options)
        else:
            known = ", ".join(sorted(self._operations))
            raise ConversionError(
                f"{label}: {node.op_type} is not supported; supported are {known} and QONNX's Quant (a final Softmax does not change the "
                "class: leave it out; flatten with a fixed shape or Flatten)"
            )
        count = 2 if isinstance(op, Add) else 1
        variable = tuple(name for name in node.input if name not in self.constants)[:count]
        if len(variable) < count:
            raise ConversionError(f"{label}: {node.op_type} of constants; simplify the model before importing it")
        self.nodes.append(Node(node.output[0], label, op, variable))

    def _constant(self, node: NodeProto, index: int, label: str) -> npt.NDArray[Any]:
        name = node.input[index]
        if name not in self.constants:
            raise ConversionError(f"{label}: input {name!r} of {node.op_type} must be a constant")
        return self.constants[name]

    def _tensor(self, node: NodeProto, index: int, label: str) -> Tensor:
        return torch.from_numpy(self._constant(node, index, label).astype(np.float32))

    def _weight(self, node: NodeProto, label: str) -> Tensor:
        earlier = self._weights.setdefault(node.input[1], label)
        if earlier != label:
            raise ConversionError(f"{label}: shares its weights with {earlier!r}; give each layer weights of its own")
        return self._tensor(node, 1, label)

    def _optional_bias(self, node: NodeProto, label: str) -> Tensor | None:
        return self._tensor(node, 2, label) if len(node.input) > 2 and node.input[2] else None

    def _conv(self, node: NodeProto, label: str, options: dict[str, Any]) -> Op:
        weight = self._weight(node, label)
        if weight.ndim != 4:
            raise ConversionError(f"{label}: a convolution over {weight.ndim - 2} dimensions is not supported; supported: 2")
        kernel = square(tuple(weight.shape[2:]), label, "kernel")
        stride = square(options.get("strides", (1, 1)), label, "stride")
        _no_dilation(label, options)
        if options.get("auto_pad", b"NOTSET") in (b"SAME_UPPER", b"SAME_LOWER"):
            if stride != 1 or kernel % 2 == 0:
                raise ConversionError(f"{label}: padding SAME of kernel {kernel}, stride {stride} is not the same on every side")
            padding = kernel // 2
        else:
            padding = _padding(label, options)
        return Conv(weight, self._optional_bias(node, label), stride, padding, options.get("group", 1))

    def _gemm(self, node: NodeProto, label: str, options: dict[str, Any]) -> Op:
        if options.get("transA", 0) or options.get("alpha", 1.0) != 1 or options.get("beta", 1.0) != 1:
            raise ConversionError(f"{label}: Gemm with transA, alpha or beta is not supported; supported: x @ W + b, transB or not")
        weight = self._weight(node, label)
        return Linear(weight if options.get("transB", 0) else weight.T, self._optional_bias(node, label))

    def _matmul(self, node: NodeProto, label: str, options: dict[str, Any]) -> Op:
        weight = self._weight(node, label)
        if weight.ndim != 2:
            raise ConversionError(f"{label}: MatMul by a constant of shape {tuple(weight.shape)}; supported: a matrix")
        return Linear(weight.T, None)

    def _add(self, node: NodeProto, label: str, options: dict[str, Any]) -> Op:
        constant = [index for index, name in enumerate(node.input) if name in self.constants]
        if not constant:
            return Add()
        values = self._tensor(node, constant[0], label)
        if values.numel() != max(values.shape, default=1) or (values.ndim > 2 and values.shape[-2:] != (1, 1)):
            raise ConversionError(f"{label}: adds a constant of shape {tuple(values.shape)}; supported: one number per channel")
        return Bias(values.flatten(), of_maps=values.ndim > 2)

    def _norm(self, node: NodeProto, label: str, options: dict[str, Any]) -> Op:
        if options.get("training_mode", 0):
            raise ConversionError(f"{label}: a batch norm in training mode depends on the batch; export the model in evaluation mode")
        scale, shift, mean, variance = (self._tensor(node, index, label) for index in range(1, 5))
        momentum = 1 - options.get("momentum", _BATCH_NORM_MOMENTUM)
        return Norm(scale, shift, mean, variance, options.get("epsilon", 1e-5), momentum)

    def _max_pool(self, node: NodeProto, label: str, options: dict[str, Any]) -> Op:
        _plain_windows(label, options)
        return MaxPool(square(options["kernel_shape"], label, "kernel"), square(options.get("strides", (1, 1)), label, "stride"))

    def _average(self, node: NodeProto, label: str, options: dict[str, Any]) -> Op:
        _plain_windows(label, options)
        height, width = options["kernel_shape"]
        return Average((height, width), square(options.get("strides", (1, 1)), label, "stride"))

    def _mean(self, node: NodeProto, label: str, options: dict[str, Any]) -> Op:
        axes = self._constant(node, 1, label).tolist() if len(node.input) > 1 else options.get("axes", ())
        if {axis % 4 for axis in axes} != _MAP_AXES:
            raise ConversionError(f"{label}: a mean over axes {list(axes)} is not supported; supported: [2, 3]")
        return AverageTo((1, 1), flat=not options.get("keepdims", 1))

    def _flatten(self, node: NodeProto, label: str, options: dict[str, Any]) -> Op:
        if options.get("axis", 1) != 1:
            raise ConversionError(f"{label}: Flatten from axis {options['axis']} is not supported; supported: 1")
        return Flatten()

    def _reshape(self, node: NodeProto, label: str, options: dict[str, Any]) -> Op:
        shape = self._constant(node, 1, label).tolist()
        if len(shape) != 2 or shape[1] == 0 or (shape[0] not in (0, 1) and shape[1] < 0) or shape[0] > 1:
            raise ConversionError(f"{label}: Reshape to {shape} is not supported; supported: one row per image, such as [0, -1]")
        return Flatten(shape[1] if shape[1] > 0 else None)


def _padding(label: str, options: dict[str, Any]) -> int:
    pads = tuple(options.get("pads", (0,)))
    if len(set(pads)) != 1:
        raise ConversionError(f"{label}: padding {list(pads)} is not supported; supported: the same on every side")
    return int(pads[0])


def _no_dilation(label: str, options: dict[str, Any]) -> None:
    if set(options.get("dilations", (1,))) != {1}:
        raise ConversionError(f"{label}: dilation {list(options['dilations'])} is not supported; supported: 1")


def _plain_windows(label: str, options: dict[str, Any]) -> None:
    _no_dilation(label, options)
    same = options.get("auto_pad", b"NOTSET") in (b"SAME_UPPER", b"SAME_LOWER")
    if same or _padding(label, options) or options.get("ceil_mode", 0):
        raise ConversionError(f"{label}: pooling with padding or ceil_mode is not supported; supported: windows that lie in the map")
