// Splits carry-save adders ($fa: X carry, Y sum) into single bits and takes out what constants and equal inputs decide. Applied
// until nothing changes, for constants travel from adder to adder; what stays is a full adder, or a half adder with C = 0.
(* techmap_celltype = "$fa" *)
module flight_simplify_adder (A, B, C, X, Y);
  parameter WIDTH = 1;
  (* force_downto *) input [WIDTH-1:0] A, B, C;
  (* force_downto *) output [WIDTH-1:0] X, Y;
  parameter _TECHMAP_CONSTMSK_A_ = 0;
  parameter _TECHMAP_CONSTMSK_B_ = 0;
  parameter _TECHMAP_CONSTMSK_C_ = 0;
  parameter _TECHMAP_CONSTVAL_C_ = 0;
  parameter _TECHMAP_CONNMAP_A_ = 0;
  parameter _TECHMAP_CONNMAP_B_ = 0;
  parameter _TECHMAP_CONNMAP_C_ = 0;
  localparam A_KNOWN = WIDTH == 1 && _TECHMAP_CONSTMSK_A_;
  localparam B_KNOWN = WIDTH == 1 && _TECHMAP_CONSTMSK_B_;
  localparam C_KNOWN = WIDTH == 1 && _TECHMAP_CONSTMSK_C_;
  localparam C_ZERO = C_KNOWN && !_TECHMAP_CONSTVAL_C_;
  localparam AB_EQUAL = WIDTH == 1 && _TECHMAP_CONNMAP_A_ == _TECHMAP_CONNMAP_B_;
  localparam AC_EQUAL = WIDTH == 1 && _TECHMAP_CONNMAP_A_ == _TECHMAP_CONNMAP_C_;
  localparam BC_EQUAL = WIDTH == 1 && _TECHMAP_CONNMAP_B_ == _TECHMAP_CONNMAP_C_;
  wire _TECHMAP_FAIL_ = WIDTH == 1 && !A_KNOWN && !B_KNOWN && !AB_EQUAL && (C_ZERO || !C_KNOWN && !AC_EQUAL && !BC_EQUAL);
  genvar i;
  generate
    if (WIDTH > 1) begin
      for (i = 0; i < WIDTH; i = i + 1) begin : bits
        \$fa #(.WIDTH(1)) bit_fa (.A(A[i]), .B(B[i]), .C(C[i]), .X(X[i]), .Y(Y[i]));
      end
    end
    else if (AB_EQUAL) begin
      assign X = A;
      assign Y = C;
    end
    else if (AC_EQUAL) begin
      assign X = A;
      assign Y = B;
    end
    else if (BC_EQUAL) begin
      assign X = B;
      assign Y = A;
    end
    else if (A_KNOWN + B_KNOWN + C_KNOWN > 1) begin
      assign X = (A & B) | (C & (A | B));
      assign Y = A ^ B ^ C;
    end
    else if (A_KNOWN) \$fa #(.WIDTH(1)) turned_fa (.A(B), .B(C), .C(A), .X(X), .Y(Y));
    else if (B_KNOWN) \$fa #(.WIDTH(1)) turned_fa (.A(A), .B(C), .C(B), .X(X), .Y(Y));
    else begin
      assign X = A | B;
      assign Y = ~(A ^ B);
    end
  endgenerate
endmodule
