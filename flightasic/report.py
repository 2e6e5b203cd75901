"""Tables from result records, and from nothing else. A row or column never mixes stages, technologies or settings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flightasic.config import ArrayConfig
from flightasic.errors import FormatError
from flightasic.results import Record

EMPTY = "-"
BEGIN, END = "<!-- report:begin -->", "<!-- report:end -->"


@dataclass(frozen=True)
class ReportTable:
    """A table ready to render: ``notes`` say why cells are empty."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]

    def markdown(self) -> str:
        """As a Markdown section."""
        lines = [f"## {self.title}", ""]
        lines += [f"| {' | '.join(self.headings)} |", f"|{'|'.join('---' for _ in self.headings)}|"]
        lines += [f"| {' | '.join(row)} |" for row in self.rows]
        lines += ["", *(f"- {note}" for note in self.notes)]
        return "\n".join(lines).rstrip() + "\n"


def build_report(records: Sequence[Record]) -> list[ReportTable]:
    """The tables of arrays (asic, fpga) and networks (train, rtl); the newest record of each kind and setting counts."""
    return [array_table(records), network_table(records)]


def demo_summary(records: Sequence[Record]) -> dict[str, Any]:
    """The demo's figures in one dictionary: FLightNN on the shift array beside float and LightNN-2 accuracy; the newest records count.

    Raises
    ------
    FormatError
        If a record is missing; the message names the step that writes it.
    """
    flight = _newest(records, "rtl", "flight", "flightasic simulate build/nets/flight.flnet")
    asic = _newest(records, "asic", _array_name(flight), "sc flows/asic_sky130.py")
    fpga = _newest(records, "fpga", _plain_name(flight), "sc flows/fpga_ecp5.py")
    trained = {name: _newest(records, "train", name, f"flightasic train --scheme {name}") for name in ("float", "lightnn2", "flight")}
    return {
        "accuracy_float": trained["float"].data["accuracy"],
        "accuracy_lightnn2": trained["lightnn2"].data["accuracy"],
        "accuracy_flightnn": trained["flight"].data["accuracy"],
        "mean_k": trained["flight"].data["mean_k"],
        "images_checked": flight.data["images"],
        "mismatches": flight.data["mismatches"],
        "cycles_per_image": flight.data["cycles_per_image"],
        "predicted_cycles_per_image": flight.data["predicted_cycles_per_image"],
        "utilization": flight.data["utilization"],
        "asic": {
            "area_um2": asic.data["area_um2"],
            "slack_ns": asic.data["setup_slack_ns"],
            "clock_ns": asic.data["clock_ns"],
            "pdk": asic.data["pdk"],
            "pdk_source": asic.data["pdk_source"],
            "corner": asic.data["corner"],
            "stage": asic.stage,
        },
        "fpga": {key: fpga.data[key] for key in ("part", "lut", "ff", "bram", "fmax_mhz")},
        "config": flight.config,
        "git": flight.git,
        "versions": {tool: text for record in (*trained.values(), flight, asic, fpga) for tool, text in record.versions.items()},
    }


def demo_table(summary: dict[str, Any]) -> ReportTable:
    """The demo's figures as one table."""
    asic, fpga = summary["asic"], summary["fpga"]
    rows = (
        ("accuracy, float", f"{summary['accuracy_float']:.2%}"),
        ("accuracy, LightNN-2", f"{summary['accuracy_lightnn2']:.2%}"),
        ("accuracy, FLightNN", f"{summary['accuracy_flightnn']:.2%}"),
        ("mean k, FLightNN", f"{summary['mean_k']:.2f}"),
        ("images checked on the RTL, mismatches", f"{summary['images_checked']}, {summary['mismatches']}"),
        ("cycles per image, predicted", f"{summary['cycles_per_image']:,}, {summary['predicted_cycles_per_image']:,}"),
        ("utilisation", f"{summary['utilization']:.1%}"),
        (f"core area, um2 ({asic['pdk']} {asic['corner']}, {asic['stage']}, memories outside)", f"{asic['area_um2']:,.0f}"),
        (f"worst slack, ns, at {asic['clock_ns']:g} ns", f"{asic['slack_ns']:+.2f}"),
        (f"LUT4, flip-flops, block RAMs ({fpga['part']})", f"{fpga['lut']:,}, {fpga['ff']:,}, {fpga['bram']:,}"),
        ("Fmax, MHz", f"{fpga['fmax_mhz']:.1f}"),
    )
    return ReportTable("FLightNN from training to silicon", ("figure", "value"), rows, ())


