"""Where tensors lie in the activation banks or in host memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class TensorLayout:
    """A tensor (or a tile of one) as activation words of ``lanes`` channels, pixel by pixel, row by row.

    Attributes
    ----------
    height, width : int
        Pixels.
    positions : tuple of int
        The source channel at each channel position; -1 where the position is unused.
    lanes : int
    pixel_pitch : int
        Words from the start of a pixel to the start of the next; words beyond :attr:`cb` are never read.
    pitch : int
        Words from the start of a row to the start of the next.
    base : int
        Word address of the first pixel.
    """

    height: int
    width: int
    positions: tuple[int, ...]
    lanes: int
    pixel_pitch: int
    pitch: int
    base: int = 0

    @property
    def cb(self) -> int:
        """Words per pixel, without padding words."""
        return words_for(len(self.positions), self.lanes)

    @property
    def row_words(self) -> int:
        """Words from a row's first to its last, padding words between pixels included."""
        return (self.width - 1) * self.pixel_pitch + self.cb

    @property
    def words(self) -> int:
        """Words from the first to the last, gaps between pixels and rows included."""
        return (self.height - 1) * self.pitch + self.row_words

    def address(self, row: int, column: int) -> int:
        """Word address of a pixel, which may lie outside the tensor (in its padding)."""
        return self.base + row * self.pitch + column * self.pixel_pitch

    def addresses(self) -> npt.NDArray[np.int64]:
        """Word addresses [height, width, cb]."""
        rows = np.arange(self.height)[:, None, None] * self.pitch
        columns = np.arange(self.width)[None, :, None] * self.pixel_pitch
        return self.base + rows + columns + np.arange(self.cb)[None, None, :]

    def channels(self, words: npt.NDArray[Any], count: int) -> npt.NDArray[np.int64]:
        """Values [count, height, width] of the source channels, from words [height * width * cb, lanes]; dropped ones are 0."""
        values = words.reshape(self.height, self.width, self.cb * self.lanes)
        result = np.zeros((count, self.height, self.width), dtype=np.int64)
        for position, channel in enumerate(self.positions):
            if channel >= 0:
                result[channel] = values[:, :, position]
        return result


def words_for(positions: int, lanes: int) -> int:
    """Activation words that hold so many channel positions."""
    return -(-positions // lanes)


def pitch_for(least: int, wanted: int, banks: int) -> int:
    """Smallest pitch of at least ``least`` words that is congruent to ``wanted`` modulo ``banks``.

    A row pitch congruent to the words of a kernel row keeps the kernel words of every window in consecutive banks: kernel word i
    lies in bank (start + i) mod banks, so the rows of a pass, which read consecutive kernel words, never collide
    (docs/architecture.md, "Feeding").
    """
    return least + (wanted - least) % banks
