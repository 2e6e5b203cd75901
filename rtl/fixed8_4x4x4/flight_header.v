// flight_header: What of the header is needed later, taken word by word as it arrives: is it ours, is it for this array, and its counts.
// Generated from flightasic/hw/sequencer.py for array fixed8_4x4x4; do not edit.

module flight_header
(
  input  logic [0:0] clk ,
  output logic [0:0] for_this ,
  input  logic [15:0] index ,
  output logic [0:0] known ,
  input  logic [0:0] reset ,
  output logic [15:0] steps ,
  output logic [0:0] streamed ,
  input  logic [0:0] take ,
  input  logic [63:0] word ,
  output logic [15:0] words
);
  logic [31:0] word_fingerprint;
  logic [15:0] word_magic;
  logic [15:0] word_steps;
  logic [0:0] word_streamed;
  logic [7:0] word_version;
  logic [15:0] word_words;

  always_ff @(posedge clk) begin : up_fields
    if ( take ) begin
      if ( index == 16'd0 ) begin
        known <= ( word_magic == 16'd61861 ) & ( word_version == 8'd3 );
        for_this <= word_fingerprint == 32'd420434810;
        streamed <= word_streamed;
      end
      else begin
        words <= word_words;
        steps <= word_steps;
      end
    end
  end

  assign word_magic = word[15:0];
  assign word_version = word[23:16];
  assign word_streamed = word[24:24];
  assign word_fingerprint = word[63:32];
  assign word_words = word[47:32];
  assign word_steps = word[63:48];

endmodule
