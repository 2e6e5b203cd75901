"""The trainer: what it learns, what it reports, and that interruption changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from flightasic.data import Dataset
from flightasic.errors import ConfigError, DataError, FormatError
from flightasic.nn.evaluate import accuracy_of, to_inputs
from flightasic.nn.export import export
from flightasic.nn.layers import AveragePool, FLightConv2d, FLightLinear
from flightasic.nn.models import build
from flightasic.nn.run import Step
from flightasic.nn.scheme import Scheme
from flightasic.nn.settings import TrainSettings
from flightasic.nn.train import train
from tests.small_training import QUICK, noise_images


def assert_same_state(first: nn.Module, second: nn.Module) -> None:
    for name, value in first.state_dict().items():
        assert torch.equal(value, second.state_dict()[name]), name


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
        (lambda: TrainSettings(hold_exponents=True, fix_k_at=1.0), "fix_k_at=1.0 means never"),
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
    "narrow codes, exponents held": replace(QUICK, target="k<=1.1", fix_k_at=0.3, code_bits=2, planes=3, hold_exponents=True),
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
