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
  logic [23:0] by_1;
  logic [23:0] by_16;
  logic [23:0] by_2;
  logic [23:0] by_4;
  logic [23:0] by_8;
  logic [7:0] clamped;
  logic [0:0] held_relu;
  logic [4:0] held_shift;
  logic [16:0] high;
  logic [0:0] next_relu;
  logic [4:0] next_shift;
  logic [23:0] shifted;

  always @* begin : up_clamp
    clamped = shifted[5'd7:5'd0];
    if ( shifted[5'd23] ) begin
      if ( held_relu ) begin
        clamped = 8'd0;
      end
      else if ( high != 17'd131071 ) begin
        clamped = 8'd128;
      end
    end
    else if ( high != 17'd0 ) begin
      clamped = 8'd127;
    end
  end

  always @* begin : up_shift
    by_1 = total;
    if ( held_shift[3'd0] ) begin
      by_1 = { { 1 { total[5'd23] } }, total[5'd23:5'd1] };
    end
    by_2 = by_1;
    if ( held_shift[3'd1] ) begin
      by_2 = { { 2 { by_1[5'd23] } }, by_1[5'd23:5'd2] };
    end
    by_4 = by_2;
    if ( held_shift[3'd2] ) begin
      by_4 = { { 4 { by_2[5'd23] } }, by_2[5'd23:5'd4] };
    end
    by_8 = by_4;
    if ( held_shift[3'd3] ) begin
      by_8 = { { 8 { by_4[5'd23] } }, by_4[5'd23:5'd8] };
    end
    by_16 = by_8;
    if ( held_shift[3'd4] ) begin
      by_16 = { { 16 { by_8[5'd23] } }, by_8[5'd23:5'd16] };
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

  assign high = shifted[23:7];
  assign shifted = by_16;
  assign act = clamped;

endmodule
