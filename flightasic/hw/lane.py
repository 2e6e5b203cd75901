"""One product: an 8-bit activation times the magnitude of a held code, at the width of the column sum.

No product has a sign. A lane takes the activation 128 higher, which is its top bit inverted, and for a negative code the complement of
that: of ``a`` it multiplies ``a + 128`` or ``127 - a``. So a product is too large by a multiple of the code's magnitude that does not
depend on the activation; the compiler takes it off the filter's bias (``formats.product_shortfall``). Activations without a sign
(``signed_acts=0``) are taken as they are, in their seven bits.
"""

from pymtl3 import Component, InPort, OutPort, Wire, mk_bits, sext, update, zext

from flightasic.config import ACT_BITS, ArrayConfig


class ShiftLane(Component):
    """Activation shifted left by the code's m; all ones in m mean zero, so that codes of two bits are -1, 0 and 1."""

    def construct(s, config: ArrayConfig) -> None:
        shift_bits = config.code_bits - 1
        term_t = mk_bits(config.term_bits)
        sum_t = mk_bits(config.sum_bits)
        taken_bits = config.lane_act_bits
        taken_t = mk_bits(taken_bits)
        zero = (1 << shift_bits) - 1
        offset = config.act_offset
        first, second, third = 1, 2, 4
        s.act = InPort(mk_bits(ACT_BITS))
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
                s.taken @= s.act[0:taken_bits] ^ sext(s.sign, taken_t) ^ offset
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
            s.term @= zext(s.by_4, sum_t)


class FixedLane(Component):
    """Activation times a sign-magnitude weight."""

    def construct(s, config: ArrayConfig) -> None:
        magnitude_bits = config.code_bits - 1
        sum_t = mk_bits(config.sum_bits)
        taken_bits = config.lane_act_bits
        taken_t = mk_bits(taken_bits)
        offset = config.act_offset
        s.act = InPort(mk_bits(ACT_BITS))
        s.code = InPort(mk_bits(config.code_bits))
        s.term = OutPort(sum_t)

        s.magnitude = Wire(mk_bits(magnitude_bits))
        s.sign = Wire(1)
        s.taken = Wire(taken_t)
        s.magnitude //= s.code[0:magnitude_bits]
        s.sign //= s.code[magnitude_bits]

        @update
        def up_product() -> None:
            s.taken @= s.act[0:taken_bits] ^ sext(s.sign, taken_t) ^ offset
            s.term @= zext(s.taken, sum_t) * zext(s.magnitude, sum_t)


def make_lane(config: ArrayConfig) -> Component:
    """The lane of this array's arithmetic."""
    return ShiftLane(config) if config.arith == "shift" else FixedLane(config)
