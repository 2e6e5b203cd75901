"""The driver's bus inside cocotb: cocotbext-axi masters on ``flight_axi``, with stalls on every channel, and watches on its outputs."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.handle import HierarchyObject
from cocotb.task import resume
from cocotb.triggers import ClockCycles, ReadOnly, RisingEdge, SimTimeoutError, with_timeout
from cocotbext.axi import AxiLiteBus, AxiLiteMaster, AxiStreamBus, AxiStreamFrame, AxiStreamSink, AxiStreamSource
from cocotbext.axi.constants import AxiResp

from flightasic.host import BusError

CLOCK_NS = 10
RESET_CYCLES = 3
_ACCESS_CYCLES = 1000
# A master may neither drop a word that it has offered nor change it: (valid, ready, payload) of every channel the wrapper drives.
_OFFERS = (
    ("s_axi_bvalid", "s_axi_bready", ("s_axi_bresp",)),
    ("s_axi_rvalid", "s_axi_rready", ("s_axi_rresp", "s_axi_rdata")),
    ("m_axis_result_tvalid", "m_axis_result_tready", ("m_axis_result_tdata", "m_axis_result_tlast")),
)


class CocotbBus:
    """A :class:`flightasic.host.Bus` for use in a thread of ``cocotb.task.bridge``; coroutines for use outside of one.

    Create it with :meth:`start`.
    """

    def __init__(self, dut: HierarchyObject) -> None:
        self.dut = dut
        logging.getLogger("cocotb.flight_axi").setLevel(logging.WARNING)
        reset = {"reset": dut.aresetn, "reset_active_level": False}
        self.lite = AxiLiteMaster(AxiLiteBus.from_prefix(dut, "s_axi"), dut.aclk, **reset)
        self.image = AxiStreamSource(AxiStreamBus.from_prefix(dut, "s_axis_image"), dut.aclk, **reset)
        self.code = AxiStreamSource(AxiStreamBus.from_prefix(dut, "s_axis_code"), dut.aclk, **reset)
        self.result = AxiStreamSink(AxiStreamBus.from_prefix(dut, "m_axis_result"), dut.aclk, **reset)

    @classmethod
    async def start(cls, dut: HierarchyObject) -> CocotbBus:
        """Clock, reset, and the bus."""
        for port in dut:
            if port._name.startswith(("s_axi", "m_axi")):
                port.value = 0
        dut.aresetn.value = 0
        Clock(dut.aclk, CLOCK_NS, "ns").start()
        await ClockCycles(dut.aclk, RESET_CYCLES)
        bus = cls(dut)
        dut.aresetn.value = 1
        await ClockCycles(dut.aclk, 1)
        cocotb.start_soon(bus._watch())
        return bus

    async def hardware_reset(self) -> None:
        """``aresetn``, in the middle of whatever goes on; memories keep their contents."""
        self.dut.aresetn.value = 0
        self._drop()
        await ClockCycles(self.dut.aclk, RESET_CYCLES)
        self.dut.aresetn.value = 1
        await ClockCycles(self.dut.aclk, 1)

    def stall(self, chance: float, seed: int) -> None:
        """Hold every channel back in a cycle with this chance; 0 = never again."""
        write, read = self.lite.write_if, self.lite.read_if
        channels = (write.aw_channel, write.w_channel, write.b_channel, read.ar_channel, read.r_channel, self.image, self.code, self.result)
        for number, channel in enumerate(channels):
            channel.set_pause_generator(_pauses(chance, seed + number) if chance else None)
            channel.pause = False

    async def access(self, address: int, value: bytes | None = None) -> tuple[AxiResp, int]:
        """Write some bytes, or read a word: response, word."""
        action = self.lite.read(address, 4) if value is None else self.lite.write(address, value)
        done = await with_timeout(action, _ACCESS_CYCLES * CLOCK_NS, "ns")
        assert done is not None, f"the access to 0x{address:03X} was cut off by reset"
        return done.resp, 0 if value is not None else int.from_bytes(done.data, "little")

    def read32(self, address: int) -> int:
        """See :class:`flightasic.host.Bus`."""
        response, value = resume(self.access)(address)
        _check("read of", address, response)
        return value

    def write32(self, address: int, value: int) -> None:
        """See :class:`flightasic.host.Bus`."""
        response, _ = resume(self.access)(address, value.to_bytes(4, "little"))
        _check("write to", address, response)

    def send_image(self, data: bytes) -> None:
        """See :class:`flightasic.host.Bus`."""
        self.image.send_nowait(AxiStreamFrame(data))

    def send_codes(self, data: bytes) -> None:
        """See :class:`flightasic.host.Bus`."""
        self.code.send_nowait(AxiStreamFrame(data))

    def receive_result(self, count: int, cycles: int) -> bytes:
        """See :class:`flightasic.host.Bus`."""
        data: bytes = resume(self._receive)(cycles)
        if len(data) != count:
            raise BusError(f"a result of {len(data)} bytes came, {count} were expected")
        return data

    def flush(self) -> None:
        """See :class:`flightasic.host.Bus`; called while the core is in reset."""
        resume(self._flush)()

    async def _receive(self, cycles: int) -> bytes:
        try:
            frame = await with_timeout(self.result.recv(), cycles * CLOCK_NS, "ns")
        except SimTimeoutError as error:
            raise BusError(f"no result after {cycles} cycles") from error
        return bytes(frame.tdata)

    async def _flush(self) -> None:
        self._drop()
        await ClockCycles(self.dut.aclk, 2)

    def _drop(self) -> None:
        for stream in (self.image, self.code, self.result):
            stream.clear()
            stream.assert_reset()

    async def _watch(self) -> None:
        offered: dict[str, list[int]] = {}
        while True:
            await RisingEdge(self.dut.aclk)
            await ReadOnly()
            resetting = not int(self.dut.aresetn.value) or int(self.dut.core_reset.value)
            for valid, ready, payload in _OFFERS:
                # What is not offered may be anything, also unknown.
                offers = int(getattr(self.dut, valid).value)
                now = [offers, *(int(getattr(self.dut, name).value) for name in payload if offers)]
                if valid in offered and not resetting:
                    assert now == offered[valid], f"{valid} or its payload changed before {ready}: {offered[valid]}, {now}"
                offered.pop(valid, None)
                if now[0] and not int(getattr(self.dut, ready).value):
                    offered[valid] = now


def _pauses(chance: float, seed: int) -> Iterator[bool]:
    rng = np.random.default_rng(seed)
    while True:
        yield from rng.random(1000) < chance


def _check(what: str, address: int, response: AxiResp) -> None:
    if response != AxiResp.OKAY:
        raise BusError(f"{what} address 0x{address:03X} was answered with SLVERR")
