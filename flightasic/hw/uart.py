"""The serial line: bytes of eight bits, lowest first, between a start bit of 0 and a stop bit of 1."""

from pymtl3 import Component, InPort, OutPort, Wire, concat, mk_bits, update, update_ff

from flightasic.uart_protocol import QUIET_BITS

_BYTE_BITS = 8


class UartReceive(Component):
    """Ports: the line -> ``octet`` and ``bad`` in the cycle of ``arrives``; ``quiet`` = the line has rested for some bit times.

    A bit lasts ``divisor`` clock cycles, at least 4. ``bad``: the stop bit is 0; the line must then rise before the next start.
    """

    def construct(s, divisor: int) -> None:
        rest = QUIET_BITS * divisor
        count_t, rest_t = mk_bits(divisor.bit_length()), mk_bits(rest.bit_length())
        half, whole = divisor // 2 - 1, divisor - 1
        s.line = InPort(1)
        s.arrives = OutPort(1)
        s.bad = OutPort(1)
        s.octet = OutPort(mk_bits(_BYTE_BITS))
        s.quiet = OutPort(1)

        # The line has no clock: two registers before anything depends on it.
        s.sampled = Wire(1)
        s.level = Wire(1)
        s.busy = Wire(1)
        s.stuck = Wire(1)
        s.begins = Wire(1)
        s.bit_ends = Wire(1)
        s.count = Wire(count_t)
        s.bits = Wire(4)
        s.rested = Wire(rest_t)

        @update
        def up_line() -> None:
            s.begins @= ~s.busy & ~s.stuck & ~s.level
            s.bit_ends @= s.busy & (s.count == 0)
            s.quiet @= s.rested == rest

        @update_ff
        def up_sample() -> None:
            s.sampled <<= s.line
            s.level <<= s.sampled
            if s.reset:
                s.sampled <<= 1
                s.level <<= 1

        @update_ff
        def up_receive() -> None:
            s.arrives <<= 0
            if s.reset:
                s.busy <<= 0
                s.stuck <<= 0
            elif s.begins:
                s.busy <<= 1
                s.bits <<= 0
                s.count <<= half
            elif s.bit_ends:
                s.count <<= whole
                s.bits <<= s.bits + 1
                if s.bits == 0:
                    # A start bit that is over before its middle was none.
                    s.busy <<= ~s.level
                elif s.bits == 9:
                    s.busy <<= 0
                    s.arrives <<= 1
                    s.bad <<= ~s.level
                    s.stuck <<= ~s.level
                else:
                    s.octet <<= concat(s.level, s.octet[1:8])
            else:
                s.count <<= s.count - 1
                s.stuck <<= s.stuck & ~s.level

        @update_ff
        def up_rest() -> None:
            if s.reset | s.busy | ~s.level:
                s.rested <<= 0
            elif ~s.quiet:
                s.rested <<= s.rested + 1


class UartTransmit(Component):
    """Ports: ``octet`` is taken when both ``offered`` and ``ready``; the line. A bit lasts ``divisor`` clock cycles."""

    def construct(s, divisor: int) -> None:
        whole = divisor - 1
        s.octet = InPort(mk_bits(_BYTE_BITS))
        s.offered = InPort(1)
        s.ready = OutPort(1)
        s.line = OutPort(1)

        s.shift = Wire(mk_bits(_BYTE_BITS + 1))
        s.bits = Wire(4)
        s.count = Wire(mk_bits(divisor.bit_length()))
        s.line //= s.shift[0]

        @update
        def up_ready() -> None:
            s.ready @= s.bits == 0

        @update_ff
        def up_send() -> None:
            if s.reset:
                s.bits <<= 0
                s.shift <<= 0x1FF
            elif s.ready:
                if s.offered:
                    s.bits <<= 10
                    s.count <<= whole
                    s.shift <<= concat(s.octet, s.start_bit)
            elif s.count == 0:
                s.count <<= whole
                s.bits <<= s.bits - 1
                s.shift <<= concat(s.stop_bit, s.shift[1:9])
            else:
                s.count <<= s.count - 1

        s.start_bit = Wire(1)
        s.stop_bit = Wire(1)
        s.start_bit //= 0
        s.stop_bit //= 1
