"""Load and Store: words from the host into the activation banks, and back (val/rdy both ways), while the array computes.

Both walk the same rows: ``kwords`` words on consecutive addresses from ``out_base``, then ``row_skip`` to the next of
``out_h`` rows. The step's numbers are taken over at its start, so that the next step can be fetched meanwhile.
"""

from pymtl3 import Component, InPort, OutPort, Wire, mk_bits, update, update_ff
from pymtl3.stdlib.stream.ifcs import RecvIfcRTL, SendIfcRTL

from flightasic.config import ArrayConfig
from flightasic.hw.signals import ADDR_BITS, STEP_BITS, bits_of, step_wires
from flightasic.microcode import STEP


class RowWalk(Component):
    """Address of each word of a transfer and of the one after it; which words end a row and the walk."""

    def construct(s) -> None:
        column_t = mk_bits(bits_of(STEP, "kwords"))
        row_t = mk_bits(bits_of(STEP, "out_h"))
        addr_t = mk_bits(ADDR_BITS)
        s.step = InPort(mk_bits(STEP_BITS))
        s.start = InPort(1)
        s.moves = InPort(1)
        s.addr = OutPort(addr_t)
        s.next_addr = OutPort(addr_t)
        s.end_row = OutPort(1)
        s.end_walk = OutPort(1)

        step_wires(s, "kwords", "row_skip", "out_h", "out_base")
        s.columns = Wire(column_t)
        s.skip = Wire(addr_t)
        s.columns_left = Wire(column_t)
        s.rows_left = Wire(row_t)
        s.last_column = Wire(1)
        s.last_row = Wire(1)

        @update
        def up_ends() -> None:
            s.end_row @= s.last_column
            s.end_walk @= s.last_column & s.last_row
            s.next_addr @= s.addr + 1
            if s.end_row:
                s.next_addr @= s.addr + s.skip

        @update_ff
        def up_walk() -> None:
            if s.start:
                s.columns <<= s.kwords
                s.skip <<= s.row_skip
                s.addr <<= s.out_base
                s.columns_left <<= s.kwords
                s.rows_left <<= s.out_h
                s.last_column <<= s.kwords == 1
                s.last_row <<= s.out_h == 1
            elif s.moves:
                s.addr <<= s.next_addr
                s.columns_left <<= s.columns_left - 1
                s.last_column <<= s.columns_left == 2
                if s.end_row:
                    s.columns_left <<= s.columns
                    s.rows_left <<= s.rows_left - 1
                    s.last_column <<= s.columns == 1
                    s.last_row <<= s.rows_left == 2


class Load(Component):
    """Ports: step, start/clear, busy/done, ``waiting`` for the first word, image stream, one-word bank write port.

    Words are taken in ``quiet`` cycles only: in the others the write port of the banks belongs to the writer. Where the core ``stops``
    if no image has begun, the first word is not taken.
    """

    def construct(s, config: ArrayConfig) -> None:
        word_t = mk_bits(config.word_bits)
        s.step = InPort(mk_bits(STEP_BITS))
        s.start = InPort(1)
        s.clear = InPort(1)
        s.quiet = InPort(1)
        s.stops = InPort(1)
        s.busy = OutPort(1)
        s.done = OutPort(1)
        s.waiting = OutPort(1)
        s.image = RecvIfcRTL(word_t)
        s.image_last = OutPort(1)
        s.addr = OutPort(mk_bits(ADDR_BITS))
        s.write_en = OutPort(1)
        s.write_data = OutPort(word_t)

        s.untouched = Wire(1)
        s.walk = RowWalk()
        s.walk.step //= s.step
        s.walk.start //= s.start
        s.walk.moves //= s.write_en
        s.walk.addr //= s.addr
        s.write_data //= s.image.msg

        @update
        def up_handshake() -> None:
            s.waiting @= s.busy & s.untouched
            s.image.rdy @= s.busy & s.quiet & ~(s.untouched & s.stops)
            s.image_last @= s.image.rdy & s.walk.end_walk
            s.write_en @= s.image.rdy & s.image.val
            s.done @= s.write_en & s.walk.end_walk

        @update_ff
        def up_busy() -> None:
            if s.reset | s.clear:
                s.busy <<= 0
            elif s.start:
                s.busy <<= 1
                s.untouched <<= 1
            elif s.write_en:
                s.busy <<= ~s.walk.end_walk
                s.untouched <<= 0


class OutQueue(Component):
    """Two words between the banks and the result stream, so that what the host does now decides nothing before the next cycle."""

    def construct(s, config: ArrayConfig) -> None:
        word_t = mk_bits(config.word_bits)
        s.clear = InPort(1)
        s.put = InPort(1)
        s.word = InPort(word_t)
        s.word_last = InPort(1)
        s.full = OutPort(1)
        s.result = SendIfcRTL(word_t)
        s.result_last = OutPort(1)

        s.later = Wire(word_t)
        s.later_last = Wire(1)
        s.head_stays = Wire(1)

        @update
        def up_stays() -> None:
            s.head_stays @= s.result.val & ~s.result.rdy

        @update_ff
        def up_queue() -> None:
            if s.reset | s.clear:
                s.full <<= 0
                s.result.val <<= 0
                s.result_last <<= 0
            else:
                s.full <<= s.head_stays & (s.full | s.put)
                s.result.val <<= s.head_stays | s.full | s.put
                if ~s.head_stays:
                    s.result_last <<= (s.full & s.later_last) | (s.put & s.word_last)

        @update_ff
        def up_words() -> None:
            if s.put:
                s.later <<= s.word
                s.later_last <<= s.word_last
            if ~s.head_stays:
                s.result.msg <<= s.word
                if s.full:
                    s.result.msg <<= s.later


