// flight_bank_ports: Joins the users of the activation banks: reads of the feed and of whole lines to store, writes of the writer and of words loaded.
// Generated from flightasic/hw/banks.py for array shift_4x4x4; do not edit.

module flight_bank_ports
(
  input  logic [0:0] clk ,
  input  logic [39:0] feed_addr ,
  input  logic [3:0] feed_en ,
  input  logic [15:0] load_addr ,
  input  logic [31:0] load_data ,
  input  logic [0:0] load_en ,
  output logic [39:0] read_addr ,
  output logic [3:0] read_en ,
  input  logic [0:0] reset ,
  input  logic [0:0] store_en ,
  input  logic [9:0] store_index ,
  output logic [9:0] write_addr ,
  output logic [31:0] write_data ,
  output logic [15:0] write_en ,
  input  logic [15:0] writer_addr ,
  input  logic [31:0] writer_data ,
  input  logic [3:0] writer_enable
);
  logic [15:0] addr;
  logic [15:0] bank;
  logic [9:0] bank_addr [0:3];
  logic [3:0] bank_write [0:3];
  logic [3:0] enable;
  logic [9:0] wide_addr [0:3];

  always @* begin : up_read
    for ( int unsigned i = 0; i < 4; i += 1 ) begin
      read_en[2'(i)] = feed_en[2'(i)] | store_en;
      bank_addr[2'(i)] = wide_addr[2'(i)];
      if ( store_en ) begin
        bank_addr[2'(i)] = store_index;
      end
    end
  end

  always @* begin : up_write
    addr = writer_addr;
    write_data = writer_data;
    enable = writer_enable;
    if ( load_en ) begin
      addr = load_addr;
      write_data = load_data;
      enable = 4'd15;
    end
    bank = addr & 16'd3;
    for ( int unsigned i = 0; i < 4; i += 1 ) begin
      bank_write[2'(i)] = 4'd0;
      if ( bank == 16'(i) ) begin
        bank_write[2'(i)] = enable;
      end
    end
  end

  assign write_addr = addr[11:2];
  assign wide_addr[0] = feed_addr[9:0];
  assign read_addr[9:0] = bank_addr[0];
  assign write_en[3:0] = bank_write[0];
  assign wide_addr[1] = feed_addr[19:10];
  assign read_addr[19:10] = bank_addr[1];
  assign write_en[7:4] = bank_write[1];
  assign wide_addr[2] = feed_addr[29:20];
  assign read_addr[29:20] = bank_addr[2];
  assign write_en[11:8] = bank_write[2];
  assign wide_addr[3] = feed_addr[39:30];
  assign read_addr[39:30] = bank_addr[3];
  assign write_en[15:12] = bank_write[3];

endmodule
