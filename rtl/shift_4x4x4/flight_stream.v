// flight_stream: Ports: step, start/clear/done, ``waiting`` for a load's first word, image and result streams, one-word bank port.
// Generated from flightasic/hw/stream.py for array shift_4x4x4; do not edit.

module flight_stream
(
  output logic [15:0] addr ,
  input  logic [0:0] clear ,
  input  logic [0:0] clk ,
  output logic [0:0] done ,
  output logic [0:0] image_last ,
  input  logic [31:0] read_data ,
  output logic [0:0] read_en ,
  input  logic [0:0] reset ,
  output logic [0:0] result_last ,
  input  logic [0:0] start ,
  input  logic [511:0] step ,
  output logic [0:0] waiting ,
  output logic [31:0] write_data ,
  output logic [0:0] write_en ,
  input logic [31:0] image_msg  ,
  output logic [0:0] image_rdy  ,
  input logic [0:0] image_val  ,
  output logic [31:0] result_msg  ,
  input logic [0:0] result_rdy  ,
  output logic [0:0] result_val
);
  logic [15:0] column;
  logic [0:0] end_row;
  logic [0:0] end_walk;
  logic [15:0] kwords;
  logic [0:0] loading;
  logic [0:0] moves;
  logic [3:0] op;
  logic [15:0] out_base;
  logic [9:0] out_h;
  logic [9:0] row;
  logic [15:0] row_skip;
  logic [0:0] untouched;
  logic [0:0] walking;

  always @* begin : up_handshake
    image_rdy = ( walking & loading ) & ( ~clear );
    image_last = image_rdy & end_walk;
    write_en = image_rdy & image_val;
    read_en = ( walking & ( ~loading ) ) & ( ( ~result_val ) | result_rdy );
    moves = write_en | read_en;
    done = ( write_en & end_walk ) | ( ( result_val & result_rdy ) & result_last );
  end

  always @* begin : up_walk
    loading = op == 4'd2;
    end_row = ( column + 16'd1 ) == kwords;
    end_walk = end_row & ( ( row + 10'd1 ) == out_h );
    waiting = ( walking & loading ) & untouched;
  end

  always_ff @(posedge clk) begin : up_address
    if ( start ) begin
      untouched <= 1'd1;
      column <= 16'd0;
      row <= 10'd0;
      addr <= out_base;
    end
    else if ( moves ) begin
      untouched <= 1'd0;
      column <= column + 16'd1;
      addr <= addr + 16'd1;
      if ( end_row ) begin
        column <= 16'd0;
        row <= row + 10'd1;
        addr <= addr + row_skip;
      end
    end
  end

  always_ff @(posedge clk) begin : up_result
    if ( reset | clear ) begin
      result_val <= 1'd0;
      result_last <= 1'd0;
    end
    else if ( read_en ) begin
      result_val <= 1'd1;
      result_last <= end_walk;
    end
    else if ( result_rdy ) begin
      result_val <= 1'd0;
      result_last <= 1'd0;
    end
  end

  always_ff @(posedge clk) begin : up_state
    if ( reset | clear ) begin
      walking <= 1'd0;
    end
    else if ( start ) begin
      walking <= 1'd1;
    end
    else if ( moves & end_walk ) begin
      walking <= 1'd0;
    end
  end

  assign op = step[3:0];
  assign kwords = step[331:316];
  assign row_skip = step[395:380];
  assign out_h = step[35:26];
  assign out_base = step[455:440];
  assign write_data = image_msg;
  assign result_msg = read_data;

endmodule
