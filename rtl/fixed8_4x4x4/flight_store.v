// flight_store: Ports: step, start/clear, busy/done, result stream, ``fetch`` of a line (the same index of every bank).
// Generated from flightasic/hw/stream.py for array fixed8_4x4x4; do not edit.

module flight_store
(
  output logic [0:0] busy ,
  input  logic [0:0] clear ,
  input  logic [0:0] clk ,
  output logic [0:0] done ,
  output logic [0:0] fetch ,
  output logic [9:0] fetch_index ,
  input  logic [127:0] line_data ,
  input  logic [0:0] reset ,
  output logic [0:0] result_last ,
  input  logic [0:0] start ,
  input  logic [511:0] step ,
  output logic [31:0] result_msg  ,
  input logic [0:0] result_rdy  ,
  output logic [0:0] result_val
);
  logic [31:0] arriving [0:3];
  logic [15:0] bank;
  logic [31:0] came;
  logic [0:0] comes;
  logic [0:0] end_line;
  logic [15:0] fetch_addr;
  logic [0:0] fresh;
  logic [31:0] kept;
  logic [0:0] last_bank;
  logic [31:0] line [0:3];
  logic [0:0] moves;
  logic [15:0] out_base;
  logic [0:0] ready;
  logic [0:0] starting;
  logic [31:0] word;

  logic [0:0] queue__clear;
  logic [0:0] queue__clk;
  logic [0:0] queue__full;
  logic [0:0] queue__put;
  logic [0:0] queue__reset;
  logic [0:0] queue__result_last;
  logic [31:0] queue__word;
  logic [0:0] queue__word_last;
  logic [31:0] queue__result_msg;
  logic [0:0] queue__result_rdy;
  logic [0:0] queue__result_val;

  flight_out_queue queue
  (
    .clear( queue__clear ),
    .clk( queue__clk ),
    .full( queue__full ),
    .put( queue__put ),
    .reset( queue__reset ),
    .result_last( queue__result_last ),
    .word( queue__word ),
    .word_last( queue__word_last ),
    .result_msg( queue__result_msg ),
    .result_rdy( queue__result_rdy ),
    .result_val( queue__result_val )
  );

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

  always @* begin : up_done
    done = ( result_val & result_rdy ) & result_last;
  end

  always @* begin : up_line
    bank = walk__addr & 16'd3;
    end_line = walk__end_row | last_bank;
    moves = ready & ( ~queue__full );
    fetch = starting | ( ( moves & end_line ) & ( ~walk__end_walk ) );
    fetch_addr = walk__next_addr;
    if ( starting ) begin
      fetch_addr = walk__addr;
    end
  end

  always @* begin : up_word
    kept = 32'd0;
    came = 32'd0;
    for ( int unsigned i = 0; i < 4; i += 1 )
      if ( bank == 16'(i) ) begin
        kept = line[2'(i)];
        came = arriving[2'(i)];
      end
    word = kept;
    if ( fresh ) begin
      word = came;
    end
  end

  always_ff @(posedge clk) begin : up_fetched
    if ( fresh ) begin
      for ( int unsigned i = 0; i < 4; i += 1 )
        line[2'(i)] <= arriving[2'(i)];
    end
  end

  always_ff @(posedge clk) begin : up_last_bank
    if ( start ) begin
      last_bank <= ( out_base & 16'd3 ) == 16'd3;
    end
    else if ( moves ) begin
      last_bank <= ( walk__next_addr & 16'd3 ) == 16'd3;
    end
  end

  always_ff @(posedge clk) begin : up_state
    if ( reset | clear ) begin
      busy <= 1'd0;
      starting <= 1'd0;
      fresh <= 1'd0;
      ready <= 1'd0;
    end
    else begin
      busy <= start | ( busy & ( ~done ) );
      starting <= start;
      fresh <= comes;
      ready <= comes | ( ready & ( ~( moves & end_line ) ) );
    end
  end

  assign fetch_index = fetch_addr[11:2];
  assign arriving[0] = line_data[31:0];
  assign arriving[1] = line_data[63:32];
  assign arriving[2] = line_data[95:64];
  assign arriving[3] = line_data[127:96];
  assign out_base = step[455:440];
  assign walk__clk = clk;
  assign walk__reset = reset;
  assign walk__step = step;
  assign walk__start = start;
  assign walk__moves = moves;
  assign queue__clk = clk;
  assign queue__reset = reset;
  assign queue__clear = clear;
  assign queue__put = moves;
  assign queue__word = word;
  assign queue__word_last = walk__end_walk;
  assign result_last = queue__result_last;
  assign result_msg = queue__result_msg;
  assign result_val = queue__result_val;
  assign queue__result_rdy = result_rdy;
  assign comes = fetch;

endmodule
