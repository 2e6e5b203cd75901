"""The integer network: what training exports and everything downstream reads. Framework-free (numpy only).

File format: one safetensors file whose metadata holds a JSON description (format version, layers, SHA-256 of the
tensors). Any safetensors reader opens it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save

from flightasic.config import ARITHMETICS, FIXED_WEIGHT_MAX, MAX_PLANES, OFFSET_BITS
from flightasic.errors import FormatError
from flightasic.files import write_atomically
from flightasic.formats import ACT_MAX, RIGHT_SHIFT_MAX, code_values

FORMAT = "flightasic-integer-network"
FORMAT_VERSION = 2
MAX_SHIFT = 14

PREVIOUS = -1
NO_RESIDUAL = -1
_HEADER_SIZE_BYTES = 8  # a safetensors file begins with the size of its JSON header
KINDS = ("conv", "linear", "pool")

_ARRAYS = {
    "codes": np.int8,
    "offsets": np.uint8,
    "k": np.uint8,
    "bias": np.int32,
    "right_shift": np.uint8,
    "residual_shift": np.uint8,
}


def _no_shift() -> npt.NDArray[np.uint8]:
    return np.zeros(0, dtype=np.uint8)


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A convolution with everything that follows it: residual add, requantisation, ReLU and max pooling, in this order.

    A fully connected layer is a convolution whose kernel covers its whole input; average pooling is a depthwise one
    (:func:`average_pool`).

    Attributes
    ----------
    codes : int8 [P, O, I / groups, KH, KW]
        P code planes (1..3), see :mod:`flightasic.formats`; planes j >= k of a filter are zero.
    offsets : uint8 [P, O]
        Left shift of each plane's sum, 0..15.
    k : uint8 [O]
        Planes in use per filter, 0..P. 0 means pruned: without a residual the output is the requantised bias.
    bias : int32 [O]
        Added to the accumulator before rounding (without rounding constant or shortfall of the products, see
        :func:`flightasic.formats.product_shortfall`).
    right_shift : uint8 [O]
        Rounding right shift, 0..31.
    stride, padding, pool : int
        Stride (>= 1), zero padding on every side (>= 0), and edge of the max-pool window (>= 1; 1 = none); rows and columns
        that fill no window are dropped.
    pool_stride : int
        Pixels between pool windows; 0 = the window's edge. Without pooling it must be 0.
    relu : bool
        Clamp to 0..127 instead of -128..127.
    out_scale_log2 : int
        An output value v stands for ``v * 2^out_scale_log2``.
    groups : int
        Convolution groups; filter o sees the input channels of group ``o // (O / groups)``.
    source : int
        Tensor the layer reads: 0 is the network's input, i + 1 the output of layer i. -1 (:data:`PREVIOUS`) = the tensor before it.
    residual : int
        Tensor added to the accumulator, -1 (:data:`NO_RESIDUAL`) = none; its shape is that of the convolution before pooling.
    residual_shift : uint8 [O]
        Left shift of the residual's values before they are added, 0..15; empty without a residual.
    kind : str
        What reports call it: "conv", "linear" or "pool".
    """

    name: str
    codes: npt.NDArray[np.int8]
    offsets: npt.NDArray[np.uint8]
    k: npt.NDArray[np.uint8]
    bias: npt.NDArray[np.int32]
    right_shift: npt.NDArray[np.uint8]
    stride: int = 1
    padding: int = 0
    pool: int = 1
    pool_stride: int = 0
    relu: bool = True
    out_scale_log2: int = 0
    groups: int = 1
    source: int = PREVIOUS
    residual: int = NO_RESIDUAL
    residual_shift: npt.NDArray[np.uint8] = field(default_factory=_no_shift)
    kind: str = "conv"

    @property
    def planes(self) -> int:
        return int(self.codes.shape[0])

    @property
    def out_channels(self) -> int:
        return int(self.codes.shape[1])

    @property
    def in_channels(self) -> int:
        return int(self.codes.shape[2]) * self.groups

    @property
    def kernel(self) -> tuple[int, int]:
        return self.codes.shape[3], self.codes.shape[4]

    @property
    def window_stride(self) -> int:
        """Pixels between pool windows."""
        return self.pool_stride or self.pool

    def weights(self, arith: str) -> npt.NDArray[np.int64]:
        """Integer weights [O, I / groups, KH, KW]: the planes' code values, shifted by their offsets and added."""
        values = code_values(self.codes, arith)
        total: npt.NDArray[np.int64] = (values << self.offsets.astype(np.int64)[:, :, None, None, None]).sum(axis=0)
        return total

    def conv_shape(self, in_shape: tuple[int, int, int]) -> tuple[int, int, int]:
        """(channels, height, width) before pooling for an input (channels, height, width)."""
        kh, kw = self.kernel
        height = (in_shape[1] + 2 * self.padding - kh) // self.stride + 1
        width = (in_shape[2] + 2 * self.padding - kw) // self.stride + 1
        return self.out_channels, height, width

    def out_shape(self, in_shape: tuple[int, int, int]) -> tuple[int, int, int]:
        """(channels, height, width) after pooling."""
        channels, height, width = self.conv_shape(in_shape)
        return channels, (height - self.pool) // self.window_stride + 1, (width - self.pool) // self.window_stride + 1


