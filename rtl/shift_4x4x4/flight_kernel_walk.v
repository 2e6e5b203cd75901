// flight_kernel_walk: Counts the kernel words of a window, one per row load: address offset, kernel column and row, in use.
// Generated from flightasic/hw/loader.py for array shift_4x4x4; do not edit.

module flight_kernel_walk
(
  input  logic [0:0] advance ,
  input  logic [0:0] clk ,
  input  logic [0:0] reset ,
  input  logic [0:0] restart ,
  output logic [7:0] row_kx ,
  output logic [7:0] row_ky ,
  output logic [15:0] row_offset ,
  output logic [0:0] row_used ,
  input  logic [383:0] step
);
  logic [11:0] block;
  logic [11:0] cb;
  logic [7:0] kw;
  logic [15:0] kwords;
  logic [15:0] left;
  logic [15:0] row_skip;

  always @* begin : up_used
    row_used = left != 16'd0;
  end

  always_ff @(posedge clk) begin : up_walk
    if ( restart ) begin
      row_offset <= 16'd0;
      row_kx <= 8'd0;
      row_ky <= 8'd0;
      block <= 12'd0;
      left <= kwords;
    end
    else if ( advance ) begin
      row_offset <= row_offset + 16'd1;
      block <= block + 12'd1;
      if ( ( block + 12'd1 ) == cb ) begin
        block <= 12'd0;
        row_kx <= row_kx + 8'd1;
        if ( ( row_kx + 8'd1 ) == kw ) begin
          row_kx <= 8'd0;
          row_ky <= row_ky + 8'd1;
          row_offset <= row_offset + row_skip;
        end
      end
      if ( left != 16'd0 ) begin
        left <= left - 16'd1;
      end
    end
  end

  assign cb = step[221:210];
  assign kw = step[209:202];
  assign kwords = step[237:222];
  assign row_skip = step[269:254];

endmodule
