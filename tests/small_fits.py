"""Made-up fits: what a part held, as 'flightasic fit' records it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flightasic.config import ArrayConfig, arith_name
from flightasic.results import write_record

PART, SPEED = "LFE5U-85F", 6
AVAILABLE = {"lut": 83640, "ff": 83640, "bram": 208, "dsp": 156}
SHIFT, SHIFT3, SHIFT2 = (("shift", bits, False) for bits in (4, 3, 2))
FIXED4_DSP, FIXED4 = (("fixed4", 4, dsp) for dsp in (True, False))
FIXED8_DSP, FIXED8 = (("fixed8", 8, dsp) for dsp in (True, False))


def write_fit(folder: Path, arith: str, *, dsp: bool = False, rows: int = 4, cols: int = 4, lanes: int = 4, **figures: Any) -> Path:
    """The record of a fit of a small array; ``figures`` are fields of the record, or of the array."""
    usual = {"act_depth": 1024, "acc_depth": 1024, "program_depth": 8192, "code_depth": 2048}
    given = {name: figures.pop(name) for name in list(figures) if name in ArrayConfig.__dataclass_fields__}
    array = ArrayConfig.for_arith(arith, rows=rows, cols=cols, lanes=lanes, **{**usual, **given})
    data = {
        "part": PART,
        "speed": SPEED,
        "arith": arith,
        "dsp": dsp,
        "objective": "networks-per-lut",
        "array": array.to_dict(),
        "cores": 1,
        "lut": 50_000,
        "ff": 20_000,
        "bram": 100,
        "dsp_used": 64 if dsp and arith != "shift" else 0,
        "available": AVAILABLE,
        "fmax_mhz": 120.0,
        "clock_mhz": 100.0,
        "max_lut_percent": 85.0,
        "binds": "lut",
        "trials": [],
        **figures,
    }
    name = f"{arith_name(arith, array.code_bits)}{'-dsp' if dsp else ''}"
    return write_record("fit", name, data, stage="placed and routed", versions={}, config=array, results=folder)


def write_fits(folder: Path) -> Path:
    """All seven, with different sizes and clocks; the folder."""
    write_fit(folder, "shift", lut=50_000, fmax_mhz=120.0, binds="lut")
    write_fit(folder, "shift", code_bits=3, lut=45_000, fmax_mhz=115.0)
    write_fit(folder, "shift", code_bits=2, lut=35_000, fmax_mhz=125.0)
    write_fit(folder, "fixed4", dsp=True, lut=40_000, fmax_mhz=100.0, binds="dsp")
    write_fit(folder, "fixed4", lut=60_000, fmax_mhz=110.0, tile_cols=2)
    write_fit(folder, "fixed8", dsp=True, cols=2, tile_cols=2, lut=45_000, fmax_mhz=90.0, binds="dsp")
    write_fit(folder, "fixed8", cols=2, tile_cols=2, lut=65_000, fmax_mhz=95.0)
    return folder
