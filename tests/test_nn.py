"""Layers, activations, networks and the trainer."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
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
from flightasic.nn.layers import AccumulatorGrid, AveragePool, FLightConv2d, FLightLinear
from flightasic.nn.models import MODELS, build
from flightasic.nn.network import FLightNetwork, Stage
from flightasic.nn.scheme import QUANTISED_SCHEMES, SCHEMES, Scheme
from flightasic.nn.train import Step, TrainSettings, accuracy_of, to_inputs, train
from tests.small_training import QUICK, noise_images, random_input


def assert_same_state(first: nn.Module, second: nn.Module) -> None:
    for name, value in first.state_dict().items():
        assert torch.equal(value, second.state_dict()[name]), name


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


@pytest.mark.parametrize("scheme", ["lightnn2", "fixed8"])
def test_batch_statistics_normalise_as_a_batch_norm_after_the_quantised_weights_would(scheme: str) -> None:
    torch.manual_seed(0)
    layer = FLightConv2d(3, 5, 3, batch_norm=True, bias=False, scheme=scheme)
    norm = layer.norm
    assert norm is not None
    with torch.no_grad():
        norm.weight.copy_(torch.tensor([1.0, -2.0, 0.5, 1.0, 3.0]))
        norm.bias.normal_()
        norm.running_var.uniform_(0.5, 2)
        norm.running_mean.normal_()
    layer.batch_statistics = True
    inputs = random_input(8, 3, 6, 6)
    folded_scale = (norm.weight / torch.sqrt(norm.running_var + norm.eps)).detach().view(-1, 1, 1, 1)
    unfolded = functional.conv2d(inputs, layer.quantised()[0].value.detach() / folded_scale)
    mean, variance = norm.running_mean.clone(), norm.running_var.clone()
    expected = functional.batch_norm(unfolded, mean, variance, norm.weight, norm.bias, training=True)
    torch.testing.assert_close(layer(inputs), expected, atol=1e-3, rtol=1e-3)
    torch.testing.assert_close(norm.running_mean, mean)
    torch.testing.assert_close(norm.running_var, variance)
    layer.eval()
    before = norm.running_mean.clone()
    layer(inputs)
    assert torch.equal(norm.running_mean, before), "evaluation uses what is folded in"


@pytest.mark.parametrize("scheme", SCHEMES)
def test_average_pooling_is_the_mean_or_its_nearest_integer_weights(scheme: str) -> None:
    inputs = torch.randint(0, 128, (2, 3, 7, 7), generator=torch.Generator().manual_seed(1)).float()
    mean = inputs.mean((2, 3), keepdim=True)
    error = (AveragePool((7, 7), scheme=scheme)(inputs) / mean - 1).abs().max()
    assert error <= {"float": 1e-6, "fixed4": 0.15, "fixed4-pruned": 0.15}.get(scheme, 0.02)


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
        (lambda: TrainSettings(ramp=1.5), "ramp must be in 0..1, got 1.5"),
        (lambda: TrainSettings(patience=2), "patience=2 needs images to judge by"),
        (lambda: TrainSettings(precision="float16"), "'float16'"),
        (lambda: TrainSettings(target="cycles=9"), "target must look like .*'cycles=9'"),
        (lambda: TrainSettings(target="area<=9"), "target must look like .*'area<=9'"),
        (lambda: TrainSettings(scheme="lightnn2", target="k<=1"), "needs a learned k; scheme 'lightnn2'"),
        (lambda: TrainSettings(target="k<=1", fix_k_at=1.0), "fix_k_at between 0 and 1 .got 1.0"),
        (lambda: TrainSettings(target="k<=1", epochs=0), "set epochs above 0 .got 0"),
        (lambda: TrainSettings(device="gpu"), "device must be one of cpu, cuda, got 'gpu'"),
        (lambda: TrainSettings(acc_bits=17), "acc_bits must be in 18..32, got 17"),
        (lambda: AveragePool((0, 2)), "AveragePool"),
        (lambda: build("net5", Scheme.create("flight"), in_shape=(3, 4, 4)), r"\(3, 4, 4\) is too small: 'conv6' has no output"),
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
    settings = replace(QUICK, epochs=20, lr=1e-2, lambdas=(0.1, 0.0), fix_k_at=1.0, batch_norm_share=0.0, ramp=0.0)
    model, _ = train(settings, noise_images())
    pruned = sum(int((k == 0).sum()) for k in model.filter_k())
    assert 0 < pruned < sum(len(k) for k in model.filter_k())


def test_the_seed_decides_the_weights() -> None:
    first, again, other = (train(replace(QUICK, seed=seed), noise_images())[0].state_dict() for seed in (0, 0, 1))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["stages.0.layer.weight"], other["stages.0.layer.weight"])


class Killed(Exception):
    pass


RESUMED = {
    "fixed4": replace(QUICK, scheme="fixed4"),
    "the paper's FLightNN": replace(QUICK, lambdas=(1e-3, 1e-2), fix_k_at=1.0),
    "target": replace(QUICK, target="k<=1.1", fix_k_at=0.9, ramp=0.9),
    "k fixed": replace(QUICK, target="k<=1.1", fix_k_at=0.3),
    "distilled, bfloat16, residuals": replace(QUICK, model="tiny-res", distill=0.5, precision="bfloat16", augment="flip-crop"),
}


@pytest.mark.parametrize("settings", RESUMED.values(), ids=RESUMED)
@pytest.mark.parametrize("kill_at", [2, 7, 10])
def test_a_killed_run_resumes_to_the_same_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: TrainSettings, kill_at: int
) -> None:
    monkeypatch.setattr("flightasic.nn.control.PERIOD", 2)
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
    assert_same_state(whole, resumed)


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> Callable[[list[float]], list[dict[str, Tensor]]]:
    """``judged(accuracies)``: validation measures these, epoch by epoch; returns the list of the weights it saw."""

    def script(accuracies: list[float]) -> list[dict[str, Tensor]]:
        seen: list[dict[str, Tensor]] = []

        def measure(model: FLightNetwork, data: Dataset, *, device: str = "cpu") -> float:
            seen.append(deepcopy(model.state_dict()))
            return accuracies[len(seen) - 1]

        monkeypatch.setattr("flightasic.nn.train.accuracy_of", measure)
        return seen

    return script


Judged = Callable[[list[float]], list[dict[str, Tensor]]]
PATIENT = replace(QUICK, float_epochs=1, epochs=6, validation=20, patience=2)


def assert_state(model: nn.Module, state: dict[str, Tensor]) -> None:
    for name, value in model.state_dict().items():
        assert torch.equal(value, state[name]), name


def test_a_run_without_progress_stops_and_goes_back_to_its_best_epoch(tmp_path: Path, judged: Judged) -> None:
    settings = replace(PATIENT, scheme="fixed8", batch_norm_share=0.0)
    images, held_out = noise_images(68).split(20)
    checkpoint = tmp_path / "run.ckpt"
    seen = judged([0.1, 0.3, 0.5, 0.4, 0.5])
    model, history = train(settings, images, validation=held_out, checkpoint=checkpoint)
    assert [entry["validation"] for entry in history] == [0.1, 0.3, 0.5, 0.4, 0.5]
    assert_state(model, seen[2])
    again, repeated = train(settings, images, validation=held_out, checkpoint=checkpoint, resume=True)
    assert repr(repeated) == repr(history)
    assert_state(again, seen[2])


@pytest.mark.parametrize("settings", [replace(PATIENT, scheme="lightnn2"), replace(PATIENT, target="k<=1.1")], ids=["scales", "k"])
def test_patience_begins_when_everything_is_fixed(settings: TrainSettings, judged: Judged) -> None:
    images, held_out = noise_images(68).split(20)
    seen = judged([0.9 - epoch / 10 for epoch in range(7)])
    model, history = train(replace(settings, patience=1), images, validation=held_out)
    assert len(history) == 6, "scales become fixed in the fourth epoch of the phase, k as well; the fifth is worse"
    assert_state(model, seen[4])
    assert export(model, "n").mean_k() <= (2.0 if settings.target is None else 1.1)


def test_a_float_run_that_stopped_early_hands_its_best_epoch_on(tmp_path: Path, judged: Judged) -> None:
    images, held_out = noise_images(68).split(20)
    settings = replace(PATIENT, scheme="float", epochs=0, float_epochs=6)
    start = tmp_path / "float.ckpt"
    seen = judged([0.2, 0.6, 0.1, 0.1])
    train(settings, images, validation=held_out, checkpoint=start)
    model, _ = train(replace(QUICK, epochs=0), images, start=start)
    assert torch.equal(model.state_dict()["stages.0.layer.weight"], seen[1]["stages.0.layer.weight"])


def test_a_start_on_other_images_is_refused(tmp_path: Path) -> None:
    start = tmp_path / "float.ckpt"
    train(replace(QUICK, scheme="float", epochs=0), noise_images(16), checkpoint=start)
    colour = Dataset(torch.zeros((16, 3, 28, 28), dtype=torch.uint8), torch.zeros(16, dtype=torch.int64))
    with pytest.raises(ConfigError, match="float.ckpt was trained on images of another shape"):
        train(QUICK, colour, start=start)


def test_quantised_training_from_scratch_learns() -> None:
    model, history = train(replace(QUICK, scheme="lightnn1", float_epochs=0, epochs=30, lr=1e-2), noise_images(200))
    assert accuracy_of(model, noise_images(200)) > 0.5
    assert all(stage.act.frozen for stage in model.stage_list())
    assert {entry["phase"] for entry in history} == {"quantised"}


def test_any_float_network_can_be_fine_tuned() -> None:
    torch.manual_seed(0)
    network = build("tiny-res", Scheme.create("float"))
    model, _ = train(replace(QUICK, epochs=1), noise_images(), start=network)
    assert model is network and model.scheme.name == "flight"
    with pytest.raises(ConfigError, match="has scheme 'flight'; start from float weights"):
        train(QUICK, noise_images(), start=model)


@pytest.mark.parametrize("model", [name for name in MODELS if name not in ("net5", "net7", "net8")])
def test_every_model_learns_any_number_of_classes_from_its_own_shape(model: str) -> None:
    spec = MODELS[model]
    network = build(model, Scheme.create("float"), classes=7)
    assert network.shapes()[0] == spec.in_shape and network.classes == 7
    assert network(random_input(2, *spec.in_shape)).shape == (2, 7)


@pytest.mark.parametrize(
    "source,residual,message", [(5, -1, "source and residual must be tensors made before it"), (-1, 0, "the residual has shape")]
)
def test_stages_that_read_what_is_not_there_are_refused(source: int, residual: int, message: str) -> None:
    stage = Stage("odd", FLightConv2d(1, 4, 3, scheme="flight"), relu=True, source=source, residual=residual)
    with pytest.raises(ConfigError, match=f"stage 'odd': {message}"):
        FLightNetwork([stage], in_shape=(1, 8, 8), scheme=Scheme.create("flight"))


def test_a_gpu_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ConfigError, match="device 'cuda' is not there"):
        train(replace(QUICK, device="cuda"), noise_images())


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
