"""One product: a signed 8-bit activation times a held code, at the width of the column sum.

A negative code complements the activation (``~a = -a - 1``), so its product is too small by the code's magnitude; the
compiler adds that constant to the filter's bias (``formats.complement_shortfall``) and no lane spends an incrementer.
All sums are modulo 2^sum_bits. Activations without a sign (``signed_acts=0``) are complemented in their seven bits, products and sums
are then never negative. Otherwise bits that count negatively enter inverted, which adds the constant ``config.term_offset`` to a
product, instead of as a row of copied sign bits; the mesh takes the offsets of a whole column off at its top.
"""

from pymtl3 import Component, InPort, OutPort, Wire, mk_bits, sext, update, zext

from flightasic.config import ACT_BITS, ArrayConfig


class ShiftLane(Component):
    """Activation shifted left by the code's m; all ones in m mean zero, so that codes of two bits are -1, 0 and 1.

    ``term`` = product + term_offset.
    """

    def construct(s, config: ArrayConfig) -> None:
        shift_bits = config.code_bits - 1
        term_t = mk_bits(config.term_bits)
        sum_t = mk_bits(config.sum_bits)
        act_t = mk_bits(ACT_BITS)
        taken_bits = config.lane_act_bits
        taken_t = mk_bits(taken_bits)
        zero = (1 << shift_bits) - 1
        inverted = config.term_offset
        first, second, third = 1, 2, 4
        s.act = InPort(act_t)
        s.code = InPort(mk_bits(config.code_bits))
        s.term = OutPort(sum_t)

        s.magnitude = Wire(mk_bits(shift_bits))
        s.sign = Wire(1)
        s.taken = Wire(taken_t)
        s.extended = Wire(term_t)
        s.by_1 = Wire(term_t)
        s.by_2 = Wire(term_t)
        s.by_4 = Wire(term_t)
        s.magnitude //= s.code[0:shift_bits]
        s.sign //= s.code[shift_bits]

        @update
        def up_taken() -> None:
            s.taken @= 0
            if s.magnitude != zero:
                s.taken @= s.act[0:taken_bits] ^ sext(s.sign, taken_t)

        if config.signed_acts:

            @update
            def up_extended() -> None:
                s.extended @= sext(s.taken, term_t)

        else:

            @update
            def up_extended_unsigned() -> None:
                s.extended @= zext(s.taken, term_t)

        if shift_bits > 1:

            @update
            def up_shift() -> None:
                if s.magnitude[0]:
                    s.by_1 @= s.extended << first
                else:
                    s.by_1 @= s.extended
                if s.magnitude[1]:
                    s.by_2 @= s.by_1 << second
                else:
                    s.by_2 @= s.by_1

        else:
            s.by_1 //= s.extended
            s.by_2 //= s.extended

        if shift_bits > 2:

            @update
            def up_shift_far() -> None:
                if s.magnitude[2]:
                    s.by_4 @= s.by_2 << third
                else:
                    s.by_4 @= s.by_2

        else:
            s.by_4 //= s.by_2

        @update
        def up_term() -> None:
            s.term @= zext(s.by_4 ^ inverted, sum_t)


class FixedLane(Component):
    """Activation times a sign-magnitude weight.

    The activation's lower seven bits make an unsigned product, its sign bit the weight's bits, inverted, 2^7 higher: both go
    straight into the column's adder tree. ``term`` = product + term_offset. Without signed activations there is no sign bit's part.
    """

    def construct(s, config: ArrayConfig) -> None:
        magnitude_bits = config.code_bits - 1
        low_bits = ACT_BITS - 1
        magnitude_t = mk_bits(magnitude_bits)
        sum_t = mk_bits(config.sum_bits)
        act_t = mk_bits(ACT_BITS)
        taken_bits = config.lane_act_bits
        taken_t = mk_bits(taken_bits)
        s.act = InPort(act_t)
        s.code = InPort(mk_bits(config.code_bits))
        s.term = OutPort(sum_t)

        s.magnitude = Wire(magnitude_t)
        s.sign = Wire(1)
        s.taken = Wire(taken_t)
        s.low = Wire(mk_bits(low_bits))
        s.magnitude //= s.code[0:magnitude_bits]
        s.sign //= s.code[magnitude_bits]
        s.low //= s.taken[0:low_bits]

        @update
        def up_taken() -> None:
            s.taken @= s.act[0:taken_bits] ^ sext(s.sign, taken_t)

        if config.signed_acts:
            s.top = Wire(1)
            s.high = Wire(magnitude_t)
            s.top //= s.taken[low_bits]

            @update
            def up_product() -> None:
                s.high @= ~(s.magnitude & sext(s.top, magnitude_t))
                s.term @= zext(s.low, sum_t) * zext(s.magnitude, sum_t) + (zext(s.high, sum_t) << low_bits)

        else:

            @update
            def up_product_unsigned() -> None:
                s.term @= zext(s.low, sum_t) * zext(s.magnitude, sum_t)


def make_lane(config: ArrayConfig) -> Component:
    """The lane of this array's arithmetic."""
    return ShiftLane(config) if config.arith == "shift" else FixedLane(config)
