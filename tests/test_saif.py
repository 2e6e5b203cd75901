"""Activity as a SAIF file and back."""

from __future__ import annotations

import numpy as np

from flightasic.eda.activity import Activity
from flightasic.eda.saif import write_saif
from tests.small_saif import read_saif

NAMES = ("clk", "sum_out[3]", "u$1", "a.b")
ACTIVITY = Activity(
    NAMES,
    np.array([[20, 3, 0, 1], [40, 1, 0, 0]], dtype=np.int64),
    np.array([[50.0, 10.25, 100.0, 0.0], [100.0, 4.0, 200.0, 0.0]]),
    np.array([100.0, 200.0]),
    np.array([10, 20], dtype=np.int64),
)


def test_windows_are_summed_and_names_come_back_as_they_were(tmp_path) -> None:
    write_saif(tmp_path / "run.saif", ACTIVITY, "top")
    back = read_saif(tmp_path / "run.saif")
    assert back.names == NAMES
    assert back.toggles.tolist() == [[60, 4, 0, 1]]
    np.testing.assert_allclose(back.high_ns, [[150.0, 14.25, 300.0, 0.0]])
    assert back.window_ns.tolist() == [300.0]


def test_file_has_the_instance_escapes_and_times_that_cover_the_duration(tmp_path) -> None:
    write_saif(tmp_path / "run.saif", ACTIVITY, "top")
    text = (tmp_path / "run.saif").read_text()
    assert text.startswith('(SAIFILE\n(SAIFVERSION "2.0")')
    assert "(DURATION 300000)" in text and "(TIMESCALE 1 ps)" in text and "(INSTANCE top\n(NET\n" in text
    assert r"(sum_out\[3\] (T0 285750) (T1 14250) (TX 0) (TC 4) (IG 0))" in text
    assert text.count("(") - text.count(r"\(") == text.count(")") - text.count(r"\)")
