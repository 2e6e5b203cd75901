"""Gate-level simulation: a netlist with real delays in the place of the core, driven by the very bench that drives the RTL."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import numpy.typing as npt

from flightasic.eda.activity import MIN_ANNOTATED, Activity
from flightasic.eda.cellmodels import cell_arcs, render_models
from flightasic.eda.gates_counts import Counts, DumpCounts
from flightasic.eda.gates_verilog import BANK_WRITES, MARK, WINDOW, core_ports, grouped_netlist, render_wrapper, surroundings
from flightasic.eda.netlist import GateNetlist
from flightasic.eda.sdf import Sdf
from flightasic.eda.workload import Workload
from flightasic.errors import SimulationError, ToolError
from flightasic.tools import require_program, run_tool

logger = logging.getLogger(__name__)

CACHE = Path("build/gates")
REPOSITORY = Path(__file__).resolve().parents[2]
BENCH = "verification.gates_bench"
TOP = "flight_top"
MAX_UNKNOWN = 0.01
ACCESS_PORTS = ("program_en", "code_read_en", "code_write_en", "acc_read_en", "acc_write_en", "act_read_en", BANK_WRITES)
DUMP, COUNTS, LOG, DELAYS = "changes.vcd", "counts", "simulation.log", "delays.sdf"
FAILURE, OUTCOME = "failure.txt", "passed.txt"
_READER = Path(__file__).with_name("activity.cpp")
_CONSTANTS = ("const_0", "const_1", "const_x", "const_z")


@dataclass(frozen=True)
class GateRun:
    """A gate-level simulation whose results equal the golden model's and whose cycles are those predicted.

    Attributes
    ----------
    activity : of every net by window (step of the program), over all images together
    accesses : cycles in which each bit of a memory port's enable was high, int64 [windows, bits], by port of :data:`ACCESS_PORTS`;
        ``act_read_en`` has a bit per bank, ``bank_write_en`` one per bank that is high while any lane is written
    net_unknown_ns : float64 [nets], time at X or Z within the windows, in the order of ``activity.names``
    unknown_share : share (0..1) of all nets' time in windows that is X or Z
    annotated_fraction : share (0..1) of the netlist's nets whose activity is known
    cells_annotated : share (0..1) of the cells with timing arcs that have all their delays from the SDF; 1 without delays
    images : images run
    cycles : cycles in windows, all images
    seconds : wall time of the simulation
    cycles_per_s : simulation speed in that time, program loading included
    versions : of the tools used
    """

    activity: Activity
    accesses: Mapping[str, Counts]
    net_unknown_ns: npt.NDArray[np.float64]
    unknown_share: float
    annotated_fraction: float
    cells_annotated: float
    images: int
    cycles: int
    seconds: float
    versions: Mapping[str, str]

    @property
    def cycles_per_s(self) -> float:
        """Cycles in windows per second of wall time."""
        return self.cycles / self.seconds


def simulate(
    verilog: Path,
    netlist: GateNetlist,
    sdf: Path | None,
    liberty: str,
    sources: Sequence[Path],
    workload: Workload,
    *,
    clock_ns: float,
    folder: Path,
    cache: Path = CACHE,
    progress: Callable[[int], None] | None = None,
) -> GateRun:
    """Run a workload on the netlist of an array's core and count what its nets do.

    Parameters
    ----------
    verilog, netlist : the same flat netlist, as Verilog and as data
    sdf : cell delays of the timing tool; None simulates without delays, which shows equality but no glitches
    liberty : text of the library the netlist is mapped to
    sources : Verilog of the whole array; its memories and ports surround the netlist
    clock_ns : clock period in nanoseconds
    folder : the run's files go here, replacing an earlier run's
    cache : folder of compiled helpers
    progress : told the number of cycles in windows now and then, of ``workload.cycles``

    Raises
    ------
    SimulationError
        If an output or a cycle count is wrong, a cell has no delay, too few nets are seen, or too much is unknown.
    ToolError
        If Icarus Verilog, cocotb or g++ is missing or fails.
    """
    for program, package in (("iverilog", "iverilog"), ("vvp", "iverilog"), ("g++", "g++")):
        require_program(program, f"install it with 'apt install {package}'")
    if not (REPOSITORY / f"{BENCH.replace('.', '/')}.py").is_file():
        raise ToolError(f"the bench {BENCH} is not in {REPOSITORY}; run gate-level simulation from a clone of the repository")
    reader = build_reader(cache)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    workload.save(folder / "workload")
    places = _write_sources(verilog, netlist, liberty, sources, folder)
    cells_annotated = 1.0 if sdf is None else _write_delays(sdf, netlist, liberty, places, folder)
    delays = None if sdf is None else DELAYS
    ports = core_ports(verilog.read_text())
    wrapper = render_wrapper(ports, cycles=workload.program.cycles, clock_ns=clock_ns, sdf=delays, dump=DUMP)
    (folder / "wrapper.v").write_text(wrapper)
    files = sorted(path.name for path in folder.glob("*.v"))
    (folder / "files.f").write_text("\n".join(["+timescale+1ns/1ps", *files, ""]))
    run_tool(["iverilog", "-g2012", "-gspecify", "-Ttyp", "-s", TOP, "-o", "sim.vvp", "-f", "files.f"], cwd=folder)
    inputs = _host_inputs(folder / f"{TOP}.v")
    started = time.perf_counter()
    _run(folder, reader, inputs, len(workload.program.steps), clock_ns, progress)
    seconds = time.perf_counter() - started
    logger.info("%d cycles in %.1f s", workload.cycles, seconds)
    return _result(folder, netlist, workload, cells_annotated=cells_annotated, seconds=seconds)


def _write_delays(sdf: Path, netlist: GateNetlist, liberty: str, places: Mapping[str, str], folder: Path) -> float:
    """The SDF made fit, into ``folder``; the share of cells that have all their delays."""
    delays = Sdf.read(sdf)
    arcs = cell_arcs(liberty, {cell.type for cell in netlist.cells})
    needed = {cell.name: arcs[cell.type] for cell in netlist.cells if arcs[cell.type]}
    missing = delays.missing(needed)
    share = 1 - len(missing) / max(1, len(needed))
    if missing:
        raise SimulationError(
            f"{sdf}: {len(missing)} of {len(needed)} cells lack a delay, the first is {missing[0]!r}; "
            "write the SDF from the netlist that is simulated"
        )
    delays.write(folder / DELAYS, places)
    return share


def _write_sources(verilog: Path, netlist: GateNetlist, liberty: str, sources: Sequence[Path], folder: Path) -> dict[str, str]:
    """All Verilog but the wrapper into ``folder``; the place of every cell."""
    types = {cell.type for cell in netlist.cells}
    text, places = grouped_netlist(verilog.read_text(), types)
    lost = [cell.name for cell in netlist.cells if cell.name not in places]
    if lost or len(places) != len(netlist.cells):
        raise SimulationError(
            f"{verilog} has {len(places)} cells, its JSON file {len(netlist.cells)}"
            f"{f', {lost[0]!r} among them' if lost else ''}; synthesise again"
        )
    for name, body in {**surroundings(sources), "cells.v": render_models(liberty, types), "netlist.v": text}.items():
        (folder / name).write_text(body)
    return places


def _host_inputs(top: Path) -> list[str]:
    return [name for name in re.findall(r"^\s*input\s+logic\s+\[\d+:0\]\s+(\w+)", top.read_text(), re.MULTILINE) if name != "clk"]


def build_reader(cache: Path) -> Path:
    """The compiled reader of change dumps, built on first use."""
    flags = ["-O2", "-std=c++17"]
    digest = hashlib.sha256(_READER.read_bytes() + " ".join(flags).encode()).hexdigest()[:16]
    program = cache.resolve() / f"activity-{digest}"
    if not program.is_file():
        program.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=program.parent, prefix=".") as scratch:
            built = Path(scratch) / "activity"
            run_tool(["g++", *flags, "-o", str(built), str(_READER)])
            built.rename(program)
    return program


def _run(folder: Path, reader: Path, inputs: Sequence[str], windows: int, clock_ns: float, progress: Callable[[int], None] | None) -> None:
    """Simulator and reader, joined by a pipe: a whole run's changes would fill a disk."""
    pipe = folder / DUMP
    os.mkfifo(pipe)
    command = [str(reader), DUMP, COUNTS, str(windows), MARK, WINDOW, *ACCESS_PORTS[:-1], f"+{BANK_WRITES}"]
    with (folder / "reader.log").open("w") as errors, (folder / LOG).open("w") as log:
        counting = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=errors, text=True)
        simulation = subprocess.Popen(
            ["vvp", "-m", _cocotb_library(), "sim.vvp", "-vcd"],
            cwd=folder,
            env=_environment(folder, inputs, clock_ns),
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
        watcher = threading.Thread(target=_watch, args=(counting, progress), daemon=True)
        watcher.start()
        try:
            simulation.wait()
        finally:
            simulation.kill()
            simulation.wait()
            _release(pipe)
            counting.wait()
            watcher.join()
            pipe.unlink()
    _check_run(folder, simulation.returncode, counting.returncode)


def _watch(counting: subprocess.Popen[str], progress: Callable[[int], None] | None) -> None:
    assert counting.stdout is not None
    for line in counting.stdout:
        if progress is not None:
            progress(int(line))


def _release(pipe: Path) -> None:
    """Let a reader go on that still waits for a simulator which never opened the pipe."""
    with contextlib.suppress(OSError):  # nobody waits: the usual case
        os.close(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))


