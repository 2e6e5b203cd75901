// flight_axi_lite: Ports: AXI4-Lite channels -> register writes and reads; ``refused`` answers them with SLVERR.
// Generated from flightasic/hw/axi_lite.py for array fixed8_4x4x4; do not edit.

module flight_axi_lite
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
  output logic [31:0] rdata ,
  output logic [0:0] read ,
  input  logic [31:0] read_data ,
  output logic [9:0] read_index ,
  input  logic [0:0] read_refused ,
  input  logic [0:0] reset ,
  input  logic [0:0] rready ,
  output logic [1:0] rresp ,
  output logic [0:0] rvalid ,
  input  logic [31:0] wdata ,
  output logic [0:0] wready ,
  output logic [0:0] write ,
  output logic [31:0] write_data ,
  output logic [9:0] write_index ,
  input  logic [0:0] write_refused ,
  output logic [3:0] write_strobe ,
  input  logic [3:0] wstrb ,
  input  logic [0:0] wvalid
);
  logic [0:0] address_held;
  logic [0:0] data_held;

  always @* begin : up_handshake
    awready = ~address_held;
    wready = ~data_held;
    write = ( address_held & data_held ) & ( ~bvalid );
    arready = ~rvalid;
    read = arvalid & ( ~rvalid );
  end

  always_ff @(posedge clk) begin : up_read
    if ( reset ) begin
      rvalid <= 1'd0;
    end
    else if ( read ) begin
      rvalid <= 1'd1;
      rdata <= read_data;
      rresp <= 2'd0;
      if ( read_refused ) begin
        rresp <= 2'd2;
      end
    end
    else if ( rready ) begin
      rvalid <= 1'd0;
    end
  end

  always_ff @(posedge clk) begin : up_write
    if ( reset ) begin
      address_held <= 1'd0;
      data_held <= 1'd0;
      bvalid <= 1'd0;
    end
    else begin
      if ( write ) begin
        address_held <= 1'd0;
        data_held <= 1'd0;
        bvalid <= 1'd1;
        bresp <= 2'd0;
        if ( write_refused ) begin
          bresp <= 2'd2;
        end
      end
      if ( bvalid & bready ) begin
        bvalid <= 1'd0;
      end
      if ( awvalid & ( ~address_held ) ) begin
        address_held <= 1'd1;
        write_index <= awaddr[4'd11:4'd2];
      end
      if ( wvalid & ( ~data_held ) ) begin
        data_held <= 1'd1;
        write_data <= wdata;
        write_strobe <= wstrb;
      end
    end
  end

  assign read_index = araddr[11:2];

endmodule
