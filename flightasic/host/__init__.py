"""The host's side of ``flight_axi``: a driver that runs over any bus, simulated or on a board (docs/host.md)."""

from flightasic.host.bus import Bus, BusError
from flightasic.host.driver import Accelerator, HostResult, Status

__all__ = ["Accelerator", "Bus", "BusError", "HostResult", "Status"]
