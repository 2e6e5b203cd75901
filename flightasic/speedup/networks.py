"""The networks of the experiment: those of a zoo, and for schemes without learned k the others with fresh weights."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from flightasic import zoo
from flightasic.accuracy import LABELS
from flightasic.config import ARITHMETICS, default_code_bits
from flightasic.errors import ConfigError
from flightasic.ir import IntegerNetwork

NETS = tuple(f"net{number}" for number in range(1, 9))
# The four schemes and two FLightNNs of the paper; and with narrower codes LightNN-2 and more FLightNNs.
FLIGHTS = tuple(f"flight-{letter}" for letter in "abcdefghi")
SCHEMES = ("lightnn1", "lightnn2", "lightnn2-c3", "fixed4", "fixed8", *FLIGHTS)
# Of these every filter has the same number of terms, so that shapes alone decide on cycles.
WITHOUT_TRAINING = ("lightnn1", "lightnn2", "lightnn2-c3", "fixed4", "fixed8")
# Bits of a shift code where they are not the usual ones.
_CODE_BITS = {"lightnn2-c3": 3, "flight-c": 3, "flight-d": 3, "flight-e": 2, "flight-f": 3, "flight-g": 2, "flight-h": 3, "flight-i": 3}
_CLASSES = 10
_NOT_TRAINED = (
    "not trained: k unknown; train with 'flightasic sweep' (docs/sweeps.md), put it into a zoo with 'flightasic zoo build', and name the "
    "zoo's folder with --zoo"
)


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a network comes from.

    Attributes
    ----------
    net, scheme : str
    zoo : Path or None
        The zoo that holds the trained network; None = fresh weights.
    sha256 : str
        Of what decides on the network: its file, or its name, scheme and shapes.
    in_shape, classes
        (channels, height, width) of an image, and the number of logits.
    code_bits : int
        Bits of a weight code, which decide on the array.
    accuracy : float or None
        Share (0..1) of the test set; None if not trained.
    dataset : str or None
        What it was trained on.
    """

    net: str
    scheme: str
    zoo: Path | None
    sha256: str
    in_shape: tuple[int, int, int]
    classes: int
    code_bits: int
    accuracy: float | None = None
    dataset: str | None = None

    @property
    def name(self) -> str:
        return f"{self.net}-{self.scheme}"

    @property
    def arith(self) -> str:
        """Arithmetic of its array."""
        return arith_of(self.scheme)

    def load(self) -> IntegerNetwork:
        """The network; with fresh weights, the same in every process. Raises as :func:`flightasic.zoo.load`."""
        if self.zoo is not None:
            return zoo.store.find_integer(self.name, self.zoo)
        from flightasic.nn.fresh import fresh_network
        from flightasic.nn.scheme import Scheme

        scheme = Scheme.create(self.scheme.partition("-")[0], **({"code_bits": self.code_bits} if self.arith == "shift" else {}))
        return fresh_network(self.net, scheme, name=self.name, in_shape=self.in_shape, classes=self.classes)


def code_bits_of(scheme: str) -> int:
    """Bits of a scheme's codes, unless the record of a trained network says otherwise."""
    return _CODE_BITS.get(scheme, default_code_bits(arith_of(scheme)))


def arith_of(scheme: str) -> str:
    """The arithmetic that runs a scheme."""
    return scheme[:6] if scheme[:6] in ARITHMETICS else "shift"


def find_sources(nets: Sequence[str], schemes: Sequence[str], folder: Path = zoo.FOLDER) -> tuple[list[Source], dict[tuple[str, str], str]]:
    """Every (network, scheme) that can be had, and the reason for every other.

    What the zoo lacks gets fresh weights if its scheme does not learn k, in the shapes of the zoo's networks of that name, else of
    :data:`flightasic.nn.models.MODELS`.

    Raises
    ------
    ConfigError
        If a network or scheme is unknown.
    """
    from flightasic.nn.models import MODELS

    unknown = [scheme for scheme in schemes if scheme not in LABELS or scheme == "float"]
    if unknown:
        raise ConfigError(f"--schemes takes {', '.join(SCHEMES)}, got {unknown[0]!r}")
    held = {record.name: record for record in zoo.contents(folder)}
    sources: list[Source] = []
    reasons: dict[tuple[str, str], str] = {}
    for net in nets:
        siblings = [record for record in held.values() if record.model == net]
        if not siblings and net not in MODELS:
            raise ConfigError(f"--networks takes names of docs/models.md, such as {', '.join(NETS)}, got {net!r}")
        in_shape, classes = (siblings[0].in_shape, siblings[0].classes) if siblings else (MODELS[net].in_shape, _CLASSES)
        for scheme in schemes:
            record = held.get(f"{net}-{scheme}")
            if record is not None:
                sources.append(
                    Source(
                        net=net,
                        scheme=scheme,
                        zoo=folder,
                        sha256=record.sha256,
                        in_shape=record.in_shape,
                        classes=record.classes,
                        code_bits=record.code_bits,
                        accuracy=record.accuracy,
                        dataset=record.dataset,
                    )
                )
            elif scheme in WITHOUT_TRAINING:
                width = code_bits_of(scheme)
                about = json.dumps(["untrained", net, scheme, width, in_shape, classes])
                digest = hashlib.sha256(about.encode()).hexdigest()
                sources.append(Source(net=net, scheme=scheme, zoo=None, sha256=digest, in_shape=in_shape, classes=classes, code_bits=width))
            else:
                reasons[net, scheme] = _NOT_TRAINED
    return sources, reasons
