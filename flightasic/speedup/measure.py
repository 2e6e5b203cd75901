"""What a network costs on an array, compiled once and kept by content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flightasic.compiler import LayerReport, Program, compile_network
from flightasic.config import ArrayConfig
from flightasic.errors import CompileError
from flightasic.files import write_json
from flightasic.ir import IntegerNetwork
from flightasic.speedup.networks import Source

FOLDER = "speedup"
_FORMAT = 1
_PACKAGE = Path(__file__).parent.parent
# What cycles depend on, beside network and array.
_SOURCES = ("compiler/*.py", "config.py", "formats.py", "ir.py", "microcode.py", "nn/*.py", "speedup/measure.py")


def costs_of(source: Source, configs: Sequence[ArrayConfig], build: Path) -> list[dict[str, Any]]:
    """What a network costs on each array, see :func:`cost_of`; found before, it is not compiled again.

    One that does not fit an array has the field "error" alone, the compiler's reason.
    """
    network: IntegerNetwork | None = None
    found = []
    for config in configs:
        kept = build / FOLDER / f"{source.name}-{config.name}-{content_key(source, config, _SOURCES)[:12]}.json"
        if not kept.is_file():
            network = network or source.load()
            write_json(kept, _compiled(network, config))
        found.append(json.loads(kept.read_text()))
    return found


def content_key(source: Source, config: ArrayConfig, sources: Sequence[str]) -> str:
    """SHA-256 of a network, an array, and the files of this package (patterns) that a result depends on."""
    digest = hashlib.sha256(json.dumps([_FORMAT, source.name, source.sha256, config.to_dict()], sort_keys=True).encode())
    for pattern in sources:
        for path in sorted(_PACKAGE.glob(pattern)):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _compiled(network: IntegerNetwork, config: ArrayConfig) -> dict[str, Any]:
    try:
        return cost_of(network, compile_network(network, config))
    except CompileError as error:
        return {"error": str(error)}


def cost_of(network: IntegerNetwork, program: Program) -> dict[str, Any]:
    """What one image costs.

    Returns
    -------
    dict
        ``cycles``: from an image's first word to its result's last; ``period``: from an image's first word to the next one's,
        images one after another; ``macs``, ``products`` (code products: k per weight and output pixel), ``mean_k`` (None for
        multipliers), ``streamed_code_bits`` (codes that come from the host for every image, 0 if the code memory holds them),
        ``transfer_words`` (activation words that LOAD and STORE move), ``largest``: of the layer with most MACs, the first of
        several, its ``name``, ``macs``, ``products`` and ``cycles`` (of all its steps, transfers of its tiles included).
    """
    largest: LayerReport = max(program.layers, key=lambda layer: layer.macs)
    used = sum(count for _, count in program.code_order)
    return {
        "cycles": program.cycles,
        "period": program.period,
        "macs": sum(layer.macs for layer in program.layers),
        "products": sum(layer.products for layer in program.layers),
        "mean_k": network.mean_k() if network.arith == "shift" else None,
        "streamed_code_bits": used * program.config.code_word_bits if program.streamed else 0,
        "transfer_words": sum(transfer.row_words * transfer.rows for transfer in program.transfers),
        "largest": {"name": largest.name, "macs": largest.macs, "products": largest.products, "cycles": largest.cycles},
    }
