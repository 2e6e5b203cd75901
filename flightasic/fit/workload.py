"""What arrays are fitted for: networks with one product per weight, one image after another."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from flightasic.compiler import compile_network
from flightasic.config import CODE_BITS, ArrayConfig
from flightasic.errors import CompileError, FormatError
from flightasic.files import write_json
from flightasic.ir import IntegerNetwork
from flightasic.nn.fresh import fresh_network
from flightasic.nn.models import MODELS
from flightasic.nn.scheme import Scheme

_ALL = tuple(f"net{number}" for number in range(1, 9))
# The microcode memories of smaller parts do not hold the programs of the largest networks.
WORKLOADS: Mapping[str, tuple[str, ...]] = {
    "LFE5U-85F": _ALL,
    "LFE5U-45F": ("net1", "net2", "net3", "net4", "net6", "net7"),
    "LFE5U-25F": ("net1", "net2", "net3", "net4", "net6"),
}
_CLASSES = 10
_NARROWEST = min(CODE_BITS["shift"])
_PACKAGE = Path(__file__).parent.parent
_SOURCES = ("compiler/*.py", "config.py", "formats.py", "ir.py", "microcode.py", "nn/*.py", "fit/workload.py")


def images_per_cycle(periods: dict[str, int]) -> float:
    """The geometric mean over networks of images per cycle; 0 if a network does not fit (none of ``periods``)."""
    return math.exp(-sum(math.log(period) for period in periods.values()) / len(periods)) if periods else 0.0


def periods(config: ArrayConfig, networks: Sequence[str], build: Path) -> dict[str, int]:
    """Cycles from one image to the next of every network; empty if one does not fit the array's memories.

    They follow from arithmetic (an average pool takes more codes in some), shape and buffers; codes of any width take the same.
    Compiled once, they are kept in ``build``/fit.

    Raises
    ------
    FormatError
        If what was kept is damaged; the message names the file.
    """
    shape = replace(config, code_bits=_NARROWEST) if config.arith == "shift" else config
    kept = build / "fit" / f"workload-{shape.plain_name}-{_key(shape, networks)[:12]}.json"
    if not kept.is_file():
        write_json(kept, _compiled(shape, networks))
    try:
        found: dict[str, int] = json.loads(kept.read_text())
    except ValueError as error:
        raise FormatError(f"{kept}: not a finished run ({error}); delete it and run again") from error
    return found


def _compiled(config: ArrayConfig, networks: Sequence[str]) -> dict[str, int]:
    found = {}
    for net in networks:
        try:
            found[net] = compile_network(_network(net, config.arith), config).period
        except CompileError:
            return {}
    return found


@cache
def _network(net: str, arith: str) -> IntegerNetwork:
    scheme = Scheme.create("lightnn1", code_bits=_NARROWEST) if arith == "shift" else Scheme.create(arith)
    return fresh_network(net, scheme, name=net, in_shape=MODELS[net].in_shape, classes=_CLASSES)


def _key(config: ArrayConfig, networks: Sequence[str]) -> str:
    digest = hashlib.sha256(json.dumps([config.to_dict(), list(networks)], sort_keys=True).encode())
    digest.update(_sources())
    return digest.hexdigest()


@cache
def _sources() -> bytes:
    """What cycles depend on beside array and networks."""
    paths = [path for pattern in _SOURCES for path in sorted(_PACKAGE.glob(pattern))]
    return b"\0".join(path.name.encode() + b"\0" + path.read_bytes() for path in paths)
