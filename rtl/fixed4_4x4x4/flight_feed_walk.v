// flight_feed_walk: Counters of a step: pixels of a pass in pool-window order, passes of a group, groups; base address and position.
// Generated from flightasic/hw/feed_walk.py for array fixed4_4x4x4; do not edit.

module flight_feed_walk
(
  output logic [15:0] base ,
  input  logic [0:0] clear ,
  input  logic [0:0] clk ,
  output logic [0:0] done ,
  output logic [5:0] flags ,
  input  logic [0:0] hold ,
  input  logic [0:0] loaded ,
  output logic [0:0] quiet ,
  input  logic [0:0] reset ,
  output logic [0:0] residual ,
  input  logic [0:0] start ,
  input  logic [511:0] step ,
  output logic [0:0] swap ,
  output logic [0:0] valid ,
  output logic [11:0] x ,
  output logic [11:0] y
);
  logic [15:0] a_px;
  logic [15:0] a_py;
  logic [15:0] a_start;
  logic [15:0] a_wx;
  logic [15:0] a_wy;
  logic [11:0] advance;
  logic [11:0] back;
  logic [15:0] by_px;
  logic [15:0] by_py;
  logic [15:0] by_wx;
  logic [15:0] by_wy;
  logic [0:0] drained;
  logic [3:0] draining;
  logic [0:0] end_pass;
  logic [0:0] end_px;
  logic [0:0] end_wx;
  logic [0:0] end_wy;
  logic [0:0] finishing;
  logic [0:0] first_pass;
  logic [11:0] group;
  logic [0:0] group_swap;
  logic [11:0] groups;
  logic [5:0] ii;
  logic [15:0] kblocks;
  logic [0:0] last_group;
  logic [0:0] last_pass;
  logic [0:0] last_phase;
  logic [0:0] last_px;
  logic [0:0] last_py;
  logic [0:0] last_window_pass;
  logic [0:0] last_wx;
  logic [0:0] last_wy;
  logic [15:0] leap;
  logic [11:0] leap_x;
  logic [11:0] leap_y;
  logic [0:0] moves;
  logic [0:0] next_residual;
  logic [9:0] out_h;
  logic [9:0] out_w;
  logic [0:0] pass_end;
  logic [15:0] pass_index;
  logic [15:0] passes;
  logic [5:0] phase;
  logic [3:0] pool;
  logic [9:0] px;
  logic [9:0] py;
  logic [15:0] r_px;
  logic [15:0] r_py;
  logic [15:0] r_start;
  logic [15:0] r_wx;
  logic [15:0] r_wy;
  logic [15:0] start_addr;
  logic [1:0] state;
  logic [0:0] step_end;
  logic [11:0] stride;
  logic [3:0] wx;
  logic [3:0] wy;
  logic [11:0] x_return;
  logic [11:0] x_start;
  logic [11:0] y_start;

  always @* begin : up_control
    first_pass = pass_index == 16'd0;
    end_wx = last_wx;
    end_wy = end_wx & last_wy;
    end_px = end_wy & last_px;
    end_pass = end_px & last_py;
    finishing = ( state == 2'd2 ) & last_pass;
    quiet = ( ~finishing ) & drained;
    valid = ( ( state == 2'd2 ) & ( phase == 6'd0 ) ) & ( ~hold );
    moves = ( ( state == 2'd2 ) & ( ~hold ) ) & ( ( ~last_pass ) | last_phase );
    pass_end = moves & end_pass;
    step_end = ( pass_end & last_pass ) & last_group;
    swap = ( loaded & ( ~hold ) ) & ( ( state == 2'd1 ) | ( pass_end & ( ~step_end ) ) );
    group_swap = swap & last_pass;
    if ( state == 2'd1 ) begin
      group_swap = swap & first_pass;
    end
    flags = { residual, group_swap, valid & end_pass, last_pass, first_pass, valid };
  end

  always @* begin : up_leap
    leap = by_wx;
    leap_x = stride;
    if ( end_wx ) begin
      leap = by_wy;
      leap_x = back;
    end
    if ( end_wy ) begin
      leap = by_px;
      leap_x = advance;
    end
    if ( end_px ) begin
      leap = by_py;
      leap_x = x_return;
    end
    leap_y = stride;
    if ( end_wy ) begin
      leap_y = back;
    end
    if ( end_px ) begin
      leap_y = advance;
    end
  end

  always @* begin : up_map
    next_residual = residual;
    if ( pass_end ) begin
      next_residual = ( ~last_pass ) & ( residual | last_window_pass );
    end
    start_addr = a_start;
    if ( next_residual ) begin
      start_addr = r_start;
    end
    by_wx = a_wx;
    by_wy = a_wy;
    by_px = a_px;
    by_py = a_py;
    if ( residual ) begin
      by_wx = r_wx;
      by_wy = r_wy;
      by_px = r_px;
      by_py = r_py;
    end
  end

  always_ff @(posedge clk) begin : up_position
    if ( ~hold ) begin
      phase <= 6'd0;
      last_phase <= ii == 6'd1;
      if ( ( state == 2'd2 ) & ( ~moves ) ) begin
        phase <= phase + 6'd1;
        last_phase <= ( phase + 6'd2 ) == ii;
      end
    end
    if ( swap ) begin
      wx <= 4'd0;
      wy <= 4'd0;
      px <= 10'd0;
      py <= 10'd0;
      last_wx <= pool == 4'd1;
      last_wy <= pool == 4'd1;
      last_px <= out_w == 10'd1;
      last_py <= out_h == 10'd1;
      base <= start_addr;
      x <= x_start;
      y <= y_start;
    end
    else if ( moves ) begin
      wx <= wx + 4'd1;
      last_wx <= ( wx + 4'd2 ) == pool;
      base <= base + leap;
      x <= x + leap_x;
      if ( end_wx ) begin
        wx <= 4'd0;
        wy <= wy + 4'd1;
        y <= y + leap_y;
        last_wx <= pool == 4'd1;
        last_wy <= ( wy + 4'd2 ) == pool;
      end
      if ( end_wy ) begin
        wy <= 4'd0;
        px <= px + 10'd1;
        last_wy <= pool == 4'd1;
        last_px <= ( px + 10'd2 ) == out_w;
      end
      if ( end_px ) begin
        px <= 10'd0;
        py <= py + 10'd1;
        last_px <= out_w == 10'd1;
        last_py <= ( py + 10'd2 ) == out_h;
      end
    end
  end

  always_ff @(posedge clk) begin : up_state
    if ( reset | clear ) begin
      state <= 2'd0;
    end
    else if ( start ) begin
      state <= 2'd1;
      pass_index <= 16'd0;
      last_pass <= passes == 16'd1;
      last_window_pass <= kblocks == 16'd1;
      group <= 12'd0;
      last_group <= groups == 12'd1;
    end
    else if ( swap ) begin
      state <= 2'd2;
    end
    else if ( pass_end ) begin
      state <= 2'd1;
      if ( step_end ) begin
        state <= 2'd3;
      end
    end
    else if ( done ) begin
      state <= 2'd0;
    end
    if ( reset ) begin
      draining <= 4'd0;
      drained <= 1'd1;
    end
    else if ( finishing ) begin
      draining <= 4'd10;
      drained <= 1'd0;
    end
    else if ( ~drained ) begin
      draining <= draining - 4'd1;
      drained <= draining == 4'd1;
    end
    done <= ( ( ( state == 2'd3 ) & ( draining == 4'd1 ) ) & ( ~reset ) ) & ( ~clear );
    residual <= next_residual & ( ~start );
    if ( pass_end ) begin
      pass_index <= pass_index + 16'd1;
      last_pass <= ( pass_index + 16'd2 ) == passes;
      last_window_pass <= ( pass_index + 16'd2 ) == kblocks;
      if ( last_pass ) begin
        pass_index <= 16'd0;
        last_pass <= passes == 16'd1;
        last_window_pass <= kblocks == 16'd1;
        group <= group + 12'd1;
        last_group <= ( group + 12'd2 ) == groups;
      end
    end
  end

  assign pool = step[7:4];
  assign out_w = step[25:16];
  assign out_h = step[35:26];
  assign ii = step[61:56];
  assign a_start = step[79:64];
  assign a_wx = step[95:80];
  assign a_wy = step[111:96];
  assign a_px = step[127:112];
  assign a_py = step[143:128];
  assign x_start = step[235:224];
  assign y_start = step[247:236];
  assign r_start = step[159:144];
  assign r_wx = step[175:160];
  assign r_wy = step[191:176];
  assign r_px = step[207:192];
  assign r_py = step[223:208];
  assign stride = step[259:248];
  assign back = step[271:260];
  assign advance = step[283:272];
  assign x_return = step[295:284];
  assign kblocks = step[347:332];
  assign passes = step[363:348];
  assign groups = step[407:396];

endmodule
