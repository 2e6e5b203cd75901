"""Energy of a network in every scheme, each on the array of its arithmetic, beside its accuracy (docs/energy.md)."""

from flightasic.compare.plan import FULL_NETS, FULL_SCHEMES, NETS, SCHEMES, Candidate, Plan, find_candidates, shared_images
from flightasic.compare.points import Comparison, Failure, Point
from flightasic.compare.run import Measures, Place, run_comparison
from flightasic.compare.summary import summary
from flightasic.compare.tables import MARKS, SUMMARY_MARKS, all_tables, summary_tables

__all__ = [
    "FULL_NETS",
    "FULL_SCHEMES",
    "MARKS",
    "NETS",
    "SCHEMES",
    "SUMMARY_MARKS",
    "Candidate",
    "Comparison",
    "Failure",
    "Measures",
    "Place",
    "Plan",
    "Point",
    "all_tables",
    "find_candidates",
    "run_comparison",
    "shared_images",
    "summary",
    "summary_tables",
]
