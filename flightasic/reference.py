"""Reference networks: the shapes people run, with random weights, for reports on cycles and for tests (docs/networks.md).

Nothing here is trained. Weights are drawn from a seed; biases and shifts are then set, layer by layer, from what the golden
model accumulates on random images, so that activations neither die nor saturate, as deep in the network as you look.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from flightasic import golden
from flightasic.config import ARITHMETICS, FIXED_WEIGHT_MAX, MAX_PLANES, OFFSET_BITS
from flightasic.errors import ConfigError
from flightasic.formats import ACT_MAX, RIGHT_SHIFT_MAX
from flightasic.ir import NO_RESIDUAL, IntegerNetwork, Layer, accumulator_bounds, average_pool

# Shares of filters with k = 0, 1, 2, 3.
K_SCHEMES = {"k1": (0.0, 1.0, 0.0, 0.0), "k2": (0.0, 0.0, 1.0, 0.0), "mixed": (0.05, 0.6, 0.25, 0.1)}
_IN_SCALE, _SCALE = -7, -5
_PLANE_STEP = 2  # a plane refines the one before it by two places
_TARGET_DEVIATION = 40
_SAMPLES = 2
_BOUND_FOR_WEIGHTS = 0.8


class NetworkBuilder:
    """Adds layers to a network, one by one; tensors are numbered as in :class:`flightasic.ir.Layer`, 0 is the image.

    Parameters
    ----------
    name : str
    in_shape : (channels, height, width)
    arith : str
        "shift", "fixed4" or "fixed8".
    k : str
        How many terms the weights have, a key of :data:`K_SCHEMES`; multipliers take "k1" only.
    seed : int
    max_shift : int
        Largest shift of a code: 6 for 4-bit codes, 2 for 3-bit codes; multipliers do not use it.
    acc_bits : int
        Accumulator width that holds every partial sum of the network.

    Raises
    ------
    ConfigError
        If ``arith`` or ``k`` is unknown, or they do not go together.
    """

    def __init__(
        self, name: str, in_shape: tuple[int, int, int], *, arith: str, k: str, seed: int, max_shift: int = 6, acc_bits: int = 24
    ) -> None:
        if arith not in ARITHMETICS:
            raise ConfigError(f"arith must be one of {', '.join(ARITHMETICS)}, got {arith!r}")
        if k not in K_SCHEMES:
            raise ConfigError(f"k must be one of {', '.join(K_SCHEMES)}, got {k!r}")
        if arith != "shift" and k != "k1":
            raise ConfigError(f"weights of arith={arith!r} are single integers; use k='k1', not {k!r}")
        self._name, self._in_shape, self._arith, self._k, self._seed = name, in_shape, arith, k, seed
        self._max_shift = max_shift if arith == "shift" else 0
        self._limit = (1 << (acc_bits - 1)) - 1
        self._rng = np.random.default_rng(seed)
        self._layers: list[Layer] = []
        self._tensors = [torch.from_numpy(self._rng.integers(0, ACT_MAX + 1, (_SAMPLES, *in_shape)))]

    @property
    def last(self) -> int:
        """The tensor that was made last."""
        return len(self._layers)

    def conv(self, name: str, filters: int, kernel: int, *, source: int | None = None, residual: int = NO_RESIDUAL, **fields: Any) -> int:
        """A convolution that keeps the map's size (at stride 1); returns its tensor.

        ``fields`` are those of :class:`Layer`: stride, pool, relu, groups ...
        """
        source = self.last if source is None else source
        return self._weighted(name, filters, (kernel, kernel), source, residual, {"padding": kernel // 2, **fields})

    def linear(self, name: str, filters: int, *, relu: bool) -> int:
        """A fully connected layer over the last tensor."""
        height, width = self._tensors[-1].shape[2:]
        return self._weighted(name, filters, (height, width), self.last, NO_RESIDUAL, {"relu": relu, "kind": "linear"})

    def global_average_pool(self, name: str) -> int:
        """The mean of every channel of the last tensor."""
        channels, height, width = self._tensors[-1].shape[1:]
        scale = self._scale(self.last)
        return self._add(average_pool(name, channels, (height, width), stride=1, arith=self._arith, out_scale_log2=scale), self.last)

    def build(self) -> IntegerNetwork:
        """The network so far."""
        return IntegerNetwork(
            name=self._name,
            arith=self._arith,
            max_shift=self._max_shift,
            in_shape=self._in_shape,
            in_scale_log2=_IN_SCALE,
            layers=tuple(self._layers),
            info={"weights": "random", "seed": self._seed, "k": self._k},
        )

    def _scale(self, tensor: int) -> int:
        return self._layers[tensor - 1].out_scale_log2 if tensor else _IN_SCALE

    def _add(self, layer: Layer, source: int) -> int:
        residual = None if layer.residual == NO_RESIDUAL else self._tensors[layer.residual]
        sums = golden.accumulate(layer, self._arith, self._tensors[source], residual)
        self._tensors.append(golden.activate(layer, sums))
        self._layers.append(layer)
        return self.last

    def _weighted(self, name: str, filters: int, kernel: tuple[int, int], source: int, residual: int, fields: dict[str, Any]) -> int:
        depth = int(self._tensors[source].shape[1]) // fields.get("groups", 1)
        k = self._rng.choice(MAX_PLANES + 1, filters, p=K_SCHEMES[self._k]).astype(np.uint8)
        planes = max(1, int(k.max()))
        used = np.arange(planes)[:, None] < k
        draws = self._rng.standard_normal((planes, filters, depth, *kernel), dtype=np.float32) * used[:, :, None, None, None]
        zeros = np.zeros(filters, dtype=np.uint8)
        layer = Layer(
            name=name,
            codes=np.zeros(draws.shape, dtype=np.int8),
            offsets=np.where(used, _PLANE_STEP * (k - 1 - np.arange(planes)[:, None]), 0).astype(np.uint8),
            k=k,
            bias=np.zeros(filters, dtype=np.int32),
            right_shift=zeros,
            out_scale_log2=_SCALE if residual == NO_RESIDUAL else self._scale(residual) + 1,
            source=source,
            residual=residual,
            residual_shift=zeros if residual != NO_RESIDUAL else zeros[:0],
            **fields,
        )
        return self._add(self._calibrated(self._coded(layer, draws), source), source)

    def _coded(self, layer: Layer, draws: npt.NDArray[np.float32]) -> Layer:
        """The layer with normally distributed weights, as large as codes and accumulator allow."""
        smaller = 0
        while True:
            layer = replace(layer, codes=self._codes(draws, smaller))
            if accumulator_bounds(layer, self._arith).max() <= _BOUND_FOR_WEIGHTS * self._limit:
                return layer
            smaller += 1

    def _codes(self, draws: npt.NDArray[np.float32], smaller: int) -> npt.NDArray[np.int8]:
        """Codes whose largest values stand for two standard deviations and more; ``smaller`` halves them so many times."""
        if self._arith != "shift":
            limit = FIXED_WEIGHT_MAX[self._arith]
            values = np.rint(draws * (limit / 2 / 2**smaller))
        else:
            limit = self._max_shift + 1
            with np.errstate(divide="ignore"):
                magnitudes = np.rint(np.log2(np.abs(draws))) + self._max_shift - smaller
            values = np.sign(draws) * np.maximum(magnitudes, 0)
        codes: npt.NDArray[np.int8] = np.clip(values, -limit, limit).astype(np.int8)
        return codes

    def _calibrated(self, layer: Layer, source: int) -> Layer:
        """The layer with shifts and biases that centre its outputs a little above zero and spread them over the range.

        A residual enters at half its value in every filter: its shift follows the filter's, as it does where both are folded scales.
        """
        sums = golden.accumulate(replace(layer, residual=NO_RESIDUAL), self._arith, self._tensors[source])
        _, deviation = _statistics(sums)
        wide = torch.ceil(torch.log2((deviation / _TARGET_DEVIATION).clamp(min=1)))
        has_residual = layer.residual != NO_RESIDUAL
        shift = wide.clamp(int(has_residual), min(RIGHT_SHIFT_MAX, (1 << OFFSET_BITS))).to(torch.int64).numpy()
        layer = replace(layer, right_shift=shift.astype(np.uint8))
        if has_residual:
            layer = replace(layer, residual_shift=(shift - 1).astype(np.uint8))
            sums = golden.accumulate(layer, self._arith, self._tensors[source], self._tensors[layer.residual])
        mean, deviation = _statistics(sums)
        bias = (deviation / 4 - mean).round().to(torch.int64).numpy()
        constant = self._rng.integers(-_TARGET_DEVIATION, _TARGET_DEVIATION, len(bias))
        return replace(layer, bias=np.where(layer.k == 0, constant, bias).astype(np.int32))


def _statistics(sums: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation [O] of each filter; of the whole layer where a filter has too few outputs to judge by."""
    samples = sums.double().transpose(0, 1).flatten(1)
    if samples.shape[1] < 8 * _SAMPLES:
        samples = samples.reshape(1, -1).expand(len(samples), -1)
    return samples.mean(1), samples.std(1)


