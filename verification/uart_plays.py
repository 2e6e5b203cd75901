"""What happens to the bridge alone under cocotb: traffic of every kind, losses on the line, full queues, resets."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import numpy as np
from cocotb.clock import Clock
from cocotb.handle import HierarchyObject
from cocotb.task import bridge
from cocotb.triggers import ClockCycles, Timer

from flightasic.host.uart import UartBus
from flightasic.host.uart_link import UartLink
from flightasic.uart_protocol import CHECK_BYTES, HELLO_MARK, VERSION, Answer, Operation, check, frame
from verification.uart_cases import UartCase
from verification.uart_partner import Partner
from verification.uart_pins import BYTE_BITS, CLOCK_NS, PinPort

RESET_CYCLES = 3
_QUIET_BYTES = 5  # longer than the bridge waits before it begins anew


class Bridge:
    """The bridge between pins and an AXI partner on every port. Create it with :meth:`start`."""

    def __init__(self, dut: HierarchyObject, case: UartCase) -> None:
        self.dut = dut
        self.case = case
        self.port = PinPort(dut.rx, dut.tx, case.divisor, skew=case.skew, gaps=case.gaps)
        self.partner = Partner(dut, case.stalls)

    @classmethod
    async def start(cls, dut: HierarchyObject, case: UartCase) -> Bridge:
        """Clock, reset, and a line at rest until the bridge listens."""
        dut.reset.value = 1
        Clock(dut.clk, CLOCK_NS, "ns").start()
        here = cls(dut, case)
        await ClockCycles(dut.clk, RESET_CYCLES)
        dut.reset.value = 0
        await here.rest()
        return here

    async def rest(self, lengths: int = _QUIET_BYTES) -> None:
        """The line at rest for so many bytes' time."""
        await self.port.sent()
        await Timer(lengths * BYTE_BITS * self.port.bit_ps, "ps")

    async def bus(self) -> UartBus:
        """The driver's bus."""
        clock_hz = 1e9 / CLOCK_NS
        bus: UartBus = await bridge(lambda: UartBus(self.port, clock_hz=clock_hz, patience_s=1e-4, clock=self.port.seconds))()
        return bus

    async def answers(self, request: bytes, *expected: bytes) -> None:
        """Send bytes as they are; the answers must be these, each followed by its check, and nothing more."""
        self.port.write(request)
        whole = b"".join(answer + check(answer) for answer in expected)
        found = await self.port.receive(len(whole) + 1)
        assert found == whole, f"{request.hex(' ')} was answered with {found.hex(' ')}, expected {whole.hex(' ')}"

    async def levels(self) -> tuple[int, int, int]:
        """Free for images, free for codes, held of results."""
        self.port.write(frame(Operation.LEVELS))
        found = await self.port.receive(1 + 6 + CHECK_BYTES)
        assert found[0] == Answer.OK and check(found) == bytes(CHECK_BYTES), f"LEVELS was answered with {found.hex(' ')}"
        return int.from_bytes(found[1:3], "little"), int.from_bytes(found[3:5], "little"), int.from_bytes(found[5:7], "little")

    async def greets(self) -> None:
        """Everything is as after a reset, but for what the queues hold."""
        depth = self.case.depth.bit_length() - 1
        await self.answers(frame(Operation.HELLO), bytes([Answer.OK, *HELLO_MARK, VERSION, depth]))


