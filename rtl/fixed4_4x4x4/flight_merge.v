// flight_merge: Ports: sums (cols), flags -> merged (cols accumulator words) and flags, a cycle later (two with ``merge_regs``); settings.
// Generated from flightasic/hw/merge.py for array fixed4_4x4x4; do not edit.

module flight_merge
(
  input  logic [0:0] clk ,
  input  logic [5:0] flags ,
  output logic [5:0] flags_out ,
  output logic [95:0] merged ,
  input  logic [0:0] reset ,
  input  logic [0:0] set_clear ,
  input  logic [1:0] set_k ,
  input  logic [3:0] set_last ,
  input  logic [15:0] set_offset ,
  input  logic [3:0] set_residual ,
  input  logic [3:0] set_used ,
  input  logic [59:0] sums
);

  logic [0:0] column_0__clear;
  logic [0:0] column_0__clk;
  logic [0:0] column_0__group;
  logic [0:0] column_0__join_group;
  logic [0:0] column_0__join_valid;
  logic [1:0] column_0__k;
  logic [0:0] column_0__last;
  logic [23:0] column_0__left_1;
  logic [23:0] column_0__left_2;
  logic [0:0] column_0__load;
  logic [23:0] column_0__merged;
  logic [3:0] column_0__offset;
  logic [0:0] column_0__reset;
  logic [0:0] column_0__residual;
  logic [3:0] column_0__residual_offset;
  logic [23:0] column_0__shifted;
  logic [14:0] column_0__sum_in;
  logic [0:0] column_0__valid;

  flight_merge_column column_0
  (
    .clear( column_0__clear ),
    .clk( column_0__clk ),
    .group( column_0__group ),
    .join_group( column_0__join_group ),
    .join_valid( column_0__join_valid ),
    .k( column_0__k ),
    .last( column_0__last ),
    .left_1( column_0__left_1 ),
    .left_2( column_0__left_2 ),
    .load( column_0__load ),
    .merged( column_0__merged ),
    .offset( column_0__offset ),
    .reset( column_0__reset ),
    .residual( column_0__residual ),
    .residual_offset( column_0__residual_offset ),
    .shifted( column_0__shifted ),
    .sum_in( column_0__sum_in ),
    .valid( column_0__valid )
  );

  logic [0:0] column_1__clear;
  logic [0:0] column_1__clk;
  logic [0:0] column_1__group;
  logic [0:0] column_1__join_group;
  logic [0:0] column_1__join_valid;
  logic [1:0] column_1__k;
  logic [0:0] column_1__last;
  logic [23:0] column_1__left_1;
  logic [23:0] column_1__left_2;
  logic [0:0] column_1__load;
  logic [23:0] column_1__merged;
  logic [3:0] column_1__offset;
  logic [0:0] column_1__reset;
  logic [0:0] column_1__residual;
  logic [3:0] column_1__residual_offset;
  logic [23:0] column_1__shifted;
  logic [14:0] column_1__sum_in;
  logic [0:0] column_1__valid;

  flight_merge_column column_1
  (
    .clear( column_1__clear ),
    .clk( column_1__clk ),
    .group( column_1__group ),
    .join_group( column_1__join_group ),
    .join_valid( column_1__join_valid ),
    .k( column_1__k ),
    .last( column_1__last ),
    .left_1( column_1__left_1 ),
    .left_2( column_1__left_2 ),
    .load( column_1__load ),
    .merged( column_1__merged ),
    .offset( column_1__offset ),
    .reset( column_1__reset ),
    .residual( column_1__residual ),
    .residual_offset( column_1__residual_offset ),
    .shifted( column_1__shifted ),
    .sum_in( column_1__sum_in ),
    .valid( column_1__valid )
  );

  logic [0:0] column_2__clear;
  logic [0:0] column_2__clk;
  logic [0:0] column_2__group;
  logic [0:0] column_2__join_group;
  logic [0:0] column_2__join_valid;
  logic [1:0] column_2__k;
  logic [0:0] column_2__last;
  logic [23:0] column_2__left_1;
  logic [23:0] column_2__left_2;
  logic [0:0] column_2__load;
  logic [23:0] column_2__merged;
  logic [3:0] column_2__offset;
  logic [0:0] column_2__reset;
  logic [0:0] column_2__residual;
  logic [3:0] column_2__residual_offset;
  logic [23:0] column_2__shifted;
  logic [14:0] column_2__sum_in;
  logic [0:0] column_2__valid;

  flight_merge_column column_2
  (
    .clear( column_2__clear ),
    .clk( column_2__clk ),
    .group( column_2__group ),
    .join_group( column_2__join_group ),
    .join_valid( column_2__join_valid ),
    .k( column_2__k ),
    .last( column_2__last ),
    .left_1( column_2__left_1 ),
    .left_2( column_2__left_2 ),
    .load( column_2__load ),
    .merged( column_2__merged ),
    .offset( column_2__offset ),
    .reset( column_2__reset ),
    .residual( column_2__residual ),
    .residual_offset( column_2__residual_offset ),
    .shifted( column_2__shifted ),
    .sum_in( column_2__sum_in ),
    .valid( column_2__valid )
  );

  logic [0:0] column_3__clear;
  logic [0:0] column_3__clk;
  logic [0:0] column_3__group;
  logic [0:0] column_3__join_group;
  logic [0:0] column_3__join_valid;
  logic [1:0] column_3__k;
  logic [0:0] column_3__last;
  logic [23:0] column_3__left_1;
  logic [23:0] column_3__left_2;
  logic [0:0] column_3__load;
  logic [23:0] column_3__merged;
  logic [3:0] column_3__offset;
  logic [0:0] column_3__reset;
  logic [0:0] column_3__residual;
  logic [3:0] column_3__residual_offset;
  logic [23:0] column_3__shifted;
  logic [14:0] column_3__sum_in;
  logic [0:0] column_3__valid;

  flight_merge_column column_3
  (
    .clear( column_3__clear ),
    .clk( column_3__clk ),
    .group( column_3__group ),
    .join_group( column_3__join_group ),
    .join_valid( column_3__join_valid ),
    .k( column_3__k ),
    .last( column_3__last ),
    .left_1( column_3__left_1 ),
    .left_2( column_3__left_2 ),
    .load( column_3__load ),
    .merged( column_3__merged ),
    .offset( column_3__offset ),
    .reset( column_3__reset ),
    .residual( column_3__residual ),
    .residual_offset( column_3__residual_offset ),
    .shifted( column_3__shifted ),
    .sum_in( column_3__sum_in ),
    .valid( column_3__valid )
  );

  logic [0:0] delay__clk;
  logic [5:0] delay__in_;
  logic [5:0] delay__out;
  logic [0:0] delay__reset;

  flight_delay_6_1 delay
  (
    .clk( delay__clk ),
    .in_( delay__in_ ),
    .out( delay__out ),
    .reset( delay__reset )
  );

  assign delay__clk = clk;
  assign delay__reset = reset;
  assign delay__in_ = flags;
  assign flags_out = delay__out;
  assign column_0__clk = clk;
  assign column_0__reset = reset;
  assign column_0__sum_in = sums[14:0];
  assign merged[23:0] = column_0__merged;
  assign column_0__valid = flags[0:0];
  assign column_0__group = flags[4:4];
  assign column_0__join_valid = flags[0:0];
  assign column_0__join_group = flags[4:4];
  assign column_0__load = set_used[0:0];
  assign column_0__clear = set_clear;
  assign column_0__offset = set_offset[3:0];
  assign column_0__residual = flags[5:5];
  assign column_0__residual_offset = set_residual;
  assign column_0__last = set_last[0:0];
  assign column_0__k = set_k;
  assign column_0__left_1 = 24'd0;
  assign column_0__left_2 = 24'd0;
  assign column_1__clk = clk;
  assign column_1__reset = reset;
  assign column_1__sum_in = sums[29:15];
  assign merged[47:24] = column_1__merged;
  assign column_1__valid = flags[0:0];
  assign column_1__group = flags[4:4];
  assign column_1__join_valid = flags[0:0];
  assign column_1__join_group = flags[4:4];
  assign column_1__load = set_used[1:1];
  assign column_1__clear = set_clear;
  assign column_1__offset = set_offset[7:4];
  assign column_1__residual = flags[5:5];
  assign column_1__residual_offset = set_residual;
  assign column_1__last = set_last[1:1];
  assign column_1__k = set_k;
  assign column_1__left_1 = column_0__shifted;
  assign column_1__left_2 = 24'd0;
  assign column_2__clk = clk;
  assign column_2__reset = reset;
  assign column_2__sum_in = sums[44:30];
  assign merged[71:48] = column_2__merged;
  assign column_2__valid = flags[0:0];
  assign column_2__group = flags[4:4];
  assign column_2__join_valid = flags[0:0];
  assign column_2__join_group = flags[4:4];
  assign column_2__load = set_used[2:2];
  assign column_2__clear = set_clear;
  assign column_2__offset = set_offset[11:8];
  assign column_2__residual = flags[5:5];
  assign column_2__residual_offset = set_residual;
  assign column_2__last = set_last[2:2];
  assign column_2__k = set_k;
  assign column_2__left_1 = column_1__shifted;
  assign column_2__left_2 = column_0__shifted;
  assign column_3__clk = clk;
  assign column_3__reset = reset;
  assign column_3__sum_in = sums[59:45];
  assign merged[95:72] = column_3__merged;
  assign column_3__valid = flags[0:0];
  assign column_3__group = flags[4:4];
  assign column_3__join_valid = flags[0:0];
  assign column_3__join_group = flags[4:4];
  assign column_3__load = set_used[3:3];
  assign column_3__clear = set_clear;
  assign column_3__offset = set_offset[15:12];
  assign column_3__residual = flags[5:5];
  assign column_3__residual_offset = set_residual;
  assign column_3__last = set_last[3:3];
  assign column_3__k = set_k;
  assign column_3__left_1 = column_2__shifted;
  assign column_3__left_2 = column_1__shifted;

endmodule
