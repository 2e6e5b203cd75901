// flight_core: Ports: enable, image, result and code streams, status; program, code, accumulator and activation memory ports.
// Generated from flightasic/hw/core.py for array shift_4x4x4; do not edit.

module flight_core
(
  output logic [7:0] acc_read_addr ,
  input  logic [95:0] acc_read_data ,
  output logic [0:0] acc_read_en ,
  output logic [7:0] acc_write_addr ,
  output logic [95:0] acc_write_data ,
  output logic [0:0] acc_write_en ,
  output logic [39:0] act_read_addr ,
  input  logic [127:0] act_read_data ,
  output logic [3:0] act_read_en ,
  output logic [9:0] act_write_addr ,
  output logic [31:0] act_write_data ,
  output logic [15:0] act_write_en ,
  input  logic [0:0] clk ,
  output logic [15:0] code_read_addr ,
  input  logic [63:0] code_read_data ,
  output logic [0:0] code_read_en ,
  output logic [15:0] code_write_addr ,
  output logic [63:0] code_write_data ,
  output logic [0:0] code_write_en ,
  input  logic [0:0] enable ,
  output logic [0:0] image_last ,
  output logic [15:0] program_addr ,
  input  logic [63:0] program_data ,
  output logic [0:0] program_en ,
  input  logic [0:0] reset ,
  output logic [0:0] result_last ,
  output logic [3:0] state ,
  output logic [3:0] status ,
  output logic [15:0] step_index ,
  input logic [63:0] code_msg  ,
  output logic [0:0] code_rdy  ,
  input logic [0:0] code_val  ,
  input logic [31:0] image_msg  ,
  output logic [0:0] image_rdy  ,
  input logic [0:0] image_val  ,
  output logic [31:0] result_msg  ,
  input logic [0:0] result_rdy  ,
  output logic [0:0] result_val
);

  logic [0:0] accumulate__clk;
  logic [5:0] accumulate__flags;
  logic [5:0] accumulate__flags_early;
  logic [0:0] accumulate__group_out;
  logic [95:0] accumulate__merged;
  logic [7:0] accumulate__read_addr;
  logic [95:0] accumulate__read_data;
  logic [0:0] accumulate__read_en;
  logic [0:0] accumulate__reset;
  logic [23:0] accumulate__set_bias;
  logic [3:0] accumulate__set_last;
  logic [0:0] accumulate__total_valid;
  logic [95:0] accumulate__totals;
  logic [7:0] accumulate__write_addr;
  logic [95:0] accumulate__write_data;
  logic [0:0] accumulate__write_en;

  flight_accumulate accumulate
  (
    .clk( accumulate__clk ),
    .flags( accumulate__flags ),
    .flags_early( accumulate__flags_early ),
    .group_out( accumulate__group_out ),
    .merged( accumulate__merged ),
    .read_addr( accumulate__read_addr ),
    .read_data( accumulate__read_data ),
    .read_en( accumulate__read_en ),
    .reset( accumulate__reset ),
    .set_bias( accumulate__set_bias ),
    .set_last( accumulate__set_last ),
    .total_valid( accumulate__total_valid ),
    .totals( accumulate__totals ),
    .write_addr( accumulate__write_addr ),
    .write_data( accumulate__write_data ),
    .write_en( accumulate__write_en )
  );

  logic [0:0] bank_words__clk;
  logic [127:0] bank_words__in_;
  logic [127:0] bank_words__out;
  logic [0:0] bank_words__reset;

  flight_delay_128_0 bank_words
  (
    .clk( bank_words__clk ),
    .in_( bank_words__in_ ),
    .out( bank_words__out ),
    .reset( bank_words__reset )
  );

  logic [0:0] banks__clk;
  logic [39:0] banks__feed_addr;
  logic [3:0] banks__feed_en;
  logic [15:0] banks__load_addr;
  logic [31:0] banks__load_data;
  logic [0:0] banks__load_en;
  logic [39:0] banks__read_addr;
  logic [3:0] banks__read_en;
  logic [0:0] banks__reset;
  logic [0:0] banks__store_en;
  logic [9:0] banks__store_index;
  logic [9:0] banks__write_addr;
  logic [31:0] banks__write_data;
  logic [15:0] banks__write_en;
  logic [15:0] banks__writer_addr;
  logic [31:0] banks__writer_data;
  logic [3:0] banks__writer_enable;

  flight_bank_ports banks
  (
    .clk( banks__clk ),
    .feed_addr( banks__feed_addr ),
    .feed_en( banks__feed_en ),
    .load_addr( banks__load_addr ),
    .load_data( banks__load_data ),
    .load_en( banks__load_en ),
    .read_addr( banks__read_addr ),
    .read_en( banks__read_en ),
    .reset( banks__reset ),
    .store_en( banks__store_en ),
    .store_index( banks__store_index ),
    .write_addr( banks__write_addr ),
    .write_data( banks__write_data ),
    .write_en( banks__write_en ),
    .writer_addr( banks__writer_addr ),
    .writer_data( banks__writer_data ),
    .writer_enable( banks__writer_enable )
  );

  logic [0:0] code_request__clk;
  logic [16:0] code_request__in_;
  logic [16:0] code_request__out;
  logic [0:0] code_request__reset;

  flight_delay_17_0 code_request
  (
    .clk( code_request__clk ),
    .in_( code_request__in_ ),
    .out( code_request__out ),
    .reset( code_request__reset )
  );

  logic [0:0] code_word__clk;
  logic [63:0] code_word__in_;
  logic [63:0] code_word__out;
  logic [0:0] code_word__reset;

  flight_delay_64_0 code_word
  (
    .clk( code_word__clk ),
    .in_( code_word__in_ ),
    .out( code_word__out ),
    .reset( code_word__reset )
  );

  logic [0:0] codes__clk;
  logic [15:0] codes__read_addr;
  logic [0:0] codes__ready;
  logic [0:0] codes__reset;
  logic [0:0] codes__start;
  logic [511:0] codes__step;
  logic [0:0] codes__streamed;
  logic [0:0] codes__take;
  logic [15:0] codes__write_addr;
  logic [63:0] codes__write_data;
  logic [0:0] codes__write_en;
  logic [63:0] codes__code_msg;
  logic [0:0] codes__code_rdy;
  logic [0:0] codes__code_val;

  flight_codes codes
  (
    .clk( codes__clk ),
    .read_addr( codes__read_addr ),
    .ready( codes__ready ),
    .reset( codes__reset ),
    .start( codes__start ),
    .step( codes__step ),
    .streamed( codes__streamed ),
    .take( codes__take ),
    .write_addr( codes__write_addr ),
    .write_data( codes__write_data ),
    .write_en( codes__write_en ),
    .code_msg( codes__code_msg ),
    .code_rdy( codes__code_rdy ),
    .code_val( codes__code_val )
  );

  logic [127:0] feed__act;
  logic [0:0] feed__clear;
  logic [0:0] feed__clk;
  logic [0:0] feed__consumed;
  logic [0:0] feed__done;
  logic [5:0] feed__flags;
  logic [0:0] feed__hold;
  logic [0:0] feed__loaded;
  logic [0:0] feed__quiet;
  logic [39:0] feed__read_addr;
  logic [127:0] feed__read_data;
  logic [3:0] feed__read_en;
  logic [0:0] feed__reset;
  logic [7:0] feed__row_kx;
  logic [7:0] feed__row_ky;
  logic [3:0] feed__row_load;
  logic [15:0] feed__row_offset;
  logic [0:0] feed__row_used;
  logic [0:0] feed__start;
  logic [511:0] feed__step;
  logic [0:0] feed__swap;

  flight_feed feed
  (
    .act( feed__act ),
    .clear( feed__clear ),
    .clk( feed__clk ),
    .consumed( feed__consumed ),
    .done( feed__done ),
    .flags( feed__flags ),
    .hold( feed__hold ),
    .loaded( feed__loaded ),
    .quiet( feed__quiet ),
    .read_addr( feed__read_addr ),
    .read_data( feed__read_data ),
    .read_en( feed__read_en ),
    .reset( feed__reset ),
    .row_kx( feed__row_kx ),
    .row_ky( feed__row_ky ),
    .row_load( feed__row_load ),
    .row_offset( feed__row_offset ),
    .row_used( feed__row_used ),
    .start( feed__start ),
    .step( feed__step ),
    .swap( feed__swap )
  );

  logic [0:0] flags__clk;
  logic [5:0] flags__in_;
  logic [5:0] flags__out;
  logic [0:0] flags__reset;

  flight_delay_6_4 flags
  (
    .clk( flags__clk ),
    .in_( flags__in_ ),
    .out( flags__out ),
    .reset( flags__reset )
  );

  logic [0:0] line_request__clk;
  logic [10:0] line_request__in_;
  logic [10:0] line_request__out;
  logic [0:0] line_request__reset;

  flight_delay_11_0 line_request
  (
    .clk( line_request__clk ),
    .in_( line_request__in_ ),
    .out( line_request__out ),
    .reset( line_request__reset )
  );

  logic [15:0] load__addr;
  logic [0:0] load__busy;
  logic [0:0] load__clear;
  logic [0:0] load__clk;
  logic [0:0] load__done;
  logic [0:0] load__image_last;
  logic [0:0] load__quiet;
  logic [0:0] load__reset;
  logic [0:0] load__start;
  logic [511:0] load__step;
  logic [0:0] load__stops;
  logic [0:0] load__waiting;
  logic [31:0] load__write_data;
  logic [0:0] load__write_en;
  logic [31:0] load__image_msg;
  logic [0:0] load__image_rdy;
  logic [0:0] load__image_val;

  flight_load load
  (
    .addr( load__addr ),
    .busy( load__busy ),
    .clear( load__clear ),
    .clk( load__clk ),
    .done( load__done ),
    .image_last( load__image_last ),
    .quiet( load__quiet ),
    .reset( load__reset ),
    .start( load__start ),
    .step( load__step ),
    .stops( load__stops ),
    .waiting( load__waiting ),
    .write_data( load__write_data ),
    .write_en( load__write_en ),
    .image_msg( load__image_msg ),
    .image_rdy( load__image_rdy ),
    .image_val( load__image_val )
  );

  logic [0:0] loader__clear;
  logic [0:0] loader__clk;
  logic [0:0] loader__code_en;
  logic [0:0] loader__code_ready;
  logic [0:0] loader__consumed;
  logic [0:0] loader__error;
  logic [0:0] loader__loaded;
  logic [15:0] loader__program_addr;
  logic [63:0] loader__program_data;
  logic [0:0] loader__program_en;
  logic [0:0] loader__reset;
  logic [7:0] loader__row_kx;
  logic [7:0] loader__row_ky;
  logic [3:0] loader__row_load;
  logic [15:0] loader__row_offset;
  logic [0:0] loader__row_used;
  logic [23:0] loader__set_bias;
  logic [0:0] loader__set_clear;
  logic [1:0] loader__set_k;
  logic [3:0] loader__set_last;
  logic [15:0] loader__set_offset;
  logic [2:0] loader__set_position;
  logic [0:0] loader__set_relu;
  logic [3:0] loader__set_residual;
  logic [4:0] loader__set_shift;
  logic [3:0] loader__set_used;
  logic [15:0] loader__set_word;
  logic [0:0] loader__start;
  logic [511:0] loader__step;

  flight_loader loader
  (
    .clear( loader__clear ),
    .clk( loader__clk ),
    .code_en( loader__code_en ),
    .code_ready( loader__code_ready ),
    .consumed( loader__consumed ),
    .error( loader__error ),
    .loaded( loader__loaded ),
    .program_addr( loader__program_addr ),
    .program_data( loader__program_data ),
    .program_en( loader__program_en ),
    .reset( loader__reset ),
    .row_kx( loader__row_kx ),
    .row_ky( loader__row_ky ),
    .row_load( loader__row_load ),
    .row_offset( loader__row_offset ),
    .row_used( loader__row_used ),
    .set_bias( loader__set_bias ),
    .set_clear( loader__set_clear ),
    .set_k( loader__set_k ),
    .set_last( loader__set_last ),
    .set_offset( loader__set_offset ),
    .set_position( loader__set_position ),
    .set_relu( loader__set_relu ),
    .set_residual( loader__set_residual ),
    .set_shift( loader__set_shift ),
    .set_used( loader__set_used ),
    .set_word( loader__set_word ),
    .start( loader__start ),
    .step( loader__step )
  );

  logic [0:0] merge__clk;
  logic [5:0] merge__flags;
  logic [5:0] merge__flags_out;
  logic [95:0] merge__merged;
  logic [0:0] merge__reset;
  logic [0:0] merge__set_clear;
  logic [1:0] merge__set_k;
  logic [3:0] merge__set_last;
  logic [15:0] merge__set_offset;
  logic [3:0] merge__set_residual;
  logic [3:0] merge__set_used;
  logic [71:0] merge__sums;

  flight_merge merge
  (
    .clk( merge__clk ),
    .flags( merge__flags ),
    .flags_out( merge__flags_out ),
    .merged( merge__merged ),
    .reset( merge__reset ),
    .set_clear( merge__set_clear ),
    .set_k( merge__set_k ),
    .set_last( merge__set_last ),
    .set_offset( merge__set_offset ),
    .set_residual( merge__set_residual ),
    .set_used( merge__set_used ),
    .sums( merge__sums )
  );

  logic [127:0] mesh__act;
  logic [0:0] mesh__clk;
  logic [63:0] mesh__code;
  logic [3:0] mesh__load;
  logic [0:0] mesh__reset;
  logic [71:0] mesh__sums;
  logic [0:0] mesh__swap;

  flight_mesh mesh
  (
    .act( mesh__act ),
    .clk( mesh__clk ),
    .code( mesh__code ),
    .load( mesh__load ),
    .reset( mesh__reset ),
    .sums( mesh__sums ),
    .swap( mesh__swap )
  );

  logic [0:0] mesh_load__clk;
  logic [3:0] mesh_load__in_;
  logic [3:0] mesh_load__out;
  logic [0:0] mesh_load__reset;

  flight_delay_4_0 mesh_load
  (
    .clk( mesh_load__clk ),
    .in_( mesh_load__in_ ),
    .out( mesh_load__out ),
    .reset( mesh_load__reset )
  );

  logic [0:0] post__clk;
  logic [0:0] post__group;
  logic [0:0] post__group_out;
  logic [0:0] post__out_valid;
  logic [31:0] post__pooled;
  logic [0:0] post__reset;
  logic [3:0] post__set_last;
  logic [0:0] post__set_relu;
  logic [4:0] post__set_shift;
  logic [0:0] post__start;
  logic [511:0] post__step;
  logic [95:0] post__totals;
  logic [0:0] post__valid;

  flight_post post
  (
    .clk( post__clk ),
    .group( post__group ),
    .group_out( post__group_out ),
    .out_valid( post__out_valid ),
    .pooled( post__pooled ),
    .reset( post__reset ),
    .set_last( post__set_last ),
    .set_relu( post__set_relu ),
    .set_shift( post__set_shift ),
    .start( post__start ),
    .step( post__step ),
    .totals( post__totals ),
    .valid( post__valid )
  );

  logic [0:0] program_request__clk;
  logic [16:0] program_request__in_;
  logic [16:0] program_request__out;
  logic [0:0] program_request__reset;

  flight_delay_17_0 program_request
  (
    .clk( program_request__clk ),
    .in_( program_request__in_ ),
    .out( program_request__out ),
    .reset( program_request__reset )
  );

  logic [0:0] program_word__clk;
  logic [63:0] program_word__in_;
  logic [63:0] program_word__out;
  logic [0:0] program_word__reset;

  flight_delay_64_0 program_word
  (
    .clk( program_word__clk ),
    .in_( program_word__in_ ),
    .out( program_word__out ),
    .reset( program_word__reset )
  );

  logic [0:0] quiet__clk;
  logic [0:0] quiet__in_;
  logic [0:0] quiet__out;
  logic [0:0] quiet__reset;

  flight_delay_1_0 quiet
  (
    .clk( quiet__clk ),
    .in_( quiet__in_ ),
    .out( quiet__out ),
    .reset( quiet__reset )
  );

  logic [0:0] sequencer__clear;
  logic [0:0] sequencer__clk;
  logic [0:0] sequencer__conv_done;
  logic [0:0] sequencer__conv_start;
  logic [0:0] sequencer__enable;
  logic [0:0] sequencer__load_busy;
  logic [0:0] sequencer__load_done;
  logic [0:0] sequencer__load_start;
  logic [0:0] sequencer__load_waiting;
  logic [0:0] sequencer__loader_error;
  logic [15:0] sequencer__program_addr;
  logic [63:0] sequencer__program_data;
  logic [0:0] sequencer__program_en;
  logic [0:0] sequencer__reset;
  logic [3:0] sequencer__state;
  logic [3:0] sequencer__status;
  logic [511:0] sequencer__step;
  logic [15:0] sequencer__step_index;
  logic [0:0] sequencer__stops;
  logic [0:0] sequencer__store_busy;
  logic [0:0] sequencer__store_done;
  logic [0:0] sequencer__store_start;
  logic [0:0] sequencer__streamed;

  flight_sequencer sequencer
  (
    .clear( sequencer__clear ),
    .clk( sequencer__clk ),
    .conv_done( sequencer__conv_done ),
    .conv_start( sequencer__conv_start ),
    .enable( sequencer__enable ),
    .load_busy( sequencer__load_busy ),
    .load_done( sequencer__load_done ),
    .load_start( sequencer__load_start ),
    .load_waiting( sequencer__load_waiting ),
    .loader_error( sequencer__loader_error ),
    .program_addr( sequencer__program_addr ),
    .program_data( sequencer__program_data ),
    .program_en( sequencer__program_en ),
    .reset( sequencer__reset ),
    .state( sequencer__state ),
    .status( sequencer__status ),
    .step( sequencer__step ),
    .step_index( sequencer__step_index ),
    .stops( sequencer__stops ),
    .store_busy( sequencer__store_busy ),
    .store_done( sequencer__store_done ),
    .store_start( sequencer__store_start ),
    .streamed( sequencer__streamed )
  );

  logic [0:0] store__busy;
  logic [0:0] store__clear;
  logic [0:0] store__clk;
  logic [0:0] store__done;
  logic [0:0] store__fetch;
  logic [9:0] store__fetch_index;
  logic [127:0] store__line_data;
  logic [0:0] store__reset;
  logic [0:0] store__result_last;
  logic [0:0] store__start;
  logic [511:0] store__step;
  logic [31:0] store__result_msg;
  logic [0:0] store__result_rdy;
  logic [0:0] store__result_val;

  flight_store store
  (
    .busy( store__busy ),
    .clear( store__clear ),
    .clk( store__clk ),
    .done( store__done ),
    .fetch( store__fetch ),
    .fetch_index( store__fetch_index ),
    .line_data( store__line_data ),
    .reset( store__reset ),
    .result_last( store__result_last ),
    .start( store__start ),
    .step( store__step ),
    .result_msg( store__result_msg ),
    .result_rdy( store__result_rdy ),
    .result_val( store__result_val )
  );

  logic [15:0] writer__addr;
  logic [0:0] writer__clk;
  logic [31:0] writer__data;
  logic [3:0] writer__enable;
  logic [0:0] writer__group;
  logic [31:0] writer__pooled;
  logic [0:0] writer__reset;
  logic [0:0] writer__set_clear;
  logic [3:0] writer__set_last;
  logic [2:0] writer__set_position;
  logic [15:0] writer__set_word;
  logic [0:0] writer__start;
  logic [511:0] writer__step;
  logic [0:0] writer__valid;

  flight_writer writer
  (
    .addr( writer__addr ),
    .clk( writer__clk ),
    .data( writer__data ),
    .enable( writer__enable ),
    .group( writer__group ),
    .pooled( writer__pooled ),
    .reset( writer__reset ),
    .set_clear( writer__set_clear ),
    .set_last( writer__set_last ),
    .set_position( writer__set_position ),
    .set_word( writer__set_word ),
    .start( writer__start ),
    .step( writer__step ),
    .valid( writer__valid )
  );

  logic [0:0] written__clk;
  logic [51:0] written__in_;
  logic [51:0] written__out;
  logic [0:0] written__reset;

  flight_delay_52_0 written
  (
    .clk( written__clk ),
    .in_( written__in_ ),
    .out( written__out ),
    .reset( written__reset )
  );

  always @* begin : up_program_port
    program_request__in_[5'd0] = sequencer__program_en | loader__program_en;
    program_request__in_[5'd16:5'd1] = sequencer__program_addr;
    if ( loader__program_en ) begin
      program_request__in_[5'd16:5'd1] = loader__program_addr;
    end
  end

  assign sequencer__clk = clk;
  assign sequencer__reset = reset;
  assign codes__clk = clk;
  assign codes__reset = reset;
  assign loader__clk = clk;
  assign loader__reset = reset;
  assign feed__clk = clk;
  assign feed__reset = reset;
  assign mesh__clk = clk;
  assign mesh__reset = reset;
  assign flags__clk = clk;
  assign flags__reset = reset;
  assign merge__clk = clk;
  assign merge__reset = reset;
  assign accumulate__clk = clk;
  assign accumulate__reset = reset;
  assign post__clk = clk;
  assign post__reset = reset;
  assign writer__clk = clk;
  assign writer__reset = reset;
  assign load__clk = clk;
  assign load__reset = reset;
  assign store__clk = clk;
  assign store__reset = reset;
  assign banks__clk = clk;
  assign banks__reset = reset;
  assign sequencer__enable = enable;
  assign state = sequencer__state;
  assign status = sequencer__status;
  assign step_index = sequencer__step_index;
  assign code_request__clk = clk;
  assign code_request__reset = reset;
  assign code_read_en = code_request__out[0:0];
  assign code_read_addr = code_request__out[16:1];
  assign program_word__clk = clk;
  assign program_word__reset = reset;
  assign program_word__in_ = program_data;
  assign sequencer__program_data = program_word__out;
  assign loader__program_data = program_word__out;
  assign bank_words__clk = clk;
  assign bank_words__reset = reset;
  assign bank_words__in_ = act_read_data;
  assign code_word__clk = clk;
  assign code_word__reset = reset;
  assign code_word__in_ = code_read_data;
  assign mesh_load__clk = clk;
  assign mesh_load__reset = reset;
  assign mesh_load__in_ = loader__row_load;
  assign codes__streamed = sequencer__streamed;
  assign codes__take = loader__code_en;
  assign loader__code_ready = codes__ready;
  assign code_request__in_[16:1] = codes__read_addr;
  assign code_write_en = codes__write_en;
  assign code_write_addr = codes__write_addr;
  assign code_write_data = codes__write_data;
  assign code_request__in_[0:0] = loader__code_en;
  assign mesh__code = code_word__out;
  assign codes__step = sequencer__step;
  assign codes__start = sequencer__conv_start;
  assign loader__step = sequencer__step;
  assign loader__start = sequencer__conv_start;
  assign feed__step = sequencer__step;
  assign feed__start = sequencer__conv_start;
  assign post__step = sequencer__step;
  assign post__start = sequencer__conv_start;
  assign writer__step = sequencer__step;
  assign writer__start = sequencer__conv_start;
  assign load__step = sequencer__step;
  assign load__start = sequencer__load_start;
  assign store__step = sequencer__step;
  assign store__start = sequencer__store_start;
  assign loader__clear = sequencer__clear;
  assign feed__clear = sequencer__clear;
  assign load__clear = sequencer__clear;
  assign store__clear = sequencer__clear;
  assign sequencer__conv_done = feed__done;
  assign sequencer__load_done = load__done;
  assign sequencer__load_busy = load__busy;
  assign sequencer__load_waiting = load__waiting;
  assign sequencer__store_done = store__done;
  assign sequencer__store_busy = store__busy;
  assign sequencer__loader_error = loader__error;
  assign feed__loaded = loader__loaded;
  assign loader__consumed = feed__consumed;
  assign feed__row_load = loader__row_load;
  assign mesh__load = mesh_load__out;
  assign feed__row_offset = loader__row_offset;
  assign feed__row_kx = loader__row_kx;
  assign feed__row_ky = loader__row_ky;
  assign feed__row_used = loader__row_used;
  assign mesh__act = feed__act;
  assign mesh__swap = feed__swap;
  assign flags__in_ = feed__flags;
  assign merge__sums = mesh__sums;
  assign merge__flags = flags__out;
  assign accumulate__flags_early = flags__out;
  assign accumulate__flags = merge__flags_out;
  assign accumulate__merged = merge__merged;
  assign post__totals = accumulate__totals;
  assign post__valid = accumulate__total_valid;
  assign post__group = accumulate__group_out;
  assign writer__pooled = post__pooled;
  assign writer__valid = post__out_valid;
  assign writer__group = post__group_out;
  assign merge__set_clear = loader__set_clear;
  assign writer__set_clear = loader__set_clear;
  assign writer__set_word = loader__set_word;
  assign merge__set_used = loader__set_used;
  assign merge__set_last = loader__set_last;
  assign accumulate__set_last = loader__set_last;
  assign post__set_last = loader__set_last;
  assign writer__set_last = loader__set_last;
  assign merge__set_offset = loader__set_offset;
  assign merge__set_residual = loader__set_residual;
  assign merge__set_k = loader__set_k;
  assign accumulate__set_bias = loader__set_bias;
  assign post__set_shift = loader__set_shift;
  assign post__set_relu = loader__set_relu;
  assign writer__set_position = loader__set_position;
  assign acc_read_en = accumulate__read_en;
  assign acc_read_addr = accumulate__read_addr;
  assign accumulate__read_data = acc_read_data;
  assign acc_write_en = accumulate__write_en;
  assign acc_write_addr = accumulate__write_addr;
  assign acc_write_data = accumulate__write_data;
  assign act_read_en = banks__read_en;
  assign act_read_addr = banks__read_addr;
  assign act_write_en = banks__write_en;
  assign act_write_addr = banks__write_addr;
  assign act_write_data = banks__write_data;
  assign banks__feed_en = feed__read_en;
  assign banks__feed_addr = feed__read_addr;
  assign feed__read_data = bank_words__out;
  assign feed__hold = store__fetch;
  assign quiet__clk = clk;
  assign quiet__reset = reset;
  assign quiet__in_ = feed__quiet;
  assign load__quiet = quiet__out;
  assign load__stops = sequencer__stops;
  assign line_request__clk = clk;
  assign line_request__reset = reset;
  assign line_request__in_[0:0] = store__fetch;
  assign line_request__in_[10:1] = store__fetch_index;
  assign banks__store_en = line_request__out[0:0];
  assign banks__store_index = line_request__out[10:1];
  assign store__line_data = bank_words__out;
  assign banks__load_en = load__write_en;
  assign banks__load_addr = load__addr;
  assign banks__load_data = load__write_data;
  assign written__clk = clk;
  assign written__reset = reset;
  assign written__in_[3:0] = writer__enable;
  assign banks__writer_enable = written__out[3:0];
  assign written__in_[19:4] = writer__addr;
  assign banks__writer_addr = written__out[19:4];
  assign written__in_[51:20] = writer__data;
  assign banks__writer_data = written__out[51:20];
  assign image_last = load__image_last;
  assign result_last = store__result_last;
  assign load__image_msg = image_msg;
  assign load__image_val = image_val;
  assign image_rdy = load__image_rdy;
  assign result_msg = store__result_msg;
  assign result_val = store__result_val;
  assign store__result_rdy = result_rdy;
  assign codes__code_msg = code_msg;
  assign codes__code_val = code_val;
  assign code_rdy = codes__code_rdy;
  assign program_request__clk = clk;
  assign program_request__reset = reset;
  assign program_en = program_request__out[0:0];
  assign program_addr = program_request__out[16:1];

endmodule
