"""What happens to ``flight_axi`` under cocotb: whole networks through the driver, resets, protocol errors, malformed programs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import cocotb
import numpy as np
import numpy.typing as npt
from cocotb.task import bridge
from cocotb.triggers import ClockCycles
from cocotbext.axi.constants import AxiResp

from flightasic import registers
from flightasic.errors import HostError
from flightasic.host import Accelerator
from flightasic.registers import ADDRESS, REGISTERS, Access, config_values, encode
from verification.axi_bus import CocotbBus
from verification.axi_cases import AxiCase
from verification.cases import MALFORMED, damaged

Golden = npt.NDArray[np.int64]
_ALL = b"\xff" * 4


async def network(bus: CocotbBus, case: AxiCase, golden: Golden) -> None:
    """Loading and running with and without stalls on every channel: outputs equal the golden model, cycles the prediction."""
    accelerator = await bridge(Accelerator)(bus)
    assert accelerator.config == case.config, f"the registers describe {accelerator.config}"
    program = case.program
    for stalls in (0.0, 0.3, 0.0):
        bus.stall(stalls, seed=1)
        await bridge(accelerator.load)(program)
        result = await bridge(accelerator.run)(case.images)
        np.testing.assert_array_equal(result.outputs, golden, f"outputs with stalls {stalls}")
        if stalls:
            assert (result.cycles > program.cycles).all(), "the stalls stalled nothing"
        else:
            assert (result.cycles == program.cycles).all(), f"{result.cycles} cycles, predicted {program.cycles}"


async def reset(bus: CocotbBus, case: AxiCase, golden: Golden) -> None:
    """Both resets at several moments of a run, the last with a result refused; then a clean run without loading again."""
    accelerator = await bridge(Accelerator)(bus)
    await bridge(accelerator.load)(case.program)
    for moment in (0.01, 0.5, 1.5):
        for hardware in (True, False):
            bus.result.pause = moment > 1
            bus.image.send_nowait(_stream(case, 0))
            await ClockCycles(bus.dut.aclk, int(moment * case.program.cycles))
            assert (await bridge(accelerator.status)()).busy, f"nothing runs at {moment} of the run"
            await (bus.hardware_reset() if hardware else bridge(accelerator.reset)())
            bus.result.pause = False
            status = await bridge(accelerator.status)()
            assert (status.state, status.busy) == ("IDLE", False), f"after a reset: {status}"
            if hardware:
                for name, register in zip(registers.NAMES, REGISTERS, strict=True):
                    if name not in registers.CONFIG_REGISTERS:
                        assert await _read(bus, name) == 0, f"after a reset, {register.name} is not 0"
            await bridge(accelerator.start)()
            await _runs(accelerator, case, golden)


async def protocol(bus: CocotbBus, case: AxiCase, golden: Golden) -> None:
    """What a bus master may and may not do, without and with stalls."""
    accelerator = await bridge(Accelerator)(bus)
    for stalls in (0.0, 0.4):
        bus.stall(stalls, seed=2)
        await _contents(bus, case)
        await _refusals(bus)
        await _orders(bus)
        await _loads(bus, case)
    bus.stall(0.0, seed=0)
    await bridge(accelerator.load)(case.program)
    await _loads_while_running(bus, accelerator, case, golden)
    await _image_ends(bus, accelerator, case, golden)


async def malformed(bus: CocotbBus, case: AxiCase, golden: Golden) -> None:
    """A damaged program of every status ends in an error that names it; a good one runs after it."""
    accelerator = await bridge(Accelerator)(bus)
    one_of_each = {status: kind for kind, status in MALFORMED.items()}
    for status, kind in one_of_each.items():
        await bridge(accelerator.load_words)(damaged(case.program.words, kind), case.program.codes)
        try:
            await bridge(accelerator.start)()
            bus.image.send_nowait(_stream(case, 0))
            await ClockCycles(bus.dut.aclk, 2 * case.program.cycles)
            found = await bridge(accelerator.status)()
            assert (found.state, found.status) == ("ERROR", status), f"{kind}: {found}"
        except HostError as error:
            assert f"status {status} " in str(error), f"{kind}: {error}"
        await bridge(accelerator.reset)()
        await bridge(accelerator.load)(case.program)
        await _runs(accelerator, case, golden)


async def _contents(bus: CocotbBus, case: AxiCase) -> None:
    for name, value in config_values(case.config).items():
        assert await _read(bus, name) == value, f"register {name} is not 0x{value:08X}"
    await _write(bus, "load_low", 0x44332211)
    for byte in range(4):
        assert (await bus.access(ADDRESS["load_low"] + byte, bytes([0xA0 + byte])))[0] == AxiResp.OKAY
        assert await _read(bus, "load_low") == _merged(byte), f"byte {byte} alone was not written"
    await _write(bus, "load_target", 0xFFFF_FFFF)
    assert await _read(bus, "load_target") == encode("load_target", memory=1, part=0xFF), "unused bits do not read 0"
    await _write(bus, "load_target", 0)


async def _refusals(bus: CocotbBus) -> None:
    """SLVERR, flag and address for every register that cannot be written, and beyond the map."""
    beyond = 4 * len(REGISTERS)
    for address in (beyond, beyond + 4, (1 << registers.ADDRESS_BITS) - 4):
        for value in (None, _ALL):
            await _refused(bus, address, value, "access")
    for register in REGISTERS:
        if register.access == Access.READ:
            before = await _read(bus, register.name)
            await _refused(bus, ADDRESS[register.name], _ALL, "access")
            assert await _read(bus, register.name) in (before, encode("error_address", address=ADDRESS["error_address"], write=1))
    first = beyond + 8
    for address in (first, beyond):
        await bus.access(address)
    assert await _read(bus, "error_address") == encode("error_address", address=first, write=0), "not the first refused address"
    await _write(bus, "errors", 0)
    assert await _read(bus, "errors") == encode("errors", access=1), "a flag fell although a 0 was written"
    await bus.access(ADDRESS["errors"] + 1, b"\xff")
    assert await _read(bus, "errors") == encode("errors", access=1), "a flag fell although its byte was not strobed"
    await _write(bus, "errors", encode("errors", access=1))
    assert await _read(bus, "errors") == 0, "a flag cannot be cleared"


async def _orders(bus: CocotbBus) -> None:
    """Address before data, data before address, many writes and reads at once."""
    write = bus.lite.write_if
    for late in (write.w_channel, write.aw_channel):
        late.set_pause_generator(None)
        late.pause = True
        task = cocotb.start_soon(bus.access(ADDRESS["load_address"], (7).to_bytes(4, "little")))
        await ClockCycles(bus.dut.aclk, 20)
        assert not int(bus.dut.s_axi_bvalid.value), "a write is answered before it is complete"
        assert await _read(bus, "load_address") == 0, "a write is done before it is complete"
        late.pause = False
        assert (await task)[0] == AxiResp.OKAY
        assert await _read(bus, "load_address") == 7
        await _write(bus, "load_address", 0)
    values = list(range(100, 110))
    tasks = [cocotb.start_soon(bus.access(ADDRESS["load_low"], value.to_bytes(4, "little"))) for value in values]
    reads = [cocotb.start_soon(bus.access(ADDRESS[name])) for name in ("magic", "fingerprint", "magic")]
    assert all([(await task)[0] == AxiResp.OKAY for task in tasks])
    assert await _read(bus, "load_low") == values[-1], "writes overtook one another"
    magic = registers.MAGIC
    found = [(await read)[1] for read in reads]
    assert (found[0], found[2]) == (magic, magic) and found[1] != magic, "reads overtook one another"


async def _loads(bus: CocotbBus, case: AxiCase) -> None:
    """The address counts up; loads beyond a memory are refused."""
    config = case.config
    for memory, part, depth in ((0, 0, config.program_depth), (1, 0, config.code_depth)):
        await _write(bus, "load_target", encode("load_target", memory=memory, part=part))
        await _write(bus, "load_address", depth - 1)
        await _write(bus, "load_high", 0)
        assert await _read(bus, "load_address") == depth, "the address does not count up"
        await _refused(bus, ADDRESS["load_high"], _ALL, "load_range")
        assert await _read(bus, "load_address") == depth, "the address counts up although the load was refused"
    await _write(bus, "load_address", 0)
    for memory, part in ((0, 1), (1, registers.code_parts(config))):
        await _write(bus, "load_target", encode("load_target", memory=memory, part=part))
        await _refused(bus, ADDRESS["load_high"], _ALL, "load_range")
    await _write(bus, "load_target", 0)


async def _loads_while_running(bus: CocotbBus, accelerator: Accelerator, case: AxiCase, golden: Golden) -> None:
    """Neither while enabled nor while the last image is finished; what is refused changes nothing."""
    await _write(bus, "load_address", 0)
    await _refused(bus, ADDRESS["load_high"], _ALL, "load_busy")
    bus.image.send_nowait(_stream(case, 0))
    await ClockCycles(bus.dut.aclk, case.program.cycles // 2)
    await _write(bus, "control", 0)
    await _refused(bus, ADDRESS["load_high"], _ALL, "load_busy")
    words = np.frombuffer((await bus.result.recv()).tdata, dtype=np.int8).reshape(-1, case.config.lanes)
    np.testing.assert_array_equal(case.program.unpack_result(words), golden[0], "the image under way when enable fell")
    await bridge(accelerator.stop)()
    await bridge(accelerator.start)()
    await _runs(accelerator, case, golden)


async def _image_ends(bus: CocotbBus, accelerator: Accelerator, case: AxiCase, golden: Golden) -> None:
    """TLAST early and missing: a flag that the driver reports, and results as if it had been right."""
    first, second = _stream(case, 0), _stream(case, 1)
    half = len(first) // 2 // case.config.lanes * case.config.lanes
    for frames in ([first[:half], first[half:], second], [first + second]):
        for frame in frames:
            bus.image.send_nowait(frame)
        for image in range(2):
            words = np.frombuffer((await bus.result.recv()).tdata, dtype=np.int8).reshape(-1, case.config.lanes)
            np.testing.assert_array_equal(case.program.unpack_result(words), golden[image], "after a wrong TLAST")
        assert await bridge(accelerator.errors)() == {"image_tlast": 1}, "a wrong TLAST raised no flag"
        try:
            await bridge(accelerator.run)(case.images)
        except HostError as error:
            assert "image_tlast" in str(error)
        else:
            raise AssertionError("the driver does not report a protocol error")
        await bridge(accelerator.clear_errors)()
        await _runs(accelerator, case, golden)


async def _runs(accelerator: Accelerator, case: AxiCase, golden: Golden) -> None:
    result = await bridge(accelerator.run)(case.images[:1])
    np.testing.assert_array_equal(result.outputs, golden[:1])
    assert result.cycles[0] == case.program.cycles, f"{result.cycles[0]} cycles, predicted {case.program.cycles}"


async def _refused(bus: CocotbBus, address: int, value: bytes | None, flag: str) -> None:
    response, _ = await bus.access(address, value)
    what = f"{'read of' if value is None else 'write to'} 0x{address:03X}"
    assert response == AxiResp.SLVERR, f"{what} was answered with {response.name}"
    assert await _read(bus, "errors") == encode("errors", **{flag: 1}), f"{what} did not raise {flag} alone"
    expected = encode("error_address", address=address, write=int(value is not None))
    assert await _read(bus, "error_address") == expected, f"{what} left another error_address"
    await _write(bus, "errors", 0xFFFF_FFFF)


def _merged(byte: int) -> int:
    old, new = [0x11, 0x22, 0x33, 0x44], [0xA0, 0xA1, 0xA2, 0xA3]
    return int.from_bytes(bytes([*new[: byte + 1], *old[byte + 1 :]]), "little")


def _stream(case: AxiCase, image: int) -> bytes:
    """The words of an image whose network loads it once."""
    return case.program.pack_image(case.images[image]).astype(np.int8).tobytes()


async def _read(bus: CocotbBus, name: str) -> int:
    response, value = await bus.access(ADDRESS[name])
    assert response == AxiResp.OKAY, f"read of {name} was answered with {response.name}"
    return value


async def _write(bus: CocotbBus, name: str, value: int) -> None:
    response, _ = await bus.access(ADDRESS[name], value.to_bytes(4, "little"))
    assert response == AxiResp.OKAY, f"write to {name} was answered with {response.name}"


PLAYS: dict[str, Callable[[CocotbBus, AxiCase, Golden], Awaitable[None]]] = {
    "network": network,
    "reset": reset,
    "protocol": protocol,
    "malformed": malformed,
}