class Store(Component):
    """Ports: step, start/clear, busy/done, result stream, ``fetch`` of a line (the same index of every bank).

    A line is kept, and its words follow one another; the next line is fetched as the last word of this one leaves, so that
    none is late but by ``config.read_regs``. The feed stands still in the cycle of a fetch, and in no other.
    """

    def construct(s, config: ArrayConfig) -> None:
        banks, bank_bits, word = config.banks, config.bank_bits, config.word_bits
        index_bits = (config.act_depth - 1).bit_length()
        final_bank = banks - 1
        word_t = mk_bits(word)
        s.step = InPort(mk_bits(STEP_BITS))
        s.start = InPort(1)
        s.clear = InPort(1)
        s.busy = OutPort(1)
        s.done = OutPort(1)
        s.result = SendIfcRTL(word_t)
        s.result_last = OutPort(1)
        s.fetch = OutPort(1)
        s.fetch_index = OutPort(mk_bits(index_bits))
        s.line_data = InPort(mk_bits(banks * word))

        s.starting = Wire(1)
        s.comes = Wire(1)
        s.fresh = Wire(1)
        s.ready = Wire(1)
        s.moves = Wire(1)
        s.end_line = Wire(1)
        s.bank = Wire(mk_bits(ADDR_BITS))
        s.last_bank = Wire(1)
        s.fetch_addr = Wire(mk_bits(ADDR_BITS))
        s.fetch_index //= s.fetch_addr[bank_bits : bank_bits + index_bits]
        s.word = Wire(word_t)
        s.kept = Wire(word_t)
        s.came = Wire(word_t)
        s.arriving = [Wire(word_t) for _ in range(banks)]
        s.line = [Wire(word_t) for _ in range(banks)]
        for b in range(banks):
            s.arriving[b] //= s.line_data[b * word : (b + 1) * word]
        step_wires(s, "out_base")
        s.walk = RowWalk()
        s.walk.step //= s.step
        s.walk.start //= s.start
        s.walk.moves //= s.moves
        s.queue = OutQueue(config)
        s.queue.clear //= s.clear
        s.queue.put //= s.moves
        s.queue.word //= s.word
        s.queue.word_last //= s.walk.end_walk
        s.queue.result_last //= s.result_last
        for signal in ("msg", "val", "rdy"):
            own, port = getattr(s.result, signal), getattr(s.queue.result, signal)
            port //= own

        @update
        def up_line() -> None:
            s.bank @= s.walk.addr & final_bank
            s.end_line @= s.walk.end_row | s.last_bank
            s.moves @= s.ready & ~s.queue.full
            s.fetch @= s.starting | (s.moves & s.end_line & ~s.walk.end_walk)
            s.fetch_addr @= s.walk.next_addr
            if s.starting:
                s.fetch_addr @= s.walk.addr

        @update
        def up_word() -> None:
            # Chosen apart: one choice between what arrives and what is kept, for all banks, would be the line's own enable to a
            # synthesiser, which then could not gate the line's clock.
            s.kept @= 0
            s.came @= 0
            for i in range(banks):
                if s.bank == i:
                    s.kept @= s.line[i]
                    s.came @= s.arriving[i]
            s.word @= s.kept
            if s.fresh:
                s.word @= s.came

        @update
        def up_done() -> None:
            s.done @= s.result.val & s.result.rdy & s.result_last

        @update_ff
        def up_last_bank() -> None:
            # With the address: the whole feed waits for a fetch, there is no time for a comparison.
            if s.start:
                s.last_bank <<= (s.out_base & final_bank) == final_bank
            elif s.moves:
                s.last_bank <<= (s.walk.next_addr & final_bank) == final_bank

        @update_ff
        def up_state() -> None:
            if s.reset | s.clear:
                s.busy <<= 0
                s.starting <<= 0
                s.fresh <<= 0
                s.ready <<= 0
            else:
                s.busy <<= s.start | (s.busy & ~s.done)
                s.starting <<= s.start
                s.fresh <<= s.comes
                s.ready <<= s.comes | (s.ready & ~(s.moves & s.end_line))

        later = config.read_regs
        if later == 0:
            s.comes //= s.fetch
        else:
            # Unlike a Delay, these forget what was fetched before a reset.
            s.on_its_way = Wire(mk_bits(later))
            s.following = Wire(mk_bits(later))
            s.comes //= s.on_its_way[later - 1]
            s.following[0] //= s.fetch
            for i in range(1, later):
                s.following[i] //= s.on_its_way[i - 1]

            @update_ff
            def up_on_its_way() -> None:
                s.on_its_way <<= s.following
                if s.reset | s.clear:
                    s.on_its_way <<= 0

        @update_ff
        def up_fetched() -> None:
            if s.fresh:
                for i in range(banks):
                    s.line[i] <<= s.arriving[i]
