"""A bus to an accelerator behind a serial line: the bridge of docs/board.md, at the other end of a serial port."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from flightasic.host.bus import BusError
from flightasic.host.uart_link import SerialPort, UartLink
from flightasic.uart_protocol import LEVEL_BYTES, MAX_PAYLOAD, Operation

_LEAST_PIECE = 64  # bytes of a stream that are worth a frame, unless they are the last ones or the queues are small


class UartBus:
    """A :class:`~flightasic.host.bus.Bus` over a serial port.

    Register writes are sent without waiting for their answers: one that the accelerator refuses is reported by a later access, the
    next read at the latest. What is sent on a stream is kept here until the board has room; it moves with every access of a stream.

    Parameters
    ----------
    port : SerialPort
        Open, at the baud rate the bitstream was built for; :func:`flightasic.host.serial_port.open_port` gives one.
    clock_hz : float
        The accelerator's clock.
    patience_s : float
        How long a result may take beyond its cycles: for the line and the computer's operating system.
    clock : callable
        Seconds from any moment on.

    Raises
    ------
    HostError
        If nothing that speaks the protocol answers.
    """

    def __init__(self, port: SerialPort, *, clock_hz: float, patience_s: float = 2.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._link = UartLink(port)
        self._clock_hz = clock_hz
        self._patience_s = patience_s
        self._clock = clock
        self._images: deque[bytes] = deque()
        self._codes: deque[bytes] = deque()

    def read32(self, address: int) -> int:
        """See :class:`~flightasic.host.bus.Bus`."""
        return int.from_bytes(self._link.call(Operation.READ, _address(address), f"read of address 0x{address:03X}"), "little")

    def write32(self, address: int, value: int) -> None:
        """See :class:`~flightasic.host.bus.Bus`; the answer comes later."""
        self._link.post(Operation.WRITE, _address(address) + value.to_bytes(4, "little"), f"write to address 0x{address:03X}")

    def send_image(self, data: bytes) -> None:
        """See :class:`~flightasic.host.bus.Bus`."""
        self._images.append(data)
        self._move()

    def send_codes(self, data: bytes) -> None:
        """See :class:`~flightasic.host.bus.Bus`."""
        self._codes.append(data)
        self._move()

    def receive_result(self, count: int, cycles: int) -> bytes:
        """See :class:`~flightasic.host.bus.Bus`; the time begins anew whenever a byte has moved."""
        data = b""
        patience = cycles / self._clock_hz + self._patience_s
        deadline = self._clock() + patience
        while len(data) < count:
            held, moved = self._move()
            wanted = min(held, count - len(data), MAX_PAYLOAD)
            if wanted:
                reply = self._link.call(Operation.TAKE, bytes([wanted]), "result", reply=wanted + 1)
                data += reply[:-1]
                ends = len(data) - wanted + reply[-1] if reply[-1] else None
                if ends is not None and ends != count:
                    raise BusError(f"a result of {ends} bytes came, {count} were expected")
                if len(data) == count and ends is None:
                    raise BusError(f"a result of more than {count} bytes came")
            if wanted or moved:
                deadline = self._clock() + patience
            elif self._clock() > deadline:
                raise BusError(f"no result after {cycles} cycles: {len(data)} of {count} bytes")
        return data

    def flush(self) -> None:
        """See :class:`~flightasic.host.bus.Bus`."""
        self._images.clear()
        self._codes.clear()
        self._link.call(Operation.CLEAR, b"", "dropping what is in flight")

    def _move(self) -> tuple[int, bool]:
        """Send what the board has room for; bytes of results that it holds, and whether anything was sent."""
        reply = self._link.call(Operation.LEVELS, b"", "levels")
        image_free, codes_free, held = (
            int.from_bytes(reply[at : at + LEVEL_BYTES], "little") for at in range(0, 3 * LEVEL_BYTES, LEVEL_BYTES)
        )
        moved = self._send(self._images, image_free, Operation.IMAGE, Operation.IMAGE_END)
        moved |= self._send(self._codes, codes_free, Operation.CODES, Operation.CODES)
        return held, moved

    def _send(self, queue: deque[bytes], free: int, operation: Operation, end: Operation) -> bool:
        moved = False
        while queue and free >= min(_LEAST_PIECE, self._link.depth // 2, len(queue[0])):
            size = min(MAX_PAYLOAD, free, len(queue[0]))
            piece, rest = queue[0][:size], queue[0][size:]
            self._link.post(operation if rest else end, piece, "stream")
            free -= size
            moved = True
            if rest:
                queue[0] = rest
            else:
                queue.popleft()
        return moved


def _address(address: int) -> bytes:
    return address.to_bytes(2, "little")
