// flight_pair_sums_2_15: One level of a balanced tree of adders: ``count`` words -> the sums of the first half's words with the second half's.
// Generated from flightasic/hw/pe.py for array fixed4_4x4x4; do not edit.

module flight_pair_sums_2_15
(
  input  logic [0:0] clk ,
  input  logic [14:0] first ,
  output logic [14:0] out ,
  input  logic [0:0] reset ,
  input  logic [14:0] second
);

  always @* begin : up_sums
    for ( int unsigned i = 0; i < 1; i += 1 )
      out[4'(i) * 4'd15 +: 15] = first[4'(i) * 4'd15 +: 15] + second[4'(i) * 4'd15 +: 15];
  end

endmodule
