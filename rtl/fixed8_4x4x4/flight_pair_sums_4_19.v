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
  logic [18:0] addends [0:1];
  logic [18:0] augends [0:1];
  logic [18:0] sums [0:1];

  always @* begin : up_sums
    for ( int unsigned i = 0; i < 2; i += 1 )
      sums[1'(i)] = augends[1'(i)] + addends[1'(i)];
  end

  assign augends[0] = first[18:0];
  assign addends[0] = second[18:0];
  assign out[18:0] = sums[0];
  assign augends[1] = first[37:19];
  assign addends[1] = second[37:19];
  assign out[37:19] = sums[1];

endmodule
