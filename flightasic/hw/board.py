"""``flight_board``: the accelerator behind a serial line, with the pins that every board has.

It only joins modules, and its registers must begin with a value before there is any reset, which PyMTL3 cannot say: so it is text.
"""

from __future__ import annotations

from flightasic.config import ArrayConfig
from flightasic.hw.axi import code_stream_bits
from flightasic.hw.axi_registers import CHANNELS
from flightasic.hw.emit import AXI_TOP, array_modules, translate
from flightasic.hw.uart_bridge import UartBridge
from flightasic.hw.uart_frames import CORE_BITS
from flightasic.registers import ADDRESS_BITS, DATA_BITS, bit_range

BOARD_TOP = "flight_board"
_WIDTHS = {"addr": ADDRESS_BITS, "data": DATA_BITS, "strb": DATA_BITS // 8, "resp": 2}


def board_modules(config: ArrayConfig, *, divisor: int, depth: int) -> dict[str, str]:
    """Verilog text of each module of a board with this array, by module name; the top is ``flight_board``.

    Parameters
    ----------
    config : ArrayConfig
    divisor : int
        Clock cycles of a bit on the serial line, at least 4.
    depth : int
        Bytes that each of the bridge's four queues holds, a power of two in 16..16384.
    """
    bridge = translate(UartBridge(config, divisor, depth), f"array {config.name}, {divisor} cycles per bit, queues of {depth} bytes")
    return {**array_modules(config), **bridge, BOARD_TOP: _shell(config)}


def _shell(config: ArrayConfig) -> str:
    nets = [(f"axi_{name}", _WIDTHS.get(name[-4:], 1)) for name in CHANNELS]
    for stream, bits in (("image", config.word_bits), ("code", code_stream_bits(config)), ("result", config.word_bits)):
        nets += [(f"{stream}_tdata", bits), (f"{stream}_tvalid", 1), (f"{stream}_tready", 1)]
        nets += [] if stream == "code" else [(f"{stream}_tlast", 1)]
    sides = {"m": {"axi": "m_axi", "image": "m_axis_image", "code": "m_axis_code", "result": "s_axis_result"}}
    sides["s"] = {"axi": "s_axi", "image": "s_axis_image", "code": "s_axis_code", "result": "m_axis_result"}
    bridge, array = (
        ",\n".join(f"    .{prefixes[net.split('_')[0]]}_{net.split('_')[1]}( {net} )" for net, _ in nets) for prefixes in sides.values()
    )
    state, status, busy = (bit_range("status", field) for field in ("state", "status", "busy"))
    return _TEMPLATE.format(
        array=config.name,
        top=BOARD_TOP,
        axi_top=AXI_TOP,
        nets="\n".join(f"  wire {f'[{bits - 1}:0] ' if bits > 1 else ''}{net};" for net, bits in nets),
        bridge=bridge,
        axi=array,
        core_high=CORE_BITS - 1,
        state=f"{state[1] - 1}:{state[0]}",
        status=f"{status[1] - 1}:{status[0]}",
        busy=busy[0],
    )


_TEMPLATE = """\
// {top}: An accelerator on a board with a serial line, eight lights and a button.
// Generated from flightasic/hw/board.py for array {array}; do not edit.

module {top}
(
  input  wire clk,
  input  wire button,
  input  wire rx,
  output wire tx,
  output wire [7:0] lights,
  output wire stay_on
);
  reg [1:0] pressed;
  reg [7:0] wait_cycles;
  reg reset;
  reg [23:0] beat;
  wire [{core_high}:0] core;
  wire lost;
{nets}

  // What these registers hold once the part is configured: the reset lasts 255 cycles from then on, or from the button's release.
  initial begin
    pressed = 2'd0;
    wait_cycles = 8'd255;
    reset = 1'd1;
    beat = 24'd0;
  end

  always @(posedge clk) begin
    pressed <= {{ pressed[0], button }};
    beat <= beat + 24'd1;
    reset <= wait_cycles != 8'd0;
    if ( pressed[1] )
      wait_cycles <= 8'd255;
    else if ( wait_cycles != 8'd0 )
      wait_cycles <= wait_cycles - 8'd1;
  end

  assign stay_on = 1'd1;
  assign lights = {{ beat[23], lost, core[{status}] != 4'd0, core[{busy}], core[{state}] }};

  flight_uart_bridge bridge
  (
    .clk( clk ),
    .reset( reset ),
    .rx( rx ),
    .tx( tx ),
    .core( core ),
    .lost( lost ),
{bridge}
  );

  {axi_top} axi
  (
    .aclk( clk ),
    .aresetn( ~reset ),
    .s_axi_awprot( 3'd0 ),
    .s_axi_arprot( 3'd0 ),
{axi}
  );

endmodule
"""
