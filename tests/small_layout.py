"""A lambdapdk folder of a few cells, a core of one unit, and stand-ins for OpenROAD and KLayout, for tests/test_layout.py."""

from __future__ import annotations

import gzip
import stat
import sys
from pathlib import Path

CELL = "sky130_fd_sc_hd__"
# name: (area, inputs, function of each output)
LOGIC = {
    "inv_1": (3.75, "A", {"Y": "!A"}),
    "buf_4": (7.5, "A", {"X": "A"}),
    "clkbuf_4": (7.5, "A", {"X": "A"}),
    "nand2_1": (3.75, "A B", {"Y": "!(A&B)"}),
    "nor2_1": (3.75, "A B", {"Y": "!(A|B)"}),
    "and2_1": (5.0, "A B", {"X": "A&B"}),
    "or2_1": (5.0, "A B", {"X": "A|B"}),
    "inv_2": (4.5, "A", {"Y": "!A"}),
    "conb_1": (3.75, "", {"HI": "1", "LO": "0"}),
    "ha_1": (12.5, "A B", {"COUT": "A&B", "SUM": "A^B"}),
    "fa_1": (20.0, "A B CIN", {"COUT": "(A&B)|(A&CIN)|(B&CIN)", "SUM": "A^B^CIN"}),
}
HEAD = """\
  capacitive_load_unit (1.0, "pf");
  time_unit : "1ns";
  lu_table_template ("delay") { variable_1 : "input_net_transition"; variable_2 : "total_output_net_capacitance";
    index_1 ("0.01, 1.0"); index_2 ("0.001, 0.2"); }
"""
TABLE = '{kind} ("delay") {{{{ index_1 ("0.01, 1.0"); index_2 ("0.001, 0.2"); values ("0.1, 0.5", "0.2, 0.6"); }}}}'
KINDS = ("cell_rise", "cell_fall", "rise_transition", "fall_transition")
ARC = (
    '\n      timing () {{ related_pin : "{pin}"; timing_sense : "non_unate"; ' + " ".join(TABLE.format(kind=kind) for kind in KINDS) + " }}"
)
FLOP = """
  cell ("sky130_fd_sc_hd__{name}") {{
    area : {area};
    ff ("IQ", "IQ_N") {{ clocked_on : "CLK"; next_state : "D"; }}
    pin ("CLK") {{ direction : "input"; clock : "true"; capacitance : 0.0018; }}
    pin ("D") {{ direction : "input"; capacitance : 0.0018; }}
    pin ("Q") {{ direction : "output"; function : "IQ"; }}
  }}
"""
GATE = """
  cell ("sky130_fd_sc_hd__{name}") {{
    area : {area};
    clock_gating_integrated_cell : "latch_posedge";
    pin ("CLK") {{ direction : "input"; clock_gate_clock_pin : "true"; capacitance : 0.0018; }}
    pin ("GATE") {{ direction : "input"; clock_gate_enable_pin : "true"; capacitance : 0.0018; }}
    pin ("GCLK") {{ direction : "output"; clock_gate_out_pin : "true"; state_function : "CLK & GATE"; }}
  }}
"""
RTL = """\
module flight_mesh (input logic [0:0] clk, input logic [0:0] load, input logic [7:0] act, output logic [7:0] sums);
  always_ff @(posedge clk) if (load) sums <= ~act;
endmodule

module flight_core
(
  output logic [7:0] acc_write_data ,
  input  logic [7:0] act_read_data ,
  input  logic [0:0] clk ,
  input logic [0:0] code_val  ,
  output logic [0:0] state
);

  flight_mesh mesh
  (
    .clk( clk ),
    .load( code_val ),
    .act( act_read_data ),
    .sums( acc_write_data )
  );
  assign state = code_val;
endmodule
"""
# As OpenROAD writes it: flat, escaped names, buffers of its own on the clock, one flip-flop per bit.
ROUTED = """\
module flight_core (acc_write_data, act_read_data, clk, code_val, state);
  output [1:0] acc_write_data;
  input [1:0] act_read_data;
  input clk;
  input code_val;
  output state;
  wire clknet_0;
  wire \\clknet_mesh/gclk ;
  wire \\mesh/gclk ;
  wire \\mesh/_01_ ;
  wire \\mesh/sums[1] ;
  sky130_fd_sc_hd__clkbuf_4 clkbuf_0_clk (.A(clk), .X(clknet_0));
  sky130_fd_sc_hd__dlclkp_4 \\mesh/gate (.CLK(clknet_0), .GATE(code_val), .GCLK(\\mesh/gclk ));
  sky130_fd_sc_hd__clkbuf_4 \\clkbuf_0_mesh/gclk (.A(\\mesh/gclk ), .X(\\clknet_mesh/gclk ));
  sky130_fd_sc_hd__inv_1 \\mesh/_02_ (.A(act_read_data[1]), .Y(\\mesh/_01_ ));
  sky130_fd_sc_hd__dfxtp_1 \\mesh/sums[0]$_DFF_P_ (.CLK(\\clknet_mesh/gclk ), .D(act_read_data[0]), .Q(acc_write_data[0]));
  sky130_fd_sc_hd__dfxtp_1 \\mesh/sums[1]$_DFF_P_ (.CLK(\\clknet_mesh/gclk ), .D(\\mesh/_01_ ), .Q(\\mesh/sums[1] ));
  sky130_fd_sc_hd__buf_4 output1 (.A(\\mesh/sums[1] ), .X(acc_write_data[1]));
  sky130_fd_sc_hd__buf_4 output2 (.A(code_val), .X(state));
endmodule
"""
NETS = [
    "acc_write_data[0]",
    "acc_write_data[1]",
    "act_read_data[0]",
    "act_read_data[1]",
    "clk",
    "code_val",
    "state",
    "clknet_0",
    "clknet_mesh\\/gclk",
    "mesh\\/gclk",
    "mesh\\/_01_",
    "mesh\\/sums\\[1\\]",
]
OPENROAD = """\
#!{python}
import json, sys
from pathlib import Path
if sys.argv[1:] == ["-version"]:
    print("26Q2-1000-gabcdef")
    sys.exit()
work, files = Path.cwd(), Path({files!r})
step, out = work.parent.name, work / "outputs"
for end in ("sdc", "vg", "lec.vg", "def.gz", "odb.gz"):
    (out / f"flight_core.{{end}}").write_text(step)
if step == "write.views":
    for end in ("lef", "lvs.vg", *(f"{{corner}}.{{kind}}" for corner in ("slow", "typical", "fast") for kind in ("lib", "sdf"))):
        (out / f"flight_core.{{end}}").write_text(step)
    for end in ("lec.vg", "typical.spef"):
        (out / f"flight_core.{{end}}").write_text((files / f"flight_core.{{end}}").read_text())
(work / "reports" / "metrics.json").write_text((files / "metrics.json").read_text())
"""
KLAYOUT = """\
#!{python}
import gzip, sys
from pathlib import Path
if "-v" in sys.argv:
    print("KLayout 0.28.5")
    sys.exit()
for end in ("lyt", "lyp", "png"):
    Path(f"outputs/flight_core.{{end}}").write_text(end)
Path("outputs/flight_core.gds.gz").write_bytes(gzip.compress(b"gds"))
"""
METRICS = {
    "run__flow__platform__time_units": "1ns",
    "sc__metric__timing__clocks": 1,
    "sc__metric__timing__setup__ws": 1.5,
    "sc__metric__timing__hold__ws": 0.25,
    "sc__metric__design__instance__area__stdcell": 150.0,
    "sc__metric__design__die__area": 400.0,
    "sc__metric__design__instance__utilization": 0.5,
    "sc__metric__design__instance__count": 9,
    "sc__step__route__wirelength": 321.0,
    "sc__step__route__drc_errors": 0,
}