def _cocotb_library() -> str:
    try:
        from cocotb_tools.config import lib_entry
    except ImportError as error:
        raise ToolError("cocotb is missing; install it with 'pip install flightasic[flow]'") from error
    return str(lib_entry("vpi", "icarus"))


def _environment(folder: Path, inputs: Sequence[str], clock_ns: float) -> dict[str, str]:
    """What cocotb's own runner sets, and what the bench reads."""
    import find_libpython
    from cocotb_tools import config

    library = find_libpython.find_libpython()
    if library is None:
        raise ToolError("cocotb needs Python as a shared library; install libpython, or a Python built with it")
    return os.environ | {
        "GPI_USERS": f"{library};{config.pygpi_entry_point()}",
        "PYGPI_PYTHON_BIN": sys.executable,
        "PATH": f"{os.environ.get('PATH', '')}{os.pathsep}{config.libs_dir}",
        "PYTHONPATH": os.pathsep.join([str(REPOSITORY), *(path for path in sys.path if path)]),
        "COCOTB_TOPLEVEL": TOP,
        "COCOTB_TEST_MODULES": BENCH,
        "COCOTB_RESULTS_FILE": str(folder.resolve() / "results.xml"),
        "COCOTB_RANDOM_SEED": "1",
        "COCOTB_ANSI_OUTPUT": "0",
        "TOPLEVEL_LANG": "verilog",
        "FLIGHTASIC_INPUTS": ",".join(inputs),
        "FLIGHTASIC_PERIOD_PS": str(2 * round(clock_ns * 500)),
    }


