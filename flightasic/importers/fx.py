"""Plain torch and Brevitas networks, traced by torch.fx."""

from __future__ import annotations

import copy
import operator
from collections.abc import Callable
from typing import Any

import torch
from torch import fx, nn
from torch.nn import functional

from flightasic.errors import ConversionError
from flightasic.importers.fuse import to_network
from flightasic.importers.graph import SUPPORTED, Add, AverageTo, Flatten, Graph, Identity, Node, Op, Relu, normalised
from flightasic.importers.modules import is_brevitas, operation
from flightasic.nn.network import FLightNetwork

_IMAGES = 2
_TOLERANCE = 1e-4

# Functions that compute what a module does, and the module's arguments in the function's order.
_MODULES: dict[Any, tuple[Callable[..., nn.Module], tuple[str, ...]]] = {
    functional.max_pool2d: (nn.MaxPool2d, ("kernel_size", "stride", "padding", "dilation", "ceil_mode", "return_indices")),
    torch.max_pool2d: (nn.MaxPool2d, ("kernel_size", "stride", "padding", "dilation", "ceil_mode")),
    functional.avg_pool2d: (nn.AvgPool2d, ("kernel_size", "stride", "padding", "ceil_mode", "count_include_pad", "divisor_override")),
    functional.adaptive_avg_pool2d: (nn.AdaptiveAvgPool2d, ("output_size",)),
}
_RELU = (torch.relu, torch.relu_, functional.relu, functional.relu_, "relu", "relu_")
_ADD = (operator.add, operator.iadd, torch.add, "add", "add_")
_SAME = (functional.dropout, functional.dropout2d, "contiguous", "clone")
_FLATTEN = (torch.flatten, "flatten")
_MEAN = (torch.mean, "mean")
_RESHAPE = (torch.reshape, "view", "reshape")
_QUANT_TENSOR_VALUE = "value"
_MAP = {2, 3}


def from_torch(
    module: nn.Module,
    in_shape: tuple[int, int, int],
    *,
    mean: tuple[float, ...] | None = None,
    std: tuple[float, ...] | None = None,
    in_scale_log2: int = -7,
    acc_bits: int = 24,
) -> FLightNetwork:
    """A trained torch (or Brevitas) network as a float :class:`FLightNetwork` that computes the same.

    Parameters
    ----------
    module : nn.Module
        Takes [N, channels, H, W]. Its weights and batch norms are copied; it is not changed.
    in_shape : (channels, height, width)
    mean, std : tuple of float, or None
        The normalisation the network was trained with, per channel, in units of its pixels (0..1). The result then takes pixels.
    in_scale_log2, acc_bits : int
        As for FLightNetwork: scale of the 8-bit input, width of the accumulator.

    Returns
    -------
    FLightNetwork
        In evaluation mode, with scheme "float": set another scheme and calibrate it, or train from it.

    Raises
    ------
    ConversionError
        For a layer, option or order the array lacks, naming the module and what is supported; or if the result computes something
        else (tried on random images, unless the network has layers of Brevitas, whose quantisers are dropped).
    """
    graph = normalised(read_torch(module), mean, std)
    network = to_network(graph, in_shape=in_shape, in_scale_log2=in_scale_log2, acc_bits=acc_bits)
    if not any(is_brevitas(part) for part in module.modules()):
        _compare(module, network, mean, std)
    return network


def read_torch(module: nn.Module) -> Graph:
    """The graph of a module in evaluation mode."""
    training = {part: part.training for part in module.modules()}
    module.eval()
    try:
        traced = _Tracer().trace(module)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ConversionError(
            f"{type(module).__name__} cannot be traced ({error}); its forward must not branch on values or shapes of tensors"
        ) from error
    finally:
        for part, mode in training.items():
            part.training = mode
    return _Reader(module, traced).read()


class _Tracer(fx.Tracer):
    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return is_brevitas(m) or super().is_leaf_module(m, module_qualified_name)