async def traffic(here: Bridge) -> None:
    """Registers, images, codes and results in any order, every AXI channel with stalls: what comes is what was sent."""
    rng = np.random.default_rng(5)
    partner, bus = here.partner, await here.bus()
    word, code = (len(here.dut.m_axis_image_tdata) // 8, len(here.dut.m_axis_code_tdata) // 8)
    values = {int(address): int(rng.integers(1 << 32)) for address in rng.choice(1 << 10, 5, replace=False) * 4}
    for size in (1, 40):
        image, codes, result = rng.bytes(size * word), rng.bytes(size * code), rng.bytes(size * word)
        partner.images.clear()
        partner.codes.clear()
        partner.send_result(result)
        await bridge(bus.send_image)(image)
        for address, value in values.items():
            await bridge(bus.write32)(address, value)
        await bridge(bus.send_codes)(codes)
        assert await bridge(bus.receive_result)(len(result), 1000) == result, "result"
        for address, value in values.items():
            assert await bridge(bus.read32)(address) == value, f"register 0x{address:X}"
            assert partner.registers[address] == value, f"register 0x{address:X} holds another value"
        while len(partner.codes) < len(codes):
            # Any access of a stream moves the others.
            partner.send_result(result[:word])
            await bridge(bus.receive_result)(word, 1000)
        await here.rest()
        assert partner.codes == codes, "codes"
        assert b"".join(data for data, _ in partner.images) == image, "image"
        assert [last for _, last in partner.images] == [False] * (size - 1) + [True], "TLAST of the image"
        values = {address: value ^ 0xFFFF for address, value in values.items()}


async def losses(here: Bridge) -> None:
    """Whatever is lost on the line: an error byte, nothing done, and the next frame after a rest is as good as ever."""
    write = frame(Operation.WRITE, (8).to_bytes(2, "little") + b"\1\2\3\4")
    image = frame(Operation.IMAGE, bytes(range(10)))
    await here.greets()
    await here.answers(write + write + frame(Operation.READ, b"\x08\0") + write, *[b"\xa0"] * 2, b"\xa0\1\2\3\4", b"\xa0")
    await here.answers(frame(Operation.WRITE, (8).to_bytes(2, "little") + bytes(4)), bytes([Answer.OK]))
    far = (1 << 12 | 8).to_bytes(2, "little")
    await here.answers(frame(Operation.WRITE, far + b"\1\2\3\4"), bytes([Answer.REFUSED]))
    await here.answers(frame(Operation.READ, far), bytes([Answer.REFUSED]))
    for number in (0, 2, 7, len(image) - 1):
        await here.answers(image[:number] + bytes([image[number] ^ 0x10]) + image[number + 1 :], bytes([Answer.BAD_FRAME]))
        await here.rest()
    for bad in (frame(Operation(0x11), b"\0"), write[:-1] + bytes([write[-1] ^ 1]), bytes([0x12, 0]) + check(bytes([0x12, 0]))):
        # What follows at once is dropped with it.
        await here.answers(bad + write, bytes([Answer.BAD_FRAME]))
        await here.rest()
    for upset in (lambda: here.port.send_bad(0x55), lambda: here.port.hold_low(25)):
        for request in (write, image):
            for length in (0, 4, len(request) - 1):
                here.port.write(request[:length])
                await upset()
                await here.answers(b"", bytes([Answer.BAD_BYTE]))
                await here.rest()
                await here.greets()
    await here.port.hold_low(0.3)
    await here.answers(frame(Operation.READ, b"\x08\0"), bytes([Answer.OK]) + bytes(4))
    assert await here.levels() == (here.case.depth, here.case.depth, 0), "a frame that was lost left something"
    assert here.partner.registers[8] == 0, "a frame that was lost wrote a register"
    assert not here.partner.images, "a frame that was lost sent a word"
    assert int(here.dut.lost.value) == 0, "a greeting does not end what shows a loss"
    await here.answers(frame(Operation.IMAGE_END, b"ab"), bytes([Answer.OK]))
    await here.rest()
    assert here.partner.images == [(b"ab", True)], "bytes of a lost frame came with the next"
    await _overruns(here)
    here.port.write(image[:5])
    await here.bus()
    await here.greets()


async def _overruns(here: Bridge) -> None:
    """A host that waits for no answer: those to the frames that were taken in, then the error."""
    greeting = bytes([Answer.OK, *HELLO_MARK, VERSION, here.case.depth.bit_length() - 1])
    greeting += check(greeting)
    here.port.write(frame(Operation.HELLO) * here.case.depth)
    found = await here.port.receive(len(greeting) * here.case.depth)
    whole, rest = divmod(len(found), len(greeting))
    error = bytes([Answer.OVERRUN])
    assert whole > 4 and found == greeting * whole + error + check(error), f"{whole} answers, then {found[len(found) - rest :].hex(' ')}"
    assert int(here.dut.lost.value) == 1, "a loss is not shown"
    await here.rest()


async def rooms(here: Bridge) -> None:
    """More than there is room for, or than there is, is refused whole; CLEAR empties the queues and what waits beside them."""
    partner, depth, room, done = here.partner, here.case.depth, bytes([Answer.NO_ROOM]), bytes([Answer.OK])
    partner.held = True
    for operation, place, word in ((Operation.IMAGE_END, 0, 2), (Operation.CODES, 1, 3)):
        await here.answers(frame(operation, bytes(depth + 1)), room)
        await here.answers(frame(operation, bytes(depth)), done)
        assert (await here.levels())[place] == word, "a word beside the queue, or none, is counted"
        await here.answers(frame(operation, bytes(word + 1)), room)
        await here.answers(frame(operation, bytes(word)), done)
        assert (await here.levels())[place] == 0
        await here.answers(frame(operation, b""), done)
    await here.answers(frame(Operation.TAKE, b"\1"), room)
    result = bytes(range(1, depth + 13))
    partner.send_result(result[:6])
    partner.send_result(result[6:])
    await here.rest(1)
    await here.answers(frame(Operation.TAKE, bytes([depth + 1])), room)
    await here.answers(frame(Operation.TAKE, b"\0"), done + b"\0")
    await here.answers(frame(Operation.TAKE, b"\5"), done + result[:5] + b"\0")
    await here.answers(frame(Operation.TAKE, b"\5"), done + result[5:10] + b"\1")
    assert (await here.levels())[2] == depth, "the queue of results is not full"
    await here.answers(frame(Operation.CLEAR), done)
    assert await here.levels() == (depth, depth, 0), "CLEAR left something"
    partner.held = False
    await here.answers(frame(Operation.CODES, b"abc"), done)
    await here.answers(frame(Operation.IMAGE_END, b"ab"), done)
    await here.rest()
    assert partner.images == [(b"ab", True)], "an image word was left from before CLEAR"
    assert partner.codes == b"abc", "a code word was left from before CLEAR"


async def resets(here: Bridge) -> None:
    """The reset in the middle of a frame, of an answer and of a stream; then everything is as at first."""
    for length in range(6):
        await here.answers(frame(Operation.CODES, b"xy"), bytes([Answer.OK]))
        here.port.write(frame(Operation.IMAGE, b"abcde")[: 3 + length] if length < 5 else frame(Operation.HELLO))
        await here.rest(2)
        here.dut.reset.value = 1
        await ClockCycles(here.dut.clk, RESET_CYCLES)
        here.dut.reset.value = 0
        await here.rest()
        here.port.reset_input_buffer()
        await here.greets()
        assert await here.levels() == (here.case.depth, here.case.depth, 0), f"after a reset {length} bytes into a frame"
    link = await bridge(UartLink)(here.port)
    assert await bridge(link.call)(Operation.CLEAR, b"", "clearing") == b""


PLAYS: dict[str, Callable[[Bridge], Awaitable[None]]] = {"traffic": traffic, "losses": losses, "rooms": rooms, "resets": resets}
