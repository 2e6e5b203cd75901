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
  logic [14:0] addends [0:1];
  logic [14:0] augends [0:1];
  logic [14:0] sums [0:1];

  always @* begin : up_sums
    for ( int unsigned i = 0; i < 2; i += 1 )
      sums[1'(i)] = augends[1'(i)] + addends[1'(i)];
  end

  assign augends[0] = first[14:0];
  assign addends[0] = second[14:0];
  assign out[14:0] = sums[0];
  assign augends[1] = first[29:15];
  assign addends[1] = second[29:15];
  assign out[29:15] = sums[1];

endmodule
