"""A reader of the SAIF files that the flow writes, to hold them against what they were written from."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from flightasic.eda.activity import Activity

_NET = re.compile(r"\(\s*((?:\\.|[^\s()])+)\s*\(T0\s+(\d+)\)\s*\(T1\s+(\d+)\)\s*\(TX\s+\d+\)\s*\(TC\s+(\d+)\)")
_DURATION = re.compile(r"\(DURATION\s+(\d+)\)")
_NS_PER_PS = 1e-3


def read_saif(path: Path) -> Activity:
    """The nets of a SAIF file of one instance and in picoseconds, as one window of unknown cycles (0)."""
    text = path.read_text()
    assert "(TIMESCALE 1 ps)" in text
    ((duration,), found) = _DURATION.findall(text), _NET.findall(text)
    return Activity(
        tuple(re.sub(r"\\(.)", r"\1", name) for name, *_ in found),
        np.array([[int(count) for *_, count in found]], dtype=np.int64),
        np.array([[int(one) * _NS_PER_PS for _, _, one, _ in found]]),
        np.array([int(duration) * _NS_PER_PS]),
        np.zeros(1, dtype=np.int64),
    )
