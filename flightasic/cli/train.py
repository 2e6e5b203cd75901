"""``flightasic train`` and ``flightasic eval``: networks from Fashion-MNIST, and what they are worth in integers."""

from __future__ import annotations

import csv
import io
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from flightasic.files import write_atomically
from flightasic.ir import IntegerNetwork
from flightasic.results import RESULTS, write_record

TRAIN_EXAMPLES = """Examples:

  flightasic train --scheme flight --out build/nets/flight.flnet

  flightasic train --scheme float --float-epochs 3 --out build/nets/float.ckpt

  flightasic train --scheme fixed4 --start build/nets/float.ckpt --epochs 3 --out build/nets/fixed4.flnet

  flightasic train --model tiny --limit 6000 --epochs 1 --float-epochs 1 --out build/nets/quick.flnet
"""

EVAL_EXAMPLES = """Examples:

  flightasic eval build/nets/flight.flnet

  flightasic eval build/nets/flight.flnet --limit 1000 --data ~/fashion-mnist
"""

_DATA_HELP = "Folder of the Fashion-MNIST idx.gz files; without it FLIGHTASIC_DATA, then where Debian's package puts them"
DataOption = Annotated[Path | None, typer.Option("--data", help=_DATA_HELP)]


def register(app: typer.Typer) -> None:
    """Add the commands ``train`` and ``eval`` to the main application."""
    app.command("train", epilog=TRAIN_EXAMPLES)(train_command)
    app.command("eval", epilog=EVAL_EXAMPLES)(eval_command)


def train_command(
    out: Annotated[Path, typer.Option(help="Network file to write (.flnet); a float run writes its checkpoint there instead")],
    model: Annotated[str, typer.Option(help="Network: cnn-s or tiny")] = "cnn-s",
    scheme: Annotated[str, typer.Option(help="Weights: flight, lightnn1, lightnn2, fixed4, fixed8 or float")] = "flight",
    epochs: Annotated[int, typer.Option(help="Epochs with quantised weights (none with --scheme float)")] = 3,
    float_epochs: Annotated[int, typer.Option(help="Epochs with float weights before them")] = 3,
    start: Annotated[Path | None, typer.Option(help="Fine-tune this float checkpoint instead of training float epochs")] = None,
    seed: Annotated[int, typer.Option(help="Seed of weights and image order")] = 0,
    limit: Annotated[int | None, typer.Option(min=1, help="Train on the first LIMIT images only")] = None,
    lambdas: Annotated[
        list[float] | None, typer.Option("--lambda", help="Group-lasso weight of residual j; give once per residual")
    ] = None,
    planes: Annotated[int, typer.Option(help="Most terms per weight of FLightNN (1..3)")] = 2,
    code_bits: Annotated[int, typer.Option(help="Bits of a term: 3 or 4")] = 4,
    acc_bits: Annotated[int, typer.Option(help="Accumulator bits the weights must fit")] = 24,
    threads: Annotated[int, typer.Option(min=1, help="CPU threads; the weights depend on it in the last bits")] = 1,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from OUT's checkpoint if there is one")] = False,
    data: DataOption = None,
    results: Annotated[Path, typer.Option(help="Folder of the result records")] = RESULTS,
) -> None:
    """Train a network on Fashion-MNIST, export it to integers and measure it on the test images.

    Writes beside OUT a checkpoint after every epoch (OUT with .ckpt, for --resume and --start) and a log (OUT with .csv).
    """
    # Torch takes seconds to import: --help and the other commands do not wait for it.
    import torch

    from flightasic.data import fashion_mnist
    from flightasic.nn.train import TrainSettings, accuracy_of, train

    torch.set_num_threads(threads)
    chosen: dict[str, Any] = {} if lambdas is None else {"lambdas": tuple(lambdas)}
    settings = TrainSettings(
        model=model,
        scheme=scheme,
        epochs=epochs,
        float_epochs=float_epochs if start is None else 0,
        seed=seed,
        limit=limit,
        planes=planes,
        code_bits=code_bits,
        acc_bits=acc_bits,
        **chosen,
    )
    console = Console()
    with _step_bar(console) as on_step:
        trained, history = train(
            settings, fashion_mnist("train", data), checkpoint=out.with_suffix(".ckpt"), resume=resume, start=start, on_step=on_step
        )
    _write_log(out.with_suffix(".csv"), history)
    if trained.scheme.is_float:
        test = fashion_mnist("test", data)
        accuracy = accuracy_of(trained, test)
        _record(out.stem, {"scheme": scheme, "settings": asdict(settings), "command": _command()}, accuracy, None, len(test), results)
        console.print(f"float accuracy {accuracy:.4f}; checkpoint for --start: {out.with_suffix('.ckpt')}")
        return
    recorded = {**asdict(settings), "start": None if start is None else start.name}
    _export(trained, out, recorded, data, results, console)


