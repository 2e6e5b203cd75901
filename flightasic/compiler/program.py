"""A compiled program: memory images, the places of its tensors, and its predicted cycles."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from flightasic.compiler.tensors import TensorLayout
from flightasic.config import ArrayConfig
from flightasic.errors import FormatError
from flightasic.files import write_atomically
from flightasic.formats import ACT_MAX, ACT_MIN
from flightasic.microcode import check_program

FORMAT = "flightasic-program"
FORMAT_VERSION = 1
_INPUT_RULE = f"this program takes integers {ACT_MIN}..{ACT_MAX}; make them from pixels 0..255 with flightasic.data.quantise_input"


@dataclass(frozen=True)
class LayerReport:
    """Predicted cost of a layer.

    Attributes
    ----------
    macs : int
        Multiply-accumulates as papers count them: one per weight and output pixel.
    products : int
        Code products the array must do: k per weight and pixel, without pruned input channels and rows that pooling drops.
    cycles, waiting : int
        All cycles, and those in which the array waited for its codes.
    steps : int
        Step descriptors (strips of output rows).
    """

    name: str
    macs: int
    products: int
    cycles: int
    waiting: int
    steps: int

    def utilization(self, config: ArrayConfig) -> float:
        """Share of the array's product slots that did code products, 0..1."""
        return self.products / (self.cycles * config.products_per_cycle)


@dataclass(frozen=True)
class Program:
    """What the host loads and how it talks to the array.

    Attributes
    ----------
    config : ArrayConfig
    words : list of int
        Microcode memory, 64 bits each.
    codes : list of int
        Code memory, ``config.code_word_bits`` bits each.
    in_shape : (channels, height, width)
    window : (width, padding)
        Kernel columns packed into the channels of an input word, and the zero padding that needs; (1, 0) = none.
    tensors : tuple of TensorLayout
        Input and every layer's output.
    channels : tuple of int
        Channels of each layer's output, dropped ones included.
    layers : tuple of LayerReport
    """

    config: ArrayConfig
    words: list[int]
    codes: list[int]
    in_shape: tuple[int, int, int]
    window: tuple[int, int]
    tensors: tuple[TensorLayout, ...]
    channels: tuple[int, ...]
    layers: tuple[LayerReport, ...]

    @property
    def image_words(self) -> int:
        layout = self.tensors[0]
        return layout.height * layout.width * layout.cb

    @property
    def result_words(self) -> int:
        layout = self.tensors[-1]
        return layout.height * layout.width * layout.cb

    @property
    def cycles(self) -> int:
        """Cycles of one image, from its first word taken to the last word of the result, without stalls of the host."""
        return self.image_words + sum(layer.cycles for layer in self.layers) + 2 * self.result_words

    @property
    def steps_of_layer(self) -> list[int]:
        """Index of the step after each layer's last one."""
        return list(accumulate(layer.steps for layer in self.layers))

    def pack_image(self, image: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Image [channels, height, width] to stream words [image_words, lanes]: channels last, window columns packed.

        Parameters
        ----------
        image : integers of any dtype, -128..127

        Raises
        ------
        FormatError
            If the image has another shape, another kind of dtype, or a value out of range.
        """
        pixels = np.asarray(image)
        if pixels.shape != self.in_shape:
            raise FormatError(f"image has shape {pixels.shape}, this program takes {self.in_shape}")
        if not np.issubdtype(pixels.dtype, np.integer):
            raise FormatError(f"image has dtype {pixels.dtype}, {_INPUT_RULE}")
        if pixels.min() < ACT_MIN or pixels.max() > ACT_MAX:
            raise FormatError(f"image has values {pixels.min()}..{pixels.max()}, {_INPUT_RULE}")
        layout = self.tensors[0]
        width, padding = self.window
        padded = np.pad(pixels.astype(np.int64), ((0, 0), (0, 0), (padding, padding)))
        stacked = np.concatenate([padded[:, :, x : x + layout.width] for x in range(width)])
        words = np.zeros((layout.height, layout.width, layout.cb * layout.lanes), dtype=np.int64)
        words[:, :, : len(stacked)] = stacked.transpose(1, 2, 0)
        return words.reshape(self.image_words, layout.lanes)

    def unpack_result(self, words: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
        """Result words [result_words, lanes] to values [channels, height, width]."""
        return self.tensors[-1].channels(words, self.channels[-1])

    def save(self, path: str | Path) -> None:
        """Write the program as one JSON file (memory images as hexadecimal words)."""
        body = {
            "format": FORMAT,
            "version": FORMAT_VERSION,
            "config": self.config.to_dict(),
            "words": [f"{word:016x}" for word in self.words],
            "codes": [f"{word:x}" for word in self.codes],
            "in_shape": self.in_shape,
            "window": self.window,
            "tensors": [asdict(tensor) for tensor in self.tensors],
            "channels": self.channels,
            "layers": [asdict(layer) for layer in self.layers],
        }
        body["sha256"] = _digest(body)
        write_atomically(Path(path), json.dumps(body) + "\n")

    @classmethod
    def load(cls, path: str | Path) -> Program:
        """Read a program; a damaged or foreign file is a :class:`FormatError`."""
        path = Path(path)
        if not path.is_file():
            raise FormatError(f"{path}: no such program file; make one with 'flightasic compile'")
        try:
            body = json.loads(path.read_text())
            found, expected = body.pop("sha256"), _digest(body)
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            raise FormatError(f"{path}: not a program file ({error}); compile it again") from error
        if (body.get("format"), body.get("version")) != (FORMAT, FORMAT_VERSION) or found != expected:
            raise FormatError(f"{path}: not a program of version {FORMAT_VERSION}, or damaged; compile it again")
        program = cls(
            config=ArrayConfig.from_dict(body["config"]),
            words=[int(word, 16) for word in body["words"]],
            codes=[int(word, 16) for word in body["codes"]],
            in_shape=tuple(body["in_shape"]),
            window=tuple(body["window"]),
            tensors=tuple(TensorLayout(**{**tensor, "positions": tuple(tensor["positions"])}) for tensor in body["tensors"]),
            channels=tuple(body["channels"]),
            layers=tuple(LayerReport(**layer) for layer in body["layers"]),
        )
        check_program(program.words, program.config.fingerprint)
        return program


def _digest(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
