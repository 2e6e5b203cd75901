// flight_post: Ports: totals (cols accumulator words) with valid -> pooled (cols activations) with out_valid once per pool window.
// Generated from flightasic/hw/post.py for array fixed4_4x4x4; do not edit.

module flight_post
(
  input  logic [0:0] clk ,
  input  logic [0:0] group ,
  output logic [0:0] group_out ,
  output logic [0:0] out_valid ,
  output logic [31:0] pooled ,
  input  logic [0:0] reset ,
  input  logic [3:0] set_last ,
  input  logic [0:0] set_relu ,
  input  logic [4:0] set_shift ,
  input  logic [0:0] start ,
  input  logic [511:0] step ,
  input  logic [95:0] totals ,
  input  logic [0:0] valid
);
  logic [7:0] count;
  logic [0:0] first;
  logic [7:0] pool_area;
  logic [0:0] pool_group;
  logic [0:0] pool_valid;

  logic [0:0] column_0__clamp_group;
  logic [0:0] column_0__clamp_valid;
  logic [0:0] column_0__clk;
  logic [0:0] column_0__first;
  logic [0:0] column_0__group;
  logic [0:0] column_0__load;
  logic [0:0] column_0__pool_valid;
  logic [7:0] column_0__pooled;
  logic [0:0] column_0__relu;
  logic [0:0] column_0__reset;
  logic [4:0] column_0__right_shift;
  logic [23:0] column_0__total;
  logic [0:0] column_0__valid;

  flight_post_column column_0
  (
    .clamp_group( column_0__clamp_group ),
    .clamp_valid( column_0__clamp_valid ),
    .clk( column_0__clk ),
    .first( column_0__first ),
    .group( column_0__group ),
    .load( column_0__load ),
    .pool_valid( column_0__pool_valid ),
    .pooled( column_0__pooled ),
    .relu( column_0__relu ),
    .reset( column_0__reset ),
    .right_shift( column_0__right_shift ),
    .total( column_0__total ),
    .valid( column_0__valid )
  );

  logic [0:0] column_1__clamp_group;
  logic [0:0] column_1__clamp_valid;
  logic [0:0] column_1__clk;
  logic [0:0] column_1__first;
  logic [0:0] column_1__group;
  logic [0:0] column_1__load;
  logic [0:0] column_1__pool_valid;
  logic [7:0] column_1__pooled;
  logic [0:0] column_1__relu;
  logic [0:0] column_1__reset;
  logic [4:0] column_1__right_shift;
  logic [23:0] column_1__total;
  logic [0:0] column_1__valid;

  flight_post_column column_1
  (
    .clamp_group( column_1__clamp_group ),
    .clamp_valid( column_1__clamp_valid ),
    .clk( column_1__clk ),
    .first( column_1__first ),
    .group( column_1__group ),
    .load( column_1__load ),
    .pool_valid( column_1__pool_valid ),
    .pooled( column_1__pooled ),
    .relu( column_1__relu ),
    .reset( column_1__reset ),
    .right_shift( column_1__right_shift ),
    .total( column_1__total ),
    .valid( column_1__valid )
  );

  logic [0:0] column_2__clamp_group;
  logic [0:0] column_2__clamp_valid;
  logic [0:0] column_2__clk;
  logic [0:0] column_2__first;
  logic [0:0] column_2__group;
  logic [0:0] column_2__load;
  logic [0:0] column_2__pool_valid;
  logic [7:0] column_2__pooled;
  logic [0:0] column_2__relu;
  logic [0:0] column_2__reset;
  logic [4:0] column_2__right_shift;
  logic [23:0] column_2__total;
  logic [0:0] column_2__valid;

  flight_post_column column_2
  (
    .clamp_group( column_2__clamp_group ),
    .clamp_valid( column_2__clamp_valid ),
    .clk( column_2__clk ),
    .first( column_2__first ),
    .group( column_2__group ),
    .load( column_2__load ),
    .pool_valid( column_2__pool_valid ),
    .pooled( column_2__pooled ),
    .relu( column_2__relu ),
    .reset( column_2__reset ),
    .right_shift( column_2__right_shift ),
    .total( column_2__total ),
    .valid( column_2__valid )
  );

  logic [0:0] column_3__clamp_group;
  logic [0:0] column_3__clamp_valid;
  logic [0:0] column_3__clk;
  logic [0:0] column_3__first;
  logic [0:0] column_3__group;
  logic [0:0] column_3__load;
  logic [0:0] column_3__pool_valid;
  logic [7:0] column_3__pooled;
  logic [0:0] column_3__relu;
  logic [0:0] column_3__reset;
  logic [4:0] column_3__right_shift;
  logic [23:0] column_3__total;
  logic [0:0] column_3__valid;

  flight_post_column column_3
  (
    .clamp_group( column_3__clamp_group ),
    .clamp_valid( column_3__clamp_valid ),
    .clk( column_3__clk ),
    .first( column_3__first ),
    .group( column_3__group ),
    .load( column_3__load ),
    .pool_valid( column_3__pool_valid ),
    .pooled( column_3__pooled ),
    .relu( column_3__relu ),
    .reset( column_3__reset ),
    .right_shift( column_3__right_shift ),
    .total( column_3__total ),
    .valid( column_3__valid )
  );

  always @* begin : up_first
    first = count == 8'd0;
  end

  always_ff @(posedge clk) begin : up_count
    out_valid <= 1'd0;
    group_out <= pool_group;
    if ( reset ) begin
      count <= 8'd0;
      group_out <= 1'd0;
    end
    else if ( start ) begin
      count <= 8'd0;
    end
    else if ( pool_valid ) begin
      count <= count + 8'd1;
      if ( ( count + 8'd1 ) == pool_area ) begin
        count <= 8'd0;
        out_valid <= 1'd1;
      end
    end
  end

  assign pool_area = step[15:8];
  assign pool_valid = valid;
  assign pool_group = group;
  assign column_0__clk = clk;
  assign column_0__reset = reset;
  assign column_0__total = totals[23:0];
  assign column_0__valid = valid;
  assign column_0__first = first;
  assign column_0__group = group;
  assign column_0__clamp_valid = valid;
  assign column_0__clamp_group = group;
  assign column_0__pool_valid = pool_valid;
  assign column_0__load = set_last[0:0];
  assign column_0__right_shift = set_shift;
  assign column_0__relu = set_relu;
  assign pooled[7:0] = column_0__pooled;
  assign column_1__clk = clk;
  assign column_1__reset = reset;
  assign column_1__total = totals[47:24];
  assign column_1__valid = valid;
  assign column_1__first = first;
  assign column_1__group = group;
  assign column_1__clamp_valid = valid;
  assign column_1__clamp_group = group;
  assign column_1__pool_valid = pool_valid;
  assign column_1__load = set_last[1:1];
  assign column_1__right_shift = set_shift;
  assign column_1__relu = set_relu;
  assign pooled[15:8] = column_1__pooled;
  assign column_2__clk = clk;
  assign column_2__reset = reset;
  assign column_2__total = totals[71:48];
  assign column_2__valid = valid;
  assign column_2__first = first;
  assign column_2__group = group;
  assign column_2__clamp_valid = valid;
  assign column_2__clamp_group = group;
  assign column_2__pool_valid = pool_valid;
  assign column_2__load = set_last[2:2];
  assign column_2__right_shift = set_shift;
  assign column_2__relu = set_relu;
  assign pooled[23:16] = column_2__pooled;
  assign column_3__clk = clk;
  assign column_3__reset = reset;
  assign column_3__total = totals[95:72];
  assign column_3__valid = valid;
  assign column_3__first = first;
  assign column_3__group = group;
  assign column_3__clamp_valid = valid;
  assign column_3__clamp_group = group;
  assign column_3__pool_valid = pool_valid;
  assign column_3__load = set_last[3:3];
  assign column_3__right_shift = set_shift;
  assign column_3__relu = set_relu;
  assign pooled[31:24] = column_3__pooled;

endmodule
