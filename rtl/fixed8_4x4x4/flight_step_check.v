// flight_step_check: What a step is (convolution, load or store), and whether it can run: a known operation, no empty loop, a load first.
// Generated from flightasic/hw/sequencer.py for array fixed8_4x4x4; do not edit.

module flight_step_check
(
  input  logic [0:0] clk ,
  output logic [0:0] conv ,
  input  logic [0:0] first ,
  output logic [0:0] load ,
  input  logic [0:0] reset ,
  input  logic [511:0] step ,
  output logic [0:0] store
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
  logic [15:0] passes;
  logic [3:0] pool;
  logic [7:0] pool_area;
  logic [0:0] walks;

  always @* begin : up_kind
    walks = ( out_h != 10'd0 ) & ( kwords != 16'd0 );
    load = ( op == 4'd2 ) & walks;
    store = ( ( op == 4'd3 ) & ( ~first ) ) & walks;
    conv = ( ( ( ( ( ( ( ( ( ( ( op == 4'd1 ) & ( ~first ) ) & walks ) & ( pool != 4'd0 ) ) & ( pool_area != 8'd0 ) ) & ( out_w != 10'd0 ) ) & ( ii != 6'd0 ) ) & ( kw != 8'd0 ) ) & ( cb != 12'd0 ) ) & ( kblocks != 16'd0 ) ) & ( passes >= kblocks ) ) & ( groups != 12'd0 );
  end

  assign op = step[3:0];
  assign pool = step[7:4];
  assign pool_area = step[15:8];
  assign out_w = step[25:16];
  assign out_h = step[35:26];
  assign ii = step[61:56];
  assign kw = step[303:296];
  assign cb = step[315:304];
  assign kwords = step[331:316];
  assign kblocks = step[347:332];
  assign passes = step[363:348];
  assign groups = step[407:396];

endmodule
