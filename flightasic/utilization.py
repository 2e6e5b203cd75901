"""How busy a network keeps an array, layer by layer: the compiler's exact cycles as a record and as tables."""

from __future__ import annotations

from typing import Any

import numpy as np

from flightasic.compiler import LayerReport, Program
from flightasic.config import MAX_PLANES, ArrayConfig
from flightasic.ir import IntegerNetwork

FULL_SIZE = 0.95
COLUMNS = ("layer", "kind", "MACs", "cycles", "utilisation", "fill", "busy", "waiting", "transfer", "bound by")


def utilization_report(network: IntegerNetwork, program: Program) -> dict[str, Any]:
    """Everything ``flightasic utilization`` says about a compiled network, as JSON values.

    Returns
    -------
    dict
        ``layers``: one record per layer with name, kind, macs, products (code products: k per weight and output pixel), cycles,
        utilization (share of the array's product slots that did code products, 0..1), fill (the same without any waiting,
        transfer or overhead: what rounding kernel and filters up to the array leaves), busy (share of the cycles in which
        the array computed), waiting, transfer (cycles), bound_by, steps, and full_size (a convolution whose fill is at
        least 0.95). The addition of a residual, whose cycles the activation port takes, is a record of its own after its
        convolution, of kind "add".
        ``totals``: the same sums, image_load and result_store cycles apart, cycles with them, ideal_cycles (products over
        products per cycle), and ratio_to_ideal (cycles over ideal_cycles).
        ``worst_full_size``: name and utilization of the full-size convolution that is used least, or None.
        ``network``, ``array``, ``program``, ``k``: what was compiled, for which array, how large it is, how many filters have
        k = 0, 1, 2, 3 and the mean k per multiply-accumulate.
    """
    config = program.config
    layers: list[dict[str, Any]] = []
    for layer in program.layers:
        layers.append(_record(layer, config))
        if layer.residual:
            layers.append(_add_record(layer))
    full_size = [record for record in layers if record["full_size"]]
    worst = min(full_size, key=lambda record: record["utilization"], default=None)
    filters = np.concatenate([layer.k for layer in network.layers if layer.kind != "pool"] or [np.zeros(0, dtype=np.uint8)])
    return {
        "network": {"name": network.name, "arith": network.arith, "in_shape": list(network.in_shape), "info": network.info},
        "array": {"name": config.name, "products_per_cycle": config.products_per_cycle, **config.to_dict()},
        "program": {"words": len(program.words), "code_words": len(program.codes), "streamed": program.streamed},
        "k": {"mean": network.mean_k(), "filters": np.bincount(filters, minlength=MAX_PLANES + 1).tolist()},
        "layers": layers,
        "totals": _totals(program),
        "worst_full_size": worst and {"name": worst["name"], "utilization": worst["utilization"]},
    }


def _record(layer: LayerReport, config: ArrayConfig) -> dict[str, Any]:
    fill, cycles = layer.fill(config), layer.cycles - layer.residual
    return {
        "name": layer.name,
        "kind": layer.kind,
        "macs": layer.macs,
        "products": layer.products,
        "cycles": cycles,
        "utilization": layer.products / (cycles * config.products_per_cycle),
        "fill": fill,
        "busy": layer.slots / cycles,
        "waiting": layer.waiting,
        "transfer": layer.transfer,
        "bound_by": layer.bound_by,
        "steps": layer.steps,
        "full_size": layer.kind == "conv" and fill >= FULL_SIZE,
    }


def _add_record(layer: LayerReport) -> dict[str, Any]:
    """The passes of a layer over its residual: the banks deliver it, the array only passes it on."""
    counts = {"macs": 0, "products": 0, "cycles": layer.residual, "utilization": 0.0, "fill": 0.0, "busy": 1.0, "waiting": 0, "transfer": 0}
    return {"name": f"{layer.name}.add", "kind": "add", **counts, "bound_by": "activation port", "steps": 0, "full_size": False}


