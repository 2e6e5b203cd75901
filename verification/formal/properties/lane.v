// A lane's term is the signed product of its activation and its code, for every code and every activation.
//
// Written from docs/architecture.md and flightasic/formats.py, not from the unit: the code is decoded to an integer and multiplied. A
// negative code's activation comes complemented, so its product is off by a multiple of the code's magnitude; every term carries TERM_OFFSET. Sums are
// modulo 2^SUM_BITS, as in the array. There is one instance per code, because a solver compares multiplications by constants at once,
// but two multipliers not in minutes.
module proof (
  input [7:0] act
);
`ifdef UNSIGNED
  wire signed [7:0] value = act[6:0];
`else
  wire signed [7:0] value = act;
`endif
  genvar i;
  generate
    for (i = 0; i < (1 << `CODE_BITS); i = i + 1) begin : code
      wire [`CODE_BITS-1:0] word = i;
      wire [`CODE_BITS-2:0] low = word[`CODE_BITS-2:0];
`ifdef SHIFT
      wire [7:0] magnitude = &low ? 8'd0 : 8'd1 << low;
`else
      wire [7:0] magnitude = low;
`endif
      wire negative = word[`CODE_BITS-1];
      wire signed [8:0] weight = negative ? -$signed({1'b0, magnitude}) : $signed({1'b0, magnitude});
      wire signed [16:0] product = value * weight;
      // What the complement of the activation is short of its negative: 1 with a sign, -127 without.
`ifdef UNSIGNED
      wire signed [`SUM_BITS-1:0] lacking = -127 * $signed({1'b0, magnitude});
`else
      wire signed [`SUM_BITS-1:0] lacking = $signed({1'b0, magnitude});
`endif
      wire signed [`SUM_BITS-1:0] wide = product;
      wire [`SUM_BITS-1:0] expected = wide - (negative ? lacking : 0) + `TERM_OFFSET;
      wire [`SUM_BITS-1:0] term;
      `LANE dut (.clk(1'b0), .reset(1'b0), .act(act), .code(word), .term(term));
      always @* assert (term == expected);
    end
  endgenerate
endmodule
