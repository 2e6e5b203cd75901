"""The microcode: every bit of a program, defined once (docs/microcode.md).

A program is a list of 64-bit words: a header, then one descriptor per step (a layer, a tile of one, or a transfer), then the
filter groups: a group word, then one microword per filter. The compiler packs with :func:`pack`, the hardware slices with
:func:`layout`, and ``docs/microcode.md`` is rendered from the same tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from flightasic.errors import CompileError, FormatError

WORD_BITS = 64
MAGIC = 0xF1A5
VERSION = 3
OP_CONV, OP_LOAD, OP_STORE = 1, 2, 3
KERNEL_BITS = 8
KERNEL_MAX = (1 << KERNEL_BITS) - 1
EXTENT_BITS = 10
EXTENT_MAX = (1 << EXTENT_BITS) - 1


class Field(NamedTuple):
    """A bit field: name, width in bits, meaning; signed fields hold two's complement."""

    name: str
    bits: int
    doc: str
    signed: bool = False


HEADER: tuple[Field, ...] = (
    Field("magic", 16, f"0x{MAGIC:04X}"),
    Field("version", 8, f"format version, {VERSION}"),
    Field("streamed", 1, "codes arrive on the code stream, in the order of their use; 0 = they lie in the code memory"),
    Field("reserved", 7, "0"),
    Field("fingerprint", 32, "first 32 bits of the SHA-256 of the ArrayConfig"),
    Field("checksum", 32, "XOR of the upper and lower halves of all words but this one"),
    Field("words", 16, "program length in 64-bit words"),
    Field("steps", 16, "step descriptors that follow the header"),
)

STEP: tuple[Field, ...] = (
    Field("op", 4, f"{OP_CONV} = convolution, {OP_LOAD} = stream to banks, {OP_STORE} = banks to stream"),
    Field("pool", 4, "max-pool window edge, 1 = none"),
    Field("pool_area", 8, "pool * pool"),
    Field("out_w", EXTENT_BITS, "pooled output pixels per row"),
    Field("out_h", EXTENT_BITS, "pooled output rows of this step; rows to load or store"),
    Field("in_w", EXTENT_BITS, "input width, for padding"),
    Field("in_h", EXTENT_BITS, "input height, for padding"),
    Field("ii", 6, "cycles per output pixel in the last pass of a filter group (words written per pixel)"),
    Field("break_x", 1, "a pass ends with each kernel column: the next one does not continue in the next bank"),
    Field("break_y", 1, "a pass ends with each kernel row"),
    Field("a_start", 16, "address of the first window's first word (may lie in the padding)", True),
    Field("a_wx", 16, "address step to the next pixel of a pool window", True),
    Field("a_wy", 16, "address step to the next row of a pool window", True),
    Field("a_px", 16, "address step to the next pool window", True),
    Field("a_py", 16, "address step to the next row of pool windows", True),
    Field("r_start", 16, "address of the residual's first pixel", True),
    Field("r_wx", 16, "as a_wx, in the residual", True),
    Field("r_wy", 16, "as a_wy, in the residual", True),
    Field("r_px", 16, "as a_px, in the residual", True),
    Field("r_py", 16, "as a_py, in the residual", True),
    Field("x_start", 12, "column of the first window's first pixel (negative in the padding)", True),
    Field("y_start", 12, "row of the first window's first pixel", True),
    Field("stride", 12, "pixels between the windows of neighbouring outputs", True),
    Field("back", 12, "-(pool - 1) * stride", True),
    Field("advance", 12, "pixel step from a pool window's last pixel to the next window, either way", True),
    Field("x_return", 12, "column step from a row's last pixel to the next row of pool windows", True),
    Field("kw", KERNEL_BITS, "kernel width"),
    Field("cb", 12, "activation words of a kernel tap"),
    Field("kwords", 16, "activation words of a window: kernel height * width * cb; of a row to load or store"),
    Field("kblocks", 16, "passes of a filter group over the window"),
    Field("passes", 16, "all passes of a filter group: kblocks, then those over the residual"),
    Field("col_skip", 16, "address step from the last word of a kernel tap to the first of the next", True),
    Field("row_skip", 16, "address step from the last word of a kernel row (or of a row to load or store) to the first of the next", True),
    Field("groups", 12, "filter groups (array loads across the filters)"),
    Field("code_base", 16, "code memory address of the first array row"),
    Field("micro_base", 16, "program address of the first group word"),
    Field("out_base", 16, "activation address of the first output pixel; of the first word to load or store"),
    Field("out_dx", 16, "address step to the next output pixel", True),
    Field("out_dy", 16, "address step to the next output row", True),
    Field("background", 1, "LOAD, STORE: the next step begins as soon as the engine has started; 0 = after the last word"),
    Field("wait_load", 1, "CONV: begins when the LOAD engine is idle"),
    Field("reuse", 3, "CONV: a row takes its word over from the row so many below (1, 2, 4) where it can; 0 = every word is read"),
)

