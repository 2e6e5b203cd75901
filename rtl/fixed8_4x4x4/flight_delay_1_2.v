// flight_delay_1_2: ``out`` is what ``in_`` was ``stages`` cycles ago (0 = a wire).
// Generated from flightasic/hw/delay.py for array fixed8_4x4x4; do not edit.

module flight_delay_1_2
(
  input  logic [0:0] clk ,
  input  logic [0:0] in_ ,
  output logic [0:0] out ,
  input  logic [0:0] reset
);
  logic [1:0] pipe;

  always_ff @(posedge clk) begin : up_pipe
    pipe <= { pipe[1'd0:1'd0], in_ };
  end

  assign out = pipe[1:1];

endmodule
