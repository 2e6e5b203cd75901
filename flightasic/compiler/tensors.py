"""Where tensors lie in the activation banks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class TensorLayout:
    """A tensor as activation words of ``lanes`` channels, pixel by pixel, row by row.

    Attributes
    ----------
    height, width : int
        Pixels.
    positions : tuple of int
        The source channel at each channel position; -1 where the position is unused.
    lanes : int
    pitch : int
        Words from the start of a row to the start of the next.
    base : int
        Word address of the first pixel.
    """

    height: int
    width: int
    positions: tuple[int, ...]
    lanes: int
    pitch: int
    base: int = 0

    @property
    def cb(self) -> int:
        """Words per pixel."""
        return -(-len(self.positions) // self.lanes)

    @property
    def words(self) -> int:
        """Words from the first to the last, gaps between rows included."""
        return (self.height - 1) * self.pitch + self.width * self.cb

    def addresses(self) -> npt.NDArray[np.int64]:
        """Word addresses [height, width, cb]."""
        rows = np.arange(self.height)[:, None, None] * self.pitch
        columns = np.arange(self.width)[None, :, None] * self.cb
        return self.base + rows + columns + np.arange(self.cb)[None, None, :]

    def channels(self, words: npt.NDArray[Any], count: int) -> npt.NDArray[np.int64]:
        """Values [count, height, width] of the source channels, from words [height * width * cb, lanes]; dropped ones are 0."""
        values = words.reshape(self.height, self.width, self.cb * self.lanes)
        result = np.zeros((count, self.height, self.width), dtype=np.int64)
        for position, channel in enumerate(self.positions):
            if channel >= 0:
                result[channel] = values[:, :, position]
        return result


def pitch_for(width_words: int, kernel: tuple[int, int], cb: int, banks: int) -> int:
    """Smallest row pitch that keeps the kernel words of every window in consecutive banks.

    Kernel word i of a window then lies in bank (start + i) mod banks, so the rows of a pass, which read consecutive kernel
    words, never collide (docs/architecture.md, "Feeding").
    """
    if kernel[0] == 1:
        return width_words
    return width_words + (kernel[1] * cb - width_words) % banks
