"""Bundles and widths that several units share: the flags that travel with a pixel, records and their fields, decoded microwords."""

from collections.abc import Sequence

from pymtl3 import Component, Wire, mk_bits

from flightasic.config import OFFSET_BITS, ArrayConfig
from flightasic.microcode import MICROWORD, STEP, WORD_BITS, Field, layout, words_of

# Flags of a pixel slot, from the feed down the pipeline. RESIDUAL: the slot belongs to a pass over the residual.
VALID, FIRST, LAST, END, GROUP, RESIDUAL = range(6)
FLAG_BITS = 6

STEP_BITS = words_of(STEP) * WORD_BITS


def bits_of(fields: Sequence[Field], name: str) -> int:
    """Width of a field of a record."""
    low, high = layout(fields)[name]
    return high - low


ADDR_BITS = bits_of(STEP, "out_base")
POSITION_BITS = bits_of(STEP, "x_start")


def step_field(port, name: str):  # type: ignore[no-untyped-def]  # PyMTL3 signals carry no static types
    """The slice of a step descriptor port that holds field ``name``."""
    low, high = layout(STEP)[name]
    return port[low:high]


def step_wires(component: Component, *names: str) -> None:
    """Give ``component`` a wire for each named field of its ``step`` port."""
    for name in names:
        setattr(component, name, Wire(mk_bits(bits_of(STEP, name))))
        wire = getattr(component, name)
        wire //= step_field(component.step, name)


def word_field(port, fields: Sequence[Field], name: str):  # type: ignore[no-untyped-def]
    """The slice of a 64-bit word port that holds field ``name`` of a record; the field lies in one word."""
    low, high = layout(fields)[name]
    return port[low % WORD_BITS : (high - 1) % WORD_BITS + 1]


def position_bits(config: ArrayConfig) -> int:
    """Width of a filter's position, counted from the first lane of the word in which its group begins."""
    return max(1, (config.lanes + config.cols - 2).bit_length())


def column_settings(config: ArrayConfig) -> dict[str, int]:
    """Names and widths of the signals that carry a filter group's settings to the units below the array.

    ``set_clear`` begins a group, whose first channel lies in activation word ``set_word`` of a pixel. The filters follow one by
    one: ``set_used`` and ``set_last`` mark a filter's columns and its last one, ``set_position`` its place from that word on.
    """
    return {
        "set_clear": 1,
        "set_word": ADDR_BITS,
        "set_used": config.cols,
        "set_last": config.cols,
        "set_offset": config.cols * OFFSET_BITS,
        "set_residual": OFFSET_BITS,
        "set_k": bits_of(MICROWORD, "k"),
        "set_bias": config.acc_bits,
        "set_shift": bits_of(MICROWORD, "right_shift"),
        "set_relu": 1,
        "set_position": position_bits(config),
    }


ROW_SETTINGS = {"row_offset": ADDR_BITS, "row_kx": bits_of(STEP, "kw"), "row_ky": bits_of(STEP, "kw"), "row_used": 1}
