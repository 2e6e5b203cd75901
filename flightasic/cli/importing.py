"""``flightasic import``: an ONNX network becomes one for the array, without training or fine-tuned."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from flightasic.cli.train import DataOption, run_with_bars, summary
from flightasic.errors import ConfigError
from flightasic.ir import IntegerNetwork
from flightasic.results import RESULTS

IMPORT_EXAMPLES = """Examples:

  flightasic import model.onnx --scheme fixed8 --out build/nets/model.flnet

  flightasic import model.onnx --scheme flight --epochs 5 --out build/nets/model.flnet

  flightasic import model.onnx --dataset cifar10 --data ~/cifar --mean 0.49,0.48,0.45 --std 0.25,0.24,0.26 --out build/nets/model.flnet
"""


def register(app: typer.Typer) -> None:
    """Add the command ``import`` to the main application."""
    app.command("import", epilog=IMPORT_EXAMPLES)(import_command)


def import_command(
    model: Annotated[Path, typer.Argument(help="ONNX or QONNX file of a trained float network")],
    out: Annotated[Path, typer.Option(help="Network file to write (.flnet)")],
    scheme: Annotated[str, typer.Option(help="Weights: flight, lightnn1, lightnn2, fixed4, fixed8 or fixed4-pruned")] = "flight",
    epochs: Annotated[int, typer.Option(help="Epochs of fine-tuning with quantised weights; 0 only rounds and calibrates")] = 0,
    lr: Annotated[float, typer.Option(help="First learning rate of fine-tuning")] = 1e-3,
    dataset: Annotated[str, typer.Option(help="fashion-mnist, cifar10, cifar100, svhn, imagefolder, -64 or -32")] = "fashion-mnist",
    augment: Annotated[str, typer.Option(help="Change of the training images: none, flip, crop, flip-crop or resized-crop")] = "none",
    mean: Annotated[
        str | None, typer.Option(help="Normalisation the network was trained with: means of its channels (pixels 0..1)")
    ] = None,
    std: Annotated[str | None, typer.Option(help="and their standard deviations, both separated by commas")] = None,
    planes: Annotated[int, typer.Option(help="Most terms per weight of FLightNN (1..3)")] = 2,
    code_bits: Annotated[int, typer.Option(help="Bits of a term: 2, 3 or 4")] = 4,
    acc_bits: Annotated[int, typer.Option(help="Accumulator bits the weights must fit")] = 24,
    seed: Annotated[int, typer.Option(help="Seed of image order and augmentation")] = 0,
    limit: Annotated[int | None, typer.Option(min=1, help="Use the first LIMIT training images only")] = None,
    threads: Annotated[int, typer.Option(min=1, help="CPU threads; the weights depend on it in the last bits")] = 1,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from OUT's checkpoint if there is one")] = False,
    data: DataOption = None,
    results: Annotated[Path, typer.Option(help="Folder of the result records")] = RESULTS,
) -> None:
    """Import a trained ONNX network, quantise it, and measure it on the test images of its data set.

    What can be imported is listed in docs/importing.md. Further options of fine-tuning are reached from Python.
    """
    import torch

    from flightasic.importers import from_onnx
    from flightasic.nn.settings import TrainSettings

    if scheme == "float":
        raise ConfigError("scheme 'float' runs on no array; import with a quantised one, such as flight or fixed8")
    torch.set_num_threads(threads)
    network = from_onnx(model, mean=_numbers("--mean", mean), std=_numbers("--std", std), acc_bits=acc_bits)
    settings = TrainSettings(
        model=model.name,
        scheme=scheme,
        dataset=dataset,
        augment=augment,
        epochs=epochs,
        float_epochs=0,
        seed=seed,
        limit=limit,
        lr=lr,
        planes=planes,
        code_bits=code_bits,
        acc_bits=acc_bits,
    )
    console = Console()
    result = run_with_bars(console, settings, out, data_root=data, start=network, resume=resume, results=results)
    summary(IntegerNetwork.load(out), result.accuracy, result.record["test_images"], console)


def _numbers(option: str, text: str | None) -> tuple[float, ...] | None:
    if text is None:
        return None
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise ConfigError(f"{option} takes numbers separated by commas, such as 0.49,0.48,0.45; got {text!r}") from error
