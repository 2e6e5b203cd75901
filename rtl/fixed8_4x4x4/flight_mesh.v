// flight_mesh: Ports: act (rows words), swap, code (one array row), load (one bit a row) -> sums (cols column sums).
// Generated from flightasic/hw/mesh.py for array fixed8_4x4x4; do not edit.

module flight_mesh
(
  input  logic [127:0] act ,
  input  logic [0:0] clk ,
  input  logic [127:0] code ,
  input  logic [3:0] load ,
  input  logic [0:0] reset ,
  output logic [75:0] sums ,
  input  logic [0:0] swap
);

  logic [0:0] act_0_0__clk;
  logic [63:0] act_0_0__in_;
  logic [63:0] act_0_0__out;
  logic [0:0] act_0_0__reset;

  flight_delay_64_0 act_0_0
  (
    .clk( act_0_0__clk ),
    .in_( act_0_0__in_ ),
    .out( act_0_0__out ),
    .reset( act_0_0__reset )
  );

  logic [0:0] act_1_0__clk;
  logic [63:0] act_1_0__in_;
  logic [63:0] act_1_0__out;
  logic [0:0] act_1_0__reset;

  flight_delay_64_1 act_1_0
  (
    .clk( act_1_0__clk ),
    .in_( act_1_0__in_ ),
    .out( act_1_0__out ),
    .reset( act_1_0__reset )
  );

  logic [0:0] deskew_0__clk;
  logic [75:0] deskew_0__in_;
  logic [75:0] deskew_0__out;
  logic [0:0] deskew_0__reset;

  flight_delay_76_0 deskew_0
  (
    .clk( deskew_0__clk ),
    .in_( deskew_0__in_ ),
    .out( deskew_0__out ),
    .reset( deskew_0__reset )
  );

  logic [0:0] sum_0_0__clk;
  logic [75:0] sum_0_0__in_;
  logic [75:0] sum_0_0__out;
  logic [0:0] sum_0_0__reset;

  flight_delay_76_1 sum_0_0
  (
    .clk( sum_0_0__clk ),
    .in_( sum_0_0__in_ ),
    .out( sum_0_0__out ),
    .reset( sum_0_0__reset )
  );

  logic [0:0] sum_1_0__clk;
  logic [75:0] sum_1_0__in_;
  logic [75:0] sum_1_0__out;
  logic [0:0] sum_1_0__reset;

  flight_delay_76_1 sum_1_0
  (
    .clk( sum_1_0__clk ),
    .in_( sum_1_0__in_ ),
    .out( sum_1_0__out ),
    .reset( sum_1_0__reset )
  );

  logic [0:0] swap_0_0__clk;
  logic [0:0] swap_0_0__in_;
  logic [0:0] swap_0_0__out;
  logic [0:0] swap_0_0__reset;

  flight_delay_1_0 swap_0_0
  (
    .clk( swap_0_0__clk ),
    .in_( swap_0_0__in_ ),
    .out( swap_0_0__out ),
    .reset( swap_0_0__reset )
  );

  logic [0:0] swap_1_0__clk;
  logic [0:0] swap_1_0__in_;
  logic [0:0] swap_1_0__out;
  logic [0:0] swap_1_0__reset;

  flight_delay_1_1 swap_1_0
  (
    .clk( swap_1_0__clk ),
    .in_( swap_1_0__in_ ),
    .out( swap_1_0__out ),
    .reset( swap_1_0__reset )
  );

  logic [63:0] tile_0_0__act;
  logic [0:0] tile_0_0__clk;
  logic [127:0] tile_0_0__code;
  logic [1:0] tile_0_0__load;
  logic [0:0] tile_0_0__reset;
  logic [75:0] tile_0_0__sum_in;
  logic [75:0] tile_0_0__sum_out;
  logic [0:0] tile_0_0__swap;

  flight_tile tile_0_0
  (
    .act( tile_0_0__act ),
    .clk( tile_0_0__clk ),
    .code( tile_0_0__code ),
    .load( tile_0_0__load ),
    .reset( tile_0_0__reset ),
    .sum_in( tile_0_0__sum_in ),
    .sum_out( tile_0_0__sum_out ),
    .swap( tile_0_0__swap )
  );

  logic [63:0] tile_1_0__act;
  logic [0:0] tile_1_0__clk;
  logic [127:0] tile_1_0__code;
  logic [1:0] tile_1_0__load;
  logic [0:0] tile_1_0__reset;
  logic [75:0] tile_1_0__sum_in;
  logic [75:0] tile_1_0__sum_out;
  logic [0:0] tile_1_0__swap;

  flight_tile tile_1_0
  (
    .act( tile_1_0__act ),
    .clk( tile_1_0__clk ),
    .code( tile_1_0__code ),
    .load( tile_1_0__load ),
    .reset( tile_1_0__reset ),
    .sum_in( tile_1_0__sum_in ),
    .sum_out( tile_1_0__sum_out ),
    .swap( tile_1_0__swap )
  );

  assign tile_0_0__clk = clk;
  assign tile_0_0__reset = reset;
  assign act_0_0__clk = clk;
  assign act_0_0__reset = reset;
  assign swap_0_0__clk = clk;
  assign swap_0_0__reset = reset;
  assign act_0_0__in_ = act[63:0];
  assign swap_0_0__in_ = swap;
  assign tile_0_0__act = act_0_0__out;
  assign tile_0_0__swap = swap_0_0__out;
  assign tile_0_0__code = code[127:0];
  assign tile_0_0__load = load[1:0];
  assign tile_0_0__sum_in = 76'd0;
  assign sum_0_0__clk = clk;
  assign sum_0_0__reset = reset;
  assign sum_0_0__in_ = tile_0_0__sum_out;
  assign tile_1_0__clk = clk;
  assign tile_1_0__reset = reset;
  assign act_1_0__clk = clk;
  assign act_1_0__reset = reset;
  assign swap_1_0__clk = clk;
  assign swap_1_0__reset = reset;
  assign act_1_0__in_ = act[127:64];
  assign swap_1_0__in_ = swap;
  assign tile_1_0__act = act_1_0__out;
  assign tile_1_0__swap = swap_1_0__out;
  assign tile_1_0__code = code[127:0];
  assign tile_1_0__load = load[3:2];
  assign tile_1_0__sum_in = sum_0_0__out;
  assign sum_1_0__clk = clk;
  assign sum_1_0__reset = reset;
  assign sum_1_0__in_ = tile_1_0__sum_out;
  assign deskew_0__clk = clk;
  assign deskew_0__reset = reset;
  assign deskew_0__in_ = sum_1_0__out;
  assign sums[75:0] = deskew_0__out;

endmodule
