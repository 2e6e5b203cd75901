"""Stream: takes an image's words into the activation banks, sends the result's words out (val/rdy on both sides)."""

from pymtl3 import Component, InPort, OutPort, Wire, mk_bits, update, update_ff
from pymtl3.stdlib.stream.ifcs import RecvIfcRTL, SendIfcRTL

from flightasic.config import ArrayConfig
from flightasic.hw.signals import ADDR_BITS


class Stream(Component):
    """Ports: image and result streams of activation words, their place in the banks, phases from the sequencer."""

    def construct(s, config: ArrayConfig) -> None:
        addr_t = mk_bits(ADDR_BITS)
        word_t = mk_bits(config.word_bits)
        s.image = RecvIfcRTL(word_t)
        s.result = SendIfcRTL(word_t)
        s.image_phase = InPort(1)
        s.image_done = OutPort(1)
        s.result_phase = InPort(1)
        s.result_done = OutPort(1)
        s.in_base = InPort(addr_t)
        s.in_row_words = InPort(16)
        s.in_skip = InPort(addr_t)
        s.in_rows = InPort(16)
        s.out_base = InPort(addr_t)
        s.out_words = InPort(16)
        s.write_en = OutPort(1)
        s.write_addr = OutPort(addr_t)
        s.write_data = OutPort(word_t)
        s.read_en = OutPort(1)
        s.read_addr = OutPort(addr_t)
        s.read_data = InPort(word_t)

        s.column = Wire(16)
        s.row = Wire(16)
        s.sent = Wire(16)
        s.ready = Wire(1)
        s.active = Wire(1)
        s.write_data //= s.image.msg
        s.result.msg //= s.read_data

        @update
        def up_handshake() -> None:
            s.image.rdy @= s.image_phase & s.active
            s.write_en @= s.image.val & s.image_phase & s.active
            s.image_done @= s.write_en & (s.column + 1 == s.in_row_words) & (s.row + 1 == s.in_rows)
            s.read_en @= s.result_phase & ~s.ready
            s.result.val @= s.ready
            s.result_done @= s.ready & s.result.rdy & (s.sent + 1 == s.out_words)

        @update_ff
        def up_image() -> None:
            s.active <<= s.image_phase & ~s.image_done
            if ~s.image_phase:
                s.column <<= 0
                s.row <<= 0
                s.write_addr <<= s.in_base
            elif s.write_en:
                s.column <<= s.column + 1
                s.write_addr <<= s.write_addr + 1
                if s.column + 1 == s.in_row_words:
                    s.column <<= 0
                    s.row <<= s.row + 1
                    s.write_addr <<= s.write_addr + s.in_skip

        @update_ff
        def up_result() -> None:
            if s.reset | ~s.result_phase:
                s.ready <<= 0
                s.sent <<= 0
                s.read_addr <<= s.out_base
            elif s.ready:
                if s.result.rdy:
                    s.ready <<= 0
                    s.sent <<= s.sent + 1
                    s.read_addr <<= s.read_addr + 1
            else:
                s.ready <<= 1
