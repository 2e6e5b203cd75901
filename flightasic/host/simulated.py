"""A bus onto a simulated accelerator: the Verilator model of ``flight_axi``."""

from __future__ import annotations

import ctypes
from pathlib import Path

from flightasic.config import ArrayConfig
from flightasic.host.bus import BusError
from flightasic.hw.axi import code_stream_bits
from flightasic.hw.emit import AXI_TOP
from flightasic.registers import OKAY
from flightasic.sim.build import build_library

DEFAULT_CACHE = Path("build/sim")
HARNESS = Path(__file__).with_name("harness.cpp")
_ACCESS_CYCLES = 100


class SimulatedBus:
    """A :class:`~flightasic.host.bus.Bus` to an array in RTL, fresh from reset.

    The clock runs only while an access or a receive is under way; a result is taken whenever it is offered.

    Parameters
    ----------
    config : ArrayConfig
    cache : path
        Where compiled models are kept (built on first use).
    """

    def __init__(self, config: ArrayConfig, *, cache: str | Path = DEFAULT_CACHE) -> None:
        self._word_bytes = config.word_bits // 8
        self._code_bytes = code_stream_bits(config) // 8
        self._library = ctypes.CDLL(str(build_library(config, Path(cache), top=AXI_TOP, harness=HARNESS).resolve()))
        self._library.axi_new.restype = ctypes.c_void_p
        self._handle = ctypes.c_void_p(self._library.axi_new(self._word_bytes))

    def __del__(self) -> None:
        if getattr(self, "_handle", None) is not None:
            self._library.axi_free(self._handle)

    def read32(self, address: int) -> int:
        """See :class:`~flightasic.host.bus.Bus`."""
        value = ctypes.c_uint32()
        self._check("read of", address, self._library.axi_read(self._handle, address, ctypes.byref(value), _ACCESS_CYCLES))
        return value.value

    def write32(self, address: int, value: int) -> None:
        """See :class:`~flightasic.host.bus.Bus`."""
        self._check("write to", address, self._library.axi_write(self._handle, address, ctypes.c_uint32(value), _ACCESS_CYCLES))

    def send_image(self, data: bytes) -> None:
        """See :class:`~flightasic.host.bus.Bus`."""
        self._library.axi_send_image(self._handle, data, len(data) // self._word_bytes, self._word_bytes)

    def send_codes(self, data: bytes) -> None:
        """See :class:`~flightasic.host.bus.Bus`."""
        self._library.axi_send_codes(self._handle, data, len(data) // self._code_bytes, self._code_bytes)

    def receive_result(self, count: int, cycles: int) -> bytes:
        """See :class:`~flightasic.host.bus.Bus`."""
        words = count // self._word_bytes
        data = ctypes.create_string_buffer(count)
        received = self._library.axi_receive(self._handle, data, words, ctypes.c_uint64(cycles))
        if received < 0:
            raise BusError(f"no result of {words} words after {cycles} cycles")
        if received != words:
            raise BusError(f"a result of {received} words came, {words} were expected")
        return data.raw

    def flush(self) -> None:
        """See :class:`~flightasic.host.bus.Bus`."""
        self._library.axi_flush(self._handle)

    @staticmethod
    def _check(what: str, address: int, response: int) -> None:
        if response < 0:
            raise BusError(f"{what} address 0x{address:03X} was not answered in {_ACCESS_CYCLES} cycles")
        if response != OKAY:
            raise BusError(f"{what} address 0x{address:03X} was answered with SLVERR")
