"""The UART bridge broken on purpose, and the play that must notice."""

from __future__ import annotations

from verification.breaks import Break

_BRIDGE, _RECEIVE, _QUEUE = "flight_uart_bridge", "flight_uart_receive_4", "flight_byte_queue_64"
_FRAMES, _SMALL_FRAMES = "flight_uart_frames_64", "flight_uart_frames_32"
_GATHER, _SCATTER = "flight_gather_2", "flight_scatter_2"

UART_BREAKS = (
    Break("a bit is sampled at its end", "traffic-narrow", "flight_uart_receive_9", "count <= 4'd3", "count <= 4'd8", "no answer"),
    Break("the check of a frame is not looked at", "losses", _FRAMES, "| ( check__value != 16'd0 )", "", "was answered with"),
    Break("bytes of a lost frame are not dropped", "losses", _FRAMES, "drop = fails |", "drop = 1'd0 &", "came with the next"),
    Break("a missing stop bit is not seen", "losses", _RECEIVE, "bad <= ~level", "bad <= 1'd0", "was answered with"),
    Break(
        "what follows a lost frame at once is taken for a frame",
        "losses", _FRAMES, "if ( loses )", "if ( 1'd0 )", "was answered with",
    ),
    Break("an overrun is not seen", "losses", _BRIDGE, "receive__arrives & line__full", "1'd0", "answers, then"),
    Break("any length of a frame will do", "losses", _FRAMES, "( ~well_formed ) |", "", "was answered with"),
    Break("far addresses are taken for near ones", "losses", _FRAMES, "if ( accesses & far )", "if ( 1'd0 )", "was answered with"),
    Break(
        "the end of an image is not marked",
        "traffic", _FRAMES, "( operation == 8'd85 ) & ( remaining", "1'd0 & ( remaining", "TLAST of the image",
    ),
    Break(
        "the end of a result is on its first byte",
        "traffic", _SCATTER, "( bytes == 2'd1 )", "( bytes == 2'd2 )", "BusError: a result of",
    ),
    Break("bytes are offered before they are kept", "losses", _QUEUE, "taken_next != kept", "taken_next != written", "sent a word"),
    Break("accesses are answered before they are done", "traffic", _FRAMES, "if ( does & accesses )", "if ( 1'd0 )", "register|no answer"),
    Break("bytes that have no room are forgotten", "rooms", _SMALL_FRAMES, "if ( over |", "if ( 1'd0 |", "was answered with"),
    Break("results are promised that are not there", "rooms", _SMALL_FRAMES, "results_held } )", "8'd255 } )", "was answered with"),
    Break(
        "CLEAR leaves the words beside the queues",
        "rooms", _GATHER, "if ( reset | clear )", "if ( reset )", "left from before CLEAR",
    ),
    Break("the reset leaves the queues as they are", "resets", _QUEUE, "if ( reset | clear )", "if ( clear )", "answered with|Error"),
)  # fmt: skip
