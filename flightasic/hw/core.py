"""Core: the accelerator without its memories (they are technology's choice, see top.py)."""

from pymtl3 import Component, InPort, OutPort, mk_bits, update
from pymtl3.stdlib.stream.ifcs import RecvIfcRTL, SendIfcRTL

from flightasic.config import ArrayConfig
from flightasic.hw.accumulate import Accumulate
from flightasic.hw.banks import BankPorts
from flightasic.hw.codes import Codes
from flightasic.hw.delay import Delay
from flightasic.hw.feed import Feed
from flightasic.hw.loader import Loader
from flightasic.hw.merge import Merge
from flightasic.hw.mesh import Mesh
from flightasic.hw.post import Post
from flightasic.hw.sequencer import Sequencer
from flightasic.hw.signals import ADDR_BITS, FLAG_BITS, ROW_SETTINGS, bits_of, column_settings
from flightasic.hw.stream import Load, Store
from flightasic.hw.writer import Writer
from flightasic.microcode import HEADER, WORD_BITS


class Core(Component):
    """Ports: enable, image, result and code streams, status; program, code, accumulator and activation memory ports."""

    def construct(s, config: ArrayConfig) -> None:
        banks, lanes, word = config.banks, config.lanes, config.word_bits
        index_bits = (config.act_depth - 1).bit_length()
        code_t = mk_bits(config.code_word_bits)
        acc_t = mk_bits(config.cols * config.acc_bits)
        acc_addr_t = mk_bits((config.acc_depth - 1).bit_length())
        s.enable = InPort(1)
        s.image = RecvIfcRTL(mk_bits(word))
        s.result = SendIfcRTL(mk_bits(word))
        s.code = RecvIfcRTL(code_t)
        s.image_last = OutPort(1)
        s.result_last = OutPort(1)
        s.state = OutPort(4)
        s.status = OutPort(4)
        s.step_index = OutPort(mk_bits(bits_of(HEADER, "steps")))
        s.program_en = OutPort(1)
        s.program_addr = OutPort(mk_bits(ADDR_BITS))
        s.program_data = InPort(mk_bits(WORD_BITS))
        s.code_read_en = OutPort(1)
        s.code_read_addr = OutPort(mk_bits(ADDR_BITS))
        s.code_read_data = InPort(code_t)
        s.code_write_en = OutPort(1)
        s.code_write_addr = OutPort(mk_bits(ADDR_BITS))
        s.code_write_data = OutPort(code_t)
        s.acc_read_en = OutPort(1)
        s.acc_read_addr = OutPort(acc_addr_t)
        s.acc_read_data = InPort(acc_t)
        s.acc_write_en = OutPort(1)
        s.acc_write_addr = OutPort(acc_addr_t)
        s.acc_write_data = OutPort(acc_t)
        s.act_read_en = OutPort(mk_bits(banks))
        s.act_read_addr = OutPort(mk_bits(banks * index_bits))
        s.act_read_data = InPort(mk_bits(banks * word))
        s.act_write_en = OutPort(mk_bits(banks * lanes))
        s.act_write_addr = OutPort(mk_bits(index_bits))
        s.act_write_data = OutPort(mk_bits(word))

        s.sequencer = Sequencer(config)
        s.codes = Codes(config)
        s.loader = Loader(config)
        s.feed = Feed(config)
        s.mesh = Mesh(config)
        # The flags with the column sums, and those ``1 + 2 * memory_regs`` cycles before the merged sums, when the accumulators are read.
        s.flags = Delay(FLAG_BITS, config.mesh_latency - 2 * config.memory_regs)
        sum_flags = read_flags = s.flags.out
        if config.memory_regs:
            s.sum_flags = Delay(FLAG_BITS, 2)
            s.sum_flags.in_ //= s.flags.out
            sum_flags = s.sum_flags.out
        if config.merge_regs:
            s.read_flags = Delay(FLAG_BITS, 1)
            s.read_flags.in_ //= s.flags.out
            read_flags = s.read_flags.out
        s.merge = Merge(config)
        s.accumulate = Accumulate(config)
        s.post = Post(config)
        s.writer = Writer(config)
        s.load = Load(config)
        s.store = Store(config)
        s.banks = BankPorts(config)

        for name in ("enable", "state", "status", "step_index"):
            own, port = getattr(s, name), getattr(s.sequencer, name)
            port //= own
        # Registers after the memories; those of the accumulator memory are in its unit. Codes come as late as activations; where the code
        # memory is written a cycle late, it may be read a cycle late, for what it is asked then still lies there.
        asked_late = min(config.memory_regs, config.bank_regs)
        s.code_request = Delay(1 + ADDR_BITS, asked_late)
        s.code_request.out[0] //= s.code_read_en
        s.code_request.out[1 : 1 + ADDR_BITS] //= s.code_read_addr
        s.program_word = Delay(WORD_BITS, config.program_regs - config.memory_regs)
        s.program_word.in_ //= s.program_data
        s.sequencer.program_data //= s.program_word.out
        s.loader.program_data //= s.program_word.out
        s.bank_words = Delay(banks * word, config.memory_regs)
        s.bank_words.in_ //= s.act_read_data
        s.code_word = Delay(config.code_word_bits, config.read_regs - asked_late)
        s.code_word.in_ //= s.code_read_data
        s.mesh_load = Delay(config.rows, config.read_regs)
        s.mesh_load.in_ //= s.loader.row_load
        s.codes.streamed //= s.sequencer.streamed
        s.codes.take //= s.loader.code_en
        s.codes.ready //= s.loader.code_ready
        s.codes.read_addr //= s.code_request.in_[1 : 1 + ADDR_BITS]
        s.codes.write_en //= s.code_write_en
        s.codes.write_addr //= s.code_write_addr
        s.codes.write_data //= s.code_write_data
        s.loader.code_en //= s.code_request.in_[0]
        s.mesh.code //= s.code_word.out

        for unit in (s.codes, s.loader, s.feed, s.post, s.writer):
            unit.step //= s.sequencer.step
            unit.start //= s.sequencer.conv_start
        for unit, start in ((s.load, s.sequencer.load_start), (s.store, s.sequencer.store_start)):
            unit.step //= s.sequencer.step
            unit.start //= start
        for unit in (s.loader, s.feed, s.load, s.store):
            unit.clear //= s.sequencer.clear
        s.sequencer.conv_done //= s.feed.done
        s.sequencer.load_done //= s.load.done
        s.sequencer.load_busy //= s.load.busy
        s.sequencer.load_waiting //= s.load.waiting
        s.sequencer.store_done //= s.store.done
        s.sequencer.store_busy //= s.store.busy
        s.sequencer.loader_error //= s.loader.error
        s.feed.loaded //= s.loader.loaded
        s.feed.consumed //= s.loader.consumed

        s.feed.row_load //= s.loader.row_load
        s.mesh.load //= s.mesh_load.out
        for name in ROW_SETTINGS:
            port, other = getattr(s.feed, name), getattr(s.loader, name)
            port //= other

        s.mesh.act //= s.feed.act
        s.mesh.swap //= s.feed.swap
        s.flags.in_ //= s.feed.flags
        s.merge.sums //= s.mesh.sums
        s.merge.flags //= sum_flags
        s.accumulate.flags_early //= read_flags
        s.accumulate.flags //= s.merge.flags_out
        s.accumulate.merged //= s.merge.merged
        s.post.totals //= s.accumulate.totals
        s.post.valid //= s.accumulate.total_valid
        s.post.group //= s.accumulate.group_out
        s.writer.pooled //= s.post.pooled
        s.writer.valid //= s.post.out_valid
        s.writer.group //= s.post.group_out

        for name in column_settings(config):
            for unit in (s.merge, s.accumulate, s.post, s.writer):
                if hasattr(unit, name):
                    port, other = getattr(unit, name), getattr(s.loader, name)
                    port //= other

        for name in ("read_en", "read_addr", "read_data", "write_en", "write_addr", "write_data"):
            own, port = getattr(s, f"acc_{name}"), getattr(s.accumulate, name)
            port //= own
        for name in ("read_en", "read_addr", "write_en", "write_addr", "write_data"):
            own, port = getattr(s, f"act_{name}"), getattr(s.banks, name)
            port //= own
        s.banks.feed_en //= s.feed.read_en
        s.banks.feed_addr //= s.feed.read_addr
        s.feed.read_data //= s.bank_words.out
        s.feed.hold //= s.store.fetch
        # It may come late: until the first word of a pass is written takes longer than one of the load's does.
        s.quiet = Delay(1, min(config.bank_regs, 1))
        s.quiet.in_ //= s.feed.quiet
        s.load.quiet //= s.quiet.out
        s.load.stops //= s.sequencer.stops
        s.line_request = Delay(1 + index_bits, config.bank_regs // 2)
        s.line_request.in_[0] //= s.store.fetch
        s.line_request.in_[1 : 1 + index_bits] //= s.store.fetch_index
        s.banks.store_en //= s.line_request.out[0]
        s.banks.store_index //= s.line_request.out[1 : 1 + index_bits]
        s.store.line_data //= s.bank_words.out
        s.banks.load_en //= s.load.write_en
        s.banks.load_addr //= s.load.addr
        s.banks.load_data //= s.load.write_data
        # A load is still kept off when the last word comes, for it learns of silence a cycle late.
        s.written = Delay(lanes + ADDR_BITS + word, config.bank_regs // 2)
        for name, low, bits in (("enable", 0, lanes), ("addr", lanes, ADDR_BITS), ("data", lanes + ADDR_BITS, word)):
            s.written.in_[low : low + bits] //= getattr(s.writer, name)
            port = getattr(s.banks, f"writer_{name}")
            port //= s.written.out[low : low + bits]

        s.load.image_last //= s.image_last
        s.store.result_last //= s.result_last
        for name, unit in (("image", s.load), ("result", s.store), ("code", s.codes)):
            for signal in ("msg", "val", "rdy"):
                own, port = getattr(getattr(s, name), signal), getattr(getattr(unit, name), signal)
                port //= own

        s.program_request = Delay(1 + ADDR_BITS, config.memory_regs)
        s.program_request.out[0] //= s.program_en
        s.program_request.out[1 : 1 + ADDR_BITS] //= s.program_addr

        @update
        def up_program_port() -> None:
            s.program_request.in_[0] @= s.sequencer.program_en | s.loader.program_en
            s.program_request.in_[1 : 1 + ADDR_BITS] @= s.sequencer.program_addr
            if s.loader.program_en:
                s.program_request.in_[1 : 1 + ADDR_BITS] @= s.loader.program_addr
