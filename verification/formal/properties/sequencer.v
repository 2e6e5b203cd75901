// The sequencer always comes back to idle.
//
// Whatever the program memory answers, in every cycle anew: once enable is low (and stays so), IDLE is reached in fewer than BOUND
// cycles, if what the sequencer waits for comes within PATIENCE cycles: the end of the step that runs (the image's first load may first
// wait for as long as it likes) or an error, and the end of earlier transfers in the background. And with enable high no program hangs:
// CHECKING cycles after leaving IDLE it is refused or fetches its first step, and FETCHING cycles after one step's end the next one runs,
// or ERROR is reached.
//
// The argument is a ranking function: cycles to IDLE at most, in every state. It falls in each cycle, and the cycles waited and the rank
// together never exceed BOUND; one step of induction proves it for ever, from any state that the invariants below allow.
module proof (
  input clk,
  input reset,
  input enable,
  input [63:0] program_data,
  input conv_done,
  input load_done,
  input load_busy,
  input load_waiting,
  input store_done,
  input store_busy,
  input loader_error
);
  localparam IDLE = 0, HEAD = 1, CHECK = 2, SCAN = 3, VERIFY = 4, FETCH = 5, BEGIN = 6, RUN = 7, ERROR = 8;
  localparam STEP_CYCLES = 2 * `PATIENCE + `STEP_WORDS + 3;
  localparam STEPS_BITS = $clog2(`DEPTH);
  localparam BOUND = ((`DEPTH - `HEADER_WORDS) / `STEP_WORDS) * STEP_CYCLES + `PATIENCE + `DEPTH + 8;
  localparam CHECKING = `DEPTH + 2 * `HEADER_WORDS + 4;
  localparam FETCHING = `STEP_WORDS + 3 + `PATIENCE;

  wire [3:0] state, status;
  wire [15:0] step_index, program_addr;
  wire [`STEP_BITS-1:0] step;
  wire program_en;
  flight_sequencer dut (
    .clk(clk), .reset(reset), .enable(enable), .program_data(program_data), .conv_done(conv_done), .load_done(load_done),
    .load_busy(load_busy), .load_waiting(load_waiting), .store_done(store_done), .store_busy(store_busy), .loader_error(loader_error),
    .state(state), .status(status), .step(step), .step_index(step_index), .program_en(program_en), .program_addr(program_addr)
  );
  (* hierconn *) wire [15:0] \dut.fetch , \dut.arrived , \dut.step_addr , \dut.head.words , \dut.head.steps ;
  (* hierconn *) wire \dut.first_step , \dut.last_step , \dut.fits ;
  (* hierconn *) wire \dut.arriving , \dut.step_end , \dut.check__conv , \dut.check__load , \dut.check__store ;
  wire [15:0] fetch = \dut.fetch , arrived = \dut.arrived , address = \dut.step_addr , words = \dut.head.words ;
  wire arriving = \dut.arriving ;

  reg started = 0;
  always @(posedge clk) started <= 1;
  always @* if (!started) assume (reset);

  // The units: a step ends, or is called bad, in time; the engines come free in time.
  wire first = step_index == 0;
  wire waiting = first && load_waiting;
  wire [3:0] op = step[3:0];
  wire ends = op == `OP_CONV ? conv_done : op == `OP_LOAD ? load_done : store_done;
  wire runs = op == `OP_CONV ? \dut.check__conv : op == `OP_LOAD ? \dut.check__load : \dut.check__store ;
  reg [31:0] ran, held;
  always @(posedge clk) begin
    ran <= reset || state != RUN || waiting ? 0 : ran + 1;
    held <= reset || state != BEGIN ? 0 : held + 1;
  end
  always @* begin
    if (state == RUN && ran == `PATIENCE && !waiting) assume (ends || loader_error);
    if (state == BEGIN && held == `PATIENCE) assume (!load_busy && !store_busy);
  end

  // Cycles to IDLE at most, while enable is low.
  wire [15:0] later = (`DEPTH - address) / `STEP_WORDS;
  wire [31:0] steps = later[STEPS_BITS-1:0] * STEP_CYCLES;
  reg [31:0] rank;
  always @* case (state)
    IDLE: rank = 0;
    ERROR: rank = 1;
    RUN: rank = steps + 2 + `PATIENCE - ran;
    BEGIN: rank = first ? 1 : steps + 3 + 2 * `PATIENCE - held;
    FETCH: rank = first ? 1 : steps + 4 + 2 * `PATIENCE + `STEP_WORDS - fetch;
    VERIFY: rank = 2;
    SCAN: rank = 3 + `DEPTH - fetch;
    CHECK: rank = 4 + `DEPTH;
    HEAD: rank = 5 + `DEPTH + `HEADER_WORDS - fetch;
    default: rank = BOUND + 1;
  endcase

  reg [31:0] waited, checked, fetched;
  reg was_low = 0;
  reg [31:0] last_rank;
  wire checks = state == HEAD || state == CHECK || state == SCAN || state == VERIFY;
  wire fetches = state == FETCH || state == BEGIN;
  always @(posedge clk) begin
    waited <= reset || enable ? 0 : waited + (state != IDLE);
    checked <= reset || !checks ? 0 : checked + 1;
    fetched <= reset || !fetches || \dut.step_end ? 0 : fetched + 1;
    was_low <= !reset && !enable && state != IDLE;
    last_rank <= rank;
  end

  always @* if (started) begin
    // The claims.
    assert (state == IDLE || waited < BOUND);
    assert (checked < CHECKING);
    assert (fetched < FETCHING);
    assert (!was_low || rank < last_rank);
    assert (state <= ERROR);
    assert (status == 0 || state == ERROR || state == IDLE);
    assert (state != ERROR || status != 0);
    // What carries the induction.
    assert (rank <= BOUND && (state == IDLE || waited + rank <= BOUND));
    assert (!(state == RUN) || ran <= `PATIENCE);
    assert (!(state == HEAD) || (fetch <= `HEADER_WORDS && checked == fetch));
    assert (!(state == CHECK) || checked == `HEADER_WORDS + 1);
    assert (!(state == SCAN) || checked == `HEADER_WORDS + 2 + fetch);
    assert (!(state == VERIFY) || checked == `HEADER_WORDS + 3 + words);
    assert (!(state == FETCH) || (fetch <= `STEP_WORDS && fetched == fetch));
    assert (!(state == BEGIN) || (fetched == `STEP_WORDS + 1 + held && held <= `PATIENCE));
    assert (checks || checked == 0 || checked < CHECKING);
    assert (!(state == SCAN) || fetch <= words);
    assert (!(state == HEAD || state == SCAN || state == FETCH) || (arriving == (fetch != 0) && (!arriving || arrived == fetch - 1)));
    assert (!(state == CHECK || state == VERIFY || state == BEGIN || state == RUN) || !arriving);
    assert (!(state == RUN) || fetch == 0);
    assert (!(state == SCAN || state == VERIFY || fetches || state == RUN) || (words >= `HEADER_WORDS && words <= `DEPTH));
    assert (!(fetches || state == RUN) || address <= words);
    assert (!(fetches || state == RUN) || address == step_index * `STEP_WORDS + `HEADER_WORDS);
    assert (!(state == RUN) || address + `STEP_WORDS <= words);
    assert (!(state == RUN) || runs);
    assert (!(fetches || state == RUN) || \dut.first_step == (step_index == 0));
    assert (!(fetches || state == RUN) || \dut.last_step == (step_index + 16'd1 == \dut.head.steps ));
    assert (!((state == FETCH && fetch != 0) || state == BEGIN || state == RUN) || \dut.fits == (address + `STEP_WORDS <= words));
  end

  // Nothing of this is vacuous: with a good program in memory, a single load, the core runs it and comes home, waits for an image, and
  // stops in an error. Inputs come only while the step runs, which keeps the search short.
`ifdef PROGRAM
  reg [63:0] read;
  wire [16*64-1:0] memory = `PROGRAM;
  always @(posedge clk) if (program_en) read <= memory[program_addr[3:0]*64 +: 64];
  reg been = 0;
  always @(posedge clk) if (state == RUN && !load_waiting) been <= 1;
  always @* begin
    assume (program_data == read);
    assume (reset == !started);
    assume (enable == !(been || state == ERROR));
    assume (state == RUN || !(conv_done || load_done || store_done || loader_error || load_waiting || load_busy || store_busy));
    if (started) begin
      cover (state == RUN && first && load_waiting);
      cover (state == ERROR && status == 5 && first);
      cover (been && state == IDLE);
    end
  end
`endif
endmodule
