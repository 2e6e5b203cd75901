// flight_pair_sums_4_18: One level of a balanced tree of adders: ``count`` words -> the sums of the first half's words with the second half's.
// Generated from flightasic/hw/pe.py for array shift_4x4x4; do not edit.

module flight_pair_sums_4_18
(
  input  logic [0:0] clk ,
  input  logic [35:0] first ,
  output logic [35:0] out ,
  input  logic [0:0] reset ,
  input  logic [35:0] second
);

  always @* begin : up_sums
    for ( int unsigned i = 0; i < 2; i += 1 )
      out[6'(i) * 6'd18 +: 18] = first[6'(i) * 6'd18 +: 18] + second[6'(i) * 6'd18 +: 18];
  end

endmodule
