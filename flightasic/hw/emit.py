"""Emission: the PyMTL3 model as readable, hierarchical Verilog, one file per module, without machine paths."""

from __future__ import annotations

import inspect
import re
import shutil
import tempfile
from contextlib import chdir
from pathlib import Path

from pymtl3 import Component
from pymtl3.passes.backends.verilog import VerilogTranslationPass

from flightasic.config import ArrayConfig
from flightasic.files import write_atomically, writing
from flightasic.hw.axi import axi_shell
from flightasic.hw.axi_registers import AxiRegisters
from flightasic.hw.top import Top

TOP = "flight_top"
CORE = "flight_core"
AXI_TOP = "flight_axi"

_MODULE = re.compile(r"^module (\w+)\n.*?^endmodule\n", re.MULTILINE | re.DOTALL)
_CONSTANT = re.compile(r"\s*localparam logic \[\d+:0\] (__const__\w+)\s*= \d+'d(\d+);")
_USE = re.compile(r"(\d+)'\( (__const__\w+) \)")
_LOOP = re.compile(r"for \( int unsigned i = 1'd0; i < \d+'d(\d+); i \+= 1'd1 \)")
_STREAM = re.compile(r"\b(\w+?)__(msg|val|rdy)\b")
_GENERATED = re.compile(r"^// Generated from \S+ for .*; do not edit\.$", re.MULTILINE)
_HASH = re.compile(r"^[0-9a-f]{16}$")


def emit_verilog(config: ArrayConfig, directory: str | Path) -> list[Path]:
    """Write the Verilog of an array into ``directory``; returns the files, sorted by name.

    Modules are called ``flight_<unit>``; the top is ``flight_top`` (core and inferable memories), the synthesisable core
    without memories ``flight_core``, the top with AXI ports ``flight_axi``. Modules of an earlier emission that this array lacks
    are deleted once the new files are written: ``flight_*.v`` with the header of a generated file, and nothing else.

    Raises
    ------
    FileError
        If ``directory`` cannot be made or written.
    """
    directory = Path(directory)
    paths = []
    for name, text in sorted(array_modules(config).items()):
        paths.append(directory / f"{name}.v")
        write_atomically(paths[-1], text)
    with writing(directory):
        for old in directory.glob("flight_*.v"):
            if old not in paths and _GENERATED.search(old.read_text(errors="replace")):
                old.unlink()
    return paths


def array_modules(config: ArrayConfig) -> dict[str, str]:
    """Verilog text of each module of an array, by module name."""
    origin = f"array {config.name}"
    return {**translate(Top(config), origin), **translate(AxiRegisters(config), origin), AXI_TOP: axi_shell(config)}


def translate(component: Component, origin: str) -> dict[str, str]:
    """Verilog text of each module below ``component``, by module name."""
    component.elaborate()
    docs = {type(part).__name__: _summary(type(part)) for part in component.get_all_components()}
    sources = {type(part).__name__: type(part).__module__ for part in component.get_all_components()}
    component.set_metadata(VerilogTranslationPass.enable, True)
    component.set_metadata(VerilogTranslationPass.explicit_file_name, "emitted.v")
    scratch = Path(tempfile.mkdtemp(prefix="flightasic-emit-"))
    try:
        with chdir(scratch):
            component.apply(VerilogTranslationPass())
        text = (scratch / "emitted.v").read_text()
    finally:
        shutil.rmtree(scratch)
    bodies = {match.group(1): match.group(0) for match in _MODULE.finditer(text)}
    names = {old: _module_name(old) for old in bodies}
    rename = re.compile(r"\b(" + "|".join(map(re.escape, names)) + r")\b")
    modules = {}
    for old, body in bodies.items():
        kind = old.split("__")[0].removesuffix("_noparam")
        source = sources[kind].replace(".", "/")
        header = f"// {names[old]}: {docs[kind]}\n// Generated from {source}.py for {origin}; do not edit.\n\n"
        modules[names[old]] = header + rename.sub(lambda match: names[match.group(1)], _tidy(body))
    return modules


def _module_name(old: str) -> str:
    kind, *parameters = old.split("__")
    snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind.removesuffix("_noparam")).lower()
    values = [part.rsplit("_", 1)[-1] for part in parameters if not _HASH.match(part) and not part.startswith("config")]
    return "_".join(["flight", snake, *values])


def _summary(kind: type) -> str:
    module = inspect.getmodule(kind)
    text = inspect.getdoc(kind) or (inspect.getdoc(module) if module else None) or ""
    return " ".join(text.split("\n\n")[0].split())


def _tidy(body: str) -> str:
    """Drop the translator's comments (they quote sources by absolute path); write its named constants as numbers."""
    kept = [line.rstrip() for line in body.splitlines() if not line.lstrip().startswith("//")]
    constants = {match[1]: match[2] for match in map(_CONSTANT.match, kept) if match}
    text = "\n".join(line for line in kept if not _CONSTANT.match(line))
    text = _USE.sub(lambda match: f"{match.group(1)}'d{constants[match.group(2)]}", text)
    text = _LOOP.sub(lambda match: f"for ( int unsigned i = 0; i < {match.group(1)}; i += 1 )", text)
    text = _STREAM.sub(r"\1_\2", text)
    # Icarus Verilog 11 wakes every always_comb of a design again and again once one of them has glitched, and never comes to rest.
    text = text.replace("always_comb begin", "always @* begin")
    return re.sub(r"\n{3,}", "\n\n", text) + "\n"
