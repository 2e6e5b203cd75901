// flight_micro_decode: A group word or a microword, the first free column -> which columns it takes, their settings, and whether it fits.
// Generated from flightasic/hw/loader.py for array shift_4x4x4; do not edit.

module flight_micro_decode
(
  output logic [0:0] bad ,
  input  logic [0:0] clk ,
  output logic [0:0] final_filter ,
  input  logic [0:0] reset ,
  output logic [23:0] set_bias ,
  output logic [0:0] set_clear ,
  output logic [1:0] set_k ,
  output logic [3:0] set_last ,
  output logic [15:0] set_offset ,
  output logic [2:0] set_position ,
  output logic [0:0] set_relu ,
  output logic [3:0] set_residual ,
  output logic [4:0] set_shift ,
  output logic [3:0] set_used ,
  output logic [15:0] set_word ,
  input  logic [0:0] start ,
  input  logic [0:0] valid ,
  input  logic [63:0] word
);
  logic [15:0] channel;
  logic [2:0] column;
  logic [3:0] column_offset [0:3];
  logic [15:0] first_lane;
  logic [2:0] next_column;
  logic [3:0] offset_0;
  logic [3:0] offset_1;
  logic [3:0] offset_2;

  always @* begin : up_columns
    next_column = column + { { 1 { 1'b0 } }, set_k };
    bad = valid & ( ( set_k == 2'd0 ) | ( next_column > 3'd4 ) );
    for ( int unsigned i = 0; i < 4; i += 1 ) begin
      set_used[2'(i)] = ( valid & ( column <= 3'(i) ) ) & ( next_column > 3'(i) );
      set_last[2'(i)] = ( valid & ( next_column == ( 3'(i) + 3'd1 ) ) ) & ( set_k != 2'd0 );
      column_offset[2'(i)] = offset_2;
      if ( column == 3'(i) ) begin
        column_offset[2'(i)] = offset_0;
      end
      else if ( ( column + 3'd1 ) == 3'(i) ) begin
        column_offset[2'(i)] = offset_1;
      end
    end
  end

  always @* begin : up_group
    set_word = channel >> 2'd2;
    first_lane = channel & 16'd3;
  end

  always_ff @(posedge clk) begin : up_place
    if ( start ) begin
      column <= 3'd0;
      set_position <= first_lane[4'd2:4'd0];
    end
    else if ( valid ) begin
      column <= next_column;
      set_position <= set_position + 3'd1;
    end
  end

  assign set_offset[3:0] = column_offset[0];
  assign set_offset[7:4] = column_offset[1];
  assign set_offset[11:8] = column_offset[2];
  assign set_offset[15:12] = column_offset[3];
  assign set_clear = start;
  assign channel = word[15:0];
  assign final_filter = word[2:2];
  assign set_k = word[1:0];
  assign offset_0 = word[12:9];
  assign offset_1 = word[16:13];
  assign offset_2 = word[20:17];
  assign set_residual = word[24:21];
  assign set_bias = word[48:25];
  assign set_shift = word[8:4];
  assign set_relu = word[3:3];

endmodule
