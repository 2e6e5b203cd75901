"""What the layout needs on PATH, and which version: checked in a second, before anything that takes minutes."""

from __future__ import annotations

import logging
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.version import InvalidVersion, Version

from flightasic.eda.layout_yosys import install, tcl_available
from flightasic.errors import ToolError

logger = logging.getLogger(__name__)

REMEDY = (
    "install them with 'sc-install -group asic' (Ubuntu, RHEL), run inside the container image ghcr.io/siliconcompiler/sc_runner, "
    "or log in to a server that has them"
)


@dataclass(frozen=True)
class LayoutTool:
    """A program of the flow: name, the switch that prints its version, and the oldest version that will do."""

    name: str
    switch: tuple[str, ...]
    oldest: str


OPENROAD = LayoutTool("openroad", ("-version",), "24Q3-2011")
KLAYOUT = LayoutTool("klayout", ("-zz", "-v"), "0.28.0")
YOSYS = LayoutTool("yosys", ("--version",), "0.48")
OPENSTA = LayoutTool("sta", ("-version",), "2.6.2")


def find_tools(scratch: Path, *, path: str | None = None) -> dict[str, str]:
    """Versions of the programs a layout runs, and a ``yosys`` made of pyosys in ``scratch`` where none is installed.

    Parameters
    ----------
    scratch : path
        A folder of this run; the stand-in goes to ``scratch``/bin, see :func:`stand_in`.
    path : str, optional
        Search path instead of the environment's PATH.

    Returns
    -------
    dict
        Version by program; ``sta`` only if it is recent enough for SiliconCompiler's own timing step.

    Raises
    ------
    ToolError
        If openroad or klayout is missing or too old, or if there is no yosys and nothing to make one of. The message names what is
        needed, what was found, and where to get it.
    """
    problems, versions = [], {}
    for tool in (OPENROAD, KLAYOUT):
        version = tool_version(tool, path)
        if version is None or not recent_enough(tool, version):
            found = "not on PATH" if version is None else f"found {version or 'one that does not say its version'}"
            problems.append(f"{tool.name} >= {_short(tool.oldest)} ({found})")
        else:
            versions[tool.name] = version
    if problems:
        raise ToolError(f"the layout needs {' and '.join(problems)}; {REMEDY}")
    yosys = tool_version(YOSYS, path)
    if yosys is not None and recent_enough(YOSYS, yosys):
        versions["yosys"] = yosys
    elif tcl_available():
        logger.info("no yosys >= %s on PATH: pyosys runs the synthesis", YOSYS.oldest)
        versions["yosys"] = tool_version(YOSYS, str(install(stand_in(scratch)))) or ""
    else:
        found = "not on PATH" if yosys is None else f"found {yosys}"
        raise ToolError(
            f"the layout needs yosys >= {YOSYS.oldest} ({found}), or pyosys and Python's tkinter (apt-get install python3-tk); {REMEDY}"
        )
    sta = tool_version(OPENSTA, path)
    if sta is not None and recent_enough(OPENSTA, sta):
        versions["sta"] = sta
    return versions


def require_tools() -> dict[str, str]:
    """Versions as of :func:`find_tools`, or its :class:`ToolError`, for a caller with minutes of other work before the layout."""
    with tempfile.TemporaryDirectory(prefix="flightasic_layout_") as scratch:
        return find_tools(Path(scratch))


def stand_in(scratch: Path) -> Path:
    """Folder of the ``yosys`` that :func:`find_tools` may have written."""
    return scratch / "bin"


def tool_version(tool: LayoutTool, path: str | None = None) -> str | None:
    """What a program says its version is ("" where it says nothing readable); None if it is not on the search path."""
    program = shutil.which(tool.name, path=path)
    if program is None:
        return None
    try:
        done = subprocess.run(
            [program, *tool.switch], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, check=False, errors="replace"
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    words = (done.stdout + done.stderr).split()
    try:
        return str(_task(tool).parse_version(" ".join(words))) if words else ""
    except IndexError:
        return ""


def recent_enough(tool: LayoutTool, version: str) -> bool:
    """Whether ``version`` is ``tool.oldest`` or later, compared as SiliconCompiler's own task compares them."""
    task = _task(tool)
    try:
        return Version(task.normalize_version(version)) >= Version(task.normalize_version(tool.oldest))
    except (InvalidVersion, ValueError, IndexError):
        return False


def _task(tool: LayoutTool) -> Any:
    from siliconcompiler.tools.klayout import KLayoutTask
    from siliconcompiler.tools.openroad import OpenROADTask
    from siliconcompiler.tools.opensta import OpenSTATask
    from siliconcompiler.tools.yosys import YosysTask

    return {"openroad": OpenROADTask, "klayout": KLayoutTask, "yosys": YosysTask, "sta": OpenSTATask}[tool.name]()


def _short(version: str) -> str:
    return version.split("-")[0]
