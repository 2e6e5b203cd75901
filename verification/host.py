"""The host of the accelerator as a bench: loads a program, streams images with stalls, reads results, and checks them."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from flightasic.compiler import Program
from flightasic.config import ACT_BITS
from flightasic.microcode import WORD_BITS
from verification.bench import RESET_CYCLES, Ports, join

PROGRAM, CODE = range(2)
IDLE_STATE = 0

Task = Generator[Ports, Ports, Any]


@dataclass
class Host:
    """One side of the top's ports; its methods are generators to be run with ``yield from``, as parts of a bench.

    Attributes
    ----------
    program : Program
    stalls : float
        Chance in a cycle that an image word is held back, and that a result word is refused.
    """

    program: Program
    stalls: float = 0.0
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))

    def reset(self) -> Task:
        """Reset with every input at rest; memories keep their contents."""
        for _ in range(RESET_CYCLES):
            yield {"reset": 1, "enable": 0, "load_en": 0, "image_val": 0, "result_rdy": 0}
        yield {"reset": 0}

    def load(self, words: Sequence[int]) -> Task:
        """Write a program memory image, and the program's codes."""
        for address, word in enumerate(words):
            yield self._write(PROGRAM, address, 0, word)
        for address, word in enumerate(self.program.codes):
            for part in range(-(-self.program.config.code_word_bits // WORD_BITS)):
                yield self._write(CODE, address, part, word >> (part * WORD_BITS) & ((1 << WORD_BITS) - 1))
        yield {"load_en": 0}

    @staticmethod
    def _write(memory: int, address: int, part: int, word: int) -> Ports:
        return {"load_en": 1, "load_memory": memory, "load_addr": address, "load_part": part, "load_data": word}

    def enable(self) -> Task:
        """Start; returns the status once the core takes an image or stops in an error."""
        outputs = yield {"enable": 1}
        for _ in range(4 * self.program.config.program_depth):
            if outputs["image_rdy"] or outputs["status"]:
                return outputs["status"]
            outputs = yield {}
        raise AssertionError(f"the core hangs in state {outputs['state']} after enable")

    def disable(self) -> Task:
        """Stop; the core must come to rest."""
        outputs = yield {"enable": 0}
        for _ in range(10):
            if outputs["state"] == IDLE_STATE and not outputs["status"]:
                return
            outputs = yield {}
        raise AssertionError(f"state {outputs['state']}, status {outputs['status']} after enable fell")

    def run(self, image: npt.NDArray[np.int64], *, give_up_after: int | None = None) -> Task:
        """Stream an image and take its result: (values, cycles, status), cycles from first word taken to last word given.

        ``give_up_after`` leaves in the middle, that many cycles after the first word. A run that takes far longer than
        predicted fails.
        """
        config = self.program.config
        words = [join(word, ACT_BITS) for word in self.program.pack_image(image)]
        received: list[list[int]] = []
        taken, cycles = 0, 0
        limit = int((self.program.cycles + 100) * 2 / (1 - self.stalls))
        while len(received) < self.program.result_words:
            offer = taken < len(words) and self.rng.random() >= self.stalls
            accept = self.rng.random() >= self.stalls
            message = words[taken] if offer else int(self.rng.integers(0, 1 << ACT_BITS))
            outputs = yield {"image_val": int(offer), "image_msg": message, "result_rdy": int(accept)}
            taken += offer and outputs["image_rdy"]
            if accept and outputs["result_val"]:
                word = outputs["result_msg"]
                received.append([(word >> (ACT_BITS * lane)) & 0xFF for lane in range(config.lanes)])
            cycles += taken > 0
            assert cycles <= limit, f"no result after {cycles} cycles, predicted {self.program.cycles}"
            if outputs["status"] or cycles == give_up_after:
                break
        yield {"image_val": 0, "result_rdy": 0}
        complete = len(received) == self.program.result_words
        values = self.program.unpack_result(np.array(received, dtype=np.uint8).view(np.int8)) if complete else None
        return values, cycles, outputs["status"]
