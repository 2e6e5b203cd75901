"""What answers the bridge on its AXI ports: registers that hold what is written, two sinks, a source; asleep while nothing moves."""

from __future__ import annotations

from collections import deque

import cocotb
import numpy as np
from cocotb.handle import HierarchyObject, LogicObject
from cocotb.triggers import ClockCycles, Event, ReadOnly, RisingEdge

_LONGEST_STALL = 6


class Partner:
    """Ends of every AXI port of the bridge.

    Attributes
    ----------
    registers : dict
        Values written, by address; others read 0.
    images : list of (bytes, bool)
        Words of images, and whether TLAST was with it.
    codes : bytearray
    held : bool
        The sinks take nothing.
    """

    def __init__(self, dut: HierarchyObject, stalls: float) -> None:
        self.dut = dut
        self.registers: dict[int, int] = {}
        self.images: list[tuple[bytes, bool]] = []
        self.codes = bytearray()
        self.held = False
        self._stalls = stalls
        self._rng = np.random.default_rng(3)
        self._results: deque[tuple[bytes, bool]] = deque()
        self._more = Event()
        for name in ("m_axi_awready", "m_axi_wready", "m_axi_bvalid", "m_axi_arready", "m_axi_rvalid", "m_axis_image_tready",
                     "m_axis_code_tready", "s_axis_result_tvalid"):  # fmt: skip
            getattr(dut, name).value = 0
        for task in (self._writes(), self._reads(), self._sink("image"), self._sink("code"), self._source()):
            cocotb.start_soon(task)

    def send_result(self, data: bytes) -> None:
        """Offer a transfer of results, one after the other."""
        size = len(self.dut.s_axis_result_tdata) // 8
        words = [data[at : at + size] for at in range(0, len(data), size)]
        self._results.extend((word, number == len(words)) for number, word in enumerate(words, start=1))
        self._more.set()

    async def _offered(self, valid: LogicObject) -> None:
        """Wait for an offer, and then perhaps some cycles more."""
        while not (valid.value.is_resolvable and int(valid.value)):
            await RisingEdge(valid)
        await self._pause()

    async def _accept(self, valid: LogicObject, ready: LogicObject) -> None:
        """Wait for an offer and return in the cycle in which it is taken, once all is settled."""
        await self._offered(valid)
        ready.value = 1
        await ReadOnly()

    async def _offer(self, valid: LogicObject, ready: LogicObject) -> None:
        await self._pause()
        valid.value = 1
        while True:
            await ReadOnly()
            taken = int(ready.value)
            await RisingEdge(self.dut.clk)
            if taken:
                break
        valid.value = 0

    async def _pause(self) -> None:
        await RisingEdge(self.dut.clk)
        if self._rng.random() < self._stalls:
            await ClockCycles(self.dut.clk, int(self._rng.integers(1, _LONGEST_STALL)))

    async def _taken(self, ready: LogicObject) -> None:
        await RisingEdge(self.dut.clk)
        ready.value = 0
        await RisingEdge(self.dut.clk)

    async def _writes(self) -> None:
        dut = self.dut
        while True:
            await self._accept(dut.m_axi_awvalid, dut.m_axi_awready)
            address = int(dut.m_axi_awaddr.value)
            await self._taken(dut.m_axi_awready)
            await self._accept(dut.m_axi_wvalid, dut.m_axi_wready)
            self.registers[address] = int(dut.m_axi_wdata.value)
            await self._taken(dut.m_axi_wready)
            dut.m_axi_bresp.value = 0
            await self._offer(dut.m_axi_bvalid, dut.m_axi_bready)

    async def _reads(self) -> None:
        dut = self.dut
        while True:
            await self._accept(dut.m_axi_arvalid, dut.m_axi_arready)
            value = self.registers.get(int(dut.m_axi_araddr.value), 0)
            await self._taken(dut.m_axi_arready)
            dut.m_axi_rdata.value = value
            dut.m_axi_rresp.value = 0
            await self._offer(dut.m_axi_rvalid, dut.m_axi_rready)

    async def _sink(self, stream: str) -> None:
        valid, ready, data = (getattr(self.dut, f"m_axis_{stream}_t{signal}") for signal in ("valid", "ready", "data"))
        while True:
            await self._offered(valid)
            if self.held:
                await ClockCycles(self.dut.clk, 10)
                continue
            ready.value = 1
            await ReadOnly()
            # What was offered may be gone: CLEAR does that.
            if int(valid.value):
                word = int(data.value).to_bytes(len(data) // 8, "little")
                if stream == "image":
                    self.images.append((word, bool(int(self.dut.m_axis_image_tlast.value))))
                else:
                    self.codes += word
            await self._taken(ready)

    async def _source(self) -> None:
        dut = self.dut
        while True:
            while self._results:
                word, last = self._results.popleft()
                dut.s_axis_result_tdata.value = int.from_bytes(word, "little")
                dut.s_axis_result_tlast.value = int(last)
                await self._offer(dut.s_axis_result_tvalid, dut.s_axis_result_tready)
            self._more.clear()
            await self._more.wait()
