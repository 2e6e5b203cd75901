// flight_stream: Ports: image and result streams of activation words, their place in the banks, phases from the sequencer.
// Generated from flightasic/hw/stream.py for array shift_4x4x4; do not edit.

module flight_stream
(
  input  logic [0:0] clk ,
  output logic [0:0] image_done ,
  input  logic [0:0] image_phase ,
  input  logic [15:0] in_base ,
  input  logic [15:0] in_row_words ,
  input  logic [15:0] in_rows ,
  input  logic [15:0] in_skip ,
  input  logic [15:0] out_base ,
  input  logic [15:0] out_words ,
  output logic [15:0] read_addr ,
  input  logic [31:0] read_data ,
  output logic [0:0] read_en ,
  input  logic [0:0] reset ,
  output logic [0:0] result_done ,
  input  logic [0:0] result_phase ,
  output logic [15:0] write_addr ,
  output logic [31:0] write_data ,
  output logic [0:0] write_en ,
  input logic [31:0] image_msg  ,
  output logic [0:0] image_rdy  ,
  input logic [0:0] image_val  ,
  output logic [31:0] result_msg  ,
  input logic [0:0] result_rdy  ,
  output logic [0:0] result_val
);
  logic [0:0] active;
  logic [15:0] column;
  logic [0:0] ready;
  logic [15:0] row;
  logic [15:0] sent;

  always @* begin : up_handshake
    image_rdy = image_phase & active;
    write_en = ( image_val & image_phase ) & active;
    image_done = ( write_en & ( ( column + 16'd1 ) == in_row_words ) ) & ( ( row + 16'd1 ) == in_rows );
    read_en = result_phase & ( ~ready );
    result_val = ready;
    result_done = ( ready & result_rdy ) & ( ( sent + 16'd1 ) == out_words );
  end

  always_ff @(posedge clk) begin : up_image
    active <= image_phase & ( ~image_done );
    if ( ~image_phase ) begin
      column <= 16'd0;
      row <= 16'd0;
      write_addr <= in_base;
    end
    else if ( write_en ) begin
      column <= column + 16'd1;
      write_addr <= write_addr + 16'd1;
      if ( ( column + 16'd1 ) == in_row_words ) begin
        column <= 16'd0;
        row <= row + 16'd1;
        write_addr <= write_addr + in_skip;
      end
    end
  end

  always_ff @(posedge clk) begin : up_result
    if ( reset | ( ~result_phase ) ) begin
      ready <= 1'd0;
      sent <= 16'd0;
      read_addr <= out_base;
    end
    else if ( ready ) begin
      if ( result_rdy ) begin
        ready <= 1'd0;
        sent <= sent + 16'd1;
        read_addr <= read_addr + 16'd1;
      end
    end
    else
      ready <= 1'd1;
  end

  assign write_data = image_msg;
  assign result_msg = read_data;

endmodule
