"""``flightasic train`` and ``flightasic eval``: networks from a data set, and what they are worth in integers."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from flightasic.cli.array import ARRAY_HELP, SET_HELP, parse_array
from flightasic.ir import IntegerNetwork
from flightasic.results import RESULTS

if TYPE_CHECKING:
    from flightasic.job import JobResult
    from flightasic.nn.settings import TrainSettings

TRAIN_EXAMPLES = """Examples:

  flightasic train --scheme flight --out build/nets/flight.flnet

  flightasic train --scheme float --float-epochs 3 --out build/nets/float.ckpt

  flightasic train --scheme fixed4 --start build/nets/float.ckpt --epochs 3 --out build/nets/fixed4.flnet

  flightasic train --start build/nets/float.ckpt --target "cycles<=50%" --array 8x8x8 --fix-k-at 0.6 --out build/nets/half.flnet

  flightasic train --model tiny --limit 6000 --epochs 1 --float-epochs 1 --out build/nets/quick.flnet
"""

EVAL_EXAMPLES = """Examples:

  flightasic eval build/nets/flight.flnet

  flightasic eval build/nets/flight.flnet --limit 1000 --data ~/fashion-mnist
"""

_DATA_HELP = "Folder of the data set's files; without it FLIGHTASIC_DATA, then where Debian's package puts Fashion-MNIST"
DataOption = Annotated[Path | None, typer.Option("--data", help=_DATA_HELP)]

# Options that are settings under another name, or none at all.
_NO_SETTINGS = ("out", "start", "array", "array_settings", "threads", "resume", "data", "results")


def register(app: typer.Typer) -> None:
    """Add the commands ``train`` and ``eval`` to the main application."""
    app.command("train", epilog=TRAIN_EXAMPLES)(train_command)
    app.command("eval", epilog=EVAL_EXAMPLES)(eval_command)


def train_command(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="Network file to write (.flnet); float weights go there with .safetensors")],
    model: Annotated[str, typer.Option(help="Network: net1 to net8, cnn-s or tiny (docs/models.md)")] = "cnn-s",
    scheme: Annotated[str, typer.Option(help="Weights: flight, lightnn1, lightnn2, fixed4, fixed8, fixed4-pruned or float")] = "flight",
    dataset: Annotated[str, typer.Option(help="fashion-mnist, cifar10, cifar100, svhn, imagefolder, -64 or -32")] = "fashion-mnist",
    augment: Annotated[str, typer.Option(help="Change of the training images: none, flip, crop, flip-crop or resized-crop")] = "none",
    epochs: Annotated[int, typer.Option(help="Epochs with quantised weights (none with --scheme float)")] = 3,
    float_epochs: Annotated[int, typer.Option(help="Epochs with float weights before them")] = 3,
    start: Annotated[Path | None, typer.Option(help="Fine-tune this float checkpoint instead of training float epochs")] = None,
    seed: Annotated[int, typer.Option(help="Seed of weights, image order and augmentation")] = 0,
    limit: Annotated[int | None, typer.Option(min=1, help="Train on the first LIMIT images only")] = None,
    validation: Annotated[int, typer.Option(help="Last images of the training split, kept to measure accuracy every epoch")] = 0,
    patience: Annotated[int | None, typer.Option(help="End a phase after so many epochs without better validation accuracy")] = None,
    batch: Annotated[int, typer.Option(help="Images per step")] = 128,
    lr: Annotated[float, typer.Option(help="First learning rate with quantised weights")] = 2e-3,
    float_lr: Annotated[float, typer.Option(help="Highest learning rate with float weights")] = 4e-3,
    threshold_lr: Annotated[float, typer.Option(help="First learning rate of the thresholds that decide k")] = 3e-3,
    warmup: Annotated[float, typer.Option(help="Share of the float epochs in which the learning rate rises")] = 0.1,
    weight_decay: Annotated[float, typer.Option(help="Decay of the weights (AdamW)")] = 1e-2,
    lambdas: Annotated[
        list[float] | None, typer.Option("--lambda", help="Group-lasso weight of residual j; give once per residual [default: 0, 0.001]")
    ] = None,
    distill: Annotated[float, typer.Option(help="Weight of the float network's softened answers beside the labels (0..1)")] = 0.0,
    ramp: Annotated[float, typer.Option(help="Share of the quantised epochs in which lambdas rise and a target's limit falls")] = 0.4,
    batch_norm_share: Annotated[float, typer.Option(help="Share of the quantised epochs in which batch norms still adapt")] = 0.5,
    fix_k_at: Annotated[float, typer.Option(help="Share of the quantised epochs after which k is fixed; 1 = never")] = 0.6,
    hold_exponents: Annotated[bool, typer.Option(help="From there on keep every filter's exponents too")] = False,
    planes: Annotated[int, typer.Option(help="Most terms per weight of FLightNN (1..3)")] = 2,
    code_bits: Annotated[int, typer.Option(help="Bits of a term: 2, 3 or 4")] = 4,
    dead_zone: Annotated[float, typer.Option(help="Weights below this share of their filter's root mean square become zero codes")] = 0.0,
    acc_bits: Annotated[int, typer.Option(help="Accumulator bits the weights must fit")] = 24,
    target: Annotated[str | None, typer.Option(help="Most it may cost: k<=1.1, cycles<=50%, cycles<=20000, energy<=0.8 (uJ)")] = None,
    array: Annotated[str | None, typer.Option(help=f"Array that the target's cycles and energy are meant for. {ARRAY_HELP}")] = None,
    array_settings: Annotated[list[str] | None, typer.Option("--set", help=SET_HELP)] = None,
    precision: Annotated[str, typer.Option(help="float32, or bfloat16 for convolutions while training")] = "float32",
    device: Annotated[str, typer.Option(help="cpu or cuda")] = "cpu",
    threads: Annotated[int, typer.Option(min=1, help="CPU threads; the weights depend on it in the last bits")] = 1,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from OUT's checkpoint if there is one")] = False,
    data: DataOption = None,
    results: Annotated[Path, typer.Option(help="Folder of the result records")] = RESULTS,
) -> None:
    """Train a network on a data set, export it to integers and measure it on the test images.

    Writes beside OUT a checkpoint after every epoch (OUT with .ckpt, for --resume and --start) and a log (OUT with .csv).
    """
    # Torch takes seconds to import: --help and the other commands do not wait for it.
    import torch

    torch.set_num_threads(threads)
    settings = settings_of(context.params)
    console = Console()
    result = run_with_bars(console, settings, out, data_root=data, start=start, resume=resume, results=results)
    if result.network is None:
        console.print(f"float accuracy {result.accuracy:.4f}; checkpoint for --start: {result.checkpoint}")
    else:
        summary(IntegerNetwork.load(result.network), result.accuracy, result.record["test_images"], console)


def settings_of(options: dict[str, Any]) -> TrainSettings:
    """The settings that the options of ``flightasic train`` stand for."""
    from flightasic.errors import ConfigError
    from flightasic.nn.scheme import Scheme
    from flightasic.nn.settings import TrainSettings

    values = {name: value for name, value in options.items() if name not in _NO_SETTINGS}
    lambdas = tuple(values.pop("lambdas") or ())
    if lambdas:
        values["lambdas"] = lambdas
    array = None
    if options["array"] is not None:
        arith = Scheme.create(values["scheme"], planes=values["planes"]).arith
        code_bits = [f"code_bits={values['code_bits']}"] if arith == "shift" else []
        array = parse_array(options["array"], arith, [*code_bits, *(options["array_settings"] or [])]).to_dict()
    elif options["array_settings"]:
        raise ConfigError("--set changes a field of the array; give --array too")
    if options["start"] is not None:
        values["float_epochs"] = 0
    return TrainSettings(**values, array=array)


def eval_command(
    network: Annotated[Path, typer.Argument(help="Network file (.flnet)")],
    limit: Annotated[int | None, typer.Option(min=1, help="Use the first LIMIT test images only")] = None,
    data: DataOption = None,
) -> None:
    """Measure an exported network on the test images of its data set with the integer golden model."""
    loaded = IntegerNetwork.load(network)

    from flightasic.data import load
    from flightasic.job import golden_accuracy

    console = Console()
    test = load(loaded.info.get("dataset", "fashion-mnist"), "test", data).first(limit)
    with step_bars(console) as bars:
        accuracy = golden_accuracy(loaded, test, bars.on_images)
    summary(loaded, accuracy, len(test), console)


class _Bars:
    """A progress bar per epoch, and one over the test images."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[tuple[str, int], Any] = {}

    def on_step(self, step: Any) -> None:
        """What the trainer calls after every step."""
        self._show((step.phase, step.epoch), step_text(step), step.step, step.steps)

    def on_images(self, done: int, total: int) -> None:
        """What the golden model calls after every batch."""
        self._show(("test", 0), "golden model on the test images", done, total)

    def _show(self, key: tuple[str, int], text: str, completed: int, total: int) -> None:
        if key not in self._tasks:
            self._tasks[key] = self._progress.add_task("", total=total)
        self._progress.update(self._tasks[key], completed=completed, description=text)


