"""What arrays are fitted for: networks with one product per weight, one image after another."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

from flightasic.compiler import compile_network
from flightasic.config import ArrayConfig
from flightasic.errors import CompileError
from flightasic.files import write_json
from flightasic.ir import IntegerNetwork
from flightasic.nn.fresh import fresh_network
from flightasic.nn.models import MODELS
from flightasic.nn.scheme import Scheme

NETWORKS = tuple(f"net{number}" for number in range(1, 9))
_CLASSES = 10
_CODE_BITS = 2
_PACKAGE = Path(__file__).parent.parent
_SOURCES = ("compiler/*.py", "config.py", "formats.py", "ir.py", "microcode.py", "nn/*.py", "fit/workload.py")

Periods = Callable[[ArrayConfig], dict[str, int]]


def images_per_cycle(periods: dict[str, int]) -> float:
    """The geometric mean over networks of images per cycle; 0 if a network does not fit (none of ``periods``)."""
    return math.exp(-sum(math.log(period) for period in periods.values()) / len(periods)) if periods else 0.0


def periods(config: ArrayConfig, build: Path) -> dict[str, int]:
    """Cycles from one image to the next of every one of :data:`NETWORKS`; empty if one does not fit the array's memories.

    They follow from shapes and buffers, so that they are those of every arithmetic; compiled once, they are kept in ``build``/fit.
    """
    shape = replace(config, arith="shift", code_bits=_CODE_BITS)
    kept = build / "fit" / f"workload-{shape.plain_name}-{_key(shape)[:12]}.json"
    if not kept.is_file():
        write_json(kept, _compiled(shape))
    found: dict[str, int] = json.loads(kept.read_text())
    return found


def _compiled(config: ArrayConfig) -> dict[str, int]:
    found = {}
    for net in NETWORKS:
        try:
            found[net] = compile_network(_network(net), config).period
        except CompileError:
            return {}
    return found


@cache
def _network(net: str) -> IntegerNetwork:
    scheme = Scheme.create("lightnn1", code_bits=_CODE_BITS)
    return fresh_network(net, scheme, name=net, in_shape=MODELS[net].in_shape, classes=_CLASSES)


def _key(config: ArrayConfig) -> str:
    digest = hashlib.sha256(json.dumps(config.to_dict(), sort_keys=True).encode())
    digest.update(_sources())
    return digest.hexdigest()


@cache
def _sources() -> bytes:
    """What cycles depend on beside array and networks."""
    paths = [path for pattern in _SOURCES for path in sorted(_PACKAGE.glob(pattern))]
    return b"\0".join(path.name.encode() + b"\0" + path.read_bytes() for path in paths)