@dataclass(frozen=True)
class Reference:
    """A reference network: what it is like, its input (channels, height, width), and how it is built at a width factor."""

    like: str
    in_shape: tuple[int, int, int]
    build: Callable[[NetworkBuilder, Callable[[int], int]], None]


def _lenet(net: NetworkBuilder, wide: Callable[[int], int]) -> None:
    net.conv("conv1", wide(6), 5, pool=2)
    net.conv("conv2", wide(16), 5, padding=0, pool=2)
    net.linear("fc1", wide(120), relu=True)
    net.linear("fc2", wide(84), relu=True)
    net.linear("fc3", 10, relu=False)


def _vgg7(net: NetworkBuilder, wide: Callable[[int], int]) -> None:
    for number, channels in enumerate((128, 128, 256, 256, 512, 512), 1):
        net.conv(f"conv{number}", wide(channels), 3, pool=2 if number % 2 == 0 else 1)
    net.linear("fc1", wide(1024), relu=True)
    net.linear("fc2", 10, relu=False)


def _resnet(blocks: int) -> Callable[[NetworkBuilder, Callable[[int], int]], None]:
    def build(net: NetworkBuilder, wide: Callable[[int], int]) -> None:
        net.conv("conv1", wide(16), 3)
        for stage, channels in enumerate((16, 32, 64), 1):
            for block in range(1, blocks + 1):
                name, entry = f"stage{stage}.{block}", net.last
                down = stage > 1 and block == 1
                inner = net.conv(f"{name}.conv1", wide(channels), 3, stride=2 if down else 1)
                added = net.conv(f"{name}.shortcut", wide(channels), 1, source=entry, stride=2, relu=False) if down else entry
                net.conv(f"{name}.conv2", wide(channels), 3, source=inner, residual=added)
        net.global_average_pool("pool")
        net.linear("fc", 10, relu=False)

    return build


