"""Verilog that a flow takes: an array's, committed or emitted, or any that is there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from flightasic.config import ArrayConfig
from flightasic.eda.pdk import REPOSITORY
from flightasic.errors import ToolError

BUILD = Path("build")


def rtl_sources(config: ArrayConfig, build: Path = BUILD) -> list[Path]:
    """Verilog files of an array: the committed ones for the default arrays, else emitted under ``build``/rtl."""
    committed = REPOSITORY / "rtl" / config.name
    if config == ArrayConfig.for_arith(config.arith) and committed.is_dir():
        return sorted(committed.glob("*.v"))
    from flightasic.hw.emit import emit_verilog

    return emit_verilog(config, build / "rtl" / f"{config.name}-{config.fingerprint:08x}")


def require_sources(sources: Sequence[Path]) -> None:
    """Raise :class:`ToolError` unless there are Verilog files and all exist."""
    if not sources:
        raise ToolError("no Verilog files given; write them with 'flightasic rtl'")
    for path in sources:
        if not path.is_file():
            raise ToolError(f"{path}: no such Verilog file; write it with 'flightasic rtl'")
