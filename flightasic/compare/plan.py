"""What is compared: networks of several schemes, each on the array of its arithmetic, all with the same images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from flightasic import zoo
from flightasic.accuracy import LABELS
from flightasic.config import ArrayConfig
from flightasic.data import load, quantise_input
from flightasic.eda.synthesis import ADDER_STYLES, AUTO
from flightasic.errors import ConfigError, DataError
from flightasic.ir import IntegerNetwork

SCHEMES = ("lightnn1", "lightnn2", "flight-a", "flight-b", "fixed4", "fixed8")
NETS = ("net1", "net2")
FULL_SCHEMES = (*SCHEMES, "fixed4-pruned")
FULL_NETS = (*NETS, "net3")
_FILE = ".flnet"
_DATASET = "fashion-mnist"
_OWN = ("arith", "code_bits")


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A network to measure.

    Attributes
    ----------
    net, scheme : str
        "net2" and "flight-a": networks that differ in nothing but their scheme share ``net``.
    network : IntegerNetwork
    accuracy : float or None
        Share (0..1) of the test set it gets right, from its provenance; None if that does not say.
    """

    net: str
    scheme: str
    network: IntegerNetwork
    accuracy: float | None

    @property
    def name(self) -> str:
        return f"{self.net} {LABELS.get(self.scheme, self.scheme)}"

    @property
    def arith(self) -> str:
        return self.network.arith


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A comparison to make.

    Attributes
    ----------
    candidates : tuple of Candidate
        By network, then by scheme in the order of :data:`flightasic.accuracy.LABELS`.
    arrays : dict
        The array of every arithmetic; they differ in nothing else (but ``code_bits``, which follows the arithmetic).
    dataset : str
    images : int8 [N, channels, height, width]
        Test images that every network runs.
    clock_ns, corner, adder_style
        As :func:`flightasic.eda.measure.find_design`.

    Raises
    ------
    ConfigError
        If the arrays differ in more, for a clock period that is not above 0, or an unknown style of adders.
    """

    candidates: tuple[Candidate, ...]
    arrays: Mapping[str, ArrayConfig]
    dataset: str
    images: npt.NDArray[np.int8]
    clock_ns: float
    corner: str
    adder_style: str

    def __post_init__(self) -> None:
        if not self.clock_ns > 0:
            raise ConfigError(f"the clock period must be above 0 ns, got {self.clock_ns}")
        if self.adder_style not in (AUTO, *ADDER_STYLES):
            raise ConfigError(f"adder style must be {AUTO} or one of {', '.join(ADDER_STYLES)}, got {self.adder_style!r}")
        shapes = [{name: value for name, value in config.to_dict().items() if name not in _OWN} for config in self.arrays.values()]
        differing = [name for name in shapes[0] if any(shape[name] != shapes[0][name] for shape in shapes)]
        if differing:
            values = ", ".join(f"{arith} {config.to_dict()[differing[0]]}" for arith, config in self.arrays.items())
            raise ConfigError(f"arrays of a comparison must differ in nothing but their arithmetic, but {differing[0]} is {values}")


def find_candidates(networks: Sequence[str], schemes: Sequence[str], folder: Path = zoo.FOLDER) -> tuple[Candidate, ...]:
    """Every scheme of every named network of the zoo in ``folder``, and every .flnet file, in the order of :class:`Plan`.

    A file NET-SCHEME.flnet is taken for that network and scheme; the scheme of any other file is what its provenance says, or its
    arithmetic.

    Raises
    ------
    ConfigError
        If a network is not in the zoo, has float weights, or comes twice.
    """
    found = []
    for name in networks:
        if name.endswith(_FILE):
            found.append(_of_file(Path(name)))
        else:
            found += [_of_zoo(name, scheme, folder) for scheme in schemes]
    known = list(LABELS)
    nets = list(dict.fromkeys(candidate.net for candidate in found))
    pairs = [(candidate.net, candidate.scheme) for candidate in found]
    for pair in pairs:
        if pairs.count(pair) > 1:
            raise ConfigError(f"network {pair[0]!r} in scheme {pair[1]!r} comes twice; name every network once, and files NET-SCHEME.flnet")
    order = {scheme: index for index, scheme in enumerate(known)}
    return tuple(sorted(found, key=lambda each: (nets.index(each.net), order.get(each.scheme, len(known)), each.scheme)))


def _of_zoo(net: str, scheme: str, folder: Path) -> Candidate:
    network = zoo.load(f"{net}-{scheme}", folder)
    if not isinstance(network, IntegerNetwork):
        raise ConfigError(f"{net}-{scheme} has float weights, which no array runs; leave the scheme {scheme!r} out of --schemes")
    return Candidate(net=net, scheme=scheme, network=network, accuracy=network.info.get("accuracy"))


def _of_file(path: Path) -> Candidate:
    network = IntegerNetwork.load(path)
    for scheme in LABELS:
        net = path.stem.removesuffix(f"-{scheme}")
        if net and net != path.stem:
            break
    else:
        net, scheme = path.stem, str(network.info.get("scheme") or network.arith)
    return Candidate(net=net, scheme=scheme, network=network, accuracy=network.info.get("accuracy"))


def shared_images(candidates: Sequence[Candidate], count: int, root: Path | None = None) -> tuple[str, npt.NDArray[np.int8]]:
    """The data set that all networks were trained on, and its first ``count`` test images as they read them, int8 [N, C, H, W].

    Raises
    ------
    ConfigError
        If the networks were not all trained on the same data set, or do not take its images.
    DataError
        If the data set is missing or has fewer images.
    """
    datasets = sorted({str(candidate.network.info.get("dataset", _DATASET)) for candidate in candidates})
    if len(datasets) != 1:
        raise ConfigError(f"networks of a comparison must run the same images, these were trained on {', '.join(datasets)}; compare apart")
    data = load(datasets[0], "test", root)
    for candidate in candidates:
        if candidate.network.in_shape != data.in_shape:
            raise ConfigError(f"{candidate.name} takes images {candidate.network.in_shape}, those of {datasets[0]} are {data.in_shape}")
    if not 0 < count <= len(data):
        raise DataError(f"--images must be in 1..{len(data)} ({datasets[0]}'s test images), got {count}")
    images: npt.NDArray[np.int8] = quantise_input(data.batch(torch.arange(count))[0]).numpy().astype(np.int8)
    return datasets[0], images
