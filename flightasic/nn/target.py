"""What training may be asked for: a mean k, cycles or energy, and who says what a filter's terms cost."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from flightasic.errors import ConfigError
from flightasic.nn.network import FLightNetwork

QUANTITIES = ("k", "cycles", "energy")


@dataclass(frozen=True)
class Target:
    """An upper limit on what a network costs.

    Attributes
    ----------
    quantity : str
        "k" (mean terms per multiply-accumulate), "cycles" (of one image) or "energy" (uJ of one image).
    limit : float
    relative : bool
        Whether ``limit`` is a share (1 = all) of what the network costs with two terms in every filter (one for fixed point).
    """

    quantity: str
    limit: float
    relative: bool

    @classmethod
    def parse(cls, text: str) -> Target:
        """``k<=1.1``, ``cycles<=20000``, ``cycles<=50%``, ``energy<=0.8`` (uJ); anything else is a ConfigError."""
        match = re.fullmatch(r"\s*(\w+)\s*<=\s*(\d+(?:\.\d+)?)\s*(%?)\s*", text)
        if match is None or match[1] not in QUANTITIES or float(match[2]) <= 0:
            raise ConfigError(f"target must look like 'k<=1.1', 'cycles<=20000', 'cycles<=50%' or 'energy<=0.8' (uJ), got {text!r}")
        return cls(match[1], float(match[2]) / (100 if match[3] else 1), bool(match[3]))


@dataclass(frozen=True)
class Cost:
    """What a network costs.

    Attributes
    ----------
    total : float
    prices : list of float tensors [P, O], one per stage
        What plane j of filter o costs at present, in the unit of ``total`` (0 for average pooling, shape [0, 0]).
    """

    total: float
    prices: list[Tensor]


class Meter(Protocol):
    """Says what a network costs."""

    unit: str

    def measure(self, model: FLightNetwork, kept: list[Tensor] | None = None) -> Cost:
        """The cost with the planes ``kept`` (bool [P, O] per stage) in use; None = those in use at present."""


class KMeter:
    """Mean terms per multiply-accumulate."""

    unit = "mean k"

    def measure(self, model: FLightNetwork, kept: list[Tensor] | None = None) -> Cost:
        """See :class:`Meter`."""
        kept = model.kept() if kept is None else kept
        macs = model.macs()
        everything = max(1, sum(macs))
        prices = [torch.full(planes.shape, count / everything / max(1, planes.shape[1])) for count, planes in zip(macs, kept, strict=True)]
        return Cost(sum(float((price * used.cpu()).sum()) for price, used in zip(prices, kept, strict=True)), prices)


def reference_planes(model: FLightNetwork) -> list[Tensor]:
    """The planes that relative targets refer to, bool [P, O] per stage: two of every filter, one where weights are fixed point."""
    planes = 2 if model.scheme.arith == "shift" else 1
    return [torch.ones((planes if kept.numel() else 0, kept.shape[1]), dtype=torch.bool) for kept in model.kept()]
