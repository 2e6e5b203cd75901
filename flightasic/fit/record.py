"""The record of a fit, and the tables made of such records."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from flightasic.config import ArrayConfig, arith_name
from flightasic.errors import FormatError
from flightasic.fit.candidates import design_name
from flightasic.fit.resources import NAMES, part_resources
from flightasic.fit.search import Fit
from flightasic.report import EMPTY, ReportTable
from flightasic.results import DATA_FIELDS, RESULTS, Record, write_record

KIND = "fit"
MARKS = ("<!-- fit:begin -->", "<!-- fit:end -->")


@dataclass(frozen=True, kw_only=True)
class FitRecord:
    """A fit as recorded.

    Attributes
    ----------
    part, speed, arith, dsp
        As in :class:`flightasic.fit.search.Goal`; ``dsp`` is whether products go into the part's multipliers as far as they reach.
    objective : str
        What the fit was best in.
    array : ArrayConfig
    cores : int
        So many of that array lie side by side; the figures below are of all of them.
    lut, ff, bram, dsp_used : int
        Placed and routed: four-input LUTs, flip-flops, block RAMs (DP16KD), multipliers (MULT18X18D).
    available : dict
        "lut", "ff", "bram", "dsp" of the whole part.
    fmax_mhz, clock_mhz : float
        Of the routed design, and the goal it meets.
    max_lut_percent : float
        The share of the part's LUTs that it could take.
    binds : str
        What keeps the next better design from fitting: "lut", "ff", "bram", "dsp", "clock", "routing" or "set of candidates".
    trials : list of dict
        Every place and route, with what the model expected.
    versions : dict
        Tools.
    """

    part: str
    speed: int
    arith: str
    dsp: bool
    objective: str
    array: ArrayConfig
    cores: int
    lut: int
    ff: int
    bram: int
    dsp_used: int
    available: dict[str, int]
    fmax_mhz: float
    clock_mhz: float
    max_lut_percent: float
    binds: str
    trials: list[dict[str, Any]]
    versions: dict[str, str]


def write_fit(fit: Fit, results: Path = RESULTS) -> Path:
    """Store a fit; its file."""
    goal, used = fit.goal, fit.placement.used
    data = {
        "part": goal.part,
        "speed": goal.speed,
        "arith": goal.arith,
        "dsp": goal.multipliers,
        "objective": goal.objective,
        "array": fit.design.config.to_dict(),
        "cores": fit.design.cores,
        "lut": used.lut,
        "ff": used.ff,
        "bram": used.bram,
        "dsp_used": used.dsp,
        "available": asdict(part_resources(goal.part)),
        "fmax_mhz": fit.placement.fmax_mhz,
        "clock_mhz": goal.clock_mhz,
        "max_lut_percent": goal.max_lut_percent,
        "products_per_cycle": fit.design.products_per_cycle,
        "binds": fit.binds,
        "critical_path": list(fit.placement.critical_path),
        "trials": [trial.to_dict() for trial in fit.trials],
        "model": {"weights": fit.model.weights, "error": fit.model.error},
    }
    return write_record(
        KIND, goal.name, data, stage="placed and routed", versions=fit.placement.versions, config=fit.design.config, results=results
    )


def load_fit(path: Path) -> FitRecord:
    """Read a fit that :func:`write_fit` stored.

    Raises
    ------
    FormatError
        If the file is not a record of a fit; the message names it. A missing file is an OSError.
    """
    try:
        record = json.loads(path.read_text())
        if record["kind"] != KIND:
            raise FormatError(f"{path}: a record of kind {record['kind']!r}, not of a fit; write one with 'flightasic fit --json'")
        data = record["data"]
        fields = {name: data[name] for name in DATA_FIELDS[KIND]}
        return FitRecord(**{**fields, "array": ArrayConfig.from_dict(fields["array"])}, versions=record["versions"])
    except (ValueError, KeyError, TypeError) as error:
        raise FormatError(f"{path}: not a record of a fit ({error!r}); write one with 'flightasic fit --json'") from error


def fit_tables(records: Sequence[Record]) -> list[ReportTable]:
    """The newest fit of each part, speed grade, arithmetic, objective and choice of multipliers, and how well the model foresaw it."""
    newest = {record.name: record for record in records if record.kind == KIND}
    fits = [newest[name] for name in sorted(newest)]
    return [_fits_table(fits), _model_table(fits)] if fits else [_nothing()]


def _nothing() -> ReportTable:
    return ReportTable("Fitted arrays", ("part",), (), ("no array was fitted yet; run flightasic fit",))


def _fits_table(fits: Sequence[Record]) -> ReportTable:
    headings = (
        *("part", "best in", "products made of", "array", "products per cycle", "Fmax, MHz", "peak, 10^9 products per s"),
        *("LUTs", "flip-flops", "block RAMs", "multipliers", "LUTs at most", "binds"),
    )
    rows = []
    for record in fits:
        data, available = record.data, record.data["available"]
        used = {"lut": data["lut"], "ff": data["ff"], "bram": data["bram"], "dsp": data["dsp_used"]}
        rows.append(
            (
                f"{data['part']}-{data['speed']}",
                data["objective"],
                _products(data),
                design_name(ArrayConfig.from_dict(data["array"]), data["cores"]),
                f"{data['products_per_cycle']:,}",
                f"{data['fmax_mhz']:.1f} (goal {data['clock_mhz']:g})",
                f"{data['products_per_cycle'] * data['fmax_mhz'] / 1000:.1f}",
                *(f"{used[name]:,} ({used[name] / available[name]:.0%})" for name in used),
                f"{data['max_lut_percent']:g}%",
                NAMES.get(data["binds"], data["binds"]),
            )
        )
    return ReportTable("Fitted arrays", headings, tuple(rows), ("placed and routed out of context by nextpnr, memories included",))


def _products(data: dict[str, Any]) -> str:
    arith = arith_name(data["arith"], data["array"]["code_bits"])
    return f"{arith}, multipliers and LUTs" if data["dsp"] else f"{arith}, LUTs"


def _model_table(fits: Sequence[Record]) -> ReportTable:
    headings = ("fit", "calibration arrays, rms", "array", "LUTs expected", "synthesised", "error", "placed and routed", "outcome")
    rows = []
    for record in fits:
        for line, trial in enumerate(record.data["trials"]):
            expected, real, placed = trial["expected"]["lut"], trial["synthesised"]["lut"], trial["placed"]
            rows.append(
                (
                    "" if line else record.name,
                    "" if line else f"{record.data['model']['error']:.1%}",
                    trial["array"],
                    f"{expected:,}",
                    f"{real:,}",
                    f"{expected / real - 1:+.1%}",
                    f"{placed['lut']:,}" if placed else EMPTY,
                    trial["reason"] or "fits",
                )
            )
    notes = ("expected: by the model as it stood before that array was synthesised",)
    return ReportTable("Resource model against synthesis", headings, tuple(rows), notes)
