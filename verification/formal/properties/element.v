// The processing element adds the terms of its lanes to the passing sum. Each lane sees its own activation, and the code that was the
// last one loaded before the last swap. (What a lane's term is, lane.v proves.)
module proof (
  input clk,
  input load,
  input swap,
  input [15:0] act,
  input [2*`CODE_BITS-1:0] code,
  input [`SUM_BITS-1:0] sum_in
);
  wire [`SUM_BITS-1:0] sum_out;
  flight_processing_element dut (
    .clk(clk), .reset(1'b0), .act(act), .code(code), .load(load), .swap(swap), .sum_in(sum_in), .sum_out(sum_out)
  );
  (* hierconn *) wire [2*`CODE_BITS-1:0] \dut.next_code , \dut.held_code ;
  (* hierconn *) wire [7:0] \dut.lane_0__act , \dut.lane_1__act ;
  (* hierconn *) wire [`CODE_BITS-1:0] \dut.lane_0__code , \dut.lane_1__code ;
  (* hierconn *) wire [`SUM_BITS-1:0] \dut.lane_0__term , \dut.lane_1__term ;

  reg [2*`CODE_BITS-1:0] loaded, held;
  always @(posedge clk) begin
    if (load) loaded <= code;
    if (swap) held <= loaded;
  end
  initial assume (loaded == \dut.next_code && held == \dut.held_code );
  always @* begin
    assert (loaded == \dut.next_code && held == \dut.held_code );
    assert ({\dut.lane_1__act , \dut.lane_0__act } == act);
    assert ({\dut.lane_1__code , \dut.lane_0__code } == held);
    assert (sum_out == sum_in + \dut.lane_0__term + \dut.lane_1__term );
  end
endmodule
