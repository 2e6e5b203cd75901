"""What follows from measured points: the same throughput, the same area, the same accuracy. Nothing here is measured."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flightasic.compare.points import Point

FIXED = ("fixed4", "fixed8")
TOLERANCE = 0.1  # points of accuracy: ten of 10,000 images
_ROUNDING = 1e-9


@dataclass(frozen=True, kw_only=True)
class Scaled:
    """A point on ``copies`` of its array side by side, memories included, each with images of its own.

    Every copy does to its images what the measured array did, its leakage included, so that throughput, power and area grow with
    ``copies`` and energy per image stays. Copies need not be whole: this compares arithmetics, it is no floorplan.
    """

    net: str
    scheme: str
    array: str
    copies: float
    area_mm2: float
    images_per_s: float
    power_mw: float
    energy_nj: float


def scaled(point: Point, copies: float) -> Scaled:
    """``copies`` > 0 of a point's array."""
    return Scaled(
        net=point.net,
        scheme=point.scheme,
        array=point.data["array"],
        copies=copies,
        area_mm2=copies * point.area_mm2,
        images_per_s=copies * point.images_per_s,
        power_mw=copies * point.power_mw,
        energy_nj=point.energy_nj,
    )


def same_throughput(points: Sequence[Point]) -> list[Scaled]:
    """Each network's schemes on as many arrays as give the images per second of its fastest scheme."""
    fastest: dict[str, float] = {}
    for point in points:
        fastest[point.net] = max(fastest.get(point.net, 0.0), point.images_per_s)
    return [scaled(point, fastest[point.net] / point.images_per_s) for point in points]


def same_area(points: Sequence[Point]) -> list[Scaled]:
    """Each point on as many arrays as fill the area of the largest array compared."""
    largest = max((point.area_mm2 for point in points), default=0.0)
    return [scaled(point, largest / point.area_mm2) for point in points]


@dataclass(frozen=True, kw_only=True)
class EqualAccuracy:
    """A fixed-point network and what FLightNNs need to be as accurate.

    Attributes
    ----------
    rival : Point
    ours : Point or None
        The FLightNN of least energy whose accuracy is at least the rival's less :data:`TOLERANCE` points.
    interpolated_nj : float or None
        Energy at just the rival's accuracy between two measured FLightNNs of the same kind (a, b), the least of all kinds.
    reason : str
        Why ``ours`` is None.
    interpolated_reason : str
        Why ``interpolated_nj`` is None.
    """

    rival: Point
    ours: Point | None
    interpolated_nj: float | None
    reason: str
    interpolated_reason: str

    @property
    def ratio(self) -> float | None:
        """Energy of :attr:`ours` over the rival's."""
        return None if self.ours is None else self.ours.energy_nj / self.rival.energy_nj

    @property
    def interpolated_ratio(self) -> float | None:
        """Interpolated energy over the rival's."""
        return None if self.interpolated_nj is None else self.interpolated_nj / self.rival.energy_nj


def equal_accuracy(points: Sequence[Point]) -> list[EqualAccuracy]:
    """For every point on a multiplier array, in their order."""
    flights = [point for point in points if point.is_flight and point.accuracy is not None]
    return [_equal(point, flights) for point in points if point.data["arith"] in FIXED]


def _equal(rival: Point, flights: Sequence[Point]) -> EqualAccuracy:
    if rival.accuracy is None or not flights:
        reason = f"the accuracy of {rival.name} is not known" if flights else "no FLightNN of known accuracy was measured"
        return EqualAccuracy(rival=rival, ours=None, interpolated_nj=None, reason=reason, interpolated_reason=reason)
    goal = rival.accuracy
    able = [(point.energy_nj, point) for point in flights if (point.accuracy or 0.0) >= goal - TOLERANCE - _ROUNDING]
    best = max(point.accuracy or 0.0 for point in flights)
    reason = "" if able else f"the best FLightNN measured reaches {best:.2f}%, {goal - best:.2f} points less"
    kinds = {point.scheme for point in flights}
    between = [energy for kind in kinds if (energy := _interpolated([each for each in flights if each.scheme == kind], goal)) is not None]
    return EqualAccuracy(
        rival=rival,
        ours=min(able, key=lambda pair: pair[0])[1] if able else None,
        interpolated_nj=min(between, default=None),
        reason=reason,
        interpolated_reason="" if between else f"{goal:.2f}% does not lie between two measured FLightNNs of one kind",
    )


