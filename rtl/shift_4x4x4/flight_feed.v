// flight_feed: Ports: step, start/clear/done, hold/quiet, kernel word settings from the loader, bank read ports -> act, swap, flags.
// Generated from flightasic/hw/feed.py for array shift_4x4x4; do not edit.

module flight_feed
(
  output logic [127:0] act ,
  input  logic [0:0] clear ,
  input  logic [0:0] clk ,
  output logic [0:0] consumed ,
  output logic [0:0] done ,
  output logic [5:0] flags ,
  input  logic [0:0] hold ,
  input  logic [0:0] loaded ,
  output logic [0:0] quiet ,
  output logic [39:0] read_addr ,
  input  logic [127:0] read_data ,
  output logic [3:0] read_en ,
  input  logic [0:0] reset ,
  input  logic [7:0] row_kx ,
  input  logic [7:0] row_ky ,
  input  logic [3:0] row_load ,
  input  logic [15:0] row_offset ,
  input  logic [0:0] row_used ,
  input  logic [0:0] start ,
  input  logic [511:0] step ,
  output logic [0:0] swap
);
  logic [1:0] base_bank;
  logic [3:0] reads;
  logic [31:0] row_act [0:3];
  logic [31:0] row_word [0:3];
  logic [1:0] slot_turn;
  logic [0:0] slot_valid;
  logic [1:0] turned;

  logic [0:0] asked__clk;
  logic [43:0] asked__in_;
  logic [43:0] asked__out;
  logic [0:0] asked__reset;

  flight_delay_44_0 asked
  (
    .clk( asked__clk ),
    .in_( asked__in_ ),
    .out( asked__out ),
    .reset( asked__reset )
  );

  logic [0:0] asked_bank__clk;
  logic [1:0] asked_bank__in_;
  logic [1:0] asked_bank__out;
  logic [0:0] asked_bank__reset;

  flight_delay_2_0 asked_bank
  (
    .clk( asked_bank__clk ),
    .in_( asked_bank__in_ ),
    .out( asked_bank__out ),
    .reset( asked_bank__reset )
  );

  logic [0:0] mask_delay__clk;
  logic [3:0] mask_delay__in_;
  logic [3:0] mask_delay__out;
  logic [0:0] mask_delay__reset;

  flight_delay_4_1 mask_delay
  (
    .clk( mask_delay__clk ),
    .in_( mask_delay__in_ ),
    .out( mask_delay__out ),
    .reset( mask_delay__reset )
  );

  logic [1:0] requests__by;
  logic [0:0] requests__clk;
  logic [43:0] requests__in_;
  logic [43:0] requests__out;
  logic [0:0] requests__reset;

  flight_rotate_4_11 requests
  (
    .by( requests__by ),
    .clk( requests__clk ),
    .in_( requests__in_ ),
    .out( requests__out ),
    .reset( requests__reset )
  );

  logic [15:0] row_0__addr;
  logic [15:0] row_0__base;
  logic [0:0] row_0__clk;
  logic [9:0] row_0__in_h;
  logic [9:0] row_0__in_w;
  logic [7:0] row_0__kx;
  logic [7:0] row_0__ky;
  logic [0:0] row_0__load;
  logic [15:0] row_0__offset;
  logic [0:0] row_0__read;
  logic [0:0] row_0__reset;
  logic [0:0] row_0__residual;
  logic [0:0] row_0__swap;
  logic [0:0] row_0__used;
  logic [0:0] row_0__valid;
  logic [11:0] row_0__x;
  logic [11:0] row_0__y;

  flight_feed_row row_0
  (
    .addr( row_0__addr ),
    .base( row_0__base ),
    .clk( row_0__clk ),
    .in_h( row_0__in_h ),
    .in_w( row_0__in_w ),
    .kx( row_0__kx ),
    .ky( row_0__ky ),
    .load( row_0__load ),
    .offset( row_0__offset ),
    .read( row_0__read ),
    .reset( row_0__reset ),
    .residual( row_0__residual ),
    .swap( row_0__swap ),
    .used( row_0__used ),
    .valid( row_0__valid ),
    .x( row_0__x ),
    .y( row_0__y )
  );

  logic [15:0] row_1__addr;
  logic [15:0] row_1__base;
  logic [0:0] row_1__clk;
  logic [9:0] row_1__in_h;
  logic [9:0] row_1__in_w;
  logic [7:0] row_1__kx;
  logic [7:0] row_1__ky;
  logic [0:0] row_1__load;
  logic [15:0] row_1__offset;
  logic [0:0] row_1__read;
  logic [0:0] row_1__reset;
  logic [0:0] row_1__residual;
  logic [0:0] row_1__swap;
  logic [0:0] row_1__used;
  logic [0:0] row_1__valid;
  logic [11:0] row_1__x;
  logic [11:0] row_1__y;

  flight_feed_row row_1
  (
    .addr( row_1__addr ),
    .base( row_1__base ),
    .clk( row_1__clk ),
    .in_h( row_1__in_h ),
    .in_w( row_1__in_w ),
    .kx( row_1__kx ),
    .ky( row_1__ky ),
    .load( row_1__load ),
    .offset( row_1__offset ),
    .read( row_1__read ),
    .reset( row_1__reset ),
    .residual( row_1__residual ),
    .swap( row_1__swap ),
    .used( row_1__used ),
    .valid( row_1__valid ),
    .x( row_1__x ),
    .y( row_1__y )
  );

  logic [15:0] row_2__addr;
  logic [15:0] row_2__base;
  logic [0:0] row_2__clk;
  logic [9:0] row_2__in_h;
  logic [9:0] row_2__in_w;
  logic [7:0] row_2__kx;
  logic [7:0] row_2__ky;
  logic [0:0] row_2__load;
  logic [15:0] row_2__offset;
  logic [0:0] row_2__read;
  logic [0:0] row_2__reset;
  logic [0:0] row_2__residual;
  logic [0:0] row_2__swap;
  logic [0:0] row_2__used;
  logic [0:0] row_2__valid;
  logic [11:0] row_2__x;
  logic [11:0] row_2__y;

  flight_feed_row row_2
  (
    .addr( row_2__addr ),
    .base( row_2__base ),
    .clk( row_2__clk ),
    .in_h( row_2__in_h ),
    .in_w( row_2__in_w ),
    .kx( row_2__kx ),
    .ky( row_2__ky ),
    .load( row_2__load ),
    .offset( row_2__offset ),
    .read( row_2__read ),
    .reset( row_2__reset ),
    .residual( row_2__residual ),
    .swap( row_2__swap ),
    .used( row_2__used ),
    .valid( row_2__valid ),
    .x( row_2__x ),
    .y( row_2__y )
  );

  logic [15:0] row_3__addr;
  logic [15:0] row_3__base;
  logic [0:0] row_3__clk;
  logic [9:0] row_3__in_h;
  logic [9:0] row_3__in_w;
  logic [7:0] row_3__kx;
  logic [7:0] row_3__ky;
  logic [0:0] row_3__load;
  logic [15:0] row_3__offset;
  logic [0:0] row_3__read;
  logic [0:0] row_3__reset;
  logic [0:0] row_3__residual;
  logic [0:0] row_3__swap;
  logic [0:0] row_3__used;
  logic [0:0] row_3__valid;
  logic [11:0] row_3__x;
  logic [11:0] row_3__y;

  flight_feed_row row_3
  (
    .addr( row_3__addr ),
    .base( row_3__base ),
    .clk( row_3__clk ),
    .in_h( row_3__in_h ),
    .in_w( row_3__in_w ),
    .kx( row_3__kx ),
    .ky( row_3__ky ),
    .load( row_3__load ),
    .offset( row_3__offset ),
    .read( row_3__read ),
    .reset( row_3__reset ),
    .residual( row_3__residual ),
    .swap( row_3__swap ),
    .used( row_3__used ),
    .valid( row_3__valid ),
    .x( row_3__x ),
    .y( row_3__y )
  );

  logic [0:0] swap_delay__clk;
  logic [0:0] swap_delay__in_;
  logic [0:0] swap_delay__out;
  logic [0:0] swap_delay__reset;

  flight_delay_1_2 swap_delay
  (
    .clk( swap_delay__clk ),
    .in_( swap_delay__in_ ),
    .out( swap_delay__out ),
    .reset( swap_delay__reset )
  );

  logic [0:0] turn_delay__clk;
  logic [1:0] turn_delay__in_;
  logic [1:0] turn_delay__out;
  logic [0:0] turn_delay__reset;

  flight_delay_2_1 turn_delay
  (
    .clk( turn_delay__clk ),
    .in_( turn_delay__in_ ),
    .out( turn_delay__out ),
    .reset( turn_delay__reset )
  );

  logic [0:0] valid_delay__clk;
  logic [0:0] valid_delay__in_;
  logic [0:0] valid_delay__out;
  logic [0:0] valid_delay__reset;

  flight_delay_1_1 valid_delay
  (
    .clk( valid_delay__clk ),
    .in_( valid_delay__in_ ),
    .out( valid_delay__out ),
    .reset( valid_delay__reset )
  );

  logic [15:0] walk__base;
  logic [0:0] walk__clear;
  logic [0:0] walk__clk;
  logic [0:0] walk__done;
  logic [5:0] walk__flags;
  logic [0:0] walk__hold;
  logic [0:0] walk__loaded;
  logic [0:0] walk__quiet;
  logic [0:0] walk__reset;
  logic [0:0] walk__residual;
  logic [0:0] walk__start;
  logic [511:0] walk__step;
  logic [0:0] walk__swap;
  logic [0:0] walk__valid;
  logic [11:0] walk__x;
  logic [11:0] walk__y;

  flight_feed_walk walk
  (
    .base( walk__base ),
    .clear( walk__clear ),
    .clk( walk__clk ),
    .done( walk__done ),
    .flags( walk__flags ),
    .hold( walk__hold ),
    .loaded( walk__loaded ),
    .quiet( walk__quiet ),
    .reset( walk__reset ),
    .residual( walk__residual ),
    .start( walk__start ),
    .step( walk__step ),
    .swap( walk__swap ),
    .valid( walk__valid ),
    .x( walk__x ),
    .y( walk__y )
  );

  logic [1:0] words__by;
  logic [0:0] words__clk;
  logic [127:0] words__in_;
  logic [127:0] words__out;
  logic [0:0] words__reset;

  flight_rotate_4_32 words
  (
    .by( words__by ),
    .clk( words__clk ),
    .in_( words__in_ ),
    .out( words__out ),
    .reset( words__reset )
  );

  always @* begin : up_slot
    slot_turn = ( ~base_bank ) + 2'd1;
    slot_valid = walk__valid & ( ~reset );
  end

  always_ff @(posedge clk) begin : up_act
    if ( valid_delay__out ) begin
      for ( int unsigned i = 0; i < 4; i += 1 ) begin
        row_act[2'(i)] <= 32'd0;
        if ( mask_delay__out[2'(i)] ) begin
          row_act[2'(i)] <= row_word[2'(i)];
        end
      end
    end
  end

  assign walk__clk = clk;
  assign walk__reset = reset;
  assign walk__step = step;
  assign walk__start = start;
  assign walk__clear = clear;
  assign walk__hold = hold;
  assign quiet = walk__quiet;
  assign walk__loaded = loaded;
  assign done = walk__done;
  assign consumed = walk__swap;
  assign flags = walk__flags;
  assign swap_delay__clk = clk;
  assign swap_delay__reset = reset;
  assign swap_delay__in_ = walk__swap;
  assign swap = swap_delay__out;
  assign asked__clk = clk;
  assign asked__reset = reset;
  assign asked_bank__clk = clk;
  assign asked_bank__reset = reset;
  assign requests__clk = clk;
  assign requests__reset = reset;
  assign words__clk = clk;
  assign words__reset = reset;
  assign turn_delay__clk = clk;
  assign turn_delay__reset = reset;
  assign turn_delay__in_ = slot_turn;
  assign turned = turn_delay__out;
  assign mask_delay__clk = clk;
  assign mask_delay__reset = reset;
  assign mask_delay__in_ = reads;
  assign valid_delay__clk = clk;
  assign valid_delay__reset = reset;
  assign valid_delay__in_ = slot_valid;
  assign row_word[0][7:0] = words__out[7:0];
  assign row_word[0][15:8] = words__out[15:8];
  assign row_word[0][23:16] = words__out[23:16];
  assign row_word[0][31:24] = words__out[31:24];
  assign act[31:0] = row_act[0];
  assign row_word[1][7:0] = words__out[39:32];
  assign row_word[1][15:8] = words__out[47:40];
  assign row_word[1][23:16] = words__out[55:48];
  assign row_word[1][31:24] = words__out[63:56];
  assign act[63:32] = row_act[1];
  assign row_word[2][7:0] = words__out[71:64];
  assign row_word[2][15:8] = words__out[79:72];
  assign row_word[2][23:16] = words__out[87:80];
  assign row_word[2][31:24] = words__out[95:88];
  assign act[95:64] = row_act[2];
  assign row_word[3][7:0] = words__out[103:96];
  assign row_word[3][15:8] = words__out[111:104];
  assign row_word[3][23:16] = words__out[119:112];
  assign row_word[3][31:24] = words__out[127:120];
  assign act[127:96] = row_act[3];
  assign asked_bank__in_ = base_bank;
  assign requests__in_ = asked__out;
  assign requests__by = asked_bank__out;
  assign words__in_ = read_data;
  assign words__by = turned;
  assign row_0__clk = clk;
  assign row_0__reset = reset;
  assign row_0__load = row_load[0:0];
  assign row_0__swap = walk__swap;
  assign row_0__offset = row_offset;
  assign row_0__kx = row_kx;
  assign row_0__ky = row_ky;
  assign row_0__used = row_used;
  assign row_0__base = walk__base;
  assign row_0__x = walk__x;
  assign row_0__y = walk__y;
  assign row_0__in_w = step[45:36];
  assign row_0__in_h = step[55:46];
  assign row_0__valid = walk__valid;
  assign row_0__residual = walk__residual;
  assign reads[0:0] = row_0__read;
  assign asked__in_[0:0] = row_0__read;
  assign asked__in_[10:1] = row_0__addr[11:2];
  assign row_1__clk = clk;
  assign row_1__reset = reset;
  assign row_1__load = row_load[1:1];
  assign row_1__swap = walk__swap;
  assign row_1__offset = row_offset;
  assign row_1__kx = row_kx;
  assign row_1__ky = row_ky;
  assign row_1__used = row_used;
  assign row_1__base = walk__base;
  assign row_1__x = walk__x;
  assign row_1__y = walk__y;
  assign row_1__in_w = step[45:36];
  assign row_1__in_h = step[55:46];
  assign row_1__valid = walk__valid;
  assign row_1__residual = walk__residual;
  assign reads[1:1] = row_1__read;
  assign asked__in_[11:11] = row_1__read;
  assign asked__in_[21:12] = row_1__addr[11:2];
  assign row_2__clk = clk;
  assign row_2__reset = reset;
  assign row_2__load = row_load[2:2];
  assign row_2__swap = walk__swap;
  assign row_2__offset = row_offset;
  assign row_2__kx = row_kx;
  assign row_2__ky = row_ky;
  assign row_2__used = row_used;
  assign row_2__base = walk__base;
  assign row_2__x = walk__x;
  assign row_2__y = walk__y;
  assign row_2__in_w = step[45:36];
  assign row_2__in_h = step[55:46];
  assign row_2__valid = walk__valid;
  assign row_2__residual = walk__residual;
  assign reads[2:2] = row_2__read;
  assign asked__in_[22:22] = row_2__read;
  assign asked__in_[32:23] = row_2__addr[11:2];
  assign row_3__clk = clk;
  assign row_3__reset = reset;
  assign row_3__load = row_load[3:3];
  assign row_3__swap = walk__swap;
  assign row_3__offset = row_offset;
  assign row_3__kx = row_kx;
  assign row_3__ky = row_ky;
  assign row_3__used = row_used;
  assign row_3__base = walk__base;
  assign row_3__x = walk__x;
  assign row_3__y = walk__y;
  assign row_3__in_w = step[45:36];
  assign row_3__in_h = step[55:46];
  assign row_3__valid = walk__valid;
  assign row_3__residual = walk__residual;
  assign reads[3:3] = row_3__read;
  assign asked__in_[33:33] = row_3__read;
  assign asked__in_[43:34] = row_3__addr[11:2];
  assign read_en[0:0] = requests__out[0:0];
  assign read_addr[9:0] = requests__out[10:1];
  assign read_en[1:1] = requests__out[11:11];
  assign read_addr[19:10] = requests__out[21:12];
  assign read_en[2:2] = requests__out[22:22];
  assign read_addr[29:20] = requests__out[32:23];
  assign read_en[3:3] = requests__out[33:33];
  assign read_addr[39:30] = requests__out[43:34];
  assign base_bank = row_0__addr[1:0];

endmodule
