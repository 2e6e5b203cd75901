// flight_sequencer: Ports: enable, program memory -> step descriptor, start pulses, clear; who is busy or done and errors back; status.
// Generated from flightasic/hw/sequencer.py for array shift_4x4x4; do not edit.

module flight_sequencer
(
  output logic [0:0] clear ,
  input  logic [0:0] clk ,
  input  logic [0:0] conv_done ,
  output logic [0:0] conv_start ,
  input  logic [0:0] enable ,
  input  logic [0:0] load_busy ,
  input  logic [0:0] load_done ,
  output logic [0:0] load_start ,
  input  logic [0:0] load_waiting ,
  input  logic [0:0] loader_error ,
  output logic [15:0] program_addr ,
  input  logic [63:0] program_data ,
  output logic [0:0] program_en ,
  input  logic [0:0] reset ,
  output logic [3:0] state ,
  output logic [3:0] status ,
  output logic [511:0] step ,
  output logic [15:0] step_index ,
  output logic [0:0] stops ,
  input  logic [0:0] store_busy ,
  input  logic [0:0] store_done ,
  output logic [0:0] store_start ,
  output logic [0:0] streamed
);
  logic [15:0] arrived;
  logic [0:0] arriving;
  logic [0:0] background;
  logic [0:0] conv;
  logic [15:0] fetch;
  logic [0:0] first_step;
  logic [0:0] fits;
  logic [0:0] goes_on;
  logic [0:0] last_step;
  logic [0:0] last_word;
  logic [0:0] leaving;
  logic [0:0] load;
  logic [0:0] sound;
  logic [15:0] step_addr;
  logic [0:0] step_end;
  logic [0:0] store;
  logic [31:0] sum;
  logic [0:0] wait_load;
  logic [0:0] whole;

  logic [0:0] check__clk;
  logic [0:0] check__conv;
  logic [0:0] check__first;
  logic [0:0] check__load;
  logic [0:0] check__reset;
  logic [511:0] check__step;
  logic [0:0] check__store;

  flight_step_check check
  (
    .clk( check__clk ),
    .conv( check__conv ),
    .first( check__first ),
    .load( check__load ),
    .reset( check__reset ),
    .step( check__step ),
    .store( check__store )
  );

  logic [0:0] head__clk;
  logic [0:0] head__for_this;
  logic [15:0] head__index;
  logic [0:0] head__known;
  logic [0:0] head__reset;
  logic [15:0] head__steps;
  logic [0:0] head__streamed;
  logic [0:0] head__take;
  logic [63:0] head__word;
  logic [15:0] head__words;

  flight_header head
  (
    .clk( head__clk ),
    .for_this( head__for_this ),
    .index( head__index ),
    .known( head__known ),
    .reset( head__reset ),
    .steps( head__steps ),
    .streamed( head__streamed ),
    .take( head__take ),
    .word( head__word ),
    .words( head__words )
  );

  logic [0:0] kind__clk;
  logic [2:0] kind__in_;
  logic [2:0] kind__out;
  logic [0:0] kind__reset;

  flight_delay_3_0 kind
  (
    .clk( kind__clk ),
    .in_( kind__in_ ),
    .out( kind__out ),
    .reset( kind__reset )
  );

  logic [0:0] streams__clk;
  logic [0:0] streams__in_;
  logic [0:0] streams__out;
  logic [0:0] streams__reset;

  flight_delay_1_0 streams
  (
    .clk( streams__clk ),
    .in_( streams__in_ ),
    .out( streams__out ),
    .reset( streams__reset )
  );

  always @* begin : up_begin
    conv_start = ( ( ( state == 4'd6 ) & sound ) & conv ) & ( ~( wait_load & load_busy ) );
    load_start = ( ( ( ( state == 4'd6 ) & sound ) & load ) & ( ~load_busy ) ) & ( ~( first_step & store_busy ) );
    store_start = ( ( ( state == 4'd6 ) & sound ) & store ) & ( ~store_busy );
    goes_on = ( ( ( load_start | store_start ) & background ) & ( ~first_step ) ) & ( ~last_step );
  end

  always @* begin : up_control
    last_word = ( arriving & ( arrived == 16'd7 ) ) & ( state == 4'd5 );
    kind__in_ = 3'd0;
    if ( fits ) begin
      kind__in_ = { check__store, check__load, check__conv };
    end
    sound = ( conv | load ) | store;
    streams__in_ = head__streamed & ( ( ( state == 4'd5 ) | ( state == 4'd6 ) ) | ( state == 4'd7 ) );
    stops = ( ~enable ) & first_step;
    leaving = stops & ( ( ( state == 4'd5 ) | ( state == 4'd6 ) ) | ( ( state == 4'd7 ) & load_waiting ) );
    clear = leaving | ( state == 4'd8 );
  end

  always @* begin : up_end
    step_end = goes_on;
    if ( state == 4'd7 ) begin
      step_end = ( ( conv & conv_done ) | ( load & load_done ) ) | ( store & store_done );
    end
  end

  always @* begin : up_fetch_port
    program_en = 1'd0;
    program_addr = fetch;
    if ( state == 4'd1 ) begin
      program_en = fetch < 16'd2;
    end
    else if ( state == 4'd3 ) begin
      program_en = fetch < head__words;
    end
    else if ( state == 4'd5 ) begin
      program_en = fetch < 16'd8;
      program_addr = step_addr + fetch;
    end
    head__take = arriving & ( state == 4'd1 );
  end

  always_ff @(posedge clk) begin : up_arriving
    arriving <= program_en & ( ~reset );
    arrived <= fetch;
  end

  always_ff @(posedge clk) begin : up_fetch
    if ( program_en ) begin
      fetch <= fetch + 16'd1;
    end
    else if ( ( ( state != 4'd1 ) & ( state != 4'd3 ) ) & ( state != 4'd5 ) ) begin
      fetch <= 16'd0;
    end
  end

  always_ff @(posedge clk) begin : up_program
    if ( state == 4'd1 ) begin
      sum <= 32'd0;
    end
    else if ( arriving & ( state == 4'd3 ) ) begin
      sum <= ( sum ^ program_data[6'd31:6'd0] ) ^ program_data[6'd63:6'd32];
    end
    if ( arriving & ( state == 4'd5 ) ) begin
      step <= { program_data, step[9'd511:9'd64] };
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
      if ( arriving & ( arrived == 16'd1 ) ) begin
        state <= 4'd2;
      end
    end
    else if ( state == 4'd2 ) begin
      state <= 4'd3;
      if ( ( ( ~head__known ) | ( head__words < 16'd2 ) ) | ( head__words > 16'd512 ) ) begin
        state <= 4'd8;
        status <= 4'd1;
      end
      else if ( ~head__for_this ) begin
        state <= 4'd8;
        status <= 4'd2;
      end
    end
    else if ( state == 4'd3 ) begin
      if ( arriving & ( ( arrived + 16'd1 ) == head__words ) ) begin
        state <= 4'd4;
      end
    end
    else if ( state == 4'd4 ) begin
      state <= 4'd5;
      if ( sum != 32'd0 ) begin
        state <= 4'd8;
        status <= 4'd3;
      end
      else if ( head__steps == 16'd0 ) begin
        state <= 4'd8;
        status <= 4'd4;
      end
    end
    else if ( leaving ) begin
      state <= 4'd0;
    end
    else if ( state == 4'd5 ) begin
      if ( whole ) begin
        state <= 4'd6;
      end
    end
    else if ( state == 4'd6 ) begin
      if ( ~sound ) begin
        state <= 4'd8;
        status <= 4'd4;
      end
      else if ( goes_on ) begin
        state <= 4'd5;
      end
      else if ( ( conv_start | load_start ) | store_start ) begin
        state <= 4'd7;
      end
    end
    else if ( state == 4'd7 ) begin
      if ( loader_error ) begin
        state <= 4'd8;
        status <= 4'd5;
      end
      else if ( step_end ) begin
        state <= 4'd5;
      end
    end
    else if ( state == 4'd8 ) begin
      if ( ~enable ) begin
        state <= 4'd0;
      end
    end
  end

  always_ff @(posedge clk) begin : up_step
    fits <= ( step_addr + 16'd8 ) <= head__words;
    if ( reset | ( state == 4'd4 ) ) begin
      step_index <= 16'd0;
      first_step <= 1'd1;
      last_step <= head__steps == 16'd1;
      step_addr <= 16'd2;
    end
    else if ( step_end ) begin
      step_index <= step_index + 16'd1;
      first_step <= last_step;
      last_step <= ( step_index + 16'd2 ) == head__steps;
      step_addr <= step_addr + 16'd8;
      if ( last_step ) begin
        step_index <= 16'd0;
        last_step <= head__steps == 16'd1;
        step_addr <= 16'd2;
      end
    end
  end

  assign background = step[488:488];
  assign wait_load = step[489:489];
  assign head__clk = clk;
  assign head__reset = reset;
  assign check__clk = clk;
  assign check__reset = reset;
  assign kind__clk = clk;
  assign kind__reset = reset;
  assign streams__clk = clk;
  assign streams__reset = reset;
  assign streamed = streams__out;
  assign conv = kind__out[0:0];
  assign load = kind__out[1:1];
  assign store = kind__out[2:2];
  assign whole = last_word;
  assign head__word = program_data;
  assign head__index = arrived;
  assign check__step = step;
  assign check__first = first_step;

endmodule
