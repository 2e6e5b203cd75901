"""Power by OpenSTA from a SAIF file, where the ``sta`` on PATH can read one: a second opinion beside the built-in estimator."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

from flightasic.eda.activity import MIN_ANNOTATED
from flightasic.errors import SimulationError, ToolError
from flightasic.files import write_atomically
from flightasic.tools import require_program, run_tool

logger = logging.getLogger(__name__)

MIN_VERSION = (2, 6, 2)
GROUPS = ("sequential", "combinational", "clock", "macro", "pad")
SCRIPT = Path(__file__).with_name("scripts") / "power.tcl"
_REMEDY = "install OpenSTA with apt-get install opensta (Debian, Ubuntu), or sc-install opensta"
_VERSION = re.compile(r"(?:OpenSTA\s+)?v?(\d+(?:\.\d+)+)")
_ERROR = re.compile(r"^(?:\[ERROR|Error).*", re.MULTILINE)
_ROW = re.compile(r"^(\w+)\s+([-+\d.e]+)\s+([-+\d.e]+)\s+([-+\d.e]+)\s+([-+\d.e]+)\s+[\d.]+%\s*$", re.MULTILINE)
_ANNOTATION = re.compile(r"^(\w+)\s+(\d+)\s*$", re.MULTILINE)


def opensta_version() -> str:
    """What the ``sta`` on PATH says its version is, like "2.6.2".

    Raises
    ------
    ToolError
        If there is none, or it names no version.
    """
    answer = run_tool([require_program("sta", _REMEDY), "-version"])
    found = _VERSION.search(answer)
    if found is None:
        raise ToolError(f"sta -version names no version but {answer.strip()[:80]!r}; {_REMEDY}")
    return found.group(1)


def reads_saif(version: str) -> bool:
    """Whether OpenSTA of this version reads SAIF files as this project needs it to (>= 2.6.2)."""
    return tuple(int(part) for part in version.split(".")) >= MIN_VERSION


def opensta_power(netlist: Path, liberty: Path, sdc: Path, saif: Path, *, top: str, scratch: Path) -> dict[str, Any] | None:
    """Power of a netlist with the activity of a SAIF file, by the ``sta`` on PATH.

    Parameters
    ----------
    netlist : Verilog
    liberty : with the wire load in its pins (:func:`flightasic.eda.liberty.with_wire_load`)
    sdc : the clock
    saif : with the nets of ``top`` in an instance of that name (:func:`flightasic.eda.saif.write_saif`)
    scratch : folder that gets script variables and the log (``power.log``)

    Returns
    -------
    None if that version is too old to read SAIF (the log says which it is), else what :func:`parse_power` returns, and ``version``

    Raises
    ------
    ToolError
        If there is no ``sta``, or it fails, with its own words.
    SimulationError
        If it found an activity for less than 99 % of the pins.
    """
    version = opensta_version()
    if not reads_saif(version):
        wanted = ".".join(map(str, MIN_VERSION))
        logger.info("OpenSTA %s reads no SAIF file, %s or later does: power is the built-in estimator's alone", version, wanted)
        return None
    files = {"netlist": netlist, "liberty": liberty, "sdc": sdc, "saif": saif}
    job = {"top": top} | {name: path.resolve() for name, path in files.items()}
    scratch.mkdir(parents=True, exist_ok=True)
    write_atomically(scratch / "power_job.tcl", "".join(f"set {name} {{{value}}}\n" for name, value in job.items()))
    log = run_tool([require_program("sta", _REMEDY), "-no_init", "-no_splash", "-exit", str(SCRIPT)], cwd=scratch)
    write_atomically(scratch / "power.log", log)
    error = _ERROR.search(log)
    if error:
        raise ToolError(f"OpenSTA {version} failed: {error.group()}; its log is {scratch / 'power.log'}")
    report = parse_power(log)
    annotated = report["annotated_fraction"]
    if annotated is not None and annotated < MIN_ANNOTATED:
        raise SimulationError(
            f"OpenSTA {version} found an activity for {annotated:.1%} of the pins in {saif}, at least {MIN_ANNOTATED:.0%} are needed: "
            f"simulate the same netlist"
        )
    return {"version": version, **report}


def parse_power(log: str) -> dict[str, Any]:
    """Read the output of ``report_activity_annotation`` and ``report_power``.

    Returns
    -------
    dict
        ``total_mw``; ``kinds_mw`` (``internal``, ``switching``, ``leakage``); ``groups_w``: by group of :data:`GROUPS` (where reported)
        the same three and ``total`` in watts; ``annotated_fraction``: pins with an activity from a file (0..1), None if not reported.

    Raises
    ------
    ToolError
        If there is no total.
    """
    rows = {name.lower(): [float(value) for value in values] for name, *values in _ROW.findall(log)}
    if "total" not in rows:
        raise ToolError("OpenSTA's report_power has no row 'Total'; this version prints another format than those known")
    kinds = ("internal", "switching", "leakage", "total")
    internal, switching, leakage, total = (value * 1e3 for value in rows["total"])
    pins = {name: int(count) for name, count in _ANNOTATION.findall(log)}
    annotated = None
    if "unannotated" in pins:
        annotated = pins.get("saif", 0) / max(1, sum(pins.values()))
    return {
        "total_mw": total,
        "kinds_mw": {"internal": internal, "switching": switching, "leakage": leakage},
        "groups_w": {group: dict(zip(kinds, rows[group], strict=True)) for group in GROUPS if group in rows},
        "annotated_fraction": annotated,
    }
