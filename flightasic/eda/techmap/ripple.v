// Carry-propagate adders ($alu) as chains of full adders: the smallest and least switching adder of a standard-cell library, and
// the slowest. Counters (a constant operand) and short adders are left to abc.
(* techmap_celltype = "$alu" *)
module flight_map_ripple (A, B, CI, BI, X, Y, CO);
  parameter A_SIGNED = 0;
  parameter B_SIGNED = 0;
  parameter A_WIDTH = 1;
  parameter B_WIDTH = 1;
  parameter Y_WIDTH = 1;
  (* force_downto *) input [A_WIDTH-1:0] A;
  (* force_downto *) input [B_WIDTH-1:0] B;
  input CI, BI;
  (* force_downto *) output [Y_WIDTH-1:0] X, Y, CO;
  parameter _TECHMAP_CONSTMSK_A_ = 0;
  parameter _TECHMAP_CONSTMSK_B_ = 0;
  localparam [A_WIDTH-1:0] A_CONST = _TECHMAP_CONSTMSK_A_;
  localparam [B_WIDTH-1:0] B_CONST = _TECHMAP_CONSTMSK_B_;
  wire _TECHMAP_FAIL_ = Y_WIDTH < 6 || &A_CONST || &B_CONST;
  (* force_downto *) wire [Y_WIDTH-1:0] A_wide, B_wide;
  \$pos #(.A_SIGNED(A_SIGNED), .A_WIDTH(A_WIDTH), .Y_WIDTH(Y_WIDTH)) A_conv (.A(A), .Y(A_wide));
  \$pos #(.A_SIGNED(B_SIGNED), .A_WIDTH(B_WIDTH), .Y_WIDTH(Y_WIDTH)) B_conv (.A(B), .Y(B_wide));
  (* force_downto *) wire [Y_WIDTH-1:0] BB = B_wide ^ {Y_WIDTH{BI}};
  assign X = A_wide ^ BB;
  (* force_downto *) wire [Y_WIDTH:0] carry = {CO, CI};
  genvar i;
  generate
    for (i = 0; i < Y_WIDTH; i = i + 1) begin : bits
      \$fa #(.WIDTH(1)) bit_fa (.A(A_wide[i]), .B(BB[i]), .C(carry[i]), .X(CO[i]), .Y(Y[i]));
    end
  endgenerate
endmodule
