// flight_rotate_stage_4_32_1: ``out[i] = in[i - places]`` when ``turn`` is set (word indices modulo the vector length).
// Generated from flightasic/hw/rotate.py for array fixed8_4x4x4; do not edit.

module flight_rotate_stage_4_32_1
(
  input  logic [0:0] clk ,
  input  logic [127:0] in_ ,
  output logic [127:0] out ,
  input  logic [0:0] reset ,
  input  logic [0:0] turn
);

  always @* begin : up_turn
    out = in_;
    if ( turn ) begin
      out = { in_[7'd95:7'd0], in_[7'd127:7'd96] };
    end
  end

endmodule