GROUP: tuple[Field, ...] = (
    Field("channel", 16, "position of the group's first filter in the output tensor; the others follow"),
    Field("block", 16, "first word of a pixel that the group reads"),
    Field("residual_block", 16, "first word of a residual pixel that the group reads"),
    Field("residual_words", 8, "words of a residual pixel that the group reads"),
    Field("reserved", 8, "0"),
)

MICROWORD: tuple[Field, ...] = (
    Field("k", 2, "virtual columns of the filter, 1..3"),
    Field("last", 1, "last filter of its group"),
    Field("relu", 1, "clamp to 0..127 instead of -128..127"),
    Field("right_shift", 5, "requantising shift"),
    Field("offset0", 4, "left shift of plane 0"),
    Field("offset1", 4, "left shift of plane 1"),
    Field("offset2", 4, "left shift of plane 2"),
    Field("residual_offset", 4, "left shift of the residual"),
    Field("bias", 32, "bias + rounding constant + shortfall of the products (formats.product_shortfall), modulo the accumulator", True),
    Field("reserved", 7, "0"),
)

OK, BAD_HEADER, BAD_CONFIG, BAD_CHECKSUM, BAD_STEP, BAD_MICROWORD = range(6)
STATUS = {
    OK: "ok",
    BAD_HEADER: "header: bad magic or version",
    BAD_CONFIG: "header: compiled for another array configuration",
    BAD_CHECKSUM: "checksum mismatch",
    BAD_STEP: "step: unknown operation, empty loop, or beyond the program's end",
    BAD_MICROWORD: "microword: k is 0 or the group is wider than the array",
}


