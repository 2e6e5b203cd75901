"""The experiment as JSON: points with everything their records hold, and what follows from them."""

from __future__ import annotations

from typing import Any

from flightasic.speedup.points import MEASURES, Speedup
from flightasic.speedup.ratios import Goal, Ratio, goals, ratios

_FACTORS = ("terms", "elements", "use", "cycles", "clock", "luts", "per_s", "per_klut", "gain")


def summary(speedup: Speedup) -> dict[str, Any]:
    """All figures as JSON values; :meth:`Speedup.read` takes arrays, points, gaps and checks from it.

    ``ratios`` and ``goals`` follow from ``points`` (:mod:`flightasic.speedup.ratios`), they are no measurements.
    """
    return {
        **speedup.to_dict(),
        "ratios": [_ratio(each) for measure in MEASURES for each in ratios(speedup, measure)],
        "goals": [_goal(each) for each in goals(speedup)],
    }


def _ratio(ratio: Ratio) -> dict[str, Any]:
    labels = {"net": ratio.ours.net, "scheme": ratio.ours.scheme, "rival": ratio.rival.scheme, "rival_dsp": ratio.rival.dsp}
    return {**labels, "measure": ratio.measure, **{name: getattr(ratio, name) for name in _FACTORS}}


def _goal(goal: Goal) -> dict[str, Any]:
    return {
        "goal": goal.goal,
        "net": goal.net,
        "measure": goal.measure,
        "limit": goal.limit,
        "met": goal.met,
        "missing_ratio": goal.missing,
        "missing_points": goal.short,
        "reason": goal.reason,
        "ratio": None if goal.ratio is None else _ratio(goal.ratio),
    }
