"""Output ports of a design under cocotb, as benches read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cocotb.handle import HierarchyObject


class Outputs(Mapping[str, int]):
    """A port's present value by its name."""

    def __init__(self, dut: HierarchyObject) -> None:
        self._dut = dut

    def __getitem__(self, name: str) -> int:
        return int(getattr(self._dut, name).value)

    def __iter__(self) -> Iterator[str]:
        raise TypeError("outputs are read by name")

    def __len__(self) -> int:
        raise TypeError("outputs are read by name")
