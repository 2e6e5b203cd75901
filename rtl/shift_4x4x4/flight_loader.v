// flight_loader: Ports: step, start/clear, program and code memory -> row loads, column settings, loaded; ``consumed`` frees the set.
// Generated from flightasic/hw/loader.py for array shift_4x4x4; do not edit.

module flight_loader
(
  input  logic [0:0] clear ,
  input  logic [0:0] clk ,
  output logic [15:0] code_addr ,
  output logic [0:0] code_en ,
  input  logic [0:0] consumed ,
  output logic [0:0] error ,
  output logic [0:0] loaded ,
  output logic [15:0] program_addr ,
  input  logic [63:0] program_data ,
  output logic [0:0] program_en ,
  input  logic [0:0] reset ,
  output logic [7:0] row_kx ,
  output logic [7:0] row_ky ,
  output logic [3:0] row_load ,
  output logic [15:0] row_offset ,
  output logic [0:0] row_used ,
  output logic [23:0] set_bias ,
  output logic [10:0] set_channel ,
  output logic [0:0] set_clear ,
  output logic [1:0] set_k ,
  output logic [3:0] set_last ,
  output logic [15:0] set_offset ,
  output logic [0:0] set_relu ,
  output logic [4:0] set_shift ,
  output logic [3:0] set_used ,
  input  logic [0:0] start ,
  input  logic [383:0] step
);
  logic [0:0] begin_micro;
  logic [15:0] code_base;
  logic [0:0] code_issue;
  logic [7:0] column;
  logic [11:0] group;
  logic [11:0] groups;
  logic [15:0] kblock;
  logic [15:0] kblocks;
  logic [5:0] load_row;
  logic [0:0] load_valid;
  logic [15:0] micro_addr;
  logic [15:0] micro_base;
  logic [0:0] micro_valid;
  logic [5:0] row;
  logic [7:0] since;
  logic [2:0] state;

  logic [0:0] decode__bad;
  logic [0:0] decode__clk;
  logic [7:0] decode__column;
  logic [0:0] decode__final_filter;
  logic [7:0] decode__next_column;
  logic [0:0] decode__reset;
  logic [23:0] decode__set_bias;
  logic [10:0] decode__set_channel;
  logic [0:0] decode__set_clear;
  logic [1:0] decode__set_k;
  logic [3:0] decode__set_last;
  logic [15:0] decode__set_offset;
  logic [0:0] decode__set_relu;
  logic [4:0] decode__set_shift;
  logic [3:0] decode__set_used;
  logic [0:0] decode__valid;
  logic [63:0] decode__word;

  flight_micro_decode decode
  (
    .bad( decode__bad ),
    .clk( decode__clk ),
    .column( decode__column ),
    .final_filter( decode__final_filter ),
    .next_column( decode__next_column ),
    .reset( decode__reset ),
    .set_bias( decode__set_bias ),
    .set_channel( decode__set_channel ),
    .set_clear( decode__set_clear ),
    .set_k( decode__set_k ),
    .set_last( decode__set_last ),
    .set_offset( decode__set_offset ),
    .set_relu( decode__set_relu ),
    .set_shift( decode__set_shift ),
    .set_used( decode__set_used ),
    .valid( decode__valid ),
    .word( decode__word )
  );

  logic [0:0] walk__advance;
  logic [0:0] walk__clk;
  logic [0:0] walk__reset;
  logic [0:0] walk__restart;
  logic [7:0] walk__row_kx;
  logic [7:0] walk__row_ky;
  logic [15:0] walk__row_offset;
  logic [0:0] walk__row_used;
  logic [383:0] walk__step;

  flight_kernel_walk walk
  (
    .advance( walk__advance ),
    .clk( walk__clk ),
    .reset( walk__reset ),
    .restart( walk__restart ),
    .row_kx( walk__row_kx ),
    .row_ky( walk__row_ky ),
    .row_offset( walk__row_offset ),
    .row_used( walk__row_used ),
    .step( walk__step )
  );

  always @* begin : up_control
    begin_micro = ( ( state == 3'd1 ) & ( kblock == 16'd0 ) ) & ( since >= 8'd5 );
    micro_valid = state == 3'd2;
    program_en = begin_micro | ( micro_valid & ( ~decode__final_filter ) );
    code_issue = ( state == 3'd3 ) | ( ( ( state == 3'd1 ) & ( kblock != 16'd0 ) ) & ( since >= 8'd0 ) );
    code_en = code_issue;
    row_load = 4'd0;
    for ( int unsigned i = 0; i < 4; i += 1 )
      row_load[2'(i)] = load_valid & ( load_row == 6'(i) );
  end

  always_ff @(posedge clk) begin : up_counters
    load_valid <= code_issue & ( ~reset );
    load_row <= row;
    row <= 6'd0;
    if ( code_issue ) begin
      code_addr <= code_addr + 16'd1;
      row <= row + 6'd1;
      if ( row == 6'd3 ) begin
        row <= 6'd0;
        kblock <= kblock + 16'd1;
        if ( ( kblock + 16'd1 ) == kblocks ) begin
          kblock <= 16'd0;
          group <= group + 12'd1;
        end
      end
    end
    if ( program_en ) begin
      micro_addr <= micro_addr + 16'd1;
    end
    if ( begin_micro ) begin
      column <= 8'd0;
    end
    else if ( micro_valid ) begin
      column <= decode__next_column;
    end
    if ( consumed ) begin
      since <= 8'd0;
    end
    else if ( since < 8'd5 ) begin
      since <= since + 8'd1;
    end
    if ( start ) begin
      since <= 8'd5;
      kblock <= 16'd0;
      group <= 12'd0;
      code_addr <= code_base;
      micro_addr <= micro_base;
    end
  end

  always_ff @(posedge clk) begin : up_loaded
    if ( ( reset | clear ) | consumed ) begin
      loaded <= 1'd0;
    end
    else if ( load_valid & ( load_row == 6'd3 ) ) begin
      loaded <= 1'd1;
    end
  end

  always_ff @(posedge clk) begin : up_state
    if ( reset | clear ) begin
      state <= 3'd0;
    end
    else if ( start ) begin
      state <= 3'd1;
    end
    else if ( begin_micro ) begin
      state <= 3'd2;
    end
    else if ( micro_valid ) begin
      if ( decode__final_filter ) begin
        state <= 3'd3;
      end
    end
    else if ( code_issue ) begin
      state <= 3'd3;
      if ( row == 6'd3 ) begin
        state <= 3'd4;
      end
    end
    else if ( consumed ) begin
      state <= 3'd1;
      if ( ( kblock == 16'd0 ) & ( group == groups ) ) begin
        state <= 3'd0;
      end
    end
  end

  assign kblocks = step[253:238];
  assign groups = step[281:270];
  assign code_base = step[297:282];
  assign micro_base = step[313:298];
  assign decode__clk = clk;
  assign decode__reset = reset;
  assign walk__clk = clk;
  assign walk__reset = reset;
  assign decode__word = program_data;
  assign decode__valid = micro_valid;
  assign decode__column = column;
  assign error = decode__bad;
  assign program_addr = micro_addr;
  assign walk__step = step;
  assign walk__advance = load_valid;
  assign walk__restart = begin_micro;
  assign row_offset = walk__row_offset;
  assign row_kx = walk__row_kx;
  assign row_ky = walk__row_ky;
  assign row_used = walk__row_used;
  assign set_clear = decode__set_clear;
  assign set_used = decode__set_used;
  assign set_last = decode__set_last;
  assign set_offset = decode__set_offset;
  assign set_k = decode__set_k;
  assign set_bias = decode__set_bias;
  assign set_shift = decode__set_shift;
  assign set_relu = decode__set_relu;
  assign set_channel = decode__set_channel;

endmodule
