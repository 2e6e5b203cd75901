"""How many LUTs and flip-flops an array takes: a sum of terms with a meaning, calibrated by synthesising small arrays.

Block RAM and multipliers are not estimated but counted (:mod:`flightasic.fit.resources`). A weight of a term is what one of it costs,
such as LUTs per lane, so the weights of two arithmetics can be compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from flightasic.config import ArrayConfig
from flightasic.eda.fpga_parts import Resources
from flightasic.errors import ConfigError
from flightasic.fit.resources import block_rams, multipliers, times

ESTIMATED = ("lut", "ff")
TERMS = ("lane", "multiplier lane", "element", "column", "column lane", "word lane", "row", "constant")


def term_counts(config: ArrayConfig, part: Resources, *, dsp: bool, cores: int = 1) -> dict[str, int]:
    """How often one of so many cores has what each of :data:`TERMS` stands for.

    "lane": products per cycle made of LUTs; "multiplier lane": those made in multipliers; "element": partial sums; "column": merge,
    accumulate, post-processing; "column lane": placing a column's output in its word; "word lane": bytes that the banks give in a cycle
    (feed, rotation, padding); "row": addresses and settings of a row; "constant": sequencer, loader and streams.
    """
    in_blocks = multipliers(config, part, dsp=dsp, cores=cores)
    return {
        "lane": config.products_per_cycle - in_blocks,
        "multiplier lane": in_blocks,
        "element": config.rows * config.cols,
        "column": config.cols,
        "column lane": config.cols * config.lanes,
        "word lane": config.banks * config.lanes,
        "row": config.rows,
        "constant": 1,
    }


@dataclass(frozen=True)
class ResourceModel:
    """Weights of the terms for each of :data:`ESTIMATED`, and a factor on their sum that the latest real run has set.

    Attributes
    ----------
    weights : dict
        LUTs and flip-flops per unit of each term, at least 0.
    error : float
        Root mean square of the relative error over the LUTs of the calibration arrays.
    """

    part: Resources
    dsp: bool
    weights: Mapping[str, Mapping[str, float]]
    error: float
    scale: Mapping[str, float]

    @classmethod
    def calibrate(cls, samples: Sequence[tuple[ArrayConfig, Resources]], part: Resources, *, dsp: bool) -> ResourceModel:
        """The weights that fit the synthesised ``samples`` with the least sum of squared relative errors.

        Raises
        ------
        ConfigError
            If there is no sample.
        """
        if not samples:
            raise ConfigError("the resource model needs at least one synthesised array to be calibrated with")
        rows = [list(term_counts(config, part, dsp=dsp).values()) for config, _ in samples]
        counts = np.array(rows, dtype=np.float64)
        weights: dict[str, dict[str, float]] = {}
        for name in ESTIMATED:
            real = np.array([getattr(used, name) for _, used in samples], dtype=np.float64)
            found = _nonnegative(counts / real[:, None])
            weights[name] = dict(zip(TERMS, found.tolist(), strict=True))
        model = cls(part, dsp, weights, 0.0, dict.fromkeys(ESTIMATED, 1.0))
        errors = [model.predict(config).lut / used.lut - 1 for config, used in samples]
        return replace(model, error=float(np.sqrt(np.mean(np.square(errors)))))

    def predict(self, config: ArrayConfig, cores: int = 1) -> Resources:
        """What so many arrays are expected to take."""
        counts = term_counts(config, self.part, dsp=self.dsp, cores=cores)
        sums = {name: self.scale[name] * sum(self.weights[name][term] * count for term, count in counts.items()) for name in ESTIMATED}
        one = Resources(
            lut=round(sums["lut"]),
            ff=round(sums["ff"]),
            bram=block_rams(config),
            dsp=multipliers(config, self.part, dsp=self.dsp, cores=cores),
        )
        return times(one, cores)

    def corrected(self, guess: Resources, real: Resources) -> ResourceModel:
        """The model that is right about a design of which the real figures are known: same weights, another factor on their sum."""
        return replace(self, scale={name: self.scale[name] * getattr(real, name) / getattr(guess, name) for name in ESTIMATED})


def _nonnegative(relative: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Weights w >= 0 with ``relative`` w as near to one as it gets: terms that would cost less than nothing are left out, worst first."""
    kept = list(range(relative.shape[1]))
    target = np.ones(len(relative))
    while True:
        found = np.linalg.lstsq(relative[:, kept], target, rcond=None)[0]
        if found.min() >= 0:
            weights = np.zeros(relative.shape[1])
            weights[kept] = found
            return weights
        # The size of a term is what it adds on average, not its weight: terms count lanes and rows.
        kept.pop(int((found * relative[:, kept].mean(axis=0)).argmin()))
