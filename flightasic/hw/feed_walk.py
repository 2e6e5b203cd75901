"""Feed walk: counts the pixel slots of a convolution, which the feed gives to the rows (docs/units/feed.md)."""

from pymtl3 import Component, InPort, OutPort, Wire, concat, mk_bits, update, update_ff

from flightasic.config import ArrayConfig
from flightasic.hw.signals import ADDR_BITS, FLAG_BITS, POSITION_BITS, STEP_BITS, bits_of, step_wires
from flightasic.microcode import STEP

IDLE, WAIT, RUN, DRAIN = range(4)


class FeedWalk(Component):
    """Counters of a step: pixels of a pass in pool-window order, passes of a group, groups; base address and position.

    ``quiet``: no slot of a group's last pass is on its way, so that nothing is written to the banks. ``slid``: the slot lies just right
    of the one before it, in the same pass.
    """

    def construct(s, config: ArrayConfig) -> None:
        addr_t = mk_bits(ADDR_BITS)
        position_t = mk_bits(POSITION_BITS)
        drain = config.drain_cycles
        s.step = InPort(mk_bits(STEP_BITS))
        s.start = InPort(1)
        s.clear = InPort(1)
        s.hold = InPort(1)
        s.loaded = InPort(1)
        s.quiet = OutPort(1)
        s.swap = OutPort(1)
        s.valid = OutPort(1)
        s.residual = OutPort(1)
        s.flags = OutPort(mk_bits(FLAG_BITS))
        s.base = OutPort(addr_t)
        s.x = OutPort(position_t)
        s.y = OutPort(position_t)
        s.done = OutPort(1)

        step_wires(s, "pool", "out_w", "out_h", "ii", "a_start", "a_wx", "a_wy", "a_px", "a_py", "x_start", "y_start")
        step_wires(s, "r_start", "r_wx", "r_wy", "r_px", "r_py", "stride", "back", "advance", "x_return")
        step_wires(s, "kblocks", "passes", "groups")

        s.state = Wire(2)
        s.pass_index = Wire(mk_bits(bits_of(STEP, "passes")))
        s.group = Wire(mk_bits(bits_of(STEP, "groups")))
        s.phase = Wire(mk_bits(bits_of(STEP, "ii")))
        s.wx = Wire(mk_bits(bits_of(STEP, "pool")))
        s.wy = Wire(mk_bits(bits_of(STEP, "pool")))
        s.px = Wire(mk_bits(bits_of(STEP, "out_w")))
        s.py = Wire(mk_bits(bits_of(STEP, "out_h")))
        s.draining = Wire(mk_bits(drain.bit_length()))
        s.drained = Wire(1)
        # Whether a counter stands at its end is registered with it: so much hangs on these that there is no time for a comparison.
        s.first_pass = Wire(1)
        s.last_pass = Wire(1)
        s.last_window_pass = Wire(1)
        s.last_group = Wire(1)
        s.last_phase = Wire(1)
        s.last_wx = Wire(1)
        s.last_wy = Wire(1)
        s.last_px = Wire(1)
        s.last_py = Wire(1)
        s.finishing = Wire(1)
        s.end_wx = Wire(1)
        s.end_wy = Wire(1)
        s.end_px = Wire(1)
        s.end_pass = Wire(1)
        s.moves = Wire(1)
        s.pass_end = Wire(1)
        s.step_end = Wire(1)
        s.group_swap = Wire(1)
        s.next_residual = Wire(1)
        s.start_addr = Wire(addr_t)
        s.by_wx = Wire(addr_t)
        s.by_wy = Wire(addr_t)
        s.by_px = Wire(addr_t)
        s.by_py = Wire(addr_t)
        s.leap = Wire(addr_t)
        s.leap_x = Wire(position_t)
        s.leap_y = Wire(position_t)

        @update
        def up_control() -> None:
            s.first_pass @= s.pass_index == 0
            s.end_wx @= s.last_wx
            s.end_wy @= s.end_wx & s.last_wy
            s.end_px @= s.end_wy & s.last_px
            s.end_pass @= s.end_px & s.last_py
            s.finishing @= (s.state == RUN) & s.last_pass
            s.quiet @= ~s.finishing & s.drained
            s.valid @= (s.state == RUN) & (s.phase == 0) & ~s.hold
            s.moves @= (s.state == RUN) & ~s.hold & (~s.last_pass | s.last_phase)
            s.pass_end @= s.moves & s.end_pass
            s.step_end @= s.pass_end & s.last_pass & s.last_group
            s.swap @= s.loaded & ~s.hold & ((s.state == WAIT) | (s.pass_end & ~s.step_end))
            s.group_swap @= s.swap & s.last_pass
            if s.state == WAIT:
                s.group_swap @= s.swap & s.first_pass
            s.flags @= concat(s.residual, s.group_swap, s.valid & s.end_pass, s.last_pass, s.first_pass, s.valid)

        @update
        def up_leap() -> None:
            s.leap @= s.by_wx
            s.leap_x @= s.stride
            if s.end_wx:
                s.leap @= s.by_wy
                s.leap_x @= s.back
            if s.end_wy:
                s.leap @= s.by_px
                s.leap_x @= s.advance
            if s.end_px:
                s.leap @= s.by_py
                s.leap_x @= s.x_return
            s.leap_y @= s.stride
            if s.end_wy:
                s.leap_y @= s.back
            if s.end_px:
                s.leap_y @= s.advance

        @update
        def up_map() -> None:
            s.next_residual @= s.residual
            if s.pass_end:
                s.next_residual @= ~s.last_pass & (s.residual | s.last_window_pass)
            s.start_addr @= s.a_start
            if s.next_residual:
                s.start_addr @= s.r_start
            s.by_wx @= s.a_wx
            s.by_wy @= s.a_wy
            s.by_px @= s.a_px
            s.by_py @= s.a_py
            if s.residual:
                s.by_wx @= s.r_wx
                s.by_wy @= s.r_wy
                s.by_px @= s.r_px
                s.by_py @= s.r_py

        @update_ff
        def up_state() -> None:
            if s.reset | s.clear:
                s.state <<= IDLE
            elif s.start:
                s.state <<= WAIT
                s.pass_index <<= 0
                s.last_pass <<= s.passes == 1
                s.last_window_pass <<= s.kblocks == 1
                s.group <<= 0
                s.last_group <<= s.groups == 1
            elif s.swap:
                s.state <<= RUN
            elif s.pass_end:
                s.state <<= WAIT
                if s.step_end:
                    s.state <<= DRAIN
            elif s.done:
                s.state <<= IDLE
            if s.reset:
                s.draining <<= 0
                s.drained <<= 1
            elif s.finishing:
                s.draining <<= drain
                s.drained <<= 0
            elif ~s.drained:
                s.draining <<= s.draining - 1
                s.drained <<= s.draining == 1
            s.done <<= (s.state == DRAIN) & (s.draining == 1) & ~s.reset & ~s.clear
            s.residual <<= s.next_residual & ~s.start
            if s.pass_end:
                s.pass_index <<= s.pass_index + 1
                s.last_pass <<= s.pass_index + 2 == s.passes
                s.last_window_pass <<= s.pass_index + 2 == s.kblocks
                if s.last_pass:
                    s.pass_index <<= 0
                    s.last_pass <<= s.passes == 1
                    s.last_window_pass <<= s.kblocks == 1
                    s.group <<= s.group + 1
                    s.last_group <<= s.group + 2 == s.groups

        @update_ff
        def up_position() -> None:
            if ~s.hold:
                s.phase <<= 0
                s.last_phase <<= s.ii == 1
                if (s.state == RUN) & ~s.moves:
                    s.phase <<= s.phase + 1
                    s.last_phase <<= s.phase + 2 == s.ii
            if s.swap:
                s.wx <<= 0
                s.wy <<= 0
                s.px <<= 0
                s.py <<= 0
                s.last_wx <<= s.pool == 1
                s.last_wy <<= s.pool == 1
                s.last_px <<= s.out_w == 1
                s.last_py <<= s.out_h == 1
                s.base <<= s.start_addr
                s.x <<= s.x_start
                s.y <<= s.y_start
            elif s.moves:
                s.wx <<= s.wx + 1
                s.last_wx <<= s.wx + 2 == s.pool
                s.base <<= s.base + s.leap
                s.x <<= s.x + s.leap_x
                if s.end_wx:
                    s.wx <<= 0
                    s.wy <<= s.wy + 1
                    s.y <<= s.y + s.leap_y
                    s.last_wx <<= s.pool == 1
                    s.last_wy <<= s.wy + 2 == s.pool
                if s.end_wy:
                    s.wy <<= 0
                    s.px <<= s.px + 1
                    s.last_wy <<= s.pool == 1
                    s.last_px <<= s.px + 2 == s.out_w
                if s.end_px:
                    s.px <<= 0
                    s.py <<= s.py + 1
                    s.last_px <<= s.out_w == 1
                    s.last_py <<= s.py + 2 == s.out_h

        if config.act_reuse:
            s.slid = OutPort(1)

            @update_ff
            def up_slid() -> None:
                if s.swap:
                    s.slid <<= 0
                elif s.moves:
                    s.slid <<= ~s.end_wx | ((s.pool == 1) & ~s.end_px)
