"""Standard-cell synthesis with yosys as a Python package; the SiliconCompiler task runs this module in a process of its own.

yosys ends the process on an error, and prints natively, so it never shares a process with its caller.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from flightasic.eda.clocktree import CLOCK, TRUNK_UNIT, build_clock_tree
from flightasic.eda.drive import strengthen
from flightasic.eda.flat import GLUE, FlatNetlist
from flightasic.eda.liberty import LibertyCell, parse_cells
from flightasic.eda.pdk import CellRoles

TECHMAPS = Path(__file__).parent / "techmap"
ADDER_STYLES = ("abc", "tree", "fast", "fa", "booth")
AUTO = "auto"  # the first style that meets the clock (eda.measure)
FAST_CARRIES = "+/choices/sklansky.v"
CLOCK_GATE_MIN_FLOPS = 8
SIMPLIFY_ROUNDS = 8
# abc sees a path in pieces, cut at full-adder cells, clock gates and unit borders; a piece gets this much of the period.
ABC_PERIOD_FRACTION = 0.25
# The stock script chains buffers on wide nets and sizes them down to the smallest; -N bounds the fanout instead.
ABC_SCRIPT = """\
&get -n
&st
&dch
&nf
&put
buffer -c -N 16
topo
upsize -D {picoseconds}
dnsize -D {picoseconds}
"""


@dataclass(frozen=True, kw_only=True)
class SynthesisJob:
    """Everything one synthesis run depends on; written to JSON for the worker process.

    Attributes
    ----------
    sources : Verilog files, absolute paths
    top : module to map; each module it instantiates is a unit and keeps its hierarchy, units are flattened inside
    liberty : Liberty file with the wire load in its pins (:func:`flightasic.eda.liberty.with_wire_load`)
    roles : cells placed by name
    clock_ns : goal for mapping, in nanoseconds
    adder_style : "abc" (adders of gates), "tree" (compressor trees of full-adder cells, Brent-Kung carry chains), "fast" (Sklansky
        carry chains), "fa" (carry chains of full-adder cells too: smaller and slower) or "booth" (as "tree", but Booth-coded products
        with adders of their own)
    clock_gating : gate the clock of enabled registers of at least 8 bits
    clock_tree : build a clock tree (:mod:`flightasic.eda.clocktree`); without one the port drives every flip-flop
    """

    sources: tuple[str, ...]
    top: str
    liberty: str
    roles: CellRoles
    clock_ns: float
    adder_style: str = "tree"
    clock_gating: bool = True
    clock_tree: bool = True

    def to_json(self) -> str:
        """For :meth:`from_json`."""
        return json.dumps(asdict(self), indent=2)

    @classmethod
    def from_json(cls, text: str) -> SynthesisJob:
        """Rebuild a job in the worker process."""
        data: dict[str, Any] = json.loads(text)
        roles: dict[str, Any] = {key: _tuples(value) for key, value in data.pop("roles").items()}
        return cls(sources=tuple(data.pop("sources")), roles=CellRoles(**roles), **data)


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


@dataclass(frozen=True)
class UnitArea:
    """One unit's cells over all its instances: area in um2, cells, flip-flops.

    ``glue`` is what lies between the units, ``clock`` the part of the clock tree that they share; the rest of the tree is in the units.
    """

    name: str
    instances: int
    area_um2: float
    cells: int
    flops: int


def adder_cells(roles: CellRoles) -> str:
    """A techmap from what techmap/simplify.v leaves of $fa to the technology's full and half adders."""
    cell, a, b, carry_in, carry_out, total = roles.full_adder
    half, half_a, half_b, half_carry, half_total = roles.half_adder
    return f"""\
(* techmap_celltype = "$fa" *)
module flight_adder_cell (input A, B, C, output X, Y);
  parameter WIDTH = 1;
  parameter _TECHMAP_CONSTMSK_C_ = 0;
  parameter _TECHMAP_CONSTVAL_C_ = 0;
  generate
    if (_TECHMAP_CONSTMSK_C_ && !_TECHMAP_CONSTVAL_C_) {half} half (.{half_a}(A), .{half_b}(B), .{half_carry}(X), .{half_total}(Y));
    else {cell} full (.{a}(A), .{b}(B), .{carry_in}(C), .{carry_out}(X), .{total}(Y));
  endgenerate
endmodule
"""


