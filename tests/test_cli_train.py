"""``flightasic train`` and ``flightasic eval`` from the user's side."""

from __future__ import annotations

import csv
import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from flightasic.cli.train import register
from flightasic.errors import DataError, FormatError
from flightasic.ir import IntegerNetwork


@pytest.fixture
def app() -> typer.Typer:
    application = typer.Typer()
    register(application)
    return application


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for prefix, count in (("train", 160), ("t10k", 40)):
        labels = np.arange(count) % 10
        images = rng.integers(0, 100, (count, 28, 28))
        images[np.arange(count), 2 * labels] += 155
        for name, values in (("images-idx3", images), ("labels-idx1", labels)):
            header = bytes([0, 0, 8, values.ndim]) + struct.pack(f">{values.ndim}I", *values.shape)
            (folder / f"{prefix}-{name}-ubyte.gz").write_bytes(gzip.compress(header + values.astype(np.uint8).tobytes()))
    return folder


def run(app: typer.Typer, *arguments: object) -> str:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def quick(data: Path, out: Path, *more: object) -> list[object]:
    return ["train", "--model", "tiny", "--epochs", 1, "--float-epochs", 1, "--data", data, "--out", out, *more]


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
