"""Accuracy over seeds, the aims, the plot, and what a network asks of its silicon."""

from __future__ import annotations

import builtins
import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from flightasic.accuracy import Row, Run, Verdict, accuracy_tables, rows_of, summary, verdicts
from flightasic.cli.accuracy import register
from flightasic.compiler import compile_network
from flightasic.config import ArrayConfig
from flightasic.errors import FormatError, ToolError
from flightasic.footprint import default_array, footprint
from flightasic.ir import IntegerNetwork
from flightasic.models_page import models_page
from flightasic.pareto import front, pareto_svg
from flightasic.reference import reference_network
from flightasic.trained import trained_networks
from tests.small_sweep import run_small_sweep

DOCS = Path(__file__).resolve().parents[1] / "docs"


def run(**fields: Any) -> Run:
    usual = {
        "net": "net1",
        "scheme": "lightnn1",
        "seed": 0,
        "accuracy": 0.9,
        "mean_k": 1.0,
        "code_bits": 4,
        "storage_bits": 8000,
        "cycles": 100,
    }
    return Run(**{**usual, **fields})


def row(scheme: str, accuracy: float, **fields: Any) -> Row:
    usual = {"net": "net1", "seeds": (0,), "spread": None, "mean_k": 1.0, "code_bits": 4, "storage_kb": 1.0, "cycles": 100.0}
    return Row(**{**usual, "scheme": scheme, "accuracy": accuracy, **fields})


def verdict(rows: list[Row], start: str, net: str = "net1") -> Verdict:
    (found,) = [each for each in verdicts(rows) if each.aim.startswith(start) and each.net == net]
    return found


def test_a_row_is_the_mean_over_seeds_with_its_standard_deviation() -> None:
    runs = [run(seed=2, accuracy=0.93, mean_k=1.5, storage_bits=24_000, cycles=130), run(seed=0), run(seed=1, accuracy=0.92, cycles=110)]
    (made,) = rows_of(runs)
    assert (made.net, made.scheme, made.seeds) == ("net1", "lightnn1", (0, 1, 2))
    assert made.accuracy == pytest.approx(275 / 3)
    assert made.spread == pytest.approx(np.std([90, 92, 93], ddof=1))
    assert (made.mean_k, made.storage_kb, made.cycles) == pytest.approx((3.5 / 3, 5 / 3, 340 / 3))


def test_one_seed_has_no_spread_and_float_weights_no_terms() -> None:
    (made,) = rows_of([run(scheme="float", mean_k=None, cycles=None, code_bits=32)])
    assert (made.spread, made.mean_k, made.cycles, made.code_bits) == (None, None, None, 32)


def test_rows_are_in_the_order_of_the_table() -> None:
    pairs = [("net2", "float"), ("net1", "mine"), ("net1", "flight-b"), ("net1", "float"), ("net1", "fixed4"), ("net1", "another")]
    made = rows_of([run(net=net, scheme=scheme) for net, scheme in pairs])
    expected = [("net1", "float"), ("net1", "fixed4"), ("net1", "flight-b"), ("net1", "another"), ("net1", "mine"), ("net2", "float")]
    assert [(each.net, each.scheme) for each in made] == expected
    assert [each.label for each in made[:4]] == ["float", "4W8A", "FLightNN b", "another"]


@pytest.mark.parametrize(
    ("accuracy", "cycles", "missed"),
    [
        (90.0, 100, ""),
        (91.0, 100, ""),
        (89.9, 100, ""),
        (89.85, 100, "0.05 points"),
        (90.0, 104, "0.020x cycles"),
        (89.7, 110, "0.20 points and 0.050x cycles"),
    ],
)
def test_flightnn_a_is_judged_by_accuracy_and_cycles(accuracy: float, cycles: float, missed: str) -> None:
    rows = [row("flight-a", accuracy, cycles=cycles, mean_k=0.95), row("lightnn2", 90.0, cycles=200)]
    found = verdict(rows, "FLightNN a")
    assert found.missed == missed
    assert found.measured == f"{accuracy - 90:+.2f} points, {cycles / 200:.3f}x cycles, mean k 0.95"


def test_a_gap_of_a_tenth_is_within_a_tenth_whatever_floats_make_of_it() -> None:
    ours, rival = next((i / 100, (i + 10) / 100) for i in range(9000, 9400) if (i + 10) / 100 - i / 100 > 0.1)
    assert verdict([row("flight-a", ours), row("lightnn2", rival, cycles=200)], "FLightNN a").missed == ""


