"""Sweeps: nets x schemes x data sets x seeds from one YAML file, resumable, on one machine or on Dask."""

from flightasic.sweep.plan import Job, load_plan
from flightasic.sweep.run import Outcome, run_here, run_on_dask, split_done
from flightasic.sweep.summary import summary_csv, summary_json, summary_rows

__all__ = ["Job", "Outcome", "load_plan", "run_here", "run_on_dask", "split_done", "summary_csv", "summary_json", "summary_rows"]
