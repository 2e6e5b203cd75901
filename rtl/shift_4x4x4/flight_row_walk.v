// flight_row_walk: Address of each word of a transfer and of the one after it; which words end a row and the walk.
// Generated from flightasic/hw/stream.py for array shift_4x4x4; do not edit.

module flight_row_walk
(
  output logic [15:0] addr ,
  input  logic [0:0] clk ,
  output logic [0:0] end_row ,
  output logic [0:0] end_walk ,
  input  logic [0:0] moves ,
  output logic [15:0] next_addr ,
  input  logic [0:0] reset ,
  input  logic [0:0] start ,
  input  logic [511:0] step
);
  logic [15:0] columns;
  logic [15:0] columns_left;
  logic [15:0] kwords;
  logic [0:0] last_column;
  logic [0:0] last_row;
  logic [15:0] out_base;
  logic [9:0] out_h;
  logic [15:0] row_skip;
  logic [9:0] rows_left;
  logic [15:0] skip;

  always @* begin : up_ends
    end_row = last_column;
    end_walk = last_column & last_row;
    next_addr = addr + 16'd1;
    if ( end_row ) begin
      next_addr = addr + skip;
    end
  end

  always_ff @(posedge clk) begin : up_walk
    if ( start ) begin
      columns <= kwords;
      skip <= row_skip;
      addr <= out_base;
      columns_left <= kwords;
      rows_left <= out_h;
      last_column <= kwords == 16'd1;
      last_row <= out_h == 10'd1;
    end
    else if ( moves ) begin
      addr <= next_addr;
      columns_left <= columns_left - 16'd1;
      last_column <= columns_left == 16'd2;
      if ( end_row ) begin
        columns_left <= columns;
        rows_left <= rows_left - 10'd1;
        last_column <= columns == 16'd1;
        last_row <= rows_left == 10'd2;
      end
    end
  end

  assign kwords = step[331:316];
  assign row_skip = step[395:380];
  assign out_h = step[35:26];
  assign out_base = step[455:440];

endmodule
