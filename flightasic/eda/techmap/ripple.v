// Carry-propagate adders ($alu) as chains of full-adder cells: the smallest and least switching adder of a standard-cell
// library, and the slowest. Counters (a constant operand) and short adders are left to abc.
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
  parameter _TECHMAP_CONSTVAL_A_ = 0;
  parameter _TECHMAP_CONSTMSK_B_ = 0;
  parameter _TECHMAP_CONSTVAL_B_ = 0;
  parameter _TECHMAP_CONSTMSK_CI_ = 0;
  parameter _TECHMAP_CONSTVAL_CI_ = 0;
  parameter _TECHMAP_CONSTMSK_BI_ = 0;
  parameter _TECHMAP_CONSTVAL_BI_ = 0;
  localparam [A_WIDTH-1:0] A_CONST = _TECHMAP_CONSTMSK_A_;
  localparam [B_WIDTH-1:0] B_CONST = _TECHMAP_CONSTMSK_B_;
  localparam PLAIN_ADD = _TECHMAP_CONSTMSK_BI_ && !_TECHMAP_CONSTVAL_BI_;
  localparam NO_CARRY_IN = _TECHMAP_CONSTMSK_CI_ && !_TECHMAP_CONSTVAL_CI_;
  wire _TECHMAP_FAIL_ = Y_WIDTH < 6 || &A_CONST || &B_CONST;

  // Operand bits known to be zero: zero extension, and the gaps below a tree's carries.
  localparam [Y_WIDTH-1:0] A_ZERO = zeros(A_WIDTH, A_SIGNED, _TECHMAP_CONSTMSK_A_ & ~_TECHMAP_CONSTVAL_A_);
  localparam [Y_WIDTH-1:0] B_ZERO = PLAIN_ADD ? zeros(B_WIDTH, B_SIGNED, _TECHMAP_CONSTMSK_B_ & ~_TECHMAP_CONSTVAL_B_) : {Y_WIDTH{1'b0}};
  function [Y_WIDTH-1:0] zeros;
    input integer width;
    input integer is_signed;
    input [Y_WIDTH-1:0] known;
    integer k;
    begin
      zeros = 0;
      for (k = 0; k < Y_WIDTH; k = k + 1)
        zeros[k] = k < width ? known[k] : (is_signed ? known[width-1] : 1'b1);
    end
  endfunction

  (* force_downto *) wire [Y_WIDTH-1:0] A_wide, B_wide;
  \$pos #(.A_SIGNED(A_SIGNED), .A_WIDTH(A_WIDTH), .Y_WIDTH(Y_WIDTH)) A_conv (.A(A), .Y(A_wide));
  \$pos #(.A_SIGNED(B_SIGNED), .A_WIDTH(B_WIDTH), .Y_WIDTH(Y_WIDTH)) B_conv (.A(B), .Y(B_wide));
  (* force_downto *) wire [Y_WIDTH-1:0] AA = A_wide;
  (* force_downto *) wire [Y_WIDTH-1:0] BB = B_wide ^ {Y_WIDTH{BI}};
  assign X = AA ^ BB;
  genvar i;
  generate
    for (i = 0; i < Y_WIDTH; i = i + 1) begin : bits
      wire carry;
      if (i == 0) assign carry = CI;
      else assign carry = CO[i-1];
      if (A_ZERO[i] && B_ZERO[i]) begin
        assign Y[i] = carry;
        assign CO[i] = 1'b0;
      end
      else if (A_ZERO[i]) flight_half_adder cell_ha (.A(BB[i]), .B(carry), .CO(CO[i]), .S(Y[i]));
      else if (B_ZERO[i]) flight_half_adder cell_ha (.A(AA[i]), .B(carry), .CO(CO[i]), .S(Y[i]));
      else if (i == 0 && NO_CARRY_IN) flight_half_adder cell_ha (.A(AA[i]), .B(BB[i]), .CO(CO[i]), .S(Y[i]));
      else flight_full_adder cell_fa (.A(AA[i]), .B(BB[i]), .CI(carry), .CO(CO[i]), .S(Y[i]));
    end
  endgenerate
endmodule
