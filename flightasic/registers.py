"""The register map of ``flight_axi``, defined once: hardware, driver and ``docs/registers.md`` are made from it.

Registers are 32 bits wide, at byte addresses 0, 4, 8 and so on in the order of :data:`REGISTERS`. The order is the interface:
new registers go to the end, and :data:`INTERFACE_VERSION` counts what else changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from flightasic.config import ACT_BITS, ARITHMETICS, ArrayConfig
from flightasic.microcode import MAGIC as PROGRAM_MAGIC
from flightasic.microcode import VERSION as PROGRAM_VERSION
from flightasic.microcode import Field, layout, pack, unpack

MAGIC = PROGRAM_MAGIC << 16 | int.from_bytes(b"AX", "big")
INTERFACE_VERSION = 2
ADDRESS_BITS = 12
DATA_BITS = 32
OKAY, SLVERR = 0b00, 0b10
PROGRAM_MEMORY, CODE_MEMORY = range(2)
# The sequencer's states, by number (docs/units/sequencer.md).
STATES = ("IDLE", "HEAD", "CHECK", "SCAN", "VERIFY", "FETCH", "BEGIN", "RUN", "ERROR")


class Access(StrEnum):
    """What a register answers to writes: an error, takes them, or clears the bits written as 1."""

    READ = "read"
    WRITE = "read, write"
    CLEAR = "read, write 1 to clear"


class Register(NamedTuple):
    """A register: name, access, its fields from bit 0 up, meaning."""

    name: str
    access: Access
    fields: tuple[Field, ...]
    doc: str


def _value(bits: int, doc: str) -> tuple[Field, ...]:
    return (Field("value", bits, doc),)


REGISTERS: tuple[Register, ...] = (
    Register("magic", Access.READ, _value(32, f"0x{MAGIC:08X}"), "Says that this is a FLightASIC accelerator."),
    Register(
        "version", Access.READ,
        (
            Field("interface", 16, f"of this register map, {INTERFACE_VERSION}"),
            Field("program", 16, f"of the programs it runs, {PROGRAM_VERSION} ([microcode.md](microcode.md))"),
        ),
        "Versions.",
    ),
    Register("fingerprint", Access.READ, _value(32, "first 32 bits of the SHA-256 of the ArrayConfig"), "What a program must carry."),
    Register(
        "shape", Access.READ,
        (
            Field("rows", 8, "elements down"),
            Field("cols", 8, "elements across"),
            Field("lanes", 8, "products per element"),
            Field("signed_acts", 1, "1 = activations are -128..127, 0 = they are 0..127"),
            Field("act_reuse", 3, "most rows apart that two rows may lie of which one takes the other's activation word over"),
        ),
        "Shape of the array.",
    ),
    Register(
        "formats", Access.READ,
        (
            Field("tile_rows", 8, "elements down a tile"),
            Field("tile_cols", 8, "elements across a tile"),
            Field("act_bits", 4, "bits of an activation"),
            Field("code_bits", 4, "bits of a weight code"),
            Field("acc_bits", 6, "bits of an accumulator"),
            Field("arith", 2, ", ".join(f"{number} = {name}" for number, name in enumerate(ARITHMETICS))),
        ),
        "Tiles, widths, arithmetic.",
    ),
    Register("act_depth", Access.READ, _value(32, "words"), "Words in each activation bank."),
    Register("code_depth", Access.READ, _value(32, "words"), "Words of the code memory."),
    Register("program_depth", Access.READ, _value(32, "words"), "Words of the microcode memory."),
    Register("acc_depth", Access.READ, _value(32, "words"), "Words of the accumulator memory."),
    Register(
        "control", Access.WRITE,
        (
            Field("enable", 1, "run: check the program, then take images; an image that has begun is finished after it falls"),
            Field("reset", 1, "hold the core in reset; memories and registers keep their contents, words in flight are lost"),
        ),
        "What the core shall do.",
    ),
    Register(
        "status", Access.READ,
        (
            Field("state", 4, ", ".join(f"{number} = {name}" for number, name in enumerate(STATES))),
            Field("status", 4, "0 = ok, else why the core stopped ([microcode.md](microcode.md), error status)"),
            Field("busy", 1, "an image has begun and is not finished"),
            Field("reserved", 7, "0"),
            Field("step_index", 16, "step that runs"),
        ),
        "What the core does.",
    ),
    Register(
        "errors", Access.CLEAR,
        (
            Field("image_tlast", 1, "TLAST of `s_axis_image` came early or was missing; the core goes on and counts words, not packets"),
            Field("load_busy", 1, "a memory was loaded while the core was enabled or not idle; the word was refused"),
            Field("load_range", 1, "a load lay beyond the memory; the word was refused"),
            Field("access", 1, "an unmapped address was accessed, or a read-only one written"),
        ),
        "Protocol errors since they were cleared. All but the first are also answered with SLVERR.",
    ),
    Register(
        "error_address", Access.READ,
        (
            Field("address", ADDRESS_BITS, "byte address"),
            Field("reserved", DATA_BITS - ADDRESS_BITS - 1, "0"),
            Field("write", 1, "it was a write"),
        ),
        "The first access answered with SLVERR since the last three flags of `errors` were all clear.",
    ),
    Register(
        "cycles_low", Access.READ, _value(32, "bits 31:0"),
        "Clock cycles spent on images, each from its first word taken to its last result word taken. Reading it holds `cycles_high`.",
    ),
    Register("cycles_high", Access.READ, _value(32, "bits 63:32"), "The upper half when `cycles_low` was last read."),
    Register("load_address", Access.WRITE, _value(16, "word address"), "Where the next word is loaded; counts up with each word."),
    Register(
        "load_target", Access.WRITE,
        (
            Field("memory", 1, f"{PROGRAM_MEMORY} = microcode, {CODE_MEMORY} = codes"),
            Field("reserved", 7, "0"),
            Field("part", 8, "which 64 bits of a code word, from the lowest; 0 for microcode"),
        ),
        "What is loaded.",
    ),
    Register("load_low", Access.WRITE, _value(32, "bits 31:0"), "Lower half of the next word."),
    Register("load_high", Access.WRITE, _value(32, "bits 63:32"), "Upper half; writing it loads the word."),
    Register(
        "pipeline", Access.READ,
        (
            Field("product_regs", 1, "after products"),
            Field("sum_regs", 1, "between an element's sum and its column's"),
            Field("merge_regs", 1, "after the column sums' shifts"),
            Field("post_regs", 1, "between an output's right shift, its clamp and its pooling"),
            Field("memory_regs", 1, "after the memories"),
            Field("bank_regs", 2, "before the activation banks"),
        ),
        "Registers by option.",
    ),
)  # fmt: skip

NAMES = tuple(register.name for register in REGISTERS)
INDEX = {name: index for index, name in enumerate(NAMES)}
ADDRESS = {name: index * DATA_BITS // 8 for name, index in INDEX.items()}
CONFIG_REGISTERS = (*NAMES[: INDEX["control"]], "pipeline")


def bit_range(register: str, field: str) -> tuple[int, int]:
    """Bits ``[low, high)`` of a register's field."""
    return layout(REGISTERS[INDEX[register]].fields)[field]


