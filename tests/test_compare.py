"""Comparisons from plan to files: what is measured once, what goes on after an interruption, what fails alone."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from flightasic import zoo
from flightasic.cli.array import parse_array
from flightasic.cli.compare import EXAMPLES, register
from flightasic.compare import (
    MARKS,
    SUMMARY_MARKS,
    Comparison,
    Place,
    Plan,
    all_tables,
    find_candidates,
    run_comparison,
    shared_images,
    summary_tables,
)
from flightasic.compiler import compile_network
from flightasic.errors import ConfigError, DataError, FormatError, ToolError
from flightasic.tasks import Failed, Task, run_tasks
from tests.small_compare import BREAK, INTERRUPT, MEASURES, TECHNOLOGY, small_design, small_energy, work_done

SCHEMES = ("lightnn1", "flight-a", "fixed4")


class Log:
    """An observer that keeps what it was told."""

    def __init__(self) -> None:
        self.lines: list[tuple[Any, ...]] = []

    def started(self, task: str) -> None:
        self.lines.append(("started", task))

    def progressed(self, task: str, done: int, total: int) -> None:
        self.lines.append(("progressed", task, done, total))

    def ended(self, task: str, failed: str | None) -> None:
        self.lines.append(("ended", task, failed))


def plan(*networks: str, schemes: tuple[str, ...] = SCHEMES, settings: list[str] | None = None) -> Plan:
    candidates = find_candidates(networks or ("net1",), schemes)
    dataset, images = shared_images(candidates, 1)
    arrays = {each.arith: parse_array("4x4x4", each.arith, settings or []) for each in candidates}
    return Plan(candidates=candidates, arrays=arrays, dataset=dataset, images=images, clock_ns=10.0, corner="tt", adder_style="auto")


def compare(made: Plan, build: Path, *, jobs: int = 1, log: Log | None = None, scheduler: str | None = None) -> Comparison:
    place = Place(build=build, results=build / "results", jobs=jobs, scheduler=scheduler)
    return run_comparison(made, TECHNOLOGY, place, log or Log(), MEASURES)


def order(name: str, file: str, build: Path) -> None:
    build.mkdir(exist_ok=True)
    (build / file).write_text(name)


def test_candidates_come_by_network_then_in_the_order_of_tables() -> None:
    found = find_candidates(("net2", "net1"), ("fixed8", "flight-a", "lightnn1"))
    assert [(each.net, each.scheme) for each in found] == [
        ("net2", "lightnn1"), ("net2", "fixed8"), ("net2", "flight-a"), ("net1", "lightnn1"), ("net1", "fixed8"), ("net1", "flight-a"),
    ]  # fmt: skip
    assert [each.accuracy for each in found] == [zoo.record(f"{each.net}-{each.scheme}").accuracy for each in found]
    assert {each.arith for each in found if each.scheme == "fixed8"} == {"fixed8"}


def test_a_file_s_name_tells_network_and_scheme(tmp_path: Path) -> None:
    network = zoo.load("net1-flight-b")
    for name in ("mine-flight-b", "mine-fixed4-pruned", "other", "flight-a"):
        network.save(tmp_path / f"{name}.flnet")
    found = {path.stem: find_candidates((str(path),), ())[0] for path in tmp_path.iterdir()}
    assert {name: (each.net, each.scheme) for name, each in found.items()} == {
        "mine-flight-b": ("mine", "flight-b"),
        "mine-fixed4-pruned": ("mine", "fixed4-pruned"),
        "other": ("other", "flight"),  # as its provenance says
        "flight-a": ("flight-a", "flight"),
    }
    nameless = replace(network, info={})
    nameless.save(tmp_path / "other.flnet")
    (bare,) = find_candidates((str(tmp_path / "other.flnet"),), ())
    assert (bare.scheme, bare.accuracy) == ("shift", None)


@pytest.mark.parametrize(
    ("networks", "schemes", "words"),
    [
        (("net9",), ("fixed4",), "no network 'net9-fixed4' in the zoo"),
        (("net1",), ("float",), "leave the scheme 'float' out"),
        (("net1", "net1"), ("fixed4",), "comes twice"),
    ],
)
def test_networks_that_cannot_be_compared_are_named(networks: tuple[str, ...], schemes: tuple[str, ...], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        find_candidates(networks, schemes)


def test_all_networks_run_the_same_images() -> None:
    candidates = find_candidates(("net1",), ("fixed4", "flight-a"))
    dataset, images = shared_images(candidates, 2)
    assert (dataset, images.shape, images.dtype) == ("fashion-mnist", (2, 1, 28, 28), np.int8)
    assert images.min() >= 0 and images.any()
    other = replace(candidates[1], network=candidates[1].network.with_info(dataset="svhn"))
    with pytest.raises(ConfigError, match="fashion-mnist, svhn"):
        shared_images((candidates[0], other), 1)
    smaller = replace(candidates[1].network, in_shape=(1, 24, 24))
    with pytest.raises(ConfigError, match=r"takes images \(1, 24, 24\)"):
        shared_images((replace(candidates[1], network=smaller),), 1)
    with pytest.raises(DataError, match=r"1\.\.10000"):
        shared_images(candidates, 10_001)


def test_arrays_differ_in_nothing_but_their_arithmetic() -> None:
    made = plan()
    with pytest.raises(ConfigError, match="acc_depth is shift 256, fixed4 512"):
        replace(made, arrays={**made.arrays, "fixed4": replace(made.arrays["fixed4"], acc_depth=512)})


def test_every_network_is_measured_on_the_design_of_its_arithmetic(tmp_path: Path) -> None:
    made, log = plan(), Log()
    found = compare(made, tmp_path, log=log, scheduler="slurm")
    assert not found.failures
    assert [(point.net, point.scheme, point.data["array"]) for point in found.points] == [
        ("net1", "lightnn1", "shift_4x4x4"), ("net1", "fixed4", "fixed4_4x4x4"), ("net1", "flight-a", "shift_4x4x4"),
    ]  # fmt: skip
    for point, each in zip(found.points, made.candidates, strict=True):
        assert point.data["cycles"] == compile_network(each.network, made.arrays[each.arith]).cycles
        assert (point.data["scheme"], point.data["accuracy"]) == (each.scheme, each.accuracy)
    assert work_done(tmp_path) == [
        "design shift_4x4x4 10 tt auto",
        "design fixed4_4x4x4 10 tt auto",
        *(f"energy net1-{scheme} (1, 1, 28, 28) slurm" for scheme in ("lightnn1", "fixed4", "flight-a")),
    ]
    assert found.settings["corner"] == "tt_typical"
    assert found.settings["arrays"]["fixed4"] == made.arrays["fixed4"].to_dict()
    cycles = found.points[0].data["cycles"]
    assert log.lines[:2] == [("started", "array shift_4x4x4"), ("ended", "array shift_4x4x4", None)]
    assert ("progressed", "net1 LightNN-1", cycles // 2, cycles) in log.lines


def test_points_start_with_the_longest(tmp_path: Path) -> None:
    compare(plan(schemes=("flight-a", "lightnn2", "lightnn1")), tmp_path)
    assert [line.split()[1] for line in work_done(tmp_path)[1:]] == ["net1-lightnn2", "net1-lightnn1", "net1-flight-a"]


def test_processes_side_by_side_find_the_same(tmp_path: Path) -> None:
    order("net1-fixed4", BREAK, tmp_path / "many")
    order("net1-fixed4", BREAK, tmp_path / "one")
    log = Log()
    assert compare(plan(), tmp_path / "many", jobs=2, log=log) == compare(plan(), tmp_path / "one")
    assert sorted(work_done(tmp_path / "many")) == sorted(work_done(tmp_path / "one"))
    assert [line for line in log.lines if line[:2] == ("started", "net1 4W8A")] == [("started", "net1 4W8A")]
    assert ("ended", "net1 4W8A", "net1-fixed4: image 0: outputs differ from the golden model's") in log.lines


def test_a_finished_point_is_not_run_again(tmp_path: Path) -> None:
    first = compare(plan(), tmp_path)
    before = work_done(tmp_path)
    assert compare(plan(), tmp_path) == first
    added = [line for line in work_done(tmp_path)[len(before) :] if line.startswith("energy")]
    assert added == []


def test_an_interrupted_comparison_goes_on_where_it_was(tmp_path: Path) -> None:
    order("net1-fixed4", INTERRUPT, tmp_path)
    with pytest.raises(KeyboardInterrupt):
        compare(plan(), tmp_path)
    (tmp_path / INTERRUPT).unlink()
    done = [line.split()[1] for line in work_done(tmp_path) if line.startswith("energy")]
    assert done == ["net1-lightnn1", "net1-fixed4"]
    found = compare(plan(), tmp_path)
    assert [point.scheme for point in found.points] == ["lightnn1", "fixed4", "flight-a"]
    again = [line.split()[1] for line in work_done(tmp_path) if line.startswith("energy")]
    assert again == [*done, "net1-fixed4", "net1-flight-a"]


def test_an_array_that_misses_its_clock_fails_its_networks_alone(tmp_path: Path) -> None:
    order("fixed4_4x4x4", BREAK, tmp_path)
    found = compare(plan(), tmp_path)
    assert [point.scheme for point in found.points] == ["lightnn1", "flight-a"]
    (failure,) = found.failures
    assert (failure.name, failure.array, failure.reason) == ("net1 4W8A", "fixed4_4x4x4", "fixed4_4x4x4: setup slack -1.00 ns")


def test_a_network_that_does_not_fit_fails_before_anything_is_built(tmp_path: Path) -> None:
    found = compare(plan(schemes=("fixed4", "lightnn2"), settings=["program_depth=128"]), tmp_path)
    assert len(found.failures) == 2 and not found.points
    assert all("program_depth" in failure.reason for failure in found.failures)
    assert not (tmp_path / "work.log").exists()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"checks": {"setup_slack_ns": -0.01, "hold_slack_ns": 0.1}}, "net1 4W8A: setup_slack_ns is -0.01; measure again"),
        ({"checks": {"setup_slack_ns": 0.01, "hold_slack_ns": -0.2}}, "net1 4W8A: hold_slack_ns is -0.2; measure again"),
        ({"annotated_fraction": 0.5}, "net1 4W8A: 50.0% of the nets are annotated, at least 99% must be"),
    ],
)
def test_figures_whose_checks_fail_are_no_point(tmp_path: Path, changes: dict[str, Any], reason: str) -> None:
    compare(plan(schemes=("fixed4",)), tmp_path)
    (kept,) = (tmp_path / "energy").iterdir()
    data = json.loads(kept.read_text())
    kept.write_text(json.dumps(data | changes))
    found = compare(plan(schemes=("fixed4",)), tmp_path)
    assert not found.points
    assert found.failures[0].reason.startswith(reason)


@pytest.mark.parametrize(("options", "complaint"), [({"clock_ns": 0.0}, "above 0 ns, got 0.0"), ({"adder_style": "tre"}, "got 'tre'")])
def test_a_plan_that_cannot_work_is_refused(options: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        replace(plan(schemes=("fixed4",)), **options)


def killed(progress: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def broken(progress: Any) -> None:
    raise ValueError("a defect")


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_defect_is_not_taken_for_a_failed_point(jobs: int) -> None:
    with pytest.raises(ValueError, match="a defect"):
        run_tasks([Task("a", broken, ())], jobs, Log())


def test_a_killed_process_is_a_failure_with_a_remedy() -> None:
    (result,) = run_tasks([Task("a", killed, ())], 2, Log())
    assert isinstance(result, Failed) and "--jobs 1" in result.reason


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Any]:
    """The command with the stand-ins in place of synthesis and simulation."""
    monkeypatch.setattr("flightasic.eda.measure.find_design", small_design)
    monkeypatch.setattr("flightasic.eda.measure_energy.measure_energy", small_energy)
    monkeypatch.setattr("flightasic.eda.pdk.find_technology", lambda choice: TECHNOLOGY)

    def run(*arguments: object) -> Any:
        app = typer.Typer(rich_markup_mode="rich")
        register(app)
        words = [*map(str, arguments), "--out", str(tmp_path / "build"), "--jobs", "1"]
        return CliRunner().invoke(app, words, catch_exceptions=False, env={"COLUMNS": "250"})

    return run


@pytest.mark.parametrize(
    "options", [("--adder-style", "tre"), ("--clock-ns", "0"), ("--scheduler", "docker"), ("--set", "program_depth=16")]
)
def test_a_comparison_without_a_point_leaves_what_was_published(
    command: Callable[..., Any], tmp_path: Path, options: tuple[str, ...]
) -> None:
    page, store = tmp_path / "page.md", tmp_path / "c.json"
    before = f"{MARKS[0]}\ntables of last week\n{MARKS[1]}\n"
    page.write_text(before)
    store.write_text("{}")
    wanted = ("--json", store, "--insert", page, "--plots", tmp_path / "plots")
    try:
        assert command("--networks", "net1", "--schemes", "fixed4", *wanted, *options).exit_code == 2
    except (ConfigError, ToolError):
        assert options[0] != "--set"
    assert (page.read_text(), store.read_text(), (tmp_path / "plots").exists()) == (before, "{}", False)


@pytest.mark.parametrize(("shape", "reuse", "tiles"), [("8x8x8", 4, 4), ("4x4x4", 2, 4), ("3x4x4", 2, 3), ("1x4x4", 0, 1), ("6x4x4", 4, 3)])
def test_defaults_follow_the_shape_of_the_array(command: Callable[..., Any], tmp_path: Path, shape: str, reuse: int, tiles: int) -> None:
    wanted = ("--array", shape, "--set", "code_depth=16384", "--json", tmp_path / "c.json")
    done = command("--networks", "net1", "--schemes", "fixed4", *wanted)
    assert done.exit_code == 0, done.output
    array = Comparison.read(tmp_path / "c.json").settings["arrays"]["fixed4"]
    assert (array["act_reuse"], array["tile_rows"]) == (reuse, tiles)


def test_the_command_writes_json_tables_and_plots(command: Callable[..., Any], tmp_path: Path) -> None:
    page, readme = tmp_path / "page.md", tmp_path / "readme.md"
    page.write_text(f"before\n{MARKS[0]}\nwhat stood here\n{MARKS[1]}\nafter\n")
    readme.write_text(f"# x\n{SUMMARY_MARKS[0]}\n{SUMMARY_MARKS[1]}\n")
    wanted = ("--json", tmp_path / "c.json", "--insert", page, "--insert", readme, "--plots", tmp_path / "plots")
    done = command("--networks", "net1", "--schemes", "fixed4,flight-a", *wanted)
    assert done.exit_code == 0, done.output
    found = Comparison.read(tmp_path / "c.json")
    assert [point.scheme for point in found.points] == ["fixed4", "flight-a"]
    text = page.read_text()
    assert text.startswith("before\n") and text.endswith("after\n") and "what stood here" not in text
    assert all(table.markdown().replace("## ", "### ", 1) in text for table in all_tables(found))
    assert readme.read_text().count("### ") == len(summary_tables(found)) == 2
    assert sorted(path.name for path in (tmp_path / "plots").iterdir()) == ["energy-accuracy.svg", "energy-parts.svg"]
    assert "Same area (derived)" in done.output and "made for tests" in done.output
    again = tmp_path / "again.md"
    again.write_text(f"{MARKS[0]}\n{MARKS[1]}")
    measured = work_done(tmp_path / "build")
    assert command("--from", tmp_path / "c.json", "--insert", again).exit_code == 0
    assert again.read_text().strip() == text.removeprefix("before\n").removesuffix("after\n").strip()
    assert work_done(tmp_path / "build") == measured


def test_usual_networks_and_schemes(command: Callable[..., Any], tmp_path: Path) -> None:
    assert command("--json", tmp_path / "c.json").exit_code == 0
    found = Comparison.read(tmp_path / "c.json")
    schemes = ["lightnn1", "lightnn2", "fixed4", "fixed8", "flight-a", "flight-b"]
    assert [(point.net, point.scheme) for point in found.points] == [(net, scheme) for net in ("net1", "net2") for scheme in schemes]
    assert list(found.settings["arrays"]) == ["shift", "fixed4", "fixed8"]


def test_full_takes_the_whole_zoo(command: Callable[..., Any], tmp_path: Path) -> None:
    assert command("--full", "--json", tmp_path / "c.json").exit_code == 0
    found = Comparison.read(tmp_path / "c.json")
    assert {(point.net, point.scheme) for point in found.points} == {
        tuple(each.name.split("-", 1)) for each in zoo.contents() if not each.is_float
    }


def test_a_code_width_is_that_of_the_shift_array(command: Callable[..., Any], tmp_path: Path) -> None:
    options = ("--networks", "net1", "--schemes", "fixed4,flight-a", "--set", "acc_bits=26", "--set", "code_bits=3", "--clock-ns", "8")
    command(*options, "--corner", "tt", "--adder-style", "fa", "--json", tmp_path / "c.json")
    found = Comparison.read(tmp_path / "c.json")
    arrays = found.settings["arrays"]
    assert [(arrays[arith]["code_bits"], arrays[arith]["acc_bits"]) for arith in ("shift", "fixed4")] == [(3, 26), (4, 26)]
    assert (found.settings["clock_ns"], found.settings["adder_style"]) == (8.0, "fa")


def test_a_failed_point_is_exit_code_2_after_all_others(command: Callable[..., Any], tmp_path: Path) -> None:
    order("net1-fixed4", BREAK, tmp_path / "build")
    done = command("--networks", "net1", "--schemes", "fixed4,flight-a", "--json", tmp_path / "c.json")
    assert done.exit_code == 2
    assert "failed net1 4W8A on fixed4_8x8x8ur4: net1-fixed4: image 0: outputs differ from the golden model's" in done.output
    found = Comparison.read(tmp_path / "c.json")
    assert [point.scheme for point in found.points] == ["flight-a"]
    assert [failure.scheme for failure in found.failures] == ["fixed4"]


def test_an_interruption_writes_nothing(command: Callable[..., Any], tmp_path: Path) -> None:
    order("net1-fixed4", INTERRUPT, tmp_path / "build")
    done = command("--networks", "net1", "--schemes", "fixed4,flight-a", "--json", tmp_path / "c.json", "--plots", tmp_path / "plots")
    assert done.exit_code == 130
    assert not (tmp_path / "c.json").exists() and not (tmp_path / "plots").exists()


def test_a_page_without_marks_is_found_out_before_measuring(command: Callable[..., Any], tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("no marks")
    with pytest.raises(FormatError, match="compare:begin"):
        command("--insert", page)
    assert not (tmp_path / "build").exists()


def test_a_missing_plot_library_is_found_out_before_measuring(
    command: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> None:
        raise ToolError("no matplotlib")

    monkeypatch.setattr("flightasic.plots.require_matplotlib", missing)
    with pytest.raises(ToolError, match="no matplotlib"):
        command("--plots", tmp_path / "plots")
    assert not (tmp_path / "build").exists()


def test_a_corner_that_is_not_there_stops_the_command(command: Callable[..., Any]) -> None:
    with pytest.raises(ToolError, match="no corner 'ss'"):
        command("--networks", "net1", "--corner", "ss")


def test_help_shows_examples_that_the_command_takes(command: Callable[..., Any]) -> None:
    shown = command("--help").output
    for example in [line.strip() for line in EXAMPLES.splitlines() if line.startswith("  ")]:
        assert example in " ".join(shown.split())
        options = [word for word in example.split() if word.startswith("--")]
        assert all(option in shown.partition("Examples:")[0] for option in options), example
