"""SDF of a timing tool made fit for Icarus Verilog, which reads cell delays of plain paths only.

What changes: INTERCONNECT and TIMINGCHECK go (the wire load is in the cells' delays; timing analysis does the checks), triples
are filled, and all entries of one input and output become one. Timing tools write several, one for each state of the other
inputs (COND) or each sense of a gate such as an exclusive or; the simulator cannot tell them apart. Their *mean* is kept: the
largest would stretch the differences between a gate's arrivals, which are what makes glitches, and so inflate the energy.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from flightasic.errors import FormatError
from flightasic.files import write_atomically

_UNITS_NS = {"ps": 0.001, "ns": 1.0, "us": 1000.0}
_TIMESCALE = re.compile(r"\(\s*TIMESCALE\s+([\d.]+)\s*([a-z]+)\s*\)")
_ENTRY = re.compile(
    r'\(\s*CELLTYPE\s+"(?P<type>[^"]*)"\s*\)\s*\(\s*INSTANCE\s*(?P<instance>[^)\s]*)\s*\)'
    r"|\(\s*IOPATH\s+(?:\(\s*\w+\s+(?P<edge_source>\S+)\s*\)|(?P<source>\S+))\s+(?P<output>\S+)"
    r"\s+\((?P<rise>[^)]*)\)(?:\s*\((?P<fall>[^)]*)\))?"
)

Arc = tuple[str, str]
Delay = tuple[float, float]


@dataclass(frozen=True)
class Sdf:
    """Cell delays.

    Attributes
    ----------
    design : name of the module the instances are in
    types : cell type of every instance
    arcs : by instance, then (input, output): delay until the output has risen and until it has fallen, in nanoseconds
    """

    design: str
    types: Mapping[str, str]
    arcs: Mapping[str, Mapping[Arc, Delay]]

    @classmethod
    def read(cls, path: Path) -> Sdf:
        """Read an SDF file; several entries of one arc become their mean, and so do minimum and maximum of an entry.

        Raises
        ------
        FormatError
            If the file holds no cell delays, or a delay is no number.
        """
        text = path.read_text()
        scale = _scale(path, text)
        types: dict[str, str] = {}
        found: dict[str, dict[Arc, list[Delay]]] = {}
        design = instance = ""
        for match in _ENTRY.finditer(text):
            if match["type"] is not None:
                instance = match["instance"].replace("\\", "")
                if instance:
                    types[instance] = match["type"]
                    found.setdefault(instance, {})
                else:
                    design = match["type"]
                continue
            rise = _nanoseconds(path, match["rise"], scale)
            fall = rise if match["fall"] is None else _nanoseconds(path, match["fall"], scale)
            found[instance].setdefault((match["edge_source"] or match["source"], match["output"]), []).append((rise, fall))
        if not types:
            raise FormatError(f"{path}: no cell delays in this file; write it with OpenSTA's write_sdf")
        arcs = {name: {arc: _mean(delays) for arc, delays in entries.items()} for name, entries in found.items()}
        return cls(design, types, arcs)

    def write(self, path: Path, places: Mapping[str, str]) -> None:
        """Write the delays of the instances in ``places`` as full triples, each under its path there, in one step."""
        lines = ['(DELAYFILE (SDFVERSION "3.0")', f' (DESIGN "{self.design}") (DIVIDER /) (TIMESCALE 1ns)']
        for instance, entries in self.arcs.items():
            if entries and instance in places:
                lines.append(f' (CELL (CELLTYPE "{self.types[instance]}") (INSTANCE {places[instance]}) (DELAY (ABSOLUTE')
                lines += [
                    f"  (IOPATH {source} {output} ({_triple(rise)}) ({_triple(fall)}))"
                    for (source, output), (rise, fall) in entries.items()
                ]
                lines.append(" )))")
        write_atomically(path, "\n".join([*lines, ")\n"]))

    def missing(self, needed: Mapping[str, frozenset[Arc]]) -> list[str]:
        """Instances of ``needed`` without a delay for one of their arcs."""
        return [instance for instance, arcs in needed.items() if not arcs <= self.arcs.get(instance, {}).keys()]


def _scale(path: Path, text: str) -> float:
    match = _TIMESCALE.search(text)
    if match is None or match[2] not in _UNITS_NS:
        raise FormatError(f"{path}: no TIMESCALE in ps, ns or us; write the file with OpenSTA's write_sdf")
    return float(match[1]) * _UNITS_NS[match[2]]


def _nanoseconds(path: Path, triple: str, scale: float) -> float:
    """Mean of the least and largest of ``min:typical:max``; what a slow edge makes negative counts as no delay."""
    try:
        values = [float(part) for part in triple.split(":") if part.strip()]
    except ValueError as error:
        raise FormatError(f"{path}: ({triple}) is not a delay; write the file with OpenSTA's write_sdf") from error
    return max(0.0, (min(values) + max(values)) / 2 * scale) if values else 0.0


def _mean(delays: list[Delay]) -> Delay:
    return fmean(rise for rise, _ in delays), fmean(fall for _, fall in delays)


def _triple(value: float) -> str:
    return ":".join([f"{value:.4f}"] * 3)
