"""A compiled program: memory images, the places of its tensors, what host and array exchange, and its predicted cycles."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from flightasic.compiler.cycles import start_cycles
from flightasic.compiler.report import LayerReport, StepReport
from flightasic.compiler.tensors import TensorLayout
from flightasic.config import ArrayConfig
from flightasic.errors import FormatError
from flightasic.files import write_atomically
from flightasic.formats import act_range
from flightasic.microcode import check_program

FORMAT = "flightasic-program"
FORMAT_VERSION = 4
_INPUT_RULE = "this program takes integers {low}..{high}; make them from pixels 0..255 with flightasic.data.quantise_input"


@dataclass(frozen=True)
class Transfer:
    """Word rows that a LOAD reads from host memory, or a STORE writes to it.

    Row i starts at host word ``base + i * pitch`` and has ``row_words`` words; ``rows`` rows follow one another on the stream.
    Loads are served in their order, stores in theirs; a load may be read from host memory once the first ``after`` stores of
    the image are complete.
    """

    store: bool
    base: int
    row_words: int
    pitch: int
    rows: int
    after: int = 0


@dataclass(frozen=True)
class Program:
    """What the host loads and how it talks to the array.

    The host keeps ``host_words`` activation words. For every image it puts :meth:`pack_image` at ``host[0].base``, serves
    :attr:`transfers` (loads in order, stores in order), and finds the result at ``host[-1]``.

    Attributes
    ----------
    config : ArrayConfig
    words : list of int
        Microcode memory, 64 bits each.
    codes : list of int
        Array rows of codes, ``config.code_word_bits`` bits each.
    streamed : bool
        The codes arrive on the code stream in the order of :attr:`code_order`, for every image anew; otherwise they lie in the
        code memory.
    code_order : tuple of (first, count)
        Ranges of :attr:`codes` in the order in which the steps of an image use them.
    in_shape : (channels, height, width)
    window : (width, padding)
        Kernel columns packed into the channels of an input word, and the zero padding that needs; (1, 0) = none.
    tensors : tuple of TensorLayout or None
        Input and every layer's output in the activation banks; None = in host memory only, passing through in tiles.
    host : tuple of TensorLayout or None
        The same in host memory; None = never leaves the banks. The input and the result are always there.
    host_words : int
        Size of the host memory, in activation words.
    transfers : tuple of Transfer
        Loads and stores of one image, in the order of the program.
    steps : tuple of StepReport
        Every step with its exact cycles.
    layers : tuple of LayerReport
    channels : tuple of int
        Channels of each layer's output, dropped ones included.
    """

    config: ArrayConfig
    words: list[int]
    codes: list[int]
    streamed: bool
    code_order: tuple[tuple[int, int], ...]
    in_shape: tuple[int, int, int]
    window: tuple[int, int]
    tensors: tuple[TensorLayout | None, ...]
    host: tuple[TensorLayout | None, ...]
    host_words: int
    transfers: tuple[Transfer, ...]
    steps: tuple[StepReport, ...]
    layers: tuple[LayerReport, ...]
    channels: tuple[int, ...]

    @property
    def image_layout(self) -> TensorLayout:
        """The input in host memory."""
        return _present(self.host[0])

    @property
    def result_layout(self) -> TensorLayout:
        """The result in host memory."""
        return _present(self.host[-1])

    @property
    def cycles(self) -> int:
        """Cycles of one image, from its first word taken to the last word of the result, without stalls of the host."""
        return sum(step.cycles for step in self.steps)

    @property
    def period(self) -> int:
        """Cycles from the first word of an image to that of the next, images one after another: no two of them overlap."""
        return self.cycles + start_cycles(self.config)

    def pack_image(self, image: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
        """Activation words [image_layout.words, lanes] of an image [C, H, W] of integers -128..127 (0..127 without signed activations).

        Raises
        ------
        FormatError
            If the image has another shape, is not of integers, or leaves the range (raw pixels 0..255 must be quantised first).
        """
        pixels = np.asarray(image)
        if pixels.shape != self.in_shape:
            raise FormatError(f"image has shape {pixels.shape}, this program takes {self.in_shape}; resize it or compile for its shape")
        low, high = act_range(self.config)
        rule = _INPUT_RULE.format(low=low, high=high)
        if not np.issubdtype(pixels.dtype, np.integer):
            raise FormatError(f"image has dtype {pixels.dtype}, {rule}")
        if pixels.min() < low or pixels.max() > high:
            raise FormatError(f"image has values {pixels.min()}..{pixels.max()}, {rule}")
        layout = self.image_layout
        width, padding = self.window
        padded = np.pad(pixels.astype(np.int64), ((0, 0), (0, 0), (padding, padding)))
        stacked = np.concatenate([padded[:, :, x : x + layout.width] for x in range(width)])
        values = np.zeros((layout.height, layout.width, layout.pixel_pitch * layout.lanes), dtype=np.int64)
        values[:, :, : len(stacked)] = stacked.transpose(1, 2, 0)
        return values.reshape(-1, layout.lanes)[: layout.words]

    def unpack_result(self, words: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
        """Words [result_layout.words, lanes] at the result's place in host memory to values [channels, height, width]."""
        return self.result_layout.channels(words, self.channels[-1])

    def save(self, path: str | Path) -> None:
        """Write the program as one JSON file (memory images as hexadecimal words)."""
        body = {
            "format": FORMAT,
            "version": FORMAT_VERSION,
            "config": self.config.to_dict(),
            "words": [f"{word:016x}" for word in self.words],
            "codes": [f"{word:x}" for word in self.codes],
            "streamed": self.streamed,
            "code_order": self.code_order,
            "in_shape": self.in_shape,
            "window": self.window,
            "tensors": [tensor and asdict(tensor) for tensor in self.tensors],
            "host": [tensor and asdict(tensor) for tensor in self.host],
            "host_words": self.host_words,
            "transfers": [asdict(transfer) for transfer in self.transfers],
            "steps": [asdict(step) for step in self.steps],
            "layers": [asdict(layer) for layer in self.layers],
            "channels": self.channels,
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
            streamed=body["streamed"],
            code_order=tuple((first, count) for first, count in body["code_order"]),
            in_shape=tuple(body["in_shape"]),
            window=tuple(body["window"]),
            tensors=tuple(_layout(tensor) for tensor in body["tensors"]),
            host=tuple(_layout(tensor) for tensor in body["host"]),
            host_words=body["host_words"],
            transfers=tuple(Transfer(**transfer) for transfer in body["transfers"]),
            steps=tuple(StepReport(**step) for step in body["steps"]),
            layers=tuple(LayerReport(**layer) for layer in body["layers"]),
            channels=tuple(body["channels"]),
        )
        check_program(program.words, program.config.fingerprint)
        return program


def _present(layout: TensorLayout | None) -> TensorLayout:
    assert layout is not None
    return layout


def _layout(fields: dict[str, Any] | None) -> TensorLayout | None:
    return None if fields is None else TensorLayout(**{**fields, "positions": tuple(fields["positions"])})


def _digest(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
