// flight_fixed_lane: Activation times a sign-magnitude weight.
// Generated from flightasic/hw/lane.py for array fixed4_4x4x4; do not edit.

module flight_fixed_lane
(
  input  logic [7:0] act ,
  input  logic [0:0] clk ,
  input  logic [3:0] code ,
  input  logic [0:0] reset ,
  output logic [14:0] term
);
  logic [0:0] act_sign;
  logic [6:0] low;
  logic [2:0] magnitude;
  logic [10:0] negative_part;
  logic [10:0] product;
  logic [0:0] sign;
  logic [10:0] signed_term;

  always_comb begin : up_product
    negative_part = 11'd0;
    if ( act_sign ) begin
      negative_part = { { 8 { 1'b0 } }, magnitude } << 3'd7;
    end
    product = ( { { 4 { 1'b0 } }, low } * { { 8 { 1'b0 } }, magnitude } ) - negative_part;
    signed_term = product ^ { { 10 { sign[0] } }, sign };
    term = { { 4 { signed_term[10] } }, signed_term };
  end

  assign magnitude = code[2:0];
  assign sign = code[3:3];
  assign low = act[6:0];
  assign act_sign = act[7:7];

endmodule
