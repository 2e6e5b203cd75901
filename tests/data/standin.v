// A small design in the shape of the accelerator: flight_top (core and a RAM), flight_core (two meshes and a post unit).
module flight_top (
  input clk, input reset, input [15:0] act, input [7:0] code, input load,
  input [7:0] address, input write, output [15:0] read_data
);
  wire [15:0] sum;
  flight_core core (.clk(clk), .reset(reset), .act(act), .code(code), .load(load), .sum(sum));
  reg [15:0] memory [0:255];
  reg [15:0] data;
  always @(posedge clk) begin
    if (write) memory[address] <= sum;
    data <= memory[address];
  end
  assign read_data = data;
endmodule

module flight_core (input clk, input reset, input [15:0] act, input [7:0] code, input load, output [15:0] sum);
  wire [15:0] upper, lower;
  flight_mesh mesh_0 (.clk(clk), .act(act), .code(code), .load(load), .sum_in(act), .sum_out(upper));
  flight_mesh mesh_1 (.clk(clk), .act(act), .code(code), .load(load), .sum_in(upper), .sum_out(lower));
  flight_post post (.clk(clk), .reset(reset), .value(lower), .result(sum));
endmodule

// 8 code registers and 16 sum registers.
module flight_mesh (
  input clk, input [15:0] act, input [7:0] code, input load, input [15:0] sum_in, output reg [15:0] sum_out
);
  reg [7:0] held;
  wire [15:0] total;
  flight_dot dot (.act(act), .code(held), .sum_in(sum_in), .sum_out(total));
  always @(posedge clk) begin
    if (load) held <= code;
    sum_out <= total;
  end
endmodule

module flight_dot (input [15:0] act, input [7:0] code, input [15:0] sum_in, output [15:0] sum_out);
  wire signed [11:0] first = $signed(act[7:0]) * $signed(code[3:0]);
  wire [11:0] second = act[15:8] * code[7:4];
  assign sum_out = sum_in + {{4{first[11]}}, first} - second;
endmodule

// 16 result registers.
module flight_post (input clk, input reset, input [15:0] value, output reg [15:0] result);
  always @(posedge clk)
    if (reset) result <= 0;
    else result <= value + 16'd77;
endmodule
