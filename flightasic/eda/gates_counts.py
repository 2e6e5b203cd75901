"""What the reader of change dumps (``activity.cpp``) counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from flightasic.eda.activity import Activity
from flightasic.errors import FormatError

Counts = npt.NDArray[np.int64]
_PS_PER_NS = 1000.0


@dataclass(frozen=True)
class DumpCounts:
    """Counts by window (W), net (N) and sampled signal bit (S), times in picoseconds.

    Attributes
    ----------
    names, sampled : nets, in the order of the columns; sampled bits
    cycles, window_ps, unknown_ps : int64 [W]; the last is the time at X or Z, summed over all nets
    toggles, high_ps : int64 [W, N]
    ones : int64 [W, S], cycles that ended with a 1
    net_unknown_ps : int64 [N]
    """

    names: tuple[str, ...]
    sampled: tuple[str, ...]
    cycles: Counts
    window_ps: Counts
    unknown_ps: Counts
    toggles: Counts
    high_ps: Counts
    ones: Counts
    net_unknown_ps: Counts

    @classmethod
    def read(cls, path: Path, windows: int) -> DumpCounts:
        """Read the reader's result; a damaged one is a :class:`FormatError`."""
        head, mark, body = path.read_bytes().partition(b"data\n")
        lines = head.decode().splitlines()
        names = tuple(line.removeprefix("net ") for line in lines if line.startswith("net "))
        sampled = tuple(line.removeprefix("sampled ") for line in lines if line.startswith("sampled "))
        w, n, s = windows, len(names), len(sampled)
        shapes = [(w,), (w,), (w,), (w, n), (w, n), (w, s), (n,)]
        values = np.frombuffer(body, dtype="<i8") if len(body) % 8 == 0 else np.zeros(0, dtype=np.int64)
        if not mark or len(values) != sum(int(np.prod(shape)) for shape in shapes):
            raise FormatError(f"{path}: counts of {w} windows expected, the file is damaged; simulate again")
        arrays, start = [], 0
        for shape in shapes:
            end = start + int(np.prod(shape))
            arrays.append(values[start:end].reshape(shape).astype(np.int64))
            start = end
        return cls(names, sampled, *arrays)

    def activity(self) -> Activity:
        """The nets' activity by window."""
        return Activity(self.names, self.toggles, self.high_ps / _PS_PER_NS, self.window_ps / _PS_PER_NS, self.cycles)

    def unknown_share(self) -> float:
        """Share (0..1) of all nets' time in windows at X or Z."""
        total = int(self.window_ps.sum()) * len(self.names)
        return int(self.unknown_ps.sum()) / total if total else 0.0

    def accesses(self, ports: Sequence[str]) -> Mapping[str, Counts]:
        """Columns of ``ones`` by port, [W, bits] in the order of the bits."""
        return {port: self.ones[:, [i for i, name in enumerate(self.sampled) if name.partition("[")[0] == port]] for port in ports}
