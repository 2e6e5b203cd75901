"""The meter of a training target."""

from __future__ import annotations

from flightasic.config import ArrayConfig
from flightasic.nn.target import KMeter, Meter, Target
from flightasic.pricing.cycles import CyclesMeter
from flightasic.pricing.energy import EnergyMeter


def meter_for(target: Target, config: ArrayConfig) -> Meter:
    """The meter that measures a target's quantity: mean k, or cycles or energy on an array."""
    if target.quantity == "cycles":
        return CyclesMeter(config)
    return EnergyMeter(config) if target.quantity == "energy" else KMeter()
