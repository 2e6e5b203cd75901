"""Stream: load steps take words from the host into the activation banks, store steps send words out (val/rdy both ways).

Both walk the same rows: ``kwords`` words on consecutive addresses from ``out_base``, then ``row_skip`` to the next of
``out_h`` rows. A word a cycle moves when the host is ready; nothing is kept but the address, so a step leaves no trace.
"""

from pymtl3 import Component, InPort, OutPort, Wire, mk_bits, update, update_ff
from pymtl3.stdlib.stream.ifcs import RecvIfcRTL, SendIfcRTL

from flightasic.config import ArrayConfig
from flightasic.hw.signals import ADDR_BITS, STEP_BITS, bits_of, step_wires
from flightasic.microcode import OP_LOAD, STEP


class Stream(Component):
    """Ports: step, start/clear/done, ``waiting`` for a load's first word, image and result streams, one-word bank port."""

    def construct(s, config: ArrayConfig) -> None:
        word_t = mk_bits(config.word_bits)
        s.step = InPort(mk_bits(STEP_BITS))
        s.start = InPort(1)
        s.clear = InPort(1)
        s.done = OutPort(1)
        s.waiting = OutPort(1)
        s.image = RecvIfcRTL(word_t)
        s.image_last = OutPort(1)
        s.result = SendIfcRTL(word_t)
        s.result_last = OutPort(1)
        s.addr = OutPort(mk_bits(ADDR_BITS))
        s.write_en = OutPort(1)
        s.write_data = OutPort(word_t)
        s.read_en = OutPort(1)
        s.read_data = InPort(word_t)

        step_wires(s, "op", "kwords", "row_skip", "out_h", "out_base")
        s.walking = Wire(1)
        s.untouched = Wire(1)
        s.loading = Wire(1)
        s.column = Wire(mk_bits(bits_of(STEP, "kwords")))
        s.row = Wire(mk_bits(bits_of(STEP, "out_h")))
        s.end_row = Wire(1)
        s.end_walk = Wire(1)
        s.moves = Wire(1)
        s.write_data //= s.image.msg
        s.result.msg //= s.read_data

        @update
        def up_walk() -> None:
            s.loading @= s.op == OP_LOAD
            s.end_row @= s.column + 1 == s.kwords
            s.end_walk @= s.end_row & (s.row + 1 == s.out_h)
            s.waiting @= s.walking & s.loading & s.untouched

        @update
        def up_handshake() -> None:
            s.image.rdy @= s.walking & s.loading & ~s.clear
            s.image_last @= s.image.rdy & s.end_walk
            s.write_en @= s.image.rdy & s.image.val
            s.read_en @= s.walking & ~s.loading & (~s.result.val | s.result.rdy)
            s.moves @= s.write_en | s.read_en
            s.done @= (s.write_en & s.end_walk) | (s.result.val & s.result.rdy & s.result_last)

        @update_ff
        def up_state() -> None:
            if s.reset | s.clear:
                s.walking <<= 0
            elif s.start:
                s.walking <<= 1
            elif s.moves & s.end_walk:
                s.walking <<= 0

        @update_ff
        def up_address() -> None:
            if s.start:
                s.untouched <<= 1
                s.column <<= 0
                s.row <<= 0
                s.addr <<= s.out_base
            elif s.moves:
                s.untouched <<= 0
                s.column <<= s.column + 1
                s.addr <<= s.addr + 1
                if s.end_row:
                    s.column <<= 0
                    s.row <<= s.row + 1
                    s.addr <<= s.addr + s.row_skip

        @update_ff
        def up_result() -> None:
            if s.reset | s.clear:
                s.result.val <<= 0
                s.result_last <<= 0
            elif s.read_en:
                s.result.val <<= 1
                s.result_last <<= s.end_walk
            elif s.result.rdy:
                s.result.val <<= 0
                s.result_last <<= 0