def _newest(records: Sequence[Record], kind: str, name: str, command: str) -> Record:
    """The newest record of a network (train, rtl) or an array (asic, fpga: without limits on multiplier blocks)."""
    for record in reversed(records):
        found = record.workload or (_plain_name(record) if kind == "fpga" else record.name)
        if record.kind == kind and found == name and record.data.get("dsp_allowed", True):
            return record
    raise FormatError(f"no {kind} record of {name!r}; run {command}")


def insert_report(document: str, tables: Sequence[ReportTable], name: str, marks: tuple[str, str] = (BEGIN, END)) -> str:
    """``document`` with the tables between its two ``marks``, in place of what stood there.

    Raises
    ------
    FormatError
        If the document, called ``name``, lacks the marks.
    """
    first, last = marks
    head, begin, rest = document.partition(first)
    _, end, tail = rest.partition(last)
    if not begin or not end:
        raise FormatError(f"{name}: no place for the report; put {first} and {last} on lines of their own")
    body = "\n".join(table.markdown().replace("## ", "### ", 1) for table in tables)
    return f"{head}{first}\n\n{body}\n{last}{tail}"


_ASIC_FIGURES: dict[str, Callable[[dict[str, Any]], str]] = {
    "area, um2": lambda data: f"{data['area_um2']:,.0f}",
    "cells": lambda data: f"{data['cells']:,}",
    "flip-flops": lambda data: f"{data['flops']:,}",
    "setup slack, ns": lambda data: f"{data['setup_slack_ns']:+.2f}",
    "frequency reached, MHz": lambda data: f"{data['fmax_mhz']:.1f}",
}
_FPGA_FIGURES: dict[str, Callable[[dict[str, Any]], str]] = {
    "LUTs": lambda data: f"{data['lut']:,}",
    "flip-flops": lambda data: f"{data['ff']:,}",
    "block RAMs": lambda data: f"{data['bram']:,}",
    "multipliers": lambda data: f"{data['dsp']:,}",
    "Fmax, MHz": lambda data: EMPTY if data["fmax_mhz"] is None else f"{data['fmax_mhz']:.1f}",
}


def array_table(records: Sequence[Record]) -> ReportTable:
    """Figures down, arrays across; one block of rows for each technology, setting and stage."""
    newest = {(_target(record), _plain_name(record)): record for record in records if record.kind in ("asic", "fpga")}
    targets = sorted({target for target, _ in newest})
    arrays = sorted({name for _, name in newest})
    rows, notes = [], []
    for target in targets:
        found = {name: newest.get((target, name)) for name in arrays}
        first = next(record for record in found.values() if record)
        kind = first.kind
        for line, (figure, text) in enumerate((_ASIC_FIGURES if kind == "asic" else _FPGA_FIGURES).items()):
            rows.append(("" if line else target, figure, *(text(record.data) if record else EMPTY for record in found.values())))
        missing = [name for name, record in found.items() if record is None]
        if missing:
            script = "flows/asic_sky130.py" if kind == "asic" else f"flows/fpga_{first.data.get('family', 'ecp5')}.py"
            notes.append(f"{EMPTY} in '{target}': not measured for {', '.join(missing)}; run sc {script} with these settings")
    if not rows:
        notes.append("no array was measured yet; run sc flows/asic_sky130.py and sc flows/fpga_ecp5.py")
    return ReportTable("Arrays", ("target", "figure", *arrays), tuple(rows), tuple(notes))


