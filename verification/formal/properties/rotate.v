// The rotator moves word i - by (modulo the number of words) to place i.
module proof (
  input [`WORDS*`WIDTH-1:0] in,
  input [`PLACE_BITS-1:0] by
);
  wire [`WORDS*`WIDTH-1:0] out;
  `UNIT dut (.clk(1'b0), .reset(1'b0), .in_(in), .by(by), .out(out));
  genvar i;
  generate
    for (i = 0; i < `WORDS; i = i + 1) begin : place
      wire [`PLACE_BITS-1:0] from = i - by;
      always @* assert (out[i*`WIDTH +: `WIDTH] == in[from*`WIDTH +: `WIDTH]);
    end
  endgenerate
endmodule
