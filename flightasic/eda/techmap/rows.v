// Products ($mul) as sums of their rows of partial products, at the width of the product's result: so the rows enter the compressor
// tree of the sum around them, and a product has no carry-propagate adder of its own.
(* techmap_celltype = "$mul" *)
module flight_map_rows (A, B, Y);
  parameter A_SIGNED = 0;
  parameter B_SIGNED = 0;
  parameter A_WIDTH = 1;
  parameter B_WIDTH = 1;
  parameter Y_WIDTH = 1;
  (* force_downto *) input [A_WIDTH-1:0] A;
  (* force_downto *) input [B_WIDTH-1:0] B;
  (* force_downto *) output [Y_WIDTH-1:0] Y;
  wire _TECHMAP_FAIL_ = A_SIGNED || B_SIGNED;
  wire [Y_WIDTH-1:0] wide = A;
  wire [Y_WIDTH*(B_WIDTH+1)-1:0] sums;
  assign sums[Y_WIDTH-1:0] = 0;
  genvar i;
  generate
    for (i = 0; i < B_WIDTH; i = i + 1) begin : rows
      wire [Y_WIDTH-1:0] row = (wide & {Y_WIDTH{B[i]}}) << i;
      assign sums[(i+1)*Y_WIDTH+:Y_WIDTH] = sums[i*Y_WIDTH+:Y_WIDTH] + row;
    end
  endgenerate
  assign Y = sums[B_WIDTH*Y_WIDTH+:Y_WIDTH];
endmodule