class _Reader:
    def __init__(self, root: nn.Module, traced: fx.Graph) -> None:
        self.root = root
        self.traced = traced
        self.batch_sizes: set[fx.Node] = set()
        self.shapes: set[fx.Node] = set()
        self.used: dict[nn.Module, str] = {}

    def read(self) -> Graph:
        inputs = [node for node in self.traced.nodes if node.op == "placeholder"]
        if len(inputs) != 1:
            raise ConversionError(f"the network takes {len(inputs)} inputs, {[node.name for node in inputs]}; supported: one image")
        alive = {self.traced.output_node()}
        for node in reversed(self.traced.nodes):
            if node in alive:
                alive.update(node.all_input_nodes)
        nodes = []
        for node in self.traced.nodes:
            if node.op in ("placeholder", "output") or node not in alive or self._is_size(node):
                continue
            op = self._module(node) if node.op == "call_module" else self._function(node)
            if op is None:
                raise ConversionError(f"{_label(node)}: {self._kind(node)} is not supported; {SUPPORTED}")
            count = 2 if isinstance(op, Add) else 1
            operands = tuple(argument.name for argument in node.args[:count] if isinstance(argument, fx.Node))
            if len(operands) < count:
                raise ConversionError(f"{_label(node)}: {self._kind(node)} of something other than layers' results; {SUPPORTED}")
            nodes.append(Node(node.name, _label(node), op, operands))
        (output,) = self.traced.output_node().args
        if not isinstance(output, fx.Node):
            raise ConversionError(f"the network returns {output}; supported: one tensor of logits")
        return Graph(inputs[0].name, tuple(nodes), output.name)

    def _kind(self, node: fx.Node) -> str:
        if node.op == "call_module":
            return type(self.root.get_submodule(str(node.target))).__name__
        return node.target if isinstance(node.target, str) else getattr(node.target, "__name__", str(node.target))

    def _is_size(self, node: fx.Node) -> bool:
        """Whether the node is a shape or a number of images, which flattening asks for."""
        asks_size = (node.op, node.target) == ("call_method", "size")
        if (asks_size and len(node.args) == 1) or (node.target is getattr and node.args[1] == "shape"):
            self.shapes.add(node)
            return True
        if (asks_size and node.args[1] == 0) or (node.target is operator.getitem and node.args[0] in self.shapes and node.args[1] == 0):
            self.batch_sizes.add(node)
            return True
        return False

    def _module(self, node: fx.Node) -> Op | None:
        module = self.root.get_submodule(str(node.target))
        label = _label(node)
        if next(module.parameters(recurse=False), None) is not None and self.used.setdefault(module, node.name) != node.name:
            raise ConversionError(f"{label}: is used more than once; give each use a layer of its own")
        return operation(module, label)

    def _function(self, node: fx.Node) -> Op | None:
        target, arguments = node.target, dict(node.kwargs)
        if target in _MODULES:
            make, names = _MODULES[target]
            arguments.update(zip(names, node.args[1:], strict=False))
            return operation(make(**{name: value for name, value in arguments.items() if name in names}), _label(node))
        if target in _RELU:
            return Relu()
        if target in _ADD:
            return Add() if arguments.get("alpha", 1) == 1 else None
        if target in _SAME or (target is getattr and node.args[1] == _QUANT_TENSOR_VALUE):
            return Identity()
        if target in _FLATTEN:
            arguments.update(zip(("start_dim", "end_dim"), node.args[1:], strict=False))
            return Flatten() if (arguments.get("start_dim", 0), arguments.get("end_dim", -1)) == (1, -1) else None
        if target in _MEAN:
            arguments.update(zip(("dim", "keepdim"), node.args[1:], strict=False))
            return _mean(arguments)
        if target in _RESHAPE:
            return self._reshape(node)
        return None

    def _reshape(self, node: fx.Node) -> Op | None:
        sizes = node.args[1] if isinstance(node.args[1], tuple | list) else node.args[1:]
        if len(sizes) != 2 or not isinstance(sizes[1], int):
            return None
        if sizes[0] in self.batch_sizes:
            return Flatten(None if sizes[1] == -1 else sizes[1])
        return Flatten(sizes[1]) if sizes[0] == -1 and sizes[1] > 0 else None


def _mean(arguments: dict[str, Any]) -> Op | None:
    dims = arguments.get("dim")
    over_map = isinstance(dims, tuple | list) and {dim % 4 for dim in dims} == _MAP
    return AverageTo((1, 1), flat=not arguments.get("keepdim", False)) if over_map else None


def _label(node: fx.Node) -> str:
    return str(node.target) if node.op == "call_module" else node.name


@torch.no_grad()
def _compare(module: nn.Module, network: FLightNetwork, mean: tuple[float, ...] | None, std: tuple[float, ...] | None) -> None:
    """Refuse a network that computes something else: a traced module may do what no graph shows, such as change tensors in place."""
    pixels = torch.rand((_IMAGES, *network.in_shape), generator=torch.Generator().manual_seed(0))
    inputs = pixels
    if mean is not None and std is not None:
        inputs = (pixels - torch.tensor(mean).view(-1, 1, 1)) / torch.tensor(std).view(-1, 1, 1)
    expected = copy.deepcopy(module).to("cpu", torch.float64).eval()(inputs.double()).flatten(1)
    got = copy.deepcopy(network).double()(pixels.double())
    if got.shape != expected.shape or not torch.allclose(got, expected, rtol=_TOLERANCE, atol=_TOLERANCE * float(expected.abs().max())):
        raise ConversionError(
            f"{type(module).__name__} computes something else than its layers in order, perhaps since it changes a tensor in place that "
            "it uses again; write y = y + x instead of y += x, and ReLU without inplace"
        )