def words_of(fields: Sequence[Field]) -> int:
    """64-bit words a record takes."""
    return -(-sum(field.bits for field in fields) // WORD_BITS)


def layout(fields: Sequence[Field]) -> dict[str, tuple[int, int]]:
    """Bit range ``[low, high)`` of each field; bit 0 is bit 0 of the record's first word."""
    ranges, low = {}, 0
    for field in fields:
        ranges[field.name] = (low, low + field.bits)
        low += field.bits
    return ranges


def pack(fields: Sequence[Field], values: Mapping[str, int], where: str) -> list[int]:
    """Record to 64-bit words; a value that does not fit is a :class:`CompileError` naming field and range."""
    record = 0
    for field, (low, _) in zip(fields, layout(fields).values(), strict=True):
        value = int(values.get(field.name, 0))
        least, most = (-(1 << (field.bits - 1)), (1 << (field.bits - 1)) - 1) if field.signed else (0, (1 << field.bits) - 1)
        if not least <= value <= most:
            raise CompileError(f"{where}: microcode field {field.name}={value} is outside {least}..{most}")
        record |= (value & ((1 << field.bits) - 1)) << low
    return [(record >> (WORD_BITS * i)) & ((1 << WORD_BITS) - 1) for i in range(words_of(fields))]


def unpack(fields: Sequence[Field], words: Sequence[int]) -> dict[str, int]:
    """64-bit words to field values."""
    record = sum(word << (WORD_BITS * i) for i, word in enumerate(words))
    values = {}
    for field, (low, _) in zip(fields, layout(fields).values(), strict=True):
        value = (record >> low) & ((1 << field.bits) - 1)
        values[field.name] = value - (1 << field.bits) if field.signed and value >> (field.bits - 1) else value
    return values


def checksum(words: Sequence[int]) -> int:
    """XOR of both halves of every word; the word that holds the checksum itself counts its upper half only."""
    total = 0
    for index, word in enumerate(words):
        total ^= word >> 32 if index == 1 else (word >> 32) ^ (word & 0xFFFFFFFF)
    return total


def check_program(words: Sequence[int], fingerprint: int) -> None:
    """What the sequencer checks before it runs a program, and where its parts lie, with an error that says what is wrong.

    Parameters
    ----------
    words : sequence of int
        The whole program, 64 bits each.
    fingerprint : int
        Of the array that shall run it (:attr:`flightasic.config.ArrayConfig.fingerprint`).

    Raises
    ------
    FormatError
        If the program is damaged, incomplete, or made for another array or version.
    """
    if len(words) < words_of(HEADER):
        raise FormatError(f"program of {len(words)} words is shorter than its header ({words_of(HEADER)} words); compile it again")
    header = unpack(HEADER, words[: words_of(HEADER)])
    if header["magic"] != MAGIC or header["version"] != VERSION:
        raise FormatError(
            f"program magic 0x{header['magic']:04X} version {header['version']}, this hardware runs 0x{MAGIC:04X} "
            f"version {VERSION}; compile it again"
        )
    if header["fingerprint"] != fingerprint:
        raise FormatError(
            f"program was compiled for array 0x{header['fingerprint']:08X}, this array is 0x{fingerprint:08X}; "
            "compile it for this ArrayConfig"
        )
    if header["words"] != len(words) or header["checksum"] != checksum(words):
        raise FormatError("program is damaged: length or checksum does not match its contents; compile it again")
    first_micro = words_of(HEADER) + header["steps"] * words_of(STEP)
    if header["steps"] == 0 or first_micro > len(words):
        raise FormatError(f"program of {len(words)} words cannot hold the {header['steps']} steps of its header; compile it again")
    for index, start in enumerate(range(words_of(HEADER), first_micro, words_of(STEP))):
        step = unpack(STEP, words[start : start + words_of(STEP)])
        micro_base = step["micro_base"]
        if step["op"] == OP_CONV and not first_micro <= micro_base < len(words):
            raise FormatError(
                f"step {index}: micro_base={micro_base} is outside the program's microwords, {first_micro}..{len(words) - 1}; "
                "compile it again"
            )


def markdown() -> str:
    """The format as a page of tables, for ``docs/microcode.md``."""
    parts = [
        "# Microcode\n",
        "Rendered from `flightasic/microcode.py` by `flightasic rtl`; do not edit.\n",
        "A program is a list of 64-bit words: header, step descriptors, filter groups (a group word and the microwords of its "
        "filters). Bit 0 is the lowest bit of a record's first word.\n",
    ]
    tables = (("Header", HEADER), ("Step descriptor", STEP), ("Group word", GROUP), ("Microword (one per filter)", MICROWORD))
    for title, fields in tables:
        parts.append(f"## {title} ({words_of(fields)} words)\n")
        parts.append("| bits | field | meaning |\n| --- | --- | --- |")
        ranges = layout(fields)
        for field in fields:
            low, high = ranges[field.name]
            parts.append(f"| {high - 1}:{low} | `{field.name}`{' (signed)' if field.signed else ''} | {field.doc} |")
        parts.append("")
    parts.append("## Error status\n\n| status | meaning |\n| --- | --- |")
    parts += [f"| {number} | {text} |" for number, text in STATUS.items()]
    return "\n".join(parts) + "\n"
