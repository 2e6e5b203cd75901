// flight_accumulate_column: One column's adder and bias.
// Generated from flightasic/hw/accumulate.py for array shift_4x4x4; do not edit.

module flight_accumulate_column
(
  input  logic [23:0] bias ,
  input  logic [0:0] clk ,
  input  logic [0:0] finish ,
  input  logic [0:0] first ,
  input  logic [0:0] group ,
  input  logic [0:0] load ,
  input  logic [23:0] merged ,
  input  logic [0:0] reset ,
  input  logic [23:0] stored ,
  output logic [23:0] sum ,
  output logic [23:0] total
);
  logic [23:0] addend;
  logic [23:0] held_bias;
  logic [23:0] next_bias;

  always @* begin : up_sum
    addend = stored;
    if ( first ) begin
      addend = held_bias;
    end
    sum = merged + addend;
  end

  always_ff @(posedge clk) begin : up_bias
    if ( load ) begin
      next_bias <= bias;
    end
    if ( group ) begin
      held_bias <= next_bias;
    end
  end

  always_ff @(posedge clk) begin : up_total
    if ( finish ) begin
      total <= sum;
    end
  end

endmodule
