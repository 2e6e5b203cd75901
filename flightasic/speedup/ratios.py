"""What follows from points: FLightNN over its rivals, the factors of that ratio, and the goals. Nothing here is measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flightasic.speedup.networks import FLIGHTS
from flightasic.speedup.points import MEASURES, NETWORK, Point, Speedup

TOLERANCE = 0.1  # points of accuracy: ten of 10,000 images
GOAL_FIXED, GOAL_LIGHT = 2.0, 2.5
Rival = tuple[str, bool | None]
RIVALS: tuple[Rival, ...] = (("lightnn2", None), ("lightnn2-c3", None), ("fixed4", True), ("fixed4", False))
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Ratio:
    """How many times faster a FLightNN is than its rival, for the network or its largest layer.

    ``per_klut`` = :attr:`cycles` x :attr:`clock` x :attr:`luts`, and :attr:`cycles` = :attr:`terms` x :attr:`elements` x :attr:`use`; every
    factor above one is for the FLightNN.
    """

    ours: Point
    rival: Point
    measure: str

    @property
    def cycles(self) -> float:
        """The rival's cycles per image over ours."""
        return self.rival.interval(self.measure) / self.ours.interval(self.measure)

    @property
    def clock(self) -> float:
        """Our clock over the rival's."""
        return self.ours.fmax_mhz / self.rival.fmax_mhz

    @property
    def luts(self) -> float:
        """The rival's LUTs over ours."""
        return self.rival.klut / self.ours.klut

    @property
    def per_s(self) -> float:
        """Images per second over the rival's."""
        return self.cycles * self.clock

    @property
    def per_klut(self) -> float:
        """Images per second and LUT over the rival's."""
        return self.per_s * self.luts

    @property
    def terms(self) -> float:
        """The rival's code products over ours: what fewer terms save."""
        return self.rival.products(self.measure) / self.ours.products(self.measure)

    @property
    def elements(self) -> float:
        """Our products per cycle over the rival's: what a larger array gains."""
        return self.ours.products_per_cycle / self.rival.products_per_cycle

    @property
    def use(self) -> float:
        """Our utilisation over the rival's."""
        return self.ours.utilization(self.measure) / self.rival.utilization(self.measure)

    @property
    def gain(self) -> float | None:
        """Accuracy above the rival's, in points."""
        return None if self.ours.accuracy is None or self.rival.accuracy is None else self.ours.accuracy - self.rival.accuracy


def ratios(speedup: Speedup, measure: str = NETWORK) -> list[Ratio]:
    """Every FLightNN over every rival of its network that there is a point of."""
    found = []
    for net in speedup.nets:
        for flight in FLIGHTS:
            ours = speedup.find(net, flight)
            rivals = [speedup.find(net, *rival) for rival in RIVALS]
            found += [Ratio(ours, rival, measure) for rival in rivals if ours is not None and rival is not None]
    return found


@dataclass(frozen=True, kw_only=True)
class Goal:
    """A goal for one network and measure.

    Attributes
    ----------
    goal, net, measure : str
    limit : float
        The least ratio that meets it.
    ratio : Ratio or None
        The fastest FLightNN that is accurate enough; if none is, the most accurate one. None = nothing to judge.
    short : float
        Points of accuracy that it lacks, 0 if it is accurate enough.
    reason : str
        Why there is no ratio.
    """

    goal: str
    net: str
    measure: str
    limit: float
    ratio: Ratio | None
    short: float
    reason: str

    @property
    def value(self) -> float | None:
        """The ratio that counts: per second and LUT."""
        return None if self.ratio is None else self.ratio.per_klut

    @property
    def met(self) -> bool | None:
        """None = not measured."""
        return None if self.value is None else self.value >= self.limit - _ROUNDING and not self.short

    @property
    def missing(self) -> float:
        """By how much the ratio falls short, 0 if it does not."""
        return 0.0 if self.value is None else max(0.0, self.limit - self.value)


def goals(speedup: Speedup) -> list[Goal]:
    """Both goals for every network and measure."""
    fixed = f"at least {GOAL_FIXED:g}x images/s per LUT of 4W8A without DSPs, more accurate"
    light = f"at least {GOAL_LIGHT:g}x images/s of LightNN-2, at most {TOLERANCE:g} points less accurate"
    wanted: tuple[tuple[str, Rival, float, Callable[[float], float]], ...] = (
        (fixed, ("fixed4", False), GOAL_FIXED, _short_of_above),
        (light, ("lightnn2", None), GOAL_LIGHT, _short),
    )
    return [
        _goal(speedup, net, measure, goal, rival, limit, short)
        for goal, rival, limit, short in wanted
        for net in speedup.nets
        for measure in MEASURES
    ]


def _short(gain: float) -> float:
    return max(0.0, -gain - TOLERANCE) if gain < -TOLERANCE - _ROUNDING else 0.0


def _short_of_above(gain: float) -> float:
    """An equal accuracy lacks the smallest step that test sets of 10,000 images resolve."""
    return 0.0 if gain > _ROUNDING else max(0.01, -gain)


def _goal(speedup: Speedup, net: str, measure: str, goal: str, rival: Rival, limit: float, short: Callable[[float], float]) -> Goal:
    known = [
        (ratio.gain, ratio)
        for ratio in ratios(speedup, measure)
        if ratio.ours.net == net and (ratio.rival.scheme, ratio.rival.dsp) == rival and ratio.gain is not None
    ]
    if not known:
        some = any(point.is_flight and point.net == net for point in speedup.points)
        reason = _why_not(speedup, net, [rival] if some else [*((flight, None) for flight in FLIGHTS), rival])
        return Goal(goal=goal, net=net, measure=measure, limit=limit, ratio=None, short=0.0, reason=reason)
    able = [ratio for gain, ratio in known if not short(gain)]
    if able:
        return Goal(goal=goal, net=net, measure=measure, limit=limit, ratio=max(able, key=lambda each: each.per_klut), short=0.0, reason="")
    gain, nearest = max(known, key=lambda pair: pair[0])
    return Goal(goal=goal, net=net, measure=measure, limit=limit, ratio=nearest, short=short(gain), reason="")


def _why_not(speedup: Speedup, net: str, wanted: Sequence[Rival]) -> str:
    gaps = [gap for gap in speedup.gaps if gap.net == net and (gap.scheme, gap.dsp) in wanted]
    return gaps[0].reason if gaps else "the accuracy of a network is not known, or its scheme was left out"
