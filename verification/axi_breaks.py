"""``flight_axi`` broken on purpose, and the play that must notice."""

from __future__ import annotations

from verification.breaks import Break

_LITE, _REGISTERS, _SHELL = "flight_axi_lite", "flight_axi_registers", "flight_axi"

AXI_BREAKS = (
    Break("a write does not wait for its data", "protocol", _LITE, "( address_held & data_held )", "address_held", "before it is complete"),
    Break("a write response does not wait", "protocol", _LITE, "if ( bvalid & bready )", "if ( bvalid )", "s_axi_bvalid or its payload"),
    Break("read data do not wait", "protocol", _LITE, "else if ( rready )", "else", "s_axi_rvalid or its payload"),
    Break(
        "an address is replaced by the next",
        "protocol", _LITE, "if ( awvalid & ( ~address_held ) )", "if ( awvalid )", "SimTimeoutError",
    ),
    Break("strobes are ignored", "protocol", _REGISTERS, "if ( lite__write_strobe[2'(i)] )", "if ( 1'd1 )", "byte 0 alone was not written"),
    Break("read-only registers take writes", "protocol", _REGISTERS, "( ~may_write ) | load_busy", "load_busy", "answered with OKAY"),
    Break(
        "reads beyond the map are answered",
        "protocol", _REGISTERS, "lite__read_refused = lite__read_index >=", "lite__read_refused = 10'd0 >=", "answered with OKAY",
    ),
    Break(
        "flags cannot be cleared",
        "protocol", _REGISTERS, "kept = errors & ( ~strobed", "kept = errors | ( strobed", "did not raise|cleared",
    ),
    Break("the load address stands still", "protocol", _REGISTERS, "load_address + 16'd1", "load_address", "does not count up"),
    Break("loads go beyond the memory", "protocol", _REGISTERS, "| load_busy ) | load_range", "| load_busy )", "answered with OKAY"),
    Break(
        "memories are loaded while the core runs",
        "protocol", _REGISTERS, "load_busy = loads & ( enable | ( state != 4'd0 ) )", "load_busy = 1'd0", "answered with OKAY",
    ),
    Break(
        "memories are loaded while the last image is finished",
        "protocol", _REGISTERS, "enable | ( state != 4'd0 )", "enable", "answered with OKAY",
    ),
    Break("a wrong TLAST is ignored", "protocol", _REGISTERS, "image_tlast != image_last", "1'd0", "raised no flag"),
    Break("the first cycle of an image is not counted", "reset", _REGISTERS, "if ( begins | ( busy", "if ( ( busy", "cycles, predicted"),
    Break(
        "the control register does not reset",
        "reset", _REGISTERS, "core_reset = reset | soft_reset", "core_reset = reset", "after a reset: state RUN",
    ),
    Break(
        "the end of an image is not seen",
        "network-spilled-streamed", _SHELL, ".image_tlast( s_axis_image_tlast )", ".image_tlast( 1'd0 )", "protocol errors: image_tlast",
    ),
    Break(
        "code words are taken from the upper bits",
        "network-spilled-streamed", _SHELL, "s_axis_code_tdata[17:0]", "s_axis_code_tdata[23:6]", "Arrays are not equal",
    ),
)  # fmt: skip
