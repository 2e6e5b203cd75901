"""A training job: which files it leaves, what it records, and that the accuracy is the golden model's."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from flightasic import golden
from flightasic.data import fashion_mnist, quantise_input
from flightasic.errors import FormatError
from flightasic.ir import IntegerNetwork
from flightasic.job import JobResult, load_float, meter_of, run_job
from flightasic.nn.evaluate import accuracy_of
from flightasic.nn.run import Step
from flightasic.nn.settings import TrainSettings
from flightasic.results import load_records
from tests.small_fashion import write_small_fashion

FLOAT = TrainSettings(model="tiny", scheme="float", epochs=0, float_epochs=2, batch=16)
FLIGHT = TrainSettings(model="tiny", scheme="flight", epochs=2, batch=16, lambdas=(0.01,))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_fashion(tmp_path_factory.mktemp("job") / "data")


@pytest.fixture(scope="module")
def folder(data: Path) -> Path:
    return data.parent


@pytest.fixture(scope="module")
def float_run(data: Path, folder: Path) -> JobResult:
    return run_job(FLOAT, folder / "nets" / "net-float.flnet", data_root=data, results=folder / "results")


@pytest.fixture(scope="module")
def flight_run(float_run: JobResult, data: Path, folder: Path) -> JobResult:
    out = folder / "nets" / "net-flight.flnet"
    return run_job(FLIGHT, out, data_root=data, start=float_run.checkpoint, results=folder / "results")


def test_accuracy_is_that_of_the_golden_model_on_the_whole_test_set(flight_run: JobResult, data: Path) -> None:
    assert flight_run.network is not None
    test = fashion_mnist("test", data)
    network = IntegerNetwork.load(flight_run.network)
    assert flight_run.accuracy == golden.accuracy(network, quantise_input(test.images), test.labels)
    assert flight_run.accuracy > 0.5, "a network that learned nothing would pass the line above too"


def test_a_network_says_how_it_was_made(flight_run: JobResult) -> None:
    assert flight_run.network is not None
    network = IntegerNetwork.load(flight_run.network)
    info = network.info
    assert (info["dataset"], info["scheme"], info["test_images"]) == ("fashion-mnist", "flight", 40)
    assert (info["accuracy"], info["mean_k"]) == (flight_run.accuracy, flight_run.mean_k)
    assert (info["settings"]["float_epochs"], info["settings"]["start"]) == (0, "net-float.ckpt")
    assert info["command"].startswith("flightasic train --model tiny --epochs 2 --batch 16 --lambda 0.01 --start ")
    for layer in network.layers:
        used = [layer.codes[plane, filter_].ravel() for filter_, k in enumerate(layer.k) for plane in range(k)]
        zeros = sum(int((codes == 0).sum()) for codes in used)
        assert info["zero_share"][layer.name] == pytest.approx(zeros / sum(map(len, used)))


def test_the_log_has_a_line_per_epoch(flight_run: JobResult) -> None:
    with flight_run.checkpoint.with_suffix(".csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["phase"], row["epoch"]) for row in rows] == [("quantised", "0"), ("quantised", "1")]
    assert list(rows[0]) == ["phase", "epoch", "lr", "loss", "accuracy", "mean_k", "cost", "validation"]


def test_the_record_is_stored(flight_run: JobResult, float_run: JobResult, folder: Path) -> None:
    stored = {record.name: record.data for record in load_records(folder / "results", "train")}
    for name, run in (("net-float", float_run), ("net-flight", flight_run)):
        assert stored[name] == json.loads(json.dumps(run.record))
        assert (stored[name]["accuracy"], stored[name]["mean_k"], stored[name]["images"]) == (run.accuracy, run.mean_k, 40)


def test_float_weights_are_a_file_of_their_own(float_run: JobResult, data: Path) -> None:
    model, info = load_float(float_run.checkpoint.with_suffix(".safetensors"))
    assert accuracy_of(model, fashion_mnist("test", data)) == float_run.accuracy == info["accuracy"]
    assert (float_run.network, float_run.mean_k) == (None, None)
    assert sorted(path.suffix for path in float_run.checkpoint.parent.glob("net-float.*")) == [".ckpt", ".csv", ".safetensors"]


@pytest.mark.parametrize("damage", ["absent", "cut", "foreign"])
def test_a_file_that_is_no_float_network_is_named(damage: str, float_run: JobResult, tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    if damage == "cut":
        path.write_bytes(float_run.checkpoint.with_suffix(".safetensors").read_bytes()[:-9])
    elif damage == "foreign":
        path.write_bytes(b"something else")
    with pytest.raises(FormatError, match="w.safetensors"):
        load_float(path)


class Killed(Exception):
    pass


def test_a_job_that_was_killed_goes_on_to_the_same_network(
    flight_run: JobResult, float_run: JobResult, data: Path, folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "net-flight.flnet"
    steps: list[Step] = []

    def kill_in_second_epoch(step: Step) -> None:
        if step.epoch == 1:
            raise Killed

    with pytest.raises(Killed):
        run_job(FLIGHT, out, data_root=data, start=float_run.checkpoint, results=tmp_path, on_step=kill_in_second_epoch)
    assert not out.exists()
    run_job(FLIGHT, out, data_root=data, start=float_run.checkpoint, results=tmp_path, on_step=steps.append)
    assert {step.epoch for step in steps} == {1}
    assert flight_run.network is not None
    again, first = IntegerNetwork.load(out), IntegerNetwork.load(flight_run.network)
    assert all((a.codes == b.codes).all() and (a.bias == b.bias).all() for a, b in zip(again.layers, first.layers, strict=True))


def test_images_for_validation_are_not_trained_on(data: Path, tmp_path: Path) -> None:
    steps: list[Step] = []
    settings = TrainSettings(model="tiny", scheme="float", float_epochs=1, batch=16, limit=100, validation=36)
    run_job(settings, tmp_path / "n.flnet", data_root=data, results=tmp_path, on_step=steps.append)
    assert steps[-1].steps == 64 / 16
    with (tmp_path / "n.csv").open() as file:
        validation = float(next(csv.DictReader(file))["validation"])
    assert validation * 36 == pytest.approx(round(validation * 36))


def test_a_target_has_the_meter_of_its_quantity() -> None:
    assert meter_of(TrainSettings()) is None
    cycles = meter_of(TrainSettings(target="cycles<=50%", fix_k_at=0.6))
    assert cycles is not None
    assert cycles.unit == "cycles"


def test_progress_over_the_test_images_is_told(float_run: JobResult, data: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    run_job(
        TrainSettings(model="tiny", scheme="lightnn1", epochs=0, float_epochs=0),
        tmp_path / "n.flnet",
        data_root=data,
        start=float_run.checkpoint,
        results=tmp_path,
        on_images=lambda done, total: told.append((done, total)),
    )
    assert told == [(40, 40)]
