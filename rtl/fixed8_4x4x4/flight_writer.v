// flight_writer: Ports: pooled (cols activations) with valid -> address, word and byte enables of one write a cycle.
// Generated from flightasic/hw/writer.py for array fixed8_4x4x4; do not edit.

module flight_writer
(
  output logic [15:0] addr ,
  input  logic [0:0] clk ,
  output logic [31:0] data ,
  output logic [3:0] enable ,
  input  logic [0:0] group ,
  input  logic [31:0] pooled ,
  input  logic [0:0] reset ,
  input  logic [0:0] set_clear ,
  input  logic [3:0] set_last ,
  input  logic [2:0] set_position ,
  input  logic [15:0] set_word ,
  input  logic [0:0] start ,
  input  logic [511:0] step ,
  input  logic [0:0] valid
);
  logic [31:0] column_data [0:3];
  logic [3:0] column_enable [0:3];
  logic [0:0] done;
  logic [2:0] held_final;
  logic [15:0] held_word;
  logic [0:0] last_px;
  logic [0:0] last_py;
  logic [15:0] later_addr;
  logic [2:0] later_word;
  logic [15:0] leap;
  logic [2:0] next_final;
  logic [15:0] next_word;
  logic [15:0] out_base;
  logic [15:0] out_dx;
  logic [15:0] out_dy;
  logic [9:0] out_h;
  logic [9:0] out_w;
  logic [0:0] pending;
  logic [15:0] pixel_addr;
  logic [9:0] px;
  logic [9:0] py;
  logic [2:0] word;
  logic [0:0] writing;

  logic [0:0] column_0__clear;
  logic [0:0] column_0__clk;
  logic [31:0] column_0__data;
  logic [3:0] column_0__enable;
  logic [0:0] column_0__group;
  logic [0:0] column_0__load;
  logic [7:0] column_0__pooled;
  logic [2:0] column_0__position;
  logic [0:0] column_0__reset;
  logic [2:0] column_0__word;

  flight_writer_column column_0
  (
    .clear( column_0__clear ),
    .clk( column_0__clk ),
    .data( column_0__data ),
    .enable( column_0__enable ),
    .group( column_0__group ),
    .load( column_0__load ),
    .pooled( column_0__pooled ),
    .position( column_0__position ),
    .reset( column_0__reset ),
    .word( column_0__word )
  );

  logic [0:0] column_1__clear;
  logic [0:0] column_1__clk;
  logic [31:0] column_1__data;
  logic [3:0] column_1__enable;
  logic [0:0] column_1__group;
  logic [0:0] column_1__load;
  logic [7:0] column_1__pooled;
  logic [2:0] column_1__position;
  logic [0:0] column_1__reset;
  logic [2:0] column_1__word;

  flight_writer_column column_1
  (
    .clear( column_1__clear ),
    .clk( column_1__clk ),
    .data( column_1__data ),
    .enable( column_1__enable ),
    .group( column_1__group ),
    .load( column_1__load ),
    .pooled( column_1__pooled ),
    .position( column_1__position ),
    .reset( column_1__reset ),
    .word( column_1__word )
  );

  logic [0:0] column_2__clear;
  logic [0:0] column_2__clk;
  logic [31:0] column_2__data;
  logic [3:0] column_2__enable;
  logic [0:0] column_2__group;
  logic [0:0] column_2__load;
  logic [7:0] column_2__pooled;
  logic [2:0] column_2__position;
  logic [0:0] column_2__reset;
  logic [2:0] column_2__word;

  flight_writer_column column_2
  (
    .clear( column_2__clear ),
    .clk( column_2__clk ),
    .data( column_2__data ),
    .enable( column_2__enable ),
    .group( column_2__group ),
    .load( column_2__load ),
    .pooled( column_2__pooled ),
    .position( column_2__position ),
    .reset( column_2__reset ),
    .word( column_2__word )
  );

  logic [0:0] column_3__clear;
  logic [0:0] column_3__clk;
  logic [31:0] column_3__data;
  logic [3:0] column_3__enable;
  logic [0:0] column_3__group;
  logic [0:0] column_3__load;
  logic [7:0] column_3__pooled;
  logic [2:0] column_3__position;
  logic [0:0] column_3__reset;
  logic [2:0] column_3__word;

  flight_writer_column column_3
  (
    .clear( column_3__clear ),
    .clk( column_3__clk ),
    .data( column_3__data ),
    .enable( column_3__enable ),
    .group( column_3__group ),
    .load( column_3__load ),
    .pooled( column_3__pooled ),
    .position( column_3__position ),
    .reset( column_3__reset ),
    .word( column_3__word )
  );

  always @* begin : up_data
    data = 32'd0;
    enable = 4'd0;
    for ( int unsigned i = 0; i < 4; i += 1 ) begin
      data = data | column_data[2'(i)];
      if ( writing ) begin
        enable = enable | column_enable[2'(i)];
      end
    end
  end

  always @* begin : up_word
    writing = valid | pending;
    word = 3'd0;
    addr = pixel_addr + held_word;
    if ( pending ) begin
      word = later_word;
      addr = later_addr;
    end
    done = writing & ( word == held_final );
    leap = out_dx;
    if ( last_px ) begin
      leap = out_dy;
    end
  end

  always_ff @(posedge clk) begin : up_position
    later_word <= word + 3'd1;
    later_addr <= addr + 16'd1;
    if ( reset ) begin
      pending <= 1'd0;
    end
    else
      pending <= writing & ( ~done );
    if ( start ) begin
      pixel_addr <= out_base;
      px <= 10'd0;
      py <= 10'd0;
      last_px <= out_w == 10'd1;
      last_py <= out_h == 10'd1;
    end
    else if ( done ) begin
      pixel_addr <= pixel_addr + leap;
      px <= px + 10'd1;
      last_px <= ( px + 10'd2 ) == out_w;
      if ( last_px ) begin
        px <= 10'd0;
        py <= py + 10'd1;
        last_px <= out_w == 10'd1;
        last_py <= ( py + 10'd2 ) == out_h;
        if ( last_py ) begin
          pixel_addr <= out_base;
          py <= 10'd0;
          last_py <= out_h == 10'd1;
        end
      end
    end
  end

  always_ff @(posedge clk) begin : up_settings
    if ( set_clear ) begin
      next_word <= set_word;
    end
    if ( set_last != 4'd0 ) begin
      next_final <= set_position >> 2'd2;
    end
    if ( group ) begin
      held_word <= next_word;
      held_final <= next_final;
    end
  end

  assign out_w = step[25:16];
  assign out_h = step[35:26];
  assign out_base = step[455:440];
  assign out_dx = step[471:456];
  assign out_dy = step[487:472];
  assign column_0__clk = clk;
  assign column_0__reset = reset;
  assign column_0__pooled = pooled[7:0];
  assign column_0__word = word;
  assign column_0__group = group;
  assign column_0__load = set_last[0:0];
  assign column_0__clear = set_clear;
  assign column_0__position = set_position;
  assign column_data[0] = column_0__data;
  assign column_enable[0] = column_0__enable;
  assign column_1__clk = clk;
  assign column_1__reset = reset;
  assign column_1__pooled = pooled[15:8];
  assign column_1__word = word;
  assign column_1__group = group;
  assign column_1__load = set_last[1:1];
  assign column_1__clear = set_clear;
  assign column_1__position = set_position;
  assign column_data[1] = column_1__data;
  assign column_enable[1] = column_1__enable;
  assign column_2__clk = clk;
  assign column_2__reset = reset;
  assign column_2__pooled = pooled[23:16];
  assign column_2__word = word;
  assign column_2__group = group;
  assign column_2__load = set_last[2:2];
  assign column_2__clear = set_clear;
  assign column_2__position = set_position;
  assign column_data[2] = column_2__data;
  assign column_enable[2] = column_2__enable;
  assign column_3__clk = clk;
  assign column_3__reset = reset;
  assign column_3__pooled = pooled[31:24];
  assign column_3__word = word;
  assign column_3__group = group;
  assign column_3__load = set_last[3:3];
  assign column_3__clear = set_clear;
  assign column_3__position = set_position;
  assign column_data[3] = column_3__data;
  assign column_enable[3] = column_3__enable;

endmodule
