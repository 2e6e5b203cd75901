"""Run programs on the Verilator model of an array."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from flightasic.compiler import Program
from flightasic.config import ArrayConfig
from flightasic.errors import SimulationError
from flightasic.microcode import STATUS, WORD_BITS, check_program
from flightasic.sim.build import build_model

DEFAULT_CACHE = Path("build/sim")
PROGRAM, CODE = range(2)
STALL_MAX = 0.99


class _Outcome(ctypes.Structure):
    _fields_ = (("cycles", ctypes.c_uint64), ("stall_cycles", ctypes.c_uint64), ("status", ctypes.c_int32), ("finished", ctypes.c_int32))


@dataclass(frozen=True)
class RunResult:
    """What came out of the array for N images.

    Attributes
    ----------
    outputs : int64 [N, channels, height, width]
        The network's last tensor.
    cycles : int64 [N]
        From the first image word taken to the last result word taken.
    stall_cycles : int64 [N]
        Of these, cycles in which the host held a word back or refused one.
    layer_cycles : int64 [N, layers]
    tensors : list of int64 [N, channels, height, width] or None
        Every layer's output, read from the activation banks, when asked for.
    """

    outputs: npt.NDArray[np.int64]
    cycles: npt.NDArray[np.int64]
    stall_cycles: npt.NDArray[np.int64]
    layer_cycles: npt.NDArray[np.int64]
    tensors: list[npt.NDArray[np.int64]] | None

    @property
    def logits(self) -> npt.NDArray[np.int64]:
        """Outputs flattened to [N, classes]."""
        return self.outputs.reshape(len(self.outputs), -1)


class Simulator:
    """An array in RTL: load a program, run images.

    Parameters
    ----------
    config : ArrayConfig
    cache : path
        Where compiled models are kept (built on first use).
    """

    def __init__(self, config: ArrayConfig, *, cache: str | Path = DEFAULT_CACHE) -> None:
        self.config = config
        self._library = ctypes.CDLL(str(build_model(config, Path(cache)).resolve()))
        self._library.flight_new.restype = ctypes.c_void_p
        self._handle = ctypes.c_void_p(self._library.flight_new())
        self._program: Program | None = None
        self.reset()

    def __del__(self) -> None:
        if getattr(self, "_handle", None) is not None:
            self._library.flight_free(self._handle)

    def reset(self) -> None:
        """Hold reset for three cycles; memories keep their contents."""
        self._library.flight_reset(self._handle)

    def load(self, program: Program) -> None:
        """Check a program, load it, and start the sequencer."""
        check_program(program.words, self.config.fingerprint)
        self.load_words(program.words, program.codes)
        self._program = program
        self.start()

    def load_words(self, words: Sequence[int], codes: Sequence[int]) -> None:
        """Load memory images as they are, unchecked (for tests of the hardware's own checks); the core is stopped."""
        self.stop()
        self._load(PROGRAM, 0, words)
        for part in range(-(-self.config.code_word_bits // WORD_BITS)):
            self._load(CODE, part, [(word >> (part * WORD_BITS)) & ((1 << WORD_BITS) - 1) for word in codes])

    def start(self) -> None:
        """Enable the core and wait until it takes images; an error status or a busy core is a :class:`SimulationError`."""
        status = self._enable(True, 4 * self.config.program_depth + 100)
        if status:
            raise SimulationError(f"the core refused the program, status {status} ({STATUS[status]}); compile it again")

    def stop(self) -> None:
        """Disable the core; unless it waits for an image or stopped in an error, that is a :class:`SimulationError`."""
        self._enable(False, 10)

    def run(
        self,
        images: npt.ArrayLike,
        *,
        tensors: bool = False,
        stall_probability: float = 0.0,
        seed: int = 0,
        max_cycles: int | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> RunResult:
        """Run images int8 [N, channels, height, width] through the loaded program.

        Parameters
        ----------
        tensors : bool
            Also return every layer's output, read from the banks.
        stall_probability : float
            Chance in each cycle that the host holds an image word back, and that it refuses a result word (0..0.99).
        max_cycles : int
            Give up after so many cycles per image; default: far above the prediction.
        progress : callable
            Called with the number of finished images after each one.

        Raises
        ------
        SimulationError
            If no program is loaded, there is no image, ``stall_probability`` is out of range, the core stops with an error
            status, or an image does not finish in time.
        FormatError
            If an image has another shape than the program takes, or values that are not int8.
        """
        if self._program is None:
            raise SimulationError("no program is loaded; call load(program) first")
        if not 0 <= stall_probability <= STALL_MAX:
            raise SimulationError(f"stall_probability must be in 0..{STALL_MAX}, got {stall_probability}")
        program = self._program
        batch = np.asarray(images)
        if batch.size == 0:
            raise SimulationError(f"no images to run (shape {batch.shape}); pass [N, channels, height, width] with N >= 1")
        runs = []
        for i, image in enumerate(batch):
            runs.append(self._run_one(program, image, tensors, stall_probability, seed + i, max_cycles))
            if progress is not None:
                progress(i + 1)
        ends = np.array([run["ends"] for run in runs], dtype=np.int64).reshape(len(runs), -1)
        return RunResult(
            outputs=np.stack([run["output"] for run in runs]),
            cycles=np.array([run["cycles"] for run in runs], dtype=np.int64),
            stall_cycles=np.array([run["stall_cycles"] for run in runs], dtype=np.int64),
            layer_cycles=self._layer_cycles(program, ends),
            tensors=[np.stack(layer) for layer in zip(*(run["tensors"] for run in runs), strict=True)] if tensors else None,
        )

    def _enable(self, on: bool, max_cycles: int) -> int:
        status = int(self._library.flight_enable(self._handle, int(on), max_cycles))
        if status < 0:
            raise SimulationError(f"the core is busy (not {'ready' if on else 'idle'} after {max_cycles} cycles); call reset() first")
        return status

    def _load(self, memory: int, part: int, words: Sequence[int]) -> None:
        array = (ctypes.c_uint64 * len(words))(*words)
        self._library.flight_load(self._handle, memory, part, array, len(words))

    def _run_one(
        self, program: Program, image: npt.NDArray[Any], tensors: bool, stall_probability: float, seed: int, max_cycles: int | None
    ) -> dict[str, Any]:
        config = self.config
        words = np.ascontiguousarray(program.pack_image(image) & 0xFF, dtype=np.uint8)
        result = np.zeros((program.result_words, config.lanes), dtype=np.uint8)
        steps = program.steps_of_layer[-1]
        ends = np.zeros(steps, dtype=np.uint64)
        bank_bytes = config.act_depth * config.banks * config.lanes
        snapshots = np.zeros((steps, bank_bytes if tensors else 0), dtype=np.uint8)
        if max_cycles is None:
            max_cycles = int((program.cycles + 1000) * 4 / (1 - stall_probability))
        outcome = _Outcome()
        self._library.flight_run(
            self._handle, _bytes(words), len(words), _bytes(result), len(result), config.lanes,
            ctypes.c_uint32(int(stall_probability * 65536)), ctypes.c_uint32(seed), ctypes.c_uint64(max_cycles),
            ends.ctypes.data_as(ctypes.c_void_p), steps, _bytes(snapshots) if tensors else None, ctypes.byref(outcome),
        )  # fmt: skip
        if outcome.status:
            raise SimulationError(f"the core stopped with status {outcome.status} ({STATUS[outcome.status]})")
        if not outcome.finished:
            raise SimulationError(
                f"no result after {max_cycles} cycles (predicted {program.cycles}); reset the simulator or raise max_cycles"
            )
        return {
            "output": program.unpack_result(result.view(np.int8)),
            "cycles": outcome.cycles,
            "stall_cycles": outcome.stall_cycles,
            "ends": ends,
            "tensors": self._tensors(program, snapshots) if tensors else [],
        }

    def _tensors(self, program: Program, snapshots: npt.NDArray[np.uint8]) -> list[npt.NDArray[np.int64]]:
        layers = []
        for layout, count, end in zip(program.tensors[1:], program.channels, program.steps_of_layer, strict=True):
            words = snapshots[end - 1].view(np.int8).reshape(-1, self.config.lanes)
            layers.append(layout.channels(words[layout.addresses().ravel()], count))
        return layers

    @staticmethod
    def _layer_cycles(program: Program, ends: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Cycles between the last steps of neighbouring layers; the first layer starts after the image's last word."""
        last = ends[:, np.array(program.steps_of_layer) - 1]
        return np.diff(last, axis=1, prepend=np.full((len(ends), 1), program.image_words))


def _bytes(array: npt.NDArray[Any]) -> Any:
    return array.ctypes.data_as(ctypes.c_void_p)
