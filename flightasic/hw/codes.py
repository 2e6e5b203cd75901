"""Codes: where the loader's next code word lies, and the ring that the code stream fills.

A program with its codes in the code memory reads them from ``code_base`` on. A streamed one uses the same memory as a ring:
``count`` words lie from the read address on, the stream appends while there is room, and the loader waits while there is none. With
``memory_regs`` a word is in the memory, and may be read, a cycle later.
"""

from pymtl3 import Component, InPort, OutPort, Wire, mk_bits, update, update_ff
from pymtl3.stdlib.stream.ifcs import RecvIfcRTL

from flightasic.config import ArrayConfig
from flightasic.hw.signals import ADDR_BITS, STEP_BITS, step_wires


class Codes(Component):
    """Ports: step, start, ``streamed`` (low empties the ring), code stream, ready/take -> code memory ports."""

    def construct(s, config: ArrayConfig) -> None:
        addr_bits = (config.code_depth - 1).bit_length()
        word_t = mk_bits(config.code_word_bits)
        s.step = InPort(mk_bits(STEP_BITS))
        s.start = InPort(1)
        s.streamed = InPort(1)
        s.code = RecvIfcRTL(word_t)
        s.ready = OutPort(1)
        s.take = InPort(1)
        s.read_addr = OutPort(mk_bits(ADDR_BITS))
        s.write_en = OutPort(1)
        s.write_addr = OutPort(mk_bits(ADDR_BITS))
        s.write_data = OutPort(word_t)

        step_wires(s, "code_base")
        # One bit more than an address: the ring may be full.
        s.count = Wire(mk_bits(addr_bits + 1))
        s.some = Wire(1)
        s.room = Wire(1)
        s.offered = Wire(1)
        s.offset = Wire(mk_bits(ADDR_BITS))
        s.offset[0:addr_bits] //= s.count[0:addr_bits]
        if addr_bits < ADDR_BITS:
            s.offset[addr_bits:ADDR_BITS] //= 0
        s.write_data //= s.code.msg

        @update
        def up_handshake() -> None:
            s.ready @= ~s.streamed | s.some
            s.room @= ~s.count[addr_bits]
            s.offered @= s.room & s.code.val
            s.code.rdy @= s.streamed & s.room
            s.write_en @= s.streamed & s.offered
            s.write_addr @= s.read_addr + s.offset

        # Where ``streamed`` is low, counters are cleared: what they count need not wait for it, which comes from afar.
        @update_ff
        def up_count() -> None:
            if s.reset | ~s.streamed:
                s.count <<= 0
            elif s.offered & ~s.take:
                s.count <<= s.count + 1
            elif s.take & ~s.offered:
                s.count <<= s.count - 1

        if config.memory_regs:
            s.stored = Wire(mk_bits(addr_bits + 1))
            s.wrote = Wire(1)

            @update_ff
            def up_stored() -> None:
                s.wrote <<= s.write_en & s.streamed
                if s.reset | ~s.streamed:
                    s.stored <<= 0
                    s.some <<= 0
                elif s.wrote & ~s.take:
                    s.stored <<= s.stored + 1
                    s.some <<= 1
                elif s.take & ~s.wrote:
                    s.stored <<= s.stored - 1
                    s.some <<= s.stored != 1

        else:

            @update
            def up_some() -> None:
                s.some @= s.count != 0

        @update_ff
        def up_address() -> None:
            if s.reset:
                s.read_addr <<= 0
            elif s.start & ~s.streamed:
                s.read_addr <<= s.code_base
            elif s.take:
                s.read_addr <<= s.read_addr + 1
