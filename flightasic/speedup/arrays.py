"""The fitted arrays that networks run on: one for each width of shift codes, and of fixed point one with DSPs and one without."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from flightasic.config import ArrayConfig, default_code_bits
from flightasic.errors import ConfigError, FormatError
from flightasic.fit import NETWORKS, PER_LUT, FitRecord
from flightasic.results import DATA_FIELDS, Record, load_records

KIND = "fit"
Variant = tuple[str, int, bool]


def find_arrays(
    folders: Sequence[Path], wanted: Sequence[Variant], *, part: str, speed: int, objective: str = PER_LUT
) -> tuple[dict[Variant, FitRecord], dict[Variant, str]]:
    """The newest fit of every wanted (arithmetic, bits of a code, with DSPs) in folders of records; of those without one, the reason.

    A shift array has no products for multipliers, so a fit of it counts whether it was allowed them or not.

    Raises
    ------
    ConfigError
        If all are missing; the message has the command that makes the first.
    FormatError
        If a record is damaged.
    """
    found: dict[Variant, FitRecord] = {}
    for record in sorted((record for folder in folders for record in load_records(folder, KIND)), key=lambda record: record.created):
        fit = _fit_of(record)
        if (fit.part, fit.speed, fit.objective) == (part, speed, objective):
            found[fit.arith, fit.array.code_bits, has_dsps(fit)] = fit
    missing = {}
    for variant in wanted:
        if variant not in found:
            arith, code_bits, dsp = variant
            option, words = ("", "") if arith == "shift" else (" --dsp", " with DSPs") if dsp else (" --no-dsp", " without DSPs")
            if code_bits != default_code_bits(arith):
                option, words = f" --code-bits {code_bits}", f" with codes of {code_bits} bits"
            option += "" if objective == NETWORKS else f" --objective {objective}"
            missing[variant] = (
                f"no fit of {arith}{words} for {part}-{speed} in {', '.join(map(str, folders))}; make it: 'flightasic fit --part {part} "
                f"--speed {speed} --arith {arith}{option}', or name the folder of its record with --fits"
            )
    if len(missing) == len(wanted):
        raise ConfigError(next(iter(missing.values())))
    return {key: found[key] for key in wanted if key in found}, missing


def has_dsps(fit: FitRecord) -> bool:
    """Whether products of an array may lie in the part's multipliers."""
    return fit.dsp and fit.arith != "shift"


def _fit_of(record: Record) -> FitRecord:
    data = record.data
    try:
        array = ArrayConfig.from_dict(data["array"])
    except (TypeError, ConfigError) as error:
        raise FormatError(f"fit record {record.name!r}: its array is none ({error}); fit again with 'flightasic fit'") from error
    return FitRecord(**{**{name: data[name] for name in DATA_FIELDS[KIND]}, "array": array}, versions=record.versions)


def fit_to_dict(fit: FitRecord) -> dict[str, Any]:
    """JSON values that :func:`fit_from_dict` takes."""
    return asdict(fit)


def fit_from_dict(data: Mapping[str, Any]) -> FitRecord:
    """Rebuild from :func:`fit_to_dict`."""
    return FitRecord(**{**data, "array": ArrayConfig.from_dict(data["array"])})
