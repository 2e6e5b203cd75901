// flight_post_column: One column: accumulator word to activation, and the running maximum of a pool window.
// Generated from flightasic/hw/post.py for array shift_4x4x4; do not edit.

module flight_post_column
(
  input  logic [0:0] clamp_group ,
  input  logic [0:0] clamp_valid ,
  input  logic [0:0] clk ,
  input  logic [0:0] first ,
  input  logic [0:0] group ,
  input  logic [0:0] load ,
  input  logic [0:0] pool_valid ,
  output logic [7:0] pooled ,
  input  logic [0:0] relu ,
  input  logic [0:0] reset ,
  input  logic [4:0] right_shift ,
  input  logic [23:0] total ,
  input  logic [0:0] valid
);
  logic [7:0] act;
  logic [7:0] by_1;
  logic [23:0] by_16;
  logic [8:0] by_2;
  logic [10:0] by_4;
  logic [23:0] by_8;
  logic [7:0] clamped;
  logic [0:0] held_relu;
  logic [4:0] held_shift;
  logic [0:0] left_out;
  logic [0:0] negative;
  logic [0:0] next_relu;
  logic [4:0] next_shift;
  logic [7:0] shifted;
  logic [0:0] too_far;

  always @* begin : up_clamp
    clamped = shifted;
    if ( negative & held_relu ) begin
      clamped = 8'd0;
    end
    else if ( too_far | ( shifted[3'd7] != negative ) ) begin
      clamped = 8'd127;
      if ( negative ) begin
        clamped = 8'd128;
      end
    end
  end

  always @* begin : up_left_out
    left_out = by_8[5'd23:5'd15] != { { 8 { total[5'd23:5'd23] } }, total[5'd23:5'd23] };
    if ( ( ~held_shift[3'd2] ) & ( by_8[5'd14:5'd11] != { { 3 { total[5'd23:5'd23] } }, total[5'd23:5'd23] } ) ) begin
      left_out = 1'd1;
    end
    if ( ( ~held_shift[3'd1] ) & ( by_4[4'd10:4'd9] != { { 1 { total[5'd23:5'd23] } }, total[5'd23:5'd23] } ) ) begin
      left_out = 1'd1;
    end
    if ( ( ~held_shift[3'd0] ) & ( by_2[4'd8] != total[5'd23] ) ) begin
      left_out = 1'd1;
    end
  end

  always @* begin : up_shift
    by_16 = total;
    if ( held_shift[3'd4] ) begin
      by_16 = { { 16 { total[5'd23] } }, total[5'd23:5'd16] };
    end
    by_8 = by_16;
    if ( held_shift[3'd3] ) begin
      by_8 = { { 8 { by_16[5'd23] } }, by_16[5'd23:5'd8] };
    end
    by_4 = by_8[5'd10:5'd0];
    if ( held_shift[3'd2] ) begin
      by_4 = by_8[5'd14:5'd4];
    end
    by_2 = by_4[4'd8:4'd0];
    if ( held_shift[3'd1] ) begin
      by_2 = by_4[4'd10:4'd2];
    end
    by_1 = by_2[4'd7:4'd0];
    if ( held_shift[3'd0] ) begin
      by_1 = by_2[4'd8:4'd1];
    end
  end

  always_ff @(posedge clk) begin : up_pool
    if ( pool_valid ) begin
      if ( first | ( ( act ^ 8'd128 ) > ( pooled ^ 8'd128 ) ) ) begin
        pooled <= act;
      end
    end
  end

  always_ff @(posedge clk) begin : up_settings
    if ( load ) begin
      next_shift <= right_shift;
      next_relu <= relu;
    end
    if ( group ) begin
      held_shift <= next_shift;
    end
    if ( clamp_group ) begin
      held_relu <= next_relu;
    end
  end

  assign shifted = by_1;
  assign negative = total[23:23];
  assign too_far = left_out;
  assign act = clamped;

endmodule
