"""Accumulate: adds the passes of a filter group, pixel by pixel, over the accumulator memory.

The first pass starts from the bias (which carries the rounding constant and takes off what the products are too large by), the last
one hands the total to post-processing instead of writing it back.
"""

from pymtl3 import Component, InPort, OutPort, Wire, mk_bits, update, update_ff

from flightasic.config import ArrayConfig
from flightasic.hw.delay import Delay
from flightasic.hw.signals import END, FIRST, FLAG_BITS, GROUP, LAST, VALID


class AccumulateColumn(Component):
    """One column's adder and bias."""

    def construct(s, config: ArrayConfig) -> None:
        acc_t = mk_bits(config.acc_bits)
        s.merged = InPort(acc_t)
        s.stored = InPort(acc_t)
        s.first = InPort(1)
        s.group = InPort(1)
        s.finish = InPort(1)
        s.load = InPort(1)
        s.bias = InPort(acc_t)
        s.sum = OutPort(acc_t)
        s.total = OutPort(acc_t)
        s.addend = Wire(acc_t)

        s.next_bias = Wire(acc_t)
        s.held_bias = Wire(acc_t)

        @update_ff
        def up_bias() -> None:
            if s.load:
                s.next_bias <<= s.bias
            if s.group:
                s.held_bias <<= s.next_bias

        @update
        def up_sum() -> None:
            s.addend @= s.stored
            if s.first:
                s.addend @= s.held_bias
            s.sum @= s.merged + s.addend

        @update_ff
        def up_total() -> None:
            if s.finish:
                s.total <<= s.sum


class Accumulate(Component):
    """Ports: flags as the memory is read and with ``merged``, memory -> totals and their valid a cycle after ``merged``.

    The memory is read one cycle before ``merged`` and written with it; with ``memory_regs`` it is read three cycles before, for its words
    go far, and written one after. A pixel comes again no sooner than after ``rows + 2 + code_hold`` cycles, in which the loader brings the
    next pass's codes; so even of a pass of one pixel the sum is written before it is read.
    """

    def construct(s, config: ArrayConfig) -> None:
        acc, cols = config.acc_bits, config.cols
        addr_t = mk_bits((config.acc_depth - 1).bit_length())
        word_t = mk_bits(cols * acc)
        s.flags_early = InPort(mk_bits(FLAG_BITS))
        s.flags = InPort(mk_bits(FLAG_BITS))
        s.merged = InPort(word_t)
        s.totals = OutPort(word_t)
        s.total_valid = OutPort(1)
        s.group_out = OutPort(1)
        s.set_last = InPort(mk_bits(cols))
        s.set_bias = InPort(mk_bits(acc))
        s.read_en = OutPort(1)
        s.read_addr = OutPort(addr_t)
        s.read_data = InPort(word_t)
        s.write_en = OutPort(1)
        s.write_addr = OutPort(addr_t)
        s.write_data = OutPort(word_t)

        s.pixel = Wire(addr_t)
        late = config.memory_regs
        s.written = Delay(addr_t.nbits, 1 + 3 * late)
        s.writes = Delay(1, late)
        s.sums = Delay(cols * acc, late)
        s.write_en //= s.writes.out
        s.write_data //= s.sums.out
        s.finish = Wire(1)
        s.written.in_ //= s.pixel
        s.write_addr //= s.written.out
        s.read_addr //= s.pixel
        s.ends = Delay(2, 1)
        s.ends.in_[0] //= s.finish
        s.ends.in_[1] //= s.flags[GROUP]
        s.total_valid //= s.ends.out[0]
        s.group_out //= s.ends.out[1]

        stored = s.read_data
        if late:
            s.arrived = Delay(cols * acc, 2)
            s.arrived.in_ //= s.read_data
            stored = s.arrived.out
        for c in range(cols):
            column = AccumulateColumn(config)
            setattr(s, f"column_{c}", column)
            column.merged //= s.merged[c * acc : (c + 1) * acc]
            column.stored //= stored[c * acc : (c + 1) * acc]
            column.first //= s.flags[FIRST]
            column.group //= s.flags[GROUP]
            column.finish //= s.finish
            column.load //= s.set_last[c]
            column.bias //= s.set_bias
            column.sum //= s.sums.in_[c * acc : (c + 1) * acc]
            column.total //= s.totals[c * acc : (c + 1) * acc]

        @update
        def up_control() -> None:
            s.read_en @= s.flags_early[VALID] & ~s.flags_early[FIRST]
            s.finish @= s.flags[VALID] & s.flags[LAST]
            s.writes.in_ @= s.flags[VALID] & ~s.flags[LAST]

        @update_ff
        def up_pixel() -> None:
            # A group starts at pixel 0 even if a reset cut the one before it off: its last slots still come down the pipeline.
            if s.reset | s.flags_early[GROUP]:
                s.pixel <<= 0
            elif s.flags_early[VALID]:
                if s.flags_early[END]:
                    s.pixel <<= 0
                else:
                    s.pixel <<= s.pixel + 1
