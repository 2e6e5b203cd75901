"""CRC-16/CCITT of :mod:`flightasic.uart_protocol`, a byte a cycle."""

from pymtl3 import Component, InPort, OutPort, Wire, concat, mk_bits, update, update_ff

from flightasic.uart_protocol import CRC_START


class UartCheck(Component):
    """``value`` over the bytes of the cycles of ``takes`` since ``start``; both in one cycle begin with that byte."""

    def construct(s) -> None:
        s.start = InPort(1)
        s.takes = InPort(1)
        s.octet = InPort(8)
        s.value = OutPort(16)

        s.nibble = Wire(4)
        s.previous = Wire(16)
        s.folded = Wire(8)
        s.mixed = Wire(8)
        s.moved = Wire(16)
        s.high = Wire(16)
        s.middle = Wire(16)
        s.low = Wire(16)
        s.zeros = Wire(mk_bits(12))
        s.zeros //= 0

        @update
        def up_step() -> None:
            s.previous @= s.value
            if s.start:
                s.previous @= CRC_START
            s.folded @= s.previous[8:16] ^ s.octet
            s.nibble @= s.folded[4:8]
            s.mixed @= s.folded ^ concat(s.zeros[0:4], s.nibble)
            s.moved @= concat(s.previous[0:8], s.zeros[0:8])
            s.high @= concat(s.mixed[0:4], s.zeros)
            s.middle @= concat(s.zeros[0:3], s.mixed, s.zeros[0:5])
            s.low @= concat(s.zeros[0:8], s.mixed)

        @update_ff
        def up_value() -> None:
            if s.takes:
                s.value <<= s.moved ^ s.high ^ s.middle ^ s.low
            elif s.start:
                s.value <<= CRC_START
