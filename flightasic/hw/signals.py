"""Bundles that several units share: the flags that travel with a pixel, and a microword decoded to columns."""

from pymtl3 import Component, Wire, mk_bits

from flightasic.config import OFFSET_BITS, ArrayConfig
from flightasic.microcode import KERNEL_BITS, MICROWORD, STEP, WORD_BITS, layout, words_of

# Flags of a pixel slot, from the feed down the pipeline.
VALID, FIRST, LAST, END, GROUP = range(5)
FLAG_BITS = 5

STEP_BITS = words_of(STEP) * WORD_BITS
ADDR_BITS = 16
POSITION_BITS = 12


def step_field(port, name: str):  # type: ignore[no-untyped-def]  # PyMTL3 signals carry no static types
    """The slice of a step descriptor port that holds field ``name``."""
    low, high = layout(STEP)[name]
    return port[low:high]


def step_wires(component: Component, *names: str) -> None:
    """Give ``component`` a wire for each named field of its ``step`` port."""
    for name in names:
        low, high = layout(STEP)[name]
        setattr(component, name, Wire(mk_bits(high - low)))
        wire = getattr(component, name)
        wire //= component.step[low:high]


def micro_field(port, name: str):  # type: ignore[no-untyped-def]
    """The slice of a microword port that holds field ``name``."""
    low, high = layout(MICROWORD)[name]
    return port[low:high]


def column_settings(config: ArrayConfig) -> dict[str, int]:
    """Names and widths of the signals that carry a decoded microword to the units below the array.

    ``set_clear`` marks the first filter of a group; ``set_used`` and ``set_last`` mark the filter's columns and its last one.
    """
    bits = {field.name: field.bits for field in MICROWORD}
    return {
        "set_clear": 1,
        "set_used": config.cols,
        "set_last": config.cols,
        "set_offset": config.cols * OFFSET_BITS,
        "set_k": bits["k"],
        "set_bias": config.acc_bits,
        "set_shift": bits["right_shift"],
        "set_relu": 1,
        "set_channel": bits["channel"],
    }


ROW_SETTINGS = {"row_offset": ADDR_BITS, "row_kx": KERNEL_BITS, "row_ky": KERNEL_BITS, "row_used": 1}
