"""What hardware charges for a network in training: cycles or energy, in all and for every plane of every filter (docs/prices.md)."""

from flightasic.pricing.cycles import CyclesMeter
from flightasic.pricing.energy import EnergyMeter
from flightasic.pricing.meters import meter_for

__all__ = ["CyclesMeter", "EnergyMeter", "meter_for"]
