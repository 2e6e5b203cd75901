"""The little of the Liberty format the flows need: cell areas, what is a flip-flop, and pin loads."""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from flightasic.errors import FormatError

_CELL = re.compile(r'^\s*cell\s*\(\s*"?(\w+)"?\s*\)', re.MULTILINE)
_AREA = re.compile(r"^\s*area\s*:\s*([\d.eE+-]+)\s*;", re.MULTILINE)
_FLOP = re.compile(r"^\s*ff(_bank)?\s*\(", re.MULTILINE)
_CLOCKED_ON = re.compile(r'^\s*clocked_on\s*:\s*"[!(\s]*(\w+)', re.MULTILINE)
_LATCH = re.compile(r"^\s*latch(_bank)?\s*\(", re.MULTILINE)
_CLOCK_GATE = re.compile(r"^\s*clock_gating_integrated_cell\s*:", re.MULTILINE)
_LOAD_UNIT = re.compile(r'capacitive_load_unit\s*\(\s*([\d.]+)\s*,\s*"?(ff|pf)"?\s*\)', re.IGNORECASE)
_PIN = re.compile(r'^\s*pin\s*\(\s*"?(\w+)"?\s*\)', re.MULTILINE)
_LOAD = re.compile(r"^\s*capacitance\s*:\s*([\d.eE+-]+)", re.MULTILINE)
_MAX_LOAD = re.compile(r"^\s*max_capacitance\s*:\s*([\d.eE+-]+)", re.MULTILINE)
_STRENGTH = re.compile(r"^(.*(?:_|X))(\d+)$")
_PIN_LOAD = re.compile(r"^(\s*(?:rise_|fall_)?capacitance\s*:\s*)([\d.eE+-]+)(\s*;)", re.MULTILINE)


@dataclass(frozen=True)
class LibertyCell:
    """A cell's area in um2, its kind ("flop", "latch", "clock_gate" or "logic"), the clock pin of a flip-flop, and by pin what loads
    an input brings (``load_ff``) and an output may have (``max_load_ff``), in femtofarads.
    """

    area_um2: float
    kind: str
    clock: str = ""
    load_ff: Mapping[str, float] = field(default_factory=dict)
    max_load_ff: Mapping[str, float] = field(default_factory=dict)


def read_text(path: Path) -> str:
    """A Liberty file's text, unpacked when it ends in ``.gz``."""
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).decode()


def parse_cells(text: str) -> dict[str, LibertyCell]:
    """Every cell of a library.

    Raises
    ------
    FormatError
        If ``text`` has no cell, or a cell has no area.
    """
    unit_ff = _load_unit_ff(text)
    starts = list(_CELL.finditer(text))
    if not starts:
        raise FormatError("a Liberty file without cells; it is damaged, fetch it again")
    cells = {}
    ends = [match.start() for match in starts[1:]] + [len(text)]
    for match, end in zip(starts, ends, strict=True):
        body = text[match.end() : end]
        area = _AREA.search(body)
        if area is None:
            raise FormatError(f"Liberty cell {match.group(1)!r} has no area; the file is damaged, fetch it again")
        kind = _kind(body)
        clock = _CLOCKED_ON.search(body) if kind == "flop" else None
        pins = _PIN.split(body)[1:]
        loads, limits = {}, {}
        for pin, group in zip(pins[::2], pins[1::2], strict=True):
            load, limit = _LOAD.search(group), _MAX_LOAD.search(group)
            if limit:
                limits[pin] = float(limit.group(1)) * unit_ff
            elif load and float(load.group(1)):
                loads[pin] = float(load.group(1)) * unit_ff
        cells[match.group(1)] = LibertyCell(float(area.group(1)), kind, clock.group(1) if clock else "", loads, limits)
    return cells


def _kind(body: str) -> str:
    if _CLOCK_GATE.search(body):
        return "clock_gate"
    if _FLOP.search(body):
        return "flop"
    return "latch" if _LATCH.search(body) else "logic"


def strength(cell: str) -> tuple[str, int]:
    """A cell's function and drive strength by its name: ("buf_", 4) of buf_4, ("BUFX", 4) of BUFX4; others have strength 1."""
    match = _STRENGTH.match(cell)
    return (match.group(1), int(match.group(2))) if match else (cell, 1)


def with_wire_load(text: str, load_ff: float) -> str:
    """The library with ``load_ff`` femtofarads of wire added to every input pin.

    abc knows pin loads only, and the libraries' own wire-load models are far too small: with the wire in the pins,
    mapping and timing see the same load. Output pins (capacitance 0) stay as they are.

    Raises
    ------
    FormatError
        If the library does not say its capacitance unit.
    """
    unit_ff = _load_unit_ff(text)

    def loaded(match: re.Match[str]) -> str:
        value = float(match.group(2))
        return match.group(0) if value == 0.0 else f"{match.group(1)}{value + load_ff / unit_ff:.10g}{match.group(3)}"

    first_cell = _CELL.search(text)
    head = first_cell.start() if first_cell else 0
    return text[:head] + _PIN_LOAD.sub(loaded, text[head:])


def _load_unit_ff(text: str) -> float:
    unit = _LOAD_UNIT.search(text)
    if unit is None:
        raise FormatError("a Liberty file without capacitive_load_unit; it is damaged, fetch it again")
    return float(unit.group(1)) * (1000.0 if unit.group(2).lower() == "pf" else 1.0)
