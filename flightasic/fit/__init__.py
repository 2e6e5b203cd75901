"""Finding the largest array that places, routes and meets its clock on an FPGA (docs/fit.md)."""

from flightasic.fit.record import FitRecord, fit_tables, load_fit, write_fit
from flightasic.fit.search import Fit, FitError, Goal, Observer, Placement, Runs, fit_array

__all__ = [
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
