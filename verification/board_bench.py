"""The cocotb side of ``tests/test_board.py`` for a whole board: the driver runs a network through the board's pins."""

from __future__ import annotations

import json
from pathlib import Path

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.handle import HierarchyObject
from cocotb.task import bridge
from cocotb.triggers import ClockCycles, Timer

from flightasic.host import Accelerator, BusError
from flightasic.host.uart import UartBus
from flightasic.registers import ADDRESS, STATES
from verification.axi_cases import TIGHT, AxiCase
from verification.scenarios import GOLDEN
from verification.uart_cases import BOARD
from verification.uart_pins import CLOCK_NS, PinPort

_START_CYCLES = 300  # the reset's own length, and more
_POLL_CYCLES = 4200  # by then the lights show a new state
_STATE, _ERROR, _LOST = 0xF, 1 << 5, 1 << 6


@cocotb.test()
async def play(dut: HierarchyObject) -> None:
    """From the moment the part is configured: no reset but the board's own."""
    case = AxiCase(TIGHT, "network")
    golden = np.array(json.loads(Path(GOLDEN).read_text()))
    dut.button.value = 0
    Clock(dut.clk, CLOCK_NS, "ns").start()
    port = PinPort(dut.rx, dut.tx, BOARD.divisor, skew=0.01)
    await ClockCycles(dut.clk, _START_CYCLES)
    bus = await bridge(lambda: UartBus(port, clock_hz=1e9 / CLOCK_NS, patience_s=1e-4, clock=port.seconds))()
    accelerator = await bridge(Accelerator)(bus)
    assert accelerator.config == case.config, f"the registers describe {accelerator.config}"
    await bridge(accelerator.load)(case.program)
    result = await bridge(accelerator.run)(case.images)
    np.testing.assert_array_equal(result.outputs, golden, "outputs through the board")
    await ClockCycles(dut.clk, _POLL_CYCLES)
    assert int(dut.lights.value) & (_STATE | _ERROR | _LOST) == STATES.index("RUN"), f"lights {dut.lights.value}"
    await _refused(bus, accelerator)
    await _resets(dut, bus, accelerator, port, case)
    result = await bridge(accelerator.run)(case.images[:1])
    np.testing.assert_array_equal(result.outputs, golden[:1], "outputs after every reset")


async def _refused(bus: UartBus, accelerator: Accelerator) -> None:
    """A write that the registers refuse is an error of the next access; the accelerator's own flag says the same."""
    await bridge(bus.write32)(ADDRESS["magic"], 0)
    try:
        await bridge(accelerator.status)()
    except BusError as error:
        assert f"write to address 0x{ADDRESS['magic']:03X} was answered with SLVERR" in str(error), error
    else:
        raise AssertionError("a refused write is no error")
    assert await bridge(accelerator.errors)() == {"access": 1}
    await bridge(accelerator.clear_errors)()


async def _resets(dut: HierarchyObject, bus: UartBus, accelerator: Accelerator, port: PinPort, case: AxiCase) -> None:
    """The driver's reset in the middle of an image, a result that does not come, and the button in the middle of a frame."""
    image = case.program.pack_image(case.images[0]).astype(np.int8).tobytes()
    await bridge(bus.send_image)(image)
    try:
        await bridge(bus.receive_result)(1, 100)
    except BusError as error:
        assert "no result after 100 cycles" in str(error), error
    else:
        raise AssertionError("an image without its codes gave a result")
    assert (await bridge(accelerator.status)()).busy, "nothing runs"
    await bridge(accelerator.reset)()
    assert (await bridge(accelerator.status)()).state == "IDLE"
    port.write(b"\x33\x06\x24")
    await Timer(20 * port.bit_ps, "ps")
    dut.button.value = 1
    await ClockCycles(dut.clk, 5)
    dut.button.value = 0
    await ClockCycles(dut.clk, _POLL_CYCLES)
    assert int(dut.lights.value) & (_STATE | _ERROR | _LOST) == STATES.index("IDLE"), f"lights {dut.lights.value}"
    await port.sent()
    await bridge(accelerator.load)(case.program)
