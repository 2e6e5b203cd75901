// flight_feed_row: One row: two sets of kernel word settings (offset, kernel column and row, in use), its address and its zero mask.
// Generated from flightasic/hw/feed.py for array fixed4_4x4x4; do not edit.

module flight_feed_row
(
  output logic [15:0] addr ,
  input  logic [15:0] base ,
  input  logic [0:0] clk ,
  input  logic [9:0] in_h ,
  input  logic [9:0] in_w ,
  input  logic [7:0] kx ,
  input  logic [7:0] ky ,
  input  logic [0:0] load ,
  input  logic [15:0] offset ,
  output logic [0:0] read ,
  input  logic [0:0] reset ,
  input  logic [0:0] residual ,
  input  logic [0:0] swap ,
  input  logic [0:0] used ,
  input  logic [0:0] valid ,
  input  logic [11:0] x ,
  input  logic [11:0] y
);
  logic [7:0] held_kx;
  logic [7:0] held_ky;
  logic [15:0] held_offset;
  logic [0:0] held_used;
  logic [7:0] next_kx;
  logic [7:0] next_ky;
  logic [15:0] next_offset;
  logic [0:0] next_used;
  logic [0:0] on_map;
  logic [11:0] row_x;
  logic [11:0] row_y;

  always @* begin : up_address
    addr = base + held_offset;
    row_x = x + { { 4 { 1'b0 } }, held_kx };
    row_y = y + { { 4 { 1'b0 } }, held_ky };
    on_map = ( row_x < { { 2 { 1'b0 } }, in_w } ) & ( row_y < { { 2 { 1'b0 } }, in_h } );
    read = ( valid & held_used ) & ( on_map | residual );
  end

  always_ff @(posedge clk) begin : up_settings
    if ( load ) begin
      next_offset <= offset;
      next_kx <= kx;
      next_ky <= ky;
      next_used <= used;
    end
    if ( swap ) begin
      held_offset <= next_offset;
      held_kx <= next_kx;
      held_ky <= next_ky;
      held_used <= next_used;
    end
  end

endmodule