@dataclass(frozen=True, kw_only=True)
class IntegerNetwork:
    """A feed-forward network in integers; its result is the last layer's output.

    Attributes
    ----------
    name : str
    arith : str
        "shift", "fixed4" or "fixed8": what the codes mean and which array runs it.
    max_shift : int
        Largest shift a code uses (6 or 2 for "shift"; 0 for multipliers).
    in_shape : (channels, height, width)
        Input values are int8, standing for ``v * 2^in_scale_log2``.
    layers : tuple of Layer
    info : dict
        Provenance for reports (scheme, data set, accuracy, seed, command); JSON values only.
    """

    name: str
    arith: str
    max_shift: int
    in_shape: tuple[int, int, int]
    in_scale_log2: int
    layers: tuple[Layer, ...]
    info: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _validate(self)

    def shapes(self) -> list[tuple[int, int, int]]:
        """(channels, height, width) of every tensor: the network's input, then each layer's output."""
        shapes = [self.in_shape]
        for layer, source in zip(self.layers, self.sources(), strict=True):
            shapes.append(layer.out_shape(shapes[source]))
        return shapes

    def sources(self) -> list[int]:
        """Index of the tensor each layer reads."""
        return [index if layer.source == PREVIOUS else layer.source for index, layer in enumerate(self.layers)]

    def macs(self) -> list[int]:
        """Multiply-accumulates of each layer (dense, one per weight and output pixel, as papers count; 0 for pooling)."""
        counts = []
        shapes = self.shapes()
        for layer, source in zip(self.layers, self.sources(), strict=True):
            _, height, width = layer.conv_shape(shapes[source])
            counts.append(0 if layer.kind == "pool" else int(np.prod(layer.codes.shape[1:])) * height * width)
        return counts

    def mean_k(self) -> float:
        """Mean terms per weight, weighted by each filter's multiply-accumulates; 0 if there are none (pooling alone)."""
        macs = self.macs()
        return sum(count * float(layer.k.mean()) for count, layer in zip(macs, self.layers, strict=True)) / max(1, sum(macs))

    def with_info(self, **info: Any) -> IntegerNetwork:
        """The same network with more provenance."""
        return replace(self, info={**self.info, **info})

    def save(self, path: str | Path) -> None:
        """Write the network to ``path`` in one step (a crash leaves the old file)."""
        write_atomically(Path(path), self.to_bytes())

    def to_bytes(self) -> bytes:
        """The contents of the network's file; the same network gives the same bytes."""
        tensors = {f"{i}.{key}": getattr(layer, key) for i, layer in enumerate(self.layers) for key in _ARRAYS}
        description = {
            "format": FORMAT,
            "version": FORMAT_VERSION,
            "name": self.name,
            "arith": self.arith,
            "max_shift": self.max_shift,
            "in_shape": list(self.in_shape),
            "in_scale_log2": self.in_scale_log2,
            "layers": [{key: v for key, v in asdict(layer).items() if key not in _ARRAYS} for layer in self.layers],
            "info": self.info,
        }
        description["sha256"] = _digest(description, tensors)
        return save(tensors, metadata={"flightasic": json.dumps(description)})

    @classmethod
    def load(cls, path: str | Path) -> IntegerNetwork:
        """Read a network; a damaged, foreign or newer file is a :class:`FormatError`."""
        path = Path(path)
        if not path.is_file():
            raise FormatError(f"{path}: no such network file; train one with 'flightasic train'")
        return cls.from_bytes(path.read_bytes(), str(path))

    @classmethod
    def from_bytes(cls, data: bytes, path: str = "network") -> IntegerNetwork:
        """Read what :meth:`to_bytes` gave; ``path`` is what errors call it. Raises as :meth:`load`."""
        try:
            tensors: dict[str, Any] = load_tensors(data)
            size = int.from_bytes(data[:_HEADER_SIZE_BYTES], "little")
            header = json.loads(data[_HEADER_SIZE_BYTES : _HEADER_SIZE_BYTES + size])
            description = dict(json.loads(header["__metadata__"]["flightasic"]))
        except (SafetensorError, KeyError, TypeError, ValueError) as error:
            raise FormatError(f"{path}: not an integer network file ({error}); export it again") from error
        if description.get("format") != FORMAT or description.get("version") != FORMAT_VERSION:
            raise FormatError(
                f"{path}: format {description.get('format')!r} version {description.get('version')!r}, "
                f"this program reads {FORMAT!r} version {FORMAT_VERSION}; export it again"
            )
        if description.pop("sha256", None) != _digest(description, tensors):
            raise FormatError(f"{path}: checksum does not match its contents; the file is damaged, export it again")
        try:
            layers = tuple(
                Layer(**fields, **{key: tensors[f"{i}.{key}"] for key in _ARRAYS}) for i, fields in enumerate(description["layers"])
            )
            fields_left = {key: description[key] for key in ("name", "arith", "max_shift", "in_scale_log2", "info")}
            in_shape = tuple(description["in_shape"])
        except (KeyError, TypeError) as error:
            raise FormatError(f"{path}: incomplete network description ({error}); export it again") from error
        return cls(in_shape=in_shape, layers=layers, **fields_left)


