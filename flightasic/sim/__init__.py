"""Whole networks in RTL: a compiled Verilator model driven from Python."""

from flightasic.sim.job import Stalls
from flightasic.sim.simulator import RunResult, Simulator

__all__ = ["RunResult", "Simulator", "Stalls"]
