"""Power from switching activity, by hand on cells whose energies are round numbers, and against OpenSTA on a real library."""

from __future__ import annotations

import numpy as np
import pytest

from flightasic.eda.cells import CellLibrary
from flightasic.eda.power import KINDS, PARTS, PowerReport, estimate, summary
from flightasic.errors import SimulationError
from tests.small_gates import liberty, technologies
from tests.small_power import LIBERTY, activity, netlist
from tests.small_power_mapped import mapped
from verification.opensta_power import compare

LIBRARY = CellLibrary.read(LIBERTY)
INVERTER = netlist({"u_inv": ("INV", {"A": "a", "Y": "y"})}, "a", "y")
REGISTER = {"tree_buf": ("CLKBUF", {"A": "clk", "Y": "c"}), "u_reg": ("FLOP", {"CLK": "c", "D": "d", "Q": "q"})}


def pj(report: PowerReport, unit: str, part: str, kind: str) -> float:
    """Energy in pJ over all windows."""
    return float(report.energy_pj[:, report.units.index(unit), PARTS.index(part), KINDS.index(kind)].sum())


def test_a_net_takes_half_its_capacitance_times_voltage_squared_per_toggle() -> None:
    report = estimate(INVERTER, LIBRARY, activity({"a": 4, "y": 4}), wire_ff=4.0, output_ff=10.0)
    # Four toggles of 14 fF (the port's 10 and 4 of wire) at 2 V.
    assert pj(report, "u", "logic", "switching") == pytest.approx(4 * 0.5 * 0.014 * 2.0**2)
    assert pj(report, "ports", "logic", "switching") == pytest.approx(4 * 0.5 * 0.006 * 2.0**2)


def test_extracted_wires_replace_the_assumed_ones() -> None:
    report = estimate(INVERTER, LIBRARY, activity({"a": 4, "y": 4}), wire_ff=4.0, output_ff=10.0, net_caps={"y": 30.0})
    assert report.net_caps_ff.tolist() == pytest.approx([6.0, 40.0])


def test_a_toggle_of_an_output_takes_the_mean_energy_of_its_edges() -> None:
    report = estimate(INVERTER, LIBRARY, activity({"a": 9, "y": 5}))
    assert pj(report, "u", "logic", "internal") == pytest.approx(5 * 0.2)


@pytest.mark.parametrize(("a", "b", "each"), [(10, 0, 0.2), (0, 10, 0.6), (10, 10, 0.4), (30, 10, 0.3), (0, 0, 0.4)])
def test_inputs_share_an_outputs_transitions_as_they_toggle(a, b, each) -> None:
    gate = netlist({"u_nand": ("NAND", {"A": "a", "B": "b", "Y": "y"})}, "a b", "y")
    report = estimate(gate, LIBRARY, activity({"a": a, "b": b, "y": 7}))
    assert pj(report, "u", "logic", "internal") == pytest.approx(7 * each)


def test_leakage_lasts_as_long_as_the_windows() -> None:
    report = estimate(INVERTER, LIBRARY, activity({"a": [0, 0], "y": [0, 0]}, [100.0, 300.0]))
    # 1 nW for 400 ns are 0.0004 pJ.
    assert report.energy_pj[:, 0, 0, KINDS.index("leakage")].tolist() == pytest.approx([1e-4, 3e-4])
    assert report.total_mw == pytest.approx(1e-6)


def test_clock_pins_and_buffers_are_clock_the_rest_of_a_flip_flop_registers() -> None:
    register = netlist(REGISTER, "clk d", "q", clock="tree_buf")
    report = estimate(register, LIBRARY, activity({"clk": 20, "c": 20, "d": 3, "q": 2}), wire_ff=0.0, output_ff=1.0)
    assert pj(report, "u", "clock", "internal") == pytest.approx(20 * 0.05)
    assert pj(report, "u", "registers", "internal") == pytest.approx(3 * 0.02 + 2 * 0.4)
    assert pj(report, "u", "registers", "switching") == pytest.approx(2 * 0.5 * 0.001 * 4)
    assert pj(report, "u", "registers", "leakage") == pytest.approx(10 * 100 / 1e6)
    assert pj(report, "tree", "clock", "internal") == pytest.approx(20 * 0.8)
    assert pj(report, "tree", "clock", "switching") == pytest.approx(20 * 0.5 * 0.003 * 4)
    assert pj(report, "tree", "clock", "leakage") == pytest.approx(4 * 100 / 1e6)


