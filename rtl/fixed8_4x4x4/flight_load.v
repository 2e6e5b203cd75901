// flight_load: Ports: step, start/clear, busy/done, ``waiting`` for the first word, image stream, one-word bank write port.
// Generated from flightasic/hw/stream.py for array fixed8_4x4x4; do not edit.

module flight_load
(
  output logic [15:0] addr ,
  output logic [0:0] busy ,
  input  logic [0:0] clear ,
  input  logic [0:0] clk ,
  output logic [0:0] done ,
  output logic [0:0] image_last ,
  input  logic [0:0] quiet ,
  input  logic [0:0] reset ,
  input  logic [0:0] start ,
  input  logic [511:0] step ,
  input  logic [0:0] stops ,
  output logic [0:0] waiting ,
  output logic [31:0] write_data ,
  output logic [0:0] write_en ,
  input logic [31:0] image_msg  ,
  output logic [0:0] image_rdy  ,
  input logic [0:0] image_val
);
  logic [0:0] untouched;

  logic [15:0] walk__addr;
  logic [0:0] walk__clk;
  logic [0:0] walk__end_row;
  logic [0:0] walk__end_walk;
  logic [0:0] walk__moves;
  logic [15:0] walk__next_addr;
  logic [0:0] walk__reset;
  logic [0:0] walk__start;
  logic [511:0] walk__step;

  flight_row_walk walk
  (
    .addr( walk__addr ),
    .clk( walk__clk ),
    .end_row( walk__end_row ),
    .end_walk( walk__end_walk ),
    .moves( walk__moves ),
    .next_addr( walk__next_addr ),
    .reset( walk__reset ),
    .start( walk__start ),
    .step( walk__step )
  );

  always @* begin : up_handshake
    waiting = busy & untouched;
    image_rdy = ( busy & quiet ) & ( ~( untouched & stops ) );
    image_last = image_rdy & walk__end_walk;
    write_en = image_rdy & image_val;
    done = write_en & walk__end_walk;
  end

  always_ff @(posedge clk) begin : up_busy
    if ( reset | clear ) begin
      busy <= 1'd0;
    end
    else if ( start ) begin
      busy <= 1'd1;
      untouched <= 1'd1;
    end
    else if ( write_en ) begin
      busy <= ~walk__end_walk;
      untouched <= 1'd0;
    end
  end

  assign walk__clk = clk;
  assign walk__reset = reset;
  assign walk__step = step;
  assign walk__start = start;
  assign walk__moves = write_en;
  assign addr = walk__addr;
  assign write_data = image_msg;

endmodule
