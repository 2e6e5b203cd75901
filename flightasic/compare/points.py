"""What a comparison found: a point per network and scheme, or the reason why there is none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from flightasic.accuracy import LABELS
from flightasic.errors import FormatError
from flightasic.results import DATA_FIELDS

SCHEMA = 1
PARTS = ("logic", "registers", "clock", "memory", "leakage")
_MORE_FIELDS = ("useful_macs", "utilization", "gops_per_w", "gops_per_mm2", "fmax_mhz", "setup_slack_ns", "adder_style", "images")
_GROUPS = {
    "energy_per_inference_nj": (*PARTS, "total"),
    "power_mw": (*PARTS, "total"),
    "energy_per_mac_pj": ("array", "core", "total"),
}
_UM2_PER_MM2 = 1e6


@dataclass(frozen=True, kw_only=True)
class Point:
    """One measured network: ``data`` is that of its record of kind "energy", with versions and stage.

    Energies are those of one image. Figures of the memories are None where the technology has none that could be charged; totals
    are then those of the core.
    """

    net: str
    scheme: str
    data: Mapping[str, Any]

    @property
    def name(self) -> str:
        return f"{self.net} {self.label}"

    @property
    def label(self) -> str:
        return LABELS.get(self.scheme, self.scheme)

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
    def has_memory(self) -> bool:
        """Whether the memories are counted in area and energy."""
        return self.data["area_um2"].get("memory") is not None

    @property
    def energy_nj(self) -> float:
        """Of one image."""
        return float(self.data["energy_per_inference_nj"]["total"])

    @property
    def power_mw(self) -> float:
        return float(self.data["power_mw"]["total"])

    @cached_property
    def area_mm2(self) -> float:
        """Of the core and, where they are counted, its memories."""
        return float(sum(area for area in self.data["area_um2"].values() if area is not None)) / _UM2_PER_MM2

    @property
    def images_per_s(self) -> float:
        return 1e9 / float(self.data["cycles"] * self.data["clock_ns"])

    def part_nj(self, part: str) -> float | None:
        """Energy of one image that a part takes; None for memories that are not counted."""
        if part == "memory" and not self.has_memory:
            return None
        return float(self.data["energy_per_inference_nj"][part])


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A network that could not be measured, and why."""

    net: str
    scheme: str
    array: str
    reason: str

    @property
    def name(self) -> str:
        return f"{self.net} {LABELS.get(self.scheme, self.scheme)}"


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Points and failures in the order of the plan; ``settings`` is what all share, ``git`` the source tree that put them together.

    A point's ``measured`` says which tree measured it, and when.
    """

    settings: Mapping[str, Any]
    points: tuple[Point, ...]
    failures: tuple[Failure, ...]
    git: Mapping[str, Any] | None = None

    @property
    def nets(self) -> list[str]:
        """Names of the networks, those without any point too."""
        return list(dict.fromkeys([each.net for each in self.points] + [each.net for each in self.failures]))

    @classmethod
    def read(cls, path: Path) -> Self:
        """From the JSON file of an earlier comparison.

        Raises
        ------
        FormatError
            If the file is missing, damaged or of another schema, or a point lacks a field; the message names it.
        """
        try:
            found = json.loads(path.read_text())
            if found.get("schema") != SCHEMA:
                raise FormatError(f"{path}: comparison schema {found.get('schema')!r}, this program reads {SCHEMA}; compare again")
            return cls(
                settings=found["settings"],
                points=tuple(make_point(each["net"], each["scheme"], each["data"], str(path)) for each in found["points"]),
                failures=tuple(Failure(**each) for each in found["failures"]),
                git=found["git"],
            )
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise FormatError(f"{path}: not a comparison ({error}); make one with 'flightasic compare --json {path}'") from error


def make_point(net: str, scheme: str, data: Mapping[str, Any], where: str) -> Point:
    """A point of a record's data.

    Raises
    ------
    FormatError
        If a field is missing; the message names it and ``where`` it was looked for.
    """
    missing = [name for name in (*DATA_FIELDS["energy"], *_MORE_FIELDS) if name not in data]
    for group, parts in _GROUPS.items():
        missing += [f"{group}.{part}" for part in parts if part not in data.get(group, {})]
    if missing:
        raise FormatError(f"{where}: the energy of {net} {scheme} lacks the field {missing[0]!r}; measure again")
    return Point(net=net, scheme=scheme, data=data)
