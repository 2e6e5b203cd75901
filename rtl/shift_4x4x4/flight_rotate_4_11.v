// flight_rotate_4_11: ``out[i] = in[i - by]``; ``words`` is a power of two.
// Generated from flightasic/hw/rotate.py for array shift_4x4x4; do not edit.

module flight_rotate_4_11
(
  input  logic [1:0] by ,
  input  logic [0:0] clk ,
  input  logic [43:0] in_ ,
  output logic [43:0] out ,
  input  logic [0:0] reset
);

  logic [0:0] stage_0__clk;
  logic [43:0] stage_0__in_;
  logic [43:0] stage_0__out;
  logic [0:0] stage_0__reset;
  logic [0:0] stage_0__turn;

  flight_rotate_stage_4_11_1 stage_0
  (
    .clk( stage_0__clk ),
    .in_( stage_0__in_ ),
    .out( stage_0__out ),
    .reset( stage_0__reset ),
    .turn( stage_0__turn )
  );

  logic [0:0] stage_1__clk;
  logic [43:0] stage_1__in_;
  logic [43:0] stage_1__out;
  logic [0:0] stage_1__reset;
  logic [0:0] stage_1__turn;

  flight_rotate_stage_4_11_2 stage_1
  (
    .clk( stage_1__clk ),
    .in_( stage_1__in_ ),
    .out( stage_1__out ),
    .reset( stage_1__reset ),
    .turn( stage_1__turn )
  );

  assign stage_0__clk = clk;
  assign stage_0__reset = reset;
  assign stage_0__in_ = in_;
  assign stage_0__turn = by[0:0];
  assign stage_1__clk = clk;
  assign stage_1__reset = reset;
  assign stage_1__in_ = stage_0__out;
  assign stage_1__turn = by[1:1];
  assign out = stage_1__out;

endmodule