@pytest.mark.parametrize(
    ("accuracy", "mean_k", "missed"),
    [(90.01, 1.2, ""), (90.0, 1.0, "0.00 points"), (89.9, 1.0, "0.10 points"), (91.0, 1.25, "0.05 in mean k")],
)
def test_flightnn_b_is_judged_by_accuracy_and_mean_k(accuracy: float, mean_k: float, missed: str) -> None:
    assert verdict([row("flight-b", accuracy, mean_k=mean_k), row("fixed4", 90.0)], "FLightNN b").missed == missed


def test_the_best_network_of_net3_must_run_on_an_array() -> None:
    rows = [row("float", 94.0, net="net3", cycles=None), row("fixed8", 92.9, net="net3"), row("flight-b", 92.5, net="net3")]
    found = verdict(rows, "best", "net3")
    assert (found.measured, found.missed) == ("92.90% (8W8A)", "0.10 points")
    assert verdict([*rows, row("lightnn2", 93.0, net="net3")], "best", "net3").missed == ""


def test_what_was_not_trained_is_neither_met_nor_missed() -> None:
    found = verdicts([row("flight-a", 90.0)])
    assert [each.missed for each in found] == [None, None, None]
    table = accuracy_tables([row("flight-a", 90.0)], "fashion-mnist")[1]
    assert {cells[-1] for cells in table.rows} == {"not measured"}


def test_tables_show_means_shares_and_outcomes() -> None:
    rows = [
        row("float", 90.5, cycles=None, mean_k=None, code_bits=32),
        row("lightnn2", 90.0, cycles=2000, spread=0.123),
        row("flight-a", 89.7),
    ]
    schemes, aims = accuracy_tables(rows, "fashion-mnist")
    assert schemes.rows[0] == ("net1", "float", "90.50%", "-", "-", "32", "1.00", "-", "-", "0")
    assert schemes.rows[1] == ("net1", "LightNN-2", "90.00%", "0.12", "1.00", "4", "1.00", "2,000", "1.00", "0")
    assert schemes.rows[2][-3:] == ("100", "0.05", "0")
    assert aims.rows[0][1:] == ("net1", "-0.30 points, 0.050x cycles, mean k 1.00", "missed by 0.20 points")


def test_the_summary_holds_everything_behind_the_tables() -> None:
    runs = [run(scheme="flight-b", seed=1), run(scheme="fixed4", accuracy=0.8), run(scheme="flight-b")]
    made = json.loads(json.dumps(summary(runs, "fashion-mnist")))
    assert made["dataset"] == "fashion-mnist"
    assert rows_of([Run(**each) for each in made["runs"]]) == rows_of(runs)
    assert [each["met"] for each in made["aims"]] == [False, True, False]


def test_the_front_holds_what_no_other_beats() -> None:
    rows = [
        row("a", 90, cycles=100),
        row("b", 89, cycles=120),
        row("c", 91, cycles=200),
        row("d", 91, cycles=300),
        row("e", 99, cycles=None),
    ]
    assert [each.scheme for each in front(rows)] == ["a", "c"]
    assert [each.scheme for each in front([row("worse", 90), row("better", 91)])] == ["better"]


def test_the_plot_is_the_same_for_the_same_figures_and_names_every_scheme() -> None:
    rows = [
        row("float", 90.5, cycles=None),
        row("flight-a", 90.0, spread=0.2),
        row("fixed4", 89.0, cycles=120),
        row("mine", 91.0, net="net2", cycles=900),
    ]
    text = pareto_svg(rows, "Fashion-MNIST")
    assert pareto_svg(rows, "Fashion-MNIST") == text
    assert pareto_svg(rows[:3], "Fashion-MNIST") != text
    shown = {element.text for element in ElementTree.fromstring(text).iter() if element.tag.endswith("}text")}
    assert {"Fashion-MNIST", "net1", "net2", "FLightNN a", "4W8A", "mine", "float", "cycles of one image"} <= shown
    assert "LightNN-2" not in shown
    assert "dc:date" not in text


def test_without_matplotlib_the_plot_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *arguments: Any, **options: Any) -> Any:
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ToolError, match=r"pip install 'flightasic\[plot\]'"):
        pareto_svg([row("fixed4", 90.0)], "x")


