"""A self-checking SystemVerilog testbench of an array: one file, no data beside it, for any simulator.

It loads a small program, streams an image, and compares result and cycles with the golden model and the compiler's prediction.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from flightasic import golden
from flightasic.compiler import Program, compile_network
from flightasic.config import ACT_BITS, ArrayConfig
from flightasic.errors import CompileError
from flightasic.formats import IntArray
from flightasic.ir import IntegerNetwork, Layer
from flightasic.microcode import WORD_BITS

TESTBENCH = "flight_testbench"
_IN_SHAPE = (1, 3, 3)
_FILTERS, _CLASSES = 2, 2
_CODE_LIMIT = 3  # small enough for every code width, and for the narrowest accumulator
_SEED = 1


def render_testbench(config: ArrayConfig) -> str:
    """Text of the module ``flight_testbench``: it ends with a line "PASS ..." and ``$finish``, or with ``$fatal``.

    Raises
    ------
    CompileError
        If the array's memories do not hold the testbench's network (a 3x3 image, a convolution, a fully connected layer).
    """
    network = _network(config)
    program = compile_network(network, config)
    if [transfer.store for transfer in program.transfers] != [False, True]:
        raise CompileError(f"array {config.name} cannot keep the testbench's network in its banks; raise act_depth={config.act_depth}")
    image = np.random.default_rng(_SEED).integers(-128, 128, _IN_SHAPE)
    result = golden.run(network, torch.tensor(image[None]))[-1][0].numpy()
    return _render(program, image, result)


def _network(config: ArrayConfig) -> IntegerNetwork:
    rng = np.random.default_rng(_SEED)
    layers = (
        _layer(rng, "conv", (1, _FILTERS, 1, 3, 3), right_shift=3, padding=1),
        _layer(rng, "linear", (1, _CLASSES, _FILTERS, *_IN_SHAPE[1:]), right_shift=4, relu=False, kind="linear"),
    )
    return IntegerNetwork(
        name="testbench", arith=config.arith, max_shift=config.max_shift, in_shape=_IN_SHAPE, in_scale_log2=-7, layers=layers
    )


def _layer(
    rng: np.random.Generator,
    name: str,
    shape: tuple[int, ...],
    *,
    right_shift: int,
    padding: int = 0,
    relu: bool = True,
    kind: str = "conv",
) -> Layer:
    filters = shape[1]
    return Layer(
        name=name,
        codes=rng.integers(-_CODE_LIMIT, _CODE_LIMIT + 1, shape).astype(np.int8),
        offsets=np.zeros((1, filters), dtype=np.uint8),
        k=np.ones(filters, dtype=np.uint8),
        bias=rng.integers(-100, 101, filters).astype(np.int32),
        right_shift=np.full(filters, right_shift, dtype=np.uint8),
        padding=padding,
        relu=relu,
        kind=kind,
    )


def _render(program: Program, image: IntArray, result: IntArray) -> str:
    config = program.config
    parts = -(-config.code_word_bits // WORD_BITS)
    expected, mask = _result_words(program, result)
    values = {
        "module": TESTBENCH,
        "name": config.name,
        "word_bits": config.word_bits,
        "code_bits": config.code_word_bits,
        "code_parts": parts,
        "streamed": int(program.streamed),
        "cycles": program.cycles,
        "arrays": "\n".join(
            [
                _array("program_words", WORD_BITS, program.words),
                _array("code_words", parts * WORD_BITS, _codes_in_order(program)),
                _array("image_words", config.word_bits, [_joined(word) for word in program.pack_image(image)]),
                _array("result_words", config.word_bits, expected),
                _array("result_masks", config.word_bits, mask),
            ]
        ),
        "program_count": len(program.words),
        "code_count": len(_codes_in_order(program)),
        "image_count": program.image_layout.words,
        "result_count": len(expected),
    }
    text = _TEMPLATE
    for key, value in values.items():
        text = text.replace(f"@{key}@", str(value))
    return text


def _codes_in_order(program: Program) -> list[int]:
    if not program.streamed:
        return program.codes
    return [program.codes[i] for first, count in program.code_order for i in range(first, first + count)]


def _result_words(program: Program, result: IntArray) -> tuple[list[int], list[int]]:
    """Words of the result as they leave, and ones where a word's bits mean something."""
    layout = program.result_layout
    shape = (layout.height, layout.width, layout.cb * layout.lanes)
    values, used = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    for position, channel in enumerate(layout.positions):
        if channel >= 0:
            values[:, :, position], used[:, :, position] = result[channel], -1
    return [_joined(word) for word in values.reshape(-1, layout.lanes)], [_joined(word) for word in used.reshape(-1, layout.lanes)]


