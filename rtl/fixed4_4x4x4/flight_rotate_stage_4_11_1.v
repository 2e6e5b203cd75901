// flight_rotate_stage_4_11_1: ``out[i] = in[i - places]`` when ``turn`` is set (word indices modulo the vector length).
// Generated from flightasic/hw/rotate.py for array fixed4_4x4x4; do not edit.

module flight_rotate_stage_4_11_1
(
  input  logic [0:0] clk ,
  input  logic [43:0] in_ ,
  output logic [43:0] out ,
  input  logic [0:0] reset ,
  input  logic [0:0] turn
);

  always @* begin : up_turn
    out = in_;
    if ( turn ) begin
      out = { in_[6'd32:6'd0], in_[6'd43:6'd33] };
    end
  end

endmodule
