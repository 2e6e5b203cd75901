"""``flightasic sweep``: every training run of a YAML file, on this machine or on Dask."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from flightasic.cli.train import DataOption, step_text

if TYPE_CHECKING:
    from flightasic.sweep import Job, Outcome

EXAMPLES = """Examples:

  flightasic sweep sweeps/fashion-mnist.yaml --dry-run

  flightasic sweep sweeps/fashion-mnist.yaml --json results/sweep.json

  flightasic sweep sweeps/fashion-mnist.yaml --scheduler tcp://10.0.0.1:8786
"""

EXIT_JOBS_FAILED = 1
_FOLDER = Path("build/sweeps")


def register(app: typer.Typer) -> None:
    """Add the command ``sweep`` to the main application."""
    app.command("sweep", epilog=EXAMPLES)(sweep)


def sweep(
    file: Annotated[Path, typer.Argument(help="The sweep: nets, schemes, data sets, seeds and settings (docs/sweeps.md)")],
    out: Annotated[Path | None, typer.Option(help="Folder of networks, checkpoints and tables [default: build/sweeps/FILE's name]")] = None,
    workers: Annotated[
        int | None, typer.Option(min=0, help="Jobs at a time, one thread each; 0 = in this process, with a bar per epoch [default: cores]")
    ] = None,
    scheduler: Annotated[str | None, typer.Option(help="Address of a Dask scheduler whose workers see this folder too")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list what would run")] = False,
    json: Annotated[Path | None, typer.Option(help="Write every run and the summary here [default: OUT/sweep.json]")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write the mean over seeds here [default: OUT/sweep.csv]")] = None,
    data: DataOption = None,
) -> None:
    """Train every network of a sweep; what is done is kept, what was interrupted goes on from its checkpoint."""
    from flightasic.files import write_atomically, write_json
    from flightasic.sweep import load_plan, split_done, summary_csv, summary_json, summary_rows
    from flightasic.sweep.run import Place

    console = Console()
    jobs = load_plan(file)
    folder = out or _FOLDER / file.stem
    place = Place(Path.cwd(), folder, folder / "results", data)
    outcomes, to_run = split_done(jobs, place)
    console.print(f"{len(jobs)} jobs: {len(outcomes)} done, {len(to_run)} to run; files in {folder}")
    if dry_run:
        for job in to_run:
            console.print(escape(job.name + (f" (from {job.start.name})" if job.start else "")), highlight=False)
        return
    outcomes += _run(to_run, len(outcomes), place, scheduler, os.cpu_count() or 1 if workers is None else workers, console)
    order = {job.name: index for index, job in enumerate(jobs)}
    outcomes.sort(key=lambda outcome: order[outcome.job.name])
    write_json(json or folder / "sweep.json", summary_json(outcomes, sweep=file.name))
    write_atomically(csv or folder / "sweep.csv", summary_csv(outcomes))
    _table(summary_rows(outcomes), console)
    failed = [outcome for outcome in outcomes if outcome.error is not None]
    for outcome in failed:
        console.print(f"[red]failed[/red] {escape(outcome.job.name)}: {escape(str(outcome.error))}", highlight=False, soft_wrap=True)
    if failed:
        raise typer.Exit(EXIT_JOBS_FAILED)


def _run(jobs: list[Job], done: int, place: Any, scheduler: str | None, workers: int, console: Console) -> list[Outcome]:
    """Run ``jobs`` under a progress bar that counts the ``done`` ones too."""
    from flightasic.sweep.run import dask_client, run_here, run_on_dask

    outcomes: list[Outcome] = []
    if not jobs:
        return outcomes
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("jobs", total=done + len(jobs), completed=done)

        def on_outcome(outcome: Outcome) -> None:
            outcomes.append(outcome)
            progress.advance(bar)
            progress.console.print(escape(f"{outcome.job.name}: {_said(outcome)}"), highlight=False, soft_wrap=True)

        if scheduler is None and not workers:
            import torch

            torch.set_num_threads(1)
            detail = progress.add_task("", total=1)

            def on_step(job: Job, step: Any) -> None:
                text = f"{job.name} {step_text(step)}"
                progress.update(detail, description=escape(text), completed=step.step, total=step.steps)

            run_here(jobs, place, on_outcome=on_outcome, on_step=on_step)
        else:
            with dask_client(scheduler, max(1, min(workers, len(jobs)))) as client:
                run_on_dask(jobs, place, client, on_outcome=on_outcome)
    return outcomes


def _said(outcome: Outcome) -> str:
    if outcome.result is None:
        return f"failed, {outcome.error}"
    k = outcome.result["mean_k"]
    return f"accuracy {outcome.result['accuracy']:.4f}" + ("" if k is None else f", mean k {k:.3f}")


def _table(rows: list[dict[str, Any]], console: Console) -> None:
    table = Table(title="mean over seeds (standard deviation)")
    for column in ("data set", "net", "variant", "seeds", "accuracy", "mean k"):
        table.add_column(column)
    for row in rows:
        figures = [_spread(row[f"{name}_mean"], row[f"{name}_std"]) for name in ("accuracy", "mean_k")]
        table.add_row(row["dataset"], row["net"], row["variant"], str(row["n"]), *figures)
    console.print(table)


def _spread(mean: float | None, deviation: float | None) -> str:
    if mean is None:
        return "-"
    return f"{mean:.4f}" + ("" if deviation is None else f" ({deviation:.4f})")
