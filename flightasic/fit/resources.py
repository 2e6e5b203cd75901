"""What an FPGA has and what an array needs of it: four-input LUTs, flip-flops, block RAMs, multipliers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from flightasic.config import ACT_BITS, ArrayConfig
from flightasic.eda.fpga_parts import ECP5_PARTS, Resources
from flightasic.errors import ConfigError
from flightasic.microcode import WORD_BITS

# Words and bits of a DP16KD with one write and one read port (Lattice FPGA-TN-02204, ECP5 memory usage guide).
BLOCK_RAM_SHAPES = ((512, 36), (1024, 18), (2048, 9), (4096, 4), (8192, 2), (16384, 1))


NAMES: Mapping[str, str] = {"lut": "LUTs", "ff": "flip-flops", "bram": "block RAMs", "dsp": "multipliers"}


def part_resources(part: str) -> Resources:
    """What a part has.

    Raises
    ------
    ConfigError
        If the part is unknown.
    """
    if part not in ECP5_PARTS:
        raise ConfigError(f"--part must be one of {', '.join(ECP5_PARTS)}, got {part!r}")
    return ECP5_PARTS[part].has


def limits(part: str, max_lut_percent: float) -> Resources:
    """The most a design may use: so much of the LUTs (routing needs the rest), all of everything else.

    Raises
    ------
    ConfigError
        If the part is unknown or the share is not in 1..100 percent.
    """
    has = part_resources(part)
    if not 1 <= max_lut_percent <= 100:
        raise ConfigError(f"--max-lut-percent must be in 1..100, got {max_lut_percent:g}")
    return Resources(lut=int(has.lut * max_lut_percent / 100), ff=has.ff, bram=has.bram, dsp=has.dsp)


def exceeded(used: Resources, most: Resources) -> str | None:
    """The field of which ``used`` exceeds ``most`` by the largest factor, None if it exceeds nothing."""
    allowed = asdict(most)
    over = {name: count / max(allowed[name], 1) for name, count in used.items() if count > allowed[name]}
    return max(over, key=lambda name: over[name]) if over else None


def block_rams(config: ArrayConfig) -> int:
    """Block RAMs of an array's memories, exactly: a memory of its own for every lane of every bank, codes in microcode-wide parts."""
    code_parts = [WORD_BITS] * (config.code_word_bits // WORD_BITS) + [config.code_word_bits % WORD_BITS]
    return (
        config.banks * config.lanes * _blocks(ACT_BITS, config.act_depth)
        + sum(_blocks(bits, config.code_depth) for bits in code_parts)
        + _blocks(WORD_BITS, config.program_depth)
        + _blocks(config.cols * config.acc_bits, config.acc_depth)
    )


def _blocks(width: int, depth: int) -> int:
    return min(-(-width // bits) * -(-depth // words) for words, bits in BLOCK_RAM_SHAPES)


def multipliers(config: ArrayConfig, part: Resources, *, dsp: bool, cores: int = 1) -> int:
    """Products of one of so many cores that go into the part's multipliers: one each as far as its share reaches, none of shifts."""
    return min(config.products_per_cycle, part.dsp // cores) if dsp and config.arith != "shift" else 0


def times(used: Resources, cores: int) -> Resources:
    """What so many cores take."""
    return Resources(**{name: cores * count for name, count in used.items()})
