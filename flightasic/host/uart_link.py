"""Frames over a serial port: credit, answers, and the way back after a loss (docs/board.md)."""

from __future__ import annotations

import logging
from collections import deque
from typing import NamedTuple, Protocol

from flightasic.errors import HostError
from flightasic.host.bus import BusError
from flightasic.uart_protocol import (
    ANSWERS,
    CHECK_BYTES,
    HELLO_MARK,
    LOST,
    REQUESTS,
    VERSION,
    Answer,
    Operation,
    check,
    frame,
)

logger = logging.getLogger(__name__)

_TRIES = 2
_BREAK_S = 0.25
_LEAST_DEPTH = 16


class SerialPort(Protocol):
    """What is used of a serial port: that part of pyserial's ``Serial``."""

    @property
    def name(self) -> str:
        """How errors call it."""

    @property
    def baudrate(self) -> int:
        """Bits per second."""

    def write(self, data: bytes, /) -> int | None:
        """Send these bytes, at the latest when the next are read."""

    def read(self, size: int = 1, /) -> bytes:
        """The next bytes; fewer when they do not come in time."""

    def send_break(self, duration: float = 0.25) -> None:
        """Hold the line at 0 for longer than a byte takes, at most about ``duration`` seconds."""

    def reset_input_buffer(self) -> None:
        """Drop what has arrived."""


class _Pending(NamedTuple):
    sent: int
    reply: int
    what: str


class UartLink:
    """Requests in flight, as many as the bridge's buffer holds, so that nothing is lost at any baud rate.

    Parameters
    ----------
    port : SerialPort

    Attributes
    ----------
    depth : int
        Bytes that each of the bridge's queues holds; as many may be on their way without an answer.

    Raises
    ------
    HostError
        If no bridge answers.
    """

    def __init__(self, port: SerialPort) -> None:
        self._port = port
        self._pending: deque[_Pending] = deque()
        self.depth = _LEAST_DEPTH
        self._in_step = False
        self._synchronise()

    def post(self, operation: Operation, payload: bytes, what: str) -> None:
        """Send a request whose reply is of no interest; what goes wrong is raised by this call or a later one.

        Raises
        ------
        BusError
            As :meth:`call`, for an earlier request that is answered now.
        """
        self._request(operation, payload, REQUESTS[operation].reply or 0, what)

    def call(self, operation: Operation, payload: bytes, what: str, *, reply: int | None = None) -> bytes:
        """Send a request, wait for all answers, and return the reply to this one, of ``reply`` bytes if its operation leaves that open.

        Raises
        ------
        BusError
            If this or an earlier request was refused or lost, or no answer comes; the message begins with ``what`` of the request.
        """
        fixed = REQUESTS[operation].reply
        self._request(operation, payload, (reply or 0) if fixed is None else fixed, what)
        answer = b""
        while self._pending:
            answer = self._collect()
        return answer

    def _request(self, operation: Operation, payload: bytes, reply: int, what: str) -> None:
        if not self._in_step:
            self._synchronise()
        data = frame(operation, payload)
        while self._pending and sum(each.sent for each in self._pending) + len(data) > self.depth:
            self._collect()
        self._port.write(data)
        self._pending.append(_Pending(len(data), reply, what))

    def _collect(self) -> bytes:
        """The reply to the oldest request in flight."""
        request = self._pending.popleft()
        head = self._read(1, request.what)
        answer = Answer(head[0]) if head[0] in ANSWERS else None
        body = self._read((request.reply if answer == Answer.OK else 0) + CHECK_BYTES, request.what)
        if answer is None or check(head + body[:-CHECK_BYTES]) != body[-CHECK_BYTES:]:
            raise self._lost(f"{request.what}: the answer of {self._port.name} is garbled at {self._port.baudrate} baud; check the cable")
        if answer in LOST:
            raise self._lost(f"{request.what}: the board at {self._port.name} lost a frame: {ANSWERS[answer]}")
        if answer == Answer.REFUSED:
            raise BusError(f"{request.what} was answered with SLVERR")
        if answer == Answer.NO_ROOM:
            raise BusError(f"{request.what}: {ANSWERS[answer]}")
        return body[:-CHECK_BYTES]

    def _read(self, size: int, what: str) -> bytes:
        data = self._port.read(size)
        if len(data) < size:
            raise self._lost(f"{what}: {self._silence()}")
        return data

    def _lost(self, message: str) -> BusError:
        self._pending.clear()
        self._in_step = False
        return BusError(message)

    def _silence(self) -> str:
        return (
            f"no answer from {self._port.name} at {self._port.baudrate} baud; check the cable, that the board's bitstream is loaded, "
            "and that it was built for this baud rate"
        )

    def _synchronise(self) -> None:
        """Break off whatever frame is under way, drop what was answered, and ask who is there."""
        for _ in range(_TRIES):
            self._port.send_break(_BREAK_S)
            while self._port.read(_LEAST_DEPTH):
                self._port.reset_input_buffer()
            self._in_step = True
            try:
                self._greet(self.call(Operation.HELLO, b"", "greeting"))
            except BusError as error:
                logger.info("%s", error)
            else:
                return
        raise HostError(self._silence())

    def _greet(self, reply: bytes) -> None:
        mark, version, depth = reply[:2], reply[2], reply[3]
        if mark != HELLO_MARK or version != VERSION:
            raise HostError(
                f"{self._port.name} answers {mark!r}, protocol version {version}; this driver speaks {HELLO_MARK!r}, version {VERSION}: "
                "use the flightasic that built the bitstream"
            )
        self.depth = 1 << depth
        logger.info("%s: queues of %d bytes", self._port.name, self.depth)
