// flight_micro_decode: A microword and the first free column -> which columns it takes, their offsets, and whether it fits.
// Generated from flightasic/hw/loader.py for array fixed4_4x4x4; do not edit.

module flight_micro_decode
(
  output logic [0:0] bad ,
  input  logic [0:0] clk ,
  input  logic [7:0] column ,
  output logic [0:0] final_filter ,
  output logic [7:0] next_column ,
  input  logic [0:0] reset ,
  output logic [23:0] set_bias ,
  output logic [10:0] set_channel ,
  output logic [0:0] set_clear ,
  output logic [1:0] set_k ,
  output logic [3:0] set_last ,
  output logic [15:0] set_offset ,
  output logic [0:0] set_relu ,
  output logic [4:0] set_shift ,
  output logic [3:0] set_used ,
  input  logic [0:0] valid ,
  input  logic [63:0] word
);
  logic [3:0] column_offset [0:3];
  logic [3:0] offset_0;
  logic [3:0] offset_1;
  logic [3:0] offset_2;

  always @* begin : up_columns
    next_column = column + { { 6 { 1'b0 } }, set_k };
    bad = valid & ( ( set_k == 2'd0 ) | ( next_column > 8'd4 ) );
    set_clear = valid & ( column == 8'd0 );
    for ( int unsigned i = 0; i < 4; i += 1 ) begin
      set_used[2'(i)] = ( valid & ( column <= 8'(i) ) ) & ( next_column > 8'(i) );
      set_last[2'(i)] = ( valid & ( next_column == ( 8'(i) + 8'd1 ) ) ) & ( set_k != 2'd0 );
      column_offset[2'(i)] = offset_2;
      if ( column == 8'(i) ) begin
        column_offset[2'(i)] = offset_0;
      end
      else if ( ( column + 8'd1 ) == 8'(i) ) begin
        column_offset[2'(i)] = offset_1;
      end
    end
  end

  assign set_offset[3:0] = column_offset[0];
  assign set_offset[7:4] = column_offset[1];
  assign set_offset[11:8] = column_offset[2];
  assign set_offset[15:12] = column_offset[3];
  assign final_filter = word[2:2];
  assign set_k = word[1:0];
  assign offset_0 = word[12:9];
  assign offset_1 = word[16:13];
  assign offset_2 = word[20:17];
  assign set_bias = word[44:21];
  assign set_shift = word[8:4];
  assign set_relu = word[3:3];
  assign set_channel = word[63:53];

endmodule
