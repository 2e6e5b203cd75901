"""Faults put into the emitted Verilog, each of which must refute the proof of its unit."""

from __future__ import annotations

from verification.breaks import Break

_ASSERTION = "Assert failed"
_ELEMENT, _COLUMN, _SEQUENCER = "flight_processing_element", "flight_post_column", "flight_sequencer"
_FORWARD, _BACKWARD = "{ in_[5'd23:5'd0], in_[5'd31:5'd24] }", "{ in_[5'd7:5'd0], in_[5'd31:5'd8] }"

# What is wrong, the proof that must fail, the module, the text in it, and what replaces it.
_FAULTS = (
    ("the zero code is a shift by 7", "lane-shift", "flight_shift_lane", "magnitude != 3'd7", "1'd1"),
    ("a shift of 2 is one of 1", "lane-shift3", "flight_shift_lane", "by_1 << 2'd2", "by_1 << 2'd1"),
    ("a negative code does not complement", "lane-fixed4", "flight_fixed_lane", "sign = code[3:3]", "sign = 1'd0"),
    ("an activation keeps its sign", "lane-fixed8", "flight_fixed_lane", "^ 8'd128", ""),
    ("codes in use change while others load", "element-shift", _ELEMENT, "held_code <= next_code", "held_code <= code"),
    ("a lane reads its neighbour's activation", "element-fixed8", _ELEMENT, "lane_1__act = act[15:8]", "lane_1__act = act[7:0]"),
    ("a shift right fills with zeros", "post-18", _COLUMN, "{ 8 { by_16[5'd17] } }", "8'd0"),
    ("a bit that no stage keeps is overlooked", "post-18", _COLUMN, "by_2[4'd8] != total[5'd17]", "1'd0"),
    ("clamped at 126", "post-18", _COLUMN, "clamped = 8'd127", "clamped = 8'd126"),
    ("ReLU of the next group", "post-18", _COLUMN, "negative & held_relu", "negative & next_relu"),
    ("the pool forgets", "post-18", _COLUMN, "( act ^ 8'd128 ) > ( pooled ^ 8'd128 )", "1'd1"),
    ("a window is one value short", "post-18", "flight_post", "( count + 8'd1 ) == pool_area", "( count + 8'd2 ) == pool_area"),
    ("the third plane is left out", "merge", "flight_merge_column", "held_k == 2'd3", "1'd0"),
    ("a residual pass takes the plane's offset", "merge", "flight_merge_column", "if ( residual )", "if ( 1'd0 )"),
    ("a column of the last group stays in use", "merge", "flight_merge_column", "else if ( clear )", "else if ( 1'd0 )"),
    ("turns the other way", "rotate-4", "flight_rotate_stage_4_8_1", _FORWARD, _BACKWARD),
    ("an error is for ever", "sequencer-512", _SEQUENCER, "if ( ~enable )", "if ( 1'd0 )"),
    ("a header of another version runs", "sequencer-512", _SEQUENCER, "( head__words > 16'd512 )", "( 1'd0 )"),
    ("a step's end goes unseen", "sequencer-runs", _SEQUENCER, "step_end = ( (", "step_end = 1'd0 & ( ("),
    ("a program once begun is never left", "sequencer-runs", _SEQUENCER, "stops = ( ~enable ) &", "stops = 1'd0 &"),
)
FORMAL_BREAKS = tuple(Break(what, proof, module, old, new, _ASSERTION) for what, proof, module, old, new in _FAULTS)


def markdown() -> str:
    """The table for ``docs/verification.md``."""
    lines = ["| broken on purpose | in module | refutes |", "| --- | --- | --- |"]
    return "\n".join(lines + [f"| {item.what} | `{item.module}` | `{item.case}` |" for item in FORMAL_BREAKS])
