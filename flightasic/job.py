"""One training job, from settings to files: train, export, measure on the whole test set, record."""

from __future__ import annotations

import csv
import io
import json
import shlex
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch

from flightasic import golden
from flightasic.config import ArrayConfig, default_code_bits
from flightasic.data import load, quantise_input
from flightasic.errors import ConfigError, FormatError
from flightasic.files import write_atomically
from flightasic.ir import IntegerNetwork
from flightasic.nn.evaluate import Images, accuracy_of
from flightasic.nn.export import export
from flightasic.nn.models import build
from flightasic.nn.network import FLightNetwork
from flightasic.nn.run import Step
from flightasic.nn.scheme import Scheme
from flightasic.nn.settings import TrainSettings
from flightasic.nn.target import Meter, Target
from flightasic.nn.train import train
from flightasic.results import RESULTS, write_record

LOG_FIELDS = ("phase", "epoch", "lr", "loss", "accuracy", "mean_k", "cost", "validation")
_TEST_BATCH = 500
_INFO = "flightasic"

OnImages = Callable[[int, int], None]


@dataclass(frozen=True)
class JobResult:
    """What a job made.

    Attributes
    ----------
    accuracy : float
        Share (0..1) of the whole test set: by the golden model, or by torch for float weights.
    mean_k : float or None
        Mean terms per multiply-accumulate; None for float weights.
    network : Path or None
        The integer network (.flnet); None for float weights.
    checkpoint : Path
        State after the last epoch (.ckpt); what ``start`` of a later job takes.
    record : dict
        What was stored in the result records: settings, command, test images and the figures above.
    """

    accuracy: float
    mean_k: float | None
    network: Path | None
    checkpoint: Path
    record: dict[str, Any]


def run_job(
    settings: TrainSettings,
    out: Path,
    *,
    data_root: Path | None = None,
    start: Path | FLightNetwork | None = None,
    resume: bool = True,
    on_step: Callable[[Step], None] | None = None,
    on_images: OnImages | None = None,
    results: Path = RESULTS,
    command: str | None = None,
) -> JobResult:
    """Train a network and measure it on the whole test set.

    Parameters
    ----------
    settings : TrainSettings
    out : Path
        Where the integer network goes; its stem is the network's name. Beside it come .ckpt (the checkpoint after every epoch) and .csv
        (a line per epoch). Float weights have no integer network: theirs go to ``out`` with .safetensors (:func:`load_float`).
    data_root : Path or None
        Folder of the data set, see :func:`flightasic.data.load`.
    start : Path, FLightNetwork or None
        Checkpoint of a float run, or a float network (imported, for one), to fine-tune instead of ``settings.float_epochs``.
    resume : bool
        Go on from the checkpoint where there is one.
    on_step : callable or None
        Called after every training step.
    on_images : callable or None
        Told how many test images of how many are done.
    results : Path
        Folder of the result records.
    command : str or None
        Command line to record; None = the one that does the same (:func:`command_line`).

    Raises
    ------
    FlightError
        As :func:`flightasic.nn.train.train`, :func:`flightasic.nn.export.export` and :func:`flightasic.data.load`; a ConfigError for a
        network to start from that does not fit the data set.
    """
    if start is not None:
        settings = replace(settings, float_epochs=0)
    start_file = start if isinstance(start, Path) else None
    data = load(settings.dataset, "train", data_root).first(settings.limit)
    if isinstance(start, FLightNetwork) and (start.in_shape != data.in_shape or start.classes < data.classes):
        raise ConfigError(
            f"the network to start from takes {start.in_shape} and tells {start.classes} classes apart, {settings.dataset} has "
            f"{data.in_shape} and {data.classes}; choose its own data set"
        )
    held_out: Images | None = None
    if settings.validation:
        data, held_out = data.split(settings.validation)
    checkpoint = out.with_suffix(".ckpt")
    model, history = train(
        settings,
        data,
        validation=held_out,
        meter=meter_of(settings),
        checkpoint=checkpoint,
        resume=resume,
        start=start,
        on_step=on_step,
    )
    _write_log(out.with_suffix(".csv"), history)
    info: dict[str, Any] = {
        "dataset": settings.dataset,
        "scheme": settings.scheme,
        "settings": {**asdict(settings), "start": None if start_file is None else start_file.name},
        "command": command or command_line(settings, out, start=start_file),
    }
    test = load(settings.dataset, "test", data_root)
    info["test_images"] = len(test)
    network, mean_k = None, None
    if settings.scheme == "float":
        accuracy = accuracy_of(model, test)
        _save_float(model, out.with_suffix(".safetensors"), {**info, "accuracy": accuracy})
    else:
        integer = export(model, out.stem, info, acc_bits=settings.acc_bits)
        accuracy, mean_k = golden_accuracy(integer, test, on_images), integer.mean_k()
        integer = integer.with_info(accuracy=accuracy)
        integer.save(out)
        network, info = out, integer.info
    record = {**info, "accuracy": accuracy, "mean_k": mean_k, "images": len(test)}
    versions = {package: version(package) for package in ("torch", "numpy")}
    write_record("train", out.stem, record, stage="training", versions=versions, workload=out.stem, results=results)
    return JobResult(accuracy, mean_k, network, checkpoint, record)