def _interpolated(points: Sequence[Point], accuracy: float) -> float | None:
    """Energy in nJ at ``accuracy`` percent on the straight lines of log energy over accuracy that join points by energy.

    The first crossing, the one of least energy, counts; None where there is none.
    """
    ordered = sorted((point.energy_nj, point.accuracy or 0.0) for point in points)
    for (low_nj, low), (high_nj, high) in zip(ordered, ordered[1:], strict=False):
        if low <= accuracy <= high and high > low:
            return math.exp(math.log(low_nj) + (accuracy - low) / (high - low) * math.log(high_nj / low_nj))
    return None


@dataclass(frozen=True, kw_only=True)
class Goal:
    """A goal for one point: ``value`` (None with the ``reason``) is to be at most ``limit``."""

    goal: str
    subject: str
    value: float | None
    limit: float
    unit: str
    reason: str

    @property
    def met(self) -> bool | None:
        """None where it was not measured."""
        return None if self.value is None else self.value <= self.limit


ARRAY_PJ, TOTAL_PJ = 0.8, 2.0
ARRAY_UNITS = ("mesh", "feed", "merge", "clock")  # the elements, what brings them words and joins their columns, the trunk of the clock
_PJ_PER_NJ = 1e3
_NO_MEMORY = "the technology has no memory that could be charged at this corner"
ENERGY_RATIOS = {"fixed4": 0.6, "fixed8": 0.35}
_ONE_TERM = 0.005  # mean k that rounds to 1.00
_NAMES = {"fixed4": "4W8A", "fixed8": "8W8A"}


def goals(points: Sequence[Point]) -> list[Goal]:
    """Every goal for every point it applies to: pJ per useful MAC at k = 1, and energy at equal accuracy."""
    single = [point for point in points if point.data["arith"] == "shift" and abs((point.data["mean_k"] or 0.0) - 1.0) <= _ONE_TERM]
    found = _per_mac("elements of the array at k = 1", single, ARRAY_PJ, lambda point: float(point.data["energy_per_mac_pj"]["array"]), "")
    found += _per_mac("elements with feed, merge and clock trunk at k = 1", single, ARRAY_PJ, _array_with_its_feed, "")
    found += _per_mac(
        "array and all buffers at k = 1",
        single,
        TOTAL_PJ,
        lambda point: float(point.data["energy_per_mac_pj"]["total"]) if point.has_memory else None,
        _NO_MEMORY,
    )
    equal = equal_accuracy(points)
    for arith, limit in ENERGY_RATIOS.items():
        goal = f"FLightNN's energy at equal accuracy, of {_NAMES[arith]}'s"
        rivals = [each for each in equal if each.rival.data["arith"] == arith]
        found += [_ratio_goal(goal, each, limit) for each in rivals]
        if not rivals:
            found.append(Goal(goal=goal, subject="", value=None, limit=limit, unit="x", reason=f"no {_NAMES[arith]} network was measured"))
    return found


def _array_with_its_feed(point: Point) -> float:
    units = point.data["units"]
    return sum(float(units.get(unit, 0.0)) for unit in ARRAY_UNITS) * _PJ_PER_NJ / float(point.data["useful_macs"])


def _ratio_goal(goal: str, found: EqualAccuracy, limit: float) -> Goal:
    """A ratio that leaves the memories out says nothing of an inference."""
    counted = found.rival.has_memory and (found.ours is None or found.ours.has_memory)
    reason = found.reason if counted else _NO_MEMORY
    return Goal(goal=goal, subject=found.rival.name, value=found.ratio if counted else None, limit=limit, unit="x", reason=reason)


def _per_mac(goal: str, points: Sequence[Point], limit: float, value: Callable[[Point], float | None], reason: str) -> list[Goal]:
    """One goal in pJ per useful MAC; ``reason`` says why a point may have no value."""
    if not points:
        return [Goal(goal=goal, subject="", value=None, limit=limit, unit="pJ per MAC", reason="no network with k = 1 was measured")]
    found = [(point, value(point)) for point in points]
    return [
        Goal(goal=goal, subject=point.name, value=each, limit=limit, unit="pJ per MAC", reason=reason if each is None else "")
        for point, each in found
    ]
