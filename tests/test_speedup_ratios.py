"""What follows from points of the speed-up experiment, against figures worked out by hand; its tables, JSON, plots and command."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from flightasic import zoo
from flightasic.cli.speedup import EXAMPLES, register
from flightasic.errors import ConfigError, FormatError, ToolError
from flightasic.report import ReportTable
from flightasic.results import DATA_FIELDS
from flightasic.speedup import Check, Gap, Point, Speedup
from flightasic.speedup.plots import pictures
from flightasic.speedup.points import LAYER, MEASURES, NETWORK
from flightasic.speedup.ratios import Goal, Ratio, goals, ratios
from flightasic.speedup.summary import summary
from flightasic.speedup.tables import (
    MARKS,
    SUMMARY_MARKS,
    all_tables,
    factors_table,
    goals_table,
    network_table,
    ratios_table,
    summary_tables,
)
from tests.small_fits import write_fit, write_fits


def point(
    net: str,
    scheme: str,
    dsp: bool | None = None,
    *,
    accuracy: float | None = 0.9,
    period: int = 1000,
    products: int = 50_000,
    layer_cycles: int = 400,
    layer_products: int = 20_000,
    fmax_mhz: float = 100.0,
    lut: int = 50_000,
    products_per_cycle: int = 100,
    **figures: Any,
) -> Point:
    data = {
        "network": f"{net}-{scheme}",
        "scheme": scheme,
        "trained": accuracy is not None,
        "dataset": None if accuracy is None else "fashion-mnist",
        "in_shape": [1, 28, 28],
        "accuracy": accuracy,
        "mean_k": 1.0 if dsp is None else None,
        "arith": "shift" if dsp is None else scheme,
        "code_bits": 8 if scheme == "fixed8" else 4,
        "array": "any",
        "cores": 1,
        "dsp_allowed": bool(dsp),
        "part": "LFE5U-85F",
        "speed": 6,
        "lut": lut,
        "fmax_mhz": fmax_mhz,
        "binds": "lut",
        "products_per_cycle": products_per_cycle,
        "cycles": period - 10,
        "period": period,
        "macs": 60_000,
        "products": products,
        "utilization": products / period / products_per_cycle,
        "streamed_code_bits": 0,
        "transfer_words": 100,
        "largest": {"name": "conv2", "macs": 30_000, "products": layer_products, "cycles": layer_cycles},
        "images_per_s": fmax_mhz * 1e6 / period,
        "images_per_s_per_klut": fmax_mhz * 1e9 / period / lut,
        "largest_per_s": fmax_mhz * 1e6 / layer_cycles,
        "largest_per_s_per_klut": fmax_mhz * 1e9 / layer_cycles / lut,
        **figures,
    }
    assert set(DATA_FIELDS["speedup"]) <= set(data)
    return Point(net=net, scheme=scheme, dsp=dsp, data=data)


def speedup(*points: Point, gaps: tuple[Gap, ...] = (), checks: tuple[Check, ...] = ()) -> Speedup:
    return Speedup(arrays=(), points=points, gaps=gaps, checks=checks)


# FLightNN at 120 MHz on 40,000 LUTs with 200 products per cycle; 4W8A at 100 MHz on 60,000 LUTs with 100.
OURS = point("net1", "flight-a", accuracy=0.91, period=500, products=60_000, fmax_mhz=120.0, lut=40_000, products_per_cycle=200)
RIVAL = point("net1", "fixed4", False, accuracy=0.905, period=900, products=72_000, fmax_mhz=100.0, lut=60_000, products_per_cycle=100)


def test_images_per_second_are_clock_over_cycles_and_per_klut_over_thousands_of_luts() -> None:
    assert OURS.per_s(NETWORK) == pytest.approx(240_000)  # 120e6 / 500
    assert OURS.per_s_per_klut(NETWORK) == pytest.approx(6_000)  # 240,000 / 40
    assert OURS.per_s(LAYER) == pytest.approx(300_000)  # 120e6 / 400
    assert OURS.utilization(NETWORK) == pytest.approx(0.6)  # 60,000 / (500 * 200)


def test_a_ratio_is_the_product_of_its_factors() -> None:
    found = Ratio(OURS, RIVAL, NETWORK)
    assert found.cycles == pytest.approx(1.8)  # 900 / 500
    assert found.clock == pytest.approx(1.2)  # 120 / 100
    assert found.luts == pytest.approx(1.5)  # 60,000 / 40,000
    assert found.per_s == pytest.approx(2.16)  # 240,000 / 111,111
    assert found.per_klut == pytest.approx(3.24)  # 6,000 / 1,851.9
    assert found.terms == pytest.approx(1.2)  # 72,000 / 60,000
    assert found.elements == pytest.approx(2.0)  # 200 / 100
    assert found.use == pytest.approx(0.75)  # 0.6 / 0.8
    assert found.gain == pytest.approx(0.5)


def test_cores_count_as_products_and_not_as_use() -> None:
    # Two cores of half the size, each as busy, take twice the cycles for each of their images.
    two = point(
        "net1", "flight-a", accuracy=0.91, period=1000, products=60_000, fmax_mhz=120.0, lut=40_000, products_per_cycle=200, cores=2
    )
    found, one = Ratio(two, RIVAL, NETWORK), Ratio(OURS, RIVAL, NETWORK)
    for name in ("cycles", "per_s", "per_klut", "terms", "elements", "use"):
        assert getattr(found, name) == pytest.approx(getattr(one, name)), name


def test_ratios_of_the_largest_layer_take_its_own_cycles_and_products() -> None:
    ours = point("net1", "flight-a", layer_cycles=300, layer_products=10_000)
    rival = point("net1", "lightnn2", layer_cycles=750, layer_products=40_000)
    found = Ratio(ours, rival, LAYER)
    assert (found.per_s, found.terms) == (pytest.approx(2.5), pytest.approx(4.0))


def test_flightnn_stands_over_lightnn_2_and_both_arrays_of_4w8a() -> None:
    rivals = (point("net1", "lightnn2"), point("net1", "fixed4", True), RIVAL, point("net1", "fixed8", False))
    found = ratios(speedup(OURS, *rivals, point("net2", "lightnn2")))
    assert [(each.ours.name, each.rival.label) for each in found] == [
        ("net1 FLightNN a", "LightNN-2"),
        ("net1 FLightNN a", "4W8A, DSPs"),
        ("net1 FLightNN a", "4W8A, no DSPs"),
    ]


def goal_of(found: Speedup, words: str, measure: str = NETWORK) -> Goal:
    (goal,) = [each for each in goals(found) if words in each.goal and each.measure == measure]
    return goal


@pytest.mark.parametrize(("accuracy", "period", "met", "missing", "short"), [
    (0.9051, 500, True, 0.0, 0.0),
    (0.9051, 1000, False, 0.38, 0.0),  # 2 - 3.24 / 2
    (0.9050, 500, False, 0.0, 0.01),  # as accurate is not more accurate
    (0.9020, 500, False, 0.0, 0.30),
])  # fmt: skip
def test_the_goal_over_4w8a_asks_for_twice_the_speed_per_lut_and_more_accuracy(
    accuracy: float, period: int, met: bool, missing: float, short: float
) -> None:
    ours = point("net1", "flight-a", accuracy=accuracy, period=period, fmax_mhz=120.0, lut=40_000)
    goal = goal_of(speedup(ours, RIVAL), "4W8A")
    assert (goal.met, goal.missing, goal.short) == (met, pytest.approx(missing), pytest.approx(short))


@pytest.mark.parametrize(("accuracy", "period", "met", "missing", "short"), [
    (0.8990, 400, True, 0.0, 0.0),  # just 0.1 points less
    (0.8990, 500, False, 0.5, 0.0),
    (0.8985, 400, False, 0.0, 0.05),
])  # fmt: skip
def test_the_goal_over_lightnn_2_allows_a_tenth_of_a_point(accuracy: float, period: int, met: bool, missing: float, short: float) -> None:
    goal = goal_of(
        speedup(point("net1", "flight-b", accuracy=accuracy, period=period), point("net1", "lightnn2", period=1000)), "LightNN-2"
    )
    assert (goal.met, goal.missing, goal.short) == (met, pytest.approx(missing), pytest.approx(short))


def test_a_goal_without_the_rivals_accuracy_does_not_blame_other_flightnns() -> None:
    gap = Gap(net="net1", scheme="flight-b", dsp=None, reason="not trained: k unknown")
    found = speedup(point("net1", "flight-a", accuracy=0.91), point("net1", "lightnn2", accuracy=None), gaps=(gap,))
    goal = goal_of(found, "LightNN-2")
    assert (goal.value, goal.reason) == (None, "the accuracy of a network is not known, or its scheme was left out")


def test_the_fastest_flightnn_that_is_accurate_enough_is_judged() -> None:
    fast, slow, wrong = (
        point("net1", "flight-a", accuracy=0.91, period=300),
        point("net1", "flight-b", accuracy=0.92, period=400),
        point("net1", "flight-a", accuracy=0.80, period=100),
    )
    rival = point("net1", "lightnn2", accuracy=0.90)
    judged = [goal_of(speedup(ours, slow, rival), "LightNN-2").ratio for ours in (fast, wrong)]
    assert [each.ours for each in judged if each is not None] == [fast, slow]


def test_a_network_without_flightnn_is_not_judged_and_says_why() -> None:
    gap = Gap(net="net4", scheme="flight-a", dsp=None, reason="not trained: k unknown")
    found = speedup(point("net4", "lightnn2", accuracy=None), point("net4", "fixed4", False, accuracy=None), gaps=(gap,))
    assert {(goal.value, goal.met, goal.reason) for goal in goals(found)} == {(None, None, "not trained: k unknown")}
    assert len(goals(found)) == 2 * len(MEASURES)


# --- tables


def row(table: ReportTable, *start: str) -> tuple[str, ...]:
    (found,) = [each for each in table.rows if each[: len(start)] == start]
    return found


FULL = speedup(
    OURS,
    RIVAL,
    point("net1", "lightnn2", accuracy=0.912, period=1250, fmax_mhz=120.0, lut=40_000, products_per_cycle=200),
    point("net4", "fixed4", False, accuracy=None, streamed_code_bits=20_000),
    gaps=(
        Gap(net="net4", scheme="flight-a", dsp=None, reason="not trained: k unknown"),
        Gap(net="net4", scheme="flight-b", dsp=None, reason="not trained: k unknown"),
    ),
    checks=(
        Check(net="net1", scheme="fixed4", array="fixed4_4x4x4", images=2, tensors=4, cycles=990, period=1000),
        Check(net="net1", scheme="flight-a", array="shift_4x4x4", failed="RTL took 7 cycles"),
    ),
)


def test_the_table_of_ratios_shows_whole_network_and_largest_layer() -> None:
    table = ratios_table(FULL)
    assert row(table, "net1", "FLightNN a", "91.00%", "4W8A, no DSPs")[4:] == ("+0.50", "2.16x", "1.20x", "3.24x", "1.80x", "-")
    assert row(table, "net1", "FLightNN a", "91.00%", "LightNN-2")[4:] == ("-0.20", "2.50x", "1.00x", "2.50x", "1.00x", "-")


def test_empty_cells_have_their_reason_below() -> None:
    table = ratios_table(FULL)
    assert row(table, "net4") == ("net4", "FLightNN a; FLightNN b", *["-"] * 8)
    assert "- in net4 FLightNN a; net4 FLightNN b: not trained: k unknown" in table.notes
    own = network_table(FULL, "net4")
    assert row(own, "FLightNN a") == ("FLightNN a", *["-"] * 9)
    assert row(own, "4W8A, no DSPs")[1:3] == ("-", "-")
    assert "- in net4 FLightNN a; net4 FLightNN b: not trained: k unknown" in own.notes
    assert any(note.startswith("- in accuracy of 4W8A, no DSPs: not trained") for note in own.notes)
    # 20,000 bits for each of 100,000 images a second
    assert any(note.endswith("Gbit/s at this speed: 4W8A, no DSPs 2.00") for note in own.notes)


def test_the_summary_names_networks_without_a_flightnn_once_and_shows_the_others() -> None:
    found, judged = summary_tables(FULL)
    assert {cells[0] for cells in found.rows} == {cells[1] for cells in judged.rows} == {"net1"}
    assert found.notes[-1] == "not measured, for net4: not trained: k unknown"
    assert found.rows == tuple(cells for cells in ratios_table(FULL).rows if cells[:2] == ("net1", "FLightNN a"))
    assert {cells[0] for cells in all_tables(FULL)[0].rows} == {"net1", "net4"}
    lone = speedup(point("net4", "fixed4", False, accuracy=None), gaps=FULL.gaps)
    assert summary_tables(lone)[0] == ratios_table(lone)


def test_goals_of_networks_without_a_flightnn_share_a_note() -> None:
    pairs = [(net, scheme) for net in ("net4", "net5") for scheme in ("flight-a", "flight-b")]
    gaps = tuple(Gap(net=net, scheme=scheme, dsp=None, reason="not trained") for net, scheme in pairs)
    assert "net4, net5: not trained" in goals_table(speedup(OURS, RIVAL, gaps=gaps)).notes


def test_the_table_of_goals_computes_why() -> None:
    table = goals_table(FULL)
    found = [each for each in table.rows if each[1:3] == ("net1", "network")]
    assert [each[3:] for each in found] == [
        ("FLightNN a", "+0.50", "3.24x", "met", "cycles 1.80 (terms 1.20 x elements 2.00 x use 0.75) x clock 1.20 x LUTs 1.50"),
        (
            *("FLightNN a", "-0.20", "2.50x", "missed by 0.10 points"),
            "cycles 2.50 (terms 0.83 x elements 1.00 x use 3.00) x clock 1.00 x LUTs 1.00",
        ),
    ]
    assert {each[3:7] for each in table.rows if each[1] == "net4"} == {("-", "-", "-", "not measured")}
    assert "net4: not trained: k unknown" in table.notes


def test_the_factors_of_a_row_multiply_to_its_last_cell() -> None:
    table = factors_table(FULL)
    assert len(table.rows) == 4
    for cells in table.rows:
        terms, elements, use, cycles, clock, luts, ratio = (float(cell) for cell in cells[4:])
        assert terms * elements * use == pytest.approx(cycles, abs=2e-3)
        assert cycles * clock * luts == pytest.approx(ratio, abs=4e-3)


def test_what_was_simulated_is_told_from_what_failed() -> None:
    (table,) = [each for each in all_tables(FULL) if each.title == "Simulated in RTL"]
    assert row(table, "net1", "4W8A")[2:] == ("fixed4_4x4x4", "2", "4", "990", "1,000", "as predicted")
    assert row(table, "net1", "FLightNN a")[2:] == ("shift_4x4x4", *["-"] * 4, "failed: RTL took 7 cycles")


def test_json_holds_what_follows_and_reads_back(tmp_path: Path) -> None:
    written = summary(FULL)
    (tmp_path / "s.json").write_text(json.dumps(written))
    assert Speedup.read(tmp_path / "s.json") == FULL
    assert written["ratios"][1] == {
        **{"net": "net1", "scheme": "flight-a", "rival": "fixed4", "rival_dsp": False, "measure": "network"},
        **{name: getattr(Ratio(OURS, RIVAL, NETWORK), name) for name in ("terms", "elements", "use", "cycles", "clock", "luts")},
        **{name: getattr(Ratio(OURS, RIVAL, NETWORK), name) for name in ("per_s", "per_klut", "gain")},
    }
    assert [goal["met"] for goal in written["goals"] if goal["net"] == "net1"] == [True, False, False, False]
    assert asdict(FULL.checks[0]) in written["checks"]


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda found: found.update(schema=0), "schema 0"),
        (lambda found: found.pop("checks"), "'checks'"),
        (lambda found: found["points"][0]["data"].pop("period"), "net1 FLightNN a lacks the field 'period'"),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, damage: Callable[[dict[str, Any]], None], words: str) -> None:
    found = summary(FULL)
    found = json.loads(json.dumps(found))
    damage(found)
    (tmp_path / "s.json").write_text(json.dumps(found))
    with pytest.raises(FormatError, match=words):
        Speedup.read(tmp_path / "s.json")


def test_plots_show_every_scheme_of_known_accuracy_and_are_the_same_for_the_same_figures() -> None:
    drawn = pictures(FULL)
    assert list(drawn) == ["speedup-images.svg", "speedup-per-klut.svg"]
    for text in drawn.values():
        assert all(label in text for label in ("FLightNN a", "LightNN-2", "4W8A, no DSPs", "net1")) and "net4" not in text
    assert pictures(FULL) == drawn


# --- the command


@pytest.fixture
def command(tmp_path: Path) -> Callable[..., Any]:
    def run(*arguments: object) -> Any:
        app = typer.Typer(rich_markup_mode="rich")
        register(app)
        words = [*map(str, arguments), "--out", str(tmp_path / "build"), "--jobs", "1"]
        return CliRunner().invoke(app, words, catch_exceptions=False, env={"COLUMNS": "250"})

    return run


def test_the_command_writes_json_tables_and_plots(command: Callable[..., Any], tmp_path: Path) -> None:
    fits = write_fits(tmp_path / "fits")
    page, readme = tmp_path / "page.md", tmp_path / "readme.md"
    page.write_text(f"before\n{MARKS[0]}\nwhat stood here\n{MARKS[1]}\nafter\n")
    readme.write_text(f"{SUMMARY_MARKS[0]}\n{SUMMARY_MARKS[1]}\n")
    wanted = ("--json", tmp_path / "s.json", "--insert", page, "--insert", readme, "--plots", tmp_path / "plots")
    done = command("--fits", fits, "--networks", "net1,tiny", "--zoo", zoo.FOLDER, "--check", "none", *wanted)
    assert done.exit_code == 0, done.output
    found = Speedup.read(tmp_path / "s.json")
    assert [(each.net, len([1 for point in found.points if point.net == each.net])) for each in (found.points[0], found.points[-1])] == [
        ("net1", 9),
        ("tiny", 7),
    ]
    text = page.read_text()
    assert text.startswith("before\n") and text.endswith("after\n") and "what stood here" not in text
    assert text.count("### ") == len(all_tables(found))
    assert readme.read_text().count("### ") == 2
    assert sorted(path.name for path in (tmp_path / "plots").iterdir()) == ["speedup-images.svg", "speedup-per-klut.svg"]
    again = tmp_path / "again.md"
    again.write_text(f"{MARKS[0]}\n{MARKS[1]}")
    assert command("--from", tmp_path / "s.json", "--insert", again).exit_code == 0
    assert again.read_text().strip() == text.removeprefix("before\n").removesuffix("after\n").strip()


def test_a_simulation_that_disagrees_is_exit_code_2(command: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text(json.dumps(summary(FULL)))
    done = command("--from", tmp_path / "s.json")
    assert done.exit_code == 2
    assert "failed net1 flight-a on shift_4x4x4: RTL took 7 cycles" in done.output


def test_fits_that_are_all_missing_are_found_out_before_anything_runs(command: Callable[..., Any], tmp_path: Path) -> None:
    write_fit(tmp_path / "fits", "shift")
    with pytest.raises(ConfigError, match="flightasic fit --part LFE5U-85F --speed 6 --arith fixed4 --dsp"):
        command("--fits", tmp_path / "fits", "--networks", "net1", "--schemes", "fixed4")
    assert not (tmp_path / "build").exists()


def test_only_networks_of_the_experiment_are_simulated(command: Callable[..., Any], tmp_path: Path) -> None:
    for strange in ("net3", "net1-float"):
        with pytest.raises(ConfigError, match=f"--check '{strange}'"):
            command("--fits", write_fits(tmp_path / "fits"), "--networks", "net1,net2", "--check", strange)


def test_a_page_without_marks_is_found_out_before_anything_runs(command: Callable[..., Any], tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("no marks")
    with pytest.raises(FormatError, match="speedup:begin"):
        command("--insert", page)


def test_a_missing_plot_library_is_found_out_before_anything_runs(command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise ToolError("no matplotlib")

    monkeypatch.setattr("flightasic.plots.require_matplotlib", missing)
    with pytest.raises(ToolError, match="no matplotlib"):
        command("--plots", "anywhere")


def test_help_shows_examples_that_the_command_takes(command: Callable[..., Any]) -> None:
    shown = command("--help").output
    for example in [line.strip() for line in EXAMPLES.splitlines() if line.startswith("  ")]:
        assert example in " ".join(shown.split())
        options = [word for word in example.split() if word.startswith("--")]
        assert all(option in shown.partition("Examples:")[0] for option in options), example
