"""The search for the best arrays that fit: predict all, synthesise the best, place and route, step down where that fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Protocol

from flightasic.config import ARITHMETICS, CODE_BITS, ArrayConfig, arith_name, default_code_bits, one_of
from flightasic.eda.fpga_parts import Resources
from flightasic.errors import ConfigError, FlightError, PlacementError
from flightasic.fit.candidates import SPACE, Design, Space, calibration_arrays, candidates
from flightasic.fit.model import ResourceModel
from flightasic.fit.resources import NAMES, exceeded, limits, part_resources, times
from flightasic.fit.workload import images_per_cycle

MAX_PLACEMENTS = 5
SPEEDS = (6, 7, 8)
NETWORKS, PER_LUT, PRODUCTS = "networks", "networks-per-lut", "products"
OBJECTIVES = (NETWORKS, PER_LUT, PRODUCTS)
CLOCK, ROUTING, LARGEST = "clock", "routing", "set of candidates"
_STEP = 0.9
_STEP_FARTHEST = 0.5
_DOUBT = 1.25


class FitError(FlightError):
    """No array fits the part, or none of those tried meets the clock; the message names what binds and the remedy."""


@dataclass(frozen=True, kw_only=True)
class Goal:
    """What to fit: an arithmetic on a part of a speed grade (6, 7, 8), at a clock in MHz, in so much of its LUTs.

    ``dsp`` allows products in the part's multipliers; there are none in an array of shifts. ``code_bits`` None takes the usual width of
    the arithmetic's codes. ``objective``: "networks" wants the most images per cycle of the networks of
    :data:`flightasic.fit.workload.WORKLOADS`, "networks-per-lut" the most of them for each LUT, "products"
    the most products per cycle. ``cores``: so many arrays may lie side by side.

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
    code_bits: int | None = None
    objective: str = NETWORKS
    cores: int = max(SPACE.cores)

    def __post_init__(self) -> None:
        if self.arith not in ARITHMETICS:
            raise ConfigError(f"--arith must be one of {', '.join(ARITHMETICS)}, got {self.arith!r}")
        allowed = sorted(CODE_BITS[self.arith])
        if self.code_bits is not None and self.code_bits not in allowed:
            raise ConfigError(f"--code-bits of {self.arith} must be {one_of(allowed)}, got {self.code_bits}")
        if self.cores < 1:
            raise ConfigError(f"--cores must be at least 1, got {self.cores}")
        if self.objective not in OBJECTIVES:
            raise ConfigError(f"--objective must be {one_of(OBJECTIVES)}, got {self.objective!r}")
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
    def width(self) -> int:
        """Bits of a code."""
        return self.code_bits or default_code_bits(self.arith)

    @property
    def limits(self) -> Resources:
        """The most an array may use."""
        return limits(self.part, self.max_lut_percent)

    @property
    def name(self) -> str:
        """Short name of records, such as ``LFE5U-85F-6-fixed4-dsp``; an unusual objective is at its end."""
        arith = arith_name(self.arith, self.width)
        objective = "" if self.objective == NETWORKS else f"-{self.objective}"
        return f"{self.part}-{self.speed}-{arith}{'-dsp' if self.multipliers else ''}{objective}"


@dataclass(frozen=True, kw_only=True)
class Placement:
    """A placed and routed design: what it uses, its Fmax in MHz, its critical path (nextpnr's words), tool versions."""

    used: Resources
    fmax_mhz: float
    critical_path: Sequence[str] = ()
    versions: dict[str, str] = field(default_factory=dict)


