"""Sweeps: what a YAML file means, what is run again and what is not, one failure among many, and the same on Dask."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from typer.testing import CliRunner

from flightasic.cli.sweep import register
from flightasic.errors import ConfigError, ToolError
from flightasic.ir import IntegerNetwork
from flightasic.nn.run import Step
from flightasic.sweep import Job, Outcome, load_plan, run_here, split_done, summary_csv, summary_json, summary_rows
from flightasic.sweep.run import Place, dask_client
from tests.small_fashion import write_small_fashion

SWEEPS = Path(__file__).parent.parent / "sweeps"
TINY: dict[str, Any] = {
    "nets": ["tiny"],
    "defaults": {"start": "float", "batch": 16, "epochs": 1, "float_epochs": 1},
    "schemes": {"float": {}, "lightnn1": {}},
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_small_fashion(tmp_path / "data")


@pytest.fixture
def place(tmp_path: Path, data: Path) -> Place:
    return Place(tmp_path, Path("out"), Path("out/results"), data)


def plan(folder: Path, content: Any) -> list[Job]:
    path = folder / "sweep.yaml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False))
    return load_plan(path)


def run(jobs: list[Job], place: Place, on_step: Callable[[Job, Step], None] | None = None) -> list[Outcome]:
    outcomes: list[Outcome] = []
    run_here(jobs, place, on_outcome=outcomes.append, on_step=on_step)
    return outcomes


def test_jobs_are_the_product_of_all_axes_and_float_comes_first(tmp_path: Path) -> None:
    jobs = plan(tmp_path, {"nets": ["net1", "tiny"], "seeds": [0, 5], "schemes": {"flight": {"start": "float"}, "float": None}})
    assert [job.name for job in jobs] == [
        f"fashion-mnist/{net}-{variant}/seed{seed}" for variant in ("float", "flight") for net in ("net1", "tiny") for seed in (0, 5)
    ]
    for job in jobs[4:]:
        assert job.start is not None
        assert job.start in jobs[:4]
        assert (job.start.settings.model, job.start.settings.seed) == (job.settings.model, job.settings.seed)
        assert job.settings.float_epochs == 0


def test_the_scheme_overrides_the_net_and_the_net_the_defaults(tmp_path: Path) -> None:
    content = {
        "defaults": {"batch": 1, "lr": 1.0},
        "datasets": {"fashion-mnist": {"augment": "flip"}},
        "nets": {"net1": {"batch": 2, "weight_decay": 0.5}, "net2": None},
        "schemes": {"wide": {"scheme": "flight", "batch": 3, "planes": 3}, "lightnn1": {}},
    }
    settings = {(job.settings.model, job.variant): job.settings for job in plan(tmp_path, content)}
    assert [settings["net1", "wide"].batch, settings["net1", "lightnn1"].batch, settings["net2", "lightnn1"].batch] == [3, 2, 1]
    assert [settings["net1", "lightnn1"].weight_decay, settings["net2", "wide"].lr] == [0.5, 1.0]
    assert (settings["net1", "wide"].scheme, settings["net1", "wide"].planes) == ("flight", 3)
    assert {each.augment for each in settings.values()} == {"flip"}


def test_numbers_may_be_written_as_people_write_them(tmp_path: Path) -> None:
    text = "nets: [tiny]\nschemes: {flight: {lr: 1e-3, lambdas: [0, 1e-3], ramp: 1, target: 'cycles<=50%', fix_k_at: 0.5, limit: null}}"
    settings = plan(tmp_path, text)[0].settings
    assert (settings.lr, settings.lambdas, settings.ramp, settings.limit) == (1e-3, (0.0, 1e-3), 1.0, None)


def test_settings_that_float_training_ignores_do_not_change_the_float_runs(tmp_path: Path) -> None:
    before = plan(tmp_path, TINY)
    after = plan(tmp_path, {**TINY, "defaults": {**TINY["defaults"], "epochs": 9, "lr": 0.5, "lambdas": [0.1], "fix_k_at": 0.2}})
    assert before[0] == after[0]
    assert before[1] != after[1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"net": ["tiny"]}, "unknown key 'net' in the file; did you mean 'nets'"),
        ({"nets": ["tinny"]}, "nets: unknown name 'tinny'; did you mean 'tiny'"),
        ({"nets": []}, "'nets' is missing or empty"),
        ({"nets": "tiny"}, "nets must be a list"),
        ({"nets": ["tiny", "tiny"]}, "names an entry twice"),
        ({"datasets": ["mnist"]}, "datasets: unknown name 'mnist'"),
        ({"seeds": [0, -1]}, "seeds must be integers >= 0, got -1"),
        ({"seeds": [True]}, "seeds must be integers >= 0, got True"),
        ({"schemes": {"a": {}}}, "schemes.a: scheme must be one of .*'scheme:'"),
        ({"schemes": {"flight": {"epoch": 3}}}, "unknown key 'epoch' in schemes.flight; did you mean 'epochs'"),
        ({"schemes": {"flight": {"seed": 3}}}, "unknown key 'seed' in schemes.flight"),
        ({"schemes": {"flight": {"epochs": 2.5}}}, "schemes.flight.epochs must be an integer, got 2.5"),
        ({"schemes": {"flight": {"lr": "fast"}}}, "schemes.flight.lr must be a number, got 'fast'"),
        ({"schemes": {"flight": {"start": None, "lr": -1}}}, "tiny with schemes.flight on fashion-mnist: lr must be positive, got -1"),
        ({"schemes": {"flight": {"lambdas": [0, "x"]}}}, "schemes.flight.lambdas must be a list of numbers"),
        ({"schemes": {"flight": {"start": None, "augment": "spin"}}}, "schemes.flight.*spin"),
        ({"schemes": {"float": {}, "flight": {"target": "k<=1", "fix_k_at": 0.5, "array": {"rowz": 3}}}}, "schemes.flight.*rowz"),
        ({"schemes": {"float": {}, "lightnn1": {"target": "k<=1", "fix_k_at": 0.5}}}, "schemes.lightnn1.*target"),
        ({"schemes": {"flight": {}}}, "schemes.flight: start must name a float entry under schemes, got 'float'"),
        ({"defaults": {"start": 3}}, "defaults.start must name an entry"),
        ({"defaults": {"scheme": "flight"}}, "unknown key 'scheme' in defaults"),
        ({"defaults": [1]}, "defaults must be a mapping"),
    ],
)
def test_mistakes_in_the_file_are_named(change: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"sweep.yaml: .*{message}"):
        plan(tmp_path, {**TINY, **change})


@pytest.mark.parametrize("text", ["nets: [", "just text", "", "[1, 2]"])
def test_a_file_that_is_no_sweep_is_named(text: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="sweep.yaml"):
        plan(tmp_path, text)
    with pytest.raises(ConfigError, match="absent.yaml"):
        load_plan(tmp_path / "absent.yaml")


@pytest.mark.parametrize("path", sorted(SWEEPS.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_sweeps_of_the_repository_can_be_planned(path: Path) -> None:
    assert load_plan(path)


def test_what_is_done_is_kept_and_what_changed_is_run_again(tmp_path: Path, place: Place) -> None:
    jobs = plan(tmp_path, TINY)
    outcomes = run(jobs, place)
    done, to_run = split_done(jobs, place)
    assert (done, to_run) == (outcomes, [])
    quantised_anew = plan(tmp_path, {**TINY, "schemes": {"float": {}, "lightnn1": {"lr": 0.5}}})
    assert split_done(quantised_anew, place)[1] == quantised_anew[1:]
    float_anew = plan(tmp_path, {**TINY, "schemes": {"float": {"float_lr": 0.5}, "lightnn1": {}}})
    assert split_done(float_anew, place)[1] == float_anew, "a network is not done if the one it starts from is another"
    again = run(float_anew, place)
    assert again[1].result is not None
    assert again[1].result["record"]["accuracy"] == again[1].result["accuracy"]
    assert split_done(float_anew, place) == (again, [])


def test_a_setting_added_since_does_not_undo_what_was_done(tmp_path: Path, place: Place) -> None:
    jobs = plan(tmp_path, TINY)[:1]
    run(jobs, place)
    path = tmp_path / "out" / jobs[0].name / "job.json"
    state = json.loads(path.read_text())
    del state["settings"]["warmup"]
    path.write_text(json.dumps(state))
    assert split_done(jobs, place)[1] == []
    state["settings"]["batch"] = 17
    path.write_text(json.dumps(state))
    assert split_done(jobs, place)[1] == jobs


def test_other_usual_values_of_what_float_training_ignores_do_not_undo_float_runs(tmp_path: Path, place: Place) -> None:
    jobs = plan(tmp_path, TINY)
    run(jobs, place)
    for job, part in zip(jobs, ("settings", "start"), strict=True):
        path = tmp_path / "out" / job.name / "job.json"
        state = json.loads(path.read_text())
        state[part]["lr"] = 7.0
        path.write_text(json.dumps(state))
    assert split_done(jobs, place)[1] == []
    state["settings"]["lr"] = 7.0
    path.write_text(json.dumps(state))
    assert split_done(jobs, place)[1] == jobs[1:]


@pytest.mark.parametrize("damage", ["network", "state"])
def test_a_job_whose_files_are_gone_is_run_again(damage: str, tmp_path: Path, place: Place) -> None:
    jobs = plan(tmp_path, TINY)
    run(jobs, place)
    folder = tmp_path / "out" / jobs[1].name
    if damage == "network":
        (folder / "tiny-lightnn1.flnet").unlink()
    else:
        (folder / "job.json").write_text("{")
    assert split_done(jobs, place)[1] == jobs[1:]


def test_an_interrupted_sweep_goes_on_from_the_checkpoint(tmp_path: Path, place: Place) -> None:
    jobs = plan(tmp_path, {**TINY, "defaults": {**TINY["defaults"], "epochs": 2}})
    whole = run(jobs, Place(tmp_path, Path("whole"), Path("whole/results"), place.data))

    def interrupt(job: Job, step: Step) -> None:
        if step.phase == "quantised" and step.epoch == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(jobs, place, interrupt)
    done, to_run = split_done(jobs, place)
    assert to_run == jobs[1:]
    steps: list[Step] = []
    rest = run(to_run, place, lambda job, step: steps.append(step))
    assert {step.epoch for step in steps} == {1}
    networks = [IntegerNetwork.load(tmp_path / str(outcome.result["network"])) for outcome in (whole[1], rest[0]) if outcome.result]
    assert all((a.codes == b.codes).all() for a, b in zip(networks[0].layers, networks[1].layers, strict=True))


def test_a_checkpoint_of_other_settings_is_not_gone_on_from(tmp_path: Path, place: Place) -> None:
    run(plan(tmp_path, TINY), place)
    changed = plan(tmp_path, {**TINY, "defaults": {**TINY["defaults"], "batch": 32}})
    assert [outcome.error for outcome in run(changed, place)] == [None, None]


def test_one_failure_does_not_stop_the_others(tmp_path: Path, place: Place, caplog: pytest.LogCaptureFixture) -> None:
    def fail(job: Job, step: Step) -> None:
        if job.settings.seed == 1:
            raise ZeroDivisionError("broken on purpose")

    outcomes = run(plan(tmp_path, {**TINY, "seeds": [0, 1, 2]}), place, fail)
    errors = {outcome.job.name.removeprefix("fashion-mnist/"): outcome.error for outcome in outcomes}
    assert {name for name, error in errors.items() if error} == {"tiny-float/seed1", "tiny-lightnn1/seed1"}
    assert errors["tiny-float/seed1"] == "ZeroDivisionError: broken on purpose"
    assert errors["tiny-lightnn1/seed1"] == "not run, since fashion-mnist/tiny-float/seed1 failed"
    assert "fashion-mnist/tiny-float/seed1" in caplog.text


def outcome_of(job: Job, accuracy: float, mean_k: float | None) -> Outcome:
    return Outcome(job, {"accuracy": accuracy, "mean_k": mean_k})


def test_the_summary_is_the_mean_over_seeds_with_its_spread(tmp_path: Path) -> None:
    floats, others = [plan(tmp_path, {**TINY, "seeds": [0, 1, 2]})[start : start + 3] for start in (0, 3)]
    outcomes = [outcome_of(job, accuracy, None) for job, accuracy in zip(floats, (0.5, 0.6, 0.7), strict=True)]
    outcomes += [outcome_of(others[0], 0.8, 1.0), Outcome(others[1], error="broken")]
    rows = summary_rows(outcomes)
    assert [(row["variant"], row["n"]) for row in rows] == [("float", 3), ("lightnn1", 1)]
    assert (rows[0]["accuracy_mean"], rows[0]["accuracy_std"]) == (pytest.approx(0.6), pytest.approx(0.1))
    assert (rows[0]["mean_k_mean"], rows[1]["mean_k_mean"], rows[1]["accuracy_std"]) == (None, 1.0, None)
    table = list(csv.DictReader(io.StringIO(summary_csv(outcomes))))
    assert (table[1]["net"], table[1]["accuracy_mean"], table[1]["accuracy_std"]) == ("tiny", "0.8", "")
    whole = json.loads(json.dumps(summary_json(outcomes, sweep="s.yaml")))
    assert [run["error"] for run in whole["runs"]] == [None, None, None, None, "broken"]
    assert whole["summary"] == rows


def invoke(*arguments: object) -> Any:
    app = typer.Typer()
    register(app)
    app.callback()(lambda: None)
    return CliRunner().invoke(app, ["sweep", *map(str, arguments)], env={"COLUMNS": "200"})


def test_the_command_runs_jobs_on_a_cluster_of_its_own(tmp_path: Path, data: Path) -> None:
    path, out = tmp_path / "small.yaml", tmp_path / "out"
    variants = {**TINY["schemes"], "flight": {"target": "k<=0.0001", "fix_k_at": 0.5}}
    path.write_text(yaml.safe_dump({**TINY, "schemes": variants}, sort_keys=False))
    before = invoke(path, "--out", out, "--data", data, "--dry-run")
    assert "3 jobs: 0 done, 3 to run" in before.output
    assert "fashion-mnist/tiny-lightnn1/seed0 (from fashion-mnist/tiny-float/seed0)" in before.output
    assert not out.exists()

    ran = invoke(path, "--out", out, "--data", data, "--workers", 2, "--json", tmp_path / "all.json")
    assert ran.exit_code == 1, ran.output
    assert "failed fashion-mnist/tiny-flight/seed0: target" in ran.output
    runs = json.loads((tmp_path / "all.json").read_text())["runs"]
    assert [(run["variant"], run["error"] is None) for run in runs] == [("float", True), ("lightnn1", True), ("flight", False)]
    here = run_in_process(tmp_path, data)
    assert [run["result"]["accuracy"] for run in runs[:2]] == here, "a worker's network is that of one thread in this process"
    assert (out / "sweep.csv").read_text().count("\n") == 3

    with dask_client(None, 1) as other:
        again = invoke(path, "--out", out, "--data", data, "--scheduler", other.scheduler.address)
    assert "3 jobs: 2 done, 1 to run" in again.output
    assert "failed fashion-mnist/tiny-flight/seed0: target" in again.output


def run_in_process(folder: Path, data: Path) -> list[float]:
    outcomes = run(plan(folder, TINY), Place(folder, Path("here"), Path("here/results"), data))
    return [outcome.result["accuracy"] for outcome in outcomes if outcome.result is not None]


def test_the_command_without_dask_shows_the_same(tmp_path: Path, data: Path) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(yaml.safe_dump(TINY))
    ran = invoke(path, "--out", tmp_path / "out", "--data", data, "--workers", 0)
    assert ran.exit_code == 0, ran.output
    assert "fashion-mnist/tiny-lightnn1/seed0: accuracy 0." in ran.output


def test_a_scheduler_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flightasic.sweep.run._CONNECT_S", "1s")
    with pytest.raises(ToolError, match="tcp://127.0.0.1:1.*dask scheduler"), dask_client("tcp://127.0.0.1:1", 1):
        pass


def test_the_example_of_the_documentation_is_a_sweep(tmp_path: Path) -> None:
    text = (SWEEPS.parent / "docs" / "sweeps.md").read_text()
    jobs = plan(tmp_path, text.split("```yaml\n")[1].split("```")[0])
    assert {job.variant for job in jobs} == {"float", "lightnn1", "fixed4", "flight-a"}
