"""How the passes of a filter group step through the kernel words of a window."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Walk:
    """Kernel words in passes of ``rows``, each a run of words in neighbouring banks.

    ``break_x`` (``break_y``) ends a pass with each kernel column (row), because the next one does not continue in the next bank.
    """

    kernel: tuple[int, int]
    cb: int
    rows: int
    break_x: bool = False
    break_y: bool = False

    @property
    def passes(self) -> int:
        """Passes over the window."""
        height, width = self.kernel
        if self.break_x:
            return height * width * -(-self.cb // self.rows)
        if self.break_y:
            return height * -(-width * self.cb // self.rows)
        return -(-height * width * self.cb // self.rows)

    def slots(self) -> npt.NDArray[np.int64]:
        """Array row, counted through all passes, of each kernel word."""
        height, width = self.kernel
        words = np.arange(height * width * self.cb)
        run = self.cb if self.break_x else width * self.cb if self.break_y else len(words)
        return words // run * (-(-run // self.rows) * self.rows) + words % run
