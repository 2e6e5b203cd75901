"""Energy of a network in training, from what a code slot took in trial arrays: for choosing planes, never a result.

The figures below were measured before the generator existed, on small hand-made arrays: sky130_fd_sc_hd, typical corner, 1.8 V,
25 C, weight-stationary elements of 8 lanes in a 2x2 mesh, clock tree in, gate-level simulation with glitches, no layout, about 55 %
zero activations. They rank planes and code widths against each other. What a network takes is measured by the flows alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from flightasic.compiler.placement import virtual_columns
from flightasic.config import ArrayConfig
from flightasic.errors import ConfigError
from flightasic.ir import IntegerNetwork, Layer
from flightasic.nn.network import FLightNetwork
from flightasic.nn.target import Cost
from flightasic.pricing.blank import KeptPlanes, blank_network, check_scheme, droppable, first_planes, kept_planes

FloatArray = npt.NDArray[np.float64]

_PJ_PER_UJ = 1e6


@dataclass(frozen=True)
class SlotEnergy:
    """pJ that a code takes for one activation, as a line over the share (0..1) of zero codes."""

    at_no_zeros_pj: float
    slope_pj: float

    def pj(self, zero_share: npt.ArrayLike) -> FloatArray:
        """Energy at these shares of zero codes."""
        return self.at_no_zeros_pj + self.slope_pj * np.asarray(zero_share, dtype=np.float64)

    @classmethod
    def through(cls, point: tuple[float, float], slope_pj: float) -> SlotEnergy:
        """The line of that slope through (zero share, pJ)."""
        return cls(point[1] - slope_pj * point[0], slope_pj)


# Trial arrays: (share of zero codes, pJ per code and activation).
_SHIFT4_TRIALS = ((0.10, 1.19), (0.38, 1.05), (0.64, 0.90))
_SHIFT3_TRIAL = (0.10, 1.06)
_LOGIC_PJ = {4: 0.58, 3: 0.48}  # the part of a shift element's energy in its logic, by code bits, at 10 % zero codes
_FIXED_TRIALS_PJ = {"fixed4": 1.21, "fixed8": 2.29}  # the best multiplier of each width


def slot_energy(arith: str, code_bits: int) -> SlotEnergy:
    """The line of an arithmetic; (arith, code_bits) as in :class:`~flightasic.config.ArrayConfig`.

    "shift" with 4-bit codes is the least-squares line through three trials. With 3 bits one share of zeros was tried: that line has
    the slope of 4 bits in the proportion of the two elements' logic energies, which is an assumption. Multipliers were tried at one
    share too, and are taken as constant. With codes of 2 bits nothing was tried: a ConfigError.
    """
    if arith != "shift":
        return SlotEnergy(_FIXED_TRIALS_PJ[arith], 0.0)
    if code_bits not in _LOGIC_PJ:
        raise ConfigError(f"no trial array measured the energy of code_bits={code_bits}; set a target of cycles or k, or code_bits=3")
    shares, energies = np.array(_SHIFT4_TRIALS).T
    slope, at_no_zeros = np.polyfit(shares, energies, 1)
    if code_bits == 4:
        return SlotEnergy(float(at_no_zeros), float(slope))
    return SlotEnergy.through(_SHIFT3_TRIAL, float(slope) * _LOGIC_PJ[code_bits] / _LOGIC_PJ[4])


class EnergyMeter:
    """Energy in uJ per image from the trial arrays' energy per code slot: for pricing only.

    Every code in use is paid once per output pixel, by the share of zero codes in its plane. Cycles in which an element does nothing
    useful are free, since no trial measured them, and so are memories. The array's size does not count.
    """

    unit = "uJ"

    def __init__(self, config: ArrayConfig) -> None:
        self.config = config
        self._energy = slot_energy(config.arith, config.code_bits)

    def measure(self, model: FLightNetwork, kept: list[Tensor] | None = None) -> Cost:
        """Energy of the model, and prices per plane and filter.

        Parameters
        ----------
        model : FLightNetwork
        kept : list of bool [P, O]
            Planes in use of every stage (empty for average pooling), instead of the model's; a plane beyond the scheme's has as many
            zero codes as the last one.

        Returns
        -------
        Cost
            ``prices[s]`` (float [P, O], as ``kept``) is what a plane takes over the channels that are not dropped; the first plane in
            use bears in addition what the readers of the filter's output take for it, unless the filter cannot be dropped.

        Raises
        ------
        ConfigError
            If the array is not made for the model's scheme, or ``kept`` for the model.
        """
        check_scheme(model.scheme, self.config)
        planes = kept_planes(model, kept)
        network = blank_network(model, planes)
        slots = filter_slots(network)
        paid = [
            count * self._energy.pj(share) / _PJ_PER_UJ for count, share in zip(slots, _zero_shares(model, network, planes), strict=True)
        ]
        used = [energy * in_use for energy, in_use in zip(paid, _in_use(network, planes), strict=True)]
        outputs = _channel_costs(network, used)
        prices = []
        for energy, in_use, drops, output in zip(paid, planes, droppable(network), outputs[1:], strict=True):
            price = energy if in_use.size else np.zeros(in_use.shape)
            price = price + first_planes(in_use) * output if drops and in_use.size else price
            prices.append(torch.from_numpy(price).float())
        return Cost(total=float(sum(energy.sum() for energy in used)), prices=prices)


def filter_slots(network: IntegerNetwork) -> list[FloatArray]:
    """Code slots of one plane of every filter, float [O] per layer: its taps over channels that are not dropped, for all pixels."""
    shapes = network.shapes()
    alive = _alive(network)
    slots = []
    for index, (layer, source) in enumerate(zip(network.layers, network.sources(), strict=True)):
        depths = alive[source].reshape(layer.groups, -1).sum(1)
        counts = depths.repeat(layer.out_channels // layer.groups) * _per_channel(layer, shapes[index + 1])
        slots.append(counts.astype(np.float64))
    return slots


def _per_channel(layer: Layer, out_shape: tuple[int, int, int]) -> int:
    """Slots of one plane of a filter for one channel; pixels that no pool window takes are not computed."""
    return layer.kernel[0] * layer.kernel[1] * out_shape[1] * out_shape[2] * layer.pool**2


def _alive(network: IntegerNetwork) -> list[npt.NDArray[np.bool_]]:
    """Channels of every tensor that are not dropped, bool [C]."""
    last = len(network.layers) - 1
    columns = (virtual_columns(layer, keep_all=index == last) for index, layer in enumerate(network.layers))
    return [np.ones(network.in_shape[0], dtype=bool), *(count > 0 for count in columns)]


def _in_use(network: IntegerNetwork, planes: KeptPlanes) -> KeptPlanes:
    """Planes in use, bool [P, O] per layer; average pooling uses all of its own."""
    return [kept if kept.size else np.ones(layer.offsets.shape, dtype=bool) for layer, kept in zip(network.layers, planes, strict=True)]


def _zero_shares(model: FLightNetwork, network: IntegerNetwork, planes: KeptPlanes) -> list[FloatArray]:
    """Share of zero codes, float [P, O] per layer, for as many planes as ``planes`` has; 0 for average pooling."""
    shares = []
    for layer, kept, share in zip(network.layers, planes, model.codes_zero_share(), strict=True):
        if not kept.size:
            shares.append(np.zeros(layer.offsets.shape))
            continue
        known = share.double().cpu().numpy()
        shares.append(known[np.minimum(np.arange(len(kept)), len(known) - 1)])
    return shares


def _channel_costs(network: IntegerNetwork, used: list[FloatArray]) -> list[FloatArray]:
    """What all readers of a tensor pay for each of its channels, float [C] per tensor."""
    shapes = network.shapes()
    alive = _alive(network)
    costs = [np.zeros(shape[0]) for shape in shapes]
    for layer, source, energy in zip(network.layers, network.sources(), used, strict=True):
        groups = energy.sum(0).reshape(layer.groups, -1).sum(1)
        depths = alive[source].reshape(layer.groups, -1).sum(1)
        costs[source] += (groups / np.maximum(depths, 1)).repeat(layer.in_channels // layer.groups)
    return costs
