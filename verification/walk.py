"""A program, interpreted in plain Python from its bits alone (docs/microcode.md): what the array must compute, without an array.

It reads the same words that the hardware reads, and shares with the compiler only the microcode tables. Memories start with
random contents, so that a word used before it was written, or a channel that no filter wrote, shows in the result. What
the hardware takes for granted is checked: rows of a pass in neighbouring banks, addresses inside the banks, accumulators enough,
codes in the order in which the host sends them, no step that touches words of a background transfer, which may not have moved yet
or be gone already.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from flightasic import golden
from flightasic.compiler import Program
from flightasic.config import ArrayConfig
from flightasic.ir import IntegerNetwork
from flightasic.microcode import GROUP, HEADER, MICROWORD, OP_CONV, OP_LOAD, OP_STORE, STEP, unpack, words_of

Words = npt.NDArray[np.int64]
ADDRESS_MASK, POSITION_MASK = 0xFFFF, 0xFFF


class WalkError(AssertionError):
    """The program asks for something the hardware does not do."""


@dataclass(frozen=True)
class Stepped:
    """After a step: its index and descriptor, the banks [words, lanes], the host's memory [words, lanes], words read from the banks."""

    index: int
    step: dict[str, int]
    banks: Words
    host: Words
    reads: int


class Machine:
    """Memories and streams of one run of a program over one image."""

    def __init__(self, program: Program, image: npt.NDArray[np.int64], seed: int = 0) -> None:
        config = program.config
        rng = np.random.default_rng(seed)
        self.program = program
        self.config = config
        self.banks = rng.integers(-128, 128, (config.banks * config.act_depth, config.lanes))
        self.host = rng.integers(-128, 128, (program.host_words, config.lanes))
        packed = program.pack_image(image)
        base = program.image_layout.base
        self.host[base : base + len(packed)] = packed
        self.transfers = iter(program.transfers)
        self.code_order = [index for first, count in program.code_order for index in range(first, first + count)]
        self.sent = 0
        self.stores = 0
        self.reads = 0
        # Words of the transfers in the background, and the store that wrote each word of the host.
        self.moving = {op: np.zeros(len(self.banks), dtype=bool) for op in (OP_LOAD, OP_STORE)}
        self.written = np.zeros(len(self.host), dtype=np.int64)

    def run(self) -> Iterator[Stepped]:
        """All steps of the program; the state after each."""
        header = unpack(HEADER, self.program.words[: words_of(HEADER)])
        for index in range(header["steps"]):
            at = words_of(HEADER) + index * words_of(STEP)
            step = unpack(STEP, self.program.words[at : at + words_of(STEP)])
            self.reads = 0
            if index == 0 and step["op"] != OP_LOAD:
                raise WalkError("the first step must load the image")
            if step["op"] == OP_CONV:
                self._convolve(step)
            else:
                self._transfer(step, alone=not step["background"] or index in (0, header["steps"] - 1))
            yield Stepped(index, step, self.banks, self.host, self.reads)
        if any(words.any() for words in self.moving.values()):
            raise WalkError("a transfer is still under way when the image ends")
        if next(self.transfers, None) is not None:
            raise WalkError("the host has transfers that no step asks for")
        if self.program.streamed and self.sent != len(self.code_order):
            raise WalkError(f"the host sends {len(self.code_order)} code words, the steps took {self.sent}")

    def _transfer(self, step: dict[str, int], *, alone: bool) -> None:
        """The words move at once, but until the next step that waits for them they count as being under way."""
        transfer, op = next(self.transfers), step["op"]
        if transfer.store != (op == OP_STORE) or (transfer.rows, transfer.row_words) != (step["out_h"], step["kwords"]):
            raise WalkError(f"step {step} does not match the host's {transfer}")
        self.moving[op][:] = False
        addresses = _transfer_addresses(step)
        places = (transfer.base + np.arange(transfer.rows)[:, None] * transfer.pitch + np.arange(transfer.row_words)).ravel()
        self._settled(OP_LOAD if transfer.store else OP_STORE, addresses)
        if transfer.store:
            self.stores += 1
            self.host[places] = self.banks[addresses]
            lines = addresses.reshape(step["out_h"], step["kwords"]) // self.config.banks
            self.reads += self.config.banks * sum(len(np.unique(line)) for line in lines)
            self.written[places] = self.stores
        else:
            if self.written[places].max() > transfer.after:
                raise WalkError(f"{transfer} may be read before store {self.written[places].max()} of the image")
            if transfer.after > self.stores - bool(self.moving[OP_STORE].any()):
                raise WalkError(f"{transfer} waits for a store that the program does not wait for")
            self.banks[addresses] = self.host[places]
        self.moving[op][addresses] = not alone

    def _settled(self, op: int, addresses: Words | int) -> None:
        if self.moving[op][addresses].any():
            raise WalkError(f"words at {addresses} are still being {'loaded' if op == OP_LOAD else 'stored'}")

    def _convolve(self, step: dict[str, int]) -> None:
        pixels = _pixels(step, "a")
        added = _pixels(step, "r")
        offsets = kernel_words(step, self.config.rows)
        if len(offsets) != step["kblocks"] * self.config.rows:
            raise WalkError(f"kblocks={step['kblocks']} does not match the walk of {len(offsets)} rows")
        if step["wait_load"]:
            self.moving[OP_LOAD][:] = False
        if step["passes"] > 1 and len(pixels) > self.config.acc_depth:
            raise WalkError(f"{len(pixels)} pixels, acc_depth={self.config.acc_depth}")
        micro, codes = step["micro_base"], step["code_base"]
        outputs = []
        for _ in range(step["groups"]):
            group = unpack(GROUP, self.program.words[micro : micro + 1])
            filters: list[dict[str, int]] = []
            while not filters or not filters[-1]["last"]:
                micro += 1
                filters.append(unpack(MICROWORD, self.program.words[micro : micro + 1]))
            micro += 1
            totals = np.zeros((len(pixels), len(filters)), dtype=np.int64)
            for block in range(step["passes"]):
                rows = self._codes(codes)
                codes += self.config.rows
                window = block < step["kblocks"]
                if window:
                    words = self._window_words(step, pixels, offsets[block * self.config.rows :], group["block"])
                else:
                    words = self._residual_words(added, group, block - step["kblocks"])
                totals += _merged(_products(words, rows, self.config), filters, residual=not window)
            outputs.append((group["channel"], _requantised(totals, filters, self.config.acc_bits)))
        self._write(step, outputs)

    def _codes(self, address: int) -> Words:
        """Values [rows, cols, lanes] of the next pass, from the code memory or the stream."""
        indices = list(range(address, address + self.config.rows))
        if self.program.streamed:
            indices = self.code_order[self.sent : self.sent + self.config.rows]
            self.sent += self.config.rows
        return np.stack([_decode(self.program.codes[index], self.config) for index in indices])

    def _window_words(self, step: dict[str, int], pixels: list[tuple[int, int, int]], offsets: list[Slot], block: int) -> Words:
        rows = self.config.rows
        words = np.zeros((len(pixels), rows, self.config.lanes), dtype=np.int64)
        reuse = step["reuse"]
        if reuse not in (0, *self.config.reuse_distances):
            raise WalkError(f"reuse={reuse}, the array passes words on over {self.config.reuse_distances}")
        partners = [reuse and row + reuse < rows and offsets[row].left_of(offsets[row + reuse]) for row in range(rows)]
        for p, (base, x, y) in enumerate(pixels):
            first = base + offsets[0].offset + block
            slid = p > 0 and pixels[p - 1][1:] == (x - 1, y)
            for row in range(rows):
                slot = offsets[row]
                if slid and partners[row]:
                    words[p, row] = words[p - 1, row + reuse]
                    continue
                inside = (x + slot.kx) & POSITION_MASK < step["in_w"] and (y + slot.ky) & POSITION_MASK < step["in_h"]
                if slot.used and inside:
                    words[p, row] = self._read(base + slot.offset + block, first, row)
        return words

    def _residual_words(self, pixels: list[tuple[int, int, int]], group: dict[str, int], index: int) -> Words:
        rows = self.config.rows
        words = np.zeros((len(pixels), rows, self.config.lanes), dtype=np.int64)
        for p, (base, _, _) in enumerate(pixels):
            first = base + group["residual_block"] + index * rows
            for row in range(rows):
                if index * rows + row < group["residual_words"]:
                    words[p, row] = self._read(first + row, first, row)
        return words

    def _read(self, address: int, first: int, row: int) -> Words:
        if (address - first) % self.config.banks != row:
            raise WalkError(f"row {row} reads bank {address % self.config.banks}, row 0 bank {first % self.config.banks}")
        self._settled(OP_LOAD, address & ADDRESS_MASK)
        self.reads += 1
        word: Words = self.banks[address & ADDRESS_MASK]
        return word

    def _write(self, step: dict[str, int], outputs: list[tuple[int, Words]]) -> None:
        area, lanes = step["pool_area"], self.config.lanes
        for channel, values in outputs:
            pooled = values.reshape(-1, area, values.shape[1]).max(axis=1)
            touched = {(channel + i) // lanes for i in range(values.shape[1])}
            if len(touched) > step["ii"]:
                raise WalkError(f"a pixel writes {len(touched)} words in {step['ii']} cycles")
            address, column = step["out_base"], 0
            for pixel in pooled:
                for position, value in enumerate(pixel, start=channel):
                    self._settled(OP_LOAD, address + position // lanes)
                    self._settled(OP_STORE, address + position // lanes)
                    self.banks[address + position // lanes, position % lanes] = value
                column = (column + 1) % step["out_w"]
                address = (address + (step["out_dx"] if column else step["out_dy"])) & ADDRESS_MASK


def check(network: IntegerNetwork, program: Program, image: npt.NDArray[np.int64]) -> None:
    """Interpret a program over an image [C, H, W] and hold every layer's output against the golden model.

    Raises
    ------
    WalkError
        Naming the layer that differs, or what the program asks for that the hardware does not do.
    """
    expected = [tensor[0].numpy() for tensor in golden.run(network, torch.from_numpy(image[None]))]
    finished = {step.layer: index for index, step in enumerate(program.steps)}
    machine = Machine(program, image)
    for state in machine.run():
        layer, reads = program.steps[state.index].layer, program.steps[state.index].bank_reads
        if state.reads != reads:
            raise WalkError(f"step {state.index} reads {state.reads} words from the banks, the program says {reads}")
        if not 0 <= layer < len(network.layers) or finished[layer] != state.index:
            continue
        banks, host = program.tensors[layer + 1], program.host[layer + 1]
        layout, memory = (banks, state.banks) if banks is not None else (host, state.host)
        assert layout is not None
        found = layout.channels(memory[layout.addresses().reshape(-1)], program.channels[layer])
        if not np.array_equal(found, expected[layer]):
            raise WalkError(f"layer {network.layers[layer].name!r} differs in {(found != expected[layer]).sum()} of {found.size} values")
    place = program.result_layout
    if not np.array_equal(program.unpack_result(machine.host[place.base : place.base + place.words]), expected[-1]):
        raise WalkError("the result does not reach the host")


@dataclass(frozen=True)
class Slot:
    """What an array row reads in a pass: address offset from the pixel, kernel column and row; nothing unless ``used``."""

    offset: int = 0
    kx: int = 0
    ky: int = 0
    used: bool = False

    def left_of(self, other: Slot) -> bool:
        """Whether the other word lies in the next column of the same kernel row."""
        return self.used and other.used and (self.kx + 1, self.ky) == (other.kx, other.ky)


def kernel_words(step: dict[str, int], rows: int) -> list[Slot]:
    """What each row of each pass over the window reads, relative to a pixel; passes that end early are filled with unused rows."""
    slots: list[Slot] = []
    offset = kx = ky = block = 0
    for left in range(step["kwords"], 0, -1):
        slots.append(Slot(offset, kx, ky, True))
        block += 1
        skip = 1
        ends = left == 1
        if block == step["cb"]:
            block, kx, skip = 0, kx + 1, step["col_skip"]
            ends |= bool(step["break_x"])
            if kx == step["kw"]:
                kx, ky, skip = 0, ky + 1, step["row_skip"]
                ends |= bool(step["break_y"])
        offset += skip
        while ends and len(slots) % rows:
            slots.append(Slot())
    return slots


def _transfer_addresses(step: dict[str, int]) -> Words:
    """Bank addresses of a load or store, word by word."""
    pitch = step["row_skip"] + step["kwords"] - 1
    rows = step["out_base"] + np.arange(step["out_h"]) * pitch
    addresses: Words = ((rows[:, None] + np.arange(step["kwords"])) & ADDRESS_MASK).ravel()
    return addresses


def _pixels(step: dict[str, int], prefix: str) -> list[tuple[int, int, int]]:
    """Base address, column and row of every pixel slot, as the feed counts them."""
    found = []
    base, x, y = step[f"{prefix}_start"], step["x_start"], step["y_start"]
    for _ in range(step["out_h"]):
        for px in range(step["out_w"]):
            for wy in range(step["pool"]):
                for wx in range(step["pool"]):
                    found.append((base, x, y))
                    end_x, end_y = wx + 1 == step["pool"], wy + 1 == step["pool"]
                    if not end_x:
                        base, x = base + step[f"{prefix}_wx"], x + step["stride"]
                    elif not end_y:
                        base, x, y = base + step[f"{prefix}_wy"], x + step["back"], y + step["stride"]
                    elif px + 1 < step["out_w"]:
                        base, x, y = base + step[f"{prefix}_px"], x + step["advance"], y + step["back"]
                    else:
                        base, x, y = base + step[f"{prefix}_py"], x + step["x_return"], y + step["advance"]
    return found


def _decode(word: int, config: ArrayConfig) -> Words:
    """Values [cols, lanes] of a code memory word: a sign above a shift (all ones = zero) or above a magnitude."""
    bits = config.code_bits
    values = []
    for index in range(config.cols * config.lanes):
        pattern = (word >> (index * bits)) & ((1 << bits) - 1)
        magnitude = pattern & ((1 << (bits - 1)) - 1)
        if config.arith == "shift":
            magnitude = 0 if magnitude == (1 << (bits - 1)) - 1 else 1 << magnitude
        values.append(-magnitude if pattern >> (bits - 1) else magnitude)
    return np.array(values).reshape(config.cols, config.lanes)


def _products(words: Words, codes: Words, config: ArrayConfig) -> Words:
    """Column sums [pixels, cols] of magnitudes times ``a + 128`` (``a`` without signs), or ``127 - a`` for a negative code."""
    raised = words + 128 if config.signed_acts else words & 127
    positive = np.einsum("prl,rcl->pc", raised, np.maximum(codes, 0))
    negative = np.einsum("prl,rcl->pc", (255 if config.signed_acts else 127) - raised, np.maximum(-codes, 0))
    sums: Words = positive + negative
    return sums


def _merged(sums: Words, filters: list[dict[str, int]], *, residual: bool) -> Words:
    merged = []
    column = 0
    for item in filters:
        total = np.zeros(len(sums), dtype=np.int64)
        for plane in range(item["k"]):
            total += sums[:, column] << item["residual_offset" if residual else f"offset{plane}"]
            column += 1
        merged.append(total)
    if column > sums.shape[1]:
        raise WalkError(f"a group takes {column} columns of {sums.shape[1]}")
    return np.stack(merged, axis=1)


def _requantised(totals: Words, filters: list[dict[str, int]], acc_bits: int) -> Words:
    """Totals [pixels, filters] with bias in the accumulator, right shift and clamp; the rounding constant is part of the bias."""
    bias = np.array([item["bias"] for item in filters])
    shift = np.array([item["right_shift"] for item in filters])
    low = np.array([0 if item["relu"] else -128 for item in filters])
    half = 1 << (acc_bits - 1)
    held = (totals + bias + half) % (1 << acc_bits) - half
    clamped: Words = np.clip(held >> shift, low, 127)
    return clamped
