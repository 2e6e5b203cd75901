"""What the experiment found: a point per network, scheme and array, what was simulated, and the reasons for what is missing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from flightasic.accuracy import LABELS
from flightasic.errors import FormatError
from flightasic.fit import FitRecord
from flightasic.results import DATA_FIELDS
from flightasic.speedup.arrays import fit_from_dict, fit_to_dict

SCHEMA = 2
NETWORK, LAYER = "network", "largest layer"
MEASURES = (NETWORK, LAYER)


def label_of(scheme: str, dsp: bool | None) -> str:
    """What tables call a scheme, and for multipliers the array."""
    return LABELS.get(scheme, scheme) + ("" if dsp is None else ", DSPs" if dsp else ", no DSPs")


@dataclass(frozen=True, kw_only=True)
class Point:
    """A network in a scheme on a fitted array; ``data`` is that of its record of kind "speedup".

    ``dsp`` is None for shift codes, which have no array with DSPs.
    """

    net: str
    scheme: str
    dsp: bool | None
    data: Mapping[str, Any]

    @property
    def label(self) -> str:
        return label_of(self.scheme, self.dsp)

    @property
    def name(self) -> str:
        return f"{self.net} {self.label}"

    @property
    def is_flight(self) -> bool:
        """Whether it is a FLightNN: one with learned k."""
        return self.scheme.startswith("flight")

    @property
    def accuracy(self) -> float | None:
        """In percent."""
        share = self.data["accuracy"]
        return None if share is None else 100.0 * float(share)

    @property
    def klut(self) -> float:
        """Thousands of LUTs of its array."""
        return float(self.data["lut"]) / 1000

    @property
    def fmax_mhz(self) -> float:
        return float(self.data["fmax_mhz"])

    @property
    def cores(self) -> int:
        """So many arrays lie side by side, each with its own images."""
        return int(self.data["cores"])

    @property
    def products_per_cycle(self) -> int:
        """Of all cores."""
        return int(self.data["products_per_cycle"])

    def cycles(self, measure: str) -> int:
        """Of one core from one image to the next, or of the largest layer alone."""
        return int(self.data["period"] if measure == NETWORK else self.data["largest"]["cycles"])

    def interval(self, measure: str) -> float:
        """Cycles per image of all cores together, or per largest layer."""
        return self.cycles(measure) / self.cores

    def products(self, measure: str) -> int:
        """Code products of the network, or of its largest layer."""
        return int(self.data["products"] if measure == NETWORK else self.data["largest"]["products"])

    def per_s(self, measure: str) -> float:
        """Images, or times the largest layer, that are done in a second."""
        return self.fmax_mhz * 1e6 / self.interval(measure)

    def per_s_per_klut(self, measure: str) -> float:
        """The same per 1,000 LUTs."""
        return self.per_s(measure) / self.klut

    def utilization(self, measure: str) -> float:
        """Share of the product slots that do code products, 0..1."""
        return self.products(measure) / (self.interval(measure) * self.products_per_cycle)


@dataclass(frozen=True, kw_only=True)
class Gap:
    """A point that there is none of, and why."""

    net: str
    scheme: str
    dsp: bool | None
    reason: str

    @property
    def name(self) -> str:
        return f"{self.net} {label_of(self.scheme, self.dsp)}"


@dataclass(frozen=True, kw_only=True)
class Check:
    """A network that ran on an array in RTL: layers compared value by value, and cycles as predicted; or why that failed."""

    net: str
    scheme: str
    array: str
    images: int = 0
    tensors: int = 0
    cycles: int = 0
    period: int = 0
    failed: str | None = None


@dataclass(frozen=True, kw_only=True)
class Speedup:
    """All of it, in the order of tables; ``git`` is the source tree that measured."""

    arrays: tuple[FitRecord, ...]
    points: tuple[Point, ...]
    gaps: tuple[Gap, ...]
    checks: tuple[Check, ...]
    git: Mapping[str, Any] | None = None

    @property
    def nets(self) -> list[str]:
        """Names of the networks, those without any point too."""
        return sorted({each.net for each in self.points} | {each.net for each in self.gaps})

    def find(self, net: str, scheme: str, dsp: bool | None = None) -> Point | None:
        """One point."""
        return next((each for each in self.points if (each.net, each.scheme, each.dsp) == (net, scheme, dsp)), None)

    def to_dict(self) -> dict[str, Any]:
        """JSON values that :meth:`read` takes."""
        return {
            "schema": SCHEMA,
            "git": None if self.git is None else dict(self.git),
            "arrays": [fit_to_dict(fit) for fit in self.arrays],
            "points": [{"net": each.net, "scheme": each.scheme, "dsp": each.dsp, "data": dict(each.data)} for each in self.points],
            "gaps": [asdict(gap) for gap in self.gaps],
            "checks": [asdict(check) for check in self.checks],
        }

    @classmethod
    def read(cls, path: Path) -> Self:
        """From the JSON file of an earlier run.

        Raises
        ------
        FormatError
            If the file is missing, damaged or of another schema, or a point lacks a field.
        """
        try:
            found = json.loads(path.read_text())
            if found.get("schema") != SCHEMA:
                raise FormatError(f"{path}: speed-up schema {found.get('schema')!r}, this program reads {SCHEMA}; run 'flightasic speedup'")
            made = cls(
                arrays=tuple(fit_from_dict(each) for each in found["arrays"]),
                points=tuple(Point(**each) for each in found["points"]),
                gaps=tuple(Gap(**each) for each in found["gaps"]),
                checks=tuple(Check(**each) for each in found["checks"]),
                git=found["git"],
            )
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise FormatError(f"{path}: not a speed-up file ({error}); make one with 'flightasic speedup --json {path}'") from error
        for point in made.points:
            missing = [name for name in DATA_FIELDS["speedup"] if name not in point.data]
            if missing:
                raise FormatError(f"{path}: {point.name} lacks the field {missing[0]!r}; run 'flightasic speedup' again")
        return made
