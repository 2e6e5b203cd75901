"""What a gate-level simulation runs: a network, real images, what must come out, and the program that does it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from flightasic.compiler import Program, compile_network
from flightasic.config import ArrayConfig
from flightasic.errors import DataError, FormatError
from flightasic.files import write_json
from flightasic.ir import NO_RESIDUAL, PREVIOUS, IntegerNetwork

if TYPE_CHECKING:
    import torch

_PROGRAM = "program.json"
_IMAGES = "images.json"


@dataclass(frozen=True)
class Workload:
    """Images for a compiled program.

    Attributes
    ----------
    name : what reports call it: the network, or network and layer
    program : compiled for the array
    images : int64 [N, channels, height, width]
    expected : int64 [N, channels, height, width], the golden model's outputs
    """

    name: str
    program: Program
    images: npt.NDArray[np.int64]
    expected: npt.NDArray[np.int64]

    @property
    def cycles(self) -> int:
        """Predicted cycles of all images together."""
        return self.program.cycles * len(self.images)

    def save(self, folder: Path) -> None:
        """Write the workload into ``folder``, for a process that must not load torch."""
        folder.mkdir(parents=True, exist_ok=True)
        self.program.save(folder / _PROGRAM)
        write_json(folder / _IMAGES, {"name": self.name, "images": self.images.tolist(), "expected": self.expected.tolist()})

    @classmethod
    def load(cls, folder: Path) -> Workload:
        """From :meth:`save`; a missing or damaged file is a :class:`FormatError`."""
        path = folder / _IMAGES
        try:
            data = json.loads(path.read_text())
            images, expected = (np.array(data[key], dtype=np.int64) for key in ("images", "expected"))
            name = str(data["name"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise FormatError(f"{path}: not a workload ({error}); make it again") from error
        return cls(name, Program.load(folder / _PROGRAM), images, expected)


def make_workload(network: IntegerNetwork, config: ArrayConfig, images: torch.Tensor) -> Workload:
    """Compile ``network`` for an array and run the golden model on ``images`` [N, channels, height, width] of integers.

    Raises
    ------
    CompileError
        If the network does not fit the array.
    DataError
        If there is no image, or they do not suit the network.
    """
    from flightasic import golden

    if not len(images):
        raise DataError(f"no images to run {network.name!r} on; give at least one")
    expected = golden.run(network, images)[-1]
    inputs: npt.NDArray[np.int64] = images.numpy().astype(np.int64)
    return Workload(network.name, compile_network(network, config), inputs, expected.numpy())


def extract_layer(network: IntegerNetwork, layer: str | int, images: torch.Tensor) -> tuple[IntegerNetwork, torch.Tensor]:
    """One layer as a network of its own, and what it really reads when ``network`` sees ``images`` [N, channels, height, width].

    Parameters
    ----------
    layer : name or index of the layer

    Returns
    -------
    the network of one layer, its inputs int64 [N, channels, height, width]

    Raises
    ------
    DataError
        If there is no such layer, or it adds a residual, which a network of one layer has no tensor for.
    """
    from flightasic import golden

    names = [item.name for item in network.layers]
    index = layer if isinstance(layer, int) else names.index(layer) if layer in names else -1
    if not 0 <= index < len(names):
        raise DataError(f"network {network.name!r} has no layer {layer!r}; it has {', '.join(names)} (0..{len(names) - 1})")
    chosen = network.layers[index]
    if chosen.residual != NO_RESIDUAL:
        raise DataError(f"layer {chosen.name!r} adds a residual and cannot run alone; run the whole network or another layer")
    source = network.sources()[index]
    outputs = golden.run(network, images)
    alone = replace(
        network,
        name=f"{network.name}-{chosen.name}",
        in_shape=network.shapes()[source],
        in_scale_log2=network.in_scale_log2 if source == 0 else network.layers[source - 1].out_scale_log2,
        layers=(replace(chosen, source=PREVIOUS),),
    )
    return alone, images if source == 0 else outputs[source - 1]


def real_images(count: int, *, first: int = 0) -> torch.Tensor:
    """``count`` quantised Fashion-MNIST test images from number ``first`` on, int8 [N, 1, 28, 28].

    Raises
    ------
    DataError
        If the data set is missing or has fewer images.
    """
    from flightasic.data import fashion_mnist, quantise_input

    images = fashion_mnist("test").images
    if not 0 <= first < first + count <= len(images):
        raise DataError(f"images {first}..{first + count - 1} are not all among the {len(images)} of Fashion-MNIST's test split")
    return quantise_input(images[first : first + count])