def decode(register: str, value: int) -> dict[str, int]:
    """A register's value as its fields."""
    return unpack(REGISTERS[INDEX[register]].fields, [value])


def encode(register: str, **fields: int) -> int:
    """Fields to a register's value; a field that does not fit is a :class:`~flightasic.errors.CompileError` naming it."""
    return pack(REGISTERS[INDEX[register]].fields, fields, f"register {register}")[0]


IDENTITY = {"magic": MAGIC, "version": encode("version", interface=INTERFACE_VERSION, program=PROGRAM_VERSION)}


def code_parts(config: ArrayConfig) -> int:
    """64-bit parts of a code word."""
    return -(-config.code_word_bits // 64)


def config_values(config: ArrayConfig) -> dict[str, int]:
    """What the identification and configuration registers of an array read, by name."""
    plain = config.to_dict() | {"act_bits": ACT_BITS, "arith": ARITHMETICS.index(config.arith)}
    values = IDENTITY | {"fingerprint": config.fingerprint}
    for name in CONFIG_REGISTERS[len(values) :]:
        fields = [field.name for field in REGISTERS[INDEX[name]].fields]
        values[name] = plain[name] if name in plain else encode(name, **{field: plain[field] for field in fields})
    return values


def read_config(values: Mapping[str, int]) -> ArrayConfig:
    """The array behind the values of the configuration registers.

    Raises
    ------
    ConfigError
        If they describe no array that this package knows.
    """
    plain: dict[str, int | str] = {}
    for name in CONFIG_REGISTERS[INDEX["shape"] :]:
        fields = decode(name, values[name])
        plain |= {name: fields["value"]} if "value" in fields else fields
    arith = int(plain["arith"])
    plain["arith"] = ARITHMETICS[arith] if arith < len(ARITHMETICS) else f"number {arith}"
    del plain["act_bits"]
    return ArrayConfig.from_dict(plain)


def markdown() -> str:
    """The register map as a page of tables, for ``docs/registers.md``."""
    parts = [
        "# Registers\n",
        "Rendered from `flightasic/registers.py` by `flightasic rtl`; do not edit.\n",
        "`flight_axi` has an AXI4-Lite port of 32 bits. Accesses to any other address, and writes to read-only registers, are "
        "answered with SLVERR. Writes honour WSTRB: bytes that are not strobed keep their value. Unused bits read 0.\n",
        "| address | register | access | meaning |\n| --- | --- | --- | --- |",
    ]
    parts += [f"| 0x{ADDRESS[item.name]:02X} | `{item.name}` | {item.access} | {item.doc} |" for item in REGISTERS]
    parts.append("")
    for item in REGISTERS:
        if item.fields[0].name != "value":
            parts.append(f"## `{item.name}` (0x{ADDRESS[item.name]:02X})\n\n| bits | field | meaning |\n| --- | --- | --- |")
            ranges = layout(item.fields)
            parts += [f"| {_bits(*ranges[field.name])} | `{field.name}` | {field.doc} |" for field in item.fields]
            parts.append("")
    return "\n".join(parts)


def _bits(low: int, high: int) -> str:
    return f"{low}" if high == low + 1 else f"{high - 1}:{low}"
