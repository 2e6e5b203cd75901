// flight_bank_ports: Joins the users of the activation banks: the feed's wide reads, the writer, and the stream's one word at a time.
// Generated from flightasic/hw/banks.py for array fixed4_4x4x4; do not edit.

module flight_bank_ports
(
  input  logic [0:0] clk ,
  input  logic [39:0] feed_addr ,
  input  logic [3:0] feed_en ,
  input  logic [15:0] one_addr ,
  input  logic [0:0] one_read ,
  output logic [31:0] one_read_data ,
  input  logic [0:0] one_write ,
  input  logic [31:0] one_write_data ,
  output logic [39:0] read_addr ,
  input  logic [127:0] read_data ,
  output logic [3:0] read_en ,
  input  logic [0:0] reset ,
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
  logic [31:0] bank_word [0:3];
  logic [3:0] bank_write [0:3];
  logic [3:0] enable;
  logic [15:0] one_bank;
  logic [9:0] one_index;
  logic [15:0] read_bank;
  logic [9:0] wide_addr [0:3];

  always @* begin : up_read
    one_bank = one_addr & 16'd3;
    one_read_data = 32'd0;
    for ( int unsigned i = 0; i < 4; i += 1 ) begin
      read_en[2'(i)] = feed_en[2'(i)] | ( one_read & ( one_bank == 16'(i) ) );
      bank_addr[2'(i)] = wide_addr[2'(i)];
      if ( one_read ) begin
        bank_addr[2'(i)] = one_index;
      end
      if ( read_bank == 16'(i) ) begin
        one_read_data = bank_word[2'(i)];
      end
    end
  end

  always @* begin : up_write
    addr = writer_addr;
    write_data = writer_data;
    enable = writer_enable;
    if ( one_write ) begin
      addr = one_addr;
      write_data = one_write_data;
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

  always_ff @(posedge clk) begin : up_read_bank
    if ( one_read ) begin
      read_bank <= one_bank;
    end
  end

  assign write_addr = addr[11:2];
  assign one_index = one_addr[11:2];
  assign wide_addr[0] = feed_addr[9:0];
  assign read_addr[9:0] = bank_addr[0];
  assign bank_word[0] = read_data[31:0];
  assign write_en[3:0] = bank_write[0];
  assign wide_addr[1] = feed_addr[19:10];
  assign read_addr[19:10] = bank_addr[1];
  assign bank_word[1] = read_data[63:32];
  assign write_en[7:4] = bank_write[1];
  assign wide_addr[2] = feed_addr[29:20];
  assign read_addr[29:20] = bank_addr[2];
  assign bank_word[2] = read_data[95:64];
  assign write_en[11:8] = bank_write[2];
  assign wide_addr[3] = feed_addr[39:30];
  assign read_addr[39:30] = bank_addr[3];
  assign bank_word[3] = read_data[127:96];
  assign write_en[15:12] = bank_write[3];

endmodule
