"""The networks that come with the package, and the accuracy page they belong to."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from flightasic import zoo
from flightasic.accuracy import Run, accuracy_tables, rows_of, summary
from flightasic.compiler import compile_network
from flightasic.footprint import default_array
from flightasic.ir import IntegerNetwork
from flightasic.nn.network import FLightNetwork
from flightasic.pareto import pareto_svg
from flightasic.report import insert_report
from flightasic.speedup.networks import code_bits_of
from flightasic.zoo.build import agrees, evaluate

DOCS = Path(__file__).resolve().parents[1] / "docs"
MOST_BYTES = 8_000_000
SMALL = ("net1-flight-a", "net1-fixed4", "net1-float")


@cache
def figures() -> dict[str, Any]:
    made: dict[str, Any] = json.loads((DOCS / "accuracy.json").read_text())
    return made


def runs() -> list[Run]:
    return [Run(**run) for run in figures()["runs"]]


@pytest.mark.parametrize("name", zoo.REQUIRED)
def test_every_network_is_there_and_is_the_one_of_its_record(name: str) -> None:
    record, network = zoo.record(name), zoo.load(name)
    assert hashlib.sha256((zoo.FOLDER / record.file).read_bytes()).hexdigest() == record.sha256
    assert isinstance(network, FLightNetwork if name.endswith("-float") else IntegerNetwork)
    assert (record.name, record.model, record.dataset, record.test_images) == (name, name.split("-")[0], "fashion-mnist", 10_000)
    assert record.command.startswith("flightasic train ")
    assert f"--model {record.model}" in record.command
    assert record.settings["seed"] == record.seed and record.settings["limit"] is None
    assert (record.macs, record.in_shape) == (sum(network.macs()), network.in_shape)


@pytest.mark.parametrize("name", [name for name in zoo.REQUIRED if not name.endswith("-float")])
def test_an_integer_network_costs_what_its_record_says(name: str) -> None:
    record, network = zoo.record(name), zoo.load(name)
    assert isinstance(network, IntegerNetwork)
    assert record.mean_k == network.mean_k()
    assert record.cycles == compile_network(network, default_array(network)).cycles
    assert record.k_histogram == network.info["k_histogram"]


def test_all_files_belong_to_records_and_stay_small() -> None:
    files = {path.name for path in zoo.FOLDER.iterdir()}
    assert files == {name for record in zoo.contents() for name in (f"{record.name}.json", record.file)}
    assert sum(path.stat().st_size for path in zoo.FOLDER.iterdir()) < MOST_BYTES


@pytest.mark.parametrize("name", SMALL)
def test_the_test_set_gives_the_accuracy_of_the_record(name: str) -> None:
    assert agrees(zoo.record(name), evaluate(name))


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in zoo.REQUIRED if name not in SMALL])
def test_the_test_set_gives_the_accuracy_of_every_record(name: str) -> None:
    assert agrees(zoo.record(name), evaluate(name))


def test_every_network_is_a_run_of_the_accuracy_page() -> None:
    shown = {(f"{run.net}-{run.scheme}", run.seed): (run.accuracy, run.mean_k, run.storage_bits, run.cycles) for run in runs()}
    for record in zoo.contents():
        assert shown.get((record.name, record.seed)) == (record.accuracy, record.mean_k, record.storage_bits, record.cycles), record.name


def test_the_accuracy_page_has_three_seeds_of_every_scheme_on_every_net() -> None:
    rows = {f"{row.net}-{row.scheme}": len(row.seeds) for row in rows_of(runs())}
    assert {name: rows.get(name) for name in zoo.REQUIRED} == dict.fromkeys(zoo.REQUIRED, 3)


def test_the_accuracy_page_and_its_plot_are_those_of_its_figures() -> None:
    remedy = "run 'flightasic accuracy' as docs/accuracy.md says and commit"
    rows, dataset = rows_of(runs()), figures()["dataset"]
    page = (DOCS / "accuracy.md").read_text()
    assert page == insert_report(page, accuracy_tables(rows, dataset), "accuracy.md"), remedy
    assert (DOCS / "accuracy.svg").read_text() == pareto_svg(rows, dataset), remedy
    assert figures() == json.loads(json.dumps(summary(runs(), dataset))), remedy


@pytest.mark.parametrize("record", zoo.contents(zoo.FPGA_FOLDER), ids=lambda record: record.name)
def test_a_network_of_the_fpga_experiment_is_the_one_of_its_record_and_held_its_exponents(record: zoo.ZooRecord) -> None:
    network = zoo.load(record.name, zoo.FPGA_FOLDER)
    assert isinstance(network, IntegerNetwork)
    assert hashlib.sha256((zoo.FPGA_FOLDER / record.file).read_bytes()).hexdigest() == record.sha256
    assert record.mean_k == network.mean_k()
    assert record.settings["hold_exponents"] is True
    scheme = record.name.partition("-")[2]
    assert record.code_bits == code_bits_of(scheme)


def test_a_network_of_two_bits_is_as_accurate_as_its_record_says() -> None:
    record = zoo.record("net1-flight-e", zoo.FPGA_FOLDER)
    assert agrees(record, evaluate(record.name, folder=zoo.FPGA_FOLDER))
