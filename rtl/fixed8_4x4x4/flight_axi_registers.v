// flight_axi_registers: Ports: AXI4-Lite; reset, enable, load port and status of the top; what happens on its image stream.
// Generated from flightasic/hw/axi_registers.py for array fixed8_4x4x4; do not edit.

module flight_axi_registers
(
  input  logic [11:0] araddr ,
  output logic [0:0] arready ,
  input  logic [0:0] arvalid ,
  input  logic [11:0] awaddr ,
  output logic [0:0] awready ,
  input  logic [0:0] awvalid ,
  input  logic [0:0] bready ,
  output logic [1:0] bresp ,
  output logic [0:0] bvalid ,
  input  logic [0:0] clk ,
  output logic [0:0] core_reset ,
  output logic [0:0] enable ,
  input  logic [0:0] image_last ,
  input  logic [0:0] image_taken ,
  input  logic [0:0] image_tlast ,
  output logic [15:0] load_addr ,
  output logic [63:0] load_data ,
  output logic [0:0] load_en ,
  output logic [0:0] load_memory ,
  output logic [7:0] load_part ,
  output logic [31:0] rdata ,
  input  logic [0:0] reset ,
  input  logic [0:0] rready ,
  output logic [1:0] rresp ,
  output logic [0:0] rvalid ,
  input  logic [3:0] state ,
  input  logic [3:0] status ,
  input  logic [15:0] step_index ,
  input  logic [31:0] wdata ,
  output logic [0:0] wready ,
  input  logic [3:0] wstrb ,
  input  logic [0:0] wvalid
);
  logic [0:0] accepted;
  logic [0:0] begins;
  logic [0:0] busy;
  logic [63:0] cycles;
  logic [31:0] cycles_high;
  logic [0:0] ends;
  logic [11:0] error_address;
  logic [0:0] error_write;
  logic [3:0] errors;
  logic [3:0] kept;
  logic [15:0] load_address;
  logic [0:0] load_busy;
  logic [31:0] load_high;
  logic [31:0] load_low;
  logic [0:0] load_range;
  logic [0:0] loads;
  logic [0:0] may_write;
  logic [31:0] merged;
  logic [3:0] raised;
  logic [0:0] soft_reset;
  logic [15:0] step_before;
  logic [31:0] strobed;
  logic [639:0] values;
  logic [19:0] writable;

  logic [11:0] lite__araddr;
  logic [0:0] lite__arready;
  logic [0:0] lite__arvalid;
  logic [11:0] lite__awaddr;
  logic [0:0] lite__awready;
  logic [0:0] lite__awvalid;
  logic [0:0] lite__bready;
  logic [1:0] lite__bresp;
  logic [0:0] lite__bvalid;
  logic [0:0] lite__clk;
  logic [31:0] lite__rdata;
  logic [0:0] lite__read;
  logic [31:0] lite__read_data;
  logic [9:0] lite__read_index;
  logic [0:0] lite__read_refused;
  logic [0:0] lite__reset;
  logic [0:0] lite__rready;
  logic [1:0] lite__rresp;
  logic [0:0] lite__rvalid;
  logic [31:0] lite__wdata;
  logic [0:0] lite__wready;
  logic [0:0] lite__write;
  logic [31:0] lite__write_data;
  logic [9:0] lite__write_index;
  logic [0:0] lite__write_refused;
  logic [3:0] lite__write_strobe;
  logic [3:0] lite__wstrb;
  logic [0:0] lite__wvalid;

  flight_axi_lite lite
  (
    .araddr( lite__araddr ),
    .arready( lite__arready ),
    .arvalid( lite__arvalid ),
    .awaddr( lite__awaddr ),
    .awready( lite__awready ),
    .awvalid( lite__awvalid ),
    .bready( lite__bready ),
    .bresp( lite__bresp ),
    .bvalid( lite__bvalid ),
    .clk( lite__clk ),
    .rdata( lite__rdata ),
    .read( lite__read ),
    .read_data( lite__read_data ),
    .read_index( lite__read_index ),
    .read_refused( lite__read_refused ),
    .reset( lite__reset ),
    .rready( lite__rready ),
    .rresp( lite__rresp ),
    .rvalid( lite__rvalid ),
    .wdata( lite__wdata ),
    .wready( lite__wready ),
    .write( lite__write ),
    .write_data( lite__write_data ),
    .write_index( lite__write_index ),
    .write_refused( lite__write_refused ),
    .write_strobe( lite__write_strobe ),
    .wstrb( lite__wstrb ),
    .wvalid( lite__wvalid )
  );

  always @* begin : up_errors
    raised[2'd0] = image_taken & ( image_tlast != image_last );
    raised[2'd1] = lite__write & load_busy;
    raised[2'd2] = lite__write & load_range;
    raised[2'd3] = ( lite__write & ( ~may_write ) ) | ( lite__read & lite__read_refused );
    kept = errors;
    if ( accepted & ( lite__write_index == 10'd11 ) ) begin
      kept = errors & ( ~strobed[5'd3:5'd0] );
    end
  end

  always @* begin : up_refuse
    loads = lite__write_index == 10'd18;
    load_busy = loads & ( enable | ( state != 4'd0 ) );
    load_range = loads & ( ( { { 1 { 1'b0 } }, load_address } >= 17'd512 ) | ( load_part != 8'd0 ) );
    if ( load_memory == 1'd1 ) begin
      load_range = loads & ( ( { { 1 { 1'b0 } }, load_address } >= 17'd8192 ) | ( load_part >= 8'd2 ) );
    end
    lite__write_refused = ( ( ~may_write ) | load_busy ) | load_range;
    accepted = lite__write & ( ~lite__write_refused );
  end

  always @* begin : up_run
    core_reset = reset | soft_reset;
    begins = ( image_taken & ( ~busy ) ) & ( step_index == 16'd0 );
    ends = ( ( core_reset | ( state == 4'd0 ) ) | ( state == 4'd8 ) ) | ( ( step_index == 16'd0 ) & ( step_before != 16'd0 ) );
  end

  always @* begin : up_select
    lite__read_data = 32'd0;
    lite__read_refused = lite__read_index >= 10'd20;
    may_write = 1'd0;
    merged = 32'd0;
    for ( int unsigned i = 0; i < 20; i += 1 ) begin
      if ( lite__read_index == 10'(i) ) begin
        lite__read_data = values[10'(i) * 10'd32 +: 32];
      end
      if ( lite__write_index == 10'(i) ) begin
        merged = values[10'(i) * 10'd32 +: 32];
        may_write = writable[5'(i)];
      end
    end
    strobed = 32'd0;
    for ( int unsigned i = 0; i < 4; i += 1 )
      if ( lite__write_strobe[2'(i)] ) begin
        merged[5'(i) * 5'd8 +: 8] = lite__write_data[5'(i) * 5'd8 +: 8];
        strobed[5'(i) * 5'd8 +: 8] = lite__write_data[5'(i) * 5'd8 +: 8];
      end
  end

  always_ff @(posedge clk) begin : up_control
    if ( reset ) begin
      enable <= 1'd0;
      soft_reset <= 1'd0;
    end
    else if ( accepted & ( lite__write_index == 10'd9 ) ) begin
      enable <= merged[5'd0];
      soft_reset <= merged[5'd1];
    end
  end

  always_ff @(posedge clk) begin : up_cycles
    step_before <= step_index;
    busy <= ( begins | busy ) & ( ~ends );
    if ( reset ) begin
      cycles <= 64'd0;
      cycles_high <= 32'd0;
    end
    else begin
      if ( begins | ( busy & ( ~ends ) ) ) begin
        cycles <= cycles + 64'd1;
      end
      if ( lite__read & ( lite__read_index == 10'd13 ) ) begin
        cycles_high <= cycles[6'd63:6'd32];
      end
    end
  end

  always_ff @(posedge clk) begin : up_load
    load_en <= ( accepted & loads ) & ( lite__write_strobe != 4'd0 );
    load_addr <= load_address;
    if ( reset ) begin
      load_address <= 16'd0;
      load_memory <= 1'd0;
      load_part <= 8'd0;
      load_low <= 32'd0;
      load_high <= 32'd0;
    end
    else if ( accepted ) begin
      if ( lite__write_index == 10'd15 ) begin
        load_address <= merged[5'd15:5'd0];
      end
      if ( lite__write_index == 10'd16 ) begin
        load_memory <= merged[5'd0];
        load_part <= merged[5'd15:5'd8];
      end
      if ( lite__write_index == 10'd17 ) begin
        load_low <= merged;
      end
      if ( loads & ( lite__write_strobe != 4'd0 ) ) begin
        load_high <= merged;
        load_address <= load_address + 16'd1;
      end
    end
  end

  always_ff @(posedge clk) begin : up_sticky
    if ( reset ) begin
      errors <= 4'd0;
      error_address <= 12'd0;
      error_write <= 1'd0;
    end
    else begin
      errors <= kept | raised;
      if ( ( kept[2'd3:2'd1] == 3'd0 ) & ( raised[2'd3:2'd1] != 3'd0 ) ) begin
        error_write <= lite__write & lite__write_refused;
        error_address <= { lite__read_index, 2'd0 };
        if ( lite__write & lite__write_refused ) begin
          error_address <= { lite__write_index, 2'd0 };
        end
      end
    end
  end

  assign lite__clk = clk;
  assign lite__reset = reset;
  assign lite__awvalid = awvalid;
  assign awready = lite__awready;
  assign lite__awaddr = awaddr;
  assign lite__wvalid = wvalid;
  assign wready = lite__wready;
  assign lite__wdata = wdata;
  assign lite__wstrb = wstrb;
  assign bvalid = lite__bvalid;
  assign lite__bready = bready;
  assign bresp = lite__bresp;
  assign lite__arvalid = arvalid;
  assign arready = lite__arready;
  assign lite__araddr = araddr;
  assign rvalid = lite__rvalid;
  assign lite__rready = rready;
  assign rdata = lite__rdata;
  assign rresp = lite__rresp;
  assign load_data[31:0] = load_low;
  assign load_data[63:32] = load_high;
  assign writable = 20'd494080;
  assign values[31:0] = 32'd4054139224;
  assign values[63:32] = 32'd196610;
  assign values[95:64] = 32'd420434810;
  assign values[127:96] = 32'd17040388;
  assign values[159:128] = 32'd2559050754;
  assign values[191:160] = 32'd1024;
  assign values[223:192] = 32'd8192;
  assign values[255:224] = 32'd512;
  assign values[287:256] = 32'd256;
  assign values[288:288] = enable;
  assign values[289:289] = soft_reset;
  assign values[319:290] = 30'd0;
  assign values[323:320] = state;
  assign values[327:324] = status;
  assign values[328:328] = busy;
  assign values[335:329] = 7'd0;
  assign values[351:336] = step_index;
  assign values[352:352] = errors[0:0];
  assign values[353:353] = errors[1:1];
  assign values[354:354] = errors[2:2];
  assign values[355:355] = errors[3:3];
  assign values[383:356] = 28'd0;
  assign values[395:384] = error_address;
  assign values[414:396] = 19'd0;
  assign values[415:415] = error_write;
  assign values[447:416] = cycles[31:0];
  assign values[479:448] = cycles_high;
  assign values[495:480] = load_address;
  assign values[511:496] = 16'd0;
  assign values[512:512] = load_memory;
  assign values[519:513] = 7'd0;
  assign values[527:520] = load_part;
  assign values[543:528] = 16'd0;
  assign values[575:544] = load_low;
  assign values[607:576] = load_high;
  assign values[639:608] = 32'd0;

endmodule
