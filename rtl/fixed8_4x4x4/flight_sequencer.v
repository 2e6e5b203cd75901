// flight_sequencer: Ports: enable, program memory, image/result phases, start/done of a step -> step descriptor, status.
// Generated from flightasic/hw/sequencer.py for array fixed8_4x4x4; do not edit.

module flight_sequencer
(
  output logic [0:0] clear ,
  input  logic [0:0] clk ,
  input  logic [0:0] enable ,
  input  logic [0:0] image_done ,
  output logic [0:0] image_phase ,
  output logic [15:0] in_base ,
  output logic [15:0] in_row_words ,
  output logic [15:0] in_rows ,
  output logic [15:0] in_skip ,
  input  logic [0:0] loader_error ,
  output logic [15:0] out_base ,
  output logic [15:0] out_words ,
  output logic [15:0] program_addr ,
  input  logic [63:0] program_data ,
  output logic [0:0] program_en ,
  input  logic [0:0] reset ,
  input  logic [0:0] result_done ,
  output logic [0:0] result_phase ,
  output logic [0:0] start ,
  output logic [3:0] state ,
  output logic [3:0] status ,
  output logic [383:0] step ,
  input  logic [0:0] step_done ,
  output logic [15:0] step_index
);
  logic [15:0] arrived;
  logic [0:0] arriving;
  logic [15:0] fetch;
  logic [31:0] head_checksum;
  logic [31:0] head_fingerprint;
  logic [15:0] head_magic;
  logic [15:0] head_steps;
  logic [7:0] head_version;
  logic [15:0] head_words;
  logic [255:0] header;
  logic [0:0] runnable;
  logic [15:0] step_addr;
  logic [31:0] sum;

  logic [0:0] check__clk;
  logic [0:0] check__good;
  logic [0:0] check__reset;
  logic [383:0] check__step;

  flight_step_check check
  (
    .clk( check__clk ),
    .good( check__good ),
    .reset( check__reset ),
    .step( check__step )
  );

  always @* begin : up_control
    program_en = 1'd0;
    program_addr = fetch;
    if ( state == 4'd1 ) begin
      program_en = fetch < 16'd4;
    end
    else if ( state == 4'd3 ) begin
      program_en = fetch < head_words;
    end
    else if ( state == 4'd6 ) begin
      program_en = fetch < 16'd6;
      program_addr = step_addr + fetch;
    end
    clear = state == 4'd10;
    runnable = check__good & ( ( step_addr + 16'd6 ) <= head_words );
    start = ( state == 4'd7 ) & runnable;
    image_phase = state == 4'd5;
    result_phase = state == 4'd9;
  end

  always_ff @(posedge clk) begin : up_fetch
    arriving <= program_en & ( ~reset );
    arrived <= fetch;
    if ( program_en ) begin
      fetch <= fetch + 16'd1;
    end
    else if ( ~arriving ) begin
      fetch <= 16'd0;
    end
  end

  always_ff @(posedge clk) begin : up_program
    if ( arriving & ( state == 4'd1 ) ) begin
      header <= { program_data, header[8'd255:8'd64] };
    end
    if ( state == 4'd1 ) begin
      sum <= 32'd0;
    end
    else if ( arriving & ( state == 4'd3 ) ) begin
      sum <= ( sum ^ program_data[6'd31:6'd0] ) ^ program_data[6'd63:6'd32];
      if ( arrived == 16'd1 ) begin
        sum <= sum ^ program_data[6'd63:6'd32];
      end
    end
    if ( arriving & ( state == 4'd6 ) ) begin
      step <= { program_data, step[9'd383:9'd64] };
    end
    if ( state == 4'd5 ) begin
      step_index <= 16'd0;
      step_addr <= 16'd4;
    end
    else if ( ( state == 4'd8 ) & step_done ) begin
      step_index <= step_index + 16'd1;
      step_addr <= step_addr + 16'd6;
    end
  end

  always_ff @(posedge clk) begin : up_state
    if ( reset ) begin
      state <= 4'd0;
      status <= 4'd0;
    end
    else if ( state == 4'd0 ) begin
      status <= 4'd0;
      if ( enable ) begin
        state <= 4'd1;
      end
    end
    else if ( state == 4'd1 ) begin
      if ( arriving & ( arrived == 16'd3 ) ) begin
        state <= 4'd2;
      end
    end
    else if ( state == 4'd2 ) begin
      state <= 4'd3;
      if ( ( head_magic != 16'd61861 ) | ( head_version != 8'd1 ) ) begin
        state <= 4'd10;
        status <= 4'd1;
      end
      else if ( ( head_words < 16'd4 ) | ( head_words > 16'd512 ) ) begin
        state <= 4'd10;
        status <= 4'd1;
      end
      else if ( head_fingerprint != 32'd4082511110 ) begin
        state <= 4'd10;
        status <= 4'd2;
      end
    end
    else if ( state == 4'd3 ) begin
      if ( arriving & ( ( arrived + 16'd1 ) == head_words ) ) begin
        state <= 4'd4;
      end
    end
    else if ( state == 4'd4 ) begin
      state <= 4'd5;
      if ( sum != head_checksum ) begin
        state <= 4'd10;
        status <= 4'd3;
      end
      else if ( ( ( ( head_steps == 16'd0 ) | ( in_rows == 16'd0 ) ) | ( in_row_words == 16'd0 ) ) | ( out_words == 16'd0 ) ) begin
        state <= 4'd10;
        status <= 4'd4;
      end
    end
    else if ( state == 4'd5 ) begin
      if ( image_done ) begin
        state <= 4'd6;
      end
      else if ( ~enable ) begin
        state <= 4'd0;
      end
    end
    else if ( state == 4'd6 ) begin
      if ( arriving & ( arrived == 16'd5 ) ) begin
        state <= 4'd7;
      end
    end
    else if ( state == 4'd7 ) begin
      state <= 4'd8;
      if ( ~runnable ) begin
        state <= 4'd10;
        status <= 4'd4;
      end
    end
    else if ( state == 4'd8 ) begin
      if ( loader_error ) begin
        state <= 4'd10;
        status <= 4'd5;
      end
      else if ( step_done ) begin
        state <= 4'd6;
        if ( ( step_index + 16'd1 ) == head_steps ) begin
          state <= 4'd9;
        end
      end
    end
    else if ( state == 4'd9 ) begin
      if ( result_done ) begin
        state <= 4'd5;
      end
    end
    else if ( state == 4'd10 ) begin
      if ( ~enable ) begin
        state <= 4'd0;
      end
    end
  end

  assign head_magic = header[15:0];
  assign head_version = header[23:16];
  assign head_fingerprint = header[63:32];
  assign head_checksum = header[95:64];
  assign head_words = header[111:96];
  assign head_steps = header[127:112];
  assign in_base = header[143:128];
  assign in_row_words = header[159:144];
  assign in_skip = header[175:160];
  assign in_rows = header[191:176];
  assign out_base = header[207:192];
  assign out_words = header[223:208];
  assign check__clk = clk;
  assign check__reset = reset;
  assign check__step = step;

endmodule
