// flight_top: Ports: load port (one 64-bit word a cycle), enable, image, result and code streams, status.
// Generated from flightasic/hw/top.py for array fixed4_4x4x4; do not edit.

module flight_top
(
  input  logic [0:0] clk ,
  input  logic [0:0] enable ,
  output logic [0:0] image_last ,
  input  logic [15:0] load_addr ,
  input  logic [63:0] load_data ,
  input  logic [0:0] load_en ,
  input  logic [0:0] load_memory ,
  input  logic [7:0] load_part ,
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
  logic [63:0] code_streamed [0:0];
  logic [0:0] code_write;
  logic [12:0] code_write_addr;
  logic [63:0] code_write_data [0:0];

  logic [0:0] accumulators__clk;
  logic [7:0] accumulators__read_addr;
  logic [95:0] accumulators__read_data;
  logic [0:0] accumulators__read_en;
  logic [0:0] accumulators__reset;
  logic [7:0] accumulators__write_addr;
  logic [95:0] accumulators__write_data;
  logic [0:0] accumulators__write_en;

  flight_ram_96_256 accumulators
  (
    .clk( accumulators__clk ),
    .read_addr( accumulators__read_addr ),
    .read_data( accumulators__read_data ),
    .read_en( accumulators__read_en ),
    .reset( accumulators__reset ),
    .write_addr( accumulators__write_addr ),
    .write_data( accumulators__write_data ),
    .write_en( accumulators__write_en )
  );

  logic [0:0] bank_0_0__clk;
  logic [9:0] bank_0_0__read_addr;
  logic [7:0] bank_0_0__read_data;
  logic [0:0] bank_0_0__read_en;
  logic [0:0] bank_0_0__reset;
  logic [9:0] bank_0_0__write_addr;
  logic [7:0] bank_0_0__write_data;
  logic [0:0] bank_0_0__write_en;

  flight_ram_8_1024 bank_0_0
  (
    .clk( bank_0_0__clk ),
    .read_addr( bank_0_0__read_addr ),
    .read_data( bank_0_0__read_data ),
    .read_en( bank_0_0__read_en ),
    .reset( bank_0_0__reset ),
    .write_addr( bank_0_0__write_addr ),
    .write_data( bank_0_0__write_data ),
    .write_en( bank_0_0__write_en )
  );

  logic [0:0] bank_0_1__clk;
  logic [9:0] bank_0_1__read_addr;
  logic [7:0] bank_0_1__read_data;
  logic [0:0] bank_0_1__read_en;
  logic [0:0] bank_0_1__reset;
  logic [9:0] bank_0_1__write_addr;
  logic [7:0] bank_0_1__write_data;
  logic [0:0] bank_0_1__write_en;

  flight_ram_8_1024 bank_0_1
  (
    .clk( bank_0_1__clk ),
    .read_addr( bank_0_1__read_addr ),
    .read_data( bank_0_1__read_data ),
    .read_en( bank_0_1__read_en ),
    .reset( bank_0_1__reset ),
    .write_addr( bank_0_1__write_addr ),
    .write_data( bank_0_1__write_data ),
    .write_en( bank_0_1__write_en )
  );

  logic [0:0] bank_0_2__clk;
  logic [9:0] bank_0_2__read_addr;
  logic [7:0] bank_0_2__read_data;
  logic [0:0] bank_0_2__read_en;
  logic [0:0] bank_0_2__reset;
  logic [9:0] bank_0_2__write_addr;
  logic [7:0] bank_0_2__write_data;
  logic [0:0] bank_0_2__write_en;

  flight_ram_8_1024 bank_0_2
  (
    .clk( bank_0_2__clk ),
    .read_addr( bank_0_2__read_addr ),
    .read_data( bank_0_2__read_data ),
    .read_en( bank_0_2__read_en ),
    .reset( bank_0_2__reset ),
    .write_addr( bank_0_2__write_addr ),
    .write_data( bank_0_2__write_data ),
    .write_en( bank_0_2__write_en )
  );

  logic [0:0] bank_0_3__clk;
  logic [9:0] bank_0_3__read_addr;
  logic [7:0] bank_0_3__read_data;
  logic [0:0] bank_0_3__read_en;
  logic [0:0] bank_0_3__reset;
  logic [9:0] bank_0_3__write_addr;
  logic [7:0] bank_0_3__write_data;
  logic [0:0] bank_0_3__write_en;

  flight_ram_8_1024 bank_0_3
  (
    .clk( bank_0_3__clk ),
    .read_addr( bank_0_3__read_addr ),
    .read_data( bank_0_3__read_data ),
    .read_en( bank_0_3__read_en ),
    .reset( bank_0_3__reset ),
    .write_addr( bank_0_3__write_addr ),
    .write_data( bank_0_3__write_data ),
    .write_en( bank_0_3__write_en )
  );

  logic [0:0] bank_1_0__clk;
  logic [9:0] bank_1_0__read_addr;
  logic [7:0] bank_1_0__read_data;
  logic [0:0] bank_1_0__read_en;
  logic [0:0] bank_1_0__reset;
  logic [9:0] bank_1_0__write_addr;
  logic [7:0] bank_1_0__write_data;
  logic [0:0] bank_1_0__write_en;

  flight_ram_8_1024 bank_1_0
  (
    .clk( bank_1_0__clk ),
    .read_addr( bank_1_0__read_addr ),
    .read_data( bank_1_0__read_data ),
    .read_en( bank_1_0__read_en ),
    .reset( bank_1_0__reset ),
    .write_addr( bank_1_0__write_addr ),
    .write_data( bank_1_0__write_data ),
    .write_en( bank_1_0__write_en )
  );

  logic [0:0] bank_1_1__clk;
  logic [9:0] bank_1_1__read_addr;
  logic [7:0] bank_1_1__read_data;
  logic [0:0] bank_1_1__read_en;
  logic [0:0] bank_1_1__reset;
  logic [9:0] bank_1_1__write_addr;
  logic [7:0] bank_1_1__write_data;
  logic [0:0] bank_1_1__write_en;

  flight_ram_8_1024 bank_1_1
  (
    .clk( bank_1_1__clk ),
    .read_addr( bank_1_1__read_addr ),
    .read_data( bank_1_1__read_data ),
    .read_en( bank_1_1__read_en ),
    .reset( bank_1_1__reset ),
    .write_addr( bank_1_1__write_addr ),
    .write_data( bank_1_1__write_data ),
    .write_en( bank_1_1__write_en )
  );

  logic [0:0] bank_1_2__clk;
  logic [9:0] bank_1_2__read_addr;
  logic [7:0] bank_1_2__read_data;
  logic [0:0] bank_1_2__read_en;
  logic [0:0] bank_1_2__reset;
  logic [9:0] bank_1_2__write_addr;
  logic [7:0] bank_1_2__write_data;
  logic [0:0] bank_1_2__write_en;

  flight_ram_8_1024 bank_1_2
  (
    .clk( bank_1_2__clk ),
    .read_addr( bank_1_2__read_addr ),
    .read_data( bank_1_2__read_data ),
    .read_en( bank_1_2__read_en ),
    .reset( bank_1_2__reset ),
    .write_addr( bank_1_2__write_addr ),
    .write_data( bank_1_2__write_data ),
    .write_en( bank_1_2__write_en )
  );

  logic [0:0] bank_1_3__clk;
  logic [9:0] bank_1_3__read_addr;
  logic [7:0] bank_1_3__read_data;
  logic [0:0] bank_1_3__read_en;
  logic [0:0] bank_1_3__reset;
  logic [9:0] bank_1_3__write_addr;
  logic [7:0] bank_1_3__write_data;
  logic [0:0] bank_1_3__write_en;

  flight_ram_8_1024 bank_1_3
  (
    .clk( bank_1_3__clk ),
    .read_addr( bank_1_3__read_addr ),
    .read_data( bank_1_3__read_data ),
    .read_en( bank_1_3__read_en ),
    .reset( bank_1_3__reset ),
    .write_addr( bank_1_3__write_addr ),
    .write_data( bank_1_3__write_data ),
    .write_en( bank_1_3__write_en )
  );

  logic [0:0] bank_2_0__clk;
  logic [9:0] bank_2_0__read_addr;
  logic [7:0] bank_2_0__read_data;
  logic [0:0] bank_2_0__read_en;
  logic [0:0] bank_2_0__reset;
  logic [9:0] bank_2_0__write_addr;
  logic [7:0] bank_2_0__write_data;
  logic [0:0] bank_2_0__write_en;

  flight_ram_8_1024 bank_2_0
  (
    .clk( bank_2_0__clk ),
    .read_addr( bank_2_0__read_addr ),
    .read_data( bank_2_0__read_data ),
    .read_en( bank_2_0__read_en ),
    .reset( bank_2_0__reset ),
    .write_addr( bank_2_0__write_addr ),
    .write_data( bank_2_0__write_data ),
    .write_en( bank_2_0__write_en )
  );

  logic [0:0] bank_2_1__clk;
  logic [9:0] bank_2_1__read_addr;
  logic [7:0] bank_2_1__read_data;
  logic [0:0] bank_2_1__read_en;
  logic [0:0] bank_2_1__reset;
  logic [9:0] bank_2_1__write_addr;
  logic [7:0] bank_2_1__write_data;
  logic [0:0] bank_2_1__write_en;

  flight_ram_8_1024 bank_2_1
  (
    .clk( bank_2_1__clk ),
    .read_addr( bank_2_1__read_addr ),
    .read_data( bank_2_1__read_data ),
    .read_en( bank_2_1__read_en ),
    .reset( bank_2_1__reset ),
    .write_addr( bank_2_1__write_addr ),
    .write_data( bank_2_1__write_data ),
    .write_en( bank_2_1__write_en )
  );

  logic [0:0] bank_2_2__clk;
  logic [9:0] bank_2_2__read_addr;
  logic [7:0] bank_2_2__read_data;
  logic [0:0] bank_2_2__read_en;
  logic [0:0] bank_2_2__reset;
  logic [9:0] bank_2_2__write_addr;
  logic [7:0] bank_2_2__write_data;
  logic [0:0] bank_2_2__write_en;

  flight_ram_8_1024 bank_2_2
  (
    .clk( bank_2_2__clk ),
    .read_addr( bank_2_2__read_addr ),
    .read_data( bank_2_2__read_data ),
    .read_en( bank_2_2__read_en ),
    .reset( bank_2_2__reset ),
    .write_addr( bank_2_2__write_addr ),
    .write_data( bank_2_2__write_data ),
    .write_en( bank_2_2__write_en )
  );

  logic [0:0] bank_2_3__clk;
  logic [9:0] bank_2_3__read_addr;
  logic [7:0] bank_2_3__read_data;
  logic [0:0] bank_2_3__read_en;
  logic [0:0] bank_2_3__reset;
  logic [9:0] bank_2_3__write_addr;
  logic [7:0] bank_2_3__write_data;
  logic [0:0] bank_2_3__write_en;

  flight_ram_8_1024 bank_2_3
  (
    .clk( bank_2_3__clk ),
    .read_addr( bank_2_3__read_addr ),
    .read_data( bank_2_3__read_data ),
    .read_en( bank_2_3__read_en ),
    .reset( bank_2_3__reset ),
    .write_addr( bank_2_3__write_addr ),
    .write_data( bank_2_3__write_data ),
    .write_en( bank_2_3__write_en )
  );

  logic [0:0] bank_3_0__clk;
  logic [9:0] bank_3_0__read_addr;
  logic [7:0] bank_3_0__read_data;
  logic [0:0] bank_3_0__read_en;
  logic [0:0] bank_3_0__reset;
  logic [9:0] bank_3_0__write_addr;
  logic [7:0] bank_3_0__write_data;
  logic [0:0] bank_3_0__write_en;

  flight_ram_8_1024 bank_3_0
  (
    .clk( bank_3_0__clk ),
    .read_addr( bank_3_0__read_addr ),
    .read_data( bank_3_0__read_data ),
    .read_en( bank_3_0__read_en ),
    .reset( bank_3_0__reset ),
    .write_addr( bank_3_0__write_addr ),
    .write_data( bank_3_0__write_data ),
    .write_en( bank_3_0__write_en )
  );

  logic [0:0] bank_3_1__clk;
  logic [9:0] bank_3_1__read_addr;
  logic [7:0] bank_3_1__read_data;
  logic [0:0] bank_3_1__read_en;
  logic [0:0] bank_3_1__reset;
  logic [9:0] bank_3_1__write_addr;
  logic [7:0] bank_3_1__write_data;
  logic [0:0] bank_3_1__write_en;

  flight_ram_8_1024 bank_3_1
  (
    .clk( bank_3_1__clk ),
    .read_addr( bank_3_1__read_addr ),
    .read_data( bank_3_1__read_data ),
    .read_en( bank_3_1__read_en ),
    .reset( bank_3_1__reset ),
    .write_addr( bank_3_1__write_addr ),
    .write_data( bank_3_1__write_data ),
    .write_en( bank_3_1__write_en )
  );

  logic [0:0] bank_3_2__clk;
  logic [9:0] bank_3_2__read_addr;
  logic [7:0] bank_3_2__read_data;
  logic [0:0] bank_3_2__read_en;
  logic [0:0] bank_3_2__reset;
  logic [9:0] bank_3_2__write_addr;
  logic [7:0] bank_3_2__write_data;
  logic [0:0] bank_3_2__write_en;

  flight_ram_8_1024 bank_3_2
  (
    .clk( bank_3_2__clk ),
    .read_addr( bank_3_2__read_addr ),
    .read_data( bank_3_2__read_data ),
    .read_en( bank_3_2__read_en ),
    .reset( bank_3_2__reset ),
    .write_addr( bank_3_2__write_addr ),
    .write_data( bank_3_2__write_data ),
    .write_en( bank_3_2__write_en )
  );

  logic [0:0] bank_3_3__clk;
  logic [9:0] bank_3_3__read_addr;
  logic [7:0] bank_3_3__read_data;
  logic [0:0] bank_3_3__read_en;
  logic [0:0] bank_3_3__reset;
  logic [9:0] bank_3_3__write_addr;
  logic [7:0] bank_3_3__write_data;
  logic [0:0] bank_3_3__write_en;

  flight_ram_8_1024 bank_3_3
  (
    .clk( bank_3_3__clk ),
    .read_addr( bank_3_3__read_addr ),
    .read_data( bank_3_3__read_data ),
    .read_en( bank_3_3__read_en ),
    .reset( bank_3_3__reset ),
    .write_addr( bank_3_3__write_addr ),
    .write_data( bank_3_3__write_data ),
    .write_en( bank_3_3__write_en )
  );

  logic [0:0] code_0__clk;
  logic [12:0] code_0__read_addr;
  logic [63:0] code_0__read_data;
  logic [0:0] code_0__read_en;
  logic [0:0] code_0__reset;
  logic [12:0] code_0__write_addr;
  logic [63:0] code_0__write_data;
  logic [0:0] code_0__write_en;

  flight_ram_64_8192 code_0
  (
    .clk( code_0__clk ),
    .read_addr( code_0__read_addr ),
    .read_data( code_0__read_data ),
    .read_en( code_0__read_en ),
    .reset( code_0__reset ),
    .write_addr( code_0__write_addr ),
    .write_data( code_0__write_data ),
    .write_en( code_0__write_en )
  );

  logic [0:0] code_written_0__clk;
  logic [63:0] code_written_0__in_;
  logic [63:0] code_written_0__out;
  logic [0:0] code_written_0__reset;

  flight_delay_64_0 code_written_0
  (
    .clk( code_written_0__clk ),
    .in_( code_written_0__in_ ),
    .out( code_written_0__out ),
    .reset( code_written_0__reset )
  );

  logic [7:0] core__acc_read_addr;
  logic [95:0] core__acc_read_data;
  logic [0:0] core__acc_read_en;
  logic [7:0] core__acc_write_addr;
  logic [95:0] core__acc_write_data;
  logic [0:0] core__acc_write_en;
  logic [39:0] core__act_read_addr;
  logic [127:0] core__act_read_data;
  logic [3:0] core__act_read_en;
  logic [9:0] core__act_write_addr;
  logic [31:0] core__act_write_data;
  logic [15:0] core__act_write_en;
  logic [0:0] core__clk;
  logic [15:0] core__code_read_addr;
  logic [63:0] core__code_read_data;
  logic [0:0] core__code_read_en;
  logic [15:0] core__code_write_addr;
  logic [63:0] core__code_write_data;
  logic [0:0] core__code_write_en;
  logic [0:0] core__enable;
  logic [0:0] core__image_last;
  logic [15:0] core__program_addr;
  logic [63:0] core__program_data;
  logic [0:0] core__program_en;
  logic [0:0] core__reset;
  logic [0:0] core__result_last;
  logic [3:0] core__state;
  logic [3:0] core__status;
  logic [15:0] core__step_index;
  logic [63:0] core__code_msg;
  logic [0:0] core__code_rdy;
  logic [0:0] core__code_val;
  logic [31:0] core__image_msg;
  logic [0:0] core__image_rdy;
  logic [0:0] core__image_val;
  logic [31:0] core__result_msg;
  logic [0:0] core__result_rdy;
  logic [0:0] core__result_val;

  flight_core core
  (
    .acc_read_addr( core__acc_read_addr ),
    .acc_read_data( core__acc_read_data ),
    .acc_read_en( core__acc_read_en ),
    .acc_write_addr( core__acc_write_addr ),
    .acc_write_data( core__acc_write_data ),
    .acc_write_en( core__acc_write_en ),
    .act_read_addr( core__act_read_addr ),
    .act_read_data( core__act_read_data ),
    .act_read_en( core__act_read_en ),
    .act_write_addr( core__act_write_addr ),
    .act_write_data( core__act_write_data ),
    .act_write_en( core__act_write_en ),
    .clk( core__clk ),
    .code_read_addr( core__code_read_addr ),
    .code_read_data( core__code_read_data ),
    .code_read_en( core__code_read_en ),
    .code_write_addr( core__code_write_addr ),
    .code_write_data( core__code_write_data ),
    .code_write_en( core__code_write_en ),
    .enable( core__enable ),
    .image_last( core__image_last ),
    .program_addr( core__program_addr ),
    .program_data( core__program_data ),
    .program_en( core__program_en ),
    .reset( core__reset ),
    .result_last( core__result_last ),
    .state( core__state ),
    .status( core__status ),
    .step_index( core__step_index ),
    .code_msg( core__code_msg ),
    .code_rdy( core__code_rdy ),
    .code_val( core__code_val ),
    .image_msg( core__image_msg ),
    .image_rdy( core__image_rdy ),
    .image_val( core__image_val ),
    .result_msg( core__result_msg ),
    .result_rdy( core__result_rdy ),
    .result_val( core__result_val )
  );

  logic [0:0] microcode__clk;
  logic [8:0] microcode__read_addr;
  logic [63:0] microcode__read_data;
  logic [0:0] microcode__read_en;
  logic [0:0] microcode__reset;
  logic [8:0] microcode__write_addr;
  logic [63:0] microcode__write_data;
  logic [0:0] microcode__write_en;

  flight_ram_64_512 microcode
  (
    .clk( microcode__clk ),
    .read_addr( microcode__read_addr ),
    .read_data( microcode__read_data ),
    .read_en( microcode__read_en ),
    .reset( microcode__reset ),
    .write_addr( microcode__write_addr ),
    .write_data( microcode__write_data ),
    .write_en( microcode__write_en )
  );

  logic [0:0] program_write__clk;
  logic [73:0] program_write__in_;
  logic [73:0] program_write__out;
  logic [0:0] program_write__reset;

  flight_delay_74_0 program_write
  (
    .clk( program_write__clk ),
    .in_( program_write__in_ ),
    .out( program_write__out ),
    .reset( program_write__reset )
  );

  logic [0:0] write_addr_late__clk;
  logic [12:0] write_addr_late__in_;
  logic [12:0] write_addr_late__out;
  logic [0:0] write_addr_late__reset;

  flight_delay_13_0 write_addr_late
  (
    .clk( write_addr_late__clk ),
    .in_( write_addr_late__in_ ),
    .out( write_addr_late__out ),
    .reset( write_addr_late__reset )
  );

  logic [0:0] write_late__clk;
  logic [0:0] write_late__in_;
  logic [0:0] write_late__out;
  logic [0:0] write_late__reset;

  flight_delay_1_0 write_late
  (
    .clk( write_late__clk ),
    .in_( write_late__in_ ),
    .out( write_late__out ),
    .reset( write_late__reset )
  );

  always @* begin : up_load
    program_write__in_[7'd0] = load_en & ( load_memory == 1'd0 );
    code_write_addr = load_addr[4'd12:4'd0];
    if ( core__code_write_en ) begin
      code_write_addr = core__code_write_addr[4'd12:4'd0];
    end
    for ( int unsigned i = 0; i < 1; i += 1 ) begin
      code_write[1'(i)] = core__code_write_en | ( ( load_en & ( load_memory == 1'd1 ) ) & ( load_part == 8'(i) ) );
      code_write_data[1'(i)] = load_data;
      if ( core__code_write_en ) begin
        code_write_data[1'(i)] = code_streamed[1'(i)];
      end
    end
  end

  assign core__clk = clk;
  assign core__reset = reset;
  assign core__enable = enable;
  assign image_last = core__image_last;
  assign result_last = core__result_last;
  assign state = core__state;
  assign status = core__status;
  assign step_index = core__step_index;
  assign core__image_msg = image_msg;
  assign core__image_val = image_val;
  assign image_rdy = core__image_rdy;
  assign result_msg = core__result_msg;
  assign result_val = core__result_val;
  assign core__result_rdy = result_rdy;
  assign core__code_msg = code_msg;
  assign core__code_val = code_val;
  assign code_rdy = core__code_rdy;
  assign program_write__clk = clk;
  assign program_write__reset = reset;
  assign program_write__in_[9:1] = load_addr[8:0];
  assign program_write__in_[73:10] = load_data;
  assign write_late__clk = clk;
  assign write_late__reset = reset;
  assign write_addr_late__clk = clk;
  assign write_addr_late__reset = reset;
  assign microcode__clk = clk;
  assign microcode__reset = reset;
  assign microcode__read_en = core__program_en;
  assign microcode__read_addr = core__program_addr[8:0];
  assign core__program_data = microcode__read_data;
  assign microcode__write_en = program_write__out[0:0];
  assign microcode__write_addr = program_write__out[9:1];
  assign microcode__write_data = program_write__out[73:10];
  assign write_late__in_ = code_write;
  assign write_addr_late__in_ = code_write_addr;
  assign code_0__clk = clk;
  assign code_0__reset = reset;
  assign code_0__read_en = core__code_read_en;
  assign code_0__read_addr = core__code_read_addr[12:0];
  assign core__code_read_data[63:0] = code_0__read_data;
  assign code_0__write_en = write_late__out[0:0];
  assign code_0__write_addr = write_addr_late__out;
  assign code_written_0__clk = clk;
  assign code_written_0__reset = reset;
  assign code_written_0__in_ = code_write_data[0][63:0];
  assign code_0__write_data = code_written_0__out;
  assign code_streamed[0][63:0] = core__code_write_data[63:0];
  assign accumulators__clk = clk;
  assign accumulators__reset = reset;
  assign accumulators__read_en = core__acc_read_en;
  assign accumulators__read_addr = core__acc_read_addr;
  assign core__acc_read_data = accumulators__read_data;
  assign accumulators__write_en = core__acc_write_en;
  assign accumulators__write_addr = core__acc_write_addr;
  assign accumulators__write_data = core__acc_write_data;
  assign bank_0_0__clk = clk;
  assign bank_0_0__reset = reset;
  assign bank_0_0__read_en = core__act_read_en[0:0];
  assign bank_0_0__read_addr = core__act_read_addr[9:0];
  assign core__act_read_data[7:0] = bank_0_0__read_data;
  assign bank_0_0__write_en = core__act_write_en[0:0];
  assign bank_0_0__write_addr = core__act_write_addr;
  assign bank_0_0__write_data = core__act_write_data[7:0];
  assign bank_0_1__clk = clk;
  assign bank_0_1__reset = reset;
  assign bank_0_1__read_en = core__act_read_en[0:0];
  assign bank_0_1__read_addr = core__act_read_addr[9:0];
  assign core__act_read_data[15:8] = bank_0_1__read_data;
  assign bank_0_1__write_en = core__act_write_en[1:1];
  assign bank_0_1__write_addr = core__act_write_addr;
  assign bank_0_1__write_data = core__act_write_data[15:8];
  assign bank_0_2__clk = clk;
  assign bank_0_2__reset = reset;
  assign bank_0_2__read_en = core__act_read_en[0:0];
  assign bank_0_2__read_addr = core__act_read_addr[9:0];
  assign core__act_read_data[23:16] = bank_0_2__read_data;
  assign bank_0_2__write_en = core__act_write_en[2:2];
  assign bank_0_2__write_addr = core__act_write_addr;
  assign bank_0_2__write_data = core__act_write_data[23:16];
  assign bank_0_3__clk = clk;
  assign bank_0_3__reset = reset;
  assign bank_0_3__read_en = core__act_read_en[0:0];
  assign bank_0_3__read_addr = core__act_read_addr[9:0];
  assign core__act_read_data[31:24] = bank_0_3__read_data;
  assign bank_0_3__write_en = core__act_write_en[3:3];
  assign bank_0_3__write_addr = core__act_write_addr;
  assign bank_0_3__write_data = core__act_write_data[31:24];
  assign bank_1_0__clk = clk;
  assign bank_1_0__reset = reset;
  assign bank_1_0__read_en = core__act_read_en[1:1];
  assign bank_1_0__read_addr = core__act_read_addr[19:10];
  assign core__act_read_data[39:32] = bank_1_0__read_data;
  assign bank_1_0__write_en = core__act_write_en[4:4];
  assign bank_1_0__write_addr = core__act_write_addr;
  assign bank_1_0__write_data = core__act_write_data[7:0];
  assign bank_1_1__clk = clk;
  assign bank_1_1__reset = reset;
  assign bank_1_1__read_en = core__act_read_en[1:1];
  assign bank_1_1__read_addr = core__act_read_addr[19:10];
  assign core__act_read_data[47:40] = bank_1_1__read_data;
  assign bank_1_1__write_en = core__act_write_en[5:5];
  assign bank_1_1__write_addr = core__act_write_addr;
  assign bank_1_1__write_data = core__act_write_data[15:8];
  assign bank_1_2__clk = clk;
  assign bank_1_2__reset = reset;
  assign bank_1_2__read_en = core__act_read_en[1:1];
  assign bank_1_2__read_addr = core__act_read_addr[19:10];
  assign core__act_read_data[55:48] = bank_1_2__read_data;
  assign bank_1_2__write_en = core__act_write_en[6:6];
  assign bank_1_2__write_addr = core__act_write_addr;
  assign bank_1_2__write_data = core__act_write_data[23:16];
  assign bank_1_3__clk = clk;
  assign bank_1_3__reset = reset;
  assign bank_1_3__read_en = core__act_read_en[1:1];
  assign bank_1_3__read_addr = core__act_read_addr[19:10];
  assign core__act_read_data[63:56] = bank_1_3__read_data;
  assign bank_1_3__write_en = core__act_write_en[7:7];
  assign bank_1_3__write_addr = core__act_write_addr;
  assign bank_1_3__write_data = core__act_write_data[31:24];
  assign bank_2_0__clk = clk;
  assign bank_2_0__reset = reset;
  assign bank_2_0__read_en = core__act_read_en[2:2];
  assign bank_2_0__read_addr = core__act_read_addr[29:20];
  assign core__act_read_data[71:64] = bank_2_0__read_data;
  assign bank_2_0__write_en = core__act_write_en[8:8];
  assign bank_2_0__write_addr = core__act_write_addr;
  assign bank_2_0__write_data = core__act_write_data[7:0];
  assign bank_2_1__clk = clk;
  assign bank_2_1__reset = reset;
  assign bank_2_1__read_en = core__act_read_en[2:2];
  assign bank_2_1__read_addr = core__act_read_addr[29:20];
  assign core__act_read_data[79:72] = bank_2_1__read_data;
  assign bank_2_1__write_en = core__act_write_en[9:9];
  assign bank_2_1__write_addr = core__act_write_addr;
  assign bank_2_1__write_data = core__act_write_data[15:8];
  assign bank_2_2__clk = clk;
  assign bank_2_2__reset = reset;
  assign bank_2_2__read_en = core__act_read_en[2:2];
  assign bank_2_2__read_addr = core__act_read_addr[29:20];
  assign core__act_read_data[87:80] = bank_2_2__read_data;
  assign bank_2_2__write_en = core__act_write_en[10:10];
  assign bank_2_2__write_addr = core__act_write_addr;
  assign bank_2_2__write_data = core__act_write_data[23:16];
  assign bank_2_3__clk = clk;
  assign bank_2_3__reset = reset;
  assign bank_2_3__read_en = core__act_read_en[2:2];
  assign bank_2_3__read_addr = core__act_read_addr[29:20];
  assign core__act_read_data[95:88] = bank_2_3__read_data;
  assign bank_2_3__write_en = core__act_write_en[11:11];
  assign bank_2_3__write_addr = core__act_write_addr;
  assign bank_2_3__write_data = core__act_write_data[31:24];
  assign bank_3_0__clk = clk;
  assign bank_3_0__reset = reset;
  assign bank_3_0__read_en = core__act_read_en[3:3];
  assign bank_3_0__read_addr = core__act_read_addr[39:30];
  assign core__act_read_data[103:96] = bank_3_0__read_data;
  assign bank_3_0__write_en = core__act_write_en[12:12];
  assign bank_3_0__write_addr = core__act_write_addr;
  assign bank_3_0__write_data = core__act_write_data[7:0];
  assign bank_3_1__clk = clk;
  assign bank_3_1__reset = reset;
  assign bank_3_1__read_en = core__act_read_en[3:3];
  assign bank_3_1__read_addr = core__act_read_addr[39:30];
  assign core__act_read_data[111:104] = bank_3_1__read_data;
  assign bank_3_1__write_en = core__act_write_en[13:13];
  assign bank_3_1__write_addr = core__act_write_addr;
  assign bank_3_1__write_data = core__act_write_data[15:8];
  assign bank_3_2__clk = clk;
  assign bank_3_2__reset = reset;
  assign bank_3_2__read_en = core__act_read_en[3:3];
  assign bank_3_2__read_addr = core__act_read_addr[39:30];
  assign core__act_read_data[119:112] = bank_3_2__read_data;
  assign bank_3_2__write_en = core__act_write_en[14:14];
  assign bank_3_2__write_addr = core__act_write_addr;
  assign bank_3_2__write_data = core__act_write_data[23:16];
  assign bank_3_3__clk = clk;
  assign bank_3_3__reset = reset;
  assign bank_3_3__read_en = core__act_read_en[3:3];
  assign bank_3_3__read_addr = core__act_read_addr[39:30];
  assign core__act_read_data[127:120] = bank_3_3__read_data;
  assign bank_3_3__write_en = core__act_write_en[15:15];
  assign bank_3_3__write_addr = core__act_write_addr;
  assign bank_3_3__write_data = core__act_write_data[31:24];

endmodule
