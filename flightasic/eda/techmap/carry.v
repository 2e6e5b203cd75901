// Sums and products as an FPGA is best at: every two-operand sum of its own a carry chain, every product a balanced tree of such sums.
// Left alone, yosys joins the sums of an element into one ($macc) and builds that of LUTs, at almost twice the number.
(* techmap_celltype = "$mul" *)
module flight_map_product (A, B, Y);
  parameter A_SIGNED = 0;
  parameter B_SIGNED = 0;
  parameter A_WIDTH = 1;
  parameter B_WIDTH = 1;
  parameter Y_WIDTH = 1;
  (* force_downto *) input [A_WIDTH-1:0] A;
  (* force_downto *) input [B_WIDTH-1:0] B;
  (* force_downto *) output [Y_WIDTH-1:0] Y;
  localparam LOW = (B_WIDTH + 1) / 2;
  wire _TECHMAP_FAIL_ = A_SIGNED || B_SIGNED;
  generate
    if (B_WIDTH > A_WIDTH) begin : swapped
      assign Y = B * A;
    end else if (B_WIDTH == 1) begin : row
      assign Y = A & {A_WIDTH{B}};
    end else begin : halves
      wire [A_WIDTH+LOW-1:0] low = A * B[LOW-1:0];
      wire [A_WIDTH+B_WIDTH-LOW-1:0] high = A * B[B_WIDTH-1:LOW];
      assign Y = low + {high, {LOW{1'b0}}};
    end
  endgenerate
endmodule

(* techmap_celltype = "$add $sub" *)
module flight_map_sum (A, B, Y);
  parameter A_SIGNED = 0;
  parameter B_SIGNED = 0;
  parameter A_WIDTH = 1;
  parameter B_WIDTH = 1;
  parameter Y_WIDTH = 1;
  parameter _TECHMAP_CELLTYPE_ = "";
  (* force_downto *) input [A_WIDTH-1:0] A;
  (* force_downto *) input [B_WIDTH-1:0] B;
  (* force_downto *) output [Y_WIDTH-1:0] Y;
  localparam MINUS = _TECHMAP_CELLTYPE_ == "$sub";
  wire [Y_WIDTH-1:0] X, CO;
  \$alu #(.A_SIGNED(A_SIGNED), .B_SIGNED(B_SIGNED), .A_WIDTH(A_WIDTH), .B_WIDTH(B_WIDTH), .Y_WIDTH(Y_WIDTH))
    _TECHMAP_REPLACE_ (.A(A), .B(B), .CI(MINUS), .BI(MINUS), .X(X), .Y(Y), .CO(CO));
endmodule
