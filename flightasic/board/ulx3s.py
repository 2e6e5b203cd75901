"""Radiona ULX3S with the largest ECP5: sources, pins and clock of a board with an array behind its USB serial port."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from flightasic.config import ArrayConfig
from flightasic.errors import ConfigError
from flightasic.files import write_atomically

MAX_BAUD_ERROR = 0.02  # of a bit time: the middle of the stop bit is 9.5 bits from the start bit's edge, and either side may be off
_LEAST_DIVISOR = 4


@dataclass(frozen=True, kw_only=True)
class Ulx3s:
    """What a flow and the host must know of the board.

    Attributes
    ----------
    name : str
        How options and files call it.
    part, package, speed : str, str, int
        The ECP5, as nextpnr calls it.
    clock_hz : int
        Its oscillator, which clocks everything.
    baud : int
        Default of the serial line: its divisor is exact at this clock, and the USB bridge on the board divides to it exactly too.
    depth : int
        Bytes of each queue of the bridge: one block RAM.
    top : str
    """

    name: str = "ulx3s"
    part: str = "LFE5U-85F"
    package: str = "CABGA381"
    speed: int = 6
    clock_hz: int = 25_000_000
    baud: int = 1_000_000
    depth: int = 2048
    top: str = "flight_board"

    @property
    def lpf(self) -> Path:
        """Pins of the top's ports."""
        return Path(__file__).with_name("ulx3s.lpf")

    def divisor(self, baud: int | None = None) -> int:
        """Clock cycles of a bit at a baud rate (default: :attr:`baud`).

        Raises
        ------
        ConfigError
            If the clock cannot be divided to it closely enough.
        """
        baud = self.baud if baud is None else baud
        if baud < 1:
            raise ConfigError(f"baud must be above 0, got {baud}")
        divisor = round(self.clock_hz / baud)
        if divisor < _LEAST_DIVISOR or abs(self.clock_hz / divisor / baud - 1) > MAX_BAUD_ERROR:
            raise ConfigError(f"baud {baud} cannot be made of {self.clock_hz / 1e6:g} MHz; take {self.baud}, 500000 or 115200")
        return divisor

    def write_sources(self, config: ArrayConfig, folder: str | Path, *, baud: int | None = None) -> list[Path]:
        """Write the Verilog of the board with this array into ``folder``; the files, sorted by name.

        Raises
        ------
        ConfigError
            As :meth:`divisor`.
        FileError
            If ``folder`` cannot be written.
        """
        from flightasic.hw.board import board_modules

        paths = []
        for name, text in sorted(board_modules(config, divisor=self.divisor(baud), depth=self.depth).items()):
            paths.append(Path(folder) / f"{name}.v")
            write_atomically(paths[-1], text)
        return paths


ULX3S = Ulx3s()
