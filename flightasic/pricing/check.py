"""How well prices tell what dropping planes saves: predicted against exact savings of random planes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from flightasic.nn.network import FLightNetwork
from flightasic.nn.target import Meter


@dataclass(frozen=True)
class PriceAccuracy:
    """Savings by the prices against exact ones: their correlation (-1..1), and the mean of the former over that of the latter."""

    correlation: float
    ratio: float


def price_accuracy(meter: Meter, model: FLightNetwork, kept: list[Tensor], *, planes: int, draws: int, seed: int = 0) -> PriceAccuracy:
    """Drop ``planes`` random planes (with those after them in their filters), ``draws`` times, and measure anew each time.

    ``kept`` (bool [P, O] per stage) is where every draw starts from.
    """
    cost = meter.measure(model, kept)
    present = [(stage, plane, filter_) for stage, used in enumerate(kept) for plane, filter_ in used.nonzero().tolist()]
    generator = torch.Generator().manual_seed(seed)
    savings = torch.zeros((2, draws), dtype=torch.float64)
    for draw in range(draws):
        order = torch.randperm(len(present), generator=generator)[:planes]
        left = without(kept, (present[index] for index in order.tolist()))
        savings[0, draw] = saving(cost.prices, kept, left)
        savings[1, draw] = cost.total - meter.measure(model, left).total
    expected, exact = savings.mean(1).tolist()
    return PriceAccuracy(float(torch.corrcoef(savings)[0, 1]), expected / exact)


def without(kept: list[Tensor], planes: Iterable[tuple[int, int, int]]) -> list[Tensor]:
    """Planes in use after filters lost these (stage, plane, filter), and their planes after them."""
    left = [used.clone() for used in kept]
    for stage, plane, filter_ in planes:
        left[stage][plane:, filter_] = False
    return left


def saving(prices: list[Tensor], kept: list[Tensor], left: list[Tensor]) -> float:
    """What the prices say that the planes in ``kept`` but not in ``left`` cost."""
    return sum(float((price * (before & ~after)).sum()) for price, before, after in zip(prices, kept, left, strict=True))