def eval_command(
    network: Annotated[Path, typer.Argument(help="Network file (.flnet)")],
    limit: Annotated[int | None, typer.Option(min=1, help="Use the first LIMIT test images only")] = None,
    data: DataOption = None,
) -> None:
    """Measure an exported network on the Fashion-MNIST test images with the integer golden model."""
    console = Console()
    loaded = IntegerNetwork.load(network)
    accuracy, images = _golden_accuracy(loaded, data, limit, console)
    _summary(loaded, accuracy, images, console)


@contextmanager
def _step_bar(console: Console) -> Iterator[Callable[[Any], None]]:
    """A progress bar per epoch; yields what the trainer calls after every step."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        tasks: dict[tuple[str, int], Any] = {}

        def on_step(step: Any) -> None:
            key = (step.phase, step.epoch)
            if key not in tasks:
                tasks[key] = progress.add_task("", total=step.steps)
            terms = f" mean k {step.mean_k:.2f}" if step.phase == "quantised" else ""
            text = f"{step.phase} epoch {step.epoch + 1}: loss {step.loss:.4f} accuracy {step.accuracy:.4f}{terms}"
            progress.update(tasks[key], completed=step.step, description=text)

        yield on_step


def _write_log(path: Path, history: list[dict[str, Any]]) -> None:
    """One line per epoch, the whole log in one step; a resumed run's log holds the epochs before it too."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=("phase", "epoch", "lr", "loss", "accuracy", "mean_k"), lineterminator="\n")
    writer.writeheader()
    writer.writerows(history)
    write_atomically(path, text.getvalue())


def _export(model: Any, out: Path, settings: dict[str, Any], data: Path | None, results: Path, console: Console) -> None:
    from flightasic.nn.export import export

    network = export(model, out.stem, {"dataset": "fashion-mnist", "settings": settings}, acc_bits=settings["acc_bits"])
    accuracy, images = _golden_accuracy(network, data, None, console)
    network = network.with_info(accuracy=accuracy, test_images=images, command=_command())
    network.save(out)
    _record(network.name, {**network.info, "scheme": settings["scheme"]}, accuracy, network.mean_k(), images, results)
    _summary(network, accuracy, images, console)


def _command() -> str:
    return shlex.join(["flightasic", *sys.argv[1:]])


def _record(name: str, info: dict[str, Any], accuracy: float, mean_k: float | None, images: int, results: Path) -> None:
    data = {**info, "accuracy": accuracy, "mean_k": mean_k, "images": images}
    versions = {package: version(package) for package in ("torch", "numpy")}
    write_record("train", name, data, stage="training", versions=versions, workload=name, results=results)


def _golden_accuracy(network: IntegerNetwork, data: Path | None, limit: int | None, console: Console) -> tuple[float, int]:
    from flightasic import golden
    from flightasic.data import fashion_mnist, quantise_input

    test = fashion_mnist("test", data).first(limit)
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("golden model on the test images", total=len(test))
        accuracy = golden.accuracy(
            network, quantise_input(test.images), test.labels, on_batch=lambda images: progress.advance(task, images)
        )
    return accuracy, len(test)


def _summary(network: IntegerNetwork, accuracy: float, images: int, console: Console) -> None:
    table = Table(title=f"{network.name}: {network.info.get('scheme', network.arith)}")
    table.add_column("layer")
    table.add_column("filters with k = 0, 1, 2, 3")
    table.add_column("weights", justify="right")
    for layer in network.layers:
        counts = ", ".join(str(int((layer.k == k).sum())) for k in range(4))
        table.add_row(layer.name, counts, str(layer.codes[0].size))
    console.print(table)
    console.print(f"golden accuracy {accuracy:.4f} on {images} test images, mean k {network.mean_k():.3f}")
