"""What each register option gives on an ECP5: Fmax, LUTs and flip-flops of an array with none, with all, and with all but one."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from flightasic.config import PIPELINE_FIELDS, TARGET_OPTIONS, ArrayConfig  # noqa: E402
from flightasic.eda.fpga import run_ecp5  # noqa: E402
from flightasic.eda.sources import BUILD, rtl_sources  # noqa: E402
from flightasic.errors import FlightError  # noqa: E402


def without(config: ArrayConfig, *names: str) -> ArrayConfig:
    """The array without these registers."""
    return ArrayConfig.from_dict(config.to_dict() | dict.fromkeys(names, 0))


def main() -> None:
    """Place and route every variant with every seed; two and a half minutes each for the default array on an idle core."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog="example: python benchmarks/fpga_registers.py --mesh 4x4x8 --seeds 1,2 --variants none,all"
    )
    parser.add_argument("--arith", default="shift", help="shift, fixed4 or fixed8; products are made of LUTs (default: shift)")
    parser.add_argument("--mesh", default="4x4x8", help="rows x columns x lanes (default: 4x4x8)")
    parser.add_argument("--clock-mhz", type=float, default=120.0, help="goal of placing and routing (default: 120)")
    parser.add_argument("--seeds", default="1", help="placement seeds, with commas (default: 1)")
    parser.add_argument("--variants", help="none, all, and names of options left out of all, with commas (default: every one)")
    options = parser.parse_args()
    rows, cols, lanes = (int(size) for size in options.mesh.split("x"))
    seeds = [int(seed) for seed in options.seeds.split(",")]
    whole = ArrayConfig.for_arith(options.arith, rows=rows, cols=cols, lanes=lanes, tile_cols=cols, **TARGET_OPTIONS["ecp5"])
    arrays = {"none": without(whole, *PIPELINE_FIELDS), "all": whole, **{name: without(whole, name) for name in PIPELINE_FIELDS}}
    chosen = list(arrays) if options.variants is None else options.variants.split(",")
    if unknown := set(chosen) - set(arrays):
        parser.error(f"no variant {sorted(unknown)[0]!r}; there are {', '.join(arrays)}")
    console = Console()
    table = Table("registers", "LUTs", "flip-flops", *(f"MHz, seed {seed}" for seed in seeds), title=f"{options.arith} {options.mesh}")
    for name in track(chosen, console=console, description="place and route"):
        place = partial(run_ecp5, rtl_sources(arrays[name]), clock_mhz=options.clock_mhz, dsp=False, build=BUILD, name=f"registers_{name}")
        try:
            found = [place(seed=seed) for seed in seeds]
        except FlightError as error:
            raise SystemExit(f"error: {error}") from error
        title = name if name in ("none", "all") else f"all but {name}"
        table.add_row(title, f"{found[0].lut:,}", f"{found[0].ff:,}", *(f"{result.fmax_mhz:.1f}" for result in found))
        console.print(f"{title}: worst path {'; '.join(found[0].critical_path)}", highlight=False)
    console.print(table)


if __name__ == "__main__":
    main()
