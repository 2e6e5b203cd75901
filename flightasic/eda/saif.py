"""Switching activity in SAIF (IEEE 1801 annex, Switching Activity Interchange Format), which OpenSTA and others read."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from flightasic.eda.activity import Activity
from flightasic.files import write_atomically

_PS_PER_NS = 1000.0


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
