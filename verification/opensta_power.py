"""Power as Debian's OpenSTA 2.0.17 computes it, to hold the built-in estimator against.

That version reads no activity file and has rules of its own, which are kept out of the comparison:

- Activity is transitions in a clock period, told pin by pin after one report. It is then propagated once more from the ports up to the
  first flip-flops, so a flip-flop is put behind every input port, on both sides of the comparison. Pins on a clock's way are taken to
  toggle in each cycle, gated or not; so the clock is that of these flip-flops alone, and all other pins are told their activity.
- It sums the energies of both edges: half of its internal power is meant.
- An energy counts for the time its ``when`` is true, for half the time without one, however many inputs share an output's transitions.
  A ``when`` of the energy's own input pin makes that share the pin's duty, which is then the input's part of the toggles of all inputs.

Tables, slews, loads, wire, leakage and sums are its own. It loads nets with the larger of a pin's rising and falling capacitance, the
estimator with their mean: 1.5 % of switching power in sky130.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from flightasic.eda.activity import Activity
from flightasic.eda.cells import CellLibrary, PowerCell
from flightasic.eda.liberty import with_wire_load
from flightasic.eda.netlist import Cell, GateNetlist, NetId
from flightasic.eda.power import PORT_SLEW_NS, estimate

FloatArray = npt.NDArray[np.float64]
_CLOCK = "elsewhere"
_CLOCK_NS = 10.0
_MW_PER_W = 1e3
_NS = 1e-9
_CONSTANTS = {"const_0": "1'b0", "const_1": "1'b1"}
# Its wire would come on top of ours.
_WIRE_MODEL = re.compile(r"default_wire_load\w*\s*:[^;]*;")
_STATE_FUNCTION = re.compile(r'state_function\s*:\s*"\(?(\w+)[^"]*"')
_INTERNAL_POWER = re.compile(r"internal_power\s*\(\s*\)\s*\{")
_RELATED = re.compile(r'related_pin\s*:\s*"(\w+)"')
_CONDITIONS = re.compile(r'operating_conditions\s*\(\s*"?([\w.]+)"?\s*\)\s*\{')
_BRACE = re.compile(r"[{}]")
_SCRIPT = """
proc lines {{file}} {{
  set stream [open $file]
  set text [read $stream]
  close $stream
  return [split [string trim $text] \\n]
}}
read_liberty wired.lib
read_verilog netlist.v
link_design top
create_clock -name {clock} -period {clock_ns} [get_ports {clock}]
set_input_delay 0 -clock {clock} [all_inputs]
set_output_delay 0 -clock {clock} [all_outputs]
set_input_transition {port_slew_ns} [all_inputs]
set_load {output_pf} [all_outputs]
set_operating_conditions {conditions}
foreach pin [lines starts.txt] {{
  set_input_delay 0 -clock {clock} [get_pins $pin]
}}
report_power > first.txt
foreach line [lines activity.txt] {{
  lassign $line pin density share
  sta::set_power_pin_activity [sta::find_pin $pin] $density $share
}}
set out [open power.txt w]
for {{set cell 0}} {{$cell < {cells}}} {{incr cell}} {{
  puts $out [sta::instance_power [sta::find_instance c$cell] [sta::cmd_corner]]
}}
close $out
set out [open slews.txt w]
foreach pin [lines drivers.txt] {{
  set vertex [lindex [[sta::find_pin $pin] vertices] 0]
  puts $out "[lindex [$vertex slews rise] end] [lindex [$vertex slews fall] end]"
}}
close $out
exit
"""


@dataclass(frozen=True)
class Comparison:
    """Both sides of a comparison: power in mW [cells, 3] (internal, switching, leakage), and slews in ns of the nets that cells drive.

    A port's net counts for nobody.
    """

    reference_mw: FloatArray
    estimated_mw: FloatArray
    reference_slews_ns: FloatArray
    estimated_slews_ns: FloatArray

    @property
    def ratio(self) -> float:
        """Estimated over reference, in total."""
        return float(self.estimated_mw.sum() / self.reference_mw.sum())


def compare(
    netlist: GateNetlist,
    liberty: str,
    activity: Activity,
    scratch: Path,
    *,
    wire_ff: float = 4.0,
    output_ff: float = 10.0,
) -> Comparison:
    """The built-in estimator and the ``sta`` on PATH, cell by cell.

    Parameters
    ----------
    liberty : text without any wire load
    activity : of every net; all its windows count as one
    """
    library = CellLibrary.read(liberty, {cell.type for cell in netlist.cells})
    launched = _launched(netlist, library)
    activity = _still(activity, launched.nets[len(netlist.nets) :])
    report = estimate(launched, library, activity, wire_ff=wire_ff, output_ff=output_ff)
    # A unit for every cell gives the estimate cell by cell.
    rows = [report.units.index(cell.unit) for cell in launched.cells[: len(netlist.cells)]]
    found = report.energy_pj.sum(axis=(0, 2))[rows] / report.window_ns.sum()
    drivers = _drivers(launched, library)
    columns, _ = activity.aligned(launched.nets)
    density = np.where(columns < 0, 0, activity.toggles.sum(axis=0)[columns]) * _CLOCK_NS / float(activity.window_ns.sum())
    _write(scratch, launched, library, density, drivers)
    (scratch / "wired.lib").write_text(_reference_library(liberty, wire_ff))
    # Unless told, OpenSTA finds no conditions, no voltage and no internal power in sky130's files.
    conditions = _CONDITIONS.search(liberty)
    if conditions is None:
        raise ValueError("a library without operating conditions")
    script = _SCRIPT.format(
        clock=_CLOCK,
        clock_ns=_CLOCK_NS,
        port_slew_ns=PORT_SLEW_NS,
        output_pf=(output_ff + wire_ff) / 1e3,
        conditions=conditions.group(1),
        cells=len(netlist.cells),
    )
    (scratch / "power.tcl").write_text(script)
    done = subprocess.run(["sta", "-no_init", "-no_splash", "-exit", "power.tcl"], cwd=scratch, capture_output=True, text=True, check=False)
    if done.returncode or "Error" in done.stdout + done.stderr:
        raise RuntimeError(f"sta failed with {done.returncode}: {done.stdout}{done.stderr}")
    power = _numbers(scratch / "power.txt")[:, :3] * _MW_PER_W
    power[:, 0] /= 2
    return Comparison(power, found, _numbers(scratch / "slews.txt").mean(axis=1) / _NS, report.slews_ns[list(drivers)])


def _launched(netlist: GateNetlist, library: CellLibrary) -> GateNetlist:
    """The netlist with a flip-flop behind every input port, every cell a unit of its own."""
    kind = next(kind for kind in library.cells.values() if kind.kind == "flop")
    state = next(name for name, pin in kind.pins.items() if pin.direction == "output" and pin.arcs)
    nets = [*netlist.nets, _CLOCK]
    clock = len(nets) - 1
    cells = [replace(cell, unit=f"c{number}") for number, cell in enumerate(netlist.cells)]
    inputs = []
    for net in netlist.inputs:
        inputs.append(len(nets))
        nets.append(f"port_{net}")
        pins = {name: inputs[-1] for name, pin in kind.pins.items() if pin.direction == "input"}
        cells.append(Cell(f"launch_{net}", kind.name, pins | {str(kind.clock_pin): clock, state: net}, "launch", clock=False))
    return replace(netlist, cells=tuple(cells), nets=tuple(nets), inputs=(clock, *inputs))


def _still(activity: Activity, names: tuple[str, ...]) -> Activity:
    """The activity with further nets, which never toggle."""
    toggles = np.pad(activity.toggles, ((0, 0), (0, len(names))))
    return replace(activity, names=(*activity.names, *names), toggles=toggles, high_ns=np.pad(activity.high_ns, ((0, 0), (0, len(names)))))


def _write(scratch: Path, netlist: GateNetlist, library: CellLibrary, density: FloatArray, drivers: dict[NetId, str]) -> None:
    """Netlist under plain names, and what the script reads."""
    names = [_CONSTANTS.get(name, f"n{net}") for net, name in enumerate(netlist.nets)]
    names[netlist.inputs[0]] = _CLOCK
    ports = [f"  input {names[net]};" for net in netlist.inputs] + [f"  output {names[net]};" for net in netlist.outputs]
    bodies, pins = [], []
    for number, cell in enumerate(netlist.cells):
        connected = ", ".join(f".{pin}({names[net]})" for pin, net in cell.pins.items())
        bodies.append(f"  {cell.type} c{number} ({connected});")
        shares = _shares(cell, library.cells[cell.type], density)
        pins += [f"c{number}/{pin} {density[net]:.6e} {shares.get(pin, 0.5):.6f}" for pin, net in cell.pins.items()]
    header = ", ".join(names[net] for net in (*netlist.inputs, *netlist.outputs))
    (scratch / "netlist.v").write_text("\n".join([f"module top ({header});", *ports, *bodies, "endmodule", ""]))
    (scratch / "activity.txt").write_text("\n".join(pins))
    (scratch / "drivers.txt").write_text("\n".join(drivers.values()))
    held = {f"c{number}" for number, cell in enumerate(netlist.cells) if library.cells[cell.type].kind in ("flop", "latch")}
    (scratch / "starts.txt").write_text("\n".join(pin for pin in drivers.values() if pin.split("/")[0] in held))


def _shares(cell: Cell, kind: PowerCell, density: FloatArray) -> dict[str, float]:
    """Each input's part of the toggles of the inputs that an output's energies belong to."""
    related = {energy.related for pin in kind.pins.values() for energy in pin.energies if energy.related in cell.pins}
    total = sum(density[cell.pins[pin]] for pin in related)
    return {pin: density[cell.pins[pin]] / total if total > 0 else 1 / len(related) for pin in related}


def _reference_library(liberty: str, wire_ff: float) -> str:
    """The library with wire in its pins, a function for clock gates, and for each energy the condition under which it counts."""
    text = _STATE_FUNCTION.sub(r'function : "\1"', _WIRE_MODEL.sub("", with_wire_load(liberty, wire_ff)))
    pieces, last = [], 0
    for match in _INTERNAL_POWER.finditer(text):
        depth, end = 1, match.end()
        while depth:
            brace = _BRACE.search(text, end)
            if brace is None:
                raise ValueError("internal_power group without an end")
            depth += 1 if brace.group() == "{" else -1
            end = brace.end()
        related = _RELATED.search(text, match.end(), end)
        pieces += [text[last : match.end()], f'when : "{related.group(1) if related else 1}";']
        last = match.end()
    return "".join([*pieces, text[last:]])


def _drivers(netlist: GateNetlist, library: CellLibrary) -> dict[NetId, str]:
    """The pin that drives each net."""
    return {
        net: f"c{number}/{pin}"
        for number, cell in enumerate(netlist.cells)
        for pin, net in cell.pins.items()
        if library.cells[cell.type].pins[pin].direction == "output"
    }


def _numbers(path: Path) -> FloatArray:
    return np.array([[float(word) for word in line.split()] for line in path.read_text().splitlines()])
