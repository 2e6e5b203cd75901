"""A folder of networks: NAME.json is the record, NAME.flnet.xz or (float weights) NAME.safetensors.xz the network."""

from __future__ import annotations

import difflib
import hashlib
import json
import lzma
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flightasic.errors import ConfigError, FormatError
from flightasic.files import write_atomically, write_json
from flightasic.footprint import footprint
from flightasic.ir import IntegerNetwork
from flightasic.results import Record

if TYPE_CHECKING:
    from flightasic.nn.network import FLightNetwork

SCHEMA = 1
FOLDER = Path(__file__).parent / "networks"
FPGA_FOLDER = Path(__file__).parent / "fpga"  # of the speed-up experiment (docs/speedup.md)
REQUIRED = tuple(
    f"{net}-{scheme}" for net in ("net1", "net2", "net3") for scheme in ("float", "lightnn1", "lightnn2", "fixed4", "flight-a", "flight-b")
)
_FLOAT = "float"
_SUFFIX = {False: ".flnet.xz", True: ".safetensors.xz"}


@dataclass(frozen=True, kw_only=True)
class ZooRecord:
    """How a network was made and what it is worth.

    Attributes
    ----------
    name, file, sha256 : str
        Of the network in the zoo, of its compressed file beside the record, and of that file's bytes.
    model : str
        Name in :data:`flightasic.nn.models.MODELS`.
    arith : str
        "shift", "fixed4", "fixed8" or "float".
    in_shape, classes
        (channels, height, width) of an image, and the number of logits.
    dataset, seed, settings, command
        What it was trained on and how (:class:`flightasic.nn.settings.TrainSettings` fields, command line).
    accuracy, test_images
        Share (0..1) of the whole test set it gets right: integer networks in the golden model, float ones in torch.
    mean_k, k_histogram, zero_share
        Terms per multiply-accumulate; filters with k = 0, 1, 2, 3 and the share (0..1) of zero codes per layer. None for float weights.
    layers, parameters, macs, code_bits, storage_bits, array, cycles
        As in :class:`flightasic.footprint.Footprint`; float networks have no array and no cycles, and 32 bits per weight.
    versions, git
        Tools and source tree of the training.
    """

    name: str
    file: str
    sha256: str
    model: str
    arith: str
    in_shape: tuple[int, int, int]
    classes: int
    dataset: str
    seed: int
    settings: dict[str, Any]
    command: str
    accuracy: float
    test_images: int
    mean_k: float | None
    k_histogram: dict[str, list[int]] | None
    zero_share: dict[str, float] | None
    layers: int
    parameters: int
    macs: int
    code_bits: int
    storage_bits: int
    array: str | None
    cycles: int | None
    versions: dict[str, str]
    git: dict[str, Any] | None
    schema: int = SCHEMA

    @property
    def is_float(self) -> bool:
        return self.arith == _FLOAT


def names(folder: Path = FOLDER) -> list[str]:
    """Names of the networks in a zoo, sorted."""
    return sorted(path.stem for path in folder.glob("*.json"))


def contents(folder: Path = FOLDER) -> list[ZooRecord]:
    """Every record of a zoo, by name."""
    return [record(name, folder) for name in names(folder)]


def record(name: str, folder: Path = FOLDER) -> ZooRecord:
    """The record of one network.

    Raises
    ------
    ConfigError
        If there is no such network; the message names the nearest ones.
    FormatError
        If the record is damaged or of another schema.
    """
    known = names(folder)
    if name not in known:
        near = difflib.get_close_matches(name, known, n=3)
        hint = f"the nearest are {', '.join(near)}" if near else f"there are {', '.join(known) or 'none'}"
        raise ConfigError(f"no network {name!r} in the zoo; {hint}")
    path = folder / f"{name}.json"
    try:
        fields = json.loads(path.read_text())
        if fields.get("schema") != SCHEMA:
            raise FormatError(f"{path}: record schema {fields.get('schema')!r}, this program reads {SCHEMA}; build this zoo anew")
        return ZooRecord(**{**fields, "in_shape": tuple(fields["in_shape"])})
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise FormatError(f"{path}: not a zoo record ({error}); install flightasic again, or build this zoo anew") from error


