// flight_kernel_walk: Kernel words of a filter group, one per row load: address offset, kernel column and row, in use.
// Generated from flightasic/hw/walk.py for array fixed8_4x4x4; do not edit.

module flight_kernel_walk
(
  input  logic [0:0] advance ,
  input  logic [0:0] clk ,
  input  logic [63:0] group_word ,
  input  logic [0:0] pass_end ,
  input  logic [0:0] reset ,
  input  logic [0:0] restart ,
  output logic [7:0] row_kx ,
  output logic [7:0] row_ky ,
  output logic [15:0] row_offset ,
  output logic [0:0] row_used ,
  input  logic [511:0] step ,
  input  logic [0:0] to_residual
);
  logic [0:0] break_x;
  logic [0:0] break_y;
  logic [0:0] broken;
  logic [11:0] cb;
  logic [15:0] col_skip;
  logic [0:0] end_row;
  logic [0:0] end_tap;
  logic [15:0] group_block;
  logic [15:0] group_residual_block;
  logic [7:0] group_residual_words;
  logic [0:0] in_residual;
  logic [7:0] kw;
  logic [15:0] kwords;
  logic [0:0] last_kx;
  logic [0:0] last_word;
  logic [15:0] left;
  logic [15:0] residual_block;
  logic [7:0] residual_words;
  logic [15:0] row_skip;
  logic [15:0] skip;
  logic [0:0] some_left;
  logic [11:0] tap_word;

  always @* begin : up_ends
    row_used = some_left & ( ~broken );
    end_tap = ( ~in_residual ) & last_word;
    end_row = end_tap & last_kx;
    skip = 16'd1;
    if ( end_tap ) begin
      skip = col_skip;
    end
    if ( end_row ) begin
      skip = row_skip;
    end
  end

  always_ff @(posedge clk) begin : up_walk
    if ( restart ) begin
      residual_block <= group_residual_block;
      residual_words <= group_residual_words;
      in_residual <= 1'd0;
      broken <= 1'd0;
      row_offset <= group_block;
      row_kx <= 8'd0;
      row_ky <= 8'd0;
      tap_word <= 12'd0;
      left <= kwords;
      some_left <= kwords != 16'd0;
      last_word <= cb == 12'd1;
      last_kx <= kw == 8'd1;
    end
    else if ( advance ) begin
      if ( row_used ) begin
        row_offset <= row_offset + skip;
        tap_word <= tap_word + 12'd1;
        last_word <= ( tap_word + 12'd2 ) == cb;
        left <= left - 16'd1;
        some_left <= left != 16'd1;
        if ( end_tap ) begin
          row_kx <= row_kx + 8'd1;
          last_kx <= ( row_kx + 8'd2 ) == kw;
          tap_word <= 12'd0;
          last_word <= cb == 12'd1;
          broken <= break_x;
        end
        if ( end_row ) begin
          row_kx <= 8'd0;
          last_kx <= kw == 8'd1;
          row_ky <= row_ky + 8'd1;
          broken <= break_x | break_y;
        end
      end
      if ( pass_end ) begin
        broken <= 1'd0;
        if ( to_residual ) begin
          in_residual <= 1'd1;
          row_offset <= residual_block;
          left <= { { 8 { 1'b0 } }, residual_words };
          some_left <= residual_words != 8'd0;
        end
      end
    end
  end

  assign cb = step[315:304];
  assign kw = step[303:296];
  assign kwords = step[331:316];
  assign col_skip = step[379:364];
  assign row_skip = step[395:380];
  assign break_x = step[62:62];
  assign break_y = step[63:63];
  assign group_block = group_word[31:16];
  assign group_residual_block = group_word[47:32];
  assign group_residual_words = group_word[55:48];

endmodule
