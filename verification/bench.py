"""A bench is a generator that plays one clock cycle per ``yield``; every simulator drives the same benches.

It yields the input ports that change in this cycle and is sent the output ports, to be read before its next ``yield``:
they are those of the same cycle, after the inputs have settled and before the clock edge. Ports carry unsigned integers.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field

from flightasic.config import ArrayConfig
from flightasic.formats import IntArray

Ports = Mapping[str, int]
Bench = Generator[Ports, Ports, None]

RESET_CYCLES = 3


def join(values: IntArray | Sequence[int], bits: int) -> int:
    """Integers to one packed bus of ``bits`` each (two's complement), the first in the lowest bits."""
    mask = (1 << bits) - 1
    return sum((int(value) & mask) << (bits * i) for i, value in enumerate(values))


@dataclass
class Case:
    """A unit, its inputs cycle by cycle, and the outputs they must give.

    Attributes
    ----------
    unit : str
        A key of :data:`verification.emitted.UNITS`.
    config : ArrayConfig
    inputs : list of dict
        Ports that change, one dict a cycle.
    expected : dict of dict
        Outputs by cycle.
    """

    unit: str
    config: ArrayConfig
    inputs: list[dict[str, int]] = field(default_factory=list)
    expected: dict[int, dict[str, int]] = field(default_factory=dict)

    def cycle(self, **inputs: int) -> int:
        """Append a cycle; returns its number."""
        self.inputs.append(inputs)
        return len(self.inputs) - 1

    @property
    def now(self) -> int:
        """Number of the cycle that :meth:`cycle` appends next."""
        return len(self.inputs)

    def expect(self, cycle: int, **outputs: int) -> None:
        """Require outputs in a cycle."""
        self.expected.setdefault(cycle, {}).update(outputs)

    def bench(self) -> Bench:
        """Reset, play all cycles, and compare."""
        for _ in range(RESET_CYCLES):
            yield {"reset": 1}
        for number in range(max(self.now, 1 + max(self.expected))):
            outputs = yield {"reset": 0, **(self.inputs[number] if number < self.now else {})}
            for port, value in self.expected.get(number, {}).items():
                assert outputs[port] == value, f"{self.unit}, cycle {number}: {port} is {outputs[port]:#x}, expected {value:#x}"
