"""The search for the largest array that fits: predict all, synthesise the best, place and route, step down where that fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from flightasic.config import ARITHMETICS, ArrayConfig
from flightasic.eda.fpga_parts import Resources
from flightasic.errors import ConfigError, FlightError, PlacementError
from flightasic.fit.candidates import SPACE, Space, calibration_arrays, candidates
from flightasic.fit.model import ResourceModel
from flightasic.fit.resources import NAMES, exceeded, limits, part_resources

MAX_PLACEMENTS = 5
SPEEDS = (6, 7, 8)
CLOCK, ROUTING, LARGEST = "clock", "routing", "set of candidates"
_STEP = 0.9
_STEP_FARTHEST = 0.5


class FitError(FlightError):
    """No array fits the part, or none of those tried meets the clock; the message names what binds and the remedy."""


@dataclass(frozen=True, kw_only=True)
class Goal:
    """What to fit: an arithmetic on a part of a speed grade (6, 7, 8), at a clock in MHz, in so much of its LUTs.

    ``dsp`` allows products in the part's multipliers; there are none in an array of shifts.

    Raises
    ------
    ConfigError
        If a field is out of range; the message names it.
    """

    part: str = "LFE5U-85F"
    arith: str = "shift"
    speed: int = 6
    dsp: bool = True
    clock_mhz: float = 60.0
    max_lut_percent: float = 85.0

    def __post_init__(self) -> None:
        if self.arith not in ARITHMETICS:
            raise ConfigError(f"--arith must be one of {', '.join(ARITHMETICS)}, got {self.arith!r}")
        if self.speed not in SPEEDS:
            raise ConfigError(f"--speed must be 6, 7 or 8, got {self.speed}")
        if not self.clock_mhz > 0:
            raise ConfigError(f"--clock-mhz must be above 0, got {self.clock_mhz:g}")
        limits(self.part, self.max_lut_percent)

    @property
    def multipliers(self) -> bool:
        """Whether products go into the part's multipliers."""
        return self.dsp and self.arith != "shift"

    @property
    def limits(self) -> Resources:
        """The most an array may use."""
        return limits(self.part, self.max_lut_percent)

    @property
    def name(self) -> str:
        """Short name of records, such as ``LFE5U-85F-6-fixed4-dsp``."""
        return f"{self.part}-{self.speed}-{self.arith}{'-dsp' if self.multipliers else ''}"


@dataclass(frozen=True, kw_only=True)
class Placement:
    """A placed and routed array: what it uses, its Fmax in MHz, its critical path (nextpnr's words), tool versions."""

    used: Resources
    fmax_mhz: float
    critical_path: Sequence[str] = ()
    versions: dict[str, str] = field(default_factory=dict)


class Runs(Protocol):
    """Where real figures come from: :class:`flightasic.fit.runs.RealRuns`."""

    def synthesise(self, config: ArrayConfig) -> Resources: ...

    def place(self, config: ArrayConfig) -> Placement:
        """Raises PlacementError if the array does not place or route."""
        ...


