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
  logic [3:0] asked;
  logic [15:0] bank;
  logic [9:0] bank_addr [0:3];
  logic [3:0] bank_write [0:3];
  logic [3:0] enable;
  logic [31:0] given_word;
  logic [9:0] wide_addr [0:3];

  logic [0:0] asked_delay__clk;
  logic [43:0] asked_delay__in_;
  logic [43:0] asked_delay__out;
  logic [0:0] asked_delay__reset;

  flight_delay_44_0 asked_delay
  (
    .clk( asked_delay__clk ),
    .in_( asked_delay__in_ ),
    .out( asked_delay__out ),
    .reset( asked_delay__reset )
  );

  logic [0:0] given__clk;
  logic [57:0] given__in_;
  logic [57:0] given__out;
  logic [0:0] given__reset;

  flight_delay_58_0 given
  (
    .clk( given__clk ),
    .in_( given__in_ ),
    .out( given__out ),
    .reset( given__reset )
  );

  always @* begin : up_read
    for ( int unsigned i = 0; i < 4; i += 1 ) begin
      asked[2'(i)] = feed_en[2'(i)] | store_en;
      bank_addr[2'(i)] = wide_addr[2'(i)];
      if ( store_en ) begin
        bank_addr[2'(i)] = store_index;
      end
    end
  end

  always @* begin : up_write
    addr = writer_addr;
    given_word = writer_data;
    enable = writer_enable;
    if ( load_en ) begin
      addr = load_addr;
      given_word = load_data;
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

  assign given__clk = clk;
  assign given__reset = reset;
  assign given__in_[25:16] = addr[11:2];
  assign given__in_[57:26] = given_word;
  assign write_en = given__out[15:0];
  assign write_addr = given__out[25:16];
  assign write_data = given__out[57:26];
  assign asked_delay__clk = clk;
  assign asked_delay__reset = reset;
  assign asked_delay__in_[3:0] = asked;
  assign read_en = asked_delay__out[3:0];
  assign read_addr = asked_delay__out[43:4];
  assign wide_addr[0] = feed_addr[9:0];
  assign asked_delay__in_[13:4] = bank_addr[0];
  assign given__in_[3:0] = bank_write[0];
  assign wide_addr[1] = feed_addr[19:10];
  assign asked_delay__in_[23:14] = bank_addr[1];
  assign given__in_[7:4] = bank_write[1];
  assign wide_addr[2] = feed_addr[29:20];
  assign asked_delay__in_[33:24] = bank_addr[2];
  assign given__in_[11:8] = bank_write[2];
  assign wide_addr[3] = feed_addr[39:30];
  assign asked_delay__in_[43:34] = bank_addr[3];
  assign given__in_[15:12] = bank_write[3];

endmodule
