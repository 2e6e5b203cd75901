"""torch's and Brevitas' modules as operations of the graph.

Brevitas 0.13's quantised layers hold their float weights as torch's do (most are subclasses); their quantisers are dropped, since the
weights are quantised anew here.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from flightasic.errors import ConversionError
from flightasic.importers.graph import Add, Average, AverageTo, Conv, Flatten, Identity, Linear, MaxPool, Norm, Op, Relu

_DEFAULT_MOMENTUM = 0.1
_BREVITAS: dict[str, Op] = {"QuantReLU": Relu(), "QuantIdentity": Identity(), "QuantEltwiseAdd": Add()}


def is_brevitas(module: nn.Module) -> bool:
    """Whether the module's class is one of Brevitas'."""
    return type(module).__module__.split(".")[0] == "brevitas"


def operation(module: nn.Module, label: str) -> Op | None:
    """The operation a module is in evaluation mode; None if there is none like it.

    Options that the array lacks (dilation, pooling with padding, ...) are a ConversionError that starts with ``label``.
    """
    if is_brevitas(module) and type(module).__name__ in _BREVITAS:
        return _BREVITAS[type(module).__name__]
    match module:
        case nn.Conv2d():
            return _conv(module, label)
        case nn.Linear():
            return Linear(module.weight, module.bias)
        case nn.BatchNorm2d() | nn.BatchNorm1d():
            return _norm(module, label)
        case nn.ReLU():
            return Relu()
        case nn.MaxPool2d():
            return _max_pool(module, label)
        case nn.AvgPool2d():
            return _average(module, label)
        case nn.AdaptiveAvgPool2d():
            rows, columns = module.output_size if isinstance(module.output_size, tuple) else (module.output_size, module.output_size)
            if rows is None or columns is None:
                raise ConversionError(f"{label}: output size {module.output_size} is not supported; supported: numbers, such as 1")
            return AverageTo((rows, columns))
        case nn.Flatten():
            _require((module.start_dim, module.end_dim) == (1, -1), label, f"dimensions {module.start_dim} to {module.end_dim}", "1 to -1")
            return Flatten()
        case nn.Identity() | nn.Dropout() | nn.Dropout2d():
            return Identity()
    return None


def _pair(value: int | Sequence[int]) -> tuple[int, int]:
    if isinstance(value, int):
        return value, value
    first, second = value if len(value) == 2 else (value[0], value[0])
    return first, second


def square(value: int | Sequence[int], label: str, what: str) -> int:
    """The one number of ``value``, an int or a pair of equal ones; else a ConversionError."""
    first, second = _pair(value)
    _require(first == second, label, f"{what} {value}", "the same number in both directions")
    return first


def _require(ok: bool, label: str, given: str, supported: str) -> None:
    if not ok:
        raise ConversionError(f"{label}: {given} is not supported; supported: {supported}")


def _conv(module: nn.Conv2d, label: str) -> Conv:
    kernel, stride = square(module.kernel_size, label, "kernel"), square(module.stride, label, "stride")
    _require(module.dilation == (1, 1), label, f"dilation {module.dilation}", "1")
    _require(module.padding_mode == "zeros", label, f"padding mode {module.padding_mode!r}", "'zeros'")
    padding = 0
    if module.padding == "same":
        _require(kernel % 2 == 1, label, f"padding 'same' of kernel {kernel}", "odd kernels")
        padding = kernel // 2
    elif not isinstance(module.padding, str):
        padding = square(module.padding, label, "padding")
    return Conv(module.weight, module.bias, stride, padding, module.groups)


def _norm(module: _BatchNorm, label: str) -> Norm:
    mean, variance = module.running_mean, module.running_var
    if mean is None or variance is None:
        raise ConversionError(f"{label}: a batch norm without running statistics depends on the batch; use track_running_stats=True")
    scale = mean.new_ones(mean.shape) if module.weight is None else module.weight
    shift = mean.new_zeros(mean.shape) if module.bias is None else module.bias
    momentum = _DEFAULT_MOMENTUM if module.momentum is None else module.momentum
    return Norm(scale, shift, mean, variance, module.eps, momentum)


def _max_pool(module: nn.MaxPool2d, label: str) -> MaxPool:
    _require(_pair(module.padding) == (0, 0), label, f"max pooling with padding {module.padding}", "padding 0")
    _require(_pair(module.dilation) == (1, 1), label, f"dilation {module.dilation}", "1")
    _require(not module.ceil_mode, label, "ceil_mode", "windows that lie in the map (ceil_mode=False)")
    _require(not module.return_indices, label, "return_indices", "values only")
    return MaxPool(square(module.kernel_size, label, "kernel"), square(module.stride, label, "stride"))


def _average(module: nn.AvgPool2d, label: str) -> Average:
    _require(_pair(module.padding) == (0, 0), label, f"average pooling with padding {module.padding}", "padding 0")
    _require(not module.ceil_mode, label, "ceil_mode", "windows that lie in the map (ceil_mode=False)")
    _require(module.divisor_override is None, label, f"divisor_override {module.divisor_override}", "means")
    return Average(_pair(module.kernel_size), square(module.stride, label, "stride"))
