// Post-processing: rounding shift, ReLU and clamp of every accumulator; the pool register; one output per pool window.
//
// The rounding rule is stated another way than in the unit and in flightasic/formats.py: divide by 2^shift towards minus infinity, and
// go up by one if the remainder is at least a half. The compiler puts the rounding constant into the bias, so the unit is given the sum
// with the constant added; sums for which that leaves the accumulator's range are excluded, as the compiler refuses them.
module proof (
  input clk,
  input reset,
  input start,
  input valid,
  input group,
  input [7:0] pool_area,
  input [`COLS*`ACC_BITS-1:0] sums,
  input [`COLS-1:0] set_last,
  input [4:0] set_shift,
  input set_relu
);
  localparam WIDE = `ACC_BITS + 33;
  wire [`COLS*`ACC_BITS-1:0] totals;
  wire [`COLS*8-1:0] pooled;
  wire out_valid, group_out;
  wire [`STEP_BITS-1:0] step = pool_area << `POOL_AREA;
  flight_post dut (
    .clk(clk), .reset(reset), .start(start), .step(step), .totals(totals), .valid(valid), .group(group), .pooled(pooled),
    .out_valid(out_valid), .group_out(group_out), .set_last(set_last), .set_shift(set_shift), .set_relu(set_relu)
  );
  (* hierconn *) wire [7:0] \dut.count ;

  reg started = 0;
  always @(posedge clk) started <= 1;
  always @* if (!started) assume (reset);

  // Values still missing in the open window, counted down from the area; the step descriptor holds still from its start on.
  reg [7:0] left, area;
  reg opened = 0, emits = 0;
  wire fresh = left == area;
  always @(posedge clk) begin
    emits <= 0;
    if (start) area <= pool_area;
    if (reset) begin
      left <= start ? pool_area : area;
      opened <= start | opened;
    end else if (start) begin
      left <= pool_area;
      opened <= 1;
    end else if (valid) begin
      left <= left - 1;
      if (left == 1) begin
        left <= area;
        emits <= 1;
      end
    end
  end
  always @* begin
    assume (pool_area != 0);
    if (opened & !start) assume (pool_area == area);
    if (!opened) assume (!valid);
  end
  always @* if (started) begin
    assert (!opened || (area != 0 && left != 0 && left <= area && \dut.count == area - left));
    assert (opened || \dut.count == 0);
    assert (out_valid == emits);
  end

  genvar c;
  generate
    for (c = 0; c < `COLS; c = c + 1) begin : column
      reg [4:0] next_shift, shift;
      reg next_relu, relu;
      always @(posedge clk) begin
        if (set_last[c]) {next_shift, next_relu} <= {set_shift, set_relu};
        if (group) {shift, relu} <= {next_shift, next_relu};
      end

      wire signed [`ACC_BITS-1:0] sum = sums[c*`ACC_BITS +: `ACC_BITS];
      wire signed [WIDE-1:0] exact = sum;
      wire signed [WIDE-1:0] constant = shift == 0 ? 0 : {{(WIDE-1){1'b0}}, 1'b1} << (shift - 1);
      wire signed [WIDE-1:0] total = exact + constant;
      assign totals[c*`ACC_BITS +: `ACC_BITS] = total[`ACC_BITS-1:0];
      always @* assume (total[WIDE-1:`ACC_BITS-1] == 0 || ~total[WIDE-1:`ACC_BITS-1] == 0);

      wire signed [WIDE-1:0] quotient = exact >>> shift;
      wire signed [WIDE-1:0] remainder = exact - (quotient << shift);
      wire signed [WIDE-1:0] rounded = quotient + (shift != 0 && (remainder << 1) >= ({{(WIDE-1){1'b0}}, 1'b1} << shift) ? 1 : 0);
      wire signed [WIDE-1:0] low = relu ? 0 : -128;
      wire signed [WIDE-1:0] clamped = rounded > 127 ? 127 : rounded < low ? low : rounded;
      wire signed [7:0] value = clamped[7:0];

      reg signed [7:0] best;
      always @(posedge clk) if (valid) best <= fresh || value > best ? value : best;
      wire signed [7:0] register = pooled[c*8 +: 8];
      always @* assert (register == best);
    end
  endgenerate

  (* hierconn *) wire [4:0] \dut.column_0.next_shift , \dut.column_0.held_shift , \dut.column_1.next_shift , \dut.column_1.held_shift ;
  (* hierconn *) wire \dut.column_0.next_relu , \dut.column_0.held_relu , \dut.column_1.next_relu , \dut.column_1.held_relu ;
  wire same_0 = {column[0].next_shift, column[0].next_relu, column[0].shift, column[0].relu}
    == {\dut.column_0.next_shift , \dut.column_0.next_relu , \dut.column_0.held_shift , \dut.column_0.held_relu };
  wire same_1 = {column[1].next_shift, column[1].next_relu, column[1].shift, column[1].relu}
    == {\dut.column_1.next_shift , \dut.column_1.next_relu , \dut.column_1.held_shift , \dut.column_1.held_relu };
  initial assume (same_0 && same_1 && pooled == {column[1].best, column[0].best});
  always @* assert (same_0 && same_1);
endmodule
