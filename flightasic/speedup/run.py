"""Making the experiment: every network compiled for the arrays of its arithmetic, some of them simulated."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from itertools import count, zip_longest
from pathlib import Path
from typing import Any

from flightasic.config import ArrayConfig
from flightasic.fit import FitRecord
from flightasic.results import git_state, write_record
from flightasic.speedup.arrays import Variant
from flightasic.speedup.check import check_rtl
from flightasic.speedup.measure import costs_of
from flightasic.speedup.networks import Source, arith_of, code_bits_of
from flightasic.speedup.points import LAYER, NETWORK, Check, Gap, Point, Speedup
from flightasic.tasks import Failed, Observer, Task, run_tasks

STAGE = "placed and routed, predicted cycles"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to measure.

    Attributes
    ----------
    nets, schemes : tuple of str
    sources : tuple of Source
    reasons : dict
        Why there is no network of a (net, scheme).
    arrays, missing : dict
        Of every (arithmetic, bits of a code, with DSPs) that schemes and sources need (:func:`variants`): its fit, or why there is none.
    checked : tuple of str
        What to simulate in RTL on its arrays: networks (``net1``) in all schemes, or in one (``net1-flight-a``).
    """

    nets: tuple[str, ...]
    schemes: tuple[str, ...]
    sources: tuple[Source, ...]
    reasons: Mapping[tuple[str, str], str]
    arrays: Mapping[Variant, FitRecord]
    checked: tuple[str, ...]
    missing: Mapping[Variant, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where it works: ``jobs`` at a time, finished points in ``build``, records in ``results``."""

    build: Path
    results: Path
    jobs: int


def variants(scheme: str, source: Source | None = None) -> list[Variant]:
    """The (arithmetic, bits of a code, with DSPs) of the arrays that run a scheme, or a network in it: multipliers with and without."""
    arith, code_bits = arith_of(scheme), code_bits_of(scheme) if source is None else source.code_bits
    return [(arith, code_bits, False)] if arith == "shift" else [(arith, code_bits, True), (arith, code_bits, False)]


def run_speedup(plan: Plan, place: Place, observer: Observer) -> Speedup:
    """Every point of a plan; what is finished is kept, so that an interrupted run goes on where it was.

    A network that does not fit an array is a :class:`Gap` with the compiler's reason; a simulation that disagrees is a
    :class:`Check` that failed.
    """
    tasks = [Task(f"compile {each.name}", _costs, (each, _configs(each, plan), place.build)) for each in plan.sources]
    found = dict(zip(((each.net, each.scheme) for each in plan.sources), run_tasks(tasks, place.jobs, observer), strict=True))
    points, gaps = _points(plan, found, place)
    return Speedup(
        arrays=tuple(plan.arrays.values()),
        points=tuple(points),
        gaps=tuple(gaps),
        checks=tuple(_checks(plan, points, place, observer)),
        git=git_state(),
    )


def _configs(source: Source, plan: Plan) -> list[ArrayConfig]:
    return [plan.arrays[variant].array for variant in variants(source.scheme, source) if variant in plan.arrays]


def _costs(source: Source, configs: Sequence[ArrayConfig], build: Path, progress: Callable[[int, int], None]) -> list[dict[str, Any]]:
    return costs_of(source, configs, build)


def _points(plan: Plan, found: Mapping[tuple[str, str], Any], place: Place) -> tuple[list[Point], list[Gap]]:
    sources = {(each.net, each.scheme): each for each in plan.sources}
    points: list[Point] = []
    gaps: list[Gap] = []
    for net, scheme in ((net, scheme) for net in plan.nets for scheme in plan.schemes):
        numbers = count()
        for variant in variants(scheme, sources.get((net, scheme))):
            labels: dict[str, Any] = {"net": net, "scheme": scheme, "dsp": None if variant[0] == "shift" else variant[2]}
            cost: dict[str, Any] | str = plan.missing.get(variant, "")
            if not cost:
                cost = _cost_or_reason(plan, found, (net, scheme), next(numbers))
            if isinstance(cost, str):
                gaps.append(Gap(**labels, reason=cost))
                continue
            fit = plan.arrays[variant]
            points.append(_rated(Point(**labels, data=_figures(sources[net, scheme], fit, cost))))
            _record(points[-1], fit, place.results)
    return points, gaps


def _cost_or_reason(plan: Plan, found: Mapping[tuple[str, str], Any], key: tuple[str, str], number: int) -> dict[str, Any] | str:
    """What a network costs on one of the arrays of its scheme, or why it cannot be said."""
    if key not in found:
        return plan.reasons[key]
    costs = found[key]
    if isinstance(costs, Failed):
        return costs.reason
    cost: dict[str, Any] = costs[number]
    return str(cost["error"]) if "error" in cost else cost


def _figures(source: Source, fit: FitRecord, cost: Mapping[str, Any]) -> dict[str, Any]:
    """What network, array and compiler say of a point."""
    return {
        "network": source.name,
        "scheme": source.scheme,
        "trained": source.zoo is not None,
        "dataset": source.dataset,
        "accuracy": source.accuracy,
        "in_shape": list(source.in_shape),
        "arith": fit.arith,
        "code_bits": fit.array.code_bits,
        "array": fit.array.name,
        "cores": fit.cores,
        "part": fit.part,
        "speed": fit.speed,
        "dsp_allowed": fit.dsp,
        "lut": fit.lut,
        "dsp": fit.dsp_used,
        "fmax_mhz": fit.fmax_mhz,
        "binds": fit.binds,
        "products_per_cycle": fit.cores * fit.array.products_per_cycle,
        **cost,
    }


def _rated(point: Point) -> Point:
    """The point with what follows from its figures, for its record."""
    rates = {
        "utilization": point.utilization(NETWORK),
        "images_per_s": point.per_s(NETWORK),
        "images_per_s_per_klut": point.per_s_per_klut(NETWORK),
        "largest_per_s": point.per_s(LAYER),
        "largest_per_s_per_klut": point.per_s_per_klut(LAYER),
    }
    return replace(point, data={**point.data, **rates})


def _record(point: Point, fit: FitRecord, results: Path) -> None:
    name = f"{point.data['network']}-{fit.array.name}{'-dsp' if point.dsp else ''}"
    versions = {"flightasic": version("flightasic")}
    workload = point.data["network"]
    write_record("speedup", name, dict(point.data), stage=STAGE, versions=versions, config=fit.array, workload=workload, results=results)


def _checks(plan: Plan, points: Sequence[Point], place: Place, observer: Observer) -> list[Check]:
    """Every point of a network to simulate, once where two fits are the same array."""
    sources = {(each.net, each.scheme): each for each in plan.sources}
    chosen: dict[tuple[str, str, int], Point] = {}
    for point in points:
        if {point.net, f"{point.net}-{point.scheme}"} & set(plan.checked):
            chosen.setdefault((point.net, point.scheme, _array_of(point, plan).fingerprint), point)
    ordered = _arrays_in_turn(list(chosen.values()), plan)
    tasks = [
        Task(
            f"simulate {point.name} on {_array_of(point, plan).name}",
            check_rtl,
            (sources[point.net, point.scheme], _array_of(point, plan), point.data, place.build),
        )
        for point in ordered
    ]
    results = dict(zip((point.name for point in ordered), run_tasks(tasks, place.jobs, observer), strict=True))
    checks = []
    for point in chosen.values():
        result = results[point.name]
        outcome = {"failed": result.reason} if isinstance(result, Failed) else result
        checks.append(Check(net=point.net, scheme=point.scheme, array=_array_of(point, plan).name, **outcome))
    return checks


def _array_of(point: Point, plan: Plan) -> ArrayConfig:
    return plan.arrays[point.data["arith"], point.data["code_bits"], bool(point.dsp)].array


def _arrays_in_turn(points: Sequence[Point], plan: Plan) -> list[Point]:
    """Points in an order in which neighbours are on different arrays: models are built side by side, none is waited for."""
    arrays: dict[int, list[Point]] = {}
    for point in points:
        arrays.setdefault(_array_of(point, plan).fingerprint, []).append(point)
    return [point for group in zip_longest(*arrays.values()) for point in group if point is not None]
