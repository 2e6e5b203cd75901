// flight_codes: Ports: step, start, ``streamed`` (low empties the ring), code stream, ready/take -> code memory ports.
// Generated from flightasic/hw/codes.py for array fixed8_4x4x4; do not edit.

module flight_codes
(
  input  logic [0:0] clk ,
  output logic [15:0] read_addr ,
  output logic [0:0] ready ,
  input  logic [0:0] reset ,
  input  logic [0:0] start ,
  input  logic [511:0] step ,
  input  logic [0:0] streamed ,
  input  logic [0:0] take ,
  output logic [15:0] write_addr ,
  output logic [127:0] write_data ,
  output logic [0:0] write_en ,
  input logic [127:0] code_msg  ,
  output logic [0:0] code_rdy  ,
  input logic [0:0] code_val
);
  logic [15:0] code_base;
  logic [13:0] count;
  logic [0:0] offered;
  logic [15:0] offset;
  logic [0:0] room;
  logic [0:0] some;

  always @* begin : up_handshake
    ready = ( ~streamed ) | some;
    room = ~count[4'd13];
    offered = room & code_val;
    code_rdy = streamed & room;
    write_en = streamed & offered;
    write_addr = read_addr + offset;
  end

  always @* begin : up_some
    some = count != 14'd0;
  end

  always_ff @(posedge clk) begin : up_address
    if ( reset ) begin
      read_addr <= 16'd0;
    end
    else if ( start & ( ~streamed ) ) begin
      read_addr <= code_base;
    end
    else if ( take ) begin
      read_addr <= read_addr + 16'd1;
    end
  end

  always_ff @(posedge clk) begin : up_count
    if ( reset | ( ~streamed ) ) begin
      count <= 14'd0;
    end
    else if ( offered & ( ~take ) ) begin
      count <= count + 14'd1;
    end
    else if ( take & ( ~offered ) ) begin
      count <= count - 14'd1;
    end
  end

  assign code_base = step[423:408];
  assign offset[12:0] = count[12:0];
  assign offset[15:13] = 3'd0;
  assign write_data = code_msg;

endmodule
