"""Benches on PyMTL3's own simulation, the first of the three levels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pymtl3 import Bits, Component, DefaultPassGroup, InPort, OutPort

from verification.bench import Bench


def port_names(component: Component, direction: str) -> dict[str, str]:
    """Verilog names of an elaborated component's "input" or "output" ports, without the clock, to their PyMTL3 paths."""
    kind = {"input": InPort, "output": OutPort}[direction]
    ports = component.get_all_object_filter(
        lambda item: isinstance(item, kind) and item.is_top_level_signal() and item.get_host_component() is component
    )
    paths = sorted(repr(port).removeprefix("s.") for port in ports)
    return {path.replace(".", "_"): path for path in paths if path != "clk"}


class _Outputs(Mapping[str, int]):
    def __init__(self, component: Component, paths: Mapping[str, str]) -> None:
        self._component = component
        self._paths = paths

    def __getitem__(self, name: str) -> int:
        return int(_resolve(self._component, self._paths[name]))

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)


def _resolve(component: Component, path: str) -> Any:
    value = component
    for name in path.split("."):
        value = getattr(value, name)
    return value


def simulate(component: Component, bench: Bench) -> None:
    """Play a bench on a component; a failed comparison is the bench's AssertionError."""
    component.elaborate()
    inputs, outputs = port_names(component, "input"), port_names(component, "output")
    component.apply(DefaultPassGroup())
    sampled = _Outputs(component, outputs)
    try:
        changes = next(bench)
        while True:
            for name, value in changes.items():
                port: Bits = _resolve(component, inputs[name])
                port @= Bits(port.nbits, value)
            component.sim_eval_combinational()
            changes = bench.send(sampled)
            component.sim_tick()
    except StopIteration:
        return
