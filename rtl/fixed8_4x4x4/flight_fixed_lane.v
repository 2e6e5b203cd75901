// flight_fixed_lane: Activation times a sign-magnitude weight.
// Generated from flightasic/hw/lane.py for array fixed8_4x4x4; do not edit.

module flight_fixed_lane
(
  input  logic [7:0] act ,
  input  logic [0:0] clk ,
  input  logic [7:0] code ,
  input  logic [0:0] reset ,
  output logic [18:0] term
);
  logic [6:0] magnitude;
  logic [0:0] sign;
  logic [7:0] taken;

  always @* begin : up_product
    taken = ( act[3'd7:3'd0] ^ { { 7 { sign[0] } }, sign } ) ^ 8'd128;
    term = { { 11 { 1'b0 } }, taken } * { { 12 { 1'b0 } }, magnitude };
  end

  assign magnitude = code[6:0];
  assign sign = code[7:7];

endmodule
