"""What a run met: samples for the functional coverage, from program words, codes, golden accumulators and cycles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
import torch

from flightasic import golden
from flightasic.compiler import Program
from flightasic.config import ArrayConfig
from flightasic.formats import ACT_MAX, ACT_MIN, IntArray, rounding_constant
from flightasic.ir import NO_RESIDUAL, IntegerNetwork, Layer
from flightasic.microcode import GROUP, HEADER, MICROWORD, OP_CONV, OP_LOAD, OP_STORE, STEP, unpack, words_of
from verification.coverage_bins import CLAMPS, FEATURES, FORMATS, OPS, SHIFT_CLASSES, TIES, Bin, Coverage

Fields = dict[str, int]


@dataclass(frozen=True)
class Step:
    """A step of a program, its filter groups (the group word, then its microwords), and its codes [groups, passes, rows, cols, lanes]."""

    layer: int
    fields: Fields
    groups: tuple[tuple[Fields, list[Fields]], ...] = ()
    codes: npt.NDArray[np.int64] | None = None


def decode(program: Program) -> list[Step]:
    """The steps of a program, read back from its words and codes as the hardware reads them."""
    first = words_of(HEADER)
    ranges = iter(program.code_order)
    steps = []
    for index, report in enumerate(program.steps):
        start = first + index * words_of(STEP)
        fields = unpack(STEP, program.words[start : start + words_of(STEP)])
        if fields["op"] != OP_CONV:
            steps.append(Step(report.layer, fields))
            continue
        begin, count = next(ranges)
        words = program.codes[begin : begin + count]
        shape = (fields["groups"], fields["passes"], program.config.rows, program.config.cols, program.config.lanes)
        codes = decode_codes(words, program.config).reshape(shape)
        steps.append(Step(report.layer, fields, tuple(_groups(program.words, fields)), codes))
    return steps


def _groups(words: list[int], step: Fields) -> Iterator[tuple[Fields, list[Fields]]]:
    at = step["micro_base"]
    for _ in range(step["groups"]):
        group = unpack(GROUP, [words[at]])
        filters: list[Fields] = []
        while not filters or not filters[-1]["last"]:
            at += 1
            filters.append(unpack(MICROWORD, [words[at]]))
        at += 1
        yield group, filters


def decode_codes(words: list[int], config: ArrayConfig) -> IntArray:
    """Code memory words to codes [words, cols * lanes] (:func:`flightasic.formats.encode_codes` turned round)."""
    width, size = config.code_bits, -(-config.code_word_bits // 8)
    packed = np.frombuffer(b"".join(word.to_bytes(size, "little") for word in words), dtype=np.uint8).reshape(len(words), size)
    bits = np.unpackbits(packed, axis=1, bitorder="little")[:, : config.code_word_bits].reshape(len(words), -1, width)
    patterns = (bits.astype(np.int64) << np.arange(width)).sum(axis=2)
    low = patterns & ((1 << (width - 1)) - 1)
    if config.arith == "shift":
        low = np.where(low == (1 << (width - 1)) - 1, 0, low + 1)
    values: IntArray = np.where(patterns >> (width - 1), -low, low)
    return values


def sample_program(coverage: Coverage, network: IntegerNetwork, program: Program) -> None:
    """Everything that the program alone tells: codes, filters, offsets, shifts, kinds of steps."""
    config = program.config
    name = FORMATS[config.arith, config.code_bits]
    steps = decode(program)
    background = {step.layer for step in steps if step.fields["background"]}
    strips = _cut_into_strips(steps)
    held = "streamed" if program.streamed else "held"
    for step in steps:
        if step.codes is None:
            coverage.sample("transfer", [(OPS[step.fields["op"]], _transfer(step, program), held)])
            continue
        residual = network.layers[step.layer].residual != NO_RESIDUAL
        for index, (_, filters) in enumerate(step.groups):
            _sample_filters(coverage, name, config.arith, filters, residual=residual)
            coverage.sample("code", _codes_of(name, step.codes[index, : step.fields["kblocks"]], filters))
        present = _features(step, program, background=step.layer in background, strips=step.layer in strips)
        coverage.sample("convolution", ((name, feature) for feature in present))
        coverage.sample("two in one convolution", combinations(present, 2))
    for index, layer in enumerate(network.layers):
        kept = kept_filters(program, index)
        coverage.sample("filter", ((name, "constant" if f in kept else "dropped") for f in np.flatnonzero(layer.k == 0).tolist()))
        coverage.sample("filter", ((name, f"k = {k}") for k in layer.k[layer.k > 0].tolist()))


def _cut_into_strips(steps: list[Step]) -> set[int]:
    """Layers that compute part of a tile: more convolutions than stores, or several of them without tiles."""
    convolutions = Counter(step.layer for step in steps if step.fields["op"] == OP_CONV)
    stores = Counter(step.layer for step in steps if step.fields["op"] == OP_STORE)
    loads = Counter(step.layer for step in steps if step.fields["op"] == OP_LOAD)
    return {layer for layer, count in convolutions.items() if count > max(1, stores[layer], loads[layer])}


def kept_filters(program: Program, layer: int) -> set[int]:
    """Filters of a layer that the array computes."""
    layout = program.tensors[layer + 1] or program.host[layer + 1]
    assert layout is not None
    return {position for position in layout.positions if position >= 0}


def _sample_filters(coverage: Coverage, name: str, arith: str, filters: list[Fields], *, residual: bool) -> None:
    coverage.sample("right shift", ((item["right_shift"], item["relu"]) for item in filters))
    coverage.sample("plane offset", ((arith, item["k"], j, item[f"offset{j}"]) for item in filters for j in range(item["k"])))
    if residual:
        coverage.sample("residual offset", ((item["residual_offset"], item["relu"]) for item in filters))


def _codes_of(name: str, codes: IntArray, filters: list[Fields]) -> Iterator[Bin]:
    """Codes [passes, rows, cols, lanes] by their filter's k and plane; unused columns belong to none."""
    places = [(item["k"], plane) for item in filters for plane in range(item["k"])]
    for column, (k, plane) in enumerate(places):
        yield from ((name, code, k, plane) for code in np.unique(codes[:, :, column]).tolist())


