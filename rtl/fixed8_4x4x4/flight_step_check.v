// flight_step_check: Whether a step descriptor can run: a known operation and no empty loop.
// Generated from flightasic/hw/sequencer.py for array fixed8_4x4x4; do not edit.

module flight_step_check
(
  input  logic [0:0] clk ,
  output logic [0:0] good ,
  input  logic [0:0] reset ,
  input  logic [383:0] step
);
  logic [11:0] cb;
  logic [11:0] groups;
  logic [5:0] ii;
  logic [15:0] kblocks;
  logic [7:0] kw;
  logic [15:0] kwords;
  logic [3:0] op;
  logic [9:0] out_h;
  logic [9:0] out_w;
  logic [3:0] pool;
  logic [7:0] pool_area;

  always @* begin : up_good
    good = ( ( ( ( ( ( ( ( ( ( op == 4'd1 ) & ( pool != 4'd0 ) ) & ( pool_area != 8'd0 ) ) & ( out_w != 10'd0 ) ) & ( out_h != 10'd0 ) ) & ( ii != 6'd0 ) ) & ( kw != 8'd0 ) ) & ( cb != 12'd0 ) ) & ( kwords != 16'd0 ) ) & ( kblocks != 16'd0 ) ) & ( groups != 12'd0 );
  end

  assign op = step[3:0];
  assign pool = step[7:4];
  assign pool_area = step[15:8];
  assign out_w = step[25:16];
  assign out_h = step[35:26];
  assign ii = step[61:56];
  assign kw = step[209:202];
  assign cb = step[221:210];
  assign kwords = step[237:222];
  assign kblocks = step[253:238];
  assign groups = step[281:270];

endmodule
