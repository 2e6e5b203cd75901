"""The built-in power estimator against OpenSTA 2.0.17 on a design's netlist with a simulated activity: total, by kind and by part."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from flightasic.eda.activity import Activity  # noqa: E402
from flightasic.eda.cells import CellLibrary  # noqa: E402
from flightasic.eda.liberty import read_text  # noqa: E402
from flightasic.eda.netlist import GateNetlist  # noqa: E402
from flightasic.eda.pdk import find_technology  # noqa: E402
from flightasic.eda.power import KINDS, PARTS, part_of  # noqa: E402
from flightasic.errors import FlightError  # noqa: E402
from verification.opensta_power import compare  # noqa: E402


def main() -> None:
    """Print both sides and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, epilog="example: python benchmarks/power.py flight_core.json activity.npz")
    parser.add_argument("netlist", type=Path, help="the design's netlist, outputs/flight_core.json of its synthesis")
    parser.add_argument("activity", type=Path, help="outputs/activity.npz of the energy flow's simulation")
    parser.add_argument("--pdk", help="sky130, osu018 or a folder (default: whichever is found)")
    options = parser.parse_args()
    console = Console()
    try:
        technology = find_technology(options.pdk)
        liberty = read_text(technology.liberty[technology.corner("tt")])
        netlist, activity = GateNetlist.read(options.netlist), Activity.load(options.activity)
        started = time.perf_counter()
        with tempfile.TemporaryDirectory(prefix="flightasic_") as scratch:
            found = compare(netlist, liberty, activity, Path(scratch))
        library = CellLibrary.read(liberty, {cell.type for cell in netlist.cells})
    except FlightError as error:
        raise SystemExit(f"error: {error}") from error
    parts = np.array([part_of(cell, library.cells[cell.type]) for cell in netlist.cells])
    rows = [("total", found.estimated_mw.sum(), found.reference_mw.sum())]
    rows += [(kind, found.estimated_mw[:, i].sum(), found.reference_mw[:, i].sum()) for i, kind in enumerate(KINDS)]
    rows += [(f"cells: {part}", found.estimated_mw[parts == i].sum(), found.reference_mw[parts == i].sum()) for i, part in enumerate(PARTS)]
    table = Table("mW", "estimator", "OpenSTA", "ratio", title=f"{len(netlist.cells)} cells, {time.perf_counter() - started:.1f} s")
    for name, estimated, reference in rows:
        table.add_row(name, f"{estimated:.5g}", f"{reference:.5g}", f"{estimated / reference:.4f}")
    console.print(table)
    middle, high = np.percentile(np.abs(found.estimated_slews_ns / np.maximum(found.reference_slews_ns, 1e-6) - 1), [50, 99])
    console.print(f"slews differ by {middle:.1%} in the middle and by up to {high:.1%} for 99 % of the nets")


if __name__ == "__main__":
    main()
