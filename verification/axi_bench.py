"""The cocotb side of ``tests/test_axi.py``: plays the case named by the environment inside the simulator."""

from __future__ import annotations

import json
import os
from pathlib import Path

import cocotb
import numpy as np
from cocotb.handle import HierarchyObject

from verification.axi_bus import CocotbBus
from verification.axi_cases import CASES
from verification.axi_plays import PLAYS
from verification.scenarios import GOLDEN


@cocotb.test()
async def play(dut: HierarchyObject) -> None:
    """One case from reset on."""
    case = CASES[os.environ["FLIGHTASIC_BENCH"]]
    await PLAYS[case.play](await CocotbBus.start(dut), case, np.array(json.loads(Path(GOLDEN).read_text())))