def _digest(description: dict[str, Any], tensors: dict[str, npt.NDArray[Any]]) -> str:
    digest = hashlib.sha256(json.dumps(description, sort_keys=True).encode())
    for key in sorted(tensors):
        digest.update(f"{key} {tensors[key].dtype} {tensors[key].shape}".encode())
        digest.update(np.ascontiguousarray(tensors[key]).tobytes())
    return digest.hexdigest()


def _validate(network: IntegerNetwork) -> None:
    def require(ok: bool, where: str, message: str) -> None:
        if not ok:
            raise FormatError(f"network {network.name!r}, {where}: {message}")

    require(network.arith in ARITHMETICS, "arith", f"must be one of {', '.join(ARITHMETICS)}, got {network.arith!r}")
    require(len(network.layers) > 0, "layers", "at least one layer is needed")
    require(0 <= network.max_shift <= MAX_SHIFT, "max_shift", f"must be 0..{MAX_SHIFT}, got {network.max_shift}")
    three = len(network.in_shape) == 3 and min(network.in_shape) >= 1
    require(three, "in_shape", f"must be (channels, height, width), each at least 1, got {network.in_shape}")
    limit = network.max_shift + 1 if network.arith == "shift" else FIXED_WEIGHT_MAX[network.arith]
    shapes = [network.in_shape]
    for index, layer in enumerate(network.layers):
        where = f"layer {layer.name!r}"
        for key, dtype in _ARRAYS.items():
            require(getattr(layer, key).dtype == dtype, where, f"{key} must be {np.dtype(dtype)}, got {getattr(layer, key).dtype}")
        require(layer.kind in KINDS, where, f"kind must be one of {', '.join(KINDS)}, got {layer.kind!r}")
        require(layer.codes.ndim == 5, where, f"codes must be [planes, out, in / groups, kh, kw], got shape {layer.codes.shape}")
        require(min(layer.codes.shape) >= 1, where, f"codes must not be empty, got shape {layer.codes.shape}")
        out = layer.out_channels
        require(1 <= layer.planes <= MAX_PLANES, where, f"1..{MAX_PLANES} code planes, got {layer.planes}")
        require(layer.offsets.shape == (layer.planes, out), where, f"offsets must be {(layer.planes, out)}, got {layer.offsets.shape}")
        for key in ("k", "bias", "right_shift"):
            require(getattr(layer, key).shape == (out,), where, f"{key} must be {(out,)}, got {getattr(layer, key).shape}")
        require(int(layer.k.max()) <= layer.planes, where, f"k must be 0..{layer.planes}, got {layer.k.max()}")
        require(int(np.abs(layer.codes.astype(np.int16)).max()) <= limit, where, f"codes must be within +-{limit}")
        require(int(layer.offsets.max()) < 1 << OFFSET_BITS, where, f"offsets must be below {1 << OFFSET_BITS}, got {layer.offsets.max()}")
        require(int(layer.right_shift.max()) <= RIGHT_SHIFT_MAX, where, f"right_shift must be 0..{RIGHT_SHIFT_MAX}")
        unused = np.arange(layer.planes)[:, None] >= layer.k[None, :]
        require(not layer.codes[unused].any(), where, "codes of planes beyond a filter's k must be zero")
        require(layer.groups >= 1 and out % layer.groups == 0, where, f"groups must divide {out} filters, got {layer.groups}")
        require(PREVIOUS <= layer.source <= index, where, f"source must be a tensor before it, -1..{index}, got {layer.source}")
        in_shape = shapes[index if layer.source == PREVIOUS else layer.source]
        require(layer.in_channels == in_shape[0], where, f"takes {layer.in_channels} channels but is given {in_shape[0]}")
        require(layer.stride >= 1 and layer.padding >= 0 and layer.pool >= 1, where, "stride, padding or pool out of range")
        require(layer.pool_stride == 0 or (layer.pool > 1 and layer.pool_stride > 0), where, "pool_stride without pooling, or negative")
        conv_shape = layer.conv_shape(in_shape)
        require(NO_RESIDUAL <= layer.residual <= index, where, f"residual must be a tensor before it, -1..{index}, got {layer.residual}")
        if layer.residual == NO_RESIDUAL:
            require(layer.residual_shift.shape == (0,), where, "residual_shift must be empty without a residual")
        else:
            require(layer.residual_shift.shape == (out,), where, f"residual_shift must be {(out,)}, got {layer.residual_shift.shape}")
            require(int(layer.residual_shift.max()) < 1 << OFFSET_BITS, where, f"residual_shift must be below {1 << OFFSET_BITS}")
            given = shapes[layer.residual]
            require(given == conv_shape, where, f"residual has shape {given}, the convolution {conv_shape}")
        shapes.append(layer.out_shape(in_shape))
        require(min(*conv_shape, *shapes[-1]) >= 1, where, f"output is empty, shape {shapes[-1]}")


