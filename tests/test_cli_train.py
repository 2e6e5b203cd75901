"""``flightasic train`` and ``flightasic eval`` from the user's side."""

from __future__ import annotations

import csv
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from flightasic.cli.train import register, settings_of
from flightasic.errors import ConfigError, DataError, FormatError
from flightasic.ir import IntegerNetwork
from flightasic.job import array_of, command_line
from flightasic.nn.settings import TrainSettings
from tests.small_fashion import write_small_fashion


@pytest.fixture
def app() -> typer.Typer:
    application = typer.Typer()
    register(application)
    return application


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_small_fashion(tmp_path / "data")


def run(app: typer.Typer, *arguments: object) -> str:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def quick(data: Path, out: Path, *more: object) -> list[object]:
    results = data.with_name("results")
    return ["train", "--model", "tiny", "--epochs", 1, "--float-epochs", 1, "--data", data, "--results", results, "--out", out, *more]


def test_training_writes_network_checkpoint_and_log(app: typer.Typer, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "nets" / "flight.flnet"
    output = run(app, *quick(data, out, "--lambda", 0, "--lambda", 0.002, "--seed", 5))
    network = IntegerNetwork.load(out)
    assert (network.name, network.info["scheme"], network.info["test_images"]) == ("flight", "flight", 40)
    assert network.info["settings"]["lambdas"] == [0.0, 0.002]
    assert network.info["settings"]["seed"] == 5
    assert f"golden accuracy {network.info['accuracy']:.4f} on 40 test images, mean k {network.mean_k():.3f}" in output
    with out.with_suffix(".csv").open() as file:
        assert [(row["phase"], row["epoch"]) for row in csv.DictReader(file)] == [("float", "0"), ("quantised", "0")]
    assert sorted(path.name for path in out.parent.iterdir()) == ["flight.ckpt", "flight.csv", "flight.flnet"]


def test_eval_measures_what_training_recorded(app: typer.Typer, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "n.flnet"
    run(app, *quick(data, out, "--scheme", "fixed8"))
    accuracy = IntegerNetwork.load(out).info["accuracy"]
    assert f"golden accuracy {accuracy:.4f} on 40 test images" in run(app, "eval", out, "--data", data)
    assert "on 7 test images" in run(app, "eval", out, "--data", data, "--limit", 7)


def test_a_float_run_is_the_start_of_a_quantised_one(app: typer.Typer, data: Path, tmp_path: Path) -> None:
    output = run(app, *quick(data, tmp_path / "float.ckpt", "--scheme", "float"))
    assert "float accuracy" in output
    run(app, *quick(data, tmp_path / "n.flnet", "--scheme", "lightnn1", "--start", tmp_path / "float.ckpt"))
    settings = IntegerNetwork.load(tmp_path / "n.flnet").info["settings"]
    assert (settings["start"], settings["float_epochs"]) == ("float.ckpt", 0)
    with (tmp_path / "n.csv").open() as file:
        assert [row["phase"] for row in csv.DictReader(file)] == ["quantised"]


def test_resume_gives_the_same_network_without_training(app: typer.Typer, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "n.flnet"
    assert "float epoch 1" in run(app, *quick(data, out))
    first = IntegerNetwork.load(out)
    out.unlink()
    assert "epoch" not in run(app, *quick(data, out, "--resume"))
    again = IntegerNetwork.load(out)
    assert all((a.codes == b.codes).all() for a, b in zip(first.layers, again.layers, strict=True))


def test_errors_reach_the_main_program_and_leave_nothing_behind(app: typer.Typer, tmp_path: Path) -> None:
    out = tmp_path / "n.flnet"
    with pytest.raises(DataError, match="apt install"):
        run(app, *quick(tmp_path / "no data", out))
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(FormatError, match="n.flnet"):
        run(app, "eval", out)


def test_help_shows_examples(app: typer.Typer) -> None:
    assert "flightasic train --scheme flight" in run(app, "train", "--help")
    assert "flightasic eval build/nets/flight.flnet" in run(app, "eval", "--help")


def parsed(command: str) -> dict[str, Any]:
    """The options of a ``flightasic train`` command line, as the command receives them."""
    application = typer.Typer()
    register(application)
    group = typer.main.get_command(application)
    return group.commands["train"].make_context("train", shlex.split(command)[2:]).params  # type: ignore[attr-defined]


def test_options_that_are_left_out_are_the_settings_usual_values() -> None:
    assert settings_of(parsed("flightasic train --out n.flnet")) == TrainSettings()


CHANGED = TrainSettings(
    model="net3",
    scheme="flight",
    dataset="cifar10",
    augment="flip",
    epochs=7,
    float_epochs=0,
    seed=3,
    limit=500,
    validation=100,
    patience=2,
    batch=64,
    lr=5e-4,
    float_lr=3e-3,
    threshold_lr=5e-3,
    warmup=0.2,
    weight_decay=0.0,
    lambdas=(1e-4, 2e-4, 3e-4),
    distill=0.6,
    ramp=0.3,
    batch_norm_share=0.4,
    fix_k_at=0.5,
    planes=3,
    hold_exponents=True,
    code_bits=3,
    dead_zone=0.1,
    acc_bits=20,
    target="cycles<=50%",
    precision="bfloat16",
    device="cuda",
)


def test_the_command_line_of_a_job_gives_its_settings_back() -> None:
    usual = TrainSettings()
    same = [name for name in vars(usual) if getattr(usual, name) == getattr(CHANGED, name)]
    assert same == ["scheme", "array"], "every other setting must differ, or this test does not see it"
    assert settings_of(parsed(command_line(CHANGED, Path("n.flnet")))) == CHANGED


def test_the_command_line_of_a_job_gives_its_array_back() -> None:
    settings = replace(CHANGED, array={"rows": 6, "cols": 8, "lanes": 8, "acc_depth": 512})
    again = settings_of(parsed(command_line(settings, Path("n.flnet"))))
    assert array_of(again) == array_of(settings)
    assert (array_of(again).rows, array_of(again).acc_depth, array_of(again).code_bits) == (6, 512, 3)


def test_an_array_setting_without_an_array_is_refused() -> None:
    with pytest.raises(ConfigError, match="--array"):
        settings_of(parsed("flightasic train --out n.flnet --set acc_depth=512"))
