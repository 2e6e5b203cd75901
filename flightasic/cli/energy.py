"""Tables of a synthesised design and of measured energies, as the flow script prints them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from flightasic.eda.energy import PARTS

if TYPE_CHECKING:
    from flightasic.eda.designs import Design
    from flightasic.eda.measure_energy import EnergyResult
    from flightasic.eda.routed import LayoutResult


def show_design(design: Design, console: Console) -> None:
    """Area by unit, slack at every corner."""
    result, name = design.result, design.config.name
    table = Table(title=f"{name} on {design.technology.name}, {result.corner}, synthesis with clock tree, memories outside")
    for heading in ("unit", "instances", "area um2", "share", "cells", "flip-flops"):
        table.add_column(heading, justify="left" if heading == "unit" else "right")
    for unit in sorted(result.units, key=lambda unit: -unit.area_um2):
        share = f"{unit.area_um2 / result.area_um2:.1%}"
        table.add_row(unit.name, str(unit.instances), f"{unit.area_um2:,.0f}", share, f"{unit.cells:,}", f"{unit.flops:,}")
    table.add_section()
    table.add_row("total", "", f"{result.area_um2:,.0f}", "100.0%", f"{result.cells:,}", f"{result.flops:,}", style="bold")
    console.print(table)
    for corner in result.corners:
        console.print(
            f"{corner['corner']}: setup slack {corner['setup_slack_ns']:+.2f} ns at {design.clock_ns:g} ns, hold slack "
            f"{corner['hold_slack_ns']:+.3f} ns, reaches {corner['fmax_mhz']:.1f} MHz",
            highlight=False,
        )
    gating = "on" if result.clock_gating else "off"
    console.print(
        f"critical path {result.path_start} to {result.path_end}; adders: {result.adder_style}; clock gating: {gating}",
        highlight=False,
    )


def show_energy(found: Sequence[EnergyResult], console: Console) -> None:
    """Energy by layer and part, then what it means per MAC and per watt; one table for each result."""
    for result in found:
        data = result.data
        table = Table(
            title=f"{data['network']} on {data['array']}, {data['stage']}, {data['corner']}, {data['clock_ns']:g} ns: nJ per image"
        )
        for heading in ("step", "cycles", *PARTS, "total"):
            table.add_column(heading, justify="left" if heading == "step" else "right")
        for layer in data["layers"]:
            energy = layer["energy_nj"]
            table.add_row(layer["name"], f"{layer['cycles']:,}", *(f"{energy[part]:,.2f}" for part in (*PARTS, "total")))
        table.add_section()
        total = data["energy_per_inference_nj"]
        table.add_row("all", f"{data['cycles']:,}", *(f"{total[part]:,.2f}" for part in (*PARTS, "total")), style="bold")
        power = data["power_mw"]
        table.add_row("mW", "", *(f"{power[part]:,.3f}" for part in (*PARTS, "total")))
        console.print(table)
        per_mac = data["energy_per_mac_pj"]
        memory = "memories included" if data["memory_macro"] else "memories not charged: the technology has no macro"
        console.print(
            f"per useful MAC: array {per_mac['array']:.2f} pJ, core {per_mac['core']:.2f} pJ, all {per_mac['total']:.2f} pJ ({memory}); "
            f"{data['gops_per_w']:,.0f} GOPS/W, {data['gops_per_mm2']:.2f} GOPS/mm2, utilisation {data['utilization']:.1%}",
            highlight=False,
        )
        checks = data["checks"]
        console.print(
            f"outputs {checks['outputs']}, cycles {checks['cycles']}, {data['annotated_fraction']:.1%} of the nets annotated, power "
            f"{data['estimator']}; record: {result.record}",
            highlight=False,
        )


def show_layout(design: Design, energy: EnergyResult, routed: LayoutResult, console: Console) -> None:
    """What placement, wires and the real clock tree change: synthesised and routed figures side by side, and where the layout lies."""
    layout = routed.layout.routed
    table = Table(title=f"{design.config.name} on {design.technology.name}, {design.result.corner}, {design.clock_ns:g} ns")
    for heading in ("", energy.data["stage"], routed.energy.data["stage"], "change"):
        table.add_column(heading, justify="right" if heading else "left")
    for name, values, decimals in _layout_rows(design, energy, routed):
        before, after = values
        change = f"{after / before - 1:+.1%}" if before and not name.endswith("slack, ns") else f"{after - before:+,.{decimals}f}"
        table.add_row(name, f"{before:,.{decimals}f}", f"{after:,.{decimals}f}", change)
    console.print(table)
    console.print(
        f"block {layout.die_um2:,.0f} um2, {layout.utilization:.1f}% filled, {layout.wirelength_um:,.0f} um of wires, design-rule errors: "
        f"{layout.drc_errors}; record: {routed.record}",
        highlight=False,
    )
    console.print(f"GDS: {layout.gds}", highlight=False, soft_wrap=True)
    console.print(f"picture: {layout.picture or 'none, KLayout drew none'}", highlight=False, soft_wrap=True)


def _layout_rows(design: Design, energy: EnergyResult, routed: LayoutResult) -> Iterator[tuple[str, tuple[float, float], int]]:
    """Name, synthesised and routed value, decimals."""
    results = design.result, routed.layout.design.result
    yield "cell area, um2", (results[0].area_um2, results[1].area_um2), 0
    yield "cells", (results[0].cells, results[1].cells), 0
    yield "setup slack, ns", (results[0].setup_slack_ns, results[1].setup_slack_ns), 2
    holds = [min(corner["hold_slack_ns"] for corner in result.corners) for result in results]
    yield "worst hold slack, ns", (holds[0], holds[1]), 3
    yield "clock insertion, ns", (results[0].clock_insertion_ns, results[1].clock_insertion_ns), 2
    found = energy.data, routed.energy.data
    for part in (*PARTS, "core", "total"):
        yield f"{part}, nJ per image", (found[0]["energy_per_inference_nj"][part], found[1]["energy_per_inference_nj"][part]), 2
    yield "core, pJ per useful MAC", (found[0]["energy_per_mac_pj"]["core"], found[1]["energy_per_mac_pj"]["core"]), 3
