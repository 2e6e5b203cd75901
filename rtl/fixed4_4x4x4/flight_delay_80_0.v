// flight_delay_80_0: ``out`` is what ``in_`` was ``stages`` cycles ago (0 = a wire).
// Generated from flightasic/hw/delay.py for array fixed4_4x4x4; do not edit.

module flight_delay_80_0
(
  input  logic [0:0] clk ,
  input  logic [79:0] in_ ,
  output logic [79:0] out ,
  input  logic [0:0] reset
);

  assign out = in_;

endmodule