def array_of(settings: TrainSettings) -> ArrayConfig:
    """The array that a target's cycles and energy are meant for: ``settings.array``, with the arithmetic and codes of the scheme."""
    arith = settings.quantised_scheme.arith
    code_bits = settings.code_bits if arith == "shift" else default_code_bits(arith)
    return ArrayConfig.from_dict({"arith": arith, "code_bits": code_bits, **(settings.array or {})})


def meter_of(settings: TrainSettings) -> Meter | None:
    """What measures the target's quantity; None where there is no target."""
    if settings.target is None:
        return None
    # Prices need the compiler, which most jobs do not.
    from flightasic.pricing import meter_for

    return meter_for(Target.parse(settings.target), array_of(settings))


def golden_accuracy(network: IntegerNetwork, test: Images, on_images: OnImages | None = None) -> float:
    """Share (0..1) of the images that the golden model gets right; ``on_images`` is told how many of how many are done."""
    right = 0
    for indices in torch.split(torch.arange(len(test)), _TEST_BATCH):
        images, labels = test.batch(indices)
        right += int((golden.logits(network, quantise_input(images)).argmax(1) == labels).sum())
        if on_images is not None:
            on_images(int(indices[-1]) + 1, len(test))
    return right / max(1, len(test))


def command_line(settings: TrainSettings, out: Path, *, start: Path | None = None) -> str:
    """The ``flightasic train`` command that makes the same network; settings with their usual values are left out."""
    words = ["flightasic", "train"]
    for field in fields(settings):
        value = getattr(settings, field.name)
        if value == field.default or (field.name == "float_epochs" and start is not None):
            continue
        if field.name == "lambdas":
            words += [word for each in value for word in ("--lambda", str(each))]
        elif field.name == "array":
            array = array_of(settings).to_dict()
            words += ["--array", "x".join(str(array.pop(name)) for name in ("rows", "cols", "lanes"))]
            words += [word for name, each in array.items() if name != "arith" for word in ("--set", f"{name}={each}")]
        else:
            words += [f"--{field.name.replace('_', '-')}", *([] if isinstance(value, bool) else [str(value)])]
    if start is not None:
        words += ["--start", str(start)]
    return shlex.join([*words, "--out", str(out)])


def load_float(path: Path) -> tuple[FLightNetwork, dict[str, Any]]:
    """The float network that a job wrote as .safetensors, and its provenance.

    Raises
    ------
    FormatError
        If the file is missing, damaged, or was not written by :func:`run_job`.
    """
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            info = json.loads(file.metadata()[_INFO])
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no mapping
        shape = info["in_shape"]
        model = build(info["settings"]["model"], Scheme.create("float"), in_shape=(shape[0], shape[1], shape[2]), classes=info["classes"])
        model.load_state_dict(state)
    except (OSError, safetensors.SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise FormatError(f"{path}: no float network of a training job ({error}); train one with --scheme float") from error
    return model.eval(), info


def _save_float(model: FLightNetwork, path: Path, info: dict[str, Any]) -> None:
    described = {**info, "in_shape": list(model.in_shape), "classes": model.classes}
    write_atomically(path, safetensors.torch.save(model.state_dict(), {_INFO: json.dumps(described)}))


def _write_log(path: Path, history: list[dict[str, Any]]) -> None:
    """One line per epoch, the whole log in one step; a resumed run's log holds the epochs before it too."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=LOG_FIELDS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(history)
    write_atomically(path, text.getvalue())
