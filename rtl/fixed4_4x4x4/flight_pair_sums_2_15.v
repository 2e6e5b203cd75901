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
  logic [14:0] addends [0:0];
  logic [14:0] augends [0:0];
  logic [14:0] sums [0:0];

  always @* begin : up_sums
    for ( int unsigned i = 0; i < 1; i += 1 )
      sums[1'(i)] = augends[1'(i)] + addends[1'(i)];
  end

  assign augends[0] = first[14:0];
  assign addends[0] = second[14:0];
  assign out[14:0] = sums[0];

endmodule
