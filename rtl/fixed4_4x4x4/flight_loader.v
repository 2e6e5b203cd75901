// flight_loader: Ports: step, start/clear, program and code memory -> row loads, column settings, loaded; ``consumed`` frees the set.
// Generated from flightasic/hw/loader.py for array fixed4_4x4x4; do not edit.

module flight_loader
(
  input  logic [0:0] clear ,
  input  logic [0:0] clk ,
  output logic [0:0] code_en ,
  input  logic [0:0] code_ready ,
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
  output logic [0:0] set_clear ,
  output logic [1:0] set_k ,
  output logic [3:0] set_last ,
  output logic [15:0] set_offset ,
  output logic [2:0] set_position ,
  output logic [0:0] set_relu ,
  output logic [3:0] set_residual ,
  output logic [4:0] set_shift ,
  output logic [3:0] set_used ,
  output logic [15:0] set_word ,
  input  logic [0:0] start ,
  input  logic [511:0] step
);
  logic [0:0] begin_group;
  logic [0:0] first_pass;
  logic [11:0] group;
  logic [0:0] group_valid;
  logic [11:0] groups;
  logic [15:0] kblocks;
  logic [0:0] last_pass;
  logic [0:0] load_end;
  logic [2:0] load_row;
  logic [0:0] load_valid;
  logic [15:0] micro_base;
  logic [0:0] micro_valid;
  logic [15:0] pass_index;
  logic [15:0] passes;
  logic [2:0] row;
  logic [2:0] since;
  logic [2:0] state;

  logic [0:0] bad__clk;
  logic [0:0] bad__in_;
  logic [0:0] bad__out;
  logic [0:0] bad__reset;

  flight_delay_1_0 bad
  (
    .clk( bad__clk ),
    .in_( bad__in_ ),
    .out( bad__out ),
    .reset( bad__reset )
  );

  logic [0:0] decode__bad;
  logic [0:0] decode__clk;
  logic [0:0] decode__final_filter;
  logic [0:0] decode__reset;
  logic [23:0] decode__set_bias;
  logic [0:0] decode__set_clear;
  logic [1:0] decode__set_k;
  logic [3:0] decode__set_last;
  logic [15:0] decode__set_offset;
  logic [2:0] decode__set_position;
  logic [0:0] decode__set_relu;
  logic [3:0] decode__set_residual;
  logic [4:0] decode__set_shift;
  logic [3:0] decode__set_used;
  logic [15:0] decode__set_word;
  logic [0:0] decode__start;
  logic [0:0] decode__valid;
  logic [63:0] decode__word;

  flight_micro_decode decode
  (
    .bad( decode__bad ),
    .clk( decode__clk ),
    .final_filter( decode__final_filter ),
    .reset( decode__reset ),
    .set_bias( decode__set_bias ),
    .set_clear( decode__set_clear ),
    .set_k( decode__set_k ),
    .set_last( decode__set_last ),
    .set_offset( decode__set_offset ),
    .set_position( decode__set_position ),
    .set_relu( decode__set_relu ),
    .set_residual( decode__set_residual ),
    .set_shift( decode__set_shift ),
    .set_used( decode__set_used ),
    .set_word( decode__set_word ),
    .start( decode__start ),
    .valid( decode__valid ),
    .word( decode__word )
  );

  logic [0:0] decoded__clk;
  logic [79:0] decoded__in_;
  logic [79:0] decoded__out;
  logic [0:0] decoded__reset;

  flight_delay_80_0 decoded
  (
    .clk( decoded__clk ),
    .in_( decoded__in_ ),
    .out( decoded__out ),
    .reset( decoded__reset )
  );

  logic [0:0] walk__advance;
  logic [0:0] walk__clk;
  logic [63:0] walk__group_word;
  logic [0:0] walk__pass_end;
  logic [0:0] walk__reset;
  logic [0:0] walk__restart;
  logic [7:0] walk__row_kx;
  logic [7:0] walk__row_ky;
  logic [15:0] walk__row_offset;
  logic [0:0] walk__row_used;
  logic [511:0] walk__step;
  logic [0:0] walk__to_residual;

  flight_kernel_walk walk
  (
    .advance( walk__advance ),
    .clk( walk__clk ),
    .group_word( walk__group_word ),
    .pass_end( walk__pass_end ),
    .reset( walk__reset ),
    .restart( walk__restart ),
    .row_kx( walk__row_kx ),
    .row_ky( walk__row_ky ),
    .row_offset( walk__row_offset ),
    .row_used( walk__row_used ),
    .step( walk__step ),
    .to_residual( walk__to_residual )
  );

  always @* begin : up_codes
    code_en = code_ready & ( ( state == 3'd4 ) | ( ( ( state == 3'd1 ) & ( ~first_pass ) ) & ( since >= 3'd0 ) ) );
    load_end = load_valid & ( load_row == 3'd3 );
    walk__to_residual = pass_index == kblocks;
    row_load = 4'd0;
    for ( int unsigned i = 0; i < 4; i += 1 )
      row_load[2'(i)] = load_valid & ( load_row == 3'(i) );
  end

  always @* begin : up_group
    group_valid = state == 3'd2;
  end

  always @* begin : up_program
    begin_group = ( ( state == 3'd1 ) & first_pass ) & ( since >= 3'd5 );
    micro_valid = state == 3'd3;
    program_en = ( begin_group | ( state == 3'd2 ) ) | ( micro_valid & ( ~decode__final_filter ) );
  end

  always_ff @(posedge clk) begin : up_counters
    load_valid <= ( code_en & ( ~reset ) ) & ( ~clear );
    load_row <= row;
    if ( code_en ) begin
      row <= row + 3'd1;
      if ( row == 3'd3 ) begin
        row <= 3'd0;
        pass_index <= pass_index + 16'd1;
        first_pass <= last_pass;
        last_pass <= ( pass_index + 16'd2 ) == passes;
        if ( last_pass ) begin
          pass_index <= 16'd0;
          last_pass <= passes == 16'd1;
          group <= group + 12'd1;
        end
      end
    end
    if ( consumed ) begin
      since <= 3'd0;
    end
    else if ( since < 3'd5 ) begin
      since <= since + 3'd1;
    end
    if ( start ) begin
      since <= 3'd5;
      row <= 3'd0;
      pass_index <= 16'd0;
      first_pass <= 1'd1;
      last_pass <= passes == 16'd1;
      group <= 12'd0;
    end
  end

  always_ff @(posedge clk) begin : up_loaded
    if ( ( reset | clear ) | consumed ) begin
      loaded <= 1'd0;
    end
    else if ( load_end ) begin
      loaded <= 1'd1;
    end
  end

  always_ff @(posedge clk) begin : up_program_addr
    if ( start ) begin
      program_addr <= micro_base;
    end
    else if ( program_en ) begin
      program_addr <= program_addr + 16'd1;
    end
  end

  always_ff @(posedge clk) begin : up_state
    if ( reset | clear ) begin
      state <= 3'd0;
    end
    else if ( start ) begin
      state <= 3'd1;
    end
    else if ( begin_group ) begin
      state <= 3'd2;
    end
    else if ( group_valid ) begin
      state <= 3'd3;
    end
    else if ( micro_valid ) begin
      if ( decode__final_filter ) begin
        state <= 3'd4;
      end
    end
    else if ( code_en ) begin
      state <= 3'd4;
      if ( row == 3'd3 ) begin
        state <= 3'd5;
      end
    end
    else if ( consumed ) begin
      state <= 3'd1;
      if ( first_pass & ( group == groups ) ) begin
        state <= 3'd0;
      end
    end
  end

  assign kblocks = step[347:332];
  assign passes = step[363:348];
  assign groups = step[407:396];
  assign micro_base = step[439:424];
  assign decode__clk = clk;
  assign decode__reset = reset;
  assign walk__clk = clk;
  assign walk__reset = reset;
  assign decode__word = program_data;
  assign decode__start = group_valid;
  assign decode__valid = micro_valid;
  assign bad__clk = clk;
  assign bad__reset = reset;
  assign bad__in_ = decode__bad;
  assign error = bad__out;
  assign walk__step = step;
  assign walk__group_word = program_data;
  assign walk__restart = group_valid;
  assign walk__advance = load_valid;
  assign walk__pass_end = load_end;
  assign row_offset = walk__row_offset;
  assign row_kx = walk__row_kx;
  assign row_ky = walk__row_ky;
  assign row_used = walk__row_used;
  assign decoded__clk = clk;
  assign decoded__reset = reset;
  assign decoded__in_[0:0] = decode__set_clear;
  assign set_clear = decoded__out[0:0];
  assign decoded__in_[16:1] = decode__set_word;
  assign set_word = decoded__out[16:1];
  assign decoded__in_[20:17] = decode__set_used;
  assign set_used = decoded__out[20:17];
  assign decoded__in_[24:21] = decode__set_last;
  assign set_last = decoded__out[24:21];
  assign decoded__in_[40:25] = decode__set_offset;
  assign set_offset = decoded__out[40:25];
  assign decoded__in_[44:41] = decode__set_residual;
  assign set_residual = decoded__out[44:41];
  assign decoded__in_[46:45] = decode__set_k;
  assign set_k = decoded__out[46:45];
  assign decoded__in_[70:47] = decode__set_bias;
  assign set_bias = decoded__out[70:47];
  assign decoded__in_[75:71] = decode__set_shift;
  assign set_shift = decoded__out[75:71];
  assign decoded__in_[76:76] = decode__set_relu;
  assign set_relu = decoded__out[76:76];
  assign decoded__in_[79:77] = decode__set_position;
  assign set_position = decoded__out[79:77];

endmodule
