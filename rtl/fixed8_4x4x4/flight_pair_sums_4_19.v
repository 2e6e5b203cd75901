// flight_pair_sums_4_19: One level of a balanced tree of adders: ``count`` words -> the sums of the first half's words with the second half's.
// Generated from flightasic/hw/pe.py for array fixed8_4x4x4; do not edit.

module flight_pair_sums_4_19
(
  input  logic [0:0] clk ,
  input  logic [37:0] first ,
  output logic [37:0] out ,
  input  logic [0:0] reset ,
  input  logic [37:0] second
);

  always @* begin : up_sums
    for ( int unsigned i = 0; i < 2; i += 1 )
      out[6'(i) * 6'd19 +: 19] = first[6'(i) * 6'd19 +: 19] + second[6'(i) * 6'd19 +: 19];
  end

endmodule
