"""Learning k towards a target: what it costs in the end, which terms it keeps, and whom it refuses."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from flightasic.compiler import compile_network
from flightasic.config import ArrayConfig
from flightasic.errors import ConfigError
from flightasic.nn.control import PERIOD, Controller
from flightasic.nn.export import export
from flightasic.nn.models import build
from flightasic.nn.network import FLightNetwork
from flightasic.nn.scheme import Scheme
from flightasic.nn.settings import TrainSettings
from flightasic.nn.target import Cost, KMeter, Target, reference_planes
from flightasic.nn.train import train
from flightasic.pricing import meter_for
from tests.small_training import QUICK, noise_images, random_input


def quantised(scheme: str = "flight", *, model: str = "tiny", planes: int = 2) -> FLightNetwork:
    torch.manual_seed(0)
    network = build(model, Scheme.create(scheme, planes=planes))
    network.calibrate([random_input(4, 1, 28, 28)])
    return network


def learn(control: Controller, steps: int = PERIOD, progress: float = 1.0) -> None:
    """Some steps on random labels."""
    generator = torch.Generator().manual_seed(3)
    for _ in range(steps):
        loss = torch.nn.functional.cross_entropy(
            control.model(random_input(4, 1, 28, 28)), torch.randint(0, 10, (4,), generator=generator)
        )
        control.before_backward()
        loss.backward()
        control.after_backward(progress)


@pytest.mark.parametrize(
    "text,target",
    [
        ("k<=1.1", Target("k", 1.1, False)),
        (" cycles <= 20000 ", Target("cycles", 20000.0, False)),
        ("cycles<=50%", Target("cycles", 0.5, True)),
        ("energy<=0.8", Target("energy", 0.8, False)),
    ],
)
def test_targets_are_read(text: str, target: Target) -> None:
    assert Target.parse(text) == target


@pytest.mark.parametrize("limit", [0.4, 0.7, 1.0, 1.3, 1.9])
@pytest.mark.parametrize("model", ["tiny", "tiny-res"])
def test_a_mean_k_is_met_and_nearly_used_up(model: str, limit: float) -> None:
    network = quantised(model=model)
    control = Controller.start(network, Target("k", limit, False), KMeter(), 0.0)
    learn(control)
    control.settle()
    largest = max(float(price.max()) for price in KMeter().measure(network).prices if price.numel())
    assert limit - largest < network.mean_k() <= limit
    assert control.total == pytest.approx(network.mean_k())


# Eight filters of one column each are two groups of columns or one: the pruned network's cycles fall in large steps.
@pytest.mark.parametrize("scheme,limit,used", [("flight", 0.6, 0.9), ("fixed4-pruned", 0.85, 0.85)])
def test_the_exported_network_takes_no_more_cycles_than_the_target_allows(scheme: str, limit: float, used: float) -> None:
    config = ArrayConfig.for_arith("shift" if scheme == "flight" else "fixed4")
    target = Target("cycles", limit, True)
    settings = TrainSettings(**{**vars(QUICK), "scheme": scheme, "target": f"cycles<={limit:.0%}"})
    model, _ = train(settings, noise_images(), meter=meter_for(target, config))
    cycles = compile_network(export(model, "n"), config).cycles
    full = meter_for(target, config).measure(model, reference_planes(model)).total
    assert used * limit * full < cycles <= limit * full


def test_a_relative_target_means_two_terms_in_every_filter_whatever_the_planes() -> None:
    for planes in (1, 2, 3):
        assert Controller.start(quantised(planes=planes), Target("k", 0.5, True), KMeter(), 0.0).limit == pytest.approx(1.0)
    assert Controller.start(quantised("fixed4-pruned"), Target("k", 0.5, True), KMeter(), 0.0).limit == pytest.approx(0.5)


def test_the_limit_falls_from_all_terms_to_the_target() -> None:
    control = Controller.start(quantised(planes=3), Target("k", 1.0, False), KMeter(), 0.5)
    assert [control.limit_at(progress) for progress in (0.0, 0.25, 0.5, 0.9)] == pytest.approx([3.0, 2.0, 1.0, 1.0])
    learn(control, progress=0.25)
    assert 1.9 < control.model.mean_k() <= 2.0


def test_residuals_go_before_the_terms_they_refine_and_one_filter_of_a_layer_stays() -> None:
    network = quantised(planes=3)
    control = Controller.start(network, Target("k", 1.0, False), KMeter(), 0.0)
    control.limit = 1e-6
    learn(control)
    for layer in network.layers():
        assert layer.kept_planes.sum(1).tolist() == [1, 0, 0]
    control.limit = 1.5
    control.settle()
    for layer in network.layers():
        kept = layer.kept_planes
        assert (kept[0] | ~kept[1]).all() and (kept[1] | ~kept[2]).all()


def test_planes_are_kept_where_they_do_most_for_their_price() -> None:
    network = quantised()
    control = Controller.start(network, Target("k", 1.0, False), KMeter(), 0.0)
    learn(control, 5)
    first, last = control.sensitivity[0], control.sensitivity[-1]
    first.fill_(1.0)
    first[2] = 0.0
    control.sensitivity[1].fill_(1e-6)
    last.fill_(1e-6)
    control.settle()
    kept = next(iter(network.layers())).kept_planes
    assert kept[:, 2].tolist() == [False, False], "a filter that the loss does not feel goes first"
    assert kept[:, [0, 1, 3]].all(), "a layer that the loss feels most keeps its residuals"


def test_a_target_out_of_reach_is_refused_before_any_training() -> None:
    with pytest.raises(ConfigError, match="target 1e-06 mean k is out of reach: with one filter per layer the network still costs 0"):
        Controller.start(quantised(), Target("k", 1e-6, False), KMeter(), 0.0)


def test_a_dropped_filter_can_return() -> None:
    network = quantised()
    network.use_batch_statistics(True)
    network.train()
    control = Controller.start(network, Target("k", 1.0, False), KMeter(), 0.0)
    learn(control, 10)
    first = next(iter(network.layers()))
    kept = torch.ones_like(first.kept_planes)
    kept[:, 1] = False
    first.fix_k(kept)
    before = control.sensitivity[0].clone()
    learn(control, 10)
    assert control.sensitivity[0][1] == before[1], "what is known about it stays, though no gradient comes through"
    assert (control.sensitivity[0] != before).sum() == len(before) - 1


class Priced:
    """The terms of the first layer cost 1, those of all others 100."""

    unit = "coins"

    def measure(self, model: FLightNetwork, kept: list[Tensor] | None = None) -> Cost:
        kept = model.kept() if kept is None else kept
        prices = [torch.full(planes.shape, 100.0 if stage else 1.0) for stage, planes in enumerate(kept)]
        return Cost(sum(float((price * planes).sum()) for price, planes in zip(prices, kept, strict=True)), prices)


def test_of_planes_that_matter_alike_the_dear_ones_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flightasic.nn.control._REFILLS", 0)  # taking planes back would hide a wrong order
    network = quantised()
    first, *others = network.layers()
    everything = Priced().measure(network).total
    control = Controller.start(network, Target("cycles", everything / 2, False), Priced(), 0.0)
    for layer, sensitivity in zip(network.layers(), control.sensitivity, strict=True):
        sensitivity.copy_(layer.quantised()[0].residual_norms[-1].detach() ** -2)
    control.settle()
    assert first.kept_planes.all()
    assert not all(layer.kept_planes.all() for layer in others)


class Stairs:
    """Cycles-like: the terms of a layer count in fours."""

    unit = "steps"

    def measure(self, model: FLightNetwork, kept: list[Tensor] | None = None) -> Cost:
        kept = model.kept() if kept is None else kept
        total = float(sum(-(-int(planes.sum()) // 4) for planes in kept))
        return Cost(total, [torch.ones(planes.shape) / 4 for planes in kept])


def test_terms_that_cost_nothing_more_are_taken_back() -> None:
    network = quantised()
    control = Controller.start(network, Target("cycles", 8.0, False), Stairs(), 0.0)
    learn(control)
    control.settle()
    assert control.total == 8
    assert sum(int(layer.kept_planes.sum()) for layer in network.layers()) == 32


def test_a_target_on_the_hardware_needs_a_meter() -> None:
    settings = TrainSettings(**{**vars(QUICK), "target": "cycles<=50%"})
    with pytest.raises(ConfigError, match="'cycles<=50%' needs a meter; make one with flightasic.pricing.meter_for"):
        train(settings, noise_images())
