"""One product: a signed 8-bit activation times a held code.

A negative code complements its product (``~x``, one less than ``-x``); the compiler adds the missing ones to the
filter's bias, so no lane spends an incrementer (see ``formats.encode_codes``). ``term`` is sign-extended to the width
of the column sum. Update blocks here assign each signal once: Icarus Verilog wakes a block again for a signal that it both
reads and assigns twice, and never comes to rest.
"""

from pymtl3 import Component, InPort, OutPort, Wire, mk_bits, sext, trunc, update, zext

from flightasic.config import ACT_BITS, ArrayConfig


class ShiftLane(Component):
    """Activation shifted left by the code's m; all ones in m mean zero."""

    def construct(s, config: ArrayConfig) -> None:
        shift_bits = config.code_bits - 1
        term_t = mk_bits(config.term_bits)
        sum_t = mk_bits(config.sum_bits)
        zero = (1 << shift_bits) - 1
        steps = [1 << i for i in range(shift_bits)]
        first = steps[0]
        second = steps[1]
        third = steps[2] if shift_bits > 2 else 0
        wide = shift_bits > 2
        s.act = InPort(mk_bits(ACT_BITS))
        s.code = InPort(mk_bits(config.code_bits))
        s.term = OutPort(sum_t)

        s.magnitude = Wire(mk_bits(shift_bits))
        s.by_1 = Wire(term_t)
        s.by_2 = Wire(term_t)
        s.by_4 = Wire(term_t)
        s.signed_term = Wire(term_t)
        s.sign = Wire(1)
        s.magnitude //= s.code[0:shift_bits]
        s.sign //= s.code[shift_bits]

        @update
        def up_shift() -> None:
            if s.magnitude[0]:
                s.by_1 @= sext(s.act, term_t) << first
            else:
                s.by_1 @= sext(s.act, term_t)
            if s.magnitude[1]:
                s.by_2 @= s.by_1 << second
            else:
                s.by_2 @= s.by_1

        if wide:

            @update
            def up_shift_far() -> None:
                if s.magnitude[2]:
                    s.by_4 @= s.by_2 << third
                else:
                    s.by_4 @= s.by_2

        else:
            s.by_4 //= s.by_2

        @update
        def up_sign() -> None:
            if s.magnitude == zero:
                s.signed_term @= 0
            else:
                s.signed_term @= s.by_4 ^ sext(s.sign, term_t)
            s.term @= sext(s.signed_term, sum_t)


class FixedLane(Component):
    """Activation times a sign-magnitude weight.

    The activation is split into its lower seven bits, an unsigned product, and its sign, a subtracted shift: narrower
    than a product of sign-extended operands.
    """

    def construct(s, config: ArrayConfig) -> None:
        magnitude_bits = config.code_bits - 1
        low_bits = ACT_BITS - 1
        term_t = mk_bits(config.term_bits)
        sum_t = mk_bits(config.sum_bits)
        s.act = InPort(mk_bits(ACT_BITS))
        s.code = InPort(mk_bits(config.code_bits))
        s.term = OutPort(sum_t)

        s.magnitude = Wire(mk_bits(magnitude_bits))
        s.low = Wire(mk_bits(low_bits))
        s.negative_part = Wire(term_t)
        s.product = Wire(term_t)
        s.signed_term = Wire(term_t)
        s.sign = Wire(1)
        s.act_sign = Wire(1)
        s.magnitude //= s.code[0:magnitude_bits]
        s.sign //= s.code[magnitude_bits]
        s.low //= s.act[0:low_bits]
        s.act_sign //= s.act[low_bits]

        @update
        def up_product() -> None:
            s.negative_part @= 0
            if s.act_sign:
                s.negative_part @= zext(s.magnitude, term_t) << low_bits
            s.product @= zext(s.low, term_t) * zext(s.magnitude, term_t) - s.negative_part
            s.signed_term @= s.product ^ sext(s.sign, term_t)
            s.term @= sext(s.signed_term, sum_t)


def make_lane(config: ArrayConfig) -> Component:
    """The lane of this array's arithmetic."""
    return ShiftLane(config) if config.arith == "shift" else FixedLane(config)