class Observer(Protocol):
    """Hears of every run as it starts and ends."""

    def started(self, step: str) -> None: ...

    def ended(self, step: str, outcome: str) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A placed and routed candidate.

    Attributes
    ----------
    config : ArrayConfig
    expected : Resources
        By the model before any run of this size.
    synthesised : Resources
    placement : Placement or None
        None if it did not place or route; ``reason`` then says why.
    reason : str
        Why it is not the fit: "" for the fit itself.
    """

    config: ArrayConfig
    expected: Resources
    synthesised: Resources
    placement: Placement | None
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """For the record."""
        found = self.placement
        return {
            "array": self.config.name,
            "products_per_cycle": self.config.products_per_cycle,
            "expected": asdict(self.expected),
            "synthesised": asdict(self.synthesised),
            "placed": asdict(found.used) if found else None,
            "fmax_mhz": found.fmax_mhz if found else None,
            "reason": self.reason,
        }


@dataclass(frozen=True, kw_only=True)
class Fit:
    """The array that fits, what kept a larger one from fitting, and how it was found.

    Attributes
    ----------
    binds : str
        A field of :class:`Resources`, "clock", "routing", or "set of candidates" if there is no larger array in the set.
    model : ResourceModel
        As calibrated, before any correction.
    """

    goal: Goal
    config: ArrayConfig
    placement: Placement
    binds: str
    trials: tuple[Trial, ...]
    model: ResourceModel


def fit_array(goal: Goal, runs: Runs, observer: Observer, space: Space = SPACE) -> Fit:
    """The array of ``space`` with the most products per cycle that places, routes and meets the clock, ties by fewer LUTs.

    Raises
    ------
    FitError
        If nothing fits, or nothing that was tried meets the clock or routes.
    """
    part = part_resources(goal.part)
    samples = {config: _synthesise(config, runs, observer) for config in calibration_arrays(goal.part, goal.arith, space)}
    calibrated = ResourceModel.calibrate(list(samples.items()), part, dsp=goal.multipliers)
    search = _Search(goal, candidates(goal.part, goal.arith, space), calibrated)
    while len(search.trials) < MAX_PLACEMENTS:
        chosen = search.best()
        if chosen is None:
            break
        if chosen not in search.known:
            search.learn(chosen, samples.get(chosen) or _synthesise(chosen, runs, observer))
            continue
        placement = _try(search, chosen, runs, observer)
        if placement is not None:
            binds, trials = search.binds(chosen), tuple(search.trials)
            return Fit(goal=goal, config=chosen, placement=placement, binds=binds, trials=trials, model=calibrated)
    raise FitError(search.why_nothing())


def _synthesise(config: ArrayConfig, runs: Runs, observer: Observer) -> Resources:
    step = f"synthesis of {config.name}"
    observer.started(step)
    used = runs.synthesise(config)
    observer.ended(step, f"{used.lut:,} LUTs, {used.ff:,} flip-flops, {used.bram} block RAMs, {used.dsp} multipliers")
    return used


def _try(search: _Search, config: ArrayConfig, runs: Runs, observer: Observer) -> Placement | None:
    """Place and route; the placement if it is good, else None and the search knows why."""
    step = f"place and route of {config.name} ({len(search.trials) + 1} of at most {MAX_PLACEMENTS})"
    observer.started(step)
    placement, reason = None, ""
    try:
        placement = runs.place(config)
        reason = search.objection(placement)
    except PlacementError as error:
        reason = f"{ROUTING}: {error}"
    good = placement is not None and not reason
    reached = f"{placement.fmax_mhz:.1f} MHz, {placement.used.lut:,} LUTs" if placement else ""
    observer.ended(step, ", ".join(filter(None, (reached, "fits" if good else reason))))
    search.tried(config, placement, reason)
    return placement if good else None


class _Search:
    """What is known of the candidates so far."""

    def __init__(self, goal: Goal, arrays: Sequence[ArrayConfig], model: ResourceModel) -> None:
        self.goal, self.arrays, self.most = goal, arrays, goal.limits
        self.known: dict[ArrayConfig, Resources] = {}
        self.trials: list[Trial] = []
        self._expected: dict[ArrayConfig, Resources] = {}
        self._model = model
        self._below = float("inf")  # products per cycle that a failed trial has shown to be too many

    def best(self) -> ArrayConfig | None:
        """The candidate with the most products that is expected, or known, to fit."""
        fitting = [config for config in self._left() if exceeded(self._usage(config), self.most) is None]
        return min(fitting, key=lambda config: (-config.products_per_cycle, self._usage(config).lut), default=None)

    def learn(self, config: ArrayConfig, used: Resources) -> None:
        """Take the real figures of a synthesised candidate in."""
        self._expected[config] = self._model.predict(config)
        self.known[config] = used
        self._model = self._model.corrected(config, used)

    def objection(self, placement: Placement) -> str:
        """Why a routed array is not good enough; empty if it is."""
        over = exceeded(placement.used, self.most)
        if over is not None:
            used, most = asdict(placement.used)[over], asdict(self.most)[over]
            return f"{over}: {used:,} {NAMES[over]} placed, the limit is {most:,}"
        if placement.fmax_mhz < self.goal.clock_mhz:
            return f"{CLOCK}: {placement.fmax_mhz:.1f} MHz, the goal is {self.goal.clock_mhz:g}"
        return ""

    def tried(self, config: ArrayConfig, placement: Placement | None, reason: str) -> None:
        """Remember a trial; after a failure the next one is smaller, the more the farther it missed."""
        self.trials.append(
            Trial(config=config, expected=self._expected[config], synthesised=self.known[config], placement=placement, reason=reason)
        )
        if reason:
            share = placement.fmax_mhz / self.goal.clock_mhz if placement else _STEP
            self._below = config.products_per_cycle * max(_STEP_FARTHEST, min(_STEP, share))

    def binds(self, config: ArrayConfig) -> str:
        """What keeps the next larger array from fitting."""
        failed = [trial.reason for trial in self.trials if trial.reason and trial.config.products_per_cycle > config.products_per_cycle]
        if failed:
            return failed[-1].partition(":")[0]
        larger = [other for other in self.arrays if other.products_per_cycle > config.products_per_cycle]
        if not larger:
            return LARGEST
        following = min(larger, key=lambda other: (other.products_per_cycle, self._usage(other).lut))
        # All larger ones were expected, or known, to exceed something: else the search would have taken one of them.
        return exceeded(self._usage(following), self.most) or LARGEST

    def why_nothing(self) -> str:
        """The message of a search that found nothing."""
        goal, part = self.goal, part_resources(self.goal.part)
        where = f"{goal.part} (speed grade {goal.speed}), {goal.arith}, {'with' if goal.multipliers else 'without'} multipliers"
        if self.trials:
            routed = [trial for trial in self.trials if trial.placement]
            best = max(routed, key=lambda trial: trial.placement.fmax_mhz if trial.placement else 0.0, default=None)
            tried = "; ".join(f"{trial.config.name} {trial.reason}" for trial in self.trials)
            remedy = "lower --max-lut-percent"
            if best and best.placement and best.reason.startswith(CLOCK):
                remedy = f"lower --clock-mhz to {int(best.placement.fmax_mhz)}, which {best.config.name} reaches, or take a faster --speed"
            return f"{where}: no array fits in {len(self.trials)} place-and-routes ({tried}); {remedy}"
        smallest = min(self.arrays, key=lambda config: self._usage(config).lut)
        used = self._usage(smallest)
        over = exceeded(used, self.most) or "lut"
        need, most, has = asdict(used)[over], asdict(self.most)[over], asdict(part)[over]
        remedy = "take a larger --part"
        if over == "lut" and need <= has:
            remedy = f"raise --max-lut-percent to {-(-100 * need // has)}, or take a larger --part"
        return (
            f"{where}: even the smallest array, {smallest.name}, does not fit; it needs {need:,} {NAMES[over]}, the limit is {most:,} "
            f"(the part has {has:,}); {remedy}"
        )

    def _left(self) -> list[ArrayConfig]:
        return [config for config in self.arrays if config.products_per_cycle < self._below]

    def _usage(self, config: ArrayConfig) -> Resources:
        return self.known.get(config) or self._model.predict(config)
