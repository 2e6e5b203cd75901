"""Merge: joins the virtual columns of a filter (docs/architecture.md).

A filter with k planes occupies k neighbouring columns. Each column sum is shifted left by its plane's offset; the
filter's last column collects itself and up to two neighbours to its left. In passes over the residual every column of a filter
takes the residual's shift instead. All settings are static during a pass.
"""

from pymtl3 import Component, InPort, OutPort, Wire, mk_bits, update, update_ff, zext

from flightasic.config import OFFSET_BITS, ArrayConfig
from flightasic.hw.delay import Delay
from flightasic.hw.signals import FLAG_BITS, GROUP, RESIDUAL, VALID


class MergeColumn(Component):
    """One column: shifts its own sum, adds the left neighbours' shifted sums; zero unless it is a filter's last column."""

    def construct(s, config: ArrayConfig) -> None:
        acc_t = mk_bits(config.acc_bits)
        s.sum_in = InPort(mk_bits(config.sum_bits))
        s.left_1 = InPort(acc_t)
        s.left_2 = InPort(acc_t)
        s.shifted = OutPort(acc_t)
        s.merged = OutPort(acc_t)
        s.valid = InPort(1)
        s.group = InPort(1)
        s.join_valid = InPort(1)
        s.join_group = InPort(1)
        s.load = InPort(1)
        s.clear = InPort(1)
        s.offset = InPort(mk_bits(OFFSET_BITS))
        s.residual = InPort(1)
        s.residual_offset = InPort(mk_bits(OFFSET_BITS))
        s.last = InPort(1)
        s.k = InPort(2)

        s.next_offset = Wire(mk_bits(OFFSET_BITS))
        s.next_residual = Wire(mk_bits(OFFSET_BITS))
        s.next_k = Wire(2)
        s.held_offset = Wire(mk_bits(OFFSET_BITS))
        s.held_residual = Wire(mk_bits(OFFSET_BITS))
        s.held_k = Wire(2)
        s.shift = Wire(mk_bits(OFFSET_BITS))
        s.extended = Wire(acc_t)
        s.moved = Wire(acc_t)
        s.joined_1 = Wire(acc_t)
        s.joined_2 = Wire(acc_t)
        s.total = Wire(acc_t)

        @update_ff
        def up_settings() -> None:
            if s.load:
                s.next_offset <<= s.offset
                s.next_residual <<= s.residual_offset
                s.next_k <<= 0
                if s.last:
                    s.next_k <<= s.k
            elif s.clear:
                s.next_k <<= 0
            if s.group:
                s.held_offset <<= s.next_offset
                s.held_residual <<= s.next_residual
            if s.join_group:
                s.held_k <<= s.next_k

        @update
        def up_extended() -> None:
            s.extended @= zext(s.sum_in, acc_t)

        @update
        def up_shift() -> None:
            s.shift @= s.held_offset
            if s.residual:
                s.shift @= s.held_residual
            s.moved @= s.extended << zext(s.shift, acc_t)

        if config.merge_regs:

            @update_ff
            def up_moved() -> None:
                if s.valid:
                    s.shifted <<= s.moved

        else:
            s.shifted //= s.moved

        @update
        def up_total() -> None:
            s.joined_1 @= 0
            if s.held_k[1]:
                s.joined_1 @= s.left_1
            s.joined_2 @= 0
            if s.held_k == 3:
                s.joined_2 @= s.left_2
            s.total @= s.shifted + s.joined_1 + s.joined_2

        @update_ff
        def up_merged() -> None:
            if s.join_valid:
                s.merged <<= 0
                if s.held_k != 0:
                    s.merged <<= s.total


class Merge(Component):
    """Ports: sums (cols), flags -> merged (cols accumulator words) and flags, a cycle later (two with ``merge_regs``); settings."""

    def construct(s, config: ArrayConfig) -> None:
        acc, cols = config.acc_bits, config.cols
        s.sums = InPort(mk_bits(cols * config.sum_bits))
        s.flags = InPort(mk_bits(FLAG_BITS))
        s.merged = OutPort(mk_bits(cols * acc))
        s.flags_out = OutPort(mk_bits(FLAG_BITS))
        s.set_clear = InPort(1)
        s.set_used = InPort(mk_bits(cols))
        s.set_last = InPort(mk_bits(cols))
        s.set_offset = InPort(mk_bits(cols * OFFSET_BITS))
        s.set_residual = InPort(mk_bits(OFFSET_BITS))
        s.set_k = InPort(2)

        join_flags = s.flags
        if config.merge_regs:
            s.stage = Delay(FLAG_BITS, 1)
            s.stage.in_ //= s.flags
            join_flags = s.stage.out
        s.delay = Delay(FLAG_BITS, 1)
        s.delay.in_ //= join_flags
        s.flags_out //= s.delay.out
        columns = [MergeColumn(config) for _ in range(cols)]
        for c, column in enumerate(columns):
            setattr(s, f"column_{c}", column)
            column.sum_in //= s.sums[c * config.sum_bits : (c + 1) * config.sum_bits]
            column.merged //= s.merged[c * acc : (c + 1) * acc]
            column.valid //= s.flags[VALID]
            column.group //= s.flags[GROUP]
            column.join_valid //= join_flags[VALID]
            column.join_group //= join_flags[GROUP]
            column.load //= s.set_used[c]
            column.clear //= s.set_clear
            column.offset //= s.set_offset[c * OFFSET_BITS : (c + 1) * OFFSET_BITS]
            column.residual //= s.flags[RESIDUAL]
            column.residual_offset //= s.set_residual
            column.last //= s.set_last[c]
            column.k //= s.set_k
            if c >= 1:
                column.left_1 //= columns[c - 1].shifted
            else:
                column.left_1 //= 0
            if c >= 2:
                column.left_2 //= columns[c - 2].shifted
            else:
                column.left_2 //= 0
