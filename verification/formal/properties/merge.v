// Merge: the last column of a filter gives the sum of its k columns, each shifted left by its own offset (by the residual's in a pass
// over the residual); every other column gives zero. Settings that load during a pass count from the next group on.
module proof (
  input clk,
  input [`COLS*`SUM_BITS-1:0] sums,
  input [`FLAG_BITS-1:0] flags,
  input set_clear,
  input [`COLS-1:0] set_used,
  input [`COLS-1:0] set_last,
  input [`COLS*4-1:0] set_offset,
  input [3:0] set_residual,
  input [1:0] set_k
);
  wire [`COLS*`ACC_BITS-1:0] merged;
  wire [`FLAG_BITS-1:0] flags_out;
  flight_merge dut (
    .clk(clk), .reset(1'b0), .sums(sums), .flags(flags), .merged(merged), .flags_out(flags_out), .set_clear(set_clear),
    .set_used(set_used), .set_last(set_last), .set_offset(set_offset), .set_residual(set_residual), .set_k(set_k)
  );
  wire valid = flags[`VALID], group = flags[`GROUP], residual = flags[`RESIDUAL];

  // What a column was told last: before (loading) and since the last group (held); k = 0 unless it is a filter's last one.
  reg [`COLS*10-1:0] loading, held;
  integer i;
  always @(posedge clk) begin
    for (i = 0; i < `COLS; i = i + 1) begin
      if (set_used[i]) loading[i*10 +: 10] <= {set_last[i] ? set_k : 2'd0, set_residual, set_offset[i*4 +: 4]};
      else if (set_clear) loading[i*10+8 +: 2] <= 0;
    end
    if (group) held <= loading;
  end

  reg [`COLS*`ACC_BITS-1:0] expected;
  integer c, j;
  reg [`SUM_BITS-1:0] sum;
  reg [`ACC_BITS-1:0] wide;
  reg [`ACC_BITS-1:0] total;
  always @(posedge clk) if (valid) begin
    for (c = 0; c < `COLS; c = c + 1) begin
      total = 0;
      for (j = 0; j < 3; j = j + 1)
        if (j <= c && j < held[c*10+8 +: 2]) begin
          sum = sums[(c-j)*`SUM_BITS +: `SUM_BITS];
          wide = sum;
          total = total + (wide << (residual ? held[(c-j)*10+4 +: 4] : held[(c-j)*10 +: 4]));
        end
      expected[c*`ACC_BITS +: `ACC_BITS] <= total;
    end
  end
  reg [`FLAG_BITS-1:0] before;
  always @(posedge clk) before <= flags;
  initial assume (expected == merged && before == flags_out);
  always @* begin
    assert (merged == expected);
    assert (flags_out == before);
  end
  (* hierconn *) wire [1:0] \dut.column_0.next_k , \dut.column_1.next_k , \dut.column_2.next_k ;
  (* hierconn *) wire [3:0] \dut.column_0.next_residual , \dut.column_1.next_residual , \dut.column_2.next_residual ;
  (* hierconn *) wire [3:0] \dut.column_0.next_offset , \dut.column_1.next_offset , \dut.column_2.next_offset ;
  (* hierconn *) wire [1:0] \dut.column_0.held_k , \dut.column_1.held_k , \dut.column_2.held_k ;
  (* hierconn *) wire [3:0] \dut.column_0.held_residual , \dut.column_1.held_residual , \dut.column_2.held_residual ;
  (* hierconn *) wire [3:0] \dut.column_0.held_offset , \dut.column_1.held_offset , \dut.column_2.held_offset ;
  wire [`COLS*10-1:0] unit_loading = {
    \dut.column_2.next_k , \dut.column_2.next_residual , \dut.column_2.next_offset ,
    \dut.column_1.next_k , \dut.column_1.next_residual , \dut.column_1.next_offset ,
    \dut.column_0.next_k , \dut.column_0.next_residual , \dut.column_0.next_offset 
  };
  wire [`COLS*10-1:0] unit_held = {
    \dut.column_2.held_k , \dut.column_2.held_residual , \dut.column_2.held_offset ,
    \dut.column_1.held_k , \dut.column_1.held_residual , \dut.column_1.held_offset ,
    \dut.column_0.held_k , \dut.column_0.held_residual , \dut.column_0.held_offset 
  };
  initial assume (loading == unit_loading && held == unit_held);
  always @* assert (loading == unit_loading && held == unit_held);
endmodule
