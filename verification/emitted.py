"""Benches on the emitted Verilog, under Verilator and Icarus Verilog through cocotb."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from cocotb_tools.runner import Icarus, Verilator
from filelock import FileLock
from pymtl3 import Component

from flightasic.config import ArrayConfig
from flightasic.hw.accumulate import Accumulate
from flightasic.hw.codes import Codes
from flightasic.hw.emit import translate
from flightasic.hw.loader import Loader
from flightasic.hw.merge import Merge
from flightasic.hw.mesh import Mesh
from flightasic.hw.pe import ProcessingElement
from flightasic.hw.post import Post
from flightasic.hw.stream import Load, Store
from flightasic.hw.top import Top
from flightasic.sim.build import LINT_FLAGS
from flightasic.tools import verilator_environment
from verification.pymtl import port_names

UNITS: dict[str, Callable[[ArrayConfig], Component]] = {
    "element": ProcessingElement,
    "mesh": Mesh,
    "merge": Merge,
    "accumulate": Accumulate,
    "post": Post,
    "load": Load,
    "store": Store,
    "codes": Codes,
    "loader": Loader,
    "top": Top,
}
TIME_LIMIT_S = 120
_WORDS = re.compile(r"^  logic \[\d+:0\] words \[0:(\d+)\];\n", re.MULTILINE)
SIMULATORS = ("verilator", "icarus")
ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build" / "verification"
BUILD_ARGS = {
    # Power-up values are random, not zero: what comes out must not depend on them.
    "verilator": [*LINT_FLAGS, "--x-initial", "unique", "--x-assign", "unique"],
    "icarus": [],
}


@dataclass(frozen=True)
class Emission:
    """A unit's Verilog: text by module name, the top module, its input ports."""

    modules: Mapping[str, str]
    top: str
    inputs: tuple[str, ...]


def emit_unit(unit: str, config: ArrayConfig) -> Emission:
    """Verilog of a unit alone, as it stands inside the array."""
    component = UNITS[unit](config)
    modules = translate(component, f"unit {unit} of {config.name}")
    return Emission(modules, list(modules)[-1], tuple(port_names(component, "input")))


def build(emission: Emission, simulator: str, options: Sequence[str] = ()) -> Path:
    """Folder of the built simulation, made once for the same Verilog, whoever asks first; ``options`` are more for the simulator."""
    arguments = [*BUILD_ARGS[simulator], *options]
    modules = {name: _power_up(body) if simulator == "icarus" else body for name, body in emission.modules.items()}
    text = json.dumps([simulator, arguments, modules])
    folder = BUILD / f"{simulator}-{emission.top}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        done = folder / "done"
        if not done.exists():
            sources = []
            for name, body in modules.items():
                sources.append(folder / f"{name}.v")
                (folder / f"{name}.v").write_text(body)
            if simulator == "verilator":
                ports = folder / "ports.vlt"
                ports.write_text(f'`verilator_config\npublic_flat_rw -module "{emission.top}" -var "*"\n')
                sources.insert(0, ports)
                _take_runtime(folder)
            with patch.dict(os.environ, verilator_environment()):
                _RUNNERS[simulator]().build(
                    sources=sources,
                    hdl_toplevel=emission.top,
                    build_dir=folder,
                    build_args=arguments,
                    always=True,
                    timescale=("1ns", "1ps"),
                    log_file=folder / "build.log",
                )
            if simulator == "verilator":
                _keep_runtime(folder)
            done.touch()
    return folder


def play(
    emission: Emission,
    simulator: str,
    bench: str,
    scratch: Path,
    files: Mapping[str, str] | None = None,
    *,
    module: str = "verification.bench_cocotb",
    options: Sequence[str] = (),
) -> None:
    """Run a bench of a cocotb module on the emitted Verilog; a bench that fails is an AssertionError.

    ``bench`` is the name to look up there, ``scratch`` an empty folder for the simulator's files, ``files`` further text
    files the bench finds in that folder, ``options`` more of :func:`build`.
    """
    folder = build(emission, simulator, options)
    scratch.mkdir(parents=True, exist_ok=True)
    for name, text in (files or {}).items():
        (scratch / name).write_text(text)
    log = scratch / f"{simulator}.log"
    runner = _RUNNERS[simulator]()
    try:
        runner.test(
            test_module=module,
            hdl_toplevel=emission.top,
            hdl_toplevel_lang="verilog",
            build_dir=folder,
            test_dir=scratch,
            test_args=["+verilator+rand+reset+2", "+verilator+seed+1"] if simulator == "verilator" else [],
            extra_env={
                "FLIGHTASIC_BENCH": bench,
                "FLIGHTASIC_INPUTS": ",".join(emission.inputs),
                "PYTHONPATH": str(ROOT),
                "COCOTB_ANSI_OUTPUT": "0",
            },
            seed=1,
            log_file=log,
        )
    except (SystemExit, RuntimeError) as error:
        lines = log.read_text().splitlines() if log.exists() else [str(error)]
        first = next((i for i, line in enumerate(lines) if "Error" in line), 0)
        lines = [line.strip() for line in lines[first : first + 20]]
        raise AssertionError(f"{bench} under {simulator}: " + "\n".join(lines)) from error


def _power_up(body: str) -> str:
    """A module whose memories start with random words, as hardware does; Icarus would start with X, and 0 times X is X."""
    return _WORDS.sub(r"\g<0>  initial for ( int i = 0; i <= \1; i += 1 ) words[i] = $urandom;\n", body)


class _Limited:
    """Ends a simulation that never comes to rest."""

    def _get_sim_cmd_prefix(self) -> list[str]:
        return ["timeout", str(TIME_LIMIT_S)]


class _Icarus(_Limited, Icarus):
    """cocotb's runner with a time limit."""


class _Verilator(_Limited, Verilator):
    """The same, and quicker: only the top's ports are public, and Verilator's own objects are taken from an earlier build."""

    def _build_command(self) -> list[list[str]]:
        build, make = super()._build_command()
        reused = [part for path in sorted(self.build_dir.glob("verilated*.o")) for part in ("-o", path.name)]
        return [[part for part in build if part != "--public-flat-rw"], [*make, *reused]]


def _take_runtime(folder: Path) -> None:
    """Verilator's own objects are the same for every model and take most of a build."""
    with FileLock(BUILD / "runtime.lock"):
        for path in (BUILD / "runtime").glob("verilated*.o"):
            shutil.copy2(path, folder / path.name)


def _keep_runtime(folder: Path) -> None:
    with FileLock(BUILD / "runtime.lock"):
        (BUILD / "runtime").mkdir(exist_ok=True)
        for path in folder.glob("verilated*.o"):
            shutil.copy2(path, BUILD / "runtime" / path.name)


_RUNNERS = {"verilator": _Verilator, "icarus": _Icarus}