def test_nets_of_ports_belong_to_the_ports_and_the_clocks_port_to_the_clock() -> None:
    register = netlist(REGISTER, "clk d", "q", clock="tree_buf")
    report = estimate(register, LIBRARY, activity({"clk": 20, "c": 20, "d": 3, "q": 2}), wire_ff=0.0)
    assert pj(report, "ports", "clock", "switching") == pytest.approx(20 * 0.5 * 0.002 * 4)
    assert pj(report, "ports", "logic", "switching") == pytest.approx(3 * 0.5 * 0.002 * 4)
    assert report.energy_pj[:, report.units.index("ports"), :, KINDS.index("internal")].sum() == 0


def test_slews_follow_the_slowest_arc_through_the_netlist() -> None:
    chain = netlist(
        {
            "u_first": ("INV", {"A": "a", "Y": "b"}),
            "u_gate": ("NAND", {"A": "b", "B": "a", "Y": "c"}),
            "u_reg": ("FLOP", {"CLK": "clk", "D": "c", "Q": "q"}),
        },
        "a clk",
        "q",
    )
    report = estimate(chain, LIBRARY, activity(dict.fromkeys(chain.nets, 0)))
    assert dict(zip(chain.nets, report.slews_ns.tolist(), strict=True)) == pytest.approx(
        {"a": 0.1, "b": 0.2, "c": 0.4, "clk": 0.1, "q": 0.3}
    )


def test_windows_and_units_add_up_to_the_summary() -> None:
    register = netlist(REGISTER, "clk d", "q", clock="tree_buf")
    toggles = {"clk": [20, 40], "c": [20, 40], "d": [3, 1], "q": [2, 5]}
    both = estimate(register, LIBRARY, activity(toggles, [100.0, 200.0]))
    for window, ns in enumerate((100.0, 200.0)):
        alone = estimate(register, LIBRARY, activity({net: counts[window] for net, counts in toggles.items()}, [ns]))
        np.testing.assert_allclose(both.energy_pj[window], alone.energy_pj[0])
    found = summary(both)
    assert found["total_mw"] == pytest.approx(both.energy_pj.sum() / 300.0)
    assert sum(found["parts_mw"].values()) == pytest.approx(found["total_mw"])
    assert sum(found["kinds_mw"].values()) == pytest.approx(found["total_mw"])


def test_less_than_99_percent_of_the_nets_with_an_activity_stop_the_estimate() -> None:
    with pytest.raises(SimulationError, match=r"only 50.0% of 2 nets .* 'y' has none"):
        estimate(INVERTER, LIBRARY, activity({"a": 4, "z": 4}))


def test_constant_nets_need_no_activity() -> None:
    gate = netlist({"u_nand": ("NAND", {"A": "a", "B": "const_1", "Y": "y"})}, "a", "y")
    report = estimate(gate, LIBRARY, activity({"a": 4, "y": 4}))
    assert report.annotated_fraction == 1.0
    assert pj(report, "u", "logic", "internal") == pytest.approx(4 * 0.2)


@pytest.mark.parametrize("name", technologies())
def test_estimate_equals_openstas_power_cell_by_cell(name, tmp_path) -> None:
    netlist, activity = mapped(name)
    found = compare(netlist, liberty(name), activity, tmp_path)
    assert found.ratio == pytest.approx(1.0, abs=0.03)
    # Internal, switching and leakage each by themselves, and no cell far off that takes part in the sum.
    np.testing.assert_allclose(found.estimated_mw.sum(axis=0), found.reference_mw.sum(axis=0), rtol=0.03)
    reference, estimated = found.reference_mw.sum(axis=1), found.estimated_mw.sum(axis=1)
    large = reference > reference.mean() / 10
    assert large.sum() > 0.5 * len(reference)
    np.testing.assert_allclose(estimated[large], reference[large], rtol=0.1)
    np.testing.assert_allclose(found.estimated_slews_ns, found.reference_slews_ns, rtol=0.15)
