// flight_tile: Ports: act (tile_rows words), code (tile_cols elements' codes, shared by all rows), load (one bit a row), swap, sums.
// Generated from flightasic/hw/tile.py for array fixed4_4x4x4; do not edit.

module flight_tile
(
  input  logic [63:0] act ,
  input  logic [0:0] clk ,
  input  logic [63:0] code ,
  input  logic [1:0] load ,
  input  logic [0:0] reset ,
  input  logic [59:0] sum_in ,
  output logic [59:0] sum_out ,
  input  logic [0:0] swap
);

  logic [31:0] pe_0_0__act;
  logic [0:0] pe_0_0__clk;
  logic [15:0] pe_0_0__code;
  logic [0:0] pe_0_0__load;
  logic [0:0] pe_0_0__reset;
  logic [14:0] pe_0_0__sum_in;
  logic [14:0] pe_0_0__sum_out;
  logic [0:0] pe_0_0__swap;

  flight_processing_element pe_0_0
  (
    .act( pe_0_0__act ),
    .clk( pe_0_0__clk ),
    .code( pe_0_0__code ),
    .load( pe_0_0__load ),
    .reset( pe_0_0__reset ),
    .sum_in( pe_0_0__sum_in ),
    .sum_out( pe_0_0__sum_out ),
    .swap( pe_0_0__swap )
  );

  logic [31:0] pe_0_1__act;
  logic [0:0] pe_0_1__clk;
  logic [15:0] pe_0_1__code;
  logic [0:0] pe_0_1__load;
  logic [0:0] pe_0_1__reset;
  logic [14:0] pe_0_1__sum_in;
  logic [14:0] pe_0_1__sum_out;
  logic [0:0] pe_0_1__swap;

  flight_processing_element pe_0_1
  (
    .act( pe_0_1__act ),
    .clk( pe_0_1__clk ),
    .code( pe_0_1__code ),
    .load( pe_0_1__load ),
    .reset( pe_0_1__reset ),
    .sum_in( pe_0_1__sum_in ),
    .sum_out( pe_0_1__sum_out ),
    .swap( pe_0_1__swap )
  );

  logic [31:0] pe_0_2__act;
  logic [0:0] pe_0_2__clk;
  logic [15:0] pe_0_2__code;
  logic [0:0] pe_0_2__load;
  logic [0:0] pe_0_2__reset;
  logic [14:0] pe_0_2__sum_in;
  logic [14:0] pe_0_2__sum_out;
  logic [0:0] pe_0_2__swap;

  flight_processing_element pe_0_2
  (
    .act( pe_0_2__act ),
    .clk( pe_0_2__clk ),
    .code( pe_0_2__code ),
    .load( pe_0_2__load ),
    .reset( pe_0_2__reset ),
    .sum_in( pe_0_2__sum_in ),
    .sum_out( pe_0_2__sum_out ),
    .swap( pe_0_2__swap )
  );

  logic [31:0] pe_0_3__act;
  logic [0:0] pe_0_3__clk;
  logic [15:0] pe_0_3__code;
  logic [0:0] pe_0_3__load;
  logic [0:0] pe_0_3__reset;
  logic [14:0] pe_0_3__sum_in;
  logic [14:0] pe_0_3__sum_out;
  logic [0:0] pe_0_3__swap;

  flight_processing_element pe_0_3
  (
    .act( pe_0_3__act ),
    .clk( pe_0_3__clk ),
    .code( pe_0_3__code ),
    .load( pe_0_3__load ),
    .reset( pe_0_3__reset ),
    .sum_in( pe_0_3__sum_in ),
    .sum_out( pe_0_3__sum_out ),
    .swap( pe_0_3__swap )
  );

  logic [31:0] pe_1_0__act;
  logic [0:0] pe_1_0__clk;
  logic [15:0] pe_1_0__code;
  logic [0:0] pe_1_0__load;
  logic [0:0] pe_1_0__reset;
  logic [14:0] pe_1_0__sum_in;
  logic [14:0] pe_1_0__sum_out;
  logic [0:0] pe_1_0__swap;

  flight_processing_element pe_1_0
  (
    .act( pe_1_0__act ),
    .clk( pe_1_0__clk ),
    .code( pe_1_0__code ),
    .load( pe_1_0__load ),
    .reset( pe_1_0__reset ),
    .sum_in( pe_1_0__sum_in ),
    .sum_out( pe_1_0__sum_out ),
    .swap( pe_1_0__swap )
  );

  logic [31:0] pe_1_1__act;
  logic [0:0] pe_1_1__clk;
  logic [15:0] pe_1_1__code;
  logic [0:0] pe_1_1__load;
  logic [0:0] pe_1_1__reset;
  logic [14:0] pe_1_1__sum_in;
  logic [14:0] pe_1_1__sum_out;
  logic [0:0] pe_1_1__swap;

  flight_processing_element pe_1_1
  (
    .act( pe_1_1__act ),
    .clk( pe_1_1__clk ),
    .code( pe_1_1__code ),
    .load( pe_1_1__load ),
    .reset( pe_1_1__reset ),
    .sum_in( pe_1_1__sum_in ),
    .sum_out( pe_1_1__sum_out ),
    .swap( pe_1_1__swap )
  );

  logic [31:0] pe_1_2__act;
  logic [0:0] pe_1_2__clk;
  logic [15:0] pe_1_2__code;
  logic [0:0] pe_1_2__load;
  logic [0:0] pe_1_2__reset;
  logic [14:0] pe_1_2__sum_in;
  logic [14:0] pe_1_2__sum_out;
  logic [0:0] pe_1_2__swap;

  flight_processing_element pe_1_2
  (
    .act( pe_1_2__act ),
    .clk( pe_1_2__clk ),
    .code( pe_1_2__code ),
    .load( pe_1_2__load ),
    .reset( pe_1_2__reset ),
    .sum_in( pe_1_2__sum_in ),
    .sum_out( pe_1_2__sum_out ),
    .swap( pe_1_2__swap )
  );

  logic [31:0] pe_1_3__act;
  logic [0:0] pe_1_3__clk;
  logic [15:0] pe_1_3__code;
  logic [0:0] pe_1_3__load;
  logic [0:0] pe_1_3__reset;
  logic [14:0] pe_1_3__sum_in;
  logic [14:0] pe_1_3__sum_out;
  logic [0:0] pe_1_3__swap;

  flight_processing_element pe_1_3
  (
    .act( pe_1_3__act ),
    .clk( pe_1_3__clk ),
    .code( pe_1_3__code ),
    .load( pe_1_3__load ),
    .reset( pe_1_3__reset ),
    .sum_in( pe_1_3__sum_in ),
    .sum_out( pe_1_3__sum_out ),
    .swap( pe_1_3__swap )
  );

  assign pe_0_0__clk = clk;
  assign pe_0_0__reset = reset;
  assign pe_0_0__act = act[31:0];
  assign pe_0_0__code = code[15:0];
  assign pe_0_0__load = load[0:0];
  assign pe_0_0__swap = swap;
  assign pe_0_0__sum_in = sum_in[14:0];
  assign pe_1_0__clk = clk;
  assign pe_1_0__reset = reset;
  assign pe_1_0__act = act[63:32];
  assign pe_1_0__code = code[15:0];
  assign pe_1_0__load = load[1:1];
  assign pe_1_0__swap = swap;
  assign pe_1_0__sum_in = pe_0_0__sum_out;
  assign sum_out[14:0] = pe_1_0__sum_out;
  assign pe_0_1__clk = clk;
  assign pe_0_1__reset = reset;
  assign pe_0_1__act = act[31:0];
  assign pe_0_1__code = code[31:16];
  assign pe_0_1__load = load[0:0];
  assign pe_0_1__swap = swap;
  assign pe_0_1__sum_in = sum_in[29:15];
  assign pe_1_1__clk = clk;
  assign pe_1_1__reset = reset;
  assign pe_1_1__act = act[63:32];
  assign pe_1_1__code = code[31:16];
  assign pe_1_1__load = load[1:1];
  assign pe_1_1__swap = swap;
  assign pe_1_1__sum_in = pe_0_1__sum_out;
  assign sum_out[29:15] = pe_1_1__sum_out;
  assign pe_0_2__clk = clk;
  assign pe_0_2__reset = reset;
  assign pe_0_2__act = act[31:0];
  assign pe_0_2__code = code[47:32];
  assign pe_0_2__load = load[0:0];
  assign pe_0_2__swap = swap;
  assign pe_0_2__sum_in = sum_in[44:30];
  assign pe_1_2__clk = clk;
  assign pe_1_2__reset = reset;
  assign pe_1_2__act = act[63:32];
  assign pe_1_2__code = code[47:32];
  assign pe_1_2__load = load[1:1];
  assign pe_1_2__swap = swap;
  assign pe_1_2__sum_in = pe_0_2__sum_out;
  assign sum_out[44:30] = pe_1_2__sum_out;
  assign pe_0_3__clk = clk;
  assign pe_0_3__reset = reset;
  assign pe_0_3__act = act[31:0];
  assign pe_0_3__code = code[63:48];
  assign pe_0_3__load = load[0:0];
  assign pe_0_3__swap = swap;
  assign pe_0_3__sum_in = sum_in[59:45];
  assign pe_1_3__clk = clk;
  assign pe_1_3__reset = reset;
  assign pe_1_3__act = act[63:32];
  assign pe_1_3__code = code[63:48];
  assign pe_1_3__load = load[1:1];
  assign pe_1_3__swap = swap;
  assign pe_1_3__sum_in = pe_0_3__sum_out;
  assign sum_out[59:45] = pe_1_3__sum_out;

endmodule
