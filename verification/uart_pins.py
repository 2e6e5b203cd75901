"""A serial port on the pins of a simulated design: what pyserial is to a board."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import cocotb
import numpy as np
from cocotb.handle import LogicObject
from cocotb.task import resume
from cocotb.triggers import Event, FallingEdge, RisingEdge, SimTimeoutError, Timer, with_timeout
from cocotb.utils import get_sim_time

CLOCK_NS = 10
BYTE_BITS = 10
_PATIENCE_BITS = 400
_BREAK_BITS = 25


class PinPort:
    """:class:`flightasic.host.uart_link.SerialPort` for a thread of ``cocotb.task.bridge``; coroutines for use outside of one.

    Parameters
    ----------
    rx, tx : handles
        Pins of the design: its input and its output.
    divisor : int
        Clock cycles of a bit.
    skew : float
        How much longer a bit lasts at this end, as a fraction.
    gaps : float
        Chance of a pause of up to three bytes before a byte.
    """

    name = "pins"

    def __init__(self, rx: LogicObject, tx: LogicObject, divisor: int, *, skew: float = 0.0, gaps: float = 0.0) -> None:
        self.baudrate = round(1e9 / (divisor * CLOCK_NS))
        self.bit_ps = round(divisor * CLOCK_NS * 1000 * (1 + skew))
        self._rx, self._tx = rx, tx
        self._gaps = gaps
        self._rng = np.random.default_rng(1)
        self._sending: deque[int] = deque()
        self._received: deque[int] = deque()
        self._more = Event()
        self._wake = Event()
        self._rest = Event()
        rx.value = 1
        cocotb.start_soon(self._send())
        cocotb.start_soon(self._receive())

    @staticmethod
    def seconds() -> float:
        """Simulated time."""
        return float(get_sim_time("sec"))

    def write(self, data: bytes, /) -> int:
        """See :class:`flightasic.host.uart_link.SerialPort`."""
        self._sending.extend(data)
        self._wake.set()
        return len(data)

    def read(self, size: int = 1, /) -> bytes:
        """See :class:`flightasic.host.uart_link.SerialPort`."""
        data: bytes = resume(self.receive)(size)
        return data

    def send_break(self, duration: float = 0.25) -> None:
        """See :class:`flightasic.host.uart_link.SerialPort`; some bytes long, not seconds."""
        resume(self.hold_low)(_BREAK_BITS)

    def reset_input_buffer(self) -> None:
        """See :class:`flightasic.host.uart_link.SerialPort`."""
        self._received.clear()

    async def receive(self, size: int) -> bytes:
        """As :meth:`read`."""
        await self.sent()
        deadline = get_sim_time("ps") + (_PATIENCE_BITS + BYTE_BITS * size) * self.bit_ps
        while len(self._received) < size and get_sim_time("ps") < deadline:
            self._more.clear()
            try:
                await with_timeout(self._more.wait(), self.bit_ps * BYTE_BITS, "ps")
            except SimTimeoutError:
                continue
        return bytes(self._received.popleft() for _ in range(min(size, len(self._received))))

    async def sent(self) -> None:
        """Return when everything written has left."""
        while self._sending:
            self._rest.clear()
            await self._rest.wait()

    async def hold_low(self, bits: float) -> None:
        """The line at 0 for some bit times, and a byte's time of 1."""
        await self.sent()
        self._rx.value = 0
        await Timer(round(bits * self.bit_ps), "ps")
        self._rx.value = 1
        await Timer(BYTE_BITS * self.bit_ps, "ps")

    async def send_bad(self, value: int) -> None:
        """A byte whose stop bit is 0."""
        await self.sent()
        for bit in (*_bits(value)[:-1], 0):
            self._rx.value = bit
            await Timer(self.bit_ps, "ps")
        self._rx.value = 1
        await Timer(self.bit_ps, "ps")

    async def _send(self) -> None:
        while True:
            while self._sending:
                if self._rng.random() < self._gaps:
                    await Timer(int(self._rng.integers(1, 3 * BYTE_BITS * self.bit_ps)), "ps")
                for level, bits in _runs(_bits(self._sending[0])):
                    self._rx.value = level
                    await Timer(bits * self.bit_ps, "ps")
                self._sending.popleft()
            self._rest.set()
            self._wake.clear()
            await self._wake.wait()

    async def _receive(self) -> None:
        if not self._tx.value.is_resolvable:
            await RisingEdge(self._tx)
        while True:
            await FallingEdge(self._tx)
            await Timer(self.bit_ps * 3 // 2, "ps")
            value = 0
            for bit in range(8):
                value |= int(self._tx.value) << bit
                await Timer(self.bit_ps, "ps")
            assert int(self._tx.value) == 1, "the design sends no stop bit"
            self._received.append(value)
            self._more.set()


def _bits(value: int) -> list[int]:
    return [0, *(value >> bit & 1 for bit in range(8)), 1]


def _runs(bits: list[int]) -> Iterator[tuple[int, int]]:
    start = 0
    for end in range(1, len(bits) + 1):
        if end == len(bits) or bits[end] != bits[start]:
            yield bits[start], end - start
            start = end
