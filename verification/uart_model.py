"""A board in software: a pseudo-terminal behind which the bridge's protocol drives an accelerator's bus."""

from __future__ import annotations

import os
import pty
import threading
import tty
from types import TracebackType

from flightasic.host import Bus, BusError
from flightasic.uart_protocol import HELLO_MARK, VERSION, Answer, Operation, check

_DEPTH_LOG2 = 11
_CYCLES = 10_000_000


class ModelBoard:
    """A context whose ``name`` is the serial port. Results are taken from the bus when they are asked for.

    Parameters
    ----------
    bus : Bus
    result_sizes : list of int
        Bytes of each transfer of results, in their order, again and again for each image.
    """

    def __init__(self, bus: Bus, result_sizes: list[int]) -> None:
        self._bus = bus
        self._sizes = result_sizes
        self._end, self._far = pty.openpty()
        tty.setraw(self._far)
        self.name = os.ttyname(self._far)
        self._image = b""
        self._held = b""
        self._results = 0
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> ModelBoard:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        os.close(self._far)
        self._thread.join(timeout=10)
        os.close(self._end)

    def _serve(self) -> None:
        try:
            while True:
                head = self._read(2)
                rest = self._read(head[1] + 2)
                answer = self._answer(Operation(head[0]), rest[:-2]) if check(head + rest) == bytes(2) else bytes([Answer.BAD_FRAME])
                os.write(self._end, answer + check(answer))
        except OSError:  # the port was closed
            return

    def _read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            data += os.read(self._end, size - len(data))
        return data

    def _answer(self, operation: Operation, payload: bytes) -> bytes:
        reply = b""
        match operation:
            case Operation.HELLO:
                reply = HELLO_MARK + bytes([VERSION, _DEPTH_LOG2])
            case Operation.READ | Operation.WRITE:
                address = int.from_bytes(payload[:2], "little")
                try:
                    if operation == Operation.READ:
                        reply = self._bus.read32(address).to_bytes(4, "little")
                    else:
                        self._bus.write32(address, int.from_bytes(payload[2:], "little"))
                except BusError:
                    return bytes([Answer.REFUSED])
            case Operation.IMAGE | Operation.IMAGE_END:
                self._image += payload
                if operation == Operation.IMAGE_END:
                    self._bus.send_image(self._image)
                    self._image = b""
            case Operation.CODES:
                self._bus.send_codes(payload)
            case Operation.LEVELS:
                self._hold()
                room = 1 << _DEPTH_LOG2
                reply = b"".join(level.to_bytes(2, "little") for level in (room, room, len(self._held)))
            case Operation.TAKE:
                taken, self._held = self._held[: payload[0]], self._held[payload[0] :]
                reply = taken + bytes([0 if self._held else len(taken)])
            case Operation.CLEAR:
                self._bus.flush()
                self._held = b""
                self._results = 0
        return bytes([Answer.OK]) + reply

    def _hold(self) -> None:
        """Take the next transfer of results, once all before it has been taken; nothing when none comes."""
        if self._held:
            return
        try:
            self._held = self._bus.receive_result(self._sizes[self._results % len(self._sizes)], _CYCLES // 1000)
        except BusError:
            return
        self._results += 1
