"""Gate-level simulation: a netlist with real delays does what RTL and golden model do, and anything else stops it with the reason."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from filelock import FileLock

from flightasic.eda import gates
from flightasic.eda.gates import ACCESS_PORTS, GateRun
from flightasic.eda.gates_verilog import core_ports, grouped_netlist, powered_up
from flightasic.eda.netlist import GateNetlist
from flightasic.eda.saif import write_saif
from flightasic.eda.sdf import Sdf
from flightasic.errors import FormatError, SimulationError, ToolError
from tests.small_gates import ARRAY, Design, technologies, workload
from tests.small_saif import read_saif


def made(name: str, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Design:
    """The small array, synthesised once for all workers of the session."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / f"gates-{name}"
    with FileLock(f"{folder}.lock"):
        done = folder / "done"
        if done.exists():
            return Design.found(name, folder)
        design = Design.make(name, folder)
        done.touch()
    return design


@pytest.fixture(scope="session")
def design(tmp_path_factory, worker_id) -> Design:
    return made("osu018", tmp_path_factory, worker_id)


@pytest.fixture(scope="session", params=technologies())
def timed(request, tmp_path_factory, worker_id) -> tuple[Design, GateRun]:
    found = made(request.param, tmp_path_factory, worker_id)
    return found, found.simulate(tmp_path_factory.mktemp("timed"), work=workload())


def test_netlist_equals_golden_model_and_predicted_cycles(timed) -> None:
    _, run = timed
    program = workload().program
    predicted = [step.cycles for step in program.steps]
    np.testing.assert_array_equal(run.activity.cycles, predicted)
    assert (run.images, run.cycles) == (1, program.cycles)
    np.testing.assert_allclose(run.activity.window_ns, 10.0 * run.activity.cycles)


def test_every_net_is_seen_and_known_and_every_cell_has_its_delays(timed) -> None:
    _, run = timed
    assert run.annotated_fraction == 1.0
    assert run.cells_annotated == 1.0
    assert run.unknown_share < 1e-3


def test_delays_make_glitches_that_a_run_without_them_lacks(timed, tmp_path) -> None:
    found, run = timed
    still = found.simulate(tmp_path / "run", delays=False, work=workload())
    assert still.activity.toggles.sum() < 0.95 * run.activity.toggles.sum()
    clock = run.activity.names.index("clk")
    np.testing.assert_array_equal(run.activity.toggles[:, clock], 2 * run.activity.cycles)
    flops = [i for i, name in enumerate(run.activity.names) if name.startswith("step_index[")]
    np.testing.assert_array_equal(still.activity.toggles[:, flops], run.activity.toggles[:, flops])


def test_accesses_of_the_memories_are_counted_by_port(timed) -> None:
    _, run = timed
    program = workload().program
    widths = {port: counts.shape for port, counts in run.accesses.items()}
    steps = len(program.steps)
    assert widths == dict.fromkeys(ACCESS_PORTS[:5], (steps, 1)) | {
        "act_read_en": (steps, ARRAY.banks),
        "bank_write_en": (steps, ARRAY.banks),
    }
    assert run.accesses["bank_write_en"][0].sum() == program.image_layout.words
    assert run.accesses["code_read_en"].sum() == sum(count for _, count in program.code_order)
    assert run.accesses["act_read_en"][0].sum() == 0


def test_activity_goes_into_one_saif_file(timed, tmp_path) -> None:
    _, run = timed
    write_saif(tmp_path / "run.saif", run.activity, "flight_core")
    back = read_saif(tmp_path / "run.saif")
    assert set(back.names) == set(run.activity.names)
    columns, share = back.aligned(run.activity.names)
    assert share == 1.0
    np.testing.assert_array_equal(back.toggles[0, columns], run.activity.toggles.sum(axis=0))


def test_cell_of_another_function_fails_with_the_first_wrong_result(design, tmp_path) -> None:
    found = design.netlist()
    wrong = next(cell for cell in found.cells if cell.type == "XOR2X1" and cell.unit == "post")
    text = design.verilog.read_text().replace(f"XOR2X1 {wrong.name} ", f"XNOR2X1 {wrong.name} ")
    broken = tmp_path / "broken.vg"
    broken.write_text(text)
    swapped = replace(wrong, type="XNOR2X1")
    netlist = replace(found, cells=tuple(swapped if cell is wrong else cell for cell in found.cells))
    with pytest.raises(SimulationError, match=r"image 0: \d+ of \d+ results differ from the golden model, the first at"):
        design.simulate(tmp_path / "run", delays=False, verilog=broken, netlist=netlist)


