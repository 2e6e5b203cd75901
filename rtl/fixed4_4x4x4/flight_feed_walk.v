// flight_feed_walk: Counters of a step: pixels of a pass in pool-window order, passes of a group, groups; base address and position.
// Generated from flightasic/hw/feed.py for array fixed4_4x4x4; do not edit.

module flight_feed_walk
(
  output logic [15:0] base ,
  input  logic [0:0] clear ,
  input  logic [0:0] clk ,
  output logic [0:0] done ,
  output logic [4:0] flags ,
  input  logic [0:0] loaded ,
  input  logic [0:0] reset ,
  input  logic [0:0] start ,
  input  logic [383:0] step ,
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
  logic [0:0] advance;
  logic [11:0] back;
  logic [7:0] draining;
  logic [0:0] end_pass;
  logic [0:0] end_px;
  logic [0:0] end_wx;
  logic [0:0] end_wy;
  logic [0:0] first_pass;
  logic [11:0] group;
  logic [0:0] group_swap;
  logic [11:0] groups;
  logic [5:0] ii;
  logic [15:0] kblock;
  logic [15:0] kblocks;
  logic [0:0] last_pass;
  logic [9:0] out_h;
  logic [9:0] out_w;
  logic [0:0] pass_end;
  logic [5:0] phase;
  logic [3:0] pool;
  logic [9:0] px;
  logic [9:0] py;
  logic [1:0] state;
  logic [11:0] stride;
  logic [3:0] wx;
  logic [3:0] wy;
  logic [11:0] x_return;
  logic [11:0] x_start;
  logic [11:0] y_start;

  always @* begin : up_control
    first_pass = kblock == 16'd0;
    last_pass = ( kblock + 16'd1 ) == kblocks;
    end_wx = ( wx + 4'd1 ) == pool;
    end_wy = end_wx & ( ( wy + 4'd1 ) == pool );
    end_px = end_wy & ( ( px + 10'd1 ) == out_w );
    end_pass = end_px & ( ( py + 10'd1 ) == out_h );
    valid = ( state == 2'd2 ) & ( phase == 6'd0 );
    advance = ( state == 2'd2 ) & ( ( ~last_pass ) | ( ( phase + 6'd1 ) == ii ) );
    pass_end = advance & end_pass;
    swap = loaded & ( ( state == 2'd1 ) | ( pass_end & ( ~( last_pass & ( ( group + 12'd1 ) == groups ) ) ) ) );
    group_swap = swap & last_pass;
    if ( state == 2'd1 ) begin
      group_swap = swap & first_pass;
    end
    flags = { group_swap, valid & end_pass, last_pass, first_pass, valid };
    done = ( state == 2'd3 ) & ( draining == 8'd0 );
  end

  always_ff @(posedge clk) begin : up_position
    phase <= 6'd0;
    if ( ( state == 2'd2 ) & ( ~advance ) ) begin
      phase <= phase + 6'd1;
    end
    if ( swap ) begin
      wx <= 4'd0;
      wy <= 4'd0;
      px <= 10'd0;
      py <= 10'd0;
      base <= a_start;
      x <= x_start;
      y <= y_start;
    end
    else if ( advance ) begin
      wx <= wx + 4'd1;
      base <= base + a_wx;
      x <= x + stride;
      if ( end_wx ) begin
        wx <= 4'd0;
        wy <= wy + 4'd1;
        base <= base + a_wy;
        x <= x + back;
        y <= y + stride;
      end
      if ( end_wy ) begin
        wy <= 4'd0;
        px <= px + 10'd1;
        base <= base + a_px;
        x <= x + stride;
        y <= y + back;
      end
      if ( end_px ) begin
        px <= 10'd0;
        py <= py + 10'd1;
        base <= base + a_py;
        x <= x + x_return;
        y <= y + stride;
      end
    end
  end

  always_ff @(posedge clk) begin : up_state
    if ( reset | clear ) begin
      state <= 2'd0;
    end
    else if ( start ) begin
      state <= 2'd1;
      kblock <= 16'd0;
      group <= 12'd0;
    end
    else if ( swap ) begin
      state <= 2'd2;
    end
    else if ( pass_end ) begin
      state <= 2'd1;
      if ( last_pass & ( ( group + 12'd1 ) == groups ) ) begin
        state <= 2'd3;
      end
    end
    else if ( done ) begin
      state <= 2'd0;
    end
    draining <= 8'd10;
    if ( state == 2'd3 ) begin
      draining <= draining - 8'd1;
    end
    if ( pass_end ) begin
      kblock <= kblock + 16'd1;
      if ( last_pass ) begin
        kblock <= 16'd0;
        group <= group + 12'd1;
      end
    end
  end

  assign pool = step[7:4];
  assign out_w = step[25:16];
  assign out_h = step[35:26];
  assign ii = step[61:56];
  assign a_start = step[77:62];
  assign a_wx = step[93:78];
  assign a_wy = step[109:94];
  assign a_px = step[125:110];
  assign a_py = step[141:126];
  assign x_start = step[153:142];
  assign y_start = step[165:154];
  assign stride = step[177:166];
  assign back = step[189:178];
  assign x_return = step[201:190];
  assign kblocks = step[253:238];
  assign groups = step[281:270];

endmodule
