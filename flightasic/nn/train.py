"""The trainer: a float network first, then the quantised one fine-tuned from it, resumable after any epoch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from flightasic.errors import ConfigError, DataError
from flightasic.nn.checkpoint import load_checkpoint, save_checkpoint
from flightasic.nn.evaluate import Images
from flightasic.nn.network import FLightNetwork
from flightasic.nn.run import Run, Step
from flightasic.nn.settings import TrainSettings
from flightasic.nn.target import Meter


def train(
    settings: TrainSettings,
    data: Images,
    *,
    validation: Images | None = None,
    meter: Meter | None = None,
    checkpoint: Path | None = None,
    resume: bool = False,
    start: Path | FLightNetwork | None = None,
    on_step: Callable[[Step], None] | None = None,
) -> tuple[FLightNetwork, list[dict[str, Any]]]:
    """Train a network; the result is the same whether or not the run was interrupted and resumed.

    Parameters
    ----------
    settings : TrainSettings
    data : Images
        Training split, without the images for validation.
    validation : Images or None
        Images whose accuracy is measured after every epoch.
    meter : Meter or None
        What the target's quantity costs; needed for cycles and energy (:mod:`flightasic.pricing`).
    checkpoint : Path or None
        Written after every epoch, in one step.
    resume : bool
        Go on from ``checkpoint`` where it exists; its settings must be the same.
    start : Path, FLightNetwork or None
        Checkpoint of a float run of the same model, or any float network (which becomes the result), to fine-tune instead of
        ``settings.float_epochs``.
    on_step : callable or None
        Called after every step.

    Returns
    -------
    (model, history)
        The model, calibrated and frozen unless float, and one dict per epoch (phase, epoch, lr, loss, accuracy, mean_k, cost,
        validation).

    Raises
    ------
    FormatError
        For a damaged checkpoint.
    ConfigError
        For a checkpoint of other settings, a target without its meter or out of reach, or a device that is not there.
    DataError
        If there are no images.
    """
    if not len(data):
        raise DataError("no training images; give a data set with at least one")
    if settings.device == "cuda" and not torch.cuda.is_available():
        raise ConfigError("device 'cuda' is not there; train with device 'cpu', or install a CUDA build of torch")
    if start is not None:
        settings = replace(settings, float_epochs=0)
    run = Run(settings, data, validation, meter, on_step, start if isinstance(start, FLightNetwork) else None)
    done = -1
    if resume and checkpoint is not None and checkpoint.exists():
        done = run.restore(load_checkpoint(checkpoint))
    elif isinstance(start, Path):
        run.start_from(load_checkpoint(start), start)
    for index, (phase, epoch, epochs) in enumerate(run.schedule()):
        if index <= done or run.ended(phase):
            continue
        run.epoch(phase, epoch, epochs)
        if checkpoint is not None:
            save_checkpoint(checkpoint, run.snapshot(index))
    run.finish()
    return run.model, run.history
