"""Finding the best array, or equal arrays side by side, that place, route and meet their clock on an FPGA (docs/fit.md)."""

from flightasic.fit.record import FitRecord, fit_tables, load_fit, write_fit
from flightasic.fit.search import NETWORKS, OBJECTIVES, PER_LUT, Fit, FitError, Goal, Observer, Placement, Runs, fit_array

__all__ = [
    "NETWORKS",
    "OBJECTIVES",
    "PER_LUT",
    "Fit",
    "FitError",
    "FitRecord",
    "Goal",
    "Observer",
    "Placement",
    "Runs",
    "fit_array",
    "fit_tables",
    "load_fit",
    "write_fit",
]
