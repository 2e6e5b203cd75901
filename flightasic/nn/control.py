"""Learning k towards a target: the price of every term as a loss, its weight adapted, and the last step down to the limit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from flightasic.errors import ConfigError
from flightasic.nn.layers import QuantisedLayer
from flightasic.nn.network import FLightNetwork
from flightasic.nn.target import Cost, Meter, Target, reference_planes

PERIOD = 25
_START, _LARGEST, _SMALLEST = 0.05, 100.0, 1e-4
_RATE = 0.01
_GAIN = 20.0
_BISECTIONS = 20
_FACTOR_MAX = 1e3


@dataclass
class Controller:
    """Adds ``weight * sum(price * gate) / limit`` to the loss, and raises or lowers ``weight`` until the cost meets the limit.

    The gates' gradient is the paper's relaxed indicator, so the price of a term raises its layer's threshold. The limit falls from the
    cost at the start to the target while ``progress`` goes from 0 to ``ramp``.
    """

    model: FLightNetwork
    meter: Meter
    limit: float
    first: float
    ramp: float
    weight: float = _START
    cost: Cost | None = None
    steps: int = 0

    def __post_init__(self) -> None:
        for layer in self.model.layers():
            layer.guarded = True

    @classmethod
    def start(cls, model: FLightNetwork, target: Target, meter: Meter, ramp: float) -> Controller:
        """A controller for the model as it is now."""
        limit = target.limit
        if target.relative:
            limit *= meter.measure(model, reference_planes(model)).total
        return cls(model, meter, limit, meter.measure(model).total, ramp)

    def begin_epoch(self) -> None:
        """Forget what a checkpoint does not hold, so that a resumed run goes on as one that was never stopped."""
        self.cost, self.steps = None, 0

    def limit_at(self, progress: float) -> float:
        """The limit at ``progress`` (0..1) of the quantised phase."""
        share = min(1.0, progress / self.ramp) if self.ramp else 1.0
        return self.first + (self.limit - self.first) * share

    def loss(self, progress: float) -> Tensor:
        """The term to add to the loss after a forward pass; also adapts its weight."""
        if self.cost is None or self.steps % PERIOD == 0:
            self.cost = self.meter.measure(self.model, self._kept_last())
            excess = self.cost.total / self.limit_at(progress) - 1
            self.weight *= (1 + _RATE * max(-1.0, min(1.0, _GAIN * excess))) ** PERIOD
            self.weight = max(_SMALLEST, min(_LARGEST, self.weight))
        self.steps += 1
        parts = [
            (price.to(layer.last.gates) * layer.last.gates).sum()
            for price, layer in zip(_present(self.cost.prices), self.model.layers(), strict=True)
            if layer.last is not None
        ]
        return torch.stack(parts).sum() * (self.weight / self.limit)

    def _kept_last(self) -> list[Tensor]:
        """Planes in use in the last forward pass, per stage."""
        kept = []
        for stage in self.model.stage_list():
            layer = stage.layer
            if isinstance(layer, QuantisedLayer):
                kept.append((layer.last or layer.quantised()[0]).kept)
            else:
                kept.append(torch.empty((0, 0), dtype=torch.bool))
        return kept

    @torch.no_grad()
    def settle(self) -> None:
        """Raise all thresholds by the smallest common factor that meets the target (lower them if it leaves room).

        Raises
        ------
        ConfigError
            If not even one filter per layer meets it.
        """
        thresholds = [layer.thresholds for layer in self.model.layers() if layer.thresholds is not None]
        start = [threshold.clone() for threshold in thresholds]

        def total(factor: float) -> float:
            for threshold, value in zip(thresholds, start, strict=True):
                threshold.copy_(value * factor)
            return self.meter.measure(self.model).total

        low, high = 0.0, 1.0
        while total(high) > self.limit:
            low, high = high, 2 * high
            if high > _FACTOR_MAX:
                raise ConfigError(
                    f"target {self.limit:g} {self.meter.unit} is out of reach: with one filter per layer the network still costs "
                    f"{total(high):g}; set a larger one"
                )
        for _ in range(_BISECTIONS):
            middle = (low + high) / 2
            low, high = (low, middle) if total(middle) <= self.limit else (middle, high)
        total(high)

    def state(self) -> dict[str, Any]:
        """What a checkpoint must hold."""
        return {"limit": self.limit, "first": self.first, "weight": self.weight}


def _present(prices: list[Tensor]) -> list[Tensor]:
    return [price for price in prices if price.numel()]
