// flight_out_queue: Two words between the banks and the result stream, so that what the host does now decides nothing before the next cycle.
// Generated from flightasic/hw/stream.py for array fixed8_4x4x4; do not edit.

module flight_out_queue
(
  input  logic [0:0] clear ,
  input  logic [0:0] clk ,
  output logic [0:0] full ,
  input  logic [0:0] put ,
  input  logic [0:0] reset ,
  output logic [0:0] result_last ,
  input  logic [31:0] word ,
  input  logic [0:0] word_last ,
  output logic [31:0] result_msg  ,
  input logic [0:0] result_rdy  ,
  output logic [0:0] result_val
);
  logic [0:0] head_stays;
  logic [31:0] later;
  logic [0:0] later_last;

  always @* begin : up_stays
    head_stays = result_val & ( ~result_rdy );
  end

  always_ff @(posedge clk) begin : up_queue
    if ( reset | clear ) begin
      full <= 1'd0;
      result_val <= 1'd0;
      result_last <= 1'd0;
    end
    else begin
      full <= head_stays & ( full | put );
      result_val <= ( head_stays | full ) | put;
      if ( ~head_stays ) begin
        result_last <= ( full & later_last ) | ( put & word_last );
      end
    end
  end

  always_ff @(posedge clk) begin : up_words
    if ( put ) begin
      later <= word;
      later_last <= word_last;
    end
    if ( ~head_stays ) begin
      result_msg <= word;
      if ( full ) begin
        result_msg <= later;
      end
    end
  end

endmodule
