"""Learning k towards a target: terms are kept where they do most for the loss per unit of what they cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from flightasic.errors import ConfigError
from flightasic.nn.network import FLightNetwork
from flightasic.nn.target import Meter, Target, reference_planes

PERIOD = 50
_MEMORY = 0.99
_REFILLS = 400
_LEAST = 1e-30


@dataclass
class Controller:
    """Sets every filter's thresholds so that the network costs what it may, and spends it where the loss is most sensitive.

    Dropping plane j of filter i changes the loss roughly in proportion to ``h_i ||r_ij||^2``, with ``h_i`` the mean squared gradient of the
    filter's quantised weights (over batches; where gradients average out, it is proportional to the Fisher information). So a plane is
    kept where ``||r_ij|| > t_ij = sqrt(mu price_ij / h_i)``, the paper's rule with a threshold that knows the price; one ``mu`` for the
    whole network makes the cost meet the limit. A residual goes where the term it refines goes, and the most important filter of a layer
    always stays. The limit falls from the cost of all terms to the target while ``progress`` goes from 0 to ``ramp``.

    Attributes
    ----------
    limit, first, total : float
        The target, the cost of all terms, and the cost at the last decision, in the meter's unit.
    ramp : float
        Share of the quantised phase, 0..1.
    sensitivity : list of float tensors [O]
        ``h_i`` of every layer with weights.
    steps : int
        Training steps so far; every :data:`PERIOD` of them there is a decision.
    """

    model: FLightNetwork
    meter: Meter
    limit: float
    first: float
    ramp: float
    sensitivity: list[Tensor] = field(default_factory=list)
    total: float = float("nan")
    steps: int = 0

    @classmethod
    def start(cls, model: FLightNetwork, target: Target, meter: Meter, ramp: float) -> Controller:
        """A controller for the model as it is now; from here on it decides which planes are kept, at first all.

        Raises
        ------
        ConfigError
            If not even one filter per layer meets the target.
        """
        limit = target.limit
        if target.relative:
            limit *= meter.measure(model, reference_planes(model)).total
        _require(meter.measure(model, _one_filter_each(model)).total, limit, meter)
        for layer in model.layers():
            layer.fix_k(torch.ones_like(layer.kept_planes))
        sensitivity = [torch.zeros(layer.weight.shape[0], device=layer.weight.device) for layer in model.layers()]
        return cls(model, meter, limit, meter.measure(model).total, ramp, sensitivity)

    def limit_at(self, progress: float) -> float:
        """The limit at ``progress`` (0..1) of the quantised phase."""
        share = min(1.0, progress / self.ramp) if self.ramp else 1.0
        return self.first + (self.limit - self.first) * share

    def before_backward(self) -> None:
        """Ask for the gradients of the quantised weights."""
        for layer in self.model.layers():
            if layer.last is not None:
                layer.last.value.retain_grad()

    @torch.no_grad()
    def after_backward(self, progress: float) -> None:
        """Learn from the gradients, and every :data:`PERIOD` steps decide anew."""
        for layer, sensitivity in zip(self.model.layers(), self.sensitivity, strict=True):
            if layer.last is not None and layer.last.value.grad is not None:
                learned = sensitivity.lerp(layer.last.value.grad.flatten(1).square().mean(1), 1 - _MEMORY)
                # Nothing comes through a dropped filter, so nothing is learned about it: without this it could never return.
                sensitivity.copy_(torch.where(layer.last.k > 0, learned, sensitivity))
        self.steps += 1
        if self.steps % PERIOD == 0:
            self._decide(self.limit_at(progress))

    def _decide(self, limit: float) -> None:
        """Keep the planes that are worth their price; the cost of others is judged by the present prices."""
        cost = self.meter.measure(self.model)
        prices = [price for price in cost.prices if price.numel()]
        worth = self._worth(prices)
        now = sum(float((price * layer.kept_planes.cpu()).sum()) for price, layer in zip(prices, self.model.layers(), strict=True))

        def estimate(kept: list[Tensor]) -> float:
            return cost.total + sum(float((price * planes).sum()) for price, planes in zip(prices, kept, strict=True)) - now

        self.total = cost.total
        self._keep(_within(worth, estimate, limit))

    @torch.no_grad()
    def settle(self) -> None:
        """Keep what meets the target exactly, by the meter itself; ConfigError if nothing does."""
        worth = self._worth([price for price in self.meter.measure(self.model).prices if price.numel()])

        def exact(kept: list[Tensor]) -> float:
            self._keep(kept)
            return self.meter.measure(self.model).total

        kept = _within(worth, exact, self.limit)
        self.total = exact(self._refilled(kept, worth, exact))
        _require(self.total, self.limit, self.meter)
        # A plane without a term is free today, but its weights could grow one.
        for layer, planes in zip(self.model.layers(), [planes for planes in self.model.kept() if planes.numel()], strict=True):
            layer.fix_k(planes)

    def _refilled(self, kept: list[Tensor], worth: list[Tensor], exact: Callable[[list[Tensor]], float]) -> list[Tensor]:
        """Take planes back that the limit has room for, most valuable first: columns come in groups, so some are free."""
        if exact(kept) > self.limit:
            return kept
        dropped = [
            (float(value[plane, filter_]), layer, plane, filter_)
            for layer, (value, planes) in enumerate(zip(worth, kept, strict=True))
            for plane, filter_ in (~planes).nonzero().tolist()
        ]
        kept = [planes.clone() for planes in kept]
        for _, layer, plane, filter_ in sorted(dropped, key=lambda entry: (-entry[0], *entry[1:]))[:_REFILLS]:
            if plane and not kept[layer][plane - 1, filter_]:
                continue
            kept[layer][plane, filter_] = True
            if exact(kept) > self.limit:
                kept[layer][plane, filter_] = False
        return kept

    def _worth(self, prices: list[Tensor]) -> list[Tensor]:
        """What each plane does for the loss per unit of cost, [P, O] per layer, nested and with one filter that always stays."""
        result = []
        for layer, sensitivity, price in zip(self.model.layers(), self.sensitivity, prices, strict=True):
            weight = layer.last or layer.quantised()[0]
            importance = (sensitivity * weight.residual_norms.square()).cpu()
            worth = (importance / price.clamp(min=_LEAST)).cummin(0).values
            worth[0, importance[0].argmax()] = torch.inf
            result.append(worth)
        return result

    def _keep(self, kept: list[Tensor]) -> None:
        for layer, planes in zip(self.model.layers(), kept, strict=True):
            layer.fix_k(planes)

    def state(self) -> dict[str, Any]:
        """What a checkpoint must hold."""
        return {"limit": self.limit, "first": self.first, "sensitivity": self.sensitivity, "total": self.total, "steps": self.steps}


def _one_filter_each(model: FLightNetwork) -> list[Tensor]:
    """The first plane of the first filter of every layer, bool [P, O] per stage."""
    planes = [torch.zeros_like(kept) for kept in model.kept()]
    for kept in planes:
        kept[:1, :1] = True
    return planes


def _require(total: float, limit: float, meter: Meter) -> None:
    if total > limit:
        raise ConfigError(
            f"target {limit:g} {meter.unit} is out of reach: with one filter per layer the network still costs {total:g}; set a larger one"
        )


def _within(worth: list[Tensor], cost: Callable[[list[Tensor]], float], limit: float) -> list[Tensor]:
    """The most valuable planes, bool [P, O] per layer, whose ``cost`` is within ``limit``; if nothing is, those of infinite worth."""
    values = torch.cat([value.flatten() for value in worth]).sort().values
    cuts = values[values.isfinite()]

    def kept(dropped: int) -> list[Tensor]:
        cut = cuts[dropped - 1] if dropped else -torch.inf
        return [value > cut for value in worth]

    low, high = 0, len(cuts)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if cost(kept(middle)) <= limit else (middle + 1, high)
    return kept(low)
