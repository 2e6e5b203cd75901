"""The zoo: networks of a sweep as package files, what their records say, and that damage is found."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
import typer
from typer.testing import CliRunner

from flightasic import zoo
from flightasic.cli.zoo import register
from flightasic.compiler import compile_network
from flightasic.config import ArrayConfig
from flightasic.errors import ConfigError, ExportError, FlightError, FormatError
from flightasic.ir import IntegerNetwork
from flightasic.job import load_float
from flightasic.nn.network import FLightNetwork
from flightasic.trained import trained_networks
from flightasic.zoo.build import FLOAT_TOLERANCE, agrees
from tests.small_sweep import run_small_sweep

NAMES = ["tiny-flight-a", "tiny-float", "tiny-lightnn2"]


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_small_sweep(tmp_path_factory.mktemp("zoo"))


@pytest.fixture(scope="module")
def made(sweep: Path) -> Path:
    run("build", "--from", sweep, "--seed", 1, "--zoo", sweep.parent / "made")
    return sweep.parent / "made"


@pytest.fixture
def own(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made, tmp_path / "zoo")


def run(*arguments: object, code: int = 0) -> str:
    app = typer.Typer()
    register(app)
    app.callback()(lambda: None)
    words = ["zoo", *map(str, arguments)]
    result = CliRunner().invoke(app, words, catch_exceptions=False, env={"COLUMNS": "200"})
    assert result.exit_code == code, result.output
    return result.output


def trained(sweep: Path, variant: str) -> Path:
    return sweep / "fashion-mnist" / f"tiny-{variant}" / "seed1" / f"tiny-{variant}"


def change(folder: Path, name: str, **fields: Any) -> None:
    path = folder / f"{name}.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))


def test_the_networks_of_one_seed_are_taken(made: Path) -> None:
    assert zoo.names(made) == NAMES
    assert {record.seed for record in zoo.contents(made)} == {1}
    assert sorted(path.name for path in made.iterdir()) == sorted(
        [f"{name}.json" for name in NAMES] + ["tiny-flight-a.flnet.xz", "tiny-float.safetensors.xz", "tiny-lightnn2.flnet.xz"]
    )


def test_the_same_sweep_gives_the_same_files(made: Path, sweep: Path, tmp_path: Path) -> None:
    output = run("build", "--from", sweep, "--seed", 1, "--zoo", tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {path.name: path.read_bytes() for path in made.iterdir()}
    assert f"the zoo takes {sum(path.stat().st_size for path in made.iterdir()):,} bytes" in output


def test_a_network_is_that_of_the_sweep(made: Path, sweep: Path) -> None:
    for variant in ("flight-a", "lightnn2"):
        loaded = zoo.load(f"tiny-{variant}", made)
        assert isinstance(loaded, IntegerNetwork)
        assert loaded.to_bytes() == trained(sweep, variant).with_suffix(".flnet").read_bytes()
    loaded = zoo.load("tiny-float", made)
    assert isinstance(loaded, FLightNetwork)
    images = torch.rand(5, 1, 28, 28)
    with torch.no_grad():
        assert torch.equal(loaded(images), load_float(trained(sweep, "float").with_suffix(".safetensors"))[0](images))


def test_a_record_says_how_a_network_was_made_and_what_it_costs(made: Path, sweep: Path) -> None:
    record, network = zoo.record("tiny-flight-a", made), zoo.load("tiny-flight-a", made)
    assert isinstance(network, IntegerNetwork)
    assert (record.model, record.arith, record.dataset, record.in_shape, record.classes) == (
        "tiny",
        "shift",
        "fashion-mnist",
        (1, 28, 28),
        10,
    )
    assert record.command == network.info["command"] and "--lambda 0.1" in record.command
    assert record.settings["lambdas"] == [0.0, 0.1] and record.settings["scheme"] == "flight"
    assert (record.accuracy, record.test_images) == (network.info["accuracy"], 40)
    assert (record.mean_k, record.k_histogram, record.zero_share) == tuple(
        network.info[name] for name in ("mean_k", "k_histogram", "zero_share")
    )
    (training,) = [each.record for each in trained_networks(sweep, seed=1) if each.variant == "flight-a"]
    assert (record.versions, record.git) == (training.versions, training.git)
    assert (record.array, record.cycles) == ("shift_4x4x4", compile_network(network, ArrayConfig()).cycles)
    assert record.macs == sum(network.macs())


def test_float_weights_have_no_terms_and_no_array(made: Path) -> None:
    record, other = zoo.record("tiny-float", made), zoo.record("tiny-lightnn2", made)
    assert record.is_float and not other.is_float
    assert (record.mean_k, record.k_histogram, record.zero_share, record.array, record.cycles) == (None,) * 5
    assert (record.layers, record.parameters, record.macs) == (other.layers, other.parameters, other.macs)
    weights = record.parameters - 4 - 8 - 10
    assert (record.storage_bits, other.storage_bits) == (32 * weights, 2 * 4 * weights)


def test_list_shows_every_network_and_writes_every_record(made: Path, tmp_path: Path) -> None:
    output = run("list", "--zoo", made, "--json", tmp_path / "zoo.json")
    written = json.loads((tmp_path / "zoo.json").read_text())
    assert [record["name"] for record in written] == NAMES
    assert written == [json.loads((made / f"{name}.json").read_text()) for name in NAMES]
    assert all(name in output for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_eval_measures_what_the_record_says(name: str, made: Path, sweep: Path, tmp_path: Path) -> None:
    output = run("eval", name, "--zoo", made, "--data", sweep.parent / "data", "--json", tmp_path / "eval.json")
    accuracy = zoo.record(name, made).accuracy
    assert f"{name}: accuracy {accuracy:.4f} on fashion-mnist, as recorded" in output
    written = json.loads((tmp_path / "eval.json").read_text())
    assert written == {"name": name, "dataset": "fashion-mnist", "accuracy": accuracy, "recorded": accuracy, "agrees": True}


def test_eval_exits_with_1_if_a_single_image_differs(own: Path, sweep: Path) -> None:
    accuracy = zoo.record("tiny-lightnn2", own).accuracy
    change(own, "tiny-lightnn2", accuracy=accuracy + 1 / 40)
    output = run("eval", "tiny-lightnn2", "--zoo", own, "--data", sweep.parent / "data", code=1)
    assert f"accuracy {accuracy:.4f} on fashion-mnist, but the record says {accuracy + 1 / 40:.4f}" in output


def test_only_float_weights_are_given_a_tolerance(made: Path) -> None:
    for name, tolerance in (("tiny-float", FLOAT_TOLERANCE), ("tiny-lightnn2", 0)):
        record = zoo.record(name, made)
        assert agrees(record, record.accuracy + tolerance / 2)
        assert not agrees(record, record.accuracy + 1.1 * tolerance + 1e-6)
        assert not agrees(record, record.accuracy - 1.1 * tolerance - 1e-6)


def test_an_exported_network_is_a_file_for_the_other_commands(made: Path, tmp_path: Path) -> None:
    run("export", "tiny-flight-a", "--zoo", made, "--out", tmp_path / "mine.flnet")
    network = IntegerNetwork.load(tmp_path / "mine.flnet")
    assert compile_network(network, ArrayConfig()).cycles == zoo.record("tiny-flight-a", made).cycles
    with pytest.raises(ExportError, match="'tiny-float' has float weights"):
        run("export", "tiny-float", "--zoo", made, "--out", tmp_path / "float.flnet")
    assert not (tmp_path / "float.flnet").exists()


@pytest.mark.parametrize(
    ("name", "message"),
    [("tiny-flight-b", "'tiny-flight-b' in the zoo; the nearest are tiny-flight-a"), ("x", "there are tiny-flight-a, tiny-float, tiny-l")],
)
def test_an_unknown_name_is_answered_with_those_nearest(name: str, message: str, made: Path) -> None:
    for command in (["eval", name], ["export", name, "--out", "x.flnet"]):
        with pytest.raises(ConfigError, match=message):
            run(*command, "--zoo", made)


@pytest.mark.parametrize("damage", ["byte", "end", "gone"])
@pytest.mark.parametrize("name", ["tiny-float", "tiny-flight-a"])
def test_a_damaged_network_is_found_by_its_checksum(damage: str, name: str, own: Path) -> None:
    path = own / zoo.record(name, own).file
    data = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(data[:-1] if damage == "end" else data[:50] + bytes([data[50] ^ 1]) + data[51:])
    with pytest.raises(FormatError, match=f"{path.name}: missing, or its checksum"):
        zoo.load(name, own)


def test_a_damaged_record_is_named(own: Path) -> None:
    change(own, "tiny-float", schema=99)
    with pytest.raises(FormatError, match="tiny-float.json: record schema 99"):
        zoo.record("tiny-float", own)
    change(own, "tiny-lightnn2", more=1)
    with pytest.raises(FormatError, match="tiny-lightnn2.json: not a zoo record"):
        zoo.record("tiny-lightnn2", own)
    for text in ("{", "[]"):
        (own / "tiny-flight-a.json").write_text(text)
        with pytest.raises(FormatError, match="tiny-flight-a.json: not a zoo record"):
            zoo.record("tiny-flight-a", own)


def test_a_network_without_its_provenance_is_not_taken(sweep: Path, tmp_path: Path) -> None:
    each = trained_networks(sweep, seed=0)[0]
    data = {key: value for key, value in each.record.data.items() if key != "command"}
    with pytest.raises(FormatError, match="lacks the field 'command'"):
        zoo.add("x", each.load(), type(each.record)(**{**vars(each.record), "data": data}), tmp_path)
    assert list(tmp_path.iterdir()) == []


def lose_records(folder: Path) -> None:
    shutil.rmtree(folder / "results")


def break_state(folder: Path) -> None:
    (folder / "fashion-mnist" / "tiny-float" / "seed0" / "job.json").write_text("{")


def lose_all(folder: Path) -> None:
    shutil.rmtree(folder / "fashion-mnist")


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lose_records, "its training record is not in the sweep's folder 'results'"),
        (break_state, "job.json: not the state of a job"),
        (lose_all, "no finished job of a sweep, seed 0; run 'flightasic sweep'"),
    ],
)
def test_a_sweep_that_cannot_be_read_is_named(break_it: Any, message: str, sweep: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(sweep, tmp_path / "sweep")
    break_it(copy)
    with pytest.raises(FlightError, match=message):
        run("build", "--from", copy, "--zoo", tmp_path / "zoo")
    assert not (tmp_path / "zoo").exists()


def test_unfinished_jobs_are_left_out(sweep: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(sweep, tmp_path / "sweep")
    state = copy / "fashion-mnist" / "tiny-float" / "seed1" / "job.json"
    state.write_text(json.dumps({**json.loads(state.read_text()), "result": None}))
    found = trained_networks(copy)
    assert [(each.variant, each.seed) for each in found] == [
        ("flight-a", 0),
        ("flight-a", 1),
        ("float", 0),
        ("lightnn2", 0),
        ("lightnn2", 1),
    ]
    assert [each.is_float for each in found] == [False, False, True, False, False]