def adder_passes(cells: Path) -> list[str]:
    """From $fa of any width to single adder cells, ``cells`` being the file of :func:`adder_cells`."""
    simplify = SIMPLIFY_ROUNDS * [f"techmap -max_iter 1 -map {TECHMAPS / 'simplify.v'}", "opt -fast"]
    return [*simplify, f"techmap -map {cells}", "opt -fast"]


def product_passes(adder_style: str) -> list[str]:
    """From Verilog to products as the style wants them, before ``synth``."""
    if adder_style == "abc":
        return []
    # Rows need the width of the sum around them, so they come before any narrowing; Booth products are narrowed first.
    products = ["wreduce", "booth"] if adder_style == "booth" else [f"techmap -map {TECHMAPS / 'rows.v'} t:$mul"]
    return ["proc", "opt_expr", *products, "opt_expr", "opt_clean"]


def passes_before_units(job: SynthesisJob) -> list[str]:
    """Read everything, down to the job's top module."""
    return [
        f"read_liberty -lib -ignore_miss_func {job.liberty}",
        f"read_verilog -sv {' '.join(job.sources)}",
        f"hierarchy -check -top {job.top}",
    ]


def passes_after_units(job: SynthesisJob, work: Path) -> list[str]:
    """From marked units to a mapped and flattened netlist, ``work``/flat.json; each cell is named after its unit."""
    roles = job.roles
    dont_use = " ".join(f"-dont_use {pattern}" for pattern in roles.dont_use)
    gate = roles.clock_gate
    passes = [*product_passes(job.adder_style), f"synth -top {job.top} -flatten -run begin:fine"]
    if job.adder_style != "abc":
        passes += ["maccmap"]
        if job.adder_style == "fa":
            passes += [f"techmap -map {TECHMAPS / 'ripple.v'}", "techmap t:$pos"]
        # Partial products are words with constant bits: only as single gates do the constants reach the adders.
        passes += ["simplemap t:$and t:$not t:$pos", "opt -fast"]
        passes += adder_passes(work / "adder_cells.v")
    carries = f"-extra-map {FAST_CARRIES}" if job.adder_style == "fast" else ""
    passes += [f"synth -top {job.top} -noabc {carries} -run fine:check"]
    if job.clock_gating and gate is not None:
        # A register with enable and synchronous reset is not gated; one whose enable takes in the reset is. Each gets a gate of its own
        # first, so equal ones are merged.
        passes += ["dfflegalize -cell $_DFF_P_ 01 -cell $_DFFE_PP_ 01", "opt_merge", "opt_clean"]
        passes += [f"clockgate -pos {gate[0]} {gate[1]}:{gate[2]}:{gate[3]} -min_net_size {CLOCK_GATE_MIN_FLOPS}"]
    passes += [
        f"dfflibmap -liberty {job.liberty} {dont_use}",
        "opt -fast -purge",
        f"abc -liberty {job.liberty} {dont_use} -script {work / 'abc.script'} -constr {work / 'abc.constr'}",
        "opt_clean -purge",
    ]
    if roles.tie_high and roles.tie_low:
        passes += [f"hilomap -hicell {' '.join(roles.tie_high)} -locell {' '.join(roles.tie_low)}"]
    passes += [
        "opt_clean -purge",
        f'setattr -set unit "{GLUE}" {job.top}/c:*',
        "setattr -mod -unset keep_hierarchy *",
        "flatten -noscopeinfo",
        "splitnets",
        "opt_clean -purge",
        f"write_json {work / 'flat.json'}",
    ]
    return passes