def spef() -> str:
    """Wires of ``ROUTED``: net number n has n fF, in pF as OpenRCX writes them."""
    names = "\n".join(f"*{number} {name}" for number, name in enumerate(NETS, 1))
    nets = "\n".join(
        f"*D_NET *{number} {number / 1000}\n*CONN\n*CAP\n1 *{number}:1 {number / 1000}\n*END\n" for number in range(1, len(NETS) + 1)
    )
    return f'*SPEF "IEEE 1481-1998"\n*C_UNIT 1 PF\n*R_UNIT 1 OHM\n\n*NAME_MAP\n{names}\n\n*PORTS\n*5 I\n\n{nets}'


def liberty() -> str:
    """A library of the cells above."""
    cells = []
    for name, (area, inputs, outputs) in LOGIC.items():
        pins = [f'pin ("{pin}") {{ direction : "input"; capacitance : 0.0018; }}' for pin in inputs.split()]
        for pin, function in outputs.items():
            arcs = "".join(ARC.format(pin=source) for source in inputs.split())
            pins.append(f'pin ("{pin}") {{ direction : "output"; function : "{function}"; max_capacitance : 0.2;{arcs} }}')
        cells.append(f'\n  cell ("{CELL}{name}") {{\n    area : {area};\n    ' + "\n    ".join(pins) + "\n  }\n")
    cells += [FLOP.format(name="dfxtp_1", area=20.0), FLOP.format(name="edfxtp_1", area=9.0)]
    cells += [GATE.format(name="dlclkp_4", area=20.0), GATE.format(name="dlclkp_1", area=15.0)]
    return f'library ("small") {{\n{HEAD}{"".join(cells)}}}\n'


def make_lambdapdk(root: Path) -> Path:
    """The files SiliconCompiler's sky130 target names, as far as a run up to OpenROAD opens or looks for them."""
    base, library = root / "lambdapdk/sky130/base", root / "lambdapdk/sky130/libs/sky130hd"
    for corner in ("ss_n40C_1v40", "tt_025C_1v80", "ff_100C_1v95"):
        path = library / "nldm" / f"{CELL}{corner}.lib.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(liberty().encode()))
    names = [library / "lef/sky130_fd_sc_hd_merged.lef", library / "gds/sky130_fd_sc_hd.gds", library / "cdl/sky130_fd_sc_hd.cdl"]
    names += [base / "apr/sky130_fd_sc.tlef", base / "dfm/fill.json", base / "setup/magic/sky130A.tech"]
    names += [base / "setup/klayout" / name for name in ("skywater130.lyt", "sky130A.lyp")]
    names += [base / "pex/openroad" / f"{corner}.rules" for corner in ("minimum", "typical", "maximum")]
    for path in names:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    return root


def make_program(folder: Path, name: str, text: str) -> None:
    """An executable file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def make_tools(folder: Path, files: Path) -> None:
    """``openroad`` and ``klayout`` that leave the files above; what ``write.views`` leaves comes from ``files``."""
    make_program(folder, "openroad", OPENROAD.format(python=sys.executable, files=str(files)))
    make_program(folder, "klayout", KLAYOUT.format(python=sys.executable))
