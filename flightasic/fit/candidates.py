"""The arrays a fit chooses from: one documented set of meshes and one choice of buffers, the same for every arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

from flightasic.config import TARGET_OPTIONS, ArrayConfig
from flightasic.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Design:
    """So many equal arrays side by side on a part, each with its own images."""

    config: ArrayConfig
    cores: int = 1

    @property
    def products_per_cycle(self) -> int:
        """Of all cores."""
        return self.cores * self.config.products_per_cycle

    @property
    def name(self) -> str:
        return design_name(self.config, self.cores)


def design_name(config: ArrayConfig, cores: int) -> str:
    """The array's name, and how many there are if it is not alone: ``3x_shift_4x8x8``."""
    return config.name if cores == 1 else f"{cores}x_{config.name}"


@dataclass(frozen=True, kw_only=True)
class Space:
    """The designs a fit chooses from: every combination of rows, columns and lanes that an array can have, in one core or several.

    ``calibration`` holds the shapes (rows, columns, lanes) that the resource model is calibrated with.
    """

    rows: tuple[int, ...]
    cols: tuple[int, ...]
    lanes: tuple[int, ...]
    cores: tuple[int, ...]
    calibration: tuple[tuple[int, int, int], ...]


# Rows: powers of two, and multiples of three and nine, which 3x3 kernels fill without a rest. Lanes: the channels of a word; most layers
# of the networks here have 16 to 256 channels, so words of 32 would often be half empty. Columns: multiples of four, the width of a tile;
# cores fill what a coarser mesh leaves. Calibration: small enough for seconds to minutes each, different enough to tell lanes, elements,
# columns and rows apart.
SPACE = Space(
    rows=(4, 6, 8, 9, 12, 16, 18, 24, 32),
    cols=tuple(range(4, 33, 4)),
    lanes=(4, 8, 16),
    cores=tuple(range(1, 9)),
    calibration=((2, 2, 4), (8, 2, 4), (2, 8, 4), (4, 4, 4), (2, 2, 16), (4, 4, 8), (8, 4, 8), (4, 8, 8)),
)


@dataclass(frozen=True, kw_only=True)
class Buffers:
    """Memories of every array on a part: bytes of activations, words of codes, microcode and accumulators (powers of two)."""

    act_bytes: int
    code_depth: int
    program_depth: int
    acc_depth: int


# An activation feeds a multiplexer in every column of its tile; wider tiles do not route in reasonable time on a full part
# (docs/experiments.md).
MOST_TILE_COLS = 4

# Those of the largest part hold the programs of the eight networks of flightasic.nn.models; codes stream through a ring, and maps that are
# larger than an array's activation memories come in tiles. Smaller parts have about a half and a quarter of its block RAM.
BUFFERS: Mapping[str, Buffers] = {
    "LFE5U-85F": Buffers(act_bytes=1 << 17, code_depth=512, program_depth=4096, acc_depth=512),
    "LFE5U-45F": Buffers(act_bytes=1 << 16, code_depth=512, program_depth=2048, acc_depth=512),
    "LFE5U-25F": Buffers(act_bytes=1 << 15, code_depth=512, program_depth=1024, acc_depth=512),
}

# A block RAM holds so many activations of one lane; a second one for each would leave room for fewer cores.
MOST_ACT_DEPTH = 2048


def array(part: str, arith: str, rows: int, cols: int, lanes: int, code_bits: int | None = None) -> ArrayConfig:
    """An array with the buffers of a part and the pipeline options of its family, for activations with a sign: some networks here read
    negative ones behind a residual.

    Raises
    ------
    ConfigError
        If an array cannot have this shape.
    """
    buffers = BUFFERS[part]
    banks = 1 << (rows - 1).bit_length()
    fields = {
        "tile_rows": 1,
        "tile_cols": max(width for width in range(1, MOST_TILE_COLS + 1) if cols % width == 0),
        "signed_acts": 1,
        "act_depth": min(buffers.act_bytes // (banks * lanes), MOST_ACT_DEPTH),
        "code_depth": buffers.code_depth,
        "program_depth": buffers.program_depth,
        "acc_depth": buffers.acc_depth,
        **TARGET_OPTIONS["ecp5"],
        **({"code_bits": code_bits} if code_bits else {}),
    }
    return ArrayConfig.for_arith(arith, rows=rows, cols=cols, lanes=lanes, **fields)


def candidates(part: str, arith: str, space: Space = SPACE, code_bits: int | None = None) -> tuple[Design, ...]:
    """Every design of the set that can be built, by products per cycle, the largest first; ``code_bits``: None = the usual width."""
    found = []
    for rows, lanes, cols in product(space.rows, space.lanes, space.cols):
        try:
            config = array(part, arith, rows, cols, lanes, code_bits)
        except ConfigError:
            continue  # A bus of it would be wider than PyMTL3 allows.
        found += [Design(config=config, cores=cores) for cores in space.cores]
    return tuple(sorted(found, key=lambda design: -design.products_per_cycle))


def calibration_arrays(part: str, arith: str, space: Space = SPACE, code_bits: int | None = None) -> tuple[ArrayConfig, ...]:
    """The small arrays that the resource model is calibrated with."""
    return tuple(array(part, arith, *shape, code_bits) for shape in space.calibration)