def _target(record: Record) -> str:
    data = record.data
    if record.kind == "asic":
        gating = "" if data["clock_gating"] else ", no clock gating"
        return f"{data['pdk']} {data['corner']}, {data['clock_ns']:g} ns, {data['adder_style']} adders{gating}, {record.stage}"
    part = data["part"] if data["speed"] is None else f"{data['part']}-{data['speed']}"
    registers = "" if _plain_name(record) == record.name else ", with registers"
    return f"{part}{'' if data.get('dsp_allowed', True) else ', no multiplier blocks'}{registers}, {record.stage}"


_TRAIN_FIGURES: dict[str, Callable[[dict[str, Any]], str]] = {
    "scheme": lambda data: str(data["scheme"]),
    "test accuracy": lambda data: f"{data['accuracy']:.2%}",
    "test images": lambda data: f"{data['images']:,}",
    "mean k": lambda data: EMPTY if data["mean_k"] is None else f"{data['mean_k']:.2f}",
}
_RTL_FIGURES: dict[str, Callable[[dict[str, Any]], str]] = {
    "images on RTL": lambda data: f"{data['images']:,}",
    "mismatches": lambda data: f"{data['mismatches']:,}",
    "accuracy on RTL": lambda data: f"{data['accuracy']:.2%}",
    "cycles per image": lambda data: f"{data['cycles_per_image']:,}",
    "predicted cycles per image": lambda data: f"{data['predicted_cycles_per_image']:,}",
    "utilisation": lambda data: f"{data['utilization']:.1%}",
}


def network_table(records: Sequence[Record]) -> ReportTable:
    """Figures down, networks (each on each array it ran on) across: what training says, and what the simulated RTL did."""
    trained = {record.name: record.data for record in records if record.kind == "train"}
    ran = {(record.workload or record.name, _array_name(record)): record.data for record in records if record.kind == "rtl"}
    floats = sorted(name for name, data in trained.items() if data["scheme"] == "float")
    unrun = sorted(name for name in trained if name not in floats and all(name != network for network, _ in ran))
    columns = sorted({*ran, *((name, EMPTY) for name in (*unrun, *floats))})
    rows = [("array", *(array for _, array in columns))]
    for figure, text in _TRAIN_FIGURES.items():
        rows.append((figure, *(text(trained[name]) if name in trained else EMPTY for name, _ in columns)))
    for figure, text in _RTL_FIGURES.items():
        rows.append((figure, *(text(ran[column]) if column in ran else EMPTY for column in columns)))
    notes = []
    untrained = sorted({name for name, _ in columns if name not in trained})
    if untrained:
        notes.append(f"{EMPTY}: no training record of {', '.join(untrained)}; run flightasic train")
    if unrun:
        notes.append(f"{EMPTY}: {', '.join(unrun)} did not run on the RTL; run flightasic simulate")
    if floats:
        notes.append(f"{EMPTY}: {', '.join(floats)} has float weights, which the array does not run")
    if not columns:
        return ReportTable("Networks", ("figure",), (), ("no network was measured yet; run flightasic train and flightasic simulate",))
    if any(data["mean_k"] is None for data in trained.values()):
        notes.append(f"{EMPTY} as mean k: the scheme has no terms to count")
    return ReportTable("Networks", ("figure", *(name for name, _ in columns)), tuple(rows), tuple(notes))


def _plain_name(record: Record) -> str:
    """The array's name without its registers by option, which technologies differ in."""
    return ArrayConfig.from_dict(record.config).plain_name if record.config else record.name


def _array_name(record: Record) -> str:
    return ArrayConfig.from_dict(record.config).name if record.config else "unknown array"