def _joined(lanes: IntArray) -> int:
    return sum((int(value) & ((1 << ACT_BITS) - 1)) << (ACT_BITS * lane) for lane, value in enumerate(lanes))


def _array(name: str, bits: int, words: Sequence[int]) -> str:
    lines = [f"  logic [{bits - 1}:0] {name} [0:{len(words) - 1}];", "  initial begin"]
    lines += [f"    {name}[{i}] = {bits}'h{word:x};" for i, word in enumerate(words)]
    return "\n".join([*lines, "  end"])


_TEMPLATE = """\
// Testbench of array @name@: loads a small program, streams an image, compares result and cycles.
// Generated from flightasic/testbench.py; do not edit.
`timescale 1ns / 1ps

module @module@;
@arrays@

  logic clk = 1'b0, reset = 1'b1, enable = 1'b0;
  logic load_en = 1'b0, load_memory = 1'b0;
  logic [15:0] load_addr = '0;
  logic [7:0] load_part = '0;
  logic [63:0] load_data = '0;
  logic image_val, image_rdy, image_last, result_val, result_last, code_val, code_rdy;
  logic [@word_bits@-1:0] image_msg, result_msg;
  logic [@code_bits@-1:0] code_msg;
  logic [3:0] state, status;
  logic [15:0] step_index;
  int image_at = 0, result_at = 0, code_at = 0, cycles = 0;

  flight_top dut ( .result_rdy ( 1'b1 ), .* );

  always #5 clk = ~clk;

  assign image_val = enable && image_at < @image_count@;
  assign image_msg = image_words[image_at < @image_count@ ? image_at : 0];
  assign code_val = enable && @streamed@ != 0;
  assign code_msg = code_words[code_at][@code_bits@-1:0];

  initial begin
    repeat (3) @(posedge clk);
    reset <= 1'b0;
    for (int i = 0; i < @program_count@; i++) begin
      load_en <= 1'b1;
      load_memory <= 1'b0;
      load_addr <= 16'(i);
      load_data <= program_words[i];
      @(posedge clk);
    end
    for (int i = 0; i < (@streamed@ != 0 ? 0 : @code_count@); i++) begin
      for (int part = 0; part < @code_parts@; part++) begin
        load_memory <= 1'b1;
        load_addr <= 16'(i);
        load_part <= 8'(part);
        load_data <= code_words[i][64 * part +: 64];
        @(posedge clk);
      end
    end
    load_en <= 1'b0;
    enable <= 1'b1;
    repeat (100 * (@program_count@ + @cycles@)) @(posedge clk);
    $fatal(1, "FAIL: no result, state %0d, step %0d", state, step_index);
  end

  always @(posedge clk) begin
    if (status != 4'd0) $fatal(1, "FAIL: status %0d", status);
    if (image_val && image_rdy) image_at <= image_at + 1;
    if (code_val && code_rdy) code_at <= code_at + 1 == @code_count@ ? 0 : code_at + 1;
    if (image_at != 0 || (image_val && image_rdy)) cycles <= cycles + 1;
    if (result_val) begin
      if (((result_msg ^ result_words[result_at]) & result_masks[result_at]) != '0)
        $fatal(1, "FAIL: result word %0d is %h, expected %h in the bits of %h", result_at, result_msg, result_words[result_at],
               result_masks[result_at]);
      result_at <= result_at + 1;
      if (result_at + 1 == @result_count@) begin
        if (cycles + 1 != @cycles@) $fatal(1, "FAIL: %0d cycles, predicted @cycles@", cycles + 1);
        $display("PASS: @name@, @result_count@ result words, %0d cycles as predicted", cycles + 1);
        $finish;
      end
    end
  end
endmodule
"""
