// Carry-save adders of compressor trees ($fa, from yosys' maccmap) on full- and half-adder cells. X is the carry, Y the sum.
// A constant-zero input makes a half adder; other constants are left to abc.
(* techmap_celltype = "$fa" *)
module flight_map_compressor (A, B, C, X, Y);
  parameter WIDTH = 1;
  (* force_downto *) input [WIDTH-1:0] A, B, C;
  (* force_downto *) output [WIDTH-1:0] X, Y;
  parameter _TECHMAP_CONSTMSK_A_ = 0;
  parameter _TECHMAP_CONSTVAL_A_ = 0;
  parameter _TECHMAP_CONSTMSK_B_ = 0;
  parameter _TECHMAP_CONSTVAL_B_ = 0;
  parameter _TECHMAP_CONSTMSK_C_ = 0;
  parameter _TECHMAP_CONSTVAL_C_ = 0;
  localparam [WIDTH-1:0] ANY = _TECHMAP_CONSTMSK_A_ | _TECHMAP_CONSTMSK_B_ | _TECHMAP_CONSTMSK_C_;
  localparam [WIDTH-1:0] A_ZERO = _TECHMAP_CONSTMSK_A_ & ~_TECHMAP_CONSTVAL_A_ & ~_TECHMAP_CONSTMSK_B_ & ~_TECHMAP_CONSTMSK_C_;
  localparam [WIDTH-1:0] B_ZERO = _TECHMAP_CONSTMSK_B_ & ~_TECHMAP_CONSTVAL_B_ & ~_TECHMAP_CONSTMSK_A_ & ~_TECHMAP_CONSTMSK_C_;
  localparam [WIDTH-1:0] C_ZERO = _TECHMAP_CONSTMSK_C_ & ~_TECHMAP_CONSTVAL_C_ & ~_TECHMAP_CONSTMSK_A_ & ~_TECHMAP_CONSTMSK_B_;
  genvar i;
  generate
    for (i = 0; i < WIDTH; i = i + 1) begin : bits
      if (!ANY[i]) flight_full_adder cell_fa (.A(A[i]), .B(B[i]), .CI(C[i]), .CO(X[i]), .S(Y[i]));
      else if (A_ZERO[i]) flight_half_adder cell_ha (.A(B[i]), .B(C[i]), .CO(X[i]), .S(Y[i]));
      else if (B_ZERO[i]) flight_half_adder cell_ha (.A(A[i]), .B(C[i]), .CO(X[i]), .S(Y[i]));
      else if (C_ZERO[i]) flight_half_adder cell_ha (.A(A[i]), .B(B[i]), .CO(X[i]), .S(Y[i]));
      else begin
        assign X[i] = (A[i] & B[i]) | (C[i] & (A[i] ^ B[i]));
        assign Y[i] = A[i] ^ B[i] ^ C[i];
      end
    end
  endgenerate
endmodule
