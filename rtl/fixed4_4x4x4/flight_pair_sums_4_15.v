// flight_pair_sums_4_15: One level of a balanced tree of adders: ``count`` words -> the sums of the first half's words with the second half's.
// Generated from flightasic/hw/pe.py for array fixed4_4x4x4; do not edit.

module flight_pair_sums_4_15
(
  input  logic [0:0] clk ,
  input  logic [29:0] first ,
  output logic [29:0] out ,
  input  logic [0:0] reset ,
  input  logic [29:0] second
);

  always @* begin : up_sums
    for ( int unsigned i = 0; i < 2; i += 1 )
      out[5'(i) * 5'd15 +: 15] = first[5'(i) * 5'd15 +: 15] + second[5'(i) * 5'd15 +: 15];
  end

endmodule
