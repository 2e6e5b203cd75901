"""``flight_axi``: its registers on PyMTL3; the wrapper whole under cocotbext-axi, and broken on purpose."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from flightasic import golden
from verification.axi_cases import CASES
from verification.emitted import play
from verification.scenarios import GOLDEN


def _play(name: str, simulator: str, scratch: Path) -> None:
    case = CASES[name]
    expected = golden.run(case.network, torch.tensor(case.images))[-1].tolist()
    play(case.emission(), simulator, name, scratch, {GOLDEN: json.dumps(expected)}, module="verification.axi_bench")


@pytest.mark.parametrize("simulator", ["verilator", "icarus"])
@pytest.mark.parametrize("name", CASES)
def test_axi(name: str, simulator: str, tmp_path: Path) -> None:
    _play(name, simulator, tmp_path)
