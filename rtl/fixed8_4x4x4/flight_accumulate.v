// flight_accumulate: Ports: flags as the memory is read and with ``merged``, memory -> totals and their valid a cycle after ``merged``.
// Generated from flightasic/hw/accumulate.py for array fixed8_4x4x4; do not edit.

module flight_accumulate
(
  input  logic [0:0] clk ,
  input  logic [5:0] flags ,
  input  logic [5:0] flags_early ,
  output logic [0:0] group_out ,
  input  logic [95:0] merged ,
  output logic [7:0] read_addr ,
  input  logic [95:0] read_data ,
  output logic [0:0] read_en ,
  input  logic [0:0] reset ,
  input  logic [23:0] set_bias ,
  input  logic [3:0] set_last ,
  output logic [0:0] total_valid ,
  output logic [95:0] totals ,
  output logic [7:0] write_addr ,
  output logic [95:0] write_data ,
  output logic [0:0] write_en
);
  logic [0:0] finish;
  logic [7:0] pixel;

  logic [23:0] column_0__bias;
  logic [0:0] column_0__clk;
  logic [0:0] column_0__finish;
  logic [0:0] column_0__first;
  logic [0:0] column_0__group;
  logic [0:0] column_0__load;
  logic [23:0] column_0__merged;
  logic [0:0] column_0__reset;
  logic [23:0] column_0__stored;
  logic [23:0] column_0__sum;
  logic [23:0] column_0__total;

  flight_accumulate_column column_0
  (
    .bias( column_0__bias ),
    .clk( column_0__clk ),
    .finish( column_0__finish ),
    .first( column_0__first ),
    .group( column_0__group ),
    .load( column_0__load ),
    .merged( column_0__merged ),
    .reset( column_0__reset ),
    .stored( column_0__stored ),
    .sum( column_0__sum ),
    .total( column_0__total )
  );

  logic [23:0] column_1__bias;
  logic [0:0] column_1__clk;
  logic [0:0] column_1__finish;
  logic [0:0] column_1__first;
  logic [0:0] column_1__group;
  logic [0:0] column_1__load;
  logic [23:0] column_1__merged;
  logic [0:0] column_1__reset;
  logic [23:0] column_1__stored;
  logic [23:0] column_1__sum;
  logic [23:0] column_1__total;

  flight_accumulate_column column_1
  (
    .bias( column_1__bias ),
    .clk( column_1__clk ),
    .finish( column_1__finish ),
    .first( column_1__first ),
    .group( column_1__group ),
    .load( column_1__load ),
    .merged( column_1__merged ),
    .reset( column_1__reset ),
    .stored( column_1__stored ),
    .sum( column_1__sum ),
    .total( column_1__total )
  );

  logic [23:0] column_2__bias;
  logic [0:0] column_2__clk;
  logic [0:0] column_2__finish;
  logic [0:0] column_2__first;
  logic [0:0] column_2__group;
  logic [0:0] column_2__load;
  logic [23:0] column_2__merged;
  logic [0:0] column_2__reset;
  logic [23:0] column_2__stored;
  logic [23:0] column_2__sum;
  logic [23:0] column_2__total;

  flight_accumulate_column column_2
  (
    .bias( column_2__bias ),
    .clk( column_2__clk ),
    .finish( column_2__finish ),
    .first( column_2__first ),
    .group( column_2__group ),
    .load( column_2__load ),
    .merged( column_2__merged ),
    .reset( column_2__reset ),
    .stored( column_2__stored ),
    .sum( column_2__sum ),
    .total( column_2__total )
  );

  logic [23:0] column_3__bias;
  logic [0:0] column_3__clk;
  logic [0:0] column_3__finish;
  logic [0:0] column_3__first;
  logic [0:0] column_3__group;
  logic [0:0] column_3__load;
  logic [23:0] column_3__merged;
  logic [0:0] column_3__reset;
  logic [23:0] column_3__stored;
  logic [23:0] column_3__sum;
  logic [23:0] column_3__total;

  flight_accumulate_column column_3
  (
    .bias( column_3__bias ),
    .clk( column_3__clk ),
    .finish( column_3__finish ),
    .first( column_3__first ),
    .group( column_3__group ),
    .load( column_3__load ),
    .merged( column_3__merged ),
    .reset( column_3__reset ),
    .stored( column_3__stored ),
    .sum( column_3__sum ),
    .total( column_3__total )
  );

  logic [0:0] ends__clk;
  logic [1:0] ends__in_;
  logic [1:0] ends__out;
  logic [0:0] ends__reset;

  flight_delay_2_1 ends
  (
    .clk( ends__clk ),
    .in_( ends__in_ ),
    .out( ends__out ),
    .reset( ends__reset )
  );

  logic [0:0] sums__clk;
  logic [95:0] sums__in_;
  logic [95:0] sums__out;
  logic [0:0] sums__reset;

  flight_delay_96_0 sums
  (
    .clk( sums__clk ),
    .in_( sums__in_ ),
    .out( sums__out ),
    .reset( sums__reset )
  );

  logic [0:0] writes__clk;
  logic [0:0] writes__in_;
  logic [0:0] writes__out;
  logic [0:0] writes__reset;

  flight_delay_1_0 writes
  (
    .clk( writes__clk ),
    .in_( writes__in_ ),
    .out( writes__out ),
    .reset( writes__reset )
  );

  logic [0:0] written__clk;
  logic [7:0] written__in_;
  logic [7:0] written__out;
  logic [0:0] written__reset;

  flight_delay_8_1 written
  (
    .clk( written__clk ),
    .in_( written__in_ ),
    .out( written__out ),
    .reset( written__reset )
  );

  always @* begin : up_control
    read_en = flags_early[3'd0] & ( ~flags_early[3'd1] );
    finish = flags[3'd0] & flags[3'd2];
    writes__in_ = flags[3'd0] & ( ~flags[3'd2] );
  end

  always_ff @(posedge clk) begin : up_pixel
    if ( reset | flags_early[3'd4] ) begin
      pixel <= 8'd0;
    end
    else if ( flags_early[3'd0] ) begin
      if ( flags_early[3'd3] ) begin
        pixel <= 8'd0;
      end
      else
        pixel <= pixel + 8'd1;
    end
  end

  assign written__clk = clk;
  assign written__reset = reset;
  assign writes__clk = clk;
  assign writes__reset = reset;
  assign sums__clk = clk;
  assign sums__reset = reset;
  assign write_en = writes__out;
  assign write_data = sums__out;
  assign written__in_ = pixel;
  assign write_addr = written__out;
  assign read_addr = pixel;
  assign ends__clk = clk;
  assign ends__reset = reset;
  assign ends__in_[0:0] = finish;
  assign ends__in_[1:1] = flags[4:4];
  assign total_valid = ends__out[0:0];
  assign group_out = ends__out[1:1];
  assign column_0__clk = clk;
  assign column_0__reset = reset;
  assign column_0__merged = merged[23:0];
  assign column_0__stored = read_data[23:0];
  assign column_0__first = flags[1:1];
  assign column_0__group = flags[4:4];
  assign column_0__finish = finish;
  assign column_0__load = set_last[0:0];
  assign column_0__bias = set_bias;
  assign sums__in_[23:0] = column_0__sum;
  assign totals[23:0] = column_0__total;
  assign column_1__clk = clk;
  assign column_1__reset = reset;
  assign column_1__merged = merged[47:24];
  assign column_1__stored = read_data[47:24];
  assign column_1__first = flags[1:1];
  assign column_1__group = flags[4:4];
  assign column_1__finish = finish;
  assign column_1__load = set_last[1:1];
  assign column_1__bias = set_bias;
  assign sums__in_[47:24] = column_1__sum;
  assign totals[47:24] = column_1__total;
  assign column_2__clk = clk;
  assign column_2__reset = reset;
  assign column_2__merged = merged[71:48];
  assign column_2__stored = read_data[71:48];
  assign column_2__first = flags[1:1];
  assign column_2__group = flags[4:4];
  assign column_2__finish = finish;
  assign column_2__load = set_last[2:2];
  assign column_2__bias = set_bias;
  assign sums__in_[71:48] = column_2__sum;
  assign totals[71:48] = column_2__total;
  assign column_3__clk = clk;
  assign column_3__reset = reset;
  assign column_3__merged = merged[95:72];
  assign column_3__stored = read_data[95:72];
  assign column_3__first = flags[1:1];
  assign column_3__group = flags[4:4];
  assign column_3__finish = finish;
  assign column_3__load = set_last[3:3];
  assign column_3__bias = set_bias;
  assign sums__in_[95:72] = column_3__sum;
  assign totals[95:72] = column_3__total;

endmodule
