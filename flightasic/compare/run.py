"""Making a comparison: designs first, since networks share them, then every network on its design.

What is finished is kept by content by :func:`flightasic.eda.measure.find_tallest` and
:func:`flightasic.eda.measure_energy.measure_energy`, so that a comparison that was stopped goes on where it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from flightasic.compare.plan import Candidate, Plan
from flightasic.compare.points import Comparison, Failure, Point, make_point
from flightasic.compiler import compile_network
from flightasic.config import ArrayConfig
from flightasic.eda.activity import MIN_ANNOTATED
from flightasic.eda.pdk import Technology
from flightasic.errors import CompileError, ToolError
from flightasic.results import git_state
from flightasic.tasks import Failed, Observer, Progress, Task, run_tasks


class MeasureDesign(Protocol):
    """:func:`flightasic.eda.measure.find_tallest`."""

    def __call__(
        self,
        config: ArrayConfig,
        technology: Technology,
        *,
        clock_ns: float,
        corner: str,
        adder_style: str,
        build: Path,
    ) -> Any: ...


class MeasureEnergy(Protocol):
    """:func:`flightasic.eda.measure_energy.measure_energy`."""

    def __call__(
        self,
        design: Any,
        network: Any,
        images: Any,
        *,
        build: Path,
        results: Path,
        scheduler: str | None,
        progress: Progress | None,
    ) -> Any: ...


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a comparison works: ``jobs`` at a time, work files in ``build``, records in ``results``.

    ``scheduler`` is that of the simulations (:func:`flightasic.eda.project.run_project`), None = this machine.
    """

    build: Path
    results: Path
    jobs: int
    scheduler: str | None


@dataclass(frozen=True)
class Measures:
    """How to measure a design and an energy; both run in other processes, so they must be functions of a module."""

    design: MeasureDesign
    energy: MeasureEnergy


def run_comparison(plan: Plan, technology: Technology, place: Place, observer: Observer, measures: Measures | None = None) -> Comparison:
    """Measure every candidate of a plan.

    A network that does not fit its array, an array that misses its clock, or a simulation that stops makes a :class:`Failure`; the
    others are measured all the same.

    Parameters
    ----------
    measures : Measures or None
        None = those of :mod:`flightasic.eda`.
    """
    measures = measures or _of_flows()
    found: dict[str, Failed | dict[str, Any]] = {}
    cycles: dict[str, int] = {}
    for candidate in plan.candidates:
        try:
            cycles[candidate.name] = compile_network(candidate.network, plan.arrays[candidate.arith]).cycles
        except CompileError as error:
            found[candidate.name] = Failed(str(error))
    fitting = [candidate for candidate in plan.candidates if candidate.name in cycles]
    designs = _designs(fitting, plan, technology, place, observer, measures)
    found |= {each.name: design for each in fitting if isinstance(design := designs[each.arith], Failed)}
    # The longest first, so that no long one is left alone at the end.
    ready = sorted((each for each in fitting if each.name not in found), key=lambda each: -cycles[each.name])
    tasks = [
        Task(each.name, _measure_energy, (measures.energy, designs[each.arith], _labelled(each), plan.images, place)) for each in ready
    ]
    found |= zip((each.name for each in ready), run_tasks(tasks, place.jobs, observer), strict=True)
    return _comparison(plan, technology, found)


def _of_flows() -> Measures:
    from flightasic.eda.measure import find_tallest
    from flightasic.eda.measure_energy import measure_energy

    return Measures(find_tallest, measure_energy)


def _designs(
    candidates: list[Candidate], plan: Plan, technology: Technology, place: Place, observer: Observer, measures: Measures
) -> dict[str, Any]:
    """The design of every arithmetic that a candidate needs, or why there is none."""
    ariths = list(dict.fromkeys(candidate.arith for candidate in candidates))
    tasks = [
        Task(
            f"array {plan.arrays[arith].name}",
            _measure_design,
            (measures.design, plan.arrays[arith], technology, plan_options(plan), place),
        )
        for arith in ariths
    ]
    return dict(zip(ariths, run_tasks(tasks, place.jobs, observer), strict=True))


def plan_options(plan: Plan) -> dict[str, Any]:
    """What all arrays of a plan are built with."""
    return {"clock_ns": plan.clock_ns, "corner": plan.corner, "adder_style": plan.adder_style}


def _measure_design(
    measure: MeasureDesign, config: ArrayConfig, technology: Technology, options: dict[str, Any], place: Place, progress: Progress
) -> Any:
    return measure(config, technology, build=place.build, **options)


def _measure_energy(
    measure: MeasureEnergy, design: Any, candidate: Candidate, images: npt.NDArray[np.int8], place: Place, progress: Progress
) -> dict[str, Any]:
    import torch

    result = measure(
        design,
        candidate.network,
        torch.from_numpy(images),
        build=place.build,
        results=place.results,
        scheduler=place.scheduler,
        progress=progress,
    )
    data = dict(result.data)
    require_checks(candidate.name, data)
    return data


def require_checks(name: str, data: Mapping[str, Any]) -> None:
    """Raise :class:`ToolError` unless the figures of an energy record are of a netlist that met its clock and was simulated whole."""
    for check in ("setup_slack_ns", "hold_slack_ns"):
        if not data["checks"][check] >= 0:
            raise ToolError(f"{name}: {check} is {data['checks'][check]}; measure again with a longer clock period")
    if not data["annotated_fraction"] >= MIN_ANNOTATED:
        raise ToolError(f"{name}: {data['annotated_fraction']:.1%} of the nets are annotated, at least {MIN_ANNOTATED:.0%} must be")


def _labelled(candidate: Candidate) -> Candidate:
    """The candidate with its scheme and accuracy in the network's provenance, where records take them from."""
    network = candidate.network.with_info(scheme=candidate.scheme, accuracy=candidate.accuracy)
    return Candidate(net=candidate.net, scheme=candidate.scheme, network=network, accuracy=candidate.accuracy)


def _comparison(plan: Plan, technology: Technology, found: dict[str, Failed | dict[str, Any]]) -> Comparison:
    points: list[Point] = []
    failures: list[Failure] = []
    for each in plan.candidates:
        result = found[each.name]
        if isinstance(result, Failed):
            failures.append(Failure(net=each.net, scheme=each.scheme, array=plan.arrays[each.arith].name, reason=result.reason))
        else:
            points.append(make_point(each.net, each.scheme, result, each.name))
    settings = {
        **plan_options(plan),
        "corner": technology.corner(plan.corner),
        "pdk": technology.name,
        "pdk_source": technology.source,
        "dataset": plan.dataset,
        "images": len(plan.images),
        # As asked for; ``tile_rows`` of a point says what its array got.
        "arrays": {arith: config.to_dict() for arith, config in plan.arrays.items()},
    }
    return Comparison(settings=settings, points=tuple(points), failures=tuple(failures), git=git_state())