def _check_run(folder: Path, simulation: int, counting: int) -> None:
    """Raise SimulationError with the reason unless simulator and reader ended well."""
    lines = (folder / LOG).read_text(errors="replace").splitlines()
    failure, outcome = folder / FAILURE, folder / OUTCOME
    if failure.is_file():
        raise SimulationError(f"gate-level simulation failed: {failure.read_text()}; its files are in {folder}")
    if simulation != 0 or not outcome.is_file():
        raise SimulationError(
            f"gate-level simulation ended with exit code {simulation}: {' | '.join(lines[-5:])}; its files are in {folder}"
        )
    if counting != 0:
        raise SimulationError(f"the changes could not be counted: {(folder / 'reader.log').read_text().strip()}; its files are in {folder}")
    unmatched = [line for line in lines if line.startswith(("SDF WARNING", "SDF ERROR"))]
    if unmatched:
        raise SimulationError(f"{len(unmatched)} delays were not taken over, the first: {unmatched[0]}; its files are in {folder}")


def _result(folder: Path, netlist: GateNetlist, workload: Workload, *, cells_annotated: float, seconds: float) -> GateRun:
    counts = DumpCounts.read(folder / COUNTS, len(workload.program.steps))
    predicted = np.array([step.cycles for step in workload.program.steps]) * len(workload.images)
    wrong = np.flatnonzero(counts.cycles != predicted)
    if len(wrong):
        step = int(wrong[0])
        raise SimulationError(f"window {step} has {counts.cycles[step]} cycles, predicted {predicted[step]}")
    activity = counts.activity()
    wanted = [name for name in netlist.nets if name not in _CONSTANTS]
    _, annotated = activity.aligned(wanted)
    if annotated < MIN_ANNOTATED:
        seen = set(activity.names)
        lost = [name for name in wanted if name not in seen]
        raise SimulationError(
            f"only {annotated:.1%} of {len(wanted)} nets were seen in the simulation, at least {MIN_ANNOTATED:.0%} are needed; "
            f"{lost[0]!r} was not: simulate the netlist that the JSON file describes"
        )
    unknown = counts.unknown_share()
    if unknown > MAX_UNKNOWN:
        worst = activity.names[int(counts.net_unknown_ps.argmax())]
        raise SimulationError(f"{unknown:.1%} of the nets' time is unknown (X or Z), at most {MAX_UNKNOWN:.0%} may be; most in {worst!r}")
    return GateRun(
        activity=activity,
        accesses=counts.accesses(ACCESS_PORTS),
        net_unknown_ns=counts.net_unknown_ps / 1000.0,
        unknown_share=unknown,
        annotated_fraction=annotated,
        cells_annotated=cells_annotated,
        images=len(workload.images),
        cycles=int(counts.cycles.sum()),
        seconds=seconds,
        versions=simulator_versions(),
    )


def simulator_versions() -> dict[str, str]:
    """Of Icarus Verilog and cocotb, as records name them."""
    first = run_tool(["iverilog", "-V"]).splitlines()[0]
    return {"icarus": first.removeprefix("Icarus Verilog version ").split()[0], "cocotb": version("cocotb")}