REFERENCES = {
    "vgg7": Reference("VGG-7: six 3x3 convolutions in three pairs with max pooling, two fully connected layers", (3, 32, 32), _vgg7),
    "resnet8": Reference("ResNet-8 of MLPerf Tiny: one basic block per stage, 1x1 shortcuts of stride 2", (3, 32, 32), _resnet(1)),
    "resnet20": Reference("ResNet-20 for CIFAR: three basic blocks per stage, 1x1 shortcuts of stride 2", (3, 32, 32), _resnet(3)),
    "lenet": Reference("LeNet-5 with ReLU and max pooling: small enough for quick tests", (1, 28, 28), _lenet),
}


def reference_network(
    name: str, *, arith: str = "shift", k: str = "k1", width: float = 1.0, seed: int = 0, max_shift: int = 6, acc_bits: int = 24
) -> IntegerNetwork:
    """A reference network with random weights.

    Parameters
    ----------
    name : str
        A key of :data:`REFERENCES`.
    width : float
        Factor on the channels of every layer but the last, at least one channel each.
    arith, k, seed, max_shift, acc_bits
        See :class:`NetworkBuilder`.

    Raises
    ------
    ConfigError
        If a parameter is unknown or out of range.
    """
    if name not in REFERENCES:
        raise ConfigError(f"reference network must be one of {', '.join(REFERENCES)}, got {name!r}")
    if not 0 < width <= 16:
        raise ConfigError(f"width must be above 0 and at most 16, got {width}")
    reference = REFERENCES[name]
    builder = NetworkBuilder(name, reference.in_shape, arith=arith, k=k, seed=seed, max_shift=max_shift, acc_bits=acc_bits)
    reference.build(builder, lambda channels: max(1, round(channels * width)))
    return builder.build()
