"""Several copies of a synthesised array in one netlist: synthesis takes the time of one, placing and routing sees them all."""

from __future__ import annotations

from typing import Any

SHARED = ("clk", "reset")


def copied(module: dict[str, Any], count: int) -> dict[str, Any]:
    """``count`` copies of a module side by side, as one module of yosys' JSON netlist; 1 = the module itself.

    Names of copy ``i`` begin with ``copy<i>.``, its ports with ``copy<i>_``. The ports :data:`SHARED` are those of all copies.
    """
    if count == 1:
        return module
    shared = {bit for name in SHARED if name in module["ports"] for bit in module["ports"][name]["bits"]}
    step = 1 + _largest(module)
    made: dict[str, Any] = {"attributes": module.get("attributes", {}), "ports": {}, "cells": {}, "netnames": {}}
    for copy in range(count):

        def moved(bits: list[Any], offset: int = copy * step) -> list[Any]:
            return [bit + offset if isinstance(bit, int) and bit not in shared else bit for bit in bits]

        for name, port in module["ports"].items():
            made["ports"][name if name in SHARED else f"copy{copy}_{name}"] = {**port, "bits": moved(port["bits"])}
        for name, cell in module["cells"].items():
            connections = {pin: moved(bits) for pin, bits in cell["connections"].items()}
            made["cells"][f"copy{copy}.{name}"] = {**cell, "connections": connections}
        for name, net in module["netnames"].items():
            made["netnames"][f"copy{copy}.{name}"] = {**net, "bits": moved(net["bits"])}
    return made


def _largest(module: dict[str, Any]) -> int:
    """The largest number of a net."""
    ends = [port["bits"] for port in module["ports"].values()] + [net["bits"] for net in module["netnames"].values()]
    ends += [bits for cell in module["cells"].values() for bits in cell["connections"].values()]
    return max((bit for bits in ends for bit in bits if isinstance(bit, int)), default=0)
