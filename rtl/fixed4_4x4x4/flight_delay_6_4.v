// flight_delay_6_4: ``out`` is what ``in_`` was ``stages`` cycles ago (0 = a wire).
// Generated from flightasic/hw/delay.py for array fixed4_4x4x4; do not edit.

module flight_delay_6_4
(
  input  logic [0:0] clk ,
  input  logic [5:0] in_ ,
  output logic [5:0] out ,
  input  logic [0:0] reset
);
  logic [23:0] pipe;

  always_ff @(posedge clk) begin : up_pipe
    pipe <= { pipe[5'd17:5'd0], in_ };
  end

  assign out = pipe[23:18];

endmodule
