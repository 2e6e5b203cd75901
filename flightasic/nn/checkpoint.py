"""Checkpoints: a training run's whole state in one checksummed file."""

from __future__ import annotations

import hashlib
import io
import pickle
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import torch

from flightasic.errors import FormatError
from flightasic.files import write_atomically

_MAGIC = b"FLightASIC checkpoint 2\n"
_DIGEST_BYTES = 32


@dataclass(frozen=True)
class Checkpoint:
    """Settings, the epoch's index in the schedule, its phase, model and optimiser states, the history so far, and what else a run needs.

    ``extra`` holds the controller's state ("control"), the best epoch so far ("best") and the float network that is distilled
    ("teacher"), each None where there is none.
    """

    settings: dict[str, Any]
    index: int
    phase: str
    model: dict[str, Any]
    optimiser: dict[str, Any]
    history: list[dict[str, Any]]
    extra: dict[str, Any]


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write ``path`` in one step: magic, SHA-256 of the rest, tensors."""
    buffer = io.BytesIO()
    torch.save({field.name: getattr(checkpoint, field.name) for field in fields(Checkpoint)}, buffer)
    body = buffer.getvalue()
    write_atomically(path, _MAGIC + hashlib.sha256(body).digest() + body)


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint; a missing, foreign or damaged file is a FormatError naming it."""
    if not path.is_file():
        raise FormatError(f"{path}: no such checkpoint; train without --resume or --start")
    data = path.read_bytes()
    if not data.startswith(_MAGIC):
        raise FormatError(f"{path}: not a checkpoint of this version; delete it and train again")
    digest, body = data[len(_MAGIC) : len(_MAGIC) + _DIGEST_BYTES], data[len(_MAGIC) + _DIGEST_BYTES :]
    if hashlib.sha256(body).digest() != digest:
        raise FormatError(f"{path}: checksum does not match, the checkpoint is damaged; delete it and train again")
    try:
        return Checkpoint(**torch.load(io.BytesIO(body), map_location="cpu", weights_only=True))
    except (pickle.UnpicklingError, RuntimeError, TypeError) as error:
        raise FormatError(f"{path}: not a training checkpoint ({error}); delete it and train again") from error