class Runs(Protocol):
    """Where real figures come from: :class:`flightasic.fit.runs.RealRuns`."""

    def synthesise(self, config: ArrayConfig, cores: int) -> Resources:
        """What one of so many cores takes."""
        ...

    def place(self, design: Design) -> Placement:
        """Raises PlacementError if the design does not place or route."""
        ...

    def periods(self, config: ArrayConfig) -> dict[str, int]:
        """Cycles from one image to the next of every network that arrays are fitted for; empty if one does not fit its memories."""
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
    design : Design
    expected : Resources
        By the model before any run of this size.
    synthesised : Resources
    placement : Placement or None
        None if it did not place or route; ``reason`` then says why.
    reason : str
        Why it is not the fit: "" for the fit itself.
    """

    design: Design
    expected: Resources
    synthesised: Resources
    placement: Placement | None
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """For the record."""
        found = self.placement
        return {
            "array": self.design.name,
            "products_per_cycle": self.design.products_per_cycle,
            "expected": asdict(self.expected),
            "synthesised": asdict(self.synthesised),
            "placed": asdict(found.used) if found else None,
            "fmax_mhz": found.fmax_mhz if found else None,
            "reason": self.reason,
        }


@dataclass(frozen=True, kw_only=True)
class Fit:
    """The design that fits, what kept a better one from fitting, and how it was found.

    Attributes
    ----------
    binds : str
        A field of :class:`Resources`, "clock", "routing", or "set of candidates" if there is no better design in the set.
    model : ResourceModel
        As calibrated, before any correction.
    """

    goal: Goal
    design: Design
    placement: Placement
    binds: str
    trials: tuple[Trial, ...]
    model: ResourceModel


def fit_array(goal: Goal, runs: Runs, observer: Observer, space: Space = SPACE) -> Fit:
    """The design of ``space`` that is best by the goal's objective and places, routes and meets the clock, ties by fewer LUTs.

    Raises
    ------
    FitError
        If nothing fits, or nothing that was tried meets the clock or routes.
    """
    part = part_resources(goal.part)
    space = replace(space, cores=tuple(cores for cores in space.cores if cores <= goal.cores))
    small = calibration_arrays(goal.part, goal.arith, space, goal.code_bits)
    samples = {config: _synthesise(Design(config=config), runs, observer) for config in small}
    calibrated = ResourceModel.calibrate(list(samples.items()), part, dsp=goal.multipliers)
    search = _Search(goal, candidates(goal.part, goal.arith, space, goal.code_bits), calibrated, runs, observer)
    while len(search.trials) < MAX_PLACEMENTS:
        chosen = search.best()
        if chosen is None:
            break
        if chosen not in search.known:
            one = samples.get(chosen.config) if chosen.cores == 1 else None
            search.learn(chosen, times(one or _synthesise(chosen, runs, observer), chosen.cores))
            continue
        placement = _try(search, chosen, runs, observer)
        if placement is not None:
            binds, trials = search.binds(chosen), tuple(search.trials)
            return Fit(goal=goal, design=chosen, placement=placement, binds=binds, trials=trials, model=calibrated)
    raise FitError(search.why_nothing())


def _synthesise(design: Design, runs: Runs, observer: Observer) -> Resources:
    """What one core of a design takes."""
    step = f"synthesis of {design.config.name}" + (f", one of {design.cores} cores" if design.cores > 1 else "")
    observer.started(step)
    used = runs.synthesise(design.config, design.cores)
    observer.ended(step, f"{used.lut:,} LUTs, {used.ff:,} flip-flops, {used.bram} block RAMs, {used.dsp} multipliers")
    return used


def _try(search: _Search, design: Design, runs: Runs, observer: Observer) -> Placement | None:
    """Place and route; the placement if it is good, else None and the search knows why."""
    step = f"place and route of {design.name} ({len(search.trials) + 1} of at most {MAX_PLACEMENTS})"
    observer.started(step)
    placement, reason = None, ""
    try:
        placement = runs.place(design)
        reason = search.objection(placement)
    except PlacementError as error:
        reason = f"{ROUTING}: {error}"
    good = placement is not None and not reason
    reached = f"{placement.fmax_mhz:.1f} MHz, {placement.used.lut:,} LUTs" if placement else ""
    observer.ended(step, ", ".join(filter(None, (reached, "fits" if good else reason))))
    search.tried(design, placement, reason)
    return placement if good else None


class _Search:
    """What is known of the candidates so far."""

    def __init__(self, goal: Goal, designs: Sequence[Design], model: ResourceModel, runs: Runs, observer: Observer) -> None:
        self.goal, self.designs, self.most = goal, designs, goal.limits
        self.known: dict[Design, Resources] = {}
        self.trials: list[Trial] = []
        self._expected: dict[Design, Resources] = {}
        self._model = model
        self._below = float("inf")  # products per cycle that a failed trial has shown to be too many
        self._values = self._rated(runs, observer)

    def best(self) -> Design | None:
        """The candidate that is worth most of those expected, or known, to fit."""
        fitting = [design for design in self._left() if exceeded(self._usage(design), self.most) is None]
        return min(fitting, key=lambda design: (-self.value(design), self._usage(design).lut), default=None)

    def value(self, design: Design) -> float:
        """What the goal's objective says of a design."""
        worth = self._values[design.config] * design.cores
        return worth / self._usage(design).lut if self.goal.objective == PER_LUT else worth

    def _rated(self, runs: Runs, observer: Observer) -> dict[ArrayConfig, float]:
        """What one core of every array is worth; arrays that are far too large count for nothing, unrated."""
        configs = dict.fromkeys(design.config for design in self.designs)
        if self.goal.objective == PRODUCTS:
            return {config: float(config.products_per_cycle) for config in configs}
        values = dict.fromkeys(configs, 0.0)
        near = [config for config in configs if self._near(config)]
        step = f"cycles of the networks on {len(near)} arrays"
        observer.started(step)
        values |= {config: images_per_cycle(runs.periods(config)) for config in near}
        observer.ended(step, f"{sum(value > 0 for value in values.values())} hold all of them")
        return values

    def _near(self, config: ArrayConfig) -> bool:
        """Whether an array may fit, as far as the model can be wrong."""
        guess = self._model.predict(config)
        return guess.lut <= self.most.lut * _DOUBT and guess.bram <= self.most.bram

    def learn(self, design: Design, used: Resources) -> None:
        """Take the real figures of a synthesised candidate in."""
        guess = self._model.predict(design.config, design.cores)
        self._expected[design] = guess
        self.known[design] = used
        self._model = self._model.corrected(guess, used)

    def objection(self, placement: Placement) -> str:
        """Why a routed array is not good enough; empty if it is."""
        over = exceeded(placement.used, self.most)
        if over is not None:
            used, most = asdict(placement.used)[over], asdict(self.most)[over]
            return f"{over}: {used:,} {NAMES[over]} placed, the limit is {most:,}"
        if placement.fmax_mhz < self.goal.clock_mhz:
            return f"{CLOCK}: {placement.fmax_mhz:.1f} MHz, the goal is {self.goal.clock_mhz:g}"
        return ""

    def tried(self, design: Design, placement: Placement | None, reason: str) -> None:
        """Remember a trial; after a failure the next one is smaller, the more the farther it missed."""
        self.trials.append(
            Trial(design=design, expected=self._expected[design], synthesised=self.known[design], placement=placement, reason=reason)
        )
        if reason:
            share = placement.fmax_mhz / self.goal.clock_mhz if placement else _STEP
            self._below = design.products_per_cycle * max(_STEP_FARTHEST, min(_STEP, share))

    def binds(self, design: Design) -> str:
        """What keeps the next better design from fitting."""
        failed = [trial.reason for trial in self.trials if trial.reason and self.value(trial.design) > self.value(design)]
        if failed:
            return failed[-1].partition(":")[0]
        better = [other for other in self.designs if self.value(other) > self.value(design)]
        if not better and self.goal.objective != PER_LUT:
            # Arrays that are far too large were not rated.
            better = [other for other in self.designs if not self.value(other) and other.products_per_cycle > design.products_per_cycle]
        if not better:
            return LARGEST
        following = min(better, key=lambda other: (self.value(other), other.products_per_cycle, self._usage(other).lut))
        # All better ones were expected, or known, to exceed something: else the search would have taken one of them.
        return exceeded(self._usage(following), self.most) or LARGEST

    def why_nothing(self) -> str:
        """The message of a search that found nothing."""
        goal, part = self.goal, part_resources(self.goal.part)
        products = f"{arith_name(goal.arith, goal.width)}, {'with' if goal.multipliers else 'without'} multipliers"
        where = f"{goal.part} (speed grade {goal.speed}), {products}"
        if self.trials:
            routed = [trial for trial in self.trials if trial.placement]
            best = max(routed, key=lambda trial: trial.placement.fmax_mhz if trial.placement else 0.0, default=None)
            tried = "; ".join(f"{trial.design.name} {trial.reason}" for trial in self.trials)
            remedy = "lower --max-lut-percent"
            if best and best.placement and best.reason.startswith(CLOCK):
                remedy = f"lower --clock-mhz to {int(best.placement.fmax_mhz)}, which {best.design.name} reaches, or take a faster --speed"
            return f"{where}: no array fits in {len(self.trials)} place-and-routes ({tried}); {remedy}"
        if not any(self.value(design) for design in self.designs):
            return (
                f"{where}: no array of the set holds the networks that arrays are fitted for; take --objective products, or a larger --part"
            )
        smallest = min(self.designs, key=lambda design: self._usage(design).lut)
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

    def _left(self) -> list[Design]:
        return [design for design in self.designs if design.products_per_cycle < self._below and self.value(design) > 0]

    def _usage(self, design: Design) -> Resources:
        return self.known.get(design) or self._model.predict(design.config, design.cores)