def passes_after_edits(job: SynthesisJob, work: Path) -> list[str]:
    """Check the finished netlist, ``work``/outputs/<top>.json, and write it as Verilog beside that."""
    netlist = work / "outputs" / job.top
    return [
        f"delete {job.top}",
        f"read_json {netlist}.json",
        "check -assert -mapped",
        f"write_verilog -noattr -noexpr -nohex -nodec -simple-lhs {netlist}.vg",
    ]


def run_worker(job: SynthesisJob, work: Path) -> None:
    """Synthesise in this process; leaves outputs/<top>.vg, outputs/<top>.json and reports/synthesis.json under ``work``."""
    from pyosys import libyosys

    for folder in ("outputs", "reports"):
        (work / folder).mkdir(exist_ok=True)
    (work / "adder_cells.v").write_text(adder_cells(job.roles))
    (work / "abc.constr").write_text(f"set_driving_cell {job.roles.driver}\nset_load {job.roles.driver_load_ff} [all_outputs]\n")
    (work / "abc.script").write_text(ABC_SCRIPT.format(picoseconds=round(job.clock_ns * 1000 * ABC_PERIOD_FRACTION)))
    design = libyosys.Design()
    for command in passes_before_units(job):
        design.run_pass(command)
    top = design.module(libyosys.IdString(f"\\{job.top}"))
    instances = {_identifier(name): _identifier(cell.type) for name, cell in top.cells_.items()}
    modules = {unit: module for unit, module in instances.items() if not module.startswith("$")}
    for unit in sorted(set(modules.values())):
        design.run_pass(f"setattr -mod -set keep_hierarchy 1 {unit}")
    for command in passes_after_units(job, work):
        design.run_pass(command)
    library = parse_cells(Path(job.liberty).read_text())
    netlist = FlatNetlist.from_yosys(json.loads((work / "flat.json").read_text()), job.top)
    tree = build_clock_tree(netlist, job.roles, library) if job.clock_tree and CLOCK in netlist.ports else None
    drive = strengthen(netlist, library, job.roles)
    (work / "outputs" / f"{job.top}.json").write_text(json.dumps(netlist.to_yosys(), indent=1) + "\n")
    for command in passes_after_edits(job, work):
        design.run_pass(command)
    report = {
        "yosys": libyosys.yosys_maybe_version(),
        "units": [asdict(unit) for unit in unit_areas(netlist, modules, library)],
        "drive": asdict(drive),
        "clock_tree": None if tree is None else asdict(tree),
    }
    (work / "reports" / "synthesis.json").write_text(json.dumps(report, indent=2) + "\n")


def unit_areas(netlist: FlatNetlist, modules: dict[str, str], cells: dict[str, LibertyCell]) -> list[UnitArea]:
    """Areas by module, ``modules`` being the module of each unit; then the glue and the shared part of the clock tree."""
    names = {unit: modules.get(unit, unit) for unit in [*sorted(modules, key=modules.__getitem__), GLUE, TRUNK_UNIT]}
    sums = {name: [0.0, 0, 0] for name in names.values()}
    for cell in netlist.cells.values():
        entry, kind = sums[names[cell.unit]], cells[cell.type]
        entry[0], entry[1], entry[2] = entry[0] + kind.area_um2, entry[1] + 1, entry[2] + (kind.kind == "flop")
    instances = Counter(modules.values())
    areas = (UnitArea(name, instances.get(name, 1), area, int(count), int(flops)) for name, (area, count, flops) in sums.items())
    return [area for area in areas if area.name != TRUNK_UNIT or area.cells]


def _identifier(name: Any) -> str:
    return str(name).removeprefix(chr(92))


def main() -> None:
    """``python -m flightasic.eda.synthesis JOB.json``: the worker's command line, in the folder the results go to."""
    run_worker(SynthesisJob.from_json(Path(sys.argv[1]).read_text()), Path.cwd())


if __name__ == "__main__":
    main()
