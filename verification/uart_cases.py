"""What the UART bridge is tried as: alone, and on a board around an array."""

from __future__ import annotations

from dataclasses import dataclass

from flightasic.config import ArrayConfig
from flightasic.hw.board import BOARD_TOP, board_modules
from flightasic.hw.emit import translate
from flightasic.hw.uart_bridge import UartBridge
from verification.axi_cases import TIGHT
from verification.emitted import Emission


@dataclass(frozen=True)
class UartCase:
    """A bridge, and what happens to it: a play of :mod:`verification.uart_plays` (``array``: of :mod:`verification.board_plays`)."""

    config: ArrayConfig
    play: str
    divisor: int = 4
    depth: int = 64
    skew: float = 0.0
    gaps: float = 0.0
    stalls: float = 0.0
    array: bool = False

    def emission(self) -> Emission:
        """Verilog of the bridge alone, or of the whole board."""
        if self.array:
            return Emission(board_modules(self.config, divisor=self.divisor, depth=self.depth), BOARD_TOP, ())
        modules = translate(UartBridge(self.config, self.divisor, self.depth), f"bridge of {self.config.name}")
        return Emission(modules, list(modules)[-1], ())


# Words of two bytes and code words of three; of one and of one.
NARROW = ArrayConfig(rows=2, cols=2, lanes=1, tile_rows=1, tile_cols=1)
CASES = {
    "traffic": UartCase(TIGHT, "traffic", gaps=0.1, stalls=0.7, skew=0.02),
    "traffic-narrow": UartCase(NARROW, "traffic", divisor=9, depth=16, skew=-0.03),
    "losses": UartCase(TIGHT, "losses"),
    "rooms": UartCase(TIGHT, "rooms", depth=32),
    "resets": UartCase(TIGHT, "resets"),
}
BOARD = UartCase(TIGHT, "network", depth=256, array=True)
