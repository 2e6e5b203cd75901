"""What the driver needs of a board: registers and three streams. Port the driver by writing a class with these methods."""

from __future__ import annotations

from typing import Protocol

from flightasic.errors import HostError


class BusError(HostError):
    """An access that the accelerator answered with an error, or a transfer that did not end in time."""


class Bus(Protocol):
    """The way to one accelerator, synchronous.

    Words on the streams are little-endian: the lowest byte is lane 0 of an activation word, or the lowest bits of a code word. What is
    sent moves in the background, each stream in order; sending may wait for earlier transfers of the same stream, never for
    another stream.
    """

    def read32(self, address: int) -> int:
        """Read a register at a byte address; :class:`BusError` when the accelerator answers with SLVERR."""

    def write32(self, address: int, value: int) -> None:
        """Write a register at a byte address; :class:`BusError` when the accelerator answers with SLVERR.

        A bus on which answers are slow may raise it later, at the next read at the latest.
        """

    def send_image(self, data: bytes) -> None:
        """Send one transfer on ``s_axis_image``, TLAST with its last word."""

    def send_codes(self, data: bytes) -> None:
        """Send code words on ``s_axis_code``."""

    def receive_result(self, count: int, cycles: int) -> bytes:
        """The next transfer of ``m_axis_result``, ``count`` bytes.

        :class:`BusError` when it has not ended after ``cycles`` clock cycles of the accelerator (a board's bus turns them into
        seconds), or ends with TLAST after another number of bytes.
        """

    def flush(self) -> None:
        """Drop what was sent and not yet taken, and what has arrived and was not received."""
