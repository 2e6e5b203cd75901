"""What a sweep's networks are worth: accuracy, terms, storage and cycles per scheme over seeds, and the aims they meet or miss."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import mean, stdev
from typing import TYPE_CHECKING, Any

from flightasic.footprint import footprint
from flightasic.report import EMPTY, ReportTable

if TYPE_CHECKING:
    from flightasic.trained import TrainedNetwork

LABELS = {
    "float": "float",
    "lightnn1": "LightNN-1",
    "lightnn2": "LightNN-2",
    "fixed4": "4W8A",
    "fixed8": "8W8A",
    "fixed4-pruned": "4W8A, filters pruned",
    "flight-a": "FLightNN a",
    "flight-b": "FLightNN b",
    "lightnn2-c3": "LightNN-2, 3 bits",
    "flight-c": "FLightNN c, 3 bits",
    "flight-d": "FLightNN d, 3 bits",
    "flight-e": "FLightNN e, 2 bits",
    "flight-f": "FLightNN f, 3 bits",
    "flight-g": "FLightNN g, 2 bits",
    "flight-h": "FLightNN h, 3 bits",
    "flight-i": "FLightNN i, 3 bits",
}
BITS_PER_KB = 8000
AIM_GAP, AIM_CYCLES, AIM_FAST_K, AIM_MEAN_K, AIM_BEST = 0.1, 0.5, 1.0, 1.2, 93.0
_K_ROUNDING = 0.005
_ROUNDING = 1e-9


@dataclass(frozen=True, kw_only=True)
class Run:
    """One trained network: its model, scheme (as a sweep calls it) and seed, its accuracy (0..1) on the whole test set, and what it costs.

    ``storage_bits`` and ``code_bits`` as in :class:`flightasic.footprint.Footprint`; ``mean_k`` and ``cycles`` are None for float weights.
    """

    net: str
    scheme: str
    seed: int
    accuracy: float
    mean_k: float | None
    code_bits: int
    storage_bits: int
    cycles: int | None


@dataclass(frozen=True, kw_only=True)
class Row:
    """Means over the seeds of one network and scheme; ``accuracy`` and its ``spread`` (sample standard deviation) in percent.

    ``spread`` is None for a single seed.
    """

    net: str
    scheme: str
    seeds: tuple[int, ...]
    accuracy: float
    spread: float | None
    mean_k: float | None
    code_bits: int
    storage_kb: float
    cycles: float | None

    @property
    def label(self) -> str:
        return LABELS.get(self.scheme, self.scheme)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """An aim for one network: what was measured, and by how much it is missed (empty = met, None = not measured)."""

    aim: str
    net: str
    measured: str
    missed: str | None


def run_of(trained: TrainedNetwork) -> Run:
    """The figures of one job of a sweep; an integer network is compiled for the default array. Raises as :meth:`TrainedNetwork.load`."""
    made = footprint(trained.load())
    return Run(
        net=trained.net,
        scheme=trained.variant,
        seed=trained.seed,
        accuracy=trained.record.data["accuracy"],
        mean_k=trained.record.data["mean_k"],
        code_bits=made.code_bits,
        storage_bits=made.storage_bits,
        cycles=made.cycles,
    )


def rows_of(runs: Sequence[Run]) -> list[Row]:
    """Means over seeds, by network, then by scheme in the order of :data:`LABELS` (others after them, by name)."""
    order = list(LABELS)
    groups: dict[tuple[str, str], list[Run]] = {}
    for run in runs:
        groups.setdefault((run.net, run.scheme), []).append(run)
    known = sorted(groups, key=lambda key: (key[0], order.index(key[1]) if key[1] in order else len(order), key[1]))
    return [_row(net, scheme, sorted(groups[net, scheme], key=lambda run: run.seed)) for net, scheme in known]


def _row(net: str, scheme: str, runs: list[Run]) -> Row:
    accuracies = [100 * run.accuracy for run in runs]
    return Row(
        net=net,
        scheme=scheme,
        seeds=tuple(run.seed for run in runs),
        accuracy=mean(accuracies),
        spread=stdev(accuracies) if len(runs) > 1 else None,
        mean_k=_mean_of([run.mean_k for run in runs]),
        code_bits=max(run.code_bits for run in runs),
        storage_kb=mean(run.storage_bits for run in runs) / BITS_PER_KB,
        cycles=_mean_of([run.cycles for run in runs]),
    )


def _mean_of(values: Sequence[float | None]) -> float | None:
    given = [value for value in values if value is not None]
    return mean(given) if given else None


def verdicts(rows: Sequence[Row]) -> list[Verdict]:
    """Every aim for every network of the table: FLightNN a and b on each, the best accuracy on net3."""
    found = {(row.net, row.scheme): row for row in rows}
    nets = list(dict.fromkeys(row.net for row in rows))
    judged = [_judge(_AIM_A, net, found.get((net, "flight-a")), found.get((net, "lightnn2")), _speed_at_accuracy) for net in nets]
    judged += [_judge(_AIM_B, net, found.get((net, "flight-b")), found.get((net, "fixed4")), _above_fixed_point) for net in nets]
    return [*judged, _best([row for row in rows if row.net == "net3" and row.cycles is not None])]


_AIM_A = f"FLightNN a within {AIM_GAP} points of LightNN-2 at no more than {AIM_CYCLES}x its cycles, mean k at most {AIM_FAST_K}"
_AIM_B = f"FLightNN b above 4W8A at a mean k of no more than {AIM_MEAN_K}"
_AIM_C = f"best network on the array reaches {AIM_BEST:.0f}%"


def _judge(aim: str, net: str, ours: Row | None, rival: Row | None, rule: Callable[[Row, Row], tuple[str, list[str]]]) -> Verdict:
    if ours is None or rival is None:
        return Verdict(aim=aim, net=net, measured=EMPTY, missed=None)
    measured, missed = rule(ours, rival)
    return Verdict(aim=aim, net=net, measured=measured, missed=" and ".join(missed))


def _speed_at_accuracy(ours: Row, rival: Row) -> tuple[str, list[str]]:
    gap, ratio = rival.accuracy - ours.accuracy, (ours.cycles or 0) / (rival.cycles or 1)
    missed = []
    if gap > AIM_GAP + _ROUNDING:
        missed.append(f"{gap - AIM_GAP:.2f} points")
    if ratio > AIM_CYCLES:
        missed.append(f"{ratio - AIM_CYCLES:.3f}x cycles")
    if (ours.mean_k or 0.0) > AIM_FAST_K + _K_ROUNDING:
        missed.append(f"{(ours.mean_k or 0.0) - AIM_FAST_K:.2f} in mean k")
    return f"{ours.accuracy - rival.accuracy:+.2f} points, {ratio:.3f}x cycles, mean k {ours.mean_k:.2f}", missed


def _above_fixed_point(ours: Row, rival: Row) -> tuple[str, list[str]]:
    gain, mean_k = ours.accuracy - rival.accuracy, ours.mean_k or 0.0
    missed = []
    if gain <= _ROUNDING:
        missed.append(f"{rival.accuracy - ours.accuracy:.2f} points")
    if mean_k > AIM_MEAN_K:
        missed.append(f"{mean_k - AIM_MEAN_K:.2f} in mean k")
    return f"{gain:+.2f} points, mean k {mean_k:.2f}", missed


def _best(candidates: Sequence[Row]) -> Verdict:
    best = max(candidates, key=lambda row: row.accuracy, default=None)
    if best is None:
        return Verdict(aim=_AIM_C, net="net3", measured=EMPTY, missed=None)
    short = AIM_BEST - best.accuracy
    missed = f"{short:.2f} points" if short > _ROUNDING else ""
    return Verdict(aim=_AIM_C, net="net3", measured=f"{best.accuracy:.2f}% ({best.label})", missed=missed)


def accuracy_tables(rows: Sequence[Row], dataset: str) -> list[ReportTable]:
    """The table of schemes and that of aims, ready to print or to insert."""
    return [_schemes_table(rows, dataset), _aims_table(rows)]


def _schemes_table(rows: Sequence[Row], dataset: str) -> ReportTable:
    headings = ("network", "scheme", "accuracy", "spread", "mean k", "code bits", "codes, kB", "cycles", "of LightNN-2's", "seeds")
    reference = {row.net: row.cycles for row in rows if row.scheme == "lightnn2"}
    cells = tuple(
        (
            row.net,
            row.label,
            f"{row.accuracy:.2f}%",
            _text(row.spread, ".2f"),
            _text(row.mean_k, ".2f"),
            str(row.code_bits),
            f"{row.storage_kb:,.2f}",
            _text(row.cycles, ",.0f"),
            _text(_ratio(row.cycles, reference.get(row.net)), ".2f"),
            ", ".join(map(str, row.seeds)),
        )
        for row in rows
    )
    notes = (
        f"accuracy: mean over the seeds, all test images of {dataset}; integer networks in the golden model, float ones in torch",
        "spread: sample standard deviation over the seeds, in points; mean k, kB and cycles are means over the seeds too",
        "codes: every filter's k codes per weight (float: 32 bits per weight); 1 kB = 1,000 bytes",
        "cycles: one image on the default array (4x4 elements, 4 lanes) of the scheme's arithmetic; "
        "cycles of arrays with other arithmetics differ in area, clock and energy",
        f"{EMPTY}: float weights have no terms and no array; one seed has no spread",
    )
    return ReportTable("Schemes", headings, cells, notes)


def _aims_table(rows: Sequence[Row]) -> ReportTable:
    words = {None: "not measured", "": "met"}
    cells = tuple(
        (verdict.aim, verdict.net, verdict.measured, words.get(verdict.missed, f"missed by {verdict.missed}")) for verdict in verdicts(rows)
    )
    return ReportTable("Aims", ("aim", "network", "measured", "outcome"), cells, ())


def _text(value: float | None, form: str) -> str:
    return EMPTY if value is None else format(value, form)


def _ratio(value: float | None, reference: float | None) -> float | None:
    return None if value is None or not reference else value / reference


def summary(runs: Sequence[Run], dataset: str) -> dict[str, Any]:
    """Everything behind the tables, as JSON values: runs, rows, and aims with their outcome."""
    rows = rows_of(runs)
    return {
        "dataset": dataset,
        "runs": [asdict(run) for run in sorted(runs, key=lambda run: (run.net, run.scheme, run.seed))],
        "rows": [asdict(row) for row in rows],
        "aims": [{**asdict(verdict), "met": verdict.missed == ""} for verdict in verdicts(rows)],
    }
