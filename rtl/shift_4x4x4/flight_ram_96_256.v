// flight_ram_96_256: ``depth`` words of ``width`` bits; a read in the cycle of a write to the same word returns the old word.
// Generated from flightasic/hw/ram.py for array shift_4x4x4; do not edit.

module flight_ram_96_256
(
  input  logic [0:0] clk ,
  input  logic [7:0] read_addr ,
  output logic [95:0] read_data ,
  input  logic [0:0] read_en ,
  input  logic [0:0] reset ,
  input  logic [7:0] write_addr ,
  input  logic [95:0] write_data ,
  input  logic [0:0] write_en
);
  logic [95:0] words [0:255];

  always_ff @(posedge clk) begin : up_ports
    if ( read_en ) begin
      read_data <= words[read_addr];
    end
    if ( write_en ) begin
      words[write_addr] <= write_data;
    end
  end

endmodule
