"""A made-up world of fits: arrays cost exactly the terms of the resource model, and nothing runs."""

from __future__ import annotations

from dataclasses import asdict, replace

from flightasic.config import ArrayConfig
from flightasic.eda.fpga_parts import ECP5_PARTS, Resources
from flightasic.errors import PlacementError
from flightasic.fit import Goal, Placement, fit_array
from flightasic.fit.candidates import SPACE, Design, Space, candidates
from flightasic.fit.model import TERMS, term_counts
from flightasic.fit.resources import block_rams, times

PART = "LFE5U-85F"
ALONE = replace(SPACE, cores=(1,))
COSTS = {
    "lut": dict(zip(TERMS, (60, 20, 10, 150, 40, 25, 30, 2000), strict=True)),
    "ff": dict(zip(TERMS, (8, 9, 20, 140, 1, 30, 150, 900), strict=True)),
}


def cost(config: ArrayConfig, *, dsp: bool = False, factor: float = 1.0, cores: int = 1) -> Resources:
    """What one of so many cores takes in the made-up world: exactly the terms of the model, times a factor."""
    counts = term_counts(config, ECP5_PARTS[PART].has, dsp=dsp, cores=cores)
    lut, ff = (round(factor * sum(COSTS[name][term] * count for term, count in counts.items())) for name in ("lut", "ff"))
    return Resources(lut=lut, ff=ff, bram=block_rams(config), dsp=counts["multiplier lane"])


class MadeUp:
    """Runs of the made-up world. ``fmax`` gives MHz by products per cycle; arrays of more than ``routable`` products do not route.

    ``large`` is how much more the arrays take that are larger than the calibration arrays.
    """

    def __init__(self, *, fmax=lambda products: 120.0, routable: int = 10**6, large: float = 1.0, placed: int = 0) -> None:
        self.synthesised: list[ArrayConfig] = []
        self.placed: list[Design] = []
        self._fmax, self._routable, self._large, self._more = fmax, routable, large, placed

    def synthesise(self, config: ArrayConfig, cores: int) -> Resources:
        self.synthesised.append(config)
        return cost(config, factor=self._large if config.products_per_cycle > 256 else 1.0, cores=cores)

    def place(self, design: Design) -> Placement:
        self.placed.append(design)
        if design.products_per_cycle > self._routable:
            raise PlacementError("the router gave up")
        used = times(cost(design.config, factor=self._large, cores=design.cores), design.cores)
        used = Resources(**{**asdict(used), "lut": used.lut + self._more})
        return Placement(used=used, fmax_mhz=self._fmax(design.products_per_cycle), versions={"yosys": "1", "nextpnr": "2"})

    def periods(self, config: ArrayConfig) -> dict[str, int]:
        """Images that no array does in less than 1,000 cycles, and large ones no sooner than their products allow."""
        return {"small": 1000 + 10**4 // config.products_per_cycle, "large": 100 + 10**6 // config.products_per_cycle}


class Silent:
    def started(self, step: str) -> None:
        pass

    def ended(self, step: str, outcome: str) -> None:
        pass


def run(goal: Goal | None = None, runs: MadeUp | None = None, space: Space = ALONE):
    """A fit of one core by products per cycle, unless told otherwise."""
    return fit_array(goal or Goal(clock_mhz=100.0, objective="products"), runs or MadeUp(), Silent(), space)


def single(part: str, arith: str) -> list[ArrayConfig]:
    return [design.config for design in candidates(part, arith, ALONE)]
