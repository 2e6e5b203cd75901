// flight_merge_column: One column: shifts its own sum, adds the left neighbours' shifted sums; zero unless it is a filter's last column.
// Generated from flightasic/hw/merge.py for array shift_4x4x4; do not edit.

module flight_merge_column
(
  input  logic [0:0] clear ,
  input  logic [0:0] clk ,
  input  logic [0:0] group ,
  input  logic [0:0] join_group ,
  input  logic [0:0] join_valid ,
  input  logic [1:0] k ,
  input  logic [0:0] last ,
  input  logic [23:0] left_1 ,
  input  logic [23:0] left_2 ,
  input  logic [0:0] load ,
  output logic [23:0] merged ,
  input  logic [3:0] offset ,
  input  logic [0:0] reset ,
  input  logic [0:0] residual ,
  input  logic [3:0] residual_offset ,
  output logic [23:0] shifted ,
  input  logic [17:0] sum_in ,
  input  logic [0:0] valid
);
  logic [23:0] extended;
  logic [1:0] held_k;
  logic [3:0] held_offset;
  logic [3:0] held_residual;
  logic [23:0] joined_1;
  logic [23:0] joined_2;
  logic [23:0] moved;
  logic [1:0] next_k;
  logic [3:0] next_offset;
  logic [3:0] next_residual;
  logic [3:0] shift;
  logic [23:0] total;

  always @* begin : up_extended
    extended = { { 6 { 1'b0 } }, sum_in };
  end

  always @* begin : up_shift
    shift = held_offset;
    if ( residual ) begin
      shift = held_residual;
    end
    moved = extended << { { 20 { 1'b0 } }, shift };
  end

  always @* begin : up_total
    joined_1 = 24'd0;
    if ( held_k[1'd1] ) begin
      joined_1 = left_1;
    end
    joined_2 = 24'd0;
    if ( held_k == 2'd3 ) begin
      joined_2 = left_2;
    end
    total = ( shifted + joined_1 ) + joined_2;
  end

  always_ff @(posedge clk) begin : up_merged
    if ( join_valid ) begin
      merged <= 24'd0;
      if ( held_k != 2'd0 ) begin
        merged <= total;
      end
    end
  end

  always_ff @(posedge clk) begin : up_settings
    if ( load ) begin
      next_offset <= offset;
      next_residual <= residual_offset;
      next_k <= 2'd0;
      if ( last ) begin
        next_k <= k;
      end
    end
    else if ( clear ) begin
      next_k <= 2'd0;
    end
    if ( group ) begin
      held_offset <= next_offset;
      held_residual <= next_residual;
    end
    if ( join_group ) begin
      held_k <= next_k;
    end
  end

  assign shifted = moved;

endmodule
