"""Top: core and memories. The host loads memories while ``enable`` is low, raises it, and streams images."""

from pymtl3 import Component, InPort, OutPort, Wire, mk_bits, update
from pymtl3.stdlib.stream.ifcs import RecvIfcRTL, SendIfcRTL

from flightasic.config import ACT_BITS, ArrayConfig
from flightasic.hw.core import Core
from flightasic.hw.delay import Delay
from flightasic.hw.ram import Ram
from flightasic.hw.signals import ADDR_BITS, bits_of
from flightasic.microcode import HEADER, WORD_BITS

PROGRAM, CODE = range(2)


class Top(Component):
    """Ports: load port (one 64-bit word a cycle), enable, image, result and code streams, status.

    ``load_memory`` selects program (0) or code memory (1). A code word wider than 64 bits takes several writes,
    ``load_part`` counting its 64-bit parts from the lowest. ``image_last`` and ``result_last`` mark the last word of a transfer.
    """

    def construct(s, config: ArrayConfig) -> None:
        banks, lanes, word = config.banks, config.lanes, config.word_bits
        parts = -(-config.code_word_bits // WORD_BITS)
        final_part_bits = config.code_word_bits - (parts - 1) * WORD_BITS
        index_bits = (config.act_depth - 1).bit_length()
        code_addr_bits = (config.code_depth - 1).bit_length()
        program_addr_bits = (config.program_depth - 1).bit_length()
        s.load_en = InPort(1)
        s.load_memory = InPort(1)
        s.load_addr = InPort(mk_bits(ADDR_BITS))
        s.load_part = InPort(8)
        s.load_data = InPort(mk_bits(WORD_BITS))
        s.enable = InPort(1)
        s.image = RecvIfcRTL(mk_bits(word))
        s.result = SendIfcRTL(mk_bits(word))
        s.code = RecvIfcRTL(mk_bits(config.code_word_bits))
        s.image_last = OutPort(1)
        s.result_last = OutPort(1)
        s.state = OutPort(4)
        s.status = OutPort(4)
        s.step_index = OutPort(mk_bits(bits_of(HEADER, "steps")))

        s.core = Core(config)
        for name in ("enable", "image_last", "result_last", "state", "status", "step_index"):
            own, port = getattr(s, name), getattr(s.core, name)
            port //= own
        for name in ("image", "result", "code"):
            for signal in ("msg", "val", "rdy"):
                own, port = getattr(getattr(s, name), signal), getattr(getattr(s.core, name), signal)
                port //= own

        # What is written into the microcode and code memories; with ``memory_regs`` a cycle later.
        late = config.memory_regs
        s.program_write = Delay(1 + program_addr_bits + WORD_BITS, late)
        s.program_write.in_[1 : 1 + program_addr_bits] //= s.load_addr[0:program_addr_bits]
        s.program_write.in_[1 + program_addr_bits : 1 + program_addr_bits + WORD_BITS] //= s.load_data
        s.write_late = Delay(parts, late)
        s.write_addr_late = Delay(code_addr_bits, late)
        s.code_write = Wire(mk_bits(parts))
        s.code_write_addr = Wire(mk_bits(code_addr_bits))
        s.code_write_data = [Wire(mk_bits(WORD_BITS)) for _ in range(parts)]
        s.code_streamed = [Wire(mk_bits(WORD_BITS)) for _ in range(parts)]
        s.microcode = Ram(WORD_BITS, config.program_depth)
        s.microcode.read_en //= s.core.program_en
        s.microcode.read_addr //= s.core.program_addr[0:program_addr_bits]
        s.microcode.read_data //= s.core.program_data
        s.microcode.write_en //= s.program_write.out[0]
        s.microcode.write_addr //= s.program_write.out[1 : 1 + program_addr_bits]
        s.microcode.write_data //= s.program_write.out[1 + program_addr_bits : 1 + program_addr_bits + WORD_BITS]
        s.write_late.in_ //= s.code_write
        s.write_addr_late.in_ //= s.code_write_addr
        for i in range(parts):
            bits = WORD_BITS if i < parts - 1 else final_part_bits
            code = Ram(bits, config.code_depth)
            setattr(s, f"code_{i}", code)
            code.read_en //= s.core.code_read_en
            code.read_addr //= s.core.code_read_addr[0:code_addr_bits]
            code.read_data //= s.core.code_read_data[i * WORD_BITS : i * WORD_BITS + bits]
            code.write_en //= s.write_late.out[i]
            code.write_addr //= s.write_addr_late.out
            written = Delay(bits, late)
            setattr(s, f"code_written_{i}", written)
            written.in_ //= s.code_write_data[i][0:bits]
            code.write_data //= written.out
            s.code_streamed[i][0:bits] //= s.core.code_write_data[i * WORD_BITS : i * WORD_BITS + bits]
            if bits < WORD_BITS:
                s.code_streamed[i][bits:WORD_BITS] //= 0

        s.accumulators = Ram(config.cols * config.acc_bits, config.acc_depth)
        for name in ("read_en", "read_addr", "read_data", "write_en", "write_addr", "write_data"):
            port, other = getattr(s.accumulators, name), getattr(s.core, f"acc_{name}")
            port //= other

        for b in range(banks):
            for i in range(lanes):
                low = b * word + i * ACT_BITS
                ram = Ram(ACT_BITS, config.act_depth)
                setattr(s, f"bank_{b}_{i}", ram)
                ram.read_en //= s.core.act_read_en[b]
                ram.read_addr //= s.core.act_read_addr[b * index_bits : (b + 1) * index_bits]
                ram.read_data //= s.core.act_read_data[low : low + ACT_BITS]
                ram.write_en //= s.core.act_write_en[b * lanes + i]
                ram.write_addr //= s.core.act_write_addr
                ram.write_data //= s.core.act_write_data[i * ACT_BITS : (i + 1) * ACT_BITS]

        @update
        def up_load() -> None:
            s.program_write.in_[0] @= s.load_en & (s.load_memory == PROGRAM)
            s.code_write_addr @= s.load_addr[0:code_addr_bits]
            if s.core.code_write_en:
                s.code_write_addr @= s.core.code_write_addr[0:code_addr_bits]
            for i in range(parts):
                s.code_write[i] @= s.core.code_write_en | (s.load_en & (s.load_memory == CODE) & (s.load_part == i))
                s.code_write_data[i] @= s.load_data
                if s.core.code_write_en:
                    s.code_write_data[i] @= s.code_streamed[i]
