"""Switching activity: how often every net toggles, and how long it is high, in each window of a simulation."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from flightasic.errors import FormatError
from flightasic.files import write_atomically

MIN_ANNOTATED = 0.99  # share of a netlist's nets (pins, where OpenSTA counts) whose activity must be known
_ARRAYS = ("names", "toggles", "high_ns", "window_ns", "cycles")


@dataclass(frozen=True)
class Activity:
    """Activity of a simulation, cut into windows (the steps of a program).

    Attributes
    ----------
    names : name of every net, as :class:`~flightasic.eda.netlist.GateNetlist` names it
    toggles : int64 [windows, nets], transitions between 0 and 1, glitches included
    high_ns : float64 [windows, nets], time at 1 in nanoseconds
    window_ns : float64 [windows], length of each window in nanoseconds
    cycles : int64 [windows], clock cycles of each window
    """

    names: tuple[str, ...]
    toggles: npt.NDArray[np.int64]
    high_ns: npt.NDArray[np.float64]
    window_ns: npt.NDArray[np.float64]
    cycles: npt.NDArray[np.int64]

    def save(self, path: Path) -> None:
        """As a NumPy archive (.npz), in one step."""
        buffer = io.BytesIO()
        np.savez_compressed(
            buffer, names=np.array(self.names), toggles=self.toggles, high_ns=self.high_ns, window_ns=self.window_ns, cycles=self.cycles
        )
        write_atomically(path, buffer.getvalue())

    @classmethod
    def load(cls, path: Path) -> Activity:
        """From :meth:`save`.

        Raises
        ------
        FormatError
            If the file is damaged or not an activity.
        """
        try:
            with np.load(path, allow_pickle=False) as data:
                arrays = {name: data[name] for name in _ARRAYS}
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise FormatError(f"{path}: not a switching activity ({error}); simulate again") from error
        return cls(tuple(str(name) for name in arrays.pop("names")), **arrays)

    def aligned(self, names: Sequence[str]) -> tuple[npt.NDArray[np.intp], float]:
        """Column of each of ``names`` in this activity (-1 where it has none), and the share of names it has (0..1)."""
        columns = {name: number for number, name in enumerate(self.names)}
        found = np.array([columns.get(name, -1) for name in names], dtype=np.intp)
        return found, float((found >= 0).mean()) if len(found) else 0.0
