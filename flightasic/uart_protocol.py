"""The protocol of the UART bridge, defined once: hardware, driver and the tables of ``docs/board.md`` are made from it.

The host asks, the bridge answers every frame with one answer, in order. Numbers are little-endian but for the checks, which are
CRC-16/CCITT (polynomial 0x1021, from 0xFFFF), high byte first, over everything before them.
"""

from __future__ import annotations

import binascii
from enum import IntEnum
from typing import NamedTuple

VERSION = 1
HELLO_MARK = b"FL"
CHECK_BYTES = 2
MAX_PAYLOAD = 255
LEVEL_BYTES = 2
CRC_START = 0xFFFF
REPLY_BYTES = 6  # the longest answer to anything but TAKE
QUIET_BITS = 30  # bit times without a start bit after which the bridge, having lost the frames, takes the next byte as a beginning


class Operation(IntEnum):
    """The first byte of a frame."""

    HELLO = 0x11
    READ = 0x22
    WRITE = 0x33
    IMAGE = 0x44
    IMAGE_END = 0x55
    CODES = 0x66
    TAKE = 0x77
    LEVELS = 0x88
    CLEAR = 0x99


class Answer(IntEnum):
    """The first byte of an answer."""

    OK = 0xA0
    REFUSED = 0xB1
    NO_ROOM = 0xC2
    BAD_FRAME = 0xD3
    BAD_BYTE = 0xE4
    OVERRUN = 0xF5


LOST = (Answer.BAD_FRAME, Answer.BAD_BYTE, Answer.OVERRUN)  # after these the bridge waits for a quiet line


class Request(NamedTuple):
    """Bytes of a frame's payload (None: 0..255) and of an OK's (None: as asked for), and what they mean."""

    payload: int | None
    reply: int | None
    doc: str


REQUESTS = {
    Operation.HELLO: Request(
        0, 4, "Who is there? Replies `FL`, the version of the protocol, and b: each of the bridge's buffers holds 2^b bytes."
    ),
    Operation.READ: Request(2, 4, "Read the register at the address given; replies its value. REFUSED: the register map answered SLVERR."),
    Operation.WRITE: Request(6, 0, "Write a register: address, value. REFUSED: the register map answered SLVERR."),
    Operation.IMAGE: Request(None, 0, "Bytes for `s_axis_image`, lane 0 of a word first. NO_ROOM: none was taken."),
    Operation.IMAGE_END: Request(None, 0, "The same; the word that the last byte completes has TLAST."),
    Operation.CODES: Request(None, 0, "Bytes for `s_axis_code`, lowest of a word first. NO_ROOM: none was taken."),
    Operation.TAKE: Request(
        1, None,
        "Bytes of `m_axis_result`, as many as the payload says; the reply is longer by a byte: how many bytes of it the first "
        "transfer that ends in it has, 0 if none ends. NO_ROOM: fewer are there, none was taken.",
    ),
    Operation.LEVELS: Request(0, 6, "Replies the bytes free for images and for codes, and those of results to take, two bytes each."),
    Operation.CLEAR: Request(0, 0, "Drop what lies in the buffers of the three streams."),
}  # fmt: skip

ANSWERS = {
    Answer.OK: "Done; the reply follows.",
    Answer.REFUSED: "The register access was answered with SLVERR.",
    Answer.NO_ROOM: "More bytes than the buffer has room for, or than there are to take; nothing was done.",
    Answer.BAD_FRAME: "The check of a frame, its operation or its length is wrong; nothing was done.",
    Answer.BAD_BYTE: "A byte without a stop bit (noise, a break, another baud rate); the frame it was in is dropped.",
    Answer.OVERRUN: "More bytes without an answer than a buffer holds; the frames in the buffer are dropped.",
}


def check(data: bytes) -> bytes:
    """The check of these bytes, as it follows them; over a whole frame with its check it is 0."""
    return binascii.crc_hqx(data, CRC_START).to_bytes(CHECK_BYTES, "big")


def frame(operation: Operation, payload: bytes = b"") -> bytes:
    """A request as it goes over the line; ``payload`` has at most :data:`MAX_PAYLOAD` bytes."""
    body = bytes([operation, len(payload)]) + payload
    return body + check(body)


def markdown() -> str:
    """The tables of operations and answers, for ``docs/board.md``."""
    lines = ["| operation | byte | payload | reply | meaning |", "| --- | --- | --- | --- | --- |"]
    for operation, request in REQUESTS.items():
        payload = f"0..{MAX_PAYLOAD}" if request.payload is None else str(request.payload)
        reply = f"1..{MAX_PAYLOAD + 1}" if request.reply is None else str(request.reply)
        lines.append(f"| {operation.name} | 0x{operation:02X} | {payload} | {reply} | {request.doc} |")
    lines += ["", "| answer | byte | meaning |", "| --- | --- | --- |"]
    lines += [f"| {answer.name} | 0x{answer:02X} | {meaning} |" for answer, meaning in ANSWERS.items()]
    return "\n".join(lines) + "\n"