def run_with_bars(console: Console, settings: TrainSettings, out: Path, **options: Any) -> JobResult:
    """:func:`flightasic.job.run_job` with a bar per epoch; the command line is recorded as it was given."""
    from flightasic.job import run_job

    with step_bars(console) as bars:
        command = shlex.join(["flightasic", *sys.argv[1:]])
        return run_job(settings, out, on_step=bars.on_step, on_images=bars.on_images, command=command, **options)


def step_text(step: Any) -> str:
    """What a progress bar says after a training step."""
    terms = f" mean k {step.mean_k:.2f}" if step.phase == "quantised" else ""
    cost = f" cost {step.cost:.4g} {step.unit}" if step.unit else ""
    return f"{step.phase} epoch {step.epoch + 1}: loss {step.loss:.4f} accuracy {step.accuracy:.4f}{terms}{cost}"


@contextmanager
def step_bars(console: Console) -> Iterator[_Bars]:
    """Progress bars for as long as the block runs."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        yield _Bars(progress)


def summary(network: IntegerNetwork, accuracy: float, images: int, console: Console) -> None:
    """Print what a network is made of and how well it does."""
    table = Table(title=f"{network.name}: {network.info.get('scheme', network.arith)}")
    table.add_column("layer")
    table.add_column("filters with k = 0, 1, 2, 3")
    table.add_column("weights", justify="right")
    for layer in network.layers:
        counts = ", ".join(str(int((layer.k == k).sum())) for k in range(4))
        table.add_row(layer.name, counts, str(layer.codes[0].size))
    console.print(table)
    console.print(f"golden accuracy {accuracy:.4f} on {images} test images, mean k {network.mean_k():.3f}")
