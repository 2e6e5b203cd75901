"""A library small enough to compute with by hand, and netlists of its cells."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from flightasic.eda.activity import Activity
from flightasic.eda.netlist import Cell, GateNetlist

# Energies in pJ: an inverter 0.1 rising, 0.3 falling; a NAND 0.2 by A, 0.6 by B; a flip-flop 0.05 at CLK, 0.02 at D, 0.4 at Q; a clock
# buffer 0.8. Loads: 2 fF an input, 3 fF a clock pin (2 rising, 4 falling). Leakage in nW: 1, 2, 10, 4. At any slew and load.
HEAD = """
/* a comment { */
library (tiny) {
  time_unit : "1ns"; leakage_power_unit : "1nW"; nom_voltage : 2.0;
  capacitive_load_unit (1, pf);
  lu_table_template (slew) {
    variable_1 : input_net_transition; variable_2 : total_output_net_capacitance; index_1 ("0, 1"); index_2 ("0, 1"); }
  power_lut_template (energy) {
    variable_1 : input_transition_time; variable_2 : total_output_net_capacitance; index_1 ("0, 1"); index_2 ("0, 1"); }
  power_lut_template (passive) { variable_1 : input_transition_time; index_1 ("0, 1"); }
"""


def energy(related: str, rise: float, fall: float) -> str:
    """Internal power of an output, constant over slew and load."""
    tables = (f'{edge}_power (energy) {{ values ("{pj}, {pj}", \\\n "{pj}, {pj}"); }}' for edge, pj in (("rise", rise), ("fall", fall)))
    return f'internal_power () {{ related_pin : "{related}"; {" ".join(tables)} }}'


def passive(rise: float, fall: float) -> str:
    """Internal power of an input."""
    tables = (f'{edge}_power (passive) {{ values ("{pj}, {pj}"); }}' for edge, pj in (("rise", rise), ("fall", fall)))
    return f"internal_power () {{ {' '.join(tables)} }}"


def arc(related: str, slew: float) -> str:
    """Slew of both edges of an output, constant."""
    tables = (f'{edge}_transition (slew) {{ values ("{slew}, {slew}", "{slew}, {slew}"); }}' for edge in ("rise", "fall"))
    return f'timing () {{ related_pin : "{related}"; {" ".join(tables)} }}'


INPUT = "direction : input; capacitance : 0.002;"
CELLS = f"""
  cell (INV) {{ area : 1; cell_leakage_power : 1;
    pin (A) {{ {INPUT} }}
    pin (Y) {{ direction : output; function : "(!A)"; {energy("A", 0.1, 0.3)} {arc("A", 0.2)} }} }}
  cell ("NAND") {{ area : 1; leakage_power () {{ when : "A"; value : 1; }} leakage_power () {{ when : "!A"; value : 3; }}
    pin ("A") {{ {INPUT} }}
    pin ("B") {{ {INPUT} }}
    pin ("Y") {{ direction : "output"; function : "!(A B)"; {energy("A", 0.1, 0.3)} {energy("B", 0.5, 0.7)}
      {arc("A", 0.2)} {arc("B", 0.4)} }} }}
  cell (FLOP) {{ area : 1; cell_leakage_power : 10; ff (IQ, IQN) {{ clocked_on : "CLK"; next_state : "D"; }}
    pin (CLK) {{ direction : input; rise_capacitance : 0.002; fall_capacitance : 0.004; capacitance : 0.003; clock : true;
      {passive(0.03, 0.07)} }}
    pin (D) {{ {INPUT} {passive(0.02, 0.02)} timing () {{ timing_type : setup_rising; related_pin : "CLK"; }} }}
    pin (Q) {{ direction : output; function : "IQ"; {energy("CLK", 0.3, 0.5)} {arc("CLK", 0.3)} }} }}
  cell (CLKBUF) {{ area : 1; cell_leakage_power : 4;
    pin (A) {{ {INPUT} }}
    pin (Y) {{ direction : output; function : "A"; {energy("A", 0.8, 0.8)} {arc("A", 0.1)} }} }}
"""
LIBERTY = HEAD + CELLS + "}\n"


def netlist(cells: Mapping[str, tuple[str, dict[str, str]]], inputs: str, outputs: str, *, clock: str = "") -> GateNetlist:
    """Cells by name as (type, net of every pin); ``clock`` names those of the clock tree. A cell's unit is the part before ``_``."""
    nets: dict[str, int] = {}
    made = []
    for name, (kind, pins) in cells.items():
        numbers = {pin: nets.setdefault(net, len(nets)) for pin, net in pins.items()}
        made.append(Cell(name, kind, numbers, name.split("_")[0], clock=name in clock.split()))
    ports = [tuple(nets[net] for net in names.split()) for names in (inputs, outputs)]
    return GateNetlist("top", tuple(made), tuple(nets), *ports)


def activity(toggles: Mapping[str, int] | Mapping[str, list[int]], window_ns: list[float] | None = None) -> Activity:
    """Toggles by net, in one window of 100 ns or several of ``window_ns``; nets are high half of the time."""
    windows = np.array(window_ns or [100.0])
    counts = np.array([np.atleast_1d(count) for count in toggles.values()], dtype=np.int64).T
    return Activity(tuple(toggles), counts, np.tile(windows[:, None] / 2, len(toggles)), windows, np.rint(windows / 10).astype(np.int64))