def _transfer(step: Step, program: Program) -> str:
    if step.fields["background"]:
        return "tile in the background"
    return "tile" if 0 <= step.layer < len(program.layers) else "whole tensor"


def _features(step: Step, program: Program, *, background: bool, strips: bool) -> list[str]:
    fields = step.fields
    groups = [group for group, _ in step.groups]
    moved = sum(report.layer == step.layer and report.op != OP_CONV for report in program.steps)
    gap = fields["advance"] - fields["stride"]  # (pool_stride - pool) * stride
    found = {
        "streamed": program.streamed,
        "tiles": moved > 0,
        "background": background,
        "waits for a load": fields["wait_load"],
        "strips": strips,
        "break_x": fields["break_x"],
        "break_y": fields["break_y"],
        "several groups": fields["groups"] > 1,
        "block > 0": any(group["block"] for group in groups),
        "several passes": fields["kblocks"] > 1,
        "residual": fields["passes"] > fields["kblocks"],
        "ii > 1": fields["ii"] > 1,
        "pool": fields["pool"] > 1,
        "pool windows overlap": fields["pool"] > 1 and gap < 0,
        "pool windows apart": fields["pool"] > 1 and gap > 0,
        "stride": fields["stride"] > 1,
        "padding": fields["x_start"] < 0 or fields["y_start"] < 0,
        "cb > 1": fields["cb"] > 1,
    }
    return [feature for feature in FEATURES if found[feature]]


def sample_accumulators(coverage: Coverage, network: IntegerNetwork, program: Program, images: IntArray) -> None:
    """Rounding and clamping of every accumulator [N, O, H, W] that the array computes for these images."""
    tensors = [torch.tensor(images), *golden.run(network, torch.tensor(images))]
    for index, (layer, source) in enumerate(zip(network.layers, network.sources(), strict=True)):
        residual = None if layer.residual == NO_RESIDUAL else tensors[layer.residual]
        sums = golden.accumulate(layer, network.arith, tensors[source], residual).numpy()
        height, width = tensors[index + 1].shape[2:]
        used = sums[:, :, : _covered(height, layer), : _covered(width, layer)]
        for filter_ in kept_filters(program, index):
            shift = int(layer.right_shift[filter_])
            coverage.sample("rounding", _rounding(used[:, filter_].ravel(), shift, int(layer.relu)))


def _covered(windows: int, layer: Layer) -> int:
    """Pixels that so many pool windows cover; what is beyond them is not computed."""
    return (windows - 1) * layer.window_stride + layer.pool


def _rounding(sums: IntArray, shift: int, relu: int) -> Counter[Bin]:
    half = rounding_constant(shift)
    lost = sums & ((1 << shift) - 1)
    tie = np.where(lost == 0, 0, np.where(lost < half, 1, np.where(lost == half, 2, 3)))
    rounded = (sums + half) >> shift
    clamp = np.where(rounded < (0 if relu else ACT_MIN), 1, np.where(rounded > ACT_MAX, 2, 0))
    name = SHIFT_CLASSES[max(least for least in SHIFT_CLASSES if least <= shift)]
    places, counts = np.unique(np.stack([tie, clamp]), axis=1, return_counts=True)
    return Counter({(name, TIES[t], CLAMPS[c], relu): n for (t, c), n in zip(places.T.tolist(), counts.tolist(), strict=True)})


def sample_stalls(coverage: Coverage, program: Program, stream: str, step_cycles: IntArray) -> None:
    """Which steps [N, steps] a host that stalls this stream alone made longer than predicted."""
    predicted = np.array([step.cycles for step in program.steps])
    held = "streamed" if program.streamed else "held"
    longer = np.any(step_cycles > predicted, axis=0).tolist()
    coverage.sample("stall", ((stream, OPS[step.op], held) for step, late in zip(program.steps, longer, strict=True) if late))