def _totals(program: Program) -> dict[str, Any]:
    products = sum(layer.products for layer in program.layers)
    ideal = products / program.config.products_per_cycle
    return {
        "macs": sum(layer.macs for layer in program.layers),
        "products": products,
        "layer_cycles": sum(layer.cycles for layer in program.layers),
        "image_load": sum(step.cycles for step in program.steps if step.layer < 0),
        "result_store": sum(step.cycles for step in program.steps if step.layer == len(program.layers)),
        "cycles": program.cycles,
        "utilization": ideal / program.cycles,
        "ideal_cycles": ideal,
        "ratio_to_ideal": program.cycles / ideal if ideal else None,
    }


def layer_rows(report: dict[str, Any]) -> list[tuple[str, ...]]:
    """Rows of the table under :data:`COLUMNS`; full-size convolutions carry a star."""
    return [
        (
            layer["name"] + (" *" if layer["full_size"] else ""),
            layer["kind"],
            f"{layer['macs']:,}",
            f"{layer['cycles']:,}",
            f"{layer['utilization']:.2%}",
            f"{layer['fill']:.2%}",
            f"{layer['busy']:.2%}",
            f"{layer['waiting']:,}",
            f"{layer['transfer']:,}",
            layer["bound_by"],
        )
        for layer in report["layers"]
    ]


def summary(report: dict[str, Any]) -> list[str]:
    """What the table adds up to, one sentence a line."""
    totals, array, program, worst = report["totals"], report["array"], report["program"], report["worst_full_size"]
    filters = ", ".join(f"{count:,} with k = {k}" for k, count in enumerate(report["k"]["filters"]) if count)
    where = "streamed from the host" if program["streamed"] else f"held in {array['code_depth']:,} words"
    ratio = "" if totals["ratio_to_ideal"] is None else f", {totals['ratio_to_ideal']:.2f} times the ideal {totals['ideal_cycles']:,.0f}"
    return [
        f"One image: {totals['cycles']:,} cycles ({totals['image_load']:,} of them load the image, {totals['result_store']:,} store "
        f"the result){ratio}; {totals['macs']:,} MACs, {totals['products']:,} products, utilisation {totals['utilization']:.2%}.",
        f"Worst full-size convolution: {worst['name']}, {worst['utilization']:.2%}."
        if worst
        else f"No convolution fills this array to {FULL_SIZE:.0%}.",
        f"Mean k {report['k']['mean']:.2f} per MAC; filters: {filters}.",
        f"Array {array['name']}: {array['products_per_cycle']} products per cycle; act_depth={array['act_depth']}, "
        f"acc_depth={array['acc_depth']}, program_depth={array['program_depth']} ({program['words']:,} words), "
        f"codes {where} ({program['code_words']:,} words).",
    ]


LEGEND = (
    "utilisation: share of the array's product slots that did code products",
    "fill: the same without waiting, transfer and overhead: what rounding kernel and filters up to the array leaves",
    "busy: share of the cycles in which the array computed",
    "waiting, transfer: cycles for codes, for tiles that pass through host memory",
    "add: the residual's passes, in the same step as the convolution above it; the banks' ports bound them, so they count by themselves",
    f"*: a full-size convolution, which fills the array to at least {FULL_SIZE:.0%}",
)


def markdown_page(reports: list[dict[str, Any]], command: str) -> str:
    """A page of one table per network, made by ``command``."""
    parts = [
        f"# Utilisation\n\nWritten by `{command}`; do not edit.\n",
        "One image at a time, cycles as the compiler predicts them (the tests hold the RTL to them exactly). Networks: "
        "[networks.md](networks.md).\n",
        *(f"- {line}" for line in LEGEND),
        "",
    ]
    for report in reports:
        parts.append(f"## {report['network']['name']} on {report['array']['name']}\n")
        parts.append(markdown_table(COLUMNS, layer_rows(report)))
        parts += ["", *(f"- {line}" for line in summary(report)), ""]
    return "\n".join(parts)


def markdown_table(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A Markdown table, columns of figures to the right."""
    lines = ["| " + " | ".join(columns) + " |"]
    figures = [all(row[i][:1].isdigit() for row in rows) for i in range(len(columns))]
    lines.append("| " + " | ".join("---:" if right else "---" for right in figures) + " |")
    lines += ["| " + " | ".join(cell.replace("*", "\\*") for cell in row) + " |" for row in rows]
    return "\n".join(lines)
