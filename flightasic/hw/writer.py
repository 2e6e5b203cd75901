"""Writer: gathers the outputs of a pixel into activation words and writes them to the banks, one word a cycle.

The filters of a group hold neighbouring channels, so a pixel fills the words from the first filter's to the last one's;
byte enables leave the other groups' channels alone. The compiler spaces pixels so that the words always fit.
"""

from pymtl3 import Component, InPort, OutPort, Wire, mk_bits, update, update_ff

from flightasic.config import ACT_BITS, ArrayConfig
from flightasic.hw.signals import ADDR_BITS, STEP_BITS, bits_of, position_bits, step_wires
from flightasic.microcode import STEP


class WriterColumn(Component):
    """One column's destination: which word of the group, and its value placed in its lane."""

    def construct(s, config: ArrayConfig) -> None:
        lanes, lane_bits = config.lanes, config.lane_bits
        lane_mask = lanes - 1
        position_t = mk_bits(position_bits(config))
        s.pooled = InPort(mk_bits(ACT_BITS))
        s.word = InPort(position_t)
        s.group = InPort(1)
        s.load = InPort(1)
        s.clear = InPort(1)
        s.position = InPort(position_t)
        s.data = OutPort(mk_bits(lanes * ACT_BITS))
        s.enable = OutPort(mk_bits(lanes))

        s.next_used = Wire(1)
        s.next_position = Wire(position_t)
        s.held_used = Wire(1)
        s.held_position = Wire(position_t)
        s.lane = Wire(position_t)
        s.here = Wire(1)
        s.placed = [Wire(mk_bits(ACT_BITS)) for _ in range(lanes)]
        for i in range(lanes):
            s.data[i * ACT_BITS : (i + 1) * ACT_BITS] //= s.placed[i]

        @update_ff
        def up_settings() -> None:
            if s.load:
                s.next_used <<= 1
                s.next_position <<= s.position
            elif s.clear:
                s.next_used <<= 0
            if s.group:
                s.held_used <<= s.next_used
                s.held_position <<= s.next_position

        @update
        def up_place() -> None:
            s.here @= s.held_used & ((s.held_position >> lane_bits) == s.word)
            s.lane @= s.held_position & lane_mask
            s.enable @= 0
            for i in range(lanes):
                s.placed[i] @= 0
                if s.here & (s.lane == i):
                    s.placed[i] @= s.pooled
                    s.enable[i] @= 1


class Writer(Component):
    """Ports: pooled (cols activations) with valid -> address, word and byte enables of one write a cycle."""

    def construct(s, config: ArrayConfig) -> None:
        cols, word_bits = config.cols, config.word_bits
        lane_bits = config.lane_bits
        position_t = mk_bits(position_bits(config))
        addr_t = mk_bits(ADDR_BITS)
        s.step = InPort(mk_bits(STEP_BITS))
        s.start = InPort(1)
        s.pooled = InPort(mk_bits(cols * ACT_BITS))
        s.valid = InPort(1)
        s.group = InPort(1)
        s.set_clear = InPort(1)
        s.set_word = InPort(addr_t)
        s.set_last = InPort(mk_bits(cols))
        s.set_position = InPort(position_t)
        s.addr = OutPort(addr_t)
        s.data = OutPort(mk_bits(word_bits))
        s.enable = OutPort(mk_bits(config.lanes))

        step_wires(s, "out_w", "out_h", "out_base", "out_dx", "out_dy")

        s.next_word = Wire(addr_t)
        s.next_final = Wire(position_t)
        s.held_word = Wire(addr_t)
        s.held_final = Wire(position_t)
        s.pending = Wire(1)
        s.later_word = Wire(position_t)
        s.later_addr = Wire(addr_t)
        s.word = Wire(position_t)
        s.writing = Wire(1)
        s.done = Wire(1)
        s.pixel_addr = Wire(addr_t)
        s.px = Wire(mk_bits(bits_of(STEP, "out_w")))
        s.py = Wire(mk_bits(bits_of(STEP, "out_h")))
        s.last_px = Wire(1)
        s.last_py = Wire(1)
        s.leap = Wire(addr_t)
        s.column_data = [Wire(mk_bits(word_bits)) for _ in range(cols)]
        s.column_enable = [Wire(mk_bits(config.lanes)) for _ in range(cols)]
        for c in range(cols):
            column = WriterColumn(config)
            setattr(s, f"column_{c}", column)
            column.pooled //= s.pooled[c * ACT_BITS : (c + 1) * ACT_BITS]
            column.word //= s.word
            column.group //= s.group
            column.load //= s.set_last[c]
            column.clear //= s.set_clear
            column.position //= s.set_position
            column.data //= s.column_data[c]
            column.enable //= s.column_enable[c]

        @update
        def up_word() -> None:
            s.writing @= s.valid | s.pending
            s.word @= 0
            s.addr @= s.pixel_addr + s.held_word
            if s.pending:
                s.word @= s.later_word
                s.addr @= s.later_addr
            s.done @= s.writing & (s.word == s.held_final)
            s.leap @= s.out_dx
            if s.last_px:
                s.leap @= s.out_dy

        @update
        def up_data() -> None:
            s.data @= 0
            s.enable @= 0
            for i in range(cols):
                s.data @= s.data | s.column_data[i]
                if s.writing:
                    s.enable @= s.enable | s.column_enable[i]

        @update_ff
        def up_settings() -> None:
            if s.set_clear:
                s.next_word <<= s.set_word
            if s.set_last != 0:
                s.next_final <<= s.set_position >> lane_bits
            if s.group:
                s.held_word <<= s.next_word
                s.held_final <<= s.next_final

        @update_ff
        def up_position() -> None:
            s.later_word <<= s.word + 1
            s.later_addr <<= s.addr + 1
            if s.reset:
                s.pending <<= 0
            else:
                s.pending <<= s.writing & ~s.done
            if s.start:
                s.pixel_addr <<= s.out_base
                s.px <<= 0
                s.py <<= 0
                s.last_px <<= s.out_w == 1
                s.last_py <<= s.out_h == 1
            elif s.done:
                s.pixel_addr <<= s.pixel_addr + s.leap
                s.px <<= s.px + 1
                s.last_px <<= s.px + 2 == s.out_w
                if s.last_px:
                    s.px <<= 0
                    s.py <<= s.py + 1
                    s.last_px <<= s.out_w == 1
                    s.last_py <<= s.py + 2 == s.out_h
                    if s.last_py:
                        s.pixel_addr <<= s.out_base
                        s.py <<= 0
                        s.last_py <<= s.out_h == 1
