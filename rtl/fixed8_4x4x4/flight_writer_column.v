// flight_writer_column: One column's destination: which word of the group, and its value placed in its lane.
// Generated from flightasic/hw/writer.py for array fixed8_4x4x4; do not edit.

module flight_writer_column
(
  input  logic [0:0] clear ,
  input  logic [0:0] clk ,
  output logic [31:0] data ,
  output logic [3:0] enable ,
  input  logic [0:0] group ,
  input  logic [0:0] load ,
  input  logic [7:0] pooled ,
  input  logic [2:0] position ,
  input  logic [0:0] reset ,
  input  logic [2:0] word
);
  logic [2:0] held_position;
  logic [0:0] held_used;
  logic [0:0] here;
  logic [2:0] lane;
  logic [2:0] next_position;
  logic [0:0] next_used;
  logic [7:0] placed [0:3];

  always @* begin : up_place
    here = held_used & ( ( held_position >> 2'd2 ) == word );
    lane = held_position & 3'd3;
    enable = 4'd0;
    for ( int unsigned i = 0; i < 4; i += 1 ) begin
      placed[2'(i)] = 8'd0;
      if ( here & ( lane == 3'(i) ) ) begin
        placed[2'(i)] = pooled;
        enable[2'(i)] = 1'd1;
      end
    end
  end

  always_ff @(posedge clk) begin : up_settings
    if ( load ) begin
      next_used <= 1'd1;
      next_position <= position;
    end
    else if ( clear ) begin
      next_used <= 1'd0;
    end
    if ( group ) begin
      held_used <= next_used;
      held_position <= next_position;
    end
  end

  assign data[7:0] = placed[0];
  assign data[15:8] = placed[1];
  assign data[23:16] = placed[2];
  assign data[31:24] = placed[3];

endmodule
