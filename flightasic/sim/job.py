"""What Python hands to the compiled run loop (``harness.cpp``), and how it reads the answer."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from flightasic.compiler import Program
from flightasic.compiler.tensors import TensorLayout
from flightasic.errors import SimulationError
from flightasic.microcode import OP_STORE

STALL_MAX = 0.99
_ONE = 1 << 16


@dataclass(frozen=True)
class Stalls:
    """Chance in each cycle that the host holds back an image word, refuses a result word, holds back a code word (0..0.99 each).

    Raises
    ------
    SimulationError
        If a chance is out of range.
    """

    image: float = 0.0
    result: float = 0.0
    code: float = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            if not 0 <= getattr(self, field.name) <= STALL_MAX:
                raise SimulationError(f"stall chance {field.name} must be in 0..{STALL_MAX}, got {getattr(self, field.name)}")

    @property
    def least_speed(self) -> float:
        """Share of its words that the slowest stream moves in time."""
        return 1 - max(self.image, self.result, self.code)


class _Transfer(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_int32) for name in ("store", "base", "row_words", "pitch", "rows", "after"))


class _Snapshot(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_int32) for name in ("host", "when", "base", "words", "place"))


class _Job(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_void_p) for name in ("images", "results", "host")),
        ("transfers", ctypes.POINTER(_Transfer)),
        ("snapshots", ctypes.POINTER(_Snapshot)),
        *((name, ctypes.c_void_p) for name in ("kept", "step_ends", "stall_cycles", "idle_cycles")),
        ("max_cycles", ctypes.c_uint64),
        *((name, ctypes.c_int32) for name in ("images_count", "image_words", "image_base", "result_words", "result_base")),
        *((name, ctypes.c_int32) for name in ("word_bytes", "transfer_count", "snapshot_count", "kept_words", "steps")),
        *((name, ctypes.c_uint32) for name in ("image_threshold", "result_threshold", "code_threshold", "seed")),
    )


class Outcome(ctypes.Structure):
    """How a call of the run loop ended: images finished, the core's status, state and step, words marked wrongly as last."""

    _fields_ = tuple((name, ctypes.c_int32) for name in ("finished", "status", "state", "step", "wrong_lasts"))
    finished: int
    status: int
    state: int
    step: int
    wrong_lasts: int


class Places:
    """Where a program's words lie in host memory and banks; the layers to keep, and when each is complete."""

    def __init__(self, program: Program, *, tensors: bool) -> None:
        self.program = program
        self.transfers = (_Transfer * len(program.transfers))(
            *(_Transfer(item.store, item.base, item.row_words, item.pitch, item.rows, item.after) for item in program.transfers)
        )
        self.kept: list[TensorLayout] = []  # by layer
        snapshots = []
        for layer in range(len(program.layers) if tensors else 0):
            banks, host = program.tensors[layer + 1], program.host[layer + 1]
            layout = banks or host
            assert layout is not None  # every tensor lies somewhere
            snapshots.append(_Snapshot(banks is None, self._complete(layer), layout.base, layout.words, self.kept_words))
            self.kept.append(layout)
        self.snapshots = (_Snapshot * len(snapshots))(*snapshots)

    @property
    def kept_words(self) -> int:
        """Words of all layers that are kept."""
        return sum(layout.words for layout in self.kept)

    def _complete(self, layer: int) -> int:
        """When a layer's output is whole: in the banks after its last step; in host memory after so many stores of the image."""
        steps = self.program.steps
        if self.program.tensors[layer + 1] is not None:
            return max(i for i, step in enumerate(steps) if step.layer == layer)
        owners = [step.layer for step in steps if step.op == OP_STORE]
        after = len(self.program.layers) if layer == len(self.program.layers) - 1 else layer
        return 1 + max(i for i, owner in enumerate(owners) if owner in (layer, after))


class Job:
    """Buffers of one call: some images in, results, times and kept tensors out."""

    def __init__(self, places: Places, images: npt.NDArray[Any]) -> None:
        self._places = places
        program = places.program
        lanes = program.config.lanes
        self._images = np.stack([program.pack_image(image) for image in images]).astype(np.int8)
        self._host = np.zeros((program.host_words, lanes), dtype=np.int8)
        self._results = np.zeros((len(images), program.result_layout.words, lanes), dtype=np.int8)
        self._kept = np.zeros((len(images), places.kept_words, lanes), dtype=np.int8)
        self.step_ends = np.zeros((len(images), len(program.steps)), dtype=np.uint64)
        self.stall_cycles = np.zeros(len(images), dtype=np.uint64)
        self.idle_cycles = np.zeros(len(images), dtype=np.uint64)

    def to_c(self, stalls: Stalls, seed: int, max_cycles: int) -> ctypes.Structure:
        """The structure that ``flight_run`` takes; it points into this object."""
        program = self._places.program
        job = _Job(
            transfers=self._places.transfers,
            snapshots=self._places.snapshots,
            max_cycles=max_cycles,
            images_count=len(self._images),
            image_words=self._images.shape[1],
            image_base=program.image_layout.base,
            result_words=self._results.shape[1],
            result_base=program.result_layout.base,
            word_bytes=program.config.lanes,
            transfer_count=len(self._places.transfers),
            snapshot_count=len(self._places.snapshots),
            kept_words=self._places.kept_words,
            steps=len(program.steps),
            image_threshold=int(stalls.image * _ONE),
            result_threshold=int(stalls.result * _ONE),
            code_threshold=int(stalls.code * _ONE),
            seed=seed & 0xFFFFFFFF,
        )
        for name, array in (
            ("images", self._images),
            ("results", self._results),
            ("host", self._host),
            ("kept", self._kept),
            ("step_ends", self.step_ends),
            ("stall_cycles", self.stall_cycles),
            ("idle_cycles", self.idle_cycles),
        ):
            setattr(job, name, array.ctypes.data)
        return job

    def outputs(self) -> npt.NDArray[np.int64]:
        """The results, [images, channels, height, width]."""
        return np.stack([self._places.program.unpack_result(words) for words in self._results])

    def layers(self) -> Iterator[list[npt.NDArray[np.int64]]]:
        """For each image the kept layers' outputs [channels, height, width], in the order of the layers."""
        for words in self._kept:
            start, found = 0, []
            for layer, layout in enumerate(self._places.kept):
                packed = words[start + layout.addresses().ravel() - layout.base]
                found.append(layout.channels(packed, self._places.program.channels[layer]))
                start += layout.words
            yield found
