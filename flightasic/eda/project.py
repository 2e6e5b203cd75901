"""Running a SiliconCompiler project from scratch: quiet, with the tools' own words where a step fails."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import re
import shutil
from pathlib import Path
from typing import Any

from flightasic.errors import ToolError

logger = logging.getLogger(__name__)

JOB = "flow"
SCHEDULERS = ("slurm", "lsf", "sge")


def require_scheduler(name: str | None) -> None:
    """Raise :class:`ToolError` unless ``name`` is None or a scheduler whose nodes share this machine's files."""
    if name is not None and name not in SCHEDULERS:
        raise ToolError(f"scheduler must be one of {', '.join(SCHEDULERS)}, whose nodes see the same build folder; got {name!r}")


def begin(project: Any, build: Path, job: str) -> Path:
    """Have a project work quietly and from scratch; returns its folder under ``build``, whose earlier run is gone."""
    project.option.set_builddir(str(build.resolve()))
    project.option.set_jobname(job)
    project.option.set_clean(True)
    project.option.set_quiet(True)
    project.option.set_nodisplay(True)
    project.option.set_nodashboard(True)
    project.logger.setLevel(logging.INFO if logger.isEnabledFor(logging.INFO) else logging.CRITICAL)
    folder = build.resolve() / str(project.design.name) / job
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def run_project(project: Any, build: Path, name: str, steps: tuple[str, ...], *, scheduler: str | None = None) -> dict[str, Any]:
    """Run a project in ``build``/``name``; returns the report of each step (``reports/<step>.json``), and ``versions`` by step.

    ``scheduler`` is one of :data:`SCHEDULERS`, None = this machine. Its nodes must share the file system of ``build`` and of the PDK.

    Raises
    ------
    ToolError
        If a step fails.
    """
    require_scheduler(scheduler)
    if scheduler is not None:
        project.option.scheduler.set_name(scheduler)
    folder = begin(project, build, JOB)
    words = io.StringIO()
    try:
        with contextlib.redirect_stdout(words):
            history = project.run()
    except RuntimeError as error:
        raise ToolError(f"{name}: {_failure(folder, steps) or error}; whole logs are under {folder}") from error
    reports: dict[str, Any] = {"versions": {}}
    for step in steps:
        reports["versions"][step] = history.get("record", "toolversion", step=step, index="0")
        reports[step] = json.loads((folder / step / "0" / "reports" / f"{step}.json").read_text())
    return reports


def _failure(folder: Path, steps: tuple[str, ...]) -> str:
    """What the first failed step said, from the error lines SiliconCompiler picked out of its log."""
    for step in steps:
        errors = folder / step / "0" / f"{step}.errors"
        lines = errors.read_text(errors="replace").splitlines() if errors.is_file() else []
        if lines:
            # Each line starts with its number in the log.
            return f"step {step} failed: {' | '.join(re.sub(r'^ *[0-9]+: ', '', line) for line in lines[:3])}"
    return ""


def short_version(text: str) -> str:
    """The version number in a tool's own words."""
    match = re.search(r"\d+\.\d+\S*", text)
    return match.group(0) if match else text
