"""The one description of an array: every generator, compiler and flow takes it whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from flightasic.errors import ConfigError

ARITHMETICS = ("shift", "fixed4", "fixed8")
CODE_BITS = {"shift": (4, 3, 2), "fixed4": (4,), "fixed8": (8,)}  # widths each arithmetic allows, the default first
FIXED_WEIGHT_MAX = {"fixed4": 7, "fixed8": 127}
ACT_BITS = 8
OFFSET_BITS = 4
MAX_PLANES = 3
REUSE_DISTANCES = (1, 2, 4)  # each a bit of the microcode's field ``reuse``
MAX_BUS_BITS = 1023
# Registers by option, and the most of each.
PIPELINE_FIELDS = {"product_regs": 1, "sum_regs": 1, "merge_regs": 1, "post_regs": 1, "memory_regs": 1, "bank_regs": 2}
# Fields that suit a technology's delays: FPGAs have flip-flops to spare and slow wires, their memories lie far away.
TARGET_OPTIONS: dict[str, dict[str, int]] = {
    "asic": {},
    "ecp5": {"tile_rows": 1, **PIPELINE_FIELDS},
    "xc7": {"tile_rows": 1, **PIPELINE_FIELDS},
    "ice40": {},
}


def _is_power_of_two(value: int) -> bool:
    return value > 0 and value & (value - 1) == 0


def one_of(values: Sequence[int | str]) -> str:
    """Values as a message lists them: ``2, 3 or 4``."""
    *others, last = map(str, values)
    return f"{', '.join(others)} or {last}" if others else last


def default_code_bits(arith: str) -> int:
    """Code width of an arithmetic when none is asked for; an unknown one gets a width too, for ArrayConfig to refuse it by name."""
    return CODE_BITS.get(arith, (4,))[0]


def arith_name(arith: str, code_bits: int) -> str:
    """An arithmetic with the width of its codes where that is not the usual one: ``shift``, ``shiftc3``."""
    return arith if code_bits == default_code_bits(arith) else f"{arith}c{code_bits}"


@dataclass(frozen=True, kw_only=True)
class ArrayConfig:
    """A weight-stationary array and its buffers (docs/architecture.md). Checked on construction.

    Parameters
    ----------
    rows, cols : int
        Processing elements down (1..32) and across (1..32). A row takes one activation word per cycle.
    lanes : int
        Products per element and cycle, a power of two in 1..32; also the channels of an activation word.
    tile_rows, tile_cols : int
        Elements without registers between them; must divide ``rows`` and ``cols``.
    arith : str
        "shift" (sum-of-powers-of-two codes), "fixed4" or "fixed8" (multipliers).
    code_bits : int
        Bits of a weight code: 2, 3 or 4 for "shift", 4 for "fixed4", 8 for "fixed8".
    acc_bits : int
        Accumulator width, 18..32.
    signed_acts : int
        1: lanes take activations of -128..127; 0: of 0..127 only, as images and ReLUs give them, which saves a bit of every
        product. The compiler refuses networks with negative inputs of a layer on such an array.
    act_depth : int
        Words in each activation bank, a power of two; there are :attr:`banks` banks.
    code_depth, program_depth : int
        Words of the code memory (one array row each), a power of two in 16..65536, and of the microcode memory (64 bits
        each), a power of two in 16..32768 (the header counts a program's words in 16 bits).
    acc_depth : int
        Output pixels the accumulator memory holds, a power of two in 4..65536.
    act_reuse : int
        The most rows apart that two rows may lie of which one takes the other's activation word over, so that it is not read
        again (docs/architecture.md, "Feeding"): 1, 2 or 4, less than ``rows``; 0 = every word is read.
    product_regs, sum_regs, merge_regs, post_regs, memory_regs : int
        1: registers after the products; between an element's sum and its column's, and with more than four lanes between sums of four;
        after the column sums' shifts, before the columns of a filter are joined; between an output's right shift, its clamp and its
        pooling; after the data of every memory.
    bank_regs : int
        1: registers before the ports through which the activation banks are read; 2: and before the requests are turned to the banks.
        All these registers shorten paths for technologies with slow wires or memories, lengthen the pipeline, and change no result.

    Raises
    ------
    ConfigError
        If a field is out of range; the message names the field, its value and what is allowed.
    """

    rows: int = 4
    cols: int = 4
    lanes: int = 4
    tile_rows: int = 2
    tile_cols: int = 4
    arith: str = "shift"
    code_bits: int = 4
    acc_bits: int = 24
    act_depth: int = 1024
    code_depth: int = 8192
    program_depth: int = 512
    acc_depth: int = 256
    signed_acts: int = 1
    act_reuse: int = 0
    product_regs: int = 0
    sum_regs: int = 0
    merge_regs: int = 0
    post_regs: int = 0
    memory_regs: int = 0
    bank_regs: int = 0

    def __post_init__(self) -> None:
        for field in fields(self):
            if field.name != "arith" and type(getattr(self, field.name)) is not int:
                raise ConfigError(f"{field.name} must be an int, got {getattr(self, field.name)!r}")
        self._check_range("rows", 1, 32)
        self._check_range("cols", 1, 32)
        self._check_range("acc_bits", 18, 32)
        self._check_range("signed_acts", 0, 1)
        for name, most in PIPELINE_FIELDS.items():
            self._check_range(name, 0, most)
        self._check_power_of_two("lanes", 1, 32)
        self._check_power_of_two("act_depth", 16, 65536)
        self._check_power_of_two("code_depth", 16, 65536)
        self._check_power_of_two("program_depth", 16, 32768)
        self._check_power_of_two("acc_depth", 4, 65536)
        if self.act_reuse not in (0, *REUSE_DISTANCES):
            raise ConfigError(f"act_reuse must be 0 or one of {', '.join(map(str, REUSE_DISTANCES))}, got {self.act_reuse}")
        if self.act_reuse and self.act_reuse >= self.rows:
            raise ConfigError(f"act_reuse={self.act_reuse} must be less than rows={self.rows}: no two rows lie so far apart")
        if self.arith not in ARITHMETICS:
            raise ConfigError(f"arith must be one of {', '.join(ARITHMETICS)}, got {self.arith!r}")
        allowed = sorted(CODE_BITS[self.arith])
        if self.code_bits not in allowed:
            raise ConfigError(f"code_bits must be {one_of(allowed)} for arith={self.arith!r}, got {self.code_bits}")
        for tile, whole in (("tile_rows", "rows"), ("tile_cols", "cols")):
            size, total = getattr(self, tile), getattr(self, whole)
            if size < 1 or total % size:
                raise ConfigError(f"{tile} must divide {whole}={total}, got {size}")
        if self.banks * self.act_depth > 1 << 16:
            raise ConfigError(f"act_depth={self.act_depth} with {self.banks} banks exceeds 65536 activation words; lower act_depth")
        if self.sum_bits > self.acc_bits:
            raise ConfigError(
                f"acc_bits={self.acc_bits} is narrower than a column sum ({self.sum_bits} bits for rows={self.rows}, "
                f"lanes={self.lanes}, arith={self.arith!r}); raise acc_bits or shrink the array"
            )
        for what, bits, remedy in (
            ("a code word (cols * lanes * code_bits)", self.code_word_bits, "cols or lanes"),
            ("a word of every bank (banks * lanes * 8)", self.banks * self.word_bits, "rows or lanes"),
            ("an accumulator word (cols * acc_bits)", self.cols * self.acc_bits, "cols or acc_bits"),
        ):
            if bits > MAX_BUS_BITS:
                raise ConfigError(f"{what} has {bits} bits, PyMTL3 allows {MAX_BUS_BITS}; lower {remedy}")

    def _check_range(self, name: str, low: int, high: int) -> None:
        if not low <= getattr(self, name) <= high:
            raise ConfigError(f"{name} must be in {low}..{high}, got {getattr(self, name)}")

    def _check_power_of_two(self, name: str, low: int, high: int) -> None:
        self._check_range(name, low, high)
        if not _is_power_of_two(getattr(self, name)):
            raise ConfigError(f"{name} must be a power of two, got {getattr(self, name)}")

    @property
    def banks(self) -> int:
        """Activation banks: the smallest power of two that gives every row a bank of its own."""
        return 1 << (self.rows - 1).bit_length()

    @property
    def reuse_distances(self) -> tuple[int, ...]:
        """Rows between two rows of which one can take the other's activation word over."""
        return tuple(distance for distance in REUSE_DISTANCES if distance <= self.act_reuse)

    @property
    def max_shift(self) -> int:
        """Largest shift of a term: 6 for 4-bit codes, 2 for 3-bit, 0 for 2-bit codes; 0 for multipliers."""
        return (1 << (self.code_bits - 1)) - 2 if self.arith == "shift" else 0

    @property
    def max_weight(self) -> int:
        """Largest magnitude of one code as an integer."""
        return 1 << self.max_shift if self.arith == "shift" else FIXED_WEIGHT_MAX[self.arith]

    @property
    def term_bits(self) -> int:
        """Width of one product, without a sign."""
        return self.lane_act_bits + self.max_weight.bit_length() - (1 if _is_power_of_two(self.max_weight) else 0)

    @property
    def lane_act_bits(self) -> int:
        """Bits of an activation that a lane takes: all, or those below the sign."""
        return ACT_BITS if self.signed_acts else ACT_BITS - 1

    @property
    def act_offset(self) -> int:
        """What lanes add to an activation, so that it has no sign (see ``hw/lane.py``)."""
        return 1 << (ACT_BITS - 1) if self.signed_acts else 0

    @property
    def sum_bits(self) -> int:
        """Width of a column's partial sum, without a sign; no activation and no code can overflow it."""
        return (((1 << self.lane_act_bits) - 1) * self.max_weight * self.rows * self.lanes).bit_length()

    @property
    def tiles_down(self) -> int:
        """Tiles (register stages) along a column."""
        return self.rows // self.tile_rows

    @property
    def tiles_across(self) -> int:
        """Tiles (register stages) along a row."""
        return self.cols // self.tile_cols

    @property
    def read_regs(self) -> int:
        """Cycles that registers add between a pixel's addresses and its activation words."""
        return self.memory_regs + self.bank_regs

    @property
    def program_regs(self) -> int:
        """Cycles that registers add to a read of the microcode memory: one for the address, and two for the word, which goes far."""
        return 3 * self.memory_regs

    @property
    def sum_stages(self) -> int:
        """Registers between an element's products and its column's sum: more than four lanes are not added in one cycle."""
        return self.sum_regs * (2 if self.lanes > 4 else 1)

    @property
    def array_latency(self) -> int:
        """Cycles from activation words to column sums: an element's own registers, tiles."""
        return self.product_regs + self.sum_stages + self.tiles_down + self.tiles_across - 1

    @property
    def mesh_latency(self) -> int:
        """Cycles from a pixel's addresses to its column sums: memory read, input register, array."""
        return 2 + self.read_regs + self.array_latency

    @property
    def tail_latency(self) -> int:
        """Cycles that registers add between the column sums and the writer."""
        return self.merge_regs + 2 * self.post_regs

    @property
    def code_hold(self) -> int:
        """Cycles after a swap until the last column of tiles has taken the codes of row 0 over, and a pass of one pixel is written."""
        return max(self.tiles_across - 1, 3 * self.memory_regs - self.rows)

    @property
    def group_hold(self) -> int:
        """Cycles after a swap until every unit below the array has taken its settings over."""
        return self.mesh_latency + 1 + self.tail_latency

    @property
    def drain_cycles(self) -> int:
        """Cycles from a step's last pixel slot until its last word is surely written."""
        return self.mesh_latency + 5 + self.tail_latency + self.cols // self.lanes

    @property
    def bank_bits(self) -> int:
        """Low address bits that select the activation bank."""
        return self.banks.bit_length() - 1

    @property
    def lane_bits(self) -> int:
        """Low bits of a channel number that select the lane of an activation word."""
        return self.lanes.bit_length() - 1

    @property
    def word_bits(self) -> int:
        """Width of an activation word."""
        return self.lanes * ACT_BITS

    @property
    def code_word_bits(self) -> int:
        """Width of a code memory word: the codes of one array row."""
        return self.cols * self.lanes * self.code_bits

    @property
    def products_per_cycle(self) -> int:
        """Multiply-accumulates the array can do in one cycle at k = 1."""
        return self.rows * self.cols * self.lanes

    @property
    def name(self) -> str:
        """Short unique-enough name used for files and modules, such as ``shift_4x4x4``."""
        registers = sum(getattr(self, name) << bit for bit, name in enumerate(PIPELINE_FIELDS))  # the widest field comes last
        return f"{self.plain_name}p{registers:x}" if registers else self.plain_name

    @property
    def plain_name(self) -> str:
        """The name without the registers by option: what the array computes, on whatever technology."""
        options = f"{'' if self.signed_acts else 'u'}{f'r{self.act_reuse}' if self.act_reuse else ''}"
        return f"{arith_name(self.arith, self.code_bits)}_{self.rows}x{self.cols}x{self.lanes}{options}"

    @property
    def fingerprint(self) -> int:
        """32 bits that a program carries so that it only runs on the array it was compiled for."""
        text = json.dumps(asdict(self), sort_keys=True)
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")

    def to_dict(self) -> dict[str, Any]:
        """Plain fields, for JSON records."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> ArrayConfig:
        """Rebuild from :meth:`to_dict`; an unknown field is a :class:`ConfigError`."""
        unknown = set(data) - {field.name for field in fields(cls)}
        if unknown:
            raise ConfigError(f"unknown ArrayConfig field {sorted(unknown)[0]!r}; known: {', '.join(f.name for f in fields(cls))}")
        return cls(**data)

    @classmethod
    def for_arith(cls, arith: str, **changes: Any) -> ArrayConfig:
        """The default array with another arithmetic, its code width chosen to match."""
        return cls(arith=arith, **{"code_bits": default_code_bits(arith), **changes})
