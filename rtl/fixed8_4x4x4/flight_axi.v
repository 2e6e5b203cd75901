// flight_axi: The accelerator with an AXI4-Lite port for its registers and AXI4-Stream ports for images, codes and results.
// Generated from flightasic/hw/axi.py for array fixed8_4x4x4; do not edit.

module flight_axi
(
  input  wire aclk,
  input  wire aresetn,
  input  wire [2:0] s_axi_awprot,
  input  wire [2:0] s_axi_arprot,
  input  wire s_axi_awvalid,
  output wire s_axi_awready,
  input  wire [11:0] s_axi_awaddr,
  input  wire s_axi_wvalid,
  output wire s_axi_wready,
  input  wire [31:0] s_axi_wdata,
  input  wire [3:0] s_axi_wstrb,
  output wire s_axi_bvalid,
  input  wire s_axi_bready,
  output wire [1:0] s_axi_bresp,
  input  wire s_axi_arvalid,
  output wire s_axi_arready,
  input  wire [11:0] s_axi_araddr,
  output wire s_axi_rvalid,
  input  wire s_axi_rready,
  output wire [31:0] s_axi_rdata,
  output wire [1:0] s_axi_rresp,
  input  wire [31:0] s_axis_image_tdata,
  input  wire s_axis_image_tvalid,
  output wire s_axis_image_tready,
  input  wire s_axis_image_tlast,
  input  wire [127:0] s_axis_code_tdata,
  input  wire s_axis_code_tvalid,
  output wire s_axis_code_tready,
  output wire [31:0] m_axis_result_tdata,
  output wire m_axis_result_tvalid,
  input  wire m_axis_result_tready,
  output wire m_axis_result_tlast
);
  wire core_reset;
  wire enable;
  wire image_last;
  wire [15:0] load_addr;
  wire [63:0] load_data;
  wire load_en;
  wire load_memory;
  wire [7:0] load_part;
  wire [3:0] state;
  wire [3:0] status;
  wire [15:0] step_index;

  flight_axi_registers registers
  (
    .clk( aclk ),
    .reset( ~aresetn ),
    .awvalid( s_axi_awvalid ),
    .awready( s_axi_awready ),
    .awaddr( s_axi_awaddr ),
    .wvalid( s_axi_wvalid ),
    .wready( s_axi_wready ),
    .wdata( s_axi_wdata ),
    .wstrb( s_axi_wstrb ),
    .bvalid( s_axi_bvalid ),
    .bready( s_axi_bready ),
    .bresp( s_axi_bresp ),
    .arvalid( s_axi_arvalid ),
    .arready( s_axi_arready ),
    .araddr( s_axi_araddr ),
    .rvalid( s_axi_rvalid ),
    .rready( s_axi_rready ),
    .rdata( s_axi_rdata ),
    .rresp( s_axi_rresp ),
    .core_reset( core_reset ),
    .enable( enable ),
    .load_en( load_en ),
    .load_memory( load_memory ),
    .load_addr( load_addr ),
    .load_part( load_part ),
    .load_data( load_data ),
    .state( state ),
    .status( status ),
    .step_index( step_index ),
    .image_taken( s_axis_image_tvalid & s_axis_image_tready ),
    .image_tlast( s_axis_image_tlast ),
    .image_last( image_last )
  );

  flight_top accelerator
  (
    .clk( aclk ),
    .reset( core_reset ),
    .enable( enable ),
    .load_en( load_en ),
    .load_memory( load_memory ),
    .load_addr( load_addr ),
    .load_part( load_part ),
    .load_data( load_data ),
    .state( state ),
    .status( status ),
    .step_index( step_index ),
    .image_msg( s_axis_image_tdata ),
    .image_val( s_axis_image_tvalid ),
    .image_rdy( s_axis_image_tready ),
    .image_last( image_last ),
    .code_msg( s_axis_code_tdata[127:0] ),
    .code_val( s_axis_code_tvalid ),
    .code_rdy( s_axis_code_tready ),
    .result_msg( m_axis_result_tdata ),
    .result_val( m_axis_result_tvalid ),
    .result_rdy( m_axis_result_tready ),
    .result_last( m_axis_result_tlast )
  );

endmodule
