"""What a sweep found: every run, and the mean over seeds with its spread."""

from __future__ import annotations

import csv
import io
import statistics
from collections.abc import Iterable
from typing import Any

from flightasic.sweep.run import Outcome

FIELDS = ("dataset", "net", "variant", "scheme", "n", "accuracy_mean", "accuracy_std", "mean_k_mean", "mean_k_std")


def summary_rows(outcomes: Iterable[Outcome]) -> list[dict[str, Any]]:
    """One row per data set, net and variant: seeds that ended well (``n``), mean and sample standard deviation over them.

    Accuracy is a share (0..1). Deviations are None with one seed, and k's figures are None for float weights.
    """
    groups: dict[tuple[str, str, str, str], list[dict[str, Any]]] = {}
    for outcome in outcomes:
        if outcome.result is not None:
            settings = outcome.job.settings
            groups.setdefault((settings.dataset, settings.model, outcome.job.variant, settings.scheme), []).append(outcome.result)
    return [dict(zip(FIELDS, (*names, len(results), *_spread(results)), strict=True)) for names, results in groups.items()]


def _spread(results: list[dict[str, Any]]) -> list[float | None]:
    figures: list[float | None] = []
    for name in ("accuracy", "mean_k"):
        values = [result[name] for result in results if result[name] is not None]
        figures += [statistics.mean(values) if values else None, statistics.stdev(values) if len(values) > 1 else None]
    return figures


def summary_csv(outcomes: Iterable[Outcome]) -> str:
    """The rows of :func:`summary_rows` as CSV; None is an empty cell."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=FIELDS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(summary_rows(outcomes))
    return text.getvalue()


def summary_json(outcomes: Iterable[Outcome], *, sweep: str) -> dict[str, Any]:
    """Everything as JSON values: the summary, and each run with its names, result (or None) and error (or None)."""
    outcomes = list(outcomes)
    runs = []
    for outcome in outcomes:
        settings = outcome.job.settings
        names = {"dataset": settings.dataset, "net": settings.model, "variant": outcome.job.variant, "scheme": settings.scheme}
        runs.append({"name": outcome.job.name, **names, "seed": settings.seed, "error": outcome.error, "result": outcome.result})
    return {"sweep": sweep, "summary": summary_rows(outcomes), "runs": runs}
