"""Line and toggle coverage of the emitted Verilog under Verilator, module by module, over the unit cases and whole networks."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch

from flightasic import golden
from verification.emitted import Emission, emit_unit, play
from verification.scenarios import GOLDEN, SCENARIOS
from verification.units import CASES

OPTIONS = ("--coverage-line", "--coverage-toggle")
# Both run on one array, so on one build; the second one brings the sequencer's error states.
WHOLE = ("run-tiles-streamed", "malformed-streamed")
FLOORS = Path(__file__).with_name("coverage_rtl.json")
KINDS = ("line", "toggle")
_PARAMETERS = re.compile(r"(_\d+)+$")
_BIT = re.compile(r"(\[\d+\])*:[01]->[01]$")

_UNDERSCORES = "___05F"  # how Verilator writes two of them

Point = tuple[str, str, str, str]  # hash of the module's text, line, column, what


@dataclass
class RtlCoverage:
    """How often every point of every module was met.

    Modules are one unit if their names differ in parameters only. A point counts once for each text of its module, whatever the
    number of instances, cases and builds, and is covered if any of them covers it.
    """

    points: dict[tuple[str, str], Counter[Point]] = field(default_factory=dict)

    def add(self, report: Path, modules: Mapping[str, str]) -> None:
        """Merge a ``coverage.dat`` of Verilator; ``modules`` are the Verilog texts it was built from."""
        texts = {name: hashlib.sha256(body.encode()).hexdigest() for name, body in modules.items()}
        for line in report.read_text().splitlines():
            if not line.startswith("C '"):
                continue
            record, _, count = line[3:].rpartition("' ")
            keys = dict(part.split("\x02", 1) for part in record.split("\x01") if part)
            module = keys["page"].split("/", 1)[1]
            if module not in texts:
                continue
            kind = "toggle" if keys["page"].startswith("v_toggle") else "line"
            point = (texts[module], keys["l"], keys["n"], keys["o"])
            self.points.setdefault((_PARAMETERS.sub("", module), kind), Counter())[point] += int(count)

    def units(self) -> list[str]:
        """All units, in order."""
        return sorted({unit for unit, _ in self.points})

    def counts(self, unit: str, kind: str) -> tuple[int, int]:
        """Covered points and all points of a kind ("line" or "toggle")."""
        points = self.points.get((unit, kind), Counter())
        return sum(count > 0 for count in points.values()), len(points)

    def missing(self, unit: str, kind: str) -> Counter[str]:
        """Points never met: by signal (bits and edges together) for toggles, by "line N" of the unit's module for lines."""
        found: Counter[str] = Counter()
        for (_, line, _, what), count in self.points.get((unit, kind), Counter()).items():
            if count == 0:
                found[_BIT.sub("", what).replace(_UNDERSCORES, "__") if kind == "toggle" else f"line {line} ({what})"] += 1
        return found

    def to_dict(self) -> dict[str, dict[str, list[int]]]:
        """Covered and all points of each unit by kind, for JSON."""
        return {unit: {kind: list(self.counts(unit, kind)) for kind in KINDS} for unit in self.units()}


def measure(names: Iterable[str], scratch: Path, progress: Callable[[str], None] | None = None) -> RtlCoverage:
    """Play cases and scenarios, each checked as always, under Verilator with coverage.

    Parameters
    ----------
    names : iterable of str
        Keys of :data:`verification.units.CASES` and :data:`verification.scenarios.SCENARIOS`.
    scratch : path
        Folder for the simulator's files.
    progress : callable, optional
        Told each name when it is done.

    Raises
    ------
    AssertionError
        If a case fails.
    """
    coverage = RtlCoverage()
    for name in names:
        emission, files = _emission(name)
        play(emission, "verilator", name, scratch / name, files, options=OPTIONS)
        coverage.add(scratch / name / "coverage.dat", emission.modules)
        if progress is not None:
            progress(name)
    return coverage


def _emission(name: str) -> tuple[Emission, dict[str, str]]:
    if name in CASES:
        case = CASES[name]()
        return emit_unit(case.unit, case.config), {}
    scenario = SCENARIOS[name]
    expected = golden.run(scenario.network, torch.tensor(scenario.images))[-1].tolist()
    return emit_unit("top", scenario.config), {GOLDEN: json.dumps(expected)}


def floors() -> dict[str, dict[str, list[int]]]:
    """Counts of the last full measurement, as :meth:`RtlCoverage.to_dict` gave them."""
    stored: dict[str, dict[str, list[int]]] = json.loads(FLOORS.read_text())
    return stored
