"""Layers, activations, networks and the trainer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from flightasic.data import Dataset
from flightasic.errors import ConfigError, DataError, FormatError
from flightasic.formats import requantise
from flightasic.ir import IntegerNetwork
from flightasic.nn.act import ActivationQuantiser
from flightasic.nn.export import export
from flightasic.nn.layers import AccumulatorGrid, FLightConv2d, FLightLinear
from flightasic.nn.models import build
from flightasic.nn.network import FLightNetwork
from flightasic.nn.scheme import QUANTISED_SCHEMES, SCHEMES, Scheme
from flightasic.nn.train import Step, TrainSettings, to_inputs, train

QUICK = TrainSettings(model="tiny", epochs=2, float_epochs=2, batch=16)


def noise_images(count: int = 48, seed: int = 0) -> Dataset:
    """Random images whose label is their brightest tenth of rows, so that there is something to learn."""
    generator = torch.Generator().manual_seed(seed)
    images = torch.randint(0, 120, (count, 1, 28, 28), dtype=torch.uint8, generator=generator)
    labels = torch.randint(0, 10, (count,), generator=generator)
    for image, label in zip(images, labels.tolist(), strict=True):
        image[0, 2 * label : 2 * label + 4] += 130
    return Dataset(images, labels)


def random_input(*shape: int) -> Tensor:
    return torch.randint(-128, 128, shape, generator=torch.Generator().manual_seed(2)).float() / 128


@pytest.mark.parametrize("scheme", SCHEMES)
def test_layers_drop_in_for_torchs_own(scheme: str) -> None:
    torch.manual_seed(0)
    conv = FLightConv2d(3, 5, 3, stride=2, padding=1, scheme=scheme)
    inputs = random_input(2, 3, 9, 9)
    weight = conv.weight if scheme == "float" else conv.quantised()[0].value
    assert torch.equal(conv(inputs), functional.conv2d(inputs, weight, conv.bias, 2, 1))
    linear = FLightLinear(7, 4, scheme=scheme)
    weight = linear.weight if scheme == "float" else linear.quantised()[0].value
    assert torch.equal(linear(random_input(6, 7)), functional.linear(random_input(6, 7), weight, linear.bias))


@pytest.mark.parametrize("scheme", QUANTISED_SCHEMES)
def test_every_parameter_of_a_layer_is_trained(scheme: str) -> None:
    torch.manual_seed(0)
    layer = FLightConv2d(3, 5, 3, batch_norm=True, scheme=scheme)
    layer(random_input(2, 3, 6, 6), AccumulatorGrid(-7, -4, 24)).square().sum().backward()
    for name, parameter in layer.named_parameters():
        assert parameter.grad is not None and parameter.grad.any(), name
    assert ("thresholds" in dict(layer.named_parameters())) == Scheme.create(scheme).learned


def test_folded_batch_norm_equals_the_batch_norm_it_replaces() -> None:
    torch.manual_seed(0)
    layer = FLightConv2d(3, 5, 3, batch_norm=True, scheme="float")
    for _ in range(20):
        layer(random_input(8, 3, 6, 6) + torch.randn(8, 3, 6, 6))
    layer.eval()
    inputs = random_input(2, 3, 6, 6)
    weight, bias = layer.folded()
    torch.testing.assert_close(functional.conv2d(inputs, weight, bias), layer(inputs))


def test_quantising_sees_the_folded_weights() -> None:
    torch.manual_seed(0)
    layer = FLightConv2d(3, 5, 3, batch_norm=True, scheme="lightnn1")
    before = layer.quantised()[0].value
    assert layer.norm is not None
    with torch.no_grad():
        layer.norm.weight.mul_(4)
    assert torch.equal(layer.quantised()[0].value, 4 * before)


def test_the_bias_is_a_whole_number_of_accumulator_units() -> None:
    torch.manual_seed(0)
    layer = FLightConv2d(3, 64, 3, scheme="lightnn2")
    result, bias = layer.quantised(AccumulatorGrid(-7, -4, 24))
    units = bias.double() / 2.0 ** (result.grid - 7).double()
    assert torch.equal(units, units.round())
    assert layer.bias is not None
    nearest = torch.floor(layer.bias.double() / 2.0 ** (result.grid - 7).double() + 0.5)
    assert torch.equal(units, nearest)


@pytest.mark.parametrize(
    "weight,bias,grid,floor",
    [
        # 2 * 128 * (1 + 1) = 2^9 below 2^10, 19 bits hold 2^18: a unit of 2^-8 keeps a margin of one bit
        ([1.0, -1.0], 0.0, AccumulatorGrid(-7, 0, 19), 10 - 18),
        ([1.0, -1.0], 2.0**6, AccumulatorGrid(-7, -7, 19), 14 - 18),
        # the output unit is 2^(acc_bits - 4) of these: finer sums would only be rounded away
        ([2.0**-20, 0.0], 0.0, AccumulatorGrid(-7, -3, 20), -3 + 7 - 16),
    ],
    ids=["sums", "bias", "output"],
)
def test_terms_are_no_finer_than_accumulator_and_output_need(weight: list[float], bias: float, grid: AccumulatorGrid, floor: int) -> None:
    assert grid.floor(torch.tensor([weight]), torch.tensor([bias])).tolist() == [floor]


def test_a_pruned_filter_outputs_zero_whatever_its_bias() -> None:
    layer = FLightConv2d(3, 5, 3, scheme="flight")
    assert layer.thresholds is not None and layer.bias is not None
    with torch.no_grad():
        layer.thresholds.fill_(1e3)
        layer.bias.fill_(5.0)
    assert not layer(random_input(2, 3, 6, 6)).any()


def test_learned_thresholds_start_with_weak_filters_pruned_and_half_of_the_residuals_kept() -> None:
    torch.manual_seed(0)
    layer = FLightConv2d(8, 32, 3, scheme="float")
    with torch.no_grad():
        layer.weight[:3] *= 0.01
    layer.set_scheme(Scheme.create("flight", planes=3))
    assert layer.quantised()[0].kept.sum(1).tolist() == [29, 16, 16]


@pytest.mark.parametrize("relu", [True, False])
@pytest.mark.parametrize("shift", [0, 1, 5])
def test_activations_round_as_the_integers_behind_them(relu: bool, shift: int) -> None:
    act = ActivationQuantiser(relu=relu)
    act.set_exponent(-6 + shift)
    acc = torch.arange(-9000, 9000)
    expected = requantise(acc, torch.tensor(shift), int(relu))
    assert torch.equal(act(acc.float() * 2.0**-6), expected.float() * 2.0 ** (-6 + shift))


def test_activation_gradients_pass_within_the_range_only() -> None:
    act = ActivationQuantiser(relu=True)
    act.set_exponent(0)
    values = torch.tensor([-3.0, 0.4, 126.0, 127.6, 300.0], requires_grad=True)
    act(values).sum().backward()
    assert values.grad.tolist() == [0, 1, 1, 0, 0]


def test_the_activation_scale_covers_what_was_seen_and_forgets_slowly() -> None:
    act = ActivationQuantiser(relu=False)
    scales = []
    for value in (-0.9, -100.0, 0.001):
        act.observe(torch.tensor([value, 0.0002]))
        scales.append(act.scale_log2)
    assert scales == [-7, 0, 0]
    for _ in range(20):
        act.observe(torch.tensor([0.001]))
    assert act.scale_log2 == -3


def test_a_forward_pass_changes_no_scale_unless_it_is_asked_to() -> None:
    torch.manual_seed(0)
    model = build("tiny", Scheme.create("lightnn1"))
    model.calibrate([random_input(4, 1, 28, 28)])
    before = model.scales()
    model(100 * random_input(4, 1, 28, 28))
    assert model.scales() == before
    model.observe(True)
    model(100 * random_input(4, 1, 28, 28))
    assert model.scales() != before


def test_mean_k_of_the_model_is_that_of_its_integer_network(trained: Callable[[str], tuple[FLightNetwork, IntegerNetwork]]) -> None:
    model, network = trained("flight")
    assert model.mean_k() == pytest.approx(network.mean_k())
    assert 1 < network.mean_k() < 2


@pytest.mark.parametrize(
    "make,message",
    [
        (lambda: build("resnet", Scheme.create("flight")), "'resnet'"),
        (lambda: FLightConv2d(0, 4, 3), r"FLightConv2d\(0, 4, 3"),
        (lambda: FLightLinear(3, 0), r"FLightLinear\(3, 0\)"),
        (lambda: TrainSettings(epochs=-1), "epochs must not be negative, got -1"),
        (lambda: TrainSettings(lr=0.0), "lr must be positive"),
        (lambda: TrainSettings(limit=0), "limit"),
        (lambda: TrainSettings(lambdas=()), "lambdas"),
        (lambda: TrainSettings(lambdas=(0.1, -0.1)), "lambdas"),
    ],
)
def test_impossible_settings_are_refused(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        make()


def test_training_learns_and_reports(tmp_path: Path) -> None:
    steps: list[Step] = []
    model, history = train(replace(QUICK, epochs=3, float_epochs=8), noise_images(200), on_step=steps.append)
    assert [(entry["phase"], entry["epoch"]) for entry in history] == [("float", e) for e in range(8)] + [
        ("quantised", e) for e in range(3)
    ]
    assert history[-1]["accuracy"] > 0.5
    assert history[-1]["loss"] < history[0]["loss"]
    assert steps[-1].step == steps[-1].steps == 13
    assert history[-1]["mean_k"] == pytest.approx(model.mean_k())
    assert export(model, "n").info["scheme"] == "flight"


def test_more_regularisation_gives_fewer_terms(tmp_path: Path) -> None:
    start = tmp_path / "float.ckpt"
    train(replace(QUICK, scheme="float", epochs=0), noise_images(), checkpoint=start)
    settings = replace(QUICK, epochs=30, lr=4e-3)
    means = [train(replace(settings, lambdas=(0.0, lam)), noise_images(), start=start)[0].mean_k() for lam in (0.0, 1.0)]
    assert means[1] < means[0]


def test_regularising_the_weights_themselves_prunes_filters() -> None:
    model, _ = train(replace(QUICK, epochs=20, lr=1e-2, lambdas=(0.2, 0.0)), noise_images())
    pruned = sum(int((k == 0).sum()) for k in model.filter_k())
    assert 0 < pruned < sum(len(k) for k in model.filter_k())


def test_the_seed_decides_the_weights() -> None:
    first, again, other = (train(replace(QUICK, seed=seed), noise_images())[0].state_dict() for seed in (0, 0, 1))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["stages.0.layer.weight"], other["stages.0.layer.weight"])


class Killed(Exception):
    pass


@pytest.mark.parametrize("scheme", ["flight", "fixed4"])
@pytest.mark.parametrize("kill_at", [2, 4, 7, 10])
def test_a_killed_run_resumes_to_the_same_weights(tmp_path: Path, scheme: str, kill_at: int) -> None:
    settings = replace(QUICK, scheme=scheme)
    whole, whole_history = train(settings, noise_images())
    checkpoint = tmp_path / "run.ckpt"
    seen = 0

    def kill(step: Step) -> None:
        nonlocal seen
        seen += 1
        if seen == kill_at:
            raise Killed

    with pytest.raises(Killed):
        train(settings, noise_images(), checkpoint=checkpoint, on_step=kill)
    assert checkpoint.exists() == (kill_at > 3)
    resumed, history = train(settings, noise_images(), checkpoint=checkpoint, resume=True)
    assert repr(history) == repr(whole_history)
    for name, value in whole.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name


def test_a_finished_run_resumes_without_training(tmp_path: Path) -> None:
    checkpoint = tmp_path / "run.ckpt"
    model, _ = train(QUICK, noise_images(), checkpoint=checkpoint)
    steps: list[Step] = []
    again, _ = train(QUICK, noise_images(), checkpoint=checkpoint, resume=True, on_step=steps.append)
    assert steps == []
    assert all(torch.equal(value, again.state_dict()[name]) for name, value in model.state_dict().items())


def test_without_resume_a_run_starts_anew(tmp_path: Path) -> None:
    checkpoint = tmp_path / "run.ckpt"
    train(QUICK, noise_images(), checkpoint=checkpoint)
    steps: list[Step] = []
    train(QUICK, noise_images(), checkpoint=checkpoint, on_step=steps.append)
    assert len(steps) == 4 * 3


def test_fine_tuning_starts_from_the_float_networks_weights(tmp_path: Path) -> None:
    start = tmp_path / "float.ckpt"
    float_model, _ = train(replace(QUICK, scheme="float", epochs=0), noise_images(), checkpoint=start)
    model, history = train(replace(QUICK, epochs=0), noise_images(), start=start)
    assert history == []
    assert torch.equal(model.state_dict()["stages.0.layer.weight"], float_model.state_dict()["stages.0.layer.weight"])
    assert export(model, "n").info["scheme"] == "flight"


@pytest.mark.parametrize(
    "settings", [replace(QUICK, scheme="flight"), replace(QUICK, model="cnn-s", scheme="float", epochs=0, float_epochs=1)]
)
def test_fine_tuning_needs_a_float_network_of_the_same_model(tmp_path: Path, settings: TrainSettings) -> None:
    start = tmp_path / "other.ckpt"
    train(settings, noise_images(16), checkpoint=start)
    with pytest.raises(ConfigError, match="other.ckpt.*'tiny'.*--scheme float"):
        train(QUICK, noise_images(), start=start)


def test_resuming_with_other_settings_names_the_first_difference(tmp_path: Path) -> None:
    checkpoint = tmp_path / "run.ckpt"
    train(QUICK, noise_images(16), checkpoint=checkpoint)
    with pytest.raises(ConfigError, match="seed=0.*1.*without --resume"):
        train(replace(QUICK, seed=1), noise_images(16), checkpoint=checkpoint, resume=True)


@pytest.mark.parametrize(
    "damage",
    [lambda data: data[:-1], lambda data: data[:10], lambda data: b"", lambda data: data[:200] + b"\xff\xfe" + data[202:]],
    ids=["shortened", "header only", "empty", "overwritten"],
)
def test_a_damaged_checkpoint_is_refused_with_its_name(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    checkpoint = tmp_path / "run.ckpt"
    train(QUICK, noise_images(16), checkpoint=checkpoint)
    checkpoint.write_bytes(damage(checkpoint.read_bytes()))
    with pytest.raises(FormatError, match="run.ckpt.*train again"):
        train(QUICK, noise_images(16), checkpoint=checkpoint, resume=True)


def test_a_missing_start_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="absent.ckpt"):
        train(QUICK, noise_images(16), start=tmp_path / "absent.ckpt")


def test_no_images_are_refused() -> None:
    with pytest.raises(DataError, match="no training images"):
        train(QUICK, noise_images(0))


def test_inputs_are_the_quantised_pixels() -> None:
    images = torch.tensor([0, 1, 2, 255], dtype=torch.uint8).view(1, 1, 2, 2)
    assert (to_inputs(images) * 128).flatten().tolist() == [0, 0, 1, 127]


def test_networks_run_in_float_as_plain_torch_would() -> None:
    torch.manual_seed(0)
    model = build("tiny", Scheme.create("float")).eval()
    inputs = to_inputs(noise_images(4).images)
    values = inputs
    for stage in model.stage_list()[:2]:
        assert isinstance(stage.layer.norm, nn.BatchNorm2d)
        convolved = functional.conv2d(values, stage.layer.weight, stage.layer.bias, padding=1)
        values = functional.max_pool2d(stage.layer.norm(convolved).relu(), 2)
    last = model.stage_list()[2].layer
    torch.testing.assert_close(model(inputs), functional.linear(values.flatten(1), last.weight, last.bias))
