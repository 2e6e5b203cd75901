"""The FPGAs that the flows know, what they have, and what is used of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

from flightasic.errors import ToolError


@dataclass(frozen=True, kw_only=True)
class Resources:
    """Counts of LUTs (four inputs; six on xc7), flip-flops, block RAMs and multipliers: of a part, or used by a design."""

    lut: int
    ff: int
    bram: int
    dsp: int

    def items(self) -> Iterator[tuple[str, int]]:
        """Field and count, in the order of the fields."""
        yield from asdict(self).items()


@dataclass(frozen=True, kw_only=True)
class FpgaPart:
    """One device.

    Attributes
    ----------
    family : str
        "ecp5", "ice40" or "xc7".
    has : Resources
        The whole device.
    names : dict
        What the vendor calls each field of ``has``.
    option : str
        How nextpnr is told, "" where nextpnr does not know it.
    package : str
        The default.
    speeds : tuple of int
        Speed grades to choose from; none where the part's name says it.
    """

    name: str
    family: str
    has: Resources
    names: Mapping[str, str]
    option: str = ""
    package: str = ""
    speeds: tuple[int, ...] = ()


_ECP5 = {"lut": "LUT4", "ff": "flip-flops", "bram": "block RAM (DP16KD)", "dsp": "multipliers (MULT18X18D)"}
_ICE40 = {"lut": "logic cells", "ff": "flip-flops", "bram": "block RAM (SB_RAM40_4K)", "dsp": "multipliers (SB_MAC16)"}
_XC7 = {"lut": "LUT6", "ff": "flip-flops", "bram": "block RAM (RAMB36E1)", "dsp": "multipliers (DSP48E1)"}


def _ecp5(name: str, option: str, luts: int, bram: int, dsp: int) -> FpgaPart:
    has = Resources(lut=luts, ff=luts, bram=bram, dsp=dsp)
    return FpgaPart(name=name, family="ecp5", has=has, names=_ECP5, option=option, package="CABGA381", speeds=(6, 7, 8))


def _ice40(name: str, option: str, package: str, cells: int, bram: int, dsp: int) -> FpgaPart:
    has = Resources(lut=cells, ff=cells, bram=bram, dsp=dsp)
    return FpgaPart(name=name, family="ice40", has=has, names=_ICE40, option=option, package=package)


# Lattice FPGA-DS-02012 (ECP5 family data sheet, table 1.1), FPGA-DS-02029 (iCE40 LP/HX) and FPGA-DS-02008 (iCE40 UltraPlus);
# Xilinx DS190 (Zynq-7000 overview). Tests hold nextpnr's own counts against them.
ECP5_PARTS: Mapping[str, FpgaPart] = {
    part.name: part
    for part in (
        _ecp5("LFE5U-25F", "--25k", 24288, 56, 28),
        _ecp5("LFE5U-45F", "--45k", 43848, 108, 72),
        _ecp5("LFE5U-85F", "--85k", 83640, 208, 156),
    )
}
ICE40_PARTS: Mapping[str, FpgaPart] = {
    part.name: part
    for part in (
        _ice40("iCE40HX1K", "--hx1k", "tq144", 1280, 16, 0),
        _ice40("iCE40HX8K", "--hx8k", "ct256", 7680, 32, 0),
        _ice40("iCE40UP5K", "--up5k", "sg48", 5280, 30, 8),
    )
}
_XC7Z045 = Resources(lut=218600, ff=437200, bram=545, dsp=900)
XC7_PARTS: Mapping[str, FpgaPart] = {"XC7Z045": FpgaPart(name="XC7Z045", family="xc7", has=_XC7Z045, names=_XC7)}
# Words and bits of a block RAM with one write and one read port: DP16KD (Lattice FPGA-TN-02204), SB_RAM40_4K (FPGA-TN-02002),
# RAMB18E1, of which a RAMB36E1 holds two (Xilinx UG473).
_KILOBITS_16 = ((512, 36), (1024, 18), (2048, 9), (4096, 4), (8192, 2), (16384, 1))
BLOCK_RAM_SHAPES: Mapping[str, tuple[tuple[int, int], ...]] = {
    "ecp5": _KILOBITS_16,
    "ice40": ((256, 16), (512, 8), (1024, 4), (2048, 2)),
    "xc7": _KILOBITS_16,
}


def block_rams(family: str, width: int, depth: int) -> int:
    """The fewest block RAMs (RAMB18E1 on xc7) of one shape that hold ``depth`` words of ``width`` bits."""
    return min(-(-width // bits) * -(-depth // words) for words, bits in BLOCK_RAM_SHAPES[family])


def find_part(parts: Mapping[str, FpgaPart], name: str) -> FpgaPart:
    """A part by its name.

    Raises
    ------
    ToolError
        If there is none of that name.
    """
    if name not in parts:
        raise ToolError(f"part must be one of {', '.join(parts)}, got {name!r}")
    return parts[name]
