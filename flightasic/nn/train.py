"""The trainer: a float network first, then the quantised one fine-tuned from it, resumable after any epoch."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from flightasic.data import INPUT_SCALE_LOG2, Dataset, quantise_input
from flightasic.errors import ConfigError, DataError
from flightasic.nn.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from flightasic.nn.models import FLightNetwork, build
from flightasic.nn.scheme import Scheme

_log = logging.getLogger(__name__)

CALIBRATION_IMAGES = 1024


@dataclass(frozen=True, kw_only=True)
class TrainSettings:
    """Everything that determines the trained weights, with the data (and torch's version and thread count).

    Attributes
    ----------
    model, scheme : str
        Names in :data:`flightasic.nn.models.MODELS` and :data:`flightasic.nn.scheme.SCHEMES`.
    epochs, float_epochs : int
        Passes over the data with quantised weights, and with float weights before them.
    seed : int
    limit : int or None
        Train on the first ``limit`` images only.
    batch : int
        Images per step.
    lr, float_lr, threshold_lr : float
        Initial learning rates of the quantised and float phases and of the thresholds; each falls along a cosine to 0.
    lambdas : tuple of float
        Group-lasso weights lambda_j of the residuals r_j; the last repeats.
    planes, code_bits, acc_bits : int
        Most terms per weight (FLightNN), bits of a term, width of the accumulator.
    """

    model: str = "cnn-s"
    scheme: str = "flight"
    epochs: int = 3
    float_epochs: int = 3
    seed: int = 0
    limit: int | None = None
    batch: int = 128
    lr: float = 1e-3
    float_lr: float = 4e-3
    threshold_lr: float = 1e-3
    lambdas: tuple[float, ...] = (0.0, 1e-3)
    planes: int = 2
    code_bits: int = 4
    acc_bits: int = 24

    def __post_init__(self) -> None:
        for name in ("epochs", "float_epochs"):
            if getattr(self, name) < 0:
                raise ConfigError(f"{name} must not be negative, got {getattr(self, name)}")
        for name in ("batch", "lr", "float_lr", "threshold_lr"):
            if getattr(self, name) <= 0:
                raise ConfigError(f"{name} must be positive, got {getattr(self, name)}")
        if self.limit is not None and self.limit < 1:
            raise ConfigError(f"limit must be at least 1, got {self.limit}")
        if not self.lambdas or min(self.lambdas) < 0:
            raise ConfigError(f"lambdas must be one or more numbers >= 0, got {self.lambdas}")

    @property
    def quantised_scheme(self) -> Scheme:
        return Scheme.create(self.scheme, planes=self.planes, code_bits=self.code_bits)

    @property
    def phases(self) -> list[tuple[str, int]]:
        """("float", ``float_epochs``) and, unless the scheme is float, ("quantised", ``epochs``)."""
        if self.scheme == "float":
            return [("float", self.float_epochs)]
        return [("float", self.float_epochs), ("quantised", self.epochs)]


@dataclass(frozen=True)
class Step:
    """Progress after one optimiser step: means over the epoch so far (``accuracy`` in 0..1)."""

    phase: str
    epoch: int
    step: int
    steps: int
    loss: float
    accuracy: float
    mean_k: float


def to_inputs(images: Tensor) -> Tensor:
    """Network inputs float [N, C, H, W] from uint8 pixels, after :func:`flightasic.data.quantise_input`."""
    return quantise_input(images).float() * 2.0**INPUT_SCALE_LOG2


@torch.no_grad()
def accuracy_of(model: FLightNetwork, data: Dataset) -> float:
    """Share (0..1) of images the torch network (float or fake-quantised) gets right."""
    model.eval()
    right = [(model(to_inputs(images)).argmax(1) == labels) for images, labels in _batches(data, 500)]
    return float(torch.cat(right).double().mean())


def train(
    settings: TrainSettings,
    data: Dataset,
    *,
    checkpoint: Path | None = None,
    resume: bool = False,
    start: Path | None = None,
    on_step: Callable[[Step], None] | None = None,
) -> tuple[FLightNetwork, list[dict[str, Any]]]:
    """Train a network; the result is the same whether or not the run was interrupted and resumed.

    Parameters
    ----------
    settings : TrainSettings
    data : Dataset
        Training split.
    checkpoint : Path or None
        Written after every epoch, in one step.
    resume : bool
        Go on from ``checkpoint`` where it exists; its settings must be the same.
    start : Path or None
        Checkpoint of a float run of the same model, to fine-tune instead of ``settings.float_epochs``.
    on_step : callable or None
        Called after every step.

    Returns
    -------
    (model, history)
        The model, calibrated and frozen unless float, and one dict per epoch (phase, epoch, lr, loss, accuracy, mean_k).

    Raises
    ------
    FormatError
        For a damaged checkpoint.
    ConfigError
        For a checkpoint of other settings.
    DataError
        If there are no images.
    """
    data = data.first(settings.limit)
    if not len(data):
        raise DataError("no training images; give a data set with at least one")
    if start is not None:
        settings = replace(settings, float_epochs=0)
    run = _Run(settings, data, on_step)
    done = -1
    if resume and checkpoint is not None and checkpoint.exists():
        done = run.restore(load_checkpoint(checkpoint))
    elif start is not None:
        run.start_from(load_checkpoint(start), start)
    for index, (phase, epoch, epochs) in enumerate(run.schedule()):
        if index <= done:
            continue
        run.epoch(phase, epoch, epochs)
        if checkpoint is not None:
            save_checkpoint(checkpoint, run.snapshot(index))
    run.finish()
    return run.model, run.history


def _batches(data: Dataset, size: int) -> Iterator[tuple[Tensor, Tensor]]:
    return zip(torch.split(data.images, size), torch.split(data.labels, size), strict=True)


class _Run:
    """The state of one training run."""

    def __init__(self, settings: TrainSettings, data: Dataset, on_step: Callable[[Step], None] | None) -> None:
        self.settings = settings
        self.data = data
        self.on_step = on_step
        self.history: list[dict[str, Any]] = []
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(settings.seed)
            self.model = build(settings.model, Scheme.create("float"), acc_bits=settings.acc_bits)
        self.phase = "float"
        self.optimiser = self._make_optimiser()

    def schedule(self) -> Iterator[tuple[str, int, int]]:
        """(phase, epoch in phase, epochs of phase) of every epoch of the run."""
        for phase, epochs in self.settings.phases:
            for epoch in range(epochs):
                yield phase, epoch, epochs

    def _make_optimiser(self) -> torch.optim.Optimizer:
        thresholds = [parameter for name, parameter in self.model.named_parameters() if name.endswith("thresholds")]
        weights = [parameter for name, parameter in self.model.named_parameters() if not name.endswith("thresholds")]
        lr = self.settings.float_lr if self.phase == "float" else self.settings.lr
        groups = [{"params": weights, "peak_lr": lr}, {"params": thresholds, "peak_lr": self.settings.threshold_lr}]
        return torch.optim.Adam([group for group in groups if group["params"]], lr=lr)

    def _enter(self, phase: str) -> None:
        """Begin a phase from the present weights."""
        if phase == self.phase:
            return
        self.phase = phase
        self.model.set_scheme(self.settings.quantised_scheme)
        self.model.calibrate(to_inputs(part) for part in torch.split(self.data.images[:CALIBRATION_IMAGES], self.settings.batch))
        self.optimiser = self._make_optimiser()

    def finish(self) -> None:
        """Leave the model as the settings ask, also where the quantised phase had no epochs."""
        self._enter(self.settings.phases[-1][0])
        self.model.eval()

    def epoch(self, phase: str, epoch: int, epochs: int) -> None:
        """One pass over the data."""
        self._enter(phase)
        self.model.train()
        generator = torch.Generator().manual_seed(hash((self.settings.seed, phase == "float", epoch)) & 0x7FFFFFFF)
        batches = torch.split(torch.randperm(len(self.data), generator=generator), self.settings.batch)
        loss_sum = correct = seen = 0.0
        mean_k = 0.0
        for step, batch in enumerate(batches):
            self._set_lr((epoch + step / len(batches)) / epochs)
            loss, right = self._step(batch)
            loss_sum, correct, seen = loss_sum + loss * len(batch), correct + right, seen + len(batch)
            if step % 50 == 0 or step == len(batches) - 1:
                mean_k = self.model.mean_k() if phase == "quantised" else math.nan
            if self.on_step is not None:
                self.on_step(Step(phase, epoch, step + 1, len(batches), loss_sum / seen, correct / seen, mean_k))
        lr = self.optimiser.param_groups[0]["lr"]
        record = {"phase": phase, "epoch": epoch, "lr": lr, "loss": loss_sum / seen, "accuracy": correct / seen, "mean_k": mean_k}
        self.history.append(record)
        _log.info("%s epoch %d: loss %.4f accuracy %.4f mean k %.3f", phase, epoch, record["loss"], record["accuracy"], mean_k)

    def _set_lr(self, progress: float) -> None:
        for group in self.optimiser.param_groups:
            group["lr"] = group["peak_lr"] * 0.5 * (1 + math.cos(math.pi * progress))

    def _step(self, batch: Tensor) -> tuple[float, int]:
        logits = self.model(to_inputs(self.data.images[batch]))
        labels = self.data.labels[batch]
        loss = nn.functional.cross_entropy(logits, labels)
        total = loss + self.model.regulariser(self.settings.lambdas) if self.model.scheme.learned else loss
        self.optimiser.zero_grad()
        torch.autograd.backward(total)
        self.optimiser.step()
        return float(loss.detach()), int((logits.argmax(1) == labels).sum())

    def snapshot(self, index: int) -> Checkpoint:
        """The state after epoch ``index`` of the schedule."""
        return Checkpoint(asdict(self.settings), index, self.phase, self.model.state_dict(), self.optimiser.state_dict(), self.history)

    def restore(self, saved: Checkpoint) -> int:
        """Take a snapshot's state; returns the index of its epoch."""
        for name, value in asdict(self.settings).items():
            if saved.settings.get(name) != value:
                raise ConfigError(
                    f"the checkpoint was made with {name}={saved.settings.get(name)!r}, this run has {value!r}; "
                    "use the same settings, or start anew without --resume"
                )
        if saved.phase == "quantised":
            self.model.set_scheme(self.settings.quantised_scheme)
            self.phase = "quantised"
            self.optimiser = self._make_optimiser()
        self.model.load_state_dict(saved.model)
        self.optimiser.load_state_dict(saved.optimiser)
        self.history = list(saved.history)
        return saved.index

    def start_from(self, saved: Checkpoint, path: Path) -> None:
        """Take the weights of a float run."""
        if saved.settings.get("model") != self.settings.model or saved.phase != "float":
            raise ConfigError(
                f"{path} is a {saved.phase} network of model {saved.settings.get('model')!r}, "
                f"--start needs a float one of {self.settings.model!r}; train it with --scheme float"
            )
        self.model.load_state_dict(saved.model)
