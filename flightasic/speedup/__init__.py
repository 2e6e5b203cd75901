"""Speed of every network in every scheme on the arrays that were fitted for an FPGA, beside accuracy (docs/speedup.md)."""

from flightasic.speedup.arrays import find_arrays
from flightasic.speedup.networks import NETS, SCHEMES, find_sources
from flightasic.speedup.points import Check, Gap, Point, Speedup
from flightasic.speedup.run import Place, Plan, run_speedup, variants

__all__ = [
    "NETS",
    "SCHEMES",
    "Check",
    "Gap",
    "Place",
    "Plan",
    "Point",
    "Speedup",
    "find_arrays",
    "find_sources",
    "run_speedup",
    "variants",
]
