"""The steps of the energy flow, each in a process of its own: ``python -m flightasic.eda.energy_steps gates|power JOB.json``.

The process works in the folder of its SiliconCompiler task and leaves ``reports/<step>.json``.
"""

from __future__ import annotations

import io
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from flightasic.eda.activity import Activity
from flightasic.eda.netlist import GateNetlist
from flightasic.errors import FlightError
from flightasic.files import write_atomically, write_json

PROGRESS = Path("progress.txt")
ACTIVITY = Path("outputs/activity.npz")
SAIF = Path("outputs/activity.saif")
POWER = Path("outputs/power.npz")


@dataclass(frozen=True, kw_only=True)
class EnergyJob:
    """What both steps need; paths are absolute.

    Attributes
    ----------
    verilog, cells, sdf : the netlist, as Verilog and as JSON, and its delays
    liberty : library at the measured corner, without any wire load
    corner : its name
    sources : Verilog of the whole array
    workload : folder of a :class:`flightasic.eda.workload.Workload`
    clock_ns : clock period in nanoseconds
    wire_ff : wire per sink, in femtofarads
    net_caps : JSON file of extracted net capacitances in femtofarads by net, or "" to charge ``wire_ff``
    cache : folder of compiled helpers
    """

    verilog: str
    cells: str
    sdf: str
    liberty: str
    corner: str
    sources: tuple[str, ...]
    workload: str
    clock_ns: float
    wire_ff: float
    net_caps: str
    cache: str

    def to_json(self) -> str:
        """For :meth:`read`."""
        return json.dumps(asdict(self), indent=2)

    @classmethod
    def read(cls, path: Path) -> Self:
        """The job that a task was given."""
        data = json.loads(path.read_text())
        return cls(sources=tuple(data.pop("sources")), **data)


def gates(job: EnergyJob) -> dict[str, Any]:
    """Simulate the netlist; leaves the activity as NumPy archive and SAIF."""
    from flightasic.eda.gates import simulate
    from flightasic.eda.saif import write_saif
    from flightasic.eda.workload import Workload

    netlist = GateNetlist.read(Path(job.cells))
    run = simulate(
        Path(job.verilog),
        netlist,
        Path(job.sdf),
        Path(job.liberty).read_text(),
        [Path(source) for source in job.sources],
        Workload.load(Path(job.workload)),
        clock_ns=job.clock_ns,
        folder=Path("simulation").resolve(),
        cache=Path(job.cache),
        progress=lambda cycles: write_atomically(PROGRESS, str(cycles)),
    )
    run.activity.save(ACTIVITY)
    write_saif(SAIF, run.activity, netlist.top)
    return {
        "images": run.images,
        "cycles": run.cycles,
        "seconds": run.seconds,
        "annotated_fraction": run.annotated_fraction,
        "cells_annotated": run.cells_annotated,
        "unknown_share": run.unknown_share,
        "toggles": int(run.activity.toggles.sum()),
        "accesses": {port: counts.tolist() for port, counts in run.accesses.items()},
        "versions": dict(run.versions),
    }


def power(job: EnergyJob) -> dict[str, Any]:
    """Power of the simulated activity; leaves energy_pj [windows, units, parts, kinds] with the units' names."""
    from flightasic.eda.cells import CellLibrary
    from flightasic.eda.power import ESTIMATOR, estimate, summary

    netlist = GateNetlist.read(Path(job.cells))
    library = CellLibrary.read(Path(job.liberty).read_text(), {cell.type for cell in netlist.cells})
    net_caps = json.loads(Path(job.net_caps).read_text()) if job.net_caps else None
    report = estimate(netlist, library, Activity.load("inputs" / Path(ACTIVITY.name)), wire_ff=job.wire_ff, net_caps=net_caps)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, units=np.array(report.units), energy_pj=report.energy_pj, window_ns=report.window_ns)
    write_atomically(POWER, buffer.getvalue())
    figures = {"estimator": ESTIMATOR, "annotated_fraction": report.annotated_fraction, **summary(report)}
    return figures | {"opensta": second_opinion(job, netlist.top)}


def second_opinion(job: EnergyJob, top: str) -> dict[str, Any]:
    """What the ``sta`` on PATH makes of the same activity; where it reads no SAIF or fails, why. The figures stand without it."""
    from flightasic.eda.liberty import with_wire_load
    from flightasic.eda.power_sta import opensta_power, opensta_version

    if job.net_caps:
        return {"reason": "extracted wires are known to the built-in estimator only"}
    scratch = Path("opensta")
    scratch.mkdir(exist_ok=True)
    liberty, sdc = scratch / "cells.lib", scratch / "clock.sdc"
    try:
        version = opensta_version()
        liberty.write_text(with_wire_load(Path(job.liberty).read_text(), job.wire_ff))
        sdc.write_text(f"create_clock -name clk -period {job.clock_ns} [get_ports clk]\nset_propagated_clock [all_clocks]\n")
        found = opensta_power(Path(job.verilog), liberty, sdc, "inputs" / Path(SAIF.name), top=top, scratch=scratch)
    except FlightError as error:
        return {"reason": str(error)}
    return {"reason": f"OpenSTA {version} reads no SAIF"} if found is None else found


def main() -> None:
    """The worker's command line; what went wrong is said in one line that the flow picks up."""
    name, path = sys.argv[1:]
    step = {"gates": gates, "power": power}[name]
    for folder in ("outputs", "reports"):
        Path(folder).mkdir(exist_ok=True)
    try:
        write_json(Path("reports") / f"{name}.json", step(EnergyJob.read(Path(path))))
    except FlightError as error:
        print(f"Error: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(1)


if __name__ == "__main__":
    main()
