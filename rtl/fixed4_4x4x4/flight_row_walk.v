// flight_row_walk: Address of each word of a transfer and of the one after it; which words end a row and the walk.
// Generated from flightasic/hw/stream.py for array fixed4_4x4x4; do not edit.

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
  logic [15:0] column;
  logic [15:0] columns;
  logic [15:0] kwords;
  logic [15:0] out_base;
  logic [9:0] out_h;
  logic [9:0] row;
  logic [15:0] row_skip;
  logic [9:0] rows;
  logic [15:0] skip;

  always @* begin : up_ends
    end_row = ( column + 16'd1 ) == columns;
    end_walk = end_row & ( ( row + 10'd1 ) == rows );
    next_addr = addr + 16'd1;
    if ( end_row ) begin
      next_addr = addr + skip;
    end
  end

  always_ff @(posedge clk) begin : up_walk
    if ( start ) begin
      columns <= kwords;
      rows <= out_h;
      skip <= row_skip;
      addr <= out_base;
      column <= 16'd0;
      row <= 10'd0;
    end
    else if ( moves ) begin
      addr <= next_addr;
      column <= column + 16'd1;
      if ( end_row ) begin
        column <= 16'd0;
        row <= row + 10'd1;
      end
    end
  end

  assign kwords = step[331:316];
  assign row_skip = step[395:380];
  assign out_h = step[35:26];
  assign out_base = step[455:440];

endmodule