def test_clock_that_comes_too_late_for_its_flip_flops_fails(design, tmp_path) -> None:
    netlist, sdf = design.netlist(), Sdf.read(design.sdf)
    late = _widest_leaf(netlist)
    slow = {arc: (rise + 6.0, fall + 6.0) for arc, (rise, fall) in sdf.arcs[late].items()}
    replace(sdf, arcs={**sdf.arcs, late: slow}).write(tmp_path / "late.sdf", {name: name for name in sdf.types})
    with pytest.raises(SimulationError, match="gate-level simulation failed: "):
        design.simulate(tmp_path / "run", sdf=tmp_path / "late.sdf")


def test_wrong_expectation_of_cycles_fails(design, tmp_path) -> None:
    work = workload()
    steps = (replace(work.program.steps[0], cycles=work.program.steps[0].cycles + 1), *work.program.steps[1:])
    with pytest.raises(SimulationError, match=r"image 0: steps end after \[.*\] cycles, predicted \["):
        design.simulate(tmp_path / "run", delays=False, work=replace(work, program=replace(work.program, steps=steps)))


def test_cell_without_a_delay_fails(design, tmp_path) -> None:
    sdf = Sdf.read(design.sdf)
    lost = next(name for name, kind in sdf.types.items() if kind == "XOR2X1")
    sdf.write(tmp_path / "short.sdf", {name: name for name in sdf.types if name != lost})
    with pytest.raises(SimulationError, match=f"1 of .* cells lack a delay, the first is '{lost}'"):
        design.simulate(tmp_path / "run", sdf=tmp_path / "short.sdf")


def test_nets_that_the_simulation_does_not_show_fail(design, tmp_path) -> None:
    netlist = design.netlist()
    more = replace(netlist, nets=(*netlist.nets, *(f"unseen_{i}" for i in range(len(netlist.nets) // 50))))
    with pytest.raises(SimulationError, match=r"only 98\.\d% of \d+ nets were seen .* at least 99% are needed; 'unseen_0' was not"):
        design.simulate(tmp_path / "run", delays=False, netlist=more)


def test_netlist_that_is_not_the_one_described_fails(design, tmp_path) -> None:
    netlist = design.netlist()
    with pytest.raises(SimulationError, match=r"has \d+ cells, its JSON file \d+"):
        design.simulate(tmp_path / "run", delays=False, netlist=replace(netlist, cells=netlist.cells[1:]))


def test_package_without_its_benches_says_what_is_missing(design, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(gates, "REPOSITORY", tmp_path)
    with pytest.raises(ToolError, match="run gate-level simulation from a clone"):
        design.simulate(tmp_path / "run")


def test_hierarchical_netlist_is_refused() -> None:
    with pytest.raises(FormatError, match="expected one flat module"):
        core_ports("module flight_core(clk);\ninput clk;\nendmodule\nmodule other;\nendmodule\n")


def test_cells_move_into_groups_and_keep_their_nets() -> None:
    text = "module flight_core(a, y);\n  input [1:0] a;\n  output y;\n  INVX1 \\odd[0] (.A(a[1]), .Y(n1));\n"
    text += "  INVX1 u1 (\n    .A(n1),\n    .Y(\\esc[2] )\n  );\nendmodule\n"
    grouped, places = grouped_netlist(text, {"INVX1"})
    assert places == {"odd[0]": "flight_group_0/c0", "u1": "flight_group_1/c0"}
    assert "module flight_core_netlist(a, y);" in grouped
    assert ".A(netlist.a[1])" in grouped
    assert ".Y(netlist.\\esc[2] )" in grouped


def test_memories_start_with_random_words_of_their_whole_width() -> None:
    body = "  logic [71:0] words [0:15];\n"
    assert powered_up(body).count("$urandom") == 2 * 3


def _widest_leaf(netlist: GateNetlist) -> str:
    """The clock buffer with the most flip-flops behind it."""
    clocked = [cell.pins["CLK"] for cell in netlist.cells if "CLK" in cell.pins and not cell.clock]
    behind = {net: clocked.count(net) for net in set(clocked)}
    return max((cell for cell in netlist.cells if cell.clock), key=lambda cell: max(behind.get(net, 0) for net in cell.pins.values())).name
