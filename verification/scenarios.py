"""The table of whole-accelerator scenarios: a tiny network through the top's own ports, at every level."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
import numpy.typing as npt

from flightasic.compiler import Program, compile_network
from flightasic.config import ArrayConfig
from flightasic.formats import code_limit
from flightasic.ir import IntegerNetwork, Layer
from verification.bench import Bench
from verification.cases import MALFORMED, damaged, random_images, random_layer
from verification.host import Host

GOLDEN = "golden.json"  # what a simulator's process gets the expected outputs in: torch takes seconds to import
LATE_STATUS = (4, 5)


@dataclass(frozen=True)
class Scenario:
    """An array, a network for it, and what happens to them.

    Attributes
    ----------
    config : ArrayConfig
    play : str
        "run": images without and with stalls, and a reset in the middle of a run, then a clean run without loading again;
        "clean": images without stalls, one after the other;
        "malformed": every damage of :data:`verification.cases.MALFORMED`; its status must appear, a good program must run after.
    """

    config: ArrayConfig
    play: str = "run"

    @cached_property
    def network(self) -> IntegerNetwork:
        """Padding, pooling, k = 0 to 3 in one layer, more than one pass, and a fully connected layer; for "clean" of real size."""
        if self.play == "clean":
            return _real_size(self.config)
        rng = np.random.default_rng(5)
        planes = 3 if self.config.arith == "shift" else 1
        limit = code_limit(self.config)
        conv, linear = None, None
        while conv is None or set(conv.k) != set(range(planes + 1)):
            conv = random_layer(rng, "conv", 6, 2, (3, 3), limit=limit, planes=planes, padding=1, pool=2)
        while linear is None or linear.k.min() == 0:
            linear = random_layer(rng, "linear", 3, 6, (2, 2), limit=limit, planes=planes, relu=False)
        layers = (_spread(conv, self.config), _spread(linear, self.config))
        return IntegerNetwork(
            name="tiny", arith=self.config.arith, max_shift=self.config.max_shift, in_shape=(2, 4, 5), in_scale_log2=-7, layers=layers
        )

    @cached_property
    def program(self) -> Program:
        return compile_network(self.network, self.config)

    @cached_property
    def images(self) -> npt.NDArray[np.int64]:
        return random_images(np.random.default_rng(6), self.network, 2)

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
        host.stalls = 0.5
        values, cycles, _ = yield from host.run(self.images[1])
        np.testing.assert_array_equal(values, expected[1], "with stalls")
        assert cycles > self.program.cycles, "the stalls stalled nothing"
        host.stalls = 0.0
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
            if wanted in LATE_STATUS and status == 0:
                _, _, status = yield from host.run(self.images[0])
            assert status == wanted, f"{kind}: status {status}, expected {wanted}"
            yield from host.disable()
            yield from host.load(self.program.words)
            status = yield from host.enable()
            assert status == 0, f"after {kind}, a good program is refused with status {status}"
            yield from self._clean_run(host, 0, expected)
            yield from host.disable()

    def _clean_run(self, host: Host, image: int, expected: npt.NDArray[np.int64]) -> Bench:
        values, cycles, status = yield from host.run(self.images[image])
        assert status == 0, f"the run stopped with status {status}"
        np.testing.assert_array_equal(values, expected[image])
        assert cycles == self.program.cycles, f"{cycles} cycles, predicted {self.program.cycles}"


def _real_size(config: ArrayConfig) -> IntegerNetwork:
    """Random weights in the layers of the default network, ``cnn-s``."""
    rng = np.random.default_rng(7)
    draw = partial(random_layer, rng, limit=code_limit(config))
    layers = (
        draw("conv1", 16, 1, (3, 3), padding=1, pool=2),
        draw("conv2", 32, 16, (3, 3), padding=1, pool=2),
        draw("conv3", 32, 32, (3, 3), padding=1),
        draw("fc4", 10, 32, (7, 7), relu=False),
    )
    for layer in layers:
        layer.k[:] = 1
    return IntegerNetwork(
        name="cnn-s-random",
        arith=config.arith,
        max_shift=config.max_shift,
        in_shape=(1, 28, 28),
        in_scale_log2=-7,
        layers=tuple(_spread(layer, config) for layer in layers),
    )


def _spread(layer: Layer, config: ArrayConfig) -> Layer:
    """The layer with right shifts that leave most outputs between the clamps, where a small fault shows."""
    norm = np.sqrt((layer.weights(config.arith) ** 2).sum(axis=(1, 2, 3)))
    shift = np.ceil(np.log2(np.maximum(norm, 1))).astype(np.uint8)
    bias = (layer.bias.astype(np.int64) % 64 << shift).astype(np.int32)
    return replace(layer, right_shift=shift, bias=bias)


_SMALL = {"acc_bits": 28, "act_depth": 32, "code_depth": 128, "program_depth": 64, "acc_depth": 32}

SHIFT = ArrayConfig(rows=3, cols=3, lanes=2, tile_rows=1, tile_cols=1, **_SMALL)

SCENARIOS = {
    "run-shift": Scenario(SHIFT),
    "run-shift-3bit": Scenario(ArrayConfig(rows=3, cols=4, lanes=2, tile_rows=3, tile_cols=2, code_bits=3, **_SMALL)),
    "run-fixed4": Scenario(ArrayConfig(rows=2, cols=2, lanes=4, tile_rows=2, tile_cols=2, arith="fixed4", **_SMALL)),
    "run-fixed8": Scenario(ArrayConfig(rows=3, cols=3, lanes=4, tile_rows=1, tile_cols=3, arith="fixed8", code_bits=8, **_SMALL)),
    "malformed-shift": Scenario(SHIFT, "malformed"),
}

BENCHMARKS = {"clean-real-size": Scenario(ArrayConfig(acc_bits=28), "clean")}