@pytest.mark.parametrize(
    ("arith", "k", "max_shift", "bits"),
    [("shift", "k1", 6, 4), ("shift", "k2", 6, 8), ("shift", "k1", 2, 3), ("fixed4", "k1", 0, 4), ("fixed8", "k1", 0, 8)],
)
def test_storage_counts_the_codes_of_every_term(arith: str, k: str, max_shift: int, bits: int) -> None:
    options = {"max_shift": max_shift} if arith == "shift" else {}
    made = footprint(reference_network("lenet", arith=arith, k=k, **options))
    weights = 6 * 25 + 16 * 6 * 25 + 120 * 400 + 84 * 120 + 10 * 84
    assert (made.layers, made.parameters, made.storage_bits) == (5, weights + 6 + 16 + 120 + 84 + 10, weights * bits)
    assert made.macs == 416_520


def test_pruned_filters_need_no_storage() -> None:
    network = reference_network("lenet", k="mixed")
    codes = sum(int(layer.k.sum()) * layer.codes[0, 0].size for layer in network.layers)
    assert any((layer.k == 0).any() for layer in network.layers)
    assert footprint(network).storage_bits == 4 * codes


def test_pools_count_in_cycles_only() -> None:
    made = footprint(reference_network("resnet8"))
    assert (made.layers, made.parameters - 346, made.macs) == (10, 77_360, 12_501_632)


@pytest.mark.parametrize(
    ("arith", "max_shift", "name"), [("shift", 6, "shift_4x4x4"), ("shift", 2, "shiftc3_4x4x4"), ("fixed8", 0, "fixed8_4x4x4")]
)
def test_cycles_are_those_of_the_default_array_of_the_arithmetic(arith: str, max_shift: int, name: str) -> None:
    network = reference_network("lenet", arith=arith, **({"max_shift": max_shift} if arith == "shift" else {}))
    code_bits = {6: 4, 2: 3, 0: 8}[max_shift]
    assert footprint(network).array == name
    assert footprint(network).cycles == compile_network(network, ArrayConfig.for_arith(arith, code_bits=code_bits)).cycles
    assert default_array(network).program_depth > ArrayConfig().program_depth


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_small_sweep(tmp_path_factory.mktemp("accuracy"))


def command(*arguments: object) -> Any:
    app = typer.Typer()
    register(app)
    return CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False, env={"COLUMNS": "200"})


def test_the_command_reports_a_sweep(sweep: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- report:begin -->\nthe table before\n<!-- report:end -->\nafter\n")
    done = command("accuracy", "--from", sweep, "--json", tmp_path / "a.json", "--insert", page, "--plot", tmp_path / "a.svg")
    assert done.exit_code == 0, done.output
    written = json.loads((tmp_path / "a.json").read_text())
    jobs = trained_networks(sweep)
    assert [(each["scheme"], each["seed"], each["accuracy"]) for each in written["runs"]] == [
        (each.variant, each.seed, each.record.data["accuracy"]) for each in jobs
    ]
    for each, job in zip(written["runs"], jobs, strict=True):
        network = job.load()
        assert each["cycles"] == (compile_network(network, ArrayConfig()).cycles if isinstance(network, IntegerNetwork) else None)
    rows = rows_of([Run(**each) for each in written["runs"]])
    text = page.read_text()
    assert all(table.markdown().replace("## ", "### ", 1) in text for table in accuracy_tables(rows, "fashion-mnist"))
    assert "the table before" not in text and text.startswith("before\n") and text.endswith("after\n")
    assert (tmp_path / "a.svg").read_text() == pareto_svg(rows, "fashion-mnist")


def test_a_folder_without_the_data_set_is_named(sweep: Path) -> None:
    with pytest.raises(FormatError, match="no finished job of a sweep, data set cifar10"):
        command("accuracy", "--from", sweep, "--dataset", "cifar10")


def test_committed_page_of_models_is_current(tmp_path: Path) -> None:
    assert (DOCS / "models.md").read_text() == models_page(), "run 'flightasic models --table docs/models.md' and commit"
    done = command("models", "--table", tmp_path / "models.md")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "models.md").read_text() == models_page()
    assert all(f"net{number}" in done.output for number in range(1, 9))


def test_the_page_of_models_says_that_the_paper_s_own_are_unknown() -> None:
    assert "its own eight are unknown to us" in models_page()
