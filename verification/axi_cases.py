"""Arrays and networks for ``flight_axi``: codes resident or streamed, tensors in the banks or spilled to host memory."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from flightasic.compiler import Program, compile_network
from flightasic.config import ArrayConfig
from flightasic.formats import code_limit
from flightasic.hw.emit import AXI_TOP, array_modules
from flightasic.ir import IntegerNetwork
from verification.cases import random_images, random_layer, spread
from verification.emitted import Emission


@dataclass(frozen=True)
class AxiCase:
    """An array, and what happens to it: a play of :mod:`verification.axi_plays`."""

    config: ArrayConfig
    play: str

    @cached_property
    def network(self) -> IntegerNetwork:
        """A residual block and a fully connected layer."""
        rng = np.random.default_rng(11)
        arith, limit = self.config.arith, code_limit(self.config)
        planes = 2 if arith == "shift" else 1
        shift = np.zeros(4, dtype=np.uint8)
        layers = (
            random_layer(rng, "first", 4, 2, (3, 3), limit=limit, planes=planes, padding=1),
            random_layer(rng, "second", 4, 4, (3, 3), limit=limit, planes=planes, padding=1, pool=2, residual=1, residual_shift=shift),
            random_layer(rng, "linear", 3, 4, (2, 3), limit=limit, planes=planes, relu=False, kind="linear"),
        )
        return IntegerNetwork(
            name="block", arith=arith, max_shift=self.config.max_shift, in_shape=(2, 4, 6), in_scale_log2=-7,
            layers=tuple(spread(rng, layer, arith) for layer in layers),
        )  # fmt: skip

    @cached_property
    def program(self) -> Program:
        return compile_network(self.network, self.config)

    @cached_property
    def images(self) -> npt.NDArray[np.int64]:
        return random_images(np.random.default_rng(12), self.network, 2)

    def emission(self) -> Emission:
        """Verilog of ``flight_axi``."""
        return Emission(array_modules(self.config), AXI_TOP, ())


_ROOMY = {"acc_bits": 28, "act_depth": 64, "code_depth": 256, "program_depth": 256, "acc_depth": 32}
_TIGHT = {"acc_bits": 28, "act_depth": 16, "code_depth": 16, "program_depth": 512, "acc_depth": 16}
_SMALL = {"rows": 3, "cols": 3, "lanes": 2, "tile_rows": 1, "tile_cols": 1}

RESIDENT = ArrayConfig(**_SMALL, **_ROOMY)
# Code words of three parts; code words that fill no whole bytes.
WIDE = ArrayConfig(rows=2, cols=5, lanes=4, tile_rows=2, tile_cols=5, arith="fixed8", code_bits=8, **_ROOMY)
TIGHT = ArrayConfig(**_SMALL, **_TIGHT, code_bits=3)

CASES = {
    "network-resident": AxiCase(WIDE, "network"),
    "network-spilled-streamed": AxiCase(TIGHT, "network"),
    "reset": AxiCase(RESIDENT, "reset"),
    "protocol": AxiCase(RESIDENT, "protocol"),
    "malformed": AxiCase(RESIDENT, "malformed"),
}