def load(name: str, folder: Path = FOLDER) -> IntegerNetwork | FLightNetwork:
    """The network itself: an :class:`IntegerNetwork`, or for float weights a :class:`~flightasic.nn.network.FLightNetwork`.

    Raises
    ------
    ConfigError
        If there is no such network.
    FormatError
        If its file is missing or damaged.
    """
    found = record(name, folder)
    path = folder / found.file
    data = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(data).hexdigest() != found.sha256:
        raise FormatError(f"{path}: missing, or its checksum is not the record's; install flightasic again, or build this zoo anew")
    content = lzma.decompress(data)
    return _float_network(found, content) if found.is_float else IntegerNetwork.from_bytes(content, str(path))


def find_integer(name: str, folder: Path = FOLDER) -> IntegerNetwork:
    """An integer network by its name in the zoo, or by the path of a .flnet file.

    Raises
    ------
    ConfigError
        If it has float weights, or neither the zoo nor the disk has it.
    """
    if name.endswith(".flnet"):
        return IntegerNetwork.load(name)
    found = load(name, folder)
    if not isinstance(found, IntegerNetwork):
        raise ConfigError(f"network {name!r} has float weights, which no array runs; choose an integer network of 'flightasic zoo list'")
    return found


def add(name: str, network: IntegerNetwork | FLightNetwork, training: Record, folder: Path = FOLDER) -> ZooRecord:
    """Put a trained network into a zoo, in place of one of the same name; the same arguments give the same files.

    Parameters
    ----------
    name : str
        Such as "net1-flight-a".
    network : IntegerNetwork or FLightNetwork
        The latter with float weights.
    training : Record
        Of kind "train", with the network's settings, dataset, command, accuracy and test images.

    Raises
    ------
    FormatError
        If the training record lacks a field.
    CompileError
        If an integer network does not run on the default array.
    """
    arith, content = (network.arith, network.to_bytes()) if isinstance(network, IntegerNetwork) else (_FLOAT, _weights_of(network))
    figures = asdict(footprint(network))
    data = lzma.compress(content, preset=9 | lzma.PRESET_EXTREME)
    try:
        settings = training.data["settings"]
        made = ZooRecord(
            name=name,
            file=f"{name}{_SUFFIX[arith == _FLOAT]}",
            sha256=hashlib.sha256(data).hexdigest(),
            model=settings["model"],
            arith=arith,
            in_shape=network.in_shape,
            classes=network.shapes()[-1][0],
            dataset=training.data["dataset"],
            seed=settings["seed"],
            settings=settings,
            command=training.data["command"],
            accuracy=training.data["accuracy"],
            test_images=training.data["images"],
            mean_k=training.data["mean_k"],
            k_histogram=training.data.get("k_histogram"),
            zero_share=training.data.get("zero_share"),
            versions=training.versions,
            git=training.git,
            **figures,
        )
    except KeyError as error:
        raise FormatError(f"training record of {name!r} lacks the field {error}; train it again with 'flightasic sweep'") from error
    write_atomically(folder / made.file, data)
    write_json(folder / f"{name}.json", asdict(made))
    return made


def _weights_of(network: FLightNetwork) -> bytes:
    from safetensors.torch import save

    return save(network.state_dict())


def _float_network(found: ZooRecord, content: bytes) -> FLightNetwork:
    from safetensors.torch import load

    from flightasic.nn.models import build
    from flightasic.nn.scheme import Scheme

    network = build(found.model, Scheme.create(_FLOAT), in_shape=found.in_shape, classes=found.classes)
    network.load_state_dict(load(content))
    return network.eval()
