"""The host of the accelerator as a bench: loads a program, serves its transfers and codes with stalls, and checks what comes."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from flightasic.compiler import Program
from flightasic.config import ACT_BITS
from flightasic.microcode import STEP, WORD_BITS, words_of
from flightasic.sim import Stalls
from verification.bench import RESET_CYCLES, Ports, join

PROGRAM, CODE = range(2)
IDLE_STATE = 0
REST = {"enable": 0, "load_en": 0, "image_val": 0, "result_rdy": 0, "code_val": 0}

Task = Generator[Ports, Ports, Any]


class Run(NamedTuple):
    """An image's result [channels, height, width] (None if it is incomplete), the end of each step, and the core's status.

    Ends are cycles from the first image word taken; that of the last step is the whole run's.
    """

    values: npt.NDArray[np.int64] | None
    step_ends: list[int]
    status: int


@dataclass
class Host:
    """One side of the top's ports; its methods are generators to be run with ``yield from``, as parts of a bench.

    Attributes
    ----------
    program : Program
    stalls : Stalls
        How often each stream waits for the host.
    sent : int
        Code words streamed since the core was last at rest.
    """

    program: Program
    stalls: Stalls = field(default_factory=Stalls)
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))
    sent: int = 0

    def __post_init__(self) -> None:
        self._codes = [self.program.codes[i] for first, count in self.program.code_order for i in range(first, first + count)]

    def reset(self) -> Task:
        """Reset with every input at rest; memories keep their contents."""
        for _ in range(RESET_CYCLES):
            yield REST | {"reset": 1}
        self.sent = 0
        yield {"reset": 0}

    def load(self, words: Sequence[int]) -> Task:
        """Write a program memory image, and the program's codes unless they are streamed."""
        for address, word in enumerate(words):
            yield self._write(PROGRAM, address, 0, word)
        for address, word in enumerate([] if self.program.streamed else self.program.codes):
            for part in range(-(-self.program.config.code_word_bits // WORD_BITS)):
                yield self._write(CODE, address, part, word >> (part * WORD_BITS) & ((1 << WORD_BITS) - 1))
        yield {"load_en": 0}

    @staticmethod
    def _write(memory: int, address: int, part: int, word: int) -> Ports:
        return {"load_en": 1, "load_memory": memory, "load_addr": address, "load_part": part, "load_data": word}

    def enable(self) -> Task:
        """Start; returns the status once the core takes an image or stops in an error."""
        outputs = yield from self._cycle({"enable": 1})
        for _ in range(4 * self.program.config.program_depth):
            if outputs["image_rdy"] or outputs["status"]:
                return outputs["status"]
            outputs = yield from self._cycle({})
        raise AssertionError(f"the core hangs in state {outputs['state']} after enable")

    def disable(self) -> Task:
        """Stop; the core must come to rest, at the latest when it has fetched the first step again."""
        outputs = yield {"enable": 0, "code_val": 0}
        for _ in range(words_of(STEP) + 5):
            if outputs["state"] == IDLE_STATE and not outputs["status"]:
                self.sent = 0
                return
            outputs = yield {}
        raise AssertionError(f"state {outputs['state']}, status {outputs['status']} after enable fell")

    def run(self, image: npt.NDArray[np.int64], *, give_up_after: int | None = None) -> Task:
        """Serve all transfers of an image; returns a :class:`Run`.

        ``give_up_after`` leaves in the middle, that many cycles after the first word. A run that takes far longer than
        predicted fails, and so does a last word that is not marked as one, or another that is.
        """
        program = self.program
        memory = [0] * program.host_words
        for place, word in enumerate(program.pack_image(image), start=program.image_layout.base):
            memory[place] = join(word, ACT_BITS)
        ends = [0] * len(program.steps)
        loads, stores = (deque(_words(program, store=store)) for store in (False, True))
        complete, cycles, status = 0, 0, 0
        limit = int((program.cycles + 100) * 4 / self.stalls.least_speed)
        while (loads or stores) and not status and cycles != give_up_after:
            offers = bool(loads) and loads[0].after <= complete and self.rng.random() >= self.stalls.image
            takes = self.rng.random() >= self.stalls.result
            message = memory[loads[0].place] if offers else self._noise(program.config.word_bits)
            outputs = yield from self._cycle({"image_val": int(offers), "image_msg": message, "result_rdy": int(takes)})
            took, gave, status = offers and outputs["image_rdy"], takes and outputs["result_val"], outputs["status"]
            if took:
                _check_last("image", outputs, loads.popleft())
            if gave:
                assert stores, "the core stores a word after the last one"
                word = stores.popleft()
                _check_last("result", outputs, word)
                memory[word.place] = outputs["result_msg"]
                complete += word.last
            cycles += bool(took or cycles)
            if not status:
                ends[outputs["step_index"]] = cycles
            assert cycles <= limit, f"no result after {cycles} cycles, predicted {program.cycles}"
        yield {"image_val": 0, "result_rdy": 0, "code_val": 0}
        return Run(None if loads or stores else self._result(memory), ends, status)

    def _cycle(self, inputs: Ports) -> Task:
        """A cycle in which the next code word is on offer, unless it is held back."""
        offers = self.program.streamed and self.rng.random() >= self.stalls.code
        message = self._codes[self.sent % len(self._codes)] if offers else self._noise(self.program.config.code_word_bits)
        outputs = yield {**inputs, "code_val": int(offers), "code_msg": message}
        self.sent += offers and outputs["code_rdy"]
        return outputs

    def _noise(self, bits: int) -> int:
        """What lies on a stream while nothing is offered."""
        return int.from_bytes(self.rng.bytes(-(-bits // 8)), "little") & ((1 << bits) - 1)

    def _result(self, memory: list[int]) -> npt.NDArray[np.int64]:
        layout = self.program.result_layout
        lanes = range(self.program.config.lanes)
        words = [[word >> (ACT_BITS * lane) & 0xFF for lane in lanes] for word in memory[layout.base : layout.base + layout.words]]
        return self.program.unpack_result(np.array(words, dtype=np.uint8).view(np.int8))


class _Word(NamedTuple):
    """Its place in host memory, whether its transfer ends with it, and how many stores must be complete before it is sent."""

    place: int
    last: bool
    after: int


def _words(program: Program, *, store: bool) -> Iterator[_Word]:
    """All words that an image's loads, or its stores, move, in their order."""
    for transfer in program.transfers:
        if transfer.store == store:
            for row in range(transfer.rows):
                for column in range(transfer.row_words):
                    last = (row + 1, column + 1) == (transfer.rows, transfer.row_words)
                    yield _Word(transfer.base + row * transfer.pitch + column, last, transfer.after)


def _check_last(stream: str, outputs: Ports, word: _Word) -> None:
    marked = outputs[f"{stream}_last"]
    assert bool(marked) == word.last, f"{stream} word {word.place} is marked as {'the' if marked else 'not the'} last of its transfer"
