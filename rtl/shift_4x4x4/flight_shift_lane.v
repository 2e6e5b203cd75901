// flight_shift_lane: Activation shifted left by the code's m; all ones in m mean zero, so that codes of two bits are -1, 0 and 1.
// Generated from flightasic/hw/lane.py for array shift_4x4x4; do not edit.

module flight_shift_lane
(
  input  logic [7:0] act ,
  input  logic [0:0] clk ,
  input  logic [3:0] code ,
  input  logic [0:0] reset ,
  output logic [17:0] term
);
  logic [13:0] by_1;
  logic [13:0] by_2;
  logic [13:0] by_4;
  logic [13:0] extended;
  logic [2:0] magnitude;
  logic [0:0] sign;
  logic [7:0] taken;

  always @* begin : up_shift
    if ( magnitude[2'd0] ) begin
      by_1 = extended << 1'd1;
    end
    else
      by_1 = extended;
    if ( magnitude[2'd1] ) begin
      by_2 = by_1 << 2'd2;
    end
    else
      by_2 = by_1;
  end

  always @* begin : up_shift_far
    if ( magnitude[2'd2] ) begin
      by_4 = by_2 << 3'd4;
    end
    else
      by_4 = by_2;
  end

  always @* begin : up_taken
    taken = 8'd0;
    if ( magnitude != 3'd7 ) begin
      taken = ( act[3'd7:3'd0] ^ { { 7 { sign[0] } }, sign } ) ^ 8'd128;
    end
    extended = { { 6 { 1'b0 } }, taken };
  end

  always @* begin : up_term
    term = { { 4 { 1'b0 } }, by_4 };
  end

  assign magnitude = code[2:0];
  assign sign = code[3:3];

endmodule
