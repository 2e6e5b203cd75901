"""Cycles of a network in training on an array, and what each plane of each filter has to do with them."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from flightasic.compiler import Prediction, predict_cycles
from flightasic.config import ArrayConfig
from flightasic.ir import IntegerNetwork
from flightasic.nn.network import FLightNetwork
from flightasic.nn.target import Cost
from flightasic.pricing.blank import KeptPlanes, blank_network, check_scheme, droppable, first_planes, kept_planes


class CyclesMeter:
    """Cycles per image on an array, as the compiler counts them (:func:`flightasic.compiler.predict_cycles`)."""

    unit = "cycles"

    def __init__(self, config: ArrayConfig) -> None:
        self.config = config

    def measure(self, model: FLightNetwork, kept: list[Tensor] | None = None) -> Cost:
        """The exact cycles of the exported network, and prices per plane and filter.

        Parameters
        ----------
        model : FLightNetwork
            Its weights count only through the planes they keep.
        kept : list of bool [P, O]
            Planes in use of every stage (empty for average pooling), instead of the model's; P may differ from the scheme's.

        Returns
        -------
        Cost
            ``prices[s]`` (float [P, O], as ``kept``) is what a plane of a filter costs: its share of its layer's cycles, each virtual
            column bearing the same. The first plane in use bears in addition what the filter's output costs the layers that read it,
            their cycles over the kernel window divided by the channels they read; so the kept prices sum up to more than the total,
            because the product of filters and channels counts for both. A first plane whose filter cannot be dropped costs nothing.

        Raises
        ------
        ConfigError
            If the array is not made for the model's scheme, or ``kept`` for the model.
        CompileError
            If the network does not fit the array.
        """
        check_scheme(model.scheme, self.config)
        planes = kept_planes(model, kept)
        network = blank_network(model, planes)
        prediction = predict_cycles(network, self.config)
        return Cost(total=float(prediction.cycles), prices=_prices(network, planes, prediction))


def _prices(network: IntegerNetwork, planes: KeptPlanes, prediction: Prediction) -> list[Tensor]:
    outputs = _channel_costs(network, prediction)
    prices = []
    for index, (kept, drops) in enumerate(zip(planes, droppable(network), strict=True)):
        own = np.full(kept.shape, prediction.layers[index] / prediction.columns[index].sum())
        if kept.size:
            first = first_planes(kept)
            own[first] = own[first] + outputs[index + 1] if drops else 0.0
        prices.append(torch.from_numpy(own).float())
    return prices


def _channel_costs(network: IntegerNetwork, prediction: Prediction) -> list[float]:
    """Cycles of every tensor's readers per channel that is not dropped.

    A depthwise reader spends none on a channel: its own filters have the columns.
    """
    costs = [0.0] * (len(network.layers) + 1)
    for index, (layer, source) in enumerate(zip(network.layers, network.sources(), strict=True)):
        if source == 0 or layer.groups == layer.in_channels > 1:
            continue
        passes = prediction.passes[index]
        over_window = prediction.layers[index] * passes.window / (passes.window + passes.residual)
        costs[source] += over_window / np.count_nonzero(prediction.columns[source - 1])
    return costs
