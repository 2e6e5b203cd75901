"""The record store: every measurement is one JSON file that says where it comes from. Reports read these, never logs.

A record holds ``schema`` (version), ``kind``, ``name``, ``stage`` (how far the figures go: "training", "simulation",
"synthesis", "placed and routed"), ``created`` (UTC), ``config`` (:class:`~flightasic.config.ArrayConfig` fields or null),
``workload`` (network name or null), ``versions`` (tools), ``git`` (commit and whether the tree was clean, or null) and
``data``, the figures. :data:`DATA_FIELDS` lists what ``data`` must hold for each kind; more is welcome.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flightasic.config import ArrayConfig
from flightasic.errors import FormatError
from flightasic.files import write_json

SCHEMA = 1
RESULTS = Path("build/results")

DATA_FIELDS: Mapping[str, tuple[str, ...]] = {
    "train": ("scheme", "accuracy", "mean_k", "images"),
    "rtl": ("images", "mismatches", "accuracy", "cycles_per_image", "predicted_cycles_per_image", "utilization"),
    "asic": (
        "pdk", "pdk_source", "corner", "clock_ns", "adder_style", "clock_gating", "area_um2", "cells", "flops", "units",
        "setup_slack_ns", "hold_slack_ns", "fmax_mhz", "path_start", "path_end",
    ),
    "energy": (
        "network", "scheme", "arith", "array", "clock_ns", "corner", "accuracy", "mean_k", "cycles", "area_um2", "power_mw",
        "energy_per_inference_nj", "energy_per_mac_pj", "annotated_fraction", "checks", "pdk", "pdk_source", "layers", "units",
    ),
    "layout": (
        "area_um2", "die_um2", "utilization", "wirelength_um", "setup_slack_ns", "hold_slack_ns", "drc_errors", "corner", "clock_ns", "pdk",
        "pdk_source", "gds", "picture",
    ),
    "speed": (
        "rtl_cycles_per_s", "cocotb_cycles_per_s", "rtl_over_cocotb", "golden_images_per_s", "compile_s", "emission_s",
    ),
    "training": ("batch", "threads", "float_step_s", "flight_over_float"),
    "prices": ("call_s",),
    "speedup": (
        "network", "scheme", "accuracy", "mean_k", "arith", "code_bits", "array", "cores", "dsp_allowed", "part", "speed", "lut",
        "fmax_mhz", "binds", "products_per_cycle", "cycles", "period", "macs", "products", "utilization", "streamed_code_bits",
        "transfer_words", "largest",
        "images_per_s", "images_per_s_per_klut", "largest_per_s", "largest_per_s_per_klut",
    ),
    "fpga": ("part", "speed", "lut", "ff", "bram", "dsp", "fmax_mhz"),
    "board": ("board", "part", "speed", "lut", "ff", "bram", "dsp", "available", "fmax_mhz", "clock_mhz", "baud", "bitstream_bytes"),
    "fit": (
        "part", "speed", "arith", "dsp", "objective", "array", "cores", "lut", "ff", "bram", "dsp_used", "available", "fmax_mhz",
        "clock_mhz", "max_lut_percent", "binds", "trials",
    ),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Record:
    """One measurement; the fields are described at the top of this module."""

    kind: str
    name: str
    stage: str
    data: dict[str, Any]
    config: dict[str, Any] | None = None
    workload: str | None = None
    versions: dict[str, str]
    git: dict[str, Any] | None = None
    created: str = ""
    schema: int = SCHEMA


@dataclass(frozen=True)
class Measured:
    """When something was measured (UTC), and on which source tree: of figures that are kept and used again, those of the first time."""

    git: dict[str, Any] | None
    created: str

    @classmethod
    def now(cls) -> Measured:
        """This moment and this tree."""
        return cls(git_state(), datetime.now(UTC).isoformat(timespec="milliseconds"))


def write_record(
    kind: str,
    name: str,
    data: dict[str, Any],
    *,
    stage: str,
    versions: dict[str, str],
    config: ArrayConfig | None = None,
    workload: str | None = None,
    measured: Measured | None = None,
    results: Path = RESULTS,
) -> Path:
    """Store a measurement as ``results``/<kind>-<name>-<hash>.json, in one step; the same measurement keeps its file.

    ``measured`` is when and on which tree, None = now.

    Raises
    ------
    FormatError
        If the kind is unknown or ``data`` lacks a field of its kind.
    """
    _check(kind, data, "record")
    measured = measured or Measured.now()
    record = Record(
        kind=kind,
        name=name,
        stage=stage,
        data=data,
        config=config.to_dict() if config else None,
        workload=workload,
        versions=versions,
        git=measured.git,
        created=measured.created,
    )
    content = asdict(record)
    del content["created"]
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:10]
    path = results / f"{kind}-{name}-{digest}.json"
    write_json(path, asdict(record))
    return path


def load_records(results: Path = RESULTS, kind: str | None = None) -> list[Record]:
    """Every record of a folder (of one kind), oldest first; an empty list when there is no folder.

    Raises
    ------
    FormatError
        If a file is damaged, of another schema, or lacks a field; the message names it.
    """
    records = []
    for path in sorted(results.glob(f"{kind or '*'}-*.json")):
        try:
            fields = json.loads(path.read_text())
            if fields.get("schema") != SCHEMA:
                raise FormatError(f"{path}: record schema {fields.get('schema')!r}, this program reads {SCHEMA}; measure again")
            record = Record(**fields)
        except (ValueError, TypeError, AttributeError) as error:
            raise FormatError(f"{path}: not a result record ({error}); delete it and measure again") from error
        _check(record.kind, record.data, str(path))
        records.append(record)
    return sorted(records, key=lambda record: record.created)


def git_state() -> dict[str, Any] | None:
    """Commit of the source tree and whether it was clean; None where the package is not in a git checkout."""
    root = Path(__file__).resolve().parent.parent
    try:
        commit = _git(root, "rev-parse", "HEAD")
        return {"commit": commit, "clean": not _git(root, "status", "--porcelain", "--untracked-files=no")}
    except (FileNotFoundError, subprocess.CalledProcessError):
        return None


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _check(kind: str, data: Mapping[str, Any], where: str) -> None:
    if kind not in DATA_FIELDS:
        raise FormatError(f"{where}: kind must be one of {', '.join(DATA_FIELDS)}, got {kind!r}")
    missing = [name for name in DATA_FIELDS[kind] if name not in data]
    if missing:
        raise FormatError(f"{where}: a record of kind {kind!r} needs the field {missing[0]!r}; measure again")
