// A lane's term is the product of what it takes of the activation and its code's magnitude, for every code and every activation.
//
// Written from docs/architecture.md and flightasic/formats.py, not from the unit: the code is decoded to a magnitude and multiplied. What
// is taken has no sign: the activation plus 128 (itself where activations have no sign), or for a negative code 127 less the activation.
// There is one instance per code, because a solver compares multiplications by constants at once, but two multipliers not in minutes.
module proof (
  input [7:0] act
);
`ifdef UNSIGNED
  wire signed [9:0] value = act[6:0];
  wire signed [9:0] raised = value;
`else
  wire signed [7:0] signed_act = act;
  wire signed [9:0] value = signed_act;
  wire signed [9:0] raised = value + 10'sd128;
`endif
  wire signed [9:0] complement = 10'sd127 - value;
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
      wire [7:0] taken = word[`CODE_BITS-1] ? complement[7:0] : raised[7:0];
      wire [`SUM_BITS-1:0] expected = taken * magnitude;
      wire [`SUM_BITS-1:0] term;
      `LANE dut (.clk(1'b0), .reset(1'b0), .act(act), .code(word), .term(term));
      always @* assert (term == expected);
    end
  endgenerate
endmodule
