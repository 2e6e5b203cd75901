"""``flightasic demo``: the main job end to end, each step a command that can be run by itself."""

from __future__ import annotations

import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from flightasic.errors import FlightError, ToolError

EXAMPLES = """Examples:

  flightasic demo

  flightasic demo --full --json results/full.json
"""

# The schemes of the comparison and the arithmetic that runs them.
SCHEMES = {"flight": "shift", "lightnn1": "shift", "lightnn2": "shift", "fixed4": "fixed4", "fixed8": "fixed8"}
# FLightNN learns which terms to keep in half of LightNN-2's cycles.
SETTINGS = {"flight": ["--target", "cycles<=50%"]}


@dataclass(frozen=True)
class Step:
    """A command, and the network file that shows it was done (nothing for steps that are always run)."""

    command: list[str]
    done: Path | None = None


def demo_steps(out: Path, summary: Path, *, full: bool) -> list[Step]:
    """The commands of the demo: train, run on the RTL, measure on ASIC and FPGA, report."""
    nets, results = out / "nets", str(out / "results")
    training = [] if full else ["--limit", "20000"]
    epochs = "5" if full else "2"
    start = nets / "float.ckpt"
    train = ["flightasic", "train", *training, "--threads", "2", "--results", results]
    steps = [Step([*train, "--scheme", "float", "--float-epochs", epochs, "--out", str(start), "--resume"])]
    for scheme in SCHEMES:
        net = nets / f"{scheme}.flnet"
        command = [*train, "--scheme", scheme, "--start", str(start), "--epochs", epochs, "--out", str(net), "--resume"]
        steps.append(Step([*command, *SETTINGS.get(scheme, [])], net))
    images = "1000" if full else "100"
    simulate = ["flightasic", "simulate", "--images", images, "--results", results]
    steps += [Step([*simulate, str(nets / f"{scheme}.flnet")]) for scheme in SCHEMES]
    for flow in (["flows/asic_sky130.py"], ["flows/fpga_ecp5.py", "--dsp"]):
        steps += [Step(["sc", *flow, "--arith", arith, "--out", str(out)]) for arith in dict.fromkeys(SCHEMES.values())]
    # Products of LUTs take minutes to place: by default only those of the nearest rival.
    without_blocks = ("fixed4", "fixed8") if full else ("fixed4",)
    steps += [Step(["sc", "flows/fpga_ecp5.py", "--arith", arith, "--no-dsp", "--out", str(out)]) for arith in without_blocks]
    steps.append(Step(["flightasic", "report", "--results", results, "--demo", str(summary), "--markdown", str(out / "report.md")]))
    return steps


def demo(
    full: Annotated[bool, typer.Option("--full", help="Train on all images for longer and run 1,000 images on the RTL.")] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for networks, work files and records (default: build, or build/full).")] = None,
    summary: Annotated[Path, typer.Option("--json", help="File for the table's figures.")] = Path("results/demo.json"),
) -> None:
    """Train, export, compile, run the RTL, measure ASIC and FPGA cost, and print the comparison. Continues where it stopped."""
    console = Console()
    if not Path("flows").is_dir():
        raise ToolError(f"there is no folder flows in {Path.cwd()}; run the demo in a clone of the repository")
    steps = demo_steps(out or Path("build/full" if full else "build"), summary, full=full)
    for number, step in enumerate(steps, 1):
        console.rule(f"[bold]{number}/{len(steps)}[/bold] {shlex.join(step.command)}", align="left")
        if step.done is not None and _already_done(step):
            console.print(f"{step.done} is there, made by this very command")
            continue
        program = "flightasic.cli.main" if step.command[0] == "flightasic" else "flightasic.cli.sc"
        code = subprocess.run([sys.executable, "-m", program, *step.command[1:]], check=False).returncode
        if code:
            raise ToolError(f"step {number} ended with exit code {code}; mend what it says above and run 'flightasic demo' again")


def _already_done(step: Step) -> bool:
    from flightasic.ir import IntegerNetwork

    try:
        return step.done is not None and step.done.is_file() and IntegerNetwork.load(step.done).info["command"] == shlex.join(step.command)
    except (FlightError, KeyError):
        return False


def register(app: typer.Typer) -> None:
    """Add the command ``demo`` to the application."""
    app.command("demo", epilog=EXAMPLES)(demo)
