"""Random arrays and networks, shared by every test that compares golden model, cycle model and RTL."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from flightasic.compiler import Program, compile_network
from flightasic.config import ARITHMETICS, CODE_BITS, MAX_PLANES, OFFSET_BITS, PIPELINE_FIELDS, REUSE_DISTANCES, ArrayConfig
from flightasic.errors import CompileError, ConfigError
from flightasic.formats import ACT_MAX, ACT_MIN, code_limit
from flightasic.ir import NO_RESIDUAL, PREVIOUS, IntegerNetwork, Layer, accumulator_bounds, average_pool
from flightasic.microcode import GROUP, HEADER, MICROWORD, OP_CONV, OP_STORE, STEP, checksum, pack, unpack, words_of

MOST_REFUSED = 0.05
_REFUSALS_BEFORE_JUDGING = 40


def random_layer(
    rng: np.random.Generator,
    name: str,
    out_channels: int,
    in_channels: int,
    kernel: tuple[int, int],
    *,
    limit: int,
    planes: int = 1,
    groups: int = 1,
    **fields: Any,
) -> Layer:
    """A layer with mixed k in 0..planes, a fifth of its codes zero, and outputs that reach both clamps.

    ``fields`` are any others of :class:`Layer`, such as stride, padding, pool, relu.
    """
    codes = rng.integers(-limit, limit + 1, (planes, out_channels, in_channels // groups, *kernel)).astype(np.int8)
    codes[rng.random(codes.shape) < 0.2] = 0
    k = rng.integers(0, planes + 1, out_channels).astype(np.uint8)
    for plane in range(planes):
        codes[plane, k <= plane] = 0
    size = max(1, in_channels // groups * kernel[0] * kernel[1])
    spread = 128 * 64 * int(np.sqrt(size)) if limit != 7 else 128 * 16 * int(np.sqrt(size))
    shift = max(1, spread.bit_length() - 8)
    return Layer(
        name=name,
        codes=codes,
        offsets=rng.integers(0, 3, (planes, out_channels)).astype(np.uint8),
        k=k,
        bias=rng.integers(-spread // 2, spread // 2, out_channels).astype(np.int32),
        right_shift=rng.integers(max(0, shift - 2), shift + 2, out_channels).astype(np.uint8),
        groups=groups,
        **fields,
    )


def fitted(layer: Layer, arith: str, acc_bits: int) -> Layer:
    """The layer with codes, offsets, bias and residual shift small enough that no accumulator of ``acc_bits`` can overflow."""
    limit = (1 << (acc_bits - 1)) - 1
    while (over := accumulator_bounds(layer, arith) > limit).any():
        codes = layer.codes.copy()
        smaller = np.sign(codes) * (np.abs(codes) - 1 if arith == "shift" else np.abs(codes) // 2)
        codes[:, over] = smaller[:, over].astype(np.int8)
        changes: dict[str, Any] = {"codes": codes, "offsets": np.where(over, layer.offsets // 2, layer.offsets)}
        changes["bias"] = np.where(over, layer.bias // 2, layer.bias)
        changes["right_shift"] = np.where(over, layer.right_shift - np.minimum(layer.right_shift, 1), layer.right_shift)
        if layer.residual != NO_RESIDUAL:
            changes["residual_shift"] = np.where(over, layer.residual_shift // 2, layer.residual_shift)
        layer = replace(layer, **changes)
    return layer


def spread(rng: np.random.Generator, layer: Layer, arith: str) -> Layer:
    """The layer with right shifts that leave most outputs between the clamps, where a small fault shows, and a bias to match."""
    norm = np.sqrt((layer.weights(arith) ** 2).sum(axis=(1, 2, 3)))
    usual = np.ceil(np.log2(np.maximum(norm, 1))).astype(np.int64)
    shift = np.clip(usual + rng.integers(-1, 3, len(usual)), 0, 31)
    bias = rng.integers(-(64 << shift), (64 << shift) + 1)
    changes: dict[str, Any] = {"right_shift": shift.astype(np.uint8), "bias": bias.astype(np.int32)}
    if layer.residual != NO_RESIDUAL:
        shifts = np.clip(shift + rng.integers(-2, 2, len(shift)), 0, (1 << OFFSET_BITS) - 1)
        changes["residual_shift"] = shifts.astype(np.uint8)
    return replace(layer, **changes)


@dataclass
class _Drawing:
    """A network that grows by random layers; tensors are numbered as in :class:`Layer`."""

    rng: np.random.Generator
    config: ArrayConfig
    shapes: list[tuple[int, int, int]]
    layers: list[Layer] = field(default_factory=list)

    def pick(self, *values: Any) -> Any:
        return values[int(self.rng.integers(len(values)))]

    def conv(self, source: int, filters: int, edge: int, *, kind: str = "conv", **fields: Any) -> int:
        """A convolution over the tensor ``source``; returns its output tensor."""
        channels, height, width = self.shapes[source]
        kernel = (height, width) if kind == "linear" else (edge, edge)
        planes = min(MAX_PLANES, self.config.cols) if self.config.arith == "shift" else 1
        if fields.get("residual", NO_RESIDUAL) != NO_RESIDUAL:
            fields["residual_shift"] = np.zeros(filters, dtype=np.uint8)
        layer = random_layer(
            self.rng, f"{kind}{len(self.layers)}", filters, channels, kernel, limit=code_limit(self.config),
            planes=int(self.rng.integers(1, planes + 1)), kind=kind, source=self._named(source), **fields,
        )  # fmt: skip
        return self.add(fitted(spread(self.rng, layer, self.config.arith), self.config.arith, self.config.acc_bits))

    def add(self, layer: Layer) -> int:
        source = len(self.layers) if layer.source == PREVIOUS else layer.source
        self.layers.append(layer)
        self.shapes.append(layer.out_shape(self.shapes[source]))
        return len(self.layers)

    def _named(self, source: int) -> int:
        """The tensor before it may be named by its number or by :data:`PREVIOUS`."""
        return PREVIOUS if source == len(self.layers) and self.rng.integers(0, 2) else source

    def plain(self, source: int) -> int:
        """Any kernel, stride, padding, group count and max pool that leave something over."""
        channels, height, width = self.shapes[source]
        edge = self.pick(*[e for e in (1, 1, 3, 3, 3, 5, 7) if self._fits(e, channels, source)])
        padding = self.pick(0, edge // 2, edge // 2, int(self.rng.integers(0, edge + 2)))
        while min(height, width) + 2 * padding < edge:
            padding += 1
        stride = self.pick(1, 1, 2)
        groups = self.pick(1, 1, 1, channels, *[g for g in range(2, channels) if channels % g == 0])
        filters = groups * max(1, self._filters() // groups)
        low = (min(height, width) + 2 * padding - edge) // stride + 1
        pool = self.pick(1, 1, *[p for p in (2, 2, 3) if p <= low])
        pool_stride = self.pick(0, 0, 1, 2, 3) if pool > 1 else 0
        fields = {"stride": stride, "padding": padding, "groups": groups, "pool": pool, "pool_stride": pool_stride}
        return self.conv(source, filters, edge, relu=bool(self.rng.integers(0, 2)), **fields)

    def average(self, source: int) -> int:
        """Average pooling, often over the whole map, where the array has the columns and accumulators for it."""
        channels, height, width = self.shapes[source]
        edge = self.pick(*[e for e in (1, 2, 3) if e <= min(height, width)])
        window = self.pick((height, width), (edge, edge)) if self.holds_map(source) else (edge, edge)
        layer = average_pool(f"average{len(self.layers)}", channels, window, stride=int(self.rng.integers(1, 3)), arith=self.config.arith)
        overflows = int(accumulator_bounds(layer, self.config.arith).max()) >= 1 << (self.config.acc_bits - 1)
        if overflows or layer.planes > self.config.cols:
            return self.plain(source)
        return self.add(replace(layer, source=self._named(source), relu=bool(self.rng.integers(0, 2))))

    def block(self, source: int) -> int:
        """A residual block: identity, or with a 1x1 shortcut of stride 2."""
        channels, height, width = self.shapes[source]
        edge = 3 if self._fits(3, channels, source) else 1
        if min(height, width) < 2 or self.rng.integers(0, 2):
            inner = self.conv(source, self._filters(), edge, padding=edge // 2)
            return self.conv(inner, channels, edge, padding=edge // 2, residual=source, pool=self.pick(1, 1, min(2, height, width)))
        filters = self._filters()
        inner = self.conv(source, filters, edge, padding=edge // 2, stride=2)
        shortcut = self.conv(source, filters, 1, stride=2, relu=False)
        return self.conv(inner, filters, edge, padding=edge // 2, residual=shortcut)

    def _filters(self) -> int:
        return int(self.rng.integers(1, 2 * self.config.lanes + 8))

    def holds_map(self, tensor: int) -> bool:
        """Whether a kernel may cover the whole tensor: its window must be in the banks at once, with room for the output."""
        channels, height, width = self.shapes[tensor]
        return 4 * height * width * -(-channels // self.config.lanes) <= self.config.banks * self.config.act_depth

    def _fits(self, edge: int, channels: int, source: int) -> bool:
        """Whether a kernel of this edge is small enough for the array's buffers and for a simulator's patience."""
        _, height, width = self.shapes[source]
        rows = edge * width * -(-channels // self.config.lanes)
        macs = edge * edge * channels * height * width * (self.config.lanes + 4)
        room = self.config.banks * self.config.act_depth
        return edge == 1 or (4 * rows <= room and macs <= 50_000 + 600 * self.config.products_per_cycle)


def random_network(rng: np.random.Generator, config: ArrayConfig, *, layers: int | None = None) -> IntegerNetwork:
    """A small network for ``config``: ``layers`` (default 1..4) layers or residual blocks, then perhaps a linear layer.

    Any kernel, stride, padding (beyond the kernel too), grouping, pooling and k; tensors that feed several layers; channel counts
    that fill no word. Every accumulator fits ``config.acc_bits``.
    """
    in_shape = (int(rng.integers(1, 6)), int(rng.integers(3, 15)), int(rng.integers(3, 15)))
    drawing = _Drawing(rng, config, [in_shape])
    for _ in range(layers if layers is not None else int(rng.integers(1, 5))):
        last = len(drawing.layers)
        source = last if rng.random() < 0.75 else int(rng.integers(0, last + 1))
        drawing.pick(drawing.plain, drawing.plain, drawing.block, drawing.average)(source)
    last = len(drawing.layers)
    if rng.integers(0, 2) and drawing.holds_map(last):
        drawing.conv(last, int(rng.integers(1, 12)), 0, kind="linear", relu=False)
    return IntegerNetwork(
        name="random",
        arith=config.arith,
        max_shift=config.max_shift,
        in_shape=in_shape,
        in_scale_log2=-7,
        layers=tuple(drawing.layers),
    )


def random_config(rng: np.random.Generator) -> ArrayConfig:
    """Any legal array, small ones more often: every field is drawn, buffers from barely enough to ample."""
    while True:
        arith = str(rng.choice([ARITHMETICS[0], *ARITHMETICS]))
        most = 16 if rng.random() < 0.05 else 12
        rows, cols = (int(np.ceil(most * rng.random() ** 1.5)) for _ in range(2))
        divisors = [[n for n in range(1, size + 1) if size % n == 0] for size in (rows, cols)]
        lanes = int(rng.choice([1, 2, 4, 8, 16], p=[0.2, 0.25, 0.25, 0.2, 0.1]))
        words = int(rng.choice([256, 1024, 4096, 32768]))
        try:
            config = ArrayConfig(
                rows=rows,
                cols=cols,
                lanes=lanes,
                tile_rows=int(rng.choice(divisors[0])),
                tile_cols=int(rng.choice(divisors[1])),
                arith=arith,
                code_bits=int(rng.choice(CODE_BITS[arith])),
                acc_bits=int(rng.integers(18, 33)),
                act_depth=max(16, words // (1 << (rows - 1).bit_length())),
                code_depth=int(rng.choice([64, 512, 16384])),
                program_depth=4096,
                acc_depth=int(rng.choice([16, 64, 1024])),
            )
        except ConfigError:
            continue
        if config.products_per_cycle <= 1024:
            # From a stream of its own, so that every seed keeps its networks.
            stream = rng.spawn(1)[0]
            reuse = int(stream.choice([0, *(distance for distance in REUSE_DISTANCES if distance < rows)]))
            registers = stream.integers(0, [most + 1 for most in PIPELINE_FIELDS.values()]) * stream.integers(0, 2)
            return replace(config, act_reuse=reuse, **dict(zip(PIPELINE_FIELDS, registers.tolist(), strict=True)))


class _Refusals(Counter[bool]):
    """How many pairs the compiler took and refused so far, over all callers: a generator that mostly fails tests little."""

    def note(self, refused: bool) -> None:
        self[refused] += 1
        if self.total() >= _REFUSALS_BEFORE_JUDGING:
            share = self[True] / self.total()
            assert share <= MOST_REFUSED, f"the compiler refused {self[True]} of {self.total()} random pairs"


_refusals = _Refusals()


def random_pair(rng: np.random.Generator) -> tuple[ArrayConfig, IntegerNetwork, Program]:
    """A random array, a network for it, and the program; pairs that the compiler refuses are drawn again, and must be rare."""
    while True:
        config = random_config(rng)
        network = random_network(rng, config)
        try:
            program = compile_network(network, config)
        except CompileError:
            _refusals.note(True)
            continue
        _refusals.note(False)
        return config, network, program


def random_images(rng: np.random.Generator, network: IntegerNetwork, count: int, *, low: int = ACT_MIN) -> npt.NDArray[np.int64]:
    """Images over the whole int8 range (from ``low`` on), a third of the pixels zero."""
    images = rng.integers(low, ACT_MAX + 1, (count, *network.in_shape))
    images[rng.random(images.shape) < 0.33] = 0
    return images


MALFORMED = {
    "magic": 1,
    "version": 1,
    "no words": 1,
    "too many words": 1,
    "fingerprint": 2,
    "checksum": 3,
    "no steps": 4,
    "unknown operation": 4,
    "empty loop": 4,
    "cut off": 4,
    "step 0 no LOAD": 4,
    "LOAD without rows": 4,
    "passes < kblocks": 4,
    "k = 0": 5,
    "too wide": 5,
    "group without end": 5,
}
_STEP_CHANGES = {
    "unknown operation": {"op": 9},
    "empty loop": {"groups": 0},
    "step 0 no LOAD": {"op": OP_STORE},
    "LOAD without rows": {"out_h": 0},
}
_WIDEST = 33  # microwords that no array can place


def damaged(words: list[int], kind: str) -> list[int]:
    """Program words spoilt in one of the ways of :data:`MALFORMED` (whose values are the status the hardware must give)."""
    header = unpack(HEADER, words[: words_of(HEADER)])
    body = words[words_of(HEADER) :]
    starts = [i * words_of(STEP) for i in range(header["steps"])]
    steps = [unpack(STEP, body[start : start + words_of(STEP)]) for start in starts]
    conv = next(i for i, step in enumerate(steps) if step["op"] == OP_CONV)
    micro = steps[conv]["micro_base"] - words_of(HEADER) + words_of(GROUP)
    match kind:
        case "magic" | "version" | "fingerprint" | "checksum":
            return pack(HEADER, header | {kind: header[kind] ^ 1}, "damage") + body
        case "no words":
            header["words"] = 0
        case "too many words":
            header["words"] = 0xFFFF
        case "cut off":
            body = body[: words_of(STEP) - 1]
            header["words"] = words_of(HEADER) + len(body)
        case "no steps":
            header["steps"] = 0
        case "k = 0":
            body[micro] = _microword(body[micro], k=0)
        case "too wide" | "group without end":
            body = body[:micro] + [_microword(body[micro], k=3 if kind == "too wide" else 1, last=0)] * _WIDEST
            header["words"] = words_of(HEADER) + len(body)
        case _:
            index = 0 if "LOAD" in kind else conv
            changes = _STEP_CHANGES[kind] if kind in _STEP_CHANGES else {"passes": steps[conv]["kblocks"] - 1}
            body[starts[index] : starts[index] + words_of(STEP)] = pack(STEP, steps[index] | changes, "damage")
    fields = header | {"checksum": 0}
    total = checksum(pack(HEADER, fields, "damage") + body)
    return pack(HEADER, fields | {"checksum": total}, "damage") + body


def in_background(words: list[int]) -> list[int]:
    """Program words whose transfers all run in the background, and whose convolutions wait for none: wrong, but no status says so."""
    header = unpack(HEADER, words[: words_of(HEADER)])
    body = words[words_of(HEADER) :]
    for start in range(0, header["steps"] * words_of(STEP), words_of(STEP)):
        step = unpack(STEP, body[start : start + words_of(STEP)]) | {"background": 1, "wait_load": 0}
        body[start : start + words_of(STEP)] = pack(STEP, step, "in_background")
    fields = header | {"checksum": 0}
    return pack(HEADER, fields | {"checksum": checksum(pack(HEADER, fields, "in_background") + body)}, "in_background") + body


def _microword(word: int, **changes: int) -> int:
    return pack(MICROWORD, unpack(MICROWORD, [word]) | changes, "damage")[0]
