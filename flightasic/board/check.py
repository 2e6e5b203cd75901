"""A network on an accelerator, beside the golden model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from flightasic.compiler import compile_network
from flightasic.config import ArrayConfig
from flightasic.errors import DataError
from flightasic.formats import act_range
from flightasic.host import Accelerator
from flightasic.ir import IntegerNetwork


@dataclass(frozen=True)
class BoardCheck:
    """Outputs and golden model, int8 [N, channels, height, width]; clock cycles [N] measured, and predicted per image."""

    outputs: npt.NDArray[np.int8]
    expected: npt.NDArray[np.int8]
    cycles: npt.NDArray[np.int64]
    predicted: int

    @property
    def equal(self) -> int:
        """Images of which every output is equal."""
        return int((self.outputs == self.expected).reshape(len(self.outputs), -1).all(axis=1).sum())


def check_on(
    accelerator: Accelerator,
    network: IntegerNetwork,
    images: npt.NDArray[np.int8],
    *,
    progress: Callable[[int], None] | None = None,
) -> BoardCheck:
    """Compile for the accelerator's array, reset it, load, and run images int8 [N, channels, height, width].

    Raises
    ------
    CompileError
        If the network does not fit the array.
    HostError
        As :meth:`Accelerator.run`.
    DataError, FormatError
        If the images are not the network's.
    """
    import torch

    from flightasic import golden

    expected = golden.run(network, torch.from_numpy(images))[-1].numpy().astype(np.int8)
    program = compile_network(network, accelerator.config)
    accelerator.reset()
    accelerator.load(program)
    result = accelerator.run(images, progress=progress)
    return BoardCheck(result.outputs, expected, result.cycles, program.cycles)


def random_images(network: IntegerNetwork, config: ArrayConfig, count: int, seed: int) -> npt.NDArray[np.int8]:
    """``count`` images of the network's shape, every value that the array takes equally likely."""
    low, high = act_range(config)
    return np.random.default_rng(seed).integers(low, high + 1, (count, *network.in_shape), dtype=np.int8)


def load_images(path: Path, count: int) -> npt.NDArray[np.int8]:
    """The first ``count`` images of a NumPy file.

    Raises
    ------
    DataError
        If it holds no int8 [N, channels, height, width].
    """
    try:
        images: npt.NDArray[np.int8] = np.load(path, allow_pickle=False)
    except (ValueError, OSError) as error:
        raise DataError(f"{path}: not a NumPy file of images: {error}") from error
    if images.dtype != np.int8 or images.ndim != 4 or not len(images):
        raise DataError(f"{path}: images must be int8 [N, C, H, W], got {images.dtype} {list(images.shape)}")
    return images[:count]
