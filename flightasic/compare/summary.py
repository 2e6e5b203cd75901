"""A comparison as JSON: points with everything their records hold, and the views."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flightasic.compare.points import SCHEMA, Comparison
from flightasic.compare.views import TOLERANCE, EqualAccuracy, equal_accuracy, goals, same_area, same_throughput


def summary(comparison: Comparison) -> dict[str, Any]:
    """All figures as JSON values; :meth:`Comparison.read` takes points, failures and settings from it.

    ``views`` and ``goals`` follow from ``points`` (:mod:`flightasic.compare.views`), they are no measurements.
    """
    points = comparison.points
    return {
        "schema": SCHEMA,
        "settings": dict(comparison.settings),
        "git": None if comparison.git is None else dict(comparison.git),
        "points": [{"net": point.net, "scheme": point.scheme, "data": dict(point.data)} for point in points],
        "failures": [asdict(failure) for failure in comparison.failures],
        "views": {
            "same_throughput": [asdict(each) for each in same_throughput(points)],
            "same_area": [asdict(each) for each in same_area(points)],
            "equal_accuracy": {"tolerance_points": TOLERANCE, "rows": [_equal(each) for each in equal_accuracy(points)]},
        },
        "goals": [{**asdict(goal), "met": goal.met} for goal in goals(points)],
    }


def _equal(found: EqualAccuracy) -> dict[str, Any]:
    return {
        "rival": {"net": found.rival.net, "scheme": found.rival.scheme},
        "ours": None if found.ours is None else {"net": found.ours.net, "scheme": found.ours.scheme},
        "ratio": found.ratio,
        "reason": found.reason,
        "interpolated_nj": found.interpolated_nj,
        "interpolated_ratio": found.interpolated_ratio,
        "interpolated_reason": found.interpolated_reason,
    }
