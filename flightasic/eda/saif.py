"""Switching activity in SAIF (IEEE 1801 annex, Switching Activity Interchange Format), which OpenSTA and others read."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from flightasic.eda.activity import Activity
from flightasic.errors import FormatError
from flightasic.files import write_atomically

_PS_PER_NS = 1000.0
_NET = re.compile(r"\(\s*((?:\\.|[^\s()])+)\s*\(T0\s+(\d+)\)\s*\(T1\s+(\d+)\)\s*\(TX\s+\d+\)\s*\(TC\s+(\d+)\)")
_DURATION = re.compile(r"\(DURATION\s+(\d+)\)")
_TIMESCALE = re.compile(r"\(TIMESCALE\s+(\d+)\s*(fs|ps|ns|us)\)")
_UNIT_NS = {"fs": 1e-6, "ps": 1e-3, "ns": 1.0, "us": 1e3}


def write_saif(path: Path, activity: Activity, top: str) -> None:
    """All windows of ``activity`` as one file, its nets in the instance ``top``, in one step; times in picoseconds."""
    duration = round(float(activity.window_ns.sum()) * _PS_PER_NS)
    high = np.rint(activity.high_ns.sum(axis=0) * _PS_PER_NS).astype(np.int64)
    toggles = activity.toggles.sum(axis=0)
    lines = ["(SAIFILE", '(SAIFVERSION "2.0")', '(DIRECTION "backward")', "(DIVIDER / )", "(TIMESCALE 1 ps)", f"(DURATION {duration})"]
    lines += [f"(INSTANCE {top}", "(NET"]
    for name, one, count in zip(activity.names, high.tolist(), toggles.tolist(), strict=True):
        escaped = re.sub(r"([^\w])", r"\\\1", name)
        lines.append(f"({escaped} (T0 {max(0, duration - one)}) (T1 {one}) (TX 0) (TC {count}) (IG 0))")
    write_atomically(path, "\n".join([*lines, ")", ")", ")", ""]))


def read_saif(path: Path) -> Activity:
    """The nets of a SAIF file of one instance, as one window of unknown cycles (0).

    Raises
    ------
    FormatError
        If the file has no duration or no net.
    """
    text = path.read_text()
    duration, scale = _DURATION.search(text), _TIMESCALE.search(text)
    found = _NET.findall(text)
    if duration is None or scale is None or not found:
        raise FormatError(f"{path}: not a SAIF file with DURATION, TIMESCALE and nets; write it again")
    unit = float(scale.group(1)) * _UNIT_NS[scale.group(2)]
    return Activity(
        tuple(re.sub(r"\\(.)", r"\1", name) for name, *_ in found),
        np.array([[int(count) for *_, count in found]], dtype=np.int64),
        np.array([[int(one) * unit for _, _, one, _ in found]]),
        np.array([int(duration.group(1)) * unit]),
        np.zeros(1, dtype=np.int64),
    )
