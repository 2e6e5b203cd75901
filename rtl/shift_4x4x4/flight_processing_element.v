// flight_processing_element: Ports: act (lanes words), code and load (next codes), swap, sum_in -> sum_out (without a sign, config.sum_bits).
// Generated from flightasic/hw/pe.py for array shift_4x4x4; do not edit.

module flight_processing_element
(
  input  logic [31:0] act ,
  input  logic [0:0] clk ,
  input  logic [15:0] code ,
  input  logic [0:0] load ,
  input  logic [0:0] reset ,
  input  logic [17:0] sum_in ,
  output logic [17:0] sum_out ,
  input  logic [0:0] swap
);
  logic [15:0] held_code;
  logic [15:0] next_code;
  logic [17:0] terms [0:3];
  logic [17:0] total;

  logic [7:0] lane_0__act;
  logic [0:0] lane_0__clk;
  logic [3:0] lane_0__code;
  logic [0:0] lane_0__reset;
  logic [17:0] lane_0__term;

  flight_shift_lane lane_0
  (
    .act( lane_0__act ),
    .clk( lane_0__clk ),
    .code( lane_0__code ),
    .reset( lane_0__reset ),
    .term( lane_0__term )
  );

  logic [7:0] lane_1__act;
  logic [0:0] lane_1__clk;
  logic [3:0] lane_1__code;
  logic [0:0] lane_1__reset;
  logic [17:0] lane_1__term;

  flight_shift_lane lane_1
  (
    .act( lane_1__act ),
    .clk( lane_1__clk ),
    .code( lane_1__code ),
    .reset( lane_1__reset ),
    .term( lane_1__term )
  );

  logic [7:0] lane_2__act;
  logic [0:0] lane_2__clk;
  logic [3:0] lane_2__code;
  logic [0:0] lane_2__reset;
  logic [17:0] lane_2__term;

  flight_shift_lane lane_2
  (
    .act( lane_2__act ),
    .clk( lane_2__clk ),
    .code( lane_2__code ),
    .reset( lane_2__reset ),
    .term( lane_2__term )
  );

  logic [7:0] lane_3__act;
  logic [0:0] lane_3__clk;
  logic [3:0] lane_3__code;
  logic [0:0] lane_3__reset;
  logic [17:0] lane_3__term;

  flight_shift_lane lane_3
  (
    .act( lane_3__act ),
    .clk( lane_3__clk ),
    .code( lane_3__code ),
    .reset( lane_3__reset ),
    .term( lane_3__term )
  );

  always @* begin : up_sum
    total = sum_in;
    for ( int unsigned i = 0; i < 4; i += 1 )
      total = total + terms[2'(i)];
    sum_out = total;
  end

  always_ff @(posedge clk) begin : up_codes
    if ( load ) begin
      next_code <= code;
    end
    if ( swap ) begin
      held_code <= next_code;
    end
  end

  assign lane_0__clk = clk;
  assign lane_0__reset = reset;
  assign lane_0__act = act[7:0];
  assign lane_0__code = held_code[3:0];
  assign terms[0] = lane_0__term;
  assign lane_1__clk = clk;
  assign lane_1__reset = reset;
  assign lane_1__act = act[15:8];
  assign lane_1__code = held_code[7:4];
  assign terms[1] = lane_1__term;
  assign lane_2__clk = clk;
  assign lane_2__reset = reset;
  assign lane_2__act = act[23:16];
  assign lane_2__code = held_code[11:8];
  assign terms[2] = lane_2__term;
  assign lane_3__clk = clk;
  assign lane_3__reset = reset;
  assign lane_3__act = act[31:24];
  assign lane_3__code = held_code[15:12];
  assign terms[3] = lane_3__term;

endmodule
