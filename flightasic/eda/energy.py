"""Energy of a network on a synthesised array: gate-level simulation, power, memories, and the figures made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from flightasic.compiler import Program
from flightasic.ir import IntegerNetwork

FloatArray = npt.NDArray[np.float64]
PARTS = ("logic", "registers", "clock", "leakage", "memory")
MESH = "mesh"
_PJ_PER_NJ = 1e3
_LOAD_AND_STORE = "transfers"


@dataclass(frozen=True)
class StepEnergy:
    """What the steps of a program took for one image, in pJ.

    Attributes
    ----------
    units : names of the core's units
    core : float [steps, units, 4], parts "logic", "registers", "clock" and "leakage"
    memories : names of the memories; empty if the technology has none that could be charged
    memory : float [steps, memories], accesses and leakage
    """

    units: tuple[str, ...]
    core: FloatArray
    memories: tuple[str, ...]
    memory: FloatArray

    def parts(self, steps: npt.NDArray[np.bool_] | slice = slice(None)) -> dict[str, float]:
        """pJ by part over some steps."""
        core = self.core[steps].sum(axis=(0, 1))
        return dict(zip(PARTS, [*core.tolist(), float(self.memory[steps].sum())], strict=True))


def energy_figures(
    energy: StepEnergy, program: Program, network: IntegerNetwork, *, clock_ns: float, area_um2: Mapping[str, float]
) -> dict[str, Any]:
    """The figures of an energy record that follow from the energy of the steps.

    Energies are those of one image. A useful MAC is one weight times one activation of the network, whatever k; a product is one of
    the k terms that the array computes for it.

    Returns
    -------
    dict
        ``cycles``, ``power_mw`` and ``energy_per_inference_nj`` (by part, ``core`` and ``total``), ``useful_macs``, ``products``,
        ``utilization``, ``energy_per_mac_pj`` and ``energy_per_product_pj`` (``array``, ``core``, ``total``), ``inferences_per_s``,
        ``gops_per_w`` and ``gops_per_mm2`` (two operations a MAC), ``layers``, ``units``, ``memories``.
    """
    cycles = np.array([step.cycles for step in program.steps])
    image_ns = float(cycles.sum()) * clock_ns
    parts = energy.parts()
    total = sum(parts.values())
    core = total - parts["memory"]
    array = float(energy.core[:, energy.units.index(MESH)].sum()) if MESH in energy.units else float("nan")
    macs = sum(network.macs())
    products = sum(layer.products for layer in program.layers)
    compute = sum(layer.cycles for layer in program.layers)
    sums = {"array": array, "core": core, "total": total}
    operations = 2.0 * macs
    return {
        "cycles": int(cycles.sum()),
        "energy_per_inference_nj": {name: value / _PJ_PER_NJ for name, value in {**parts, "core": core, "total": total}.items()},
        "power_mw": {name: value / image_ns for name, value in {**parts, "core": core, "total": total}.items()},
        "useful_macs": macs,
        "products": products,
        "utilization": products / (compute * program.config.products_per_cycle),
        "energy_per_mac_pj": {name: value / macs for name, value in sums.items()},
        "energy_per_product_pj": {name: value / products for name, value in sums.items()},
        "inferences_per_s": 1e9 / image_ns,
        "gops_per_w": operations / total * 1e3,
        "gops_per_mm2": operations / image_ns / (sum(area_um2.values()) / 1e6),
        "layers": _layers(energy, program, network, cycles),
        "units": dict(zip(energy.units, (energy.core.sum(axis=(0, 2)) / _PJ_PER_NJ).tolist(), strict=True)),
        "memories": dict(zip(energy.memories, (energy.memory.sum(axis=0) / _PJ_PER_NJ).tolist(), strict=True)),
    }


def _layers(energy: StepEnergy, program: Program, network: IntegerNetwork, cycles: npt.NDArray[np.int64]) -> list[dict[str, Any]]:
    """Energy by layer, in nJ; loading the image and storing the result come last, as one entry."""
    owner = np.array([step.layer for step in program.steps])
    names = [*(layer.name for layer in program.layers), _LOAD_AND_STORE]
    found = []
    for index, name in enumerate(names):
        own = owner == index if index < len(program.layers) else (owner < 0) | (owner >= len(program.layers))
        parts = {part: value / _PJ_PER_NJ for part, value in energy.parts(own).items()}
        entry: dict[str, Any] = {"name": name, "cycles": int(cycles[own].sum()), "energy_nj": {**parts, "total": sum(parts.values())}}
        if index < len(program.layers):
            layer = program.layers[index]
            mesh = float(energy.core[own, energy.units.index(MESH)].sum()) if MESH in energy.units else float("nan")
            entry |= {
                "macs": layer.macs,
                "products": layer.products,
                "array_pj_per_product": mesh / layer.products if layer.products else None,
            }
        found.append(entry)
    return found
