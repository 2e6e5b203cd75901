"""Units broken on purpose, and what must notice: a check that cannot fail checks nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Break:
    """A change to the emitted Verilog of a case's unit.

    Attributes
    ----------
    what : str
        The fault in words.
    case : str
        The case that must fail (a unit case, or a scenario).
    module, old, new : str
        The text to replace in a module; it must be there.
    caught : str
        Regular expression of the complaint: the output that goes wrong, or the scenario's own words.
    """

    what: str
    case: str
    module: str
    old: str
    new: str
    caught: str

    def apply(self, modules: Mapping[str, str]) -> dict[str, str]:
        """The modules with the fault in them."""
        if self.old not in modules[self.module]:
            raise ValueError(f"{self.module} has no {self.old!r} any more; give the break {self.what!r} a new place")
        return {**modules, self.module: modules[self.module].replace(self.old, self.new)}


_SHIFT_ELEMENT, _FIXED_ELEMENT = "element-shift_3x3x2-acc24", "element-fixed8_3x3x2-acc24"
_MESH, _MERGE, _ACCUMULATE = "mesh-shift_3x3x2-acc24", "merge-shift_2x5x2-acc32", "accumulate-shift_2x2x2-acc18"
_POST = "post-shift_2x2x2-acc18"
_LOAD, _STORE, _CODES = "load-shift_2x2x2-acc18", "store-shift_3x3x2-acc24", "codes-shift_2x2x2-acc24"
_LOADER, _LOADER_1 = "loader-shift_3x3x2-acc24", "loader-shift_1x1x1-acc24"

BREAKS = (
    Break("a shifted term loses its sign", _SHIFT_ELEMENT, "flight_shift_lane", "sign = code[3:3]", "sign = 1'd0", "sum_out is"),
    Break("a product loses its sign", _FIXED_ELEMENT, "flight_fixed_lane", "sign = code[7:7]", "sign = 1'd0", "sum_out is"),
    Break(
        "codes in use change while the next ones load",
        _SHIFT_ELEMENT, "flight_processing_element", "held_code <= next_code", "held_code <= code", "sum_out is",
    ),
    Break(
        "a row sees its activations a cycle early",
        _MESH, "flight_mesh", "flight_delay_16_2 act_2_0", "flight_delay_16_1 act_2_0", "sums is",
    ),
    Break("a row swaps its codes a cycle early", _MESH, "flight_mesh", "flight_delay_1_2 swap_2_0", "flight_delay_1_1 swap_2_0", "sums is"),
    Break("a column leaves a cycle early", _MESH, "flight_mesh", "flight_delay_17_2 deskew_0", "flight_delay_17_1 deskew_0", "sums is"),
    Break("the third plane is left out", _MERGE, "flight_merge_column", "held_k == 2'd3", "1'd0", "merged is"),
    Break("plane offsets are flipped", _MERGE, "flight_merge_column", "held_offset <= next", "held_offset <= ~next", "merged is"),
    Break(
        "unused columns keep the filter of an earlier group",
        _MERGE, "flight_merge_column", "else if ( clear ) begin", "else if ( 1'd0 ) begin", "merged is",
    ),
    Break(
        "the residual is added at its filter's own offset",
        _MERGE, "flight_merge_column", "shift = held_residual", "shift = held_offset", "merged is",
    ),
    Break("the bias is left out", _ACCUMULATE, "flight_accumulate_column", "addend = held_bias", "addend = 1'd0", "(write_data|totals) is"),
    Break(
        "a group starts where a cut-off one ended",
        _ACCUMULATE, "flight_accumulate", "reset | flags_early[3'd4]", "reset", "(read|write)_addr is",
    ),
    Break("a right shift fills with zeros", _POST, "flight_post_column", "{ 8 { by_16[5'd17] } }", "8'd0", "pooled is"),
    Break("no clamp at the top", _POST, "flight_post_column", "clamped = 8'd127", "clamped = shifted", "pooled is"),
    Break("no clamp at the bottom", _POST, "flight_post_column", "clamped = 8'd128", "clamped = shifted", "pooled is"),
    Break("no ReLU", _POST, "flight_post_column", "negative & held_relu", "1'd0", "pooled is"),
    Break(
        "the clamp overlooks bits that no stage keeps",
        _POST, "flight_post_column", "too_far | ( shifted[3'd7] != negative )", "shifted[3'd7] != negative", "pooled is",
    ),
    Break(
        "the pool compares without sign",
        _POST, "flight_post_column", "( act ^ 8'd128 ) > ( pooled ^ 8'd128 )", "act > pooled", "pooled is",
    ),
    Break("the pool counter is off by one", _POST, "flight_post", "( count + 8'd1 ) == pool_area", "count == pool_area", "out_valid is"),
    Break("a new step keeps the open pool window", _POST, "flight_post", "else if ( start )", "else if ( 1'd0 )", "(pooled|out_valid) is"),
    Break(
        "back-pressure is ignored",
        _STORE, "flight_out_queue", "( ~result_rdy )", "( ~result_val )", "(result_val|result_msg|result_last|fetch) is",
    ),
    Break(
        "words that nobody has taken are written over",
        _STORE, "flight_store", "ready & ( ~queue__full )", "ready", r"(fetch|result_\w+) is",
    ),
    Break("a row goes on in the line of the one before", _STORE, "flight_store", "walk__end_row |", "1'd0 |", "(fetch|result_val) is"),
    Break("a line is fetched twice in time", _STORE, "flight_store", "end_line ) & ( ~walk", "1'd1 ) & ( ~walk", "fetch is"),
    Break(
        "a store that is called off goes on",
        _STORE, "flight_store", "if ( reset | clear )", "if ( reset )", "(fetch|busy|result_val) is",
    ),
    Break("a load that is called off takes a word", _LOAD, "flight_load", "& ( ~( untouched & stops ) )", "", "image_rdy is"),
    Break("a load writes while the writer does", _LOAD, "flight_load", "busy & quiet", "busy", "image_rdy is"),
    Break("rows follow without their skip", _LOAD, "flight_row_walk", "addr + skip", "addr + 16'd1", "addr is"),
    Break(
        "a transfer takes the next step's rows", _LOAD, "flight_row_walk", "columns_left <= columns;", "columns_left <= kwords;",
        "(image_last|addr) is",
    ),
    Break("the code ring overruns", _CODES, "flight_codes", "~count[3'd4]", "1'd1", "code_rdy is"),
    Break("the code ring is never emptied", _CODES, "flight_codes", "reset | ( ~streamed )", "reset", "(code_rdy|ready|write_addr) is"),
    Break("codes are taken before they have come", _LOADER, "flight_loader", "code_en = code_ready &", "code_en = 1'd1 &", "code_en is"),
    Break(
        "a break after a kernel column is ignored",
        _LOADER, "flight_kernel_walk", "broken <= break_x;", "broken <= 1'd0;", r"row_\w+ is",
    ),
    Break(
        "a break after a kernel row is ignored",
        _LOADER, "flight_kernel_walk", "break_x | break_y", "break_x", r"row_\w+ is",
    ),
    Break("a group reads the first group's channels", _LOADER, "flight_kernel_walk", "<= group_block", "<= 16'd0", "row_offset is"),
    Break("the residual is never read", _LOADER, "flight_loader", "pass_index == kblocks", "1'd0", r"row_\w+ is"),
    Break("a step that was called off leaves codes behind", _LOADER_1, "flight_loader", "& ( ~clear )", "", "loaded is"),
    Break("a damaged program runs", "malformed-shift", "flight_sequencer", "sum != 32'd0", "1'd0", "checksum: status 0"),
    Break("a step without a load before it runs", "malformed-shift", "flight_step_check", "~first", "1'd1", "the core hangs in state"),
    Break(
        "padding below the image is read from memory",
        "run-shift", "flight_feed_row", "( row_y < { { 2 { 1'b0 } }, in_h } )", "( 1'd1 )", "Arrays are not equal",
    ),
    Break(
        "the residual is masked like padding",
        "run-residual", "flight_feed_row", "on_map | residual", "on_map", "Arrays are not equal",
    ),
    Break(
        "the array computes while a line is fetched",
        "run-background", "flight_feed_walk", "( phase == 6'd0 ) ) & ( ~hold )", "( phase == 6'd0 ) )", "Arrays are not equal",
    ),
    Break(
        "words are loaded while the writer writes",
        "run-background", "flight_core", "load__quiet = quiet__out", "load__quiet = 1'd1", "Arrays are not equal|steps end",
    ),
    Break(
        "a row takes the word of a row too near",
        "run-reuse-far", "flight_reuse", "= others[2'(i)]", "= others[0]", "Arrays are not equal",
    ),
    Break("words are taken over a cycle early", "run-reuse", "flight_reuse", "if ( taken__out[", "if ( takes[", "Arrays are not equal"),
    Break(
        "a row's first kernel column is taken for a neighbour",
        "run-reuse-far", "flight_feed_row", "( held_kx != 8'd0 )", "1'd1", "Arrays are not equal",
    ),
    Break(
        "the first pixel of a line takes words of the line above",
        "run-reuse", "flight_feed_walk", "& ( ~end_px )", "", "Arrays are not equal",
    ),
    Break(
        "a pass begins with words of the one that was called off",
        "run-reuse", "flight_feed_walk", "slid <= 1'd0", "slid <= slid", "Arrays are not equal",
    ),
    Break("the residual walks like the window", "run-residual", "flight_feed_walk", "by_px = r_px", "by_px = a_px", "Arrays are not equal"),
)  # fmt: skip


def markdown() -> str:
    """The table for ``docs/verification.md``."""
    lines = ["| broken on purpose | in module | caught by |", "| --- | --- | --- |"]
    return "\n".join(lines + [f"| {item.what} | `{item.module}` | `{item.case}` |" for item in BREAKS])
