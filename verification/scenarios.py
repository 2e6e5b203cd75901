"""The table of whole-accelerator scenarios: small networks through the top's own ports, at every level."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import accumulate

import numpy as np
import numpy.typing as npt

from flightasic.compiler import Program, compile_network
from flightasic.config import PIPELINE_FIELDS, ArrayConfig
from flightasic.formats import act_range
from flightasic.ir import IntegerNetwork
from flightasic.sim import Stalls
from verification.bench import Bench
from verification.cases import MALFORMED, damaged, random_images
from verification.host import Host
from verification.networks import plain_network, real_size_network, residual_network, wide_network

GOLDEN = "golden.json"  # what a simulator's process gets the expected outputs in: torch takes seconds to import
BEFORE_THE_FIRST_STEP = (1, 2, 3)


@dataclass(frozen=True)
class Scenario:
    """An array, a network for it, and what happens to them.

    Attributes
    ----------
    config : ArrayConfig
    play : str
        "run": images without and with stalls on all three streams, and a reset in the middle of a run, then a clean run without
        loading again;
        "clean": images without stalls, one after the other;
        "malformed": every damage of :data:`verification.cases.MALFORMED`; its status must appear, a good program must run after.
    make : callable
        The network for an array.
    """

    config: ArrayConfig
    play: str = "run"
    make: Callable[[ArrayConfig], IntegerNetwork] = plain_network

    @cached_property
    def network(self) -> IntegerNetwork:
        return self.make(self.config)

    @cached_property
    def program(self) -> Program:
        return compile_network(self.network, self.config)

    @cached_property
    def images(self) -> npt.NDArray[np.int64]:
        return random_images(np.random.default_rng(6), self.network, 2, low=act_range(self.config)[0])

    def bench(self, expected: npt.NDArray[np.int64]) -> Bench:
        """The scenario against the golden model's outputs [images, channels, height, width]."""
        host = Host(self.program)
        yield from host.reset()
        if self.play == "run":
            yield from self._run(host, expected)
        elif self.play == "clean":
            yield from self._clean(host, expected)
        else:
            yield from self._malformed(host, expected)

    def _run(self, host: Host, expected: npt.NDArray[np.int64]) -> Bench:
        clean = partial(self._clean_run, host)
        yield from host.load(self.program.words)
        status = yield from host.enable()
        assert status == 0, f"a good program is refused with status {status}"
        yield from clean(0, expected)
        host.stalls = Stalls(image=0.5, result=0.5, code=0.8)
        stalled = yield from host.run(self.images[1])
        np.testing.assert_array_equal(stalled.values, expected[1], "with stalls")
        assert stalled.step_ends[-1] > self.program.cycles, "the stalls stalled nothing"
        host.stalls = Stalls()
        yield from host.run(self.images[1], give_up_after=self.program.cycles // 2)
        yield from host.reset()
        status = yield from host.enable()
        assert status == 0, f"after a reset the program is refused with status {status}"
        yield from clean(1, expected)
        yield from host.disable()

    def _clean(self, host: Host, expected: npt.NDArray[np.int64]) -> Bench:
        yield from host.load(self.program.words)
        status = yield from host.enable()
        assert status == 0, f"a good program is refused with status {status}"
        for image in range(len(self.images)):
            yield from self._clean_run(host, image, expected)

    def _malformed(self, host: Host, expected: npt.NDArray[np.int64]) -> Bench:
        for kind, wanted in MALFORMED.items():
            yield from host.load(damaged(self.program.words, kind))
            status = yield from host.enable()
            if wanted not in BEFORE_THE_FIRST_STEP and status == 0:
                status = (yield from host.run(self.images[0])).status
            assert status == wanted, f"{kind}: status {status}, expected {wanted}"
            yield from host.disable()
            yield from host.load(self.program.words)
            status = yield from host.enable()
            assert status == 0, f"after {kind}, a good program is refused with status {status}"
            yield from self._clean_run(host, 0, expected)
            yield from host.disable()

    def _clean_run(self, host: Host, image: int, expected: npt.NDArray[np.int64]) -> Bench:
        values, ends, status = yield from host.run(self.images[image])
        assert status == 0, f"the run stopped with status {status}"
        np.testing.assert_array_equal(values, expected[image])
        predicted = list(accumulate(step.cycles for step in self.program.steps))
        assert ends == predicted, f"the steps end after {ends} cycles, predicted {predicted}"


_SMALL = {"acc_bits": 28, "act_depth": 32, "code_depth": 128, "program_depth": 128, "acc_depth": 32}
# Too little room for activations and codes: tiles pass through host memory, codes are streamed.
_TIGHT = {"acc_bits": 28, "act_depth": 16, "code_depth": 16, "program_depth": 1024, "acc_depth": 32}

SHIFT = ArrayConfig(rows=3, cols=3, lanes=2, tile_rows=1, tile_cols=1, **_SMALL)
ROOMY = ArrayConfig(rows=4, cols=4, lanes=4, **_SMALL | {"code_depth": 512, "program_depth": 256})
TIGHT = ArrayConfig(rows=3, cols=3, lanes=2, tile_rows=3, tile_cols=3, **_TIGHT)
# Every register by option, over rows that reuse words while tiles come and go; and a single row, whose passes follow fastest.
REGISTERS = replace(TIGHT, act_depth=64, acc_depth=64, act_reuse=2, **PIPELINE_FIELDS)
REGISTERS_ROW = replace(ROOMY, rows=1, tile_rows=1, program_depth=512, **PIPELINE_FIELDS)
# Words of neighbouring kernel columns lie two and four rows apart, and passes go on from one kernel row to the next.
FAR = ArrayConfig(rows=7, cols=4, lanes=1, tile_rows=7, tile_cols=2, act_reuse=4, **_SMALL | {"code_depth": 512, "program_depth": 256})

SCENARIOS = {
    "run-shift": Scenario(SHIFT),
    "run-shift-3bit": Scenario(ArrayConfig(rows=3, cols=4, lanes=2, tile_rows=3, tile_cols=2, code_bits=3, **_SMALL)),
    "run-shift-2bit": Scenario(ArrayConfig(rows=2, cols=4, lanes=4, tile_rows=1, tile_cols=2, code_bits=2, **_SMALL)),
    "run-unsigned": Scenario(replace(SHIFT, signed_acts=0)),
    "run-fixed4": Scenario(ArrayConfig(rows=2, cols=2, lanes=4, tile_rows=2, tile_cols=2, arith="fixed4", **_SMALL)),
    "run-fixed8": Scenario(ArrayConfig(rows=3, cols=3, lanes=4, tile_rows=1, tile_cols=3, arith="fixed8", code_bits=8, **_SMALL)),
    "run-registers": Scenario(replace(SHIFT, **PIPELINE_FIELDS)),
    "run-registers-background": Scenario(REGISTERS, make=wide_network),
    "run-registers-row": Scenario(REGISTERS_ROW, make=residual_network),
    "run-residual": Scenario(ROOMY, make=residual_network),
    "run-tiles-streamed": Scenario(TIGHT, make=residual_network),
    "run-background": Scenario(replace(TIGHT, act_depth=64, acc_depth=64), make=wide_network),
    "run-reuse": Scenario(replace(TIGHT, act_depth=64, acc_depth=64, act_reuse=2), make=wide_network),
    "run-reuse-far": Scenario(FAR, make=residual_network),
    "malformed-shift": Scenario(SHIFT, "malformed"),
    "malformed-streamed": Scenario(TIGHT, "malformed"),
    "malformed-registers": Scenario(replace(TIGHT, **PIPELINE_FIELDS), "malformed"),
}

BENCHMARKS = {
    f"clean-{rows}x{cols}x{lanes}": Scenario(
        ArrayConfig(rows=rows, cols=cols, lanes=lanes, tile_rows=tile_rows, tile_cols=4, acc_bits=28), "clean", real_size_network
    )
    for rows, cols, lanes, tile_rows in ((4, 4, 4, 2), (8, 8, 4, 4), (8, 8, 8, 4))
}
