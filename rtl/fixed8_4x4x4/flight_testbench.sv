// Testbench of array fixed8_4x4x4: loads a small program, streams an image, compares result and cycles.
// Generated from flightasic/testbench.py; do not edit.
`timescale 1ns / 1ps

module flight_testbench;
  logic [63:0] program_words [0:39];
  initial begin
    program_words[0] = 64'h190f537a0003f1a5;
    program_words[1] = 64'h400283ef588d8;
    program_words[2] = 64'hc000002;
    program_words[3] = 64'h0;
    program_words[4] = 64'h0;
    program_words[5] = 64'h0;
    program_words[6] = 64'h3000000000000000;
    program_words[7] = 64'h3000000000000000;
    program_words[8] = 64'h0;
    program_words[9] = 64'h0;
    program_words[10] = 64'h100c0300c030111;
    program_words[11] = 64'h100050001fffb;
    program_words[12] = 64'h3;
    program_words[13] = 64'h1fff00000000000;
    program_words[14] = 64'h300101ffe0010000;
    program_words[15] = 64'h5000100010001000;
    program_words[16] = 64'hd00220000001000;
    program_words[17] = 64'h1000100;
    program_words[18] = 64'h100c03004010111;
    program_words[19] = 64'h100030001000d;
    program_words[20] = 64'h3;
    program_words[21] = 64'h100000000000000;
    program_words[22] = 64'h9001030000010000;
    program_words[23] = 64'h1000100030003000;
    program_words[24] = 64'h250004001000;
    program_words[25] = 64'h1000100;
    program_words[26] = 64'h4000003;
    program_words[27] = 64'h0;
    program_words[28] = 64'h0;
    program_words[29] = 64'h0;
    program_words[30] = 64'h1000000000000000;
    program_words[31] = 64'h1000000000000000;
    program_words[32] = 64'h0;
    program_words[33] = 64'h0;
    program_words[34] = 64'h0;
    program_words[35] = 64'h1ffffee70000039;
    program_words[36] = 64'h1fffff25800003d;
    program_words[37] = 64'h0;
    program_words[38] = 64'h1ffffe088000041;
    program_words[39] = 64'h1ffffddae000045;
  end
  logic [127:0] code_words [0:15];
  initial begin
    code_words[0] = 128'h81038100020000;
    code_words[1] = 128'h82028200828303;
    code_words[2] = 128'h18100820302;
    code_words[3] = 128'h0;
    code_words[4] = 128'h30000008103;
    code_words[5] = 128'h28200008302;
    code_words[6] = 128'h38300000002;
    code_words[7] = 128'h830200000300;
    code_words[8] = 128'h28300008302;
    code_words[9] = 128'h818200008181;
    code_words[10] = 128'h8100;
    code_words[11] = 128'h30000000302;
    code_words[12] = 128'h828300008283;
    code_words[13] = 128'h0;
    code_words[14] = 128'h0;
    code_words[15] = 128'h0;
  end
  logic [31:0] image_words [0:8];
  initial begin
    image_words[0] = 32'h3f900;
    image_words[1] = 32'h4103f9;
    image_words[2] = 32'h4103;
    image_words[3] = 32'h887300;
    image_words[4] = 32'ha48873;
    image_words[5] = 32'ha488;
    image_words[6] = 32'h725200;
    image_words[7] = 32'hbf7252;
    image_words[8] = 32'hbf72;
  end
  logic [31:0] result_words [0:0];
  initial begin
    result_words[0] = 32'hd01c;
  end
  logic [31:0] result_masks [0:0];
  initial begin
    result_masks[0] = 32'hffff;
  end

  logic clk = 1'b0, reset = 1'b1, enable = 1'b0;
  logic load_en = 1'b0, load_memory = 1'b0;
  logic [15:0] load_addr = '0;
  logic [7:0] load_part = '0;
  logic [63:0] load_data = '0;
  logic image_val, image_rdy, image_last, result_val, result_last, code_val, code_rdy;
  logic [32-1:0] image_msg, result_msg;
  logic [128-1:0] code_msg;
  logic [3:0] state, status;
  logic [15:0] step_index;
  int image_at = 0, result_at = 0, code_at = 0, cycles = 0;

  flight_top dut ( .result_rdy ( 1'b1 ), .* );

  always #5 clk = ~clk;

  assign image_val = enable && image_at < 9;
  assign image_msg = image_words[image_at < 9 ? image_at : 0];
  assign code_val = enable && 0 != 0;
  assign code_msg = code_words[code_at][128-1:0];

  initial begin
    repeat (3) @(posedge clk);
    reset <= 1'b0;
    for (int i = 0; i < 40; i++) begin
      load_en <= 1'b1;
      load_memory <= 1'b0;
      load_addr <= 16'(i);
      load_data <= program_words[i];
      @(posedge clk);
    end
    for (int i = 0; i < (0 != 0 ? 0 : 16); i++) begin
      for (int part = 0; part < 2; part++) begin
        load_memory <= 1'b1;
        load_addr <= 16'(i);
        load_part <= 8'(part);
        load_data <= code_words[i][64 * part +: 64];
        @(posedge clk);
      end
    end
    load_en <= 1'b0;
    enable <= 1'b1;
    repeat (100 * (40 + 106)) @(posedge clk);
    $fatal(1, "FAIL: no result, state %0d, step %0d", state, step_index);
  end

  always @(posedge clk) begin
    if (status != 4'd0) $fatal(1, "FAIL: status %0d", status);
    if (image_val && image_rdy) image_at <= image_at + 1;
    if (code_val && code_rdy) code_at <= code_at + 1 == 16 ? 0 : code_at + 1;
    if (image_at != 0 || (image_val && image_rdy)) cycles <= cycles + 1;
    if (result_val) begin
      if (((result_msg ^ result_words[result_at]) & result_masks[result_at]) != '0)
        $fatal(1, "FAIL: result word %0d is %h, expected %h in the bits of %h", result_at, result_msg, result_words[result_at],
               result_masks[result_at]);
      result_at <= result_at + 1;
      if (result_at + 1 == 1) begin
        if (cycles + 1 != 106) $fatal(1, "FAIL: %0d cycles, predicted 106", cycles + 1);
        $display("PASS: fixed8_4x4x4, 1 result words, %0d cycles as predicted", cycles + 1);
        $finish;
      end
    end
  end
endmodule
