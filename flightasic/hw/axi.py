"""``flight_axi``: the top with AXI ports.

PyMTL3 can neither rename clock and reset nor reset one part alone, so this module, which only joins two others, is text: plain
Verilog with scalar clock and reset, so that block designs accept it and see its buses by their names.
"""

from __future__ import annotations

from flightasic.config import ArrayConfig
from flightasic.hw.axi_registers import CHANNELS
from flightasic.registers import ADDRESS_BITS, DATA_BITS

_FROM_MASTER = ("awvalid", "awaddr", "wvalid", "wdata", "wstrb", "bready", "arvalid", "araddr", "rready")
_WIDTHS = {"addr": ADDRESS_BITS, "data": DATA_BITS, "strb": DATA_BITS // 8, "resp": 2}
_STREAM_FROM_MASTER = ("tdata", "tvalid", "tlast")


def code_stream_bits(config: ArrayConfig) -> int:
    """Width of ``s_axis_code``: a code word in whole bytes."""
    return -(-config.code_word_bits // 8) * 8


def axi_shell(config: ArrayConfig) -> str:
    """Verilog of ``flight_axi`` around ``flight_axi_registers`` and ``flight_top``."""
    ports = [("input", 1, "aclk"), ("input", 1, "aresetn"), ("input", 3, "s_axi_awprot"), ("input", 3, "s_axi_arprot")]
    ports += [("input" if name in _FROM_MASTER else "output", _WIDTHS.get(name[-4:], 1), f"s_axi_{name}") for name in CHANNELS]
    for stream, bits, signals in (
        ("s_axis_image", config.word_bits, ("tdata", "tvalid", "tready", "tlast")),
        ("s_axis_code", code_stream_bits(config), ("tdata", "tvalid", "tready")),
        ("m_axis_result", config.word_bits, ("tdata", "tvalid", "tready", "tlast")),
    ):
        for signal in signals:
            driven_outside = (signal in _STREAM_FROM_MASTER) == stream.startswith("s_")
            ports.append(("input" if driven_outside else "output", bits if signal == "tdata" else 1, f"{stream}_{signal}"))
    return _TEMPLATE.format(
        array=config.name,
        ports=",\n".join(f"  {direction:<6} wire {_range(bits)}{name}" for direction, bits, name in ports),
        channels="\n".join(f"    .{name}( s_axi_{name} )," for name in CHANNELS),
        code_high=config.code_word_bits - 1,
    )


def _range(bits: int) -> str:
    return f"[{bits - 1}:0] " if bits > 1 else ""


_TEMPLATE = """\
// flight_axi: The accelerator with an AXI4-Lite port for its registers and AXI4-Stream ports for images, codes and results.
// Generated from flightasic/hw/axi.py for array {array}; do not edit.

module flight_axi
(
{ports}
);
  wire core_reset;
  wire enable;
  wire image_last;
  wire [15:0] load_addr;
  wire [63:0] load_data;
  wire load_en;
  wire load_memory;
  wire [7:0] load_part;
  wire [3:0] state;
  wire [3:0] status;
  wire [15:0] step_index;

  flight_axi_registers registers
  (
    .clk( aclk ),
    .reset( ~aresetn ),
{channels}
    .core_reset( core_reset ),
    .enable( enable ),
    .load_en( load_en ),
    .load_memory( load_memory ),
    .load_addr( load_addr ),
    .load_part( load_part ),
    .load_data( load_data ),
    .state( state ),
    .status( status ),
    .step_index( step_index ),
    .image_taken( s_axis_image_tvalid & s_axis_image_tready ),
    .image_tlast( s_axis_image_tlast ),
    .image_last( image_last )
  );

  flight_top accelerator
  (
    .clk( aclk ),
    .reset( core_reset ),
    .enable( enable ),
    .load_en( load_en ),
    .load_memory( load_memory ),
    .load_addr( load_addr ),
    .load_part( load_part ),
    .load_data( load_data ),
    .state( state ),
    .status( status ),
    .step_index( step_index ),
    .image_msg( s_axis_image_tdata ),
    .image_val( s_axis_image_tvalid ),
    .image_rdy( s_axis_image_tready ),
    .image_last( image_last ),
    .code_msg( s_axis_code_tdata[{code_high}:0] ),
    .code_val( s_axis_code_tvalid ),
    .code_rdy( s_axis_code_tready ),
    .result_msg( m_axis_result_tdata ),
    .result_val( m_axis_result_tvalid ),
    .result_rdy( m_axis_result_tready ),
    .result_last( m_axis_result_tlast )
  );

endmodule
"""
