"""Tables of a synthesised design and of measured energies, as the flow script prints them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from flightasic.eda.energy import PARTS

if TYPE_CHECKING:
    from flightasic.eda.designs import Design
    from flightasic.eda.measure_energy import EnergyResult


def show_design(design: Design, record: Path, console: Console) -> None:
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
        f"critical path {result.path_start} to {result.path_end}; adders: {result.adder_style}; clock gating: {gating}; record: {record}",
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
