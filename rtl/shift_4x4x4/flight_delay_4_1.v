// flight_delay_4_1: ``out`` is what ``in_`` was ``stages`` cycles ago (0 = a wire).
// Generated from flightasic/hw/delay.py for array shift_4x4x4; do not edit.

module flight_delay_4_1
(
  input  logic [0:0] clk ,
  input  logic [3:0] in_ ,
  output logic [3:0] out ,
  input  logic [0:0] reset
);

  always_ff @(posedge clk) begin : up_stage
    out <= in_;
  end

endmodule
