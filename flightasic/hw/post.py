"""Post-processing: rounding right shift (the rounding constant is in the bias), ReLU, clamp to 8 bits, max pooling."""

from pymtl3 import Component, InPort, OutPort, Wire, mk_bits, sext, update, update_ff

from flightasic.config import ACT_BITS, ArrayConfig
from flightasic.hw.delay import Delay
from flightasic.hw.signals import STEP_BITS, step_wires


class PostColumn(Component):
    """One column: accumulator word to activation, and the running maximum of a pool window."""

    def construct(s, config: ArrayConfig) -> None:
        acc = config.acc_bits
        acc_t = mk_bits(acc)
        act_t = mk_bits(ACT_BITS)
        top = ACT_BITS - 1
        sign = acc - 1
        highest = (1 << top) - 1
        lowest = 1 << top
        kept_8, kept_4, kept_2 = ACT_BITS + 7, ACT_BITS + 3, ACT_BITS + 1
        far_t, near_t, pair_t = mk_bits(acc - kept_8), mk_bits(kept_8 - kept_4), mk_bits(kept_4 - kept_2)
        s.total = InPort(acc_t)
        s.valid = InPort(1)
        s.first = InPort(1)
        s.group = InPort(1)
        s.clamp_valid = InPort(1)
        s.clamp_group = InPort(1)
        s.pool_valid = InPort(1)
        s.load = InPort(1)
        s.right_shift = InPort(5)
        s.relu = InPort(1)
        s.pooled = OutPort(act_t)

        s.next_shift = Wire(5)
        s.next_relu = Wire(1)
        s.held_shift = Wire(5)
        s.held_relu = Wire(1)
        # From the farthest stage to the nearest; each keeps the bits that later ones can bring to the activation's place.
        s.by_16 = Wire(acc_t)
        s.by_8 = Wire(acc_t)
        s.by_4 = Wire(mk_bits(kept_4))
        s.by_2 = Wire(mk_bits(kept_2))
        s.by_1 = Wire(act_t)
        s.left_out = Wire(1)
        s.shifted = Wire(act_t)
        s.negative = Wire(1)
        s.too_far = Wire(1)
        s.act = Wire(act_t)
        s.clamped = Wire(act_t)

        @update_ff
        def up_settings() -> None:
            if s.load:
                s.next_shift <<= s.right_shift
                s.next_relu <<= s.relu
            if s.group:
                s.held_shift <<= s.next_shift
            if s.clamp_group:
                s.held_relu <<= s.next_relu

        @update
        def up_shift() -> None:
            s.by_16 @= s.total
            if s.held_shift[4]:
                s.by_16 @= sext(s.total[16:acc], acc_t)
            s.by_8 @= s.by_16
            if s.held_shift[3]:
                s.by_8 @= sext(s.by_16[8:acc], acc_t)
            s.by_4 @= s.by_8[0:kept_4]
            if s.held_shift[2]:
                s.by_4 @= s.by_8[4:kept_8]
            s.by_2 @= s.by_4[0:kept_2]
            if s.held_shift[1]:
                s.by_2 @= s.by_4[2:kept_4]
            s.by_1 @= s.by_2[0:ACT_BITS]
            if s.held_shift[0]:
                s.by_1 @= s.by_2[1:kept_2]

        @update
        def up_left_out() -> None:
            # A bit that no stage keeps must be a copy of the sign.
            s.left_out @= s.by_8[kept_8:acc] != sext(s.total[sign:acc], far_t)
            if ~s.held_shift[2] & (s.by_8[kept_4:kept_8] != sext(s.total[sign:acc], near_t)):
                s.left_out @= 1
            if ~s.held_shift[1] & (s.by_4[kept_2:kept_4] != sext(s.total[sign:acc], pair_t)):
                s.left_out @= 1
            if ~s.held_shift[0] & (s.by_2[ACT_BITS] != s.total[sign]):
                s.left_out @= 1

        if config.post_regs:

            @update_ff
            def up_shifted() -> None:
                if s.valid:
                    s.shifted <<= s.by_1
                    s.negative <<= s.total[sign]
                    s.too_far <<= s.left_out

        else:
            s.shifted //= s.by_1
            s.negative //= s.total[sign]
            s.too_far //= s.left_out

        @update
        def up_clamp() -> None:
            s.clamped @= s.shifted
            if s.negative & s.held_relu:
                s.clamped @= 0
            elif s.too_far | (s.shifted[top] != s.negative):
                s.clamped @= highest
                if s.negative:
                    s.clamped @= lowest

        if config.post_regs:

            @update_ff
            def up_act() -> None:
                if s.clamp_valid:
                    s.act <<= s.clamped

        else:
            s.act //= s.clamped

        @update_ff
        def up_pool() -> None:
            if s.pool_valid:
                if s.first | ((s.act ^ lowest) > (s.pooled ^ lowest)):
                    s.pooled <<= s.act


class Post(Component):
    """Ports: totals (cols accumulator words) with valid -> pooled (cols activations) with out_valid once per pool window."""

    def construct(s, config: ArrayConfig) -> None:
        acc, cols = config.acc_bits, config.cols
        s.step = InPort(mk_bits(STEP_BITS))
        s.start = InPort(1)
        s.totals = InPort(mk_bits(cols * acc))
        s.valid = InPort(1)
        s.group = InPort(1)
        s.pooled = OutPort(mk_bits(cols * ACT_BITS))
        s.out_valid = OutPort(1)
        s.group_out = OutPort(1)
        s.set_last = InPort(mk_bits(cols))
        s.set_shift = InPort(5)
        s.set_relu = InPort(1)

        step_wires(s, "pool_area")
        clamp_valid, clamp_group = s.valid, s.group
        pool_valid, pool_group = s.valid, s.group
        if config.post_regs:
            s.clamp_stage = Delay(2, 1)
            s.clamp_stage.in_[0] //= s.valid
            s.clamp_stage.in_[1] //= s.group
            clamp_valid, clamp_group = s.clamp_stage.out[0], s.clamp_stage.out[1]
            s.pool_stage = Delay(2, 1)
            s.pool_stage.in_ //= s.clamp_stage.out
            pool_valid, pool_group = s.pool_stage.out[0], s.pool_stage.out[1]
        s.pool_valid = Wire(1)
        s.pool_group = Wire(1)
        s.pool_valid //= pool_valid
        s.pool_group //= pool_group
        s.count = Wire(8)
        s.first = Wire(1)
        for c in range(cols):
            column = PostColumn(config)
            setattr(s, f"column_{c}", column)
            column.total //= s.totals[c * acc : (c + 1) * acc]
            column.valid //= s.valid
            column.first //= s.first
            column.group //= s.group
            column.clamp_valid //= clamp_valid
            column.clamp_group //= clamp_group
            column.pool_valid //= s.pool_valid
            column.load //= s.set_last[c]
            column.right_shift //= s.set_shift
            column.relu //= s.set_relu
            column.pooled //= s.pooled[c * ACT_BITS : (c + 1) * ACT_BITS]

        @update
        def up_first() -> None:
            s.first @= s.count == 0

        @update_ff
        def up_count() -> None:
            s.out_valid <<= 0
            s.group_out <<= s.pool_group
            if s.reset:
                s.count <<= 0
                s.group_out <<= 0
            elif s.start:
                s.count <<= 0
            elif s.pool_valid:
                s.count <<= s.count + 1
                if s.count + 1 == s.pool_area:
                    s.count <<= 0
                    s.out_valid <<= 1