def accumulator_bounds(layer: Layer, arith: str) -> npt.NDArray[np.int64]:
    """Largest magnitude [O] any partial sum of a filter can reach with 8-bit activations, rounding included.

    The sum over planes of ``|weight| << offset`` times 129 (128 for the activation, one to spare), plus bias and rounding constant;
    partial sums in any order stay below it. (Those of the array are others by constants that the bias takes off again, modulo its
    accumulator, see :func:`flightasic.formats.product_shortfall`.) A residual counts with 128 at its shift.
    """
    magnitude = np.abs(code_values(layer.codes, arith)).sum(axis=(2, 3, 4))
    total = ((magnitude * (ACT_MAX + 2)) << layer.offsets.astype(np.int64)).sum(axis=0)
    rounding = (np.int64(1) << layer.right_shift.astype(np.int64)) >> 1
    if layer.residual != NO_RESIDUAL:
        total = total + (np.int64(ACT_MAX + 1) << layer.residual_shift.astype(np.int64))
    bound: npt.NDArray[np.int64] = total + np.abs(layer.bias.astype(np.int64)) + rounding
    return bound


def average_pool(
    name: str, channels: int, window: tuple[int, int], *, stride: int, arith: str, relu: bool = False, out_scale_log2: int = 0
) -> Layer:
    """Average pooling as a depthwise convolution whose weights are all the same.

    Parameters
    ----------
    window : (height, width)
        The whole map for global average pooling.
    stride : int
        Pixels between windows.
    arith : str
        What the codes mean: "shift" approximates 1 / (height * width) by at most three signed powers of two (exact where the
        area is one), "fixed4" and "fixed8" by an integer over a power of two.
    out_scale_log2 : int
        Scale of the input, which averaging keeps.
    """
    area = window[0] * window[1]
    if arith == "shift":
        signs, exponents = _nearest_terms(area)
        values, shift = signs, exponents[-1]
        offsets = [shift - exponent for exponent in exponents]
    else:
        shift = int(np.floor(np.log2(FIXED_WEIGHT_MAX[arith] * area)))
        value = round((1 << shift) / area)
        common = (value & -value).bit_length() - 1  # trailing zeros would only widen the accumulator
        values, offsets, shift = [value >> common], [0], shift - common
    planes = len(values)
    codes = np.broadcast_to(np.array(values, dtype=np.int8)[:, None, None, None, None], (planes, channels, 1, *window)).copy()
    return Layer(
        name=name,
        codes=codes,
        offsets=np.repeat(np.array(offsets, dtype=np.uint8)[:, None], channels, axis=1),
        k=np.full(channels, planes, dtype=np.uint8),
        bias=np.zeros(channels, dtype=np.int32),
        right_shift=np.full(channels, shift, dtype=np.uint8),
        stride=stride,
        relu=relu,
        out_scale_log2=out_scale_log2,
        groups=channels,
        kind="pool",
    )


def _nearest_terms(area: int) -> tuple[list[int], list[int]]:
    """1 / area as at most three terms ``sign * 2^-exponent``, largest first, their exponents within 15 of each other."""
    signs: list[int] = []
    exponents: list[int] = []
    rest = 1 / area
    while rest and len(signs) < MAX_PLANES:
        exponent = -round(np.log2(abs(rest)))
        if exponents and exponent - exponents[0] >= 1 << OFFSET_BITS:
            break
        signs.append(1 if rest > 0 else -1)
        exponents.append(exponent)
        rest -= signs[-1] * 2.0**-exponent
    return signs, exponents
