"""A mapped netlist read from yosys' JSON, and activities kept and matched by net name."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from flightasic.eda.activity import Activity
from flightasic.eda.netlist import GateNetlist
from flightasic.errors import FormatError
from tests.small_power import activity


def module() -> dict[str, Any]:
    """Two gates between vector ports."""
    return {
        "attributes": {},
        "ports": {"act": {"direction": "input", "bits": [2, 3]}, "sum": {"direction": "output", "bits": [5, 2], "offset": 4}},
        "cells": {
            "mesh_and": {
                "type": "AND",
                "connections": {"A": [2], "B": [3], "Y": [4]},
                "attributes": {"unit": "mesh"},
            },
            "leaf": {"type": "BUF", "connections": {"A": [4], "Y": [5], "S": ["1"], "Z": []}, "attributes": {"part": "clock"}},
        },
        "netnames": {"mesh__n1": {"bits": [4]}, "copy": {"bits": [2]}},
    }


def written(tmp_path, modules: dict[str, Any]):
    path = tmp_path / "netlist.json"
    path.write_text(json.dumps({"modules": modules}))
    return path


def test_cells_nets_and_ports(tmp_path) -> None:
    found = GateNetlist.read(written(tmp_path, {"top": module(), "AND": module() | {"attributes": {"blackbox": "1"}}}))
    assert found.top == "top"
    assert found.nets == ("act[0]", "act[1]", "sum[4]", "mesh__n1", "const_1")
    assert (found.inputs, found.outputs) == ((0, 1), (2, 0))
    first, second = found.cells
    assert (first.name, first.type, first.unit, first.clock) == ("mesh_and", "AND", "mesh", False)
    assert first.pins == {"A": 0, "B": 1, "Y": 3}
    assert (second.unit, second.clock) == ("glue", True)
    assert second.pins == {"A": 3, "Y": 2, "S": 4}


def test_netlists_that_are_not_flat_or_not_mapped_are_refused(tmp_path) -> None:
    wide = module()
    wide["cells"]["mesh_and"]["connections"]["A"] = [2, 3]
    with pytest.raises(FormatError, match="2 modules with cells"):
        GateNetlist.read(written(tmp_path, {"top": module(), "inner": module()}))
    with pytest.raises(FormatError, match="'mesh_and' has a pin wider than one bit"):
        GateNetlist.read(written(tmp_path, {"top": wide}))
    with pytest.raises(FormatError, match=r"netlist\.json: not a netlist"):
        (tmp_path / "netlist.json").write_text("[1, 2")
        GateNetlist.read(tmp_path / "netlist.json")


def test_activity_is_kept_as_it_was(tmp_path) -> None:
    made = activity({"a": [1, 2], "b[0]": [3, 4]}, [10.0, 20.0])
    made.save(tmp_path / "run.npz")
    back = Activity.load(tmp_path / "run.npz")
    assert back.names == ("a", "b[0]")
    assert back.toggles.tolist() == [[1, 3], [2, 4]]
    np.testing.assert_array_equal(back.high_ns, made.high_ns)
    assert (back.window_ns.tolist(), back.cycles.tolist()) == ([10.0, 20.0], [1, 2])


def test_activity_is_matched_by_name() -> None:
    columns, share = activity({"a": 1, "b": 2}).aligned(["b", "c", "a", "b"])
    assert (columns.tolist(), share) == ([1, -1, 0, 1], 0.75)


def test_damaged_activity_is_named(tmp_path) -> None:
    path = tmp_path / "run.npz"
    activity({"a": 1}).save(path)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(FormatError, match=r"run\.npz: not a switching activity"):
        Activity.load(path)
    np.savez(path, names=np.array(["a"]))
    with pytest.raises(FormatError, match=r"run\.npz: not a switching activity"):
        Activity.load(path)
