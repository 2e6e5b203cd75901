"""Run programs on the Verilator model of an array."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from flightasic.compiler import Program
from flightasic.config import ArrayConfig
from flightasic.errors import SimulationError
from flightasic.microcode import STATUS, WORD_BITS, check_program
from flightasic.sim.build import build_model
from flightasic.sim.job import Job, Outcome, Places, Stalls

DEFAULT_CACHE = Path("build/sim")
PROGRAM, CODE = range(2)
NO_STALLS = Stalls()
_CYCLES_PER_CALL = 200_000


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
        Of these, cycles in which the host held a word back, or refused one, that the core was ready to move.
    idle_cycles : int64 [N]
        Before each image: from the end of the image before it (or of the start) to its first word taken.
    step_cycles : int64 [N, steps]
        From the end of the step before it to the end of each step; the first counts from the first image word taken.
    program : Program
        What ran.
    tensors : list of int64 [N, channels, height, width] or None
        Every layer's output, read from the activation banks or from host memory, when asked for.
    """

    outputs: npt.NDArray[np.int64]
    cycles: npt.NDArray[np.int64]
    stall_cycles: npt.NDArray[np.int64]
    idle_cycles: npt.NDArray[np.int64]
    step_cycles: npt.NDArray[np.int64]
    program: Program
    tensors: list[npt.NDArray[np.int64]] | None

    @property
    def logits(self) -> npt.NDArray[np.int64]:
        """Outputs flattened to [N, classes]."""
        return self.outputs.reshape(len(self.outputs), -1)

    @property
    def layer_cycles(self) -> npt.NDArray[np.int64]:
        """Cycles of each layer's steps [N, layers]."""
        owner = np.array([step.layer for step in self.program.steps])
        return np.stack([self.step_cycles[:, owner == i].sum(axis=1) for i in range(len(self.program.layers))], axis=1)


class Simulator:
    """An array in RTL, and its host: load a program, run images.

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
        used = [program.codes[i] for first, count in program.code_order for i in range(first, first + count)]
        self.load_words(program.words, used if program.streamed else program.codes, streamed=program.streamed)
        self._program = program
        self.start()

    def load_words(self, words: Sequence[int], codes: Sequence[int], *, streamed: bool = False) -> None:
        """Load memory images as they are, unchecked (for tests of the hardware's own checks); the core is stopped.

        ``codes`` go into the code memory, or are streamed in their order, for every image anew.
        """
        self.stop()
        self._load(PROGRAM, 0, words)
        size = -(-self.config.code_word_bits // 8)
        stream = b"".join(code.to_bytes(size, "little") for code in codes) if streamed else b""
        self._library.flight_codes(self._handle, stream, len(stream) // size, size)
        if not streamed:
            for part in range(-(-self.config.code_word_bits // WORD_BITS)):
                self._load(CODE, part, [(word >> (part * WORD_BITS)) & ((1 << WORD_BITS) - 1) for word in codes])

    def start(self) -> None:
        """Enable the core and wait until it takes images; an error status or a busy core is a :class:`SimulationError`."""
        status = self._enable(True, 4 * self.config.program_depth + 100)
        if status:
            raise SimulationError(f"the core refused the program, status {status} ({STATUS[status]}); compile it again")

    def stop(self) -> None:
        """Disable the core; unless it waits for an image or stopped in an error, that is a :class:`SimulationError`."""
        self._enable(False, 100)

    def run(
        self,
        images: npt.ArrayLike,
        *,
        tensors: bool = False,
        stalls: Stalls = NO_STALLS,
        seed: int = 0,
        max_cycles: int | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> RunResult:
        """Run images int8 [N, channels, height, width] through the loaded program.

        Many images go through a single call of the compiled loop, so that Python costs nothing; between two calls progress is
        told and Ctrl-C works.

        Parameters
        ----------
        tensors : bool
            Also return every layer's output.
        stalls : Stalls
            How often the host keeps each stream waiting.
        max_cycles : int
            Give up after so many cycles per image; default: far above the prediction.
        progress : callable
            Called with the number of finished images, several times a second.

        Raises
        ------
        SimulationError
            If no program is loaded, there is no image, the core stops with an error status, an image does not finish in time, or
            the core marks another word than the last of a transfer as the last.
        FormatError
            If an image has another shape than the program takes, or values that are not int8.
        """
        if self._program is None:
            raise SimulationError("no program is loaded; call load(program) first")
        program = self._program
        batch = np.asarray(images)
        if batch.size == 0:
            raise SimulationError(f"no images to run (shape {batch.shape}); pass [N, channels, height, width] with N >= 1")
        if max_cycles is None:
            max_cycles = int((program.cycles + 1000) * 4 / stalls.least_speed)
        places = Places(program, tensors=tensors)
        per_call = max(1, _CYCLES_PER_CALL // program.cycles)
        jobs = []
        for first in range(0, len(batch), per_call):
            jobs.append(self._run_some(places, batch[first : first + per_call], stalls, seed + first, max_cycles))
            if progress is not None:
                progress(min(len(batch), first + per_call))
        ends = np.concatenate([job.step_ends for job in jobs]).astype(np.int64)
        kept = [layer for job in jobs for layer in job.layers()]
        return RunResult(
            outputs=np.concatenate([job.outputs() for job in jobs]),
            cycles=ends[:, -1],
            stall_cycles=np.concatenate([job.stall_cycles for job in jobs]).astype(np.int64),
            idle_cycles=np.concatenate([job.idle_cycles for job in jobs]).astype(np.int64),
            step_cycles=np.diff(ends, axis=1, prepend=0),
            program=program,
            tensors=[np.stack(layer) for layer in zip(*kept, strict=True)] if tensors else None,
        )

    def _enable(self, on: bool, max_cycles: int) -> int:
        status = int(self._library.flight_enable(self._handle, int(on), max_cycles))
        if status < 0:
            raise SimulationError(f"the core is busy (not {'ready' if on else 'idle'} after {max_cycles} cycles); call reset() first")
        return status

    def _load(self, memory: int, part: int, words: Sequence[int]) -> None:
        array = (ctypes.c_uint64 * len(words))(*words)
        self._library.flight_load(self._handle, memory, part, array, len(words))

    def _run_some(self, places: Places, images: npt.NDArray[np.int64], stalls: Stalls, seed: int, max_cycles: int) -> Job:
        program = places.program
        job = Job(places, images)
        outcome = Outcome()
        self._library.flight_run(self._handle, ctypes.byref(job.to_c(stalls, seed, max_cycles)), ctypes.byref(outcome))
        if outcome.status:
            raise SimulationError(f"the core stopped with status {outcome.status} ({STATUS[outcome.status]}) in step {outcome.step}")
        if outcome.finished < len(images):
            raise SimulationError(
                f"no result after {max_cycles} cycles (predicted {program.cycles}), the core is in step {outcome.step}, state "
                f"{outcome.state}; reset the simulator or raise max_cycles"
            )
        if outcome.wrong_lasts:
            raise SimulationError(f"image_last or result_last was wrong at {outcome.wrong_lasts} words of the transfers")
        return job
