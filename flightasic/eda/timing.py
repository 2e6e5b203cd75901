"""Reading OpenSTA's log of ``scripts/timing.tcl``: slacks of every corner, the clock tree's delay, and what failed, in words."""

from __future__ import annotations

import re
from typing import Any

_CORNER = re.compile(r"^FLIGHT corner (\S+)$", re.MULTILINE)
_CLOCK = re.compile(r"^FLIGHT clock (\S+) (\S+)$", re.MULTILINE)
_SLACK = re.compile(r"^\s*(-?[\d.]+)\s+slack \(", re.MULTILINE)
_START = re.compile(r"^Startpoint: (\S+)", re.MULTILINE)
_END = re.compile(r"^Endpoint: (\S+)", re.MULTILINE)


def parse_timing(log: str, clock_ns: float, measured: str) -> dict[str, Any]:
    """Timing of every corner, the measured corner's values on top.

    Each corner has ``corner``, ``setup_slack_ns``, ``hold_slack_ns``, ``fmax_mhz`` (1 / (period - slack)), ``path_start``, ``path_end``
    (the slowest path), ``hold_start``, ``hold_end``, ``clock_ns_first`` and ``clock_ns_last`` (when the clock edge reaches the first and
    the last flip-flop). On top also ``corners`` (all of them), ``clock_insertion_ns``, ``clock_skew_ns``, ``met`` and ``failures``.

    Raises
    ------
    ValueError
        If a corner has no constrained path for setup or hold, or the measured corner is not in the log.
    """
    pieces = _CORNER.split(log)[1:]
    corners = [_corner(name, text, clock_ns) for name, text in zip(pieces[::2], pieces[1::2], strict=True)]
    chosen = next((corner for corner in corners if corner["corner"] == measured), None)
    if chosen is None:
        raise ValueError(f"OpenSTA reported no corner {measured}")
    keys = ("setup_slack_ns", "hold_slack_ns", "fmax_mhz", "path_start", "path_end")
    report: dict[str, Any] = {key: chosen[key] for key in keys}
    report["clock_insertion_ns"] = chosen["clock_ns_last"]
    report["clock_skew_ns"] = chosen["clock_ns_last"] - chosen["clock_ns_first"]
    report |= {"measured": measured, "corners": corners}
    failures = timing_failures(report)
    return {**report, "met": not failures, "failures": failures}


def timing_failures(report: dict[str, Any]) -> list[str]:
    """What is wrong with a report of :func:`parse_timing`, in words: setup at the measured corner, hold at any; empty if all is met."""
    failures = []
    for corner in report["corners"]:
        name = corner["corner"]
        if name == report["measured"] and corner["setup_slack_ns"] < 0:
            failures.append(
                f"setup fails at {name} by {-corner['setup_slack_ns']:.3f} ns, from {corner['path_start']} to {corner['path_end']}; "
                f"it reaches {corner['fmax_mhz']:.1f} MHz: a longer clock period or another adder style is needed"
            )
        if corner["hold_slack_ns"] < 0:
            path = f"from {corner['hold_start']} to {corner['hold_end']}"
            failures.append(f"hold fails at {name} by {-corner['hold_slack_ns']:.3f} ns, {path}; no longer clock period helps")
    return failures


def _corner(name: str, text: str, clock_ns: float) -> dict[str, Any]:
    clock = _CLOCK.search(text)
    setup, _, rest = text.partition("FLIGHT setup")[2].partition("FLIGHT hold")
    hold = rest.partition("FLIGHT done")[0]
    ends = [(_SLACK.search(part), _START.search(part), _END.search(part)) for part in (setup, hold)]
    (slack, start, end), (hold_slack, hold_start, hold_end) = ends
    if not (clock and slack and start and end and hold_slack and hold_start and hold_end):
        raise ValueError(f"OpenSTA reported no constrained path at {name}")
    worst = float(slack.group(1))
    return {
        "corner": name,
        "setup_slack_ns": worst,
        "hold_slack_ns": float(hold_slack.group(1)),
        "fmax_mhz": 1000.0 / (clock_ns - worst),
        "path_start": start.group(1),
        "path_end": end.group(1),
        "hold_start": hold_start.group(1),
        "hold_end": hold_end.group(1),
        "clock_ns_first": float(clock.group(1)),
        "clock_ns_last": float(clock.group(2)),
    }
