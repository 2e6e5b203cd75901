"""Sequencer: runs a program (docs/microcode.md).

While ``enable`` is high: check the program once, then run its steps in order, image after image. Transfers may go on in the background
of the steps after them; a step waits for the engine it needs, an image for both. A malformed program ends in
the error state, with a status that says why, until ``enable`` falls.
"""

from pymtl3 import Component, InPort, OutPort, Wire, concat, mk_bits, update, update_ff

from flightasic.config import ArrayConfig
from flightasic.hw.delay import Delay
from flightasic.hw.signals import ADDR_BITS, STEP_BITS, bits_of, step_wires, word_field
from flightasic.microcode import (
    BAD_CHECKSUM,
    BAD_CONFIG,
    BAD_HEADER,
    BAD_MICROWORD,
    BAD_STEP,
    HEADER,
    MAGIC,
    OK,
    OP_CONV,
    OP_LOAD,
    OP_STORE,
    STEP,
    VERSION,
    WORD_BITS,
    words_of,
)

IDLE, HEAD, CHECK, SCAN, VERIFY, FETCH, BEGIN, RUN, ERROR = range(9)


class StepCheck(Component):
    """What a step is (convolution, load or store), and whether it can run: a known operation, no empty loop, a load first."""

    def construct(s) -> None:
        s.step = InPort(mk_bits(STEP_BITS))
        s.first = InPort(1)
        s.conv = OutPort(1)
        s.load = OutPort(1)
        s.store = OutPort(1)
        step_wires(s, "op", "pool", "pool_area", "out_w", "out_h", "ii", "kw", "cb", "kwords", "kblocks", "passes", "groups")
        s.walks = Wire(1)

        @update
        def up_kind() -> None:
            s.walks @= (s.out_h != 0) & (s.kwords != 0)
            s.load @= (s.op == OP_LOAD) & s.walks
            s.store @= (s.op == OP_STORE) & ~s.first & s.walks
            s.conv @= (
                (s.op == OP_CONV) & ~s.first & s.walks
                & (s.pool != 0) & (s.pool_area != 0) & (s.out_w != 0) & (s.ii != 0)
                & (s.kw != 0) & (s.cb != 0) & (s.kblocks != 0) & (s.passes >= s.kblocks) & (s.groups != 0)
            )  # fmt: skip


class Header(Component):
    """What of the header is needed later, taken word by word as it arrives: is it ours, is it for this array, and its counts."""

    def construct(s, config: ArrayConfig) -> None:
        fingerprint = config.fingerprint
        s.word = InPort(mk_bits(WORD_BITS))
        s.take = InPort(1)
        s.index = InPort(mk_bits(ADDR_BITS))
        s.known = OutPort(1)
        s.for_this = OutPort(1)
        s.streamed = OutPort(1)
        s.words = OutPort(mk_bits(bits_of(HEADER, "words")))
        s.steps = OutPort(mk_bits(bits_of(HEADER, "steps")))

        for name in ("magic", "version", "streamed", "fingerprint", "words", "steps"):
            setattr(s, f"word_{name}", Wire(mk_bits(bits_of(HEADER, name))))
            wire = getattr(s, f"word_{name}")
            wire //= word_field(s.word, HEADER, name)

        @update_ff
        def up_fields() -> None:
            if s.take:
                if s.index == 0:
                    s.known <<= (s.word_magic == MAGIC) & (s.word_version == VERSION)
                    s.for_this <<= s.word_fingerprint == fingerprint
                    s.streamed <<= s.word_streamed
                else:
                    s.words <<= s.word_words
                    s.steps <<= s.word_steps


class Sequencer(Component):
    """Ports: enable, program memory -> step descriptor, start pulses, clear; who is busy or done and errors back; status."""

    def construct(s, config: ArrayConfig) -> None:
        header_words = words_of(HEADER)
        step_words = words_of(STEP)
        final_header = header_words - 1
        final_step = step_words - 1
        program_depth = config.program_depth
        half = WORD_BITS // 2
        s.enable = InPort(1)
        s.program_en = OutPort(1)
        s.program_addr = OutPort(mk_bits(ADDR_BITS))
        s.program_data = InPort(mk_bits(WORD_BITS))
        s.step = OutPort(mk_bits(STEP_BITS))
        s.conv_start = OutPort(1)
        s.load_start = OutPort(1)
        s.store_start = OutPort(1)
        s.clear = OutPort(1)
        s.stops = OutPort(1)
        s.streamed = OutPort(1)
        s.conv_done = InPort(1)
        s.load_done = InPort(1)
        s.load_busy = InPort(1)
        s.load_waiting = InPort(1)
        s.store_done = InPort(1)
        s.store_busy = InPort(1)
        s.loader_error = InPort(1)
        s.state = OutPort(4)
        s.status = OutPort(4)
        s.step_index = OutPort(mk_bits(bits_of(HEADER, "steps")))

        step_wires(s, "background", "wait_load")
        s.head = Header(config)
        s.check = StepCheck()
        s.fetch = Wire(mk_bits(ADDR_BITS))
        s.arriving = Wire(1)
        s.arrived = Wire(mk_bits(ADDR_BITS))
        s.sum = Wire(mk_bits(half))
        s.step_addr = Wire(mk_bits(ADDR_BITS))
        s.first_step = Wire(1)
        s.last_step = Wire(1)
        s.last_word = Wire(1)
        s.whole = Wire(1)
        s.fits = Wire(1)
        s.sound = Wire(1)
        # What the step is, if it can run; with ``memory_regs`` found out in a cycle between the step's last word and its beginning.
        s.kind = Delay(3, config.memory_regs)
        s.streams = Delay(1, config.memory_regs)
        s.streams.out //= s.streamed
        s.conv = Wire(1)
        s.load = Wire(1)
        s.store = Wire(1)
        s.kind.out[0] //= s.conv
        s.kind.out[1] //= s.load
        s.kind.out[2] //= s.store
        if config.memory_regs:

            @update_ff
            def up_whole_late() -> None:
                s.whole <<= s.last_word & ~s.reset

        else:
            s.whole //= s.last_word
        s.goes_on = Wire(1)
        s.step_end = Wire(1)
        s.leaving = Wire(1)
        s.head.word //= s.program_data
        s.head.index //= s.arrived
        s.check.step //= s.step
        s.check.first //= s.first_step

        @update
        def up_fetch_port() -> None:
            s.program_en @= 0
            s.program_addr @= s.fetch
            if s.state == HEAD:
                s.program_en @= s.fetch < header_words
            elif s.state == SCAN:
                s.program_en @= s.fetch < s.head.words
            elif s.state == FETCH:
                s.program_en @= s.fetch < step_words
                s.program_addr @= s.step_addr + s.fetch
            s.head.take @= s.arriving & (s.state == HEAD)

        @update
        def up_control() -> None:
            s.last_word @= s.arriving & (s.arrived == final_step) & (s.state == FETCH)
            s.kind.in_ @= 0
            if s.fits:
                s.kind.in_ @= concat(s.check.store, s.check.load, s.check.conv)
            s.sound @= s.conv | s.load | s.store
            s.streams.in_ @= s.head.streamed & ((s.state == FETCH) | (s.state == BEGIN) | (s.state == RUN))
            # Between two images the core may go; a word that the host offers meanwhile is not taken.
            s.stops @= ~s.enable & s.first_step
            s.leaving @= s.stops & ((s.state == FETCH) | (s.state == BEGIN) | ((s.state == RUN) & s.load_waiting))
            s.clear @= s.leaving | (s.state == ERROR)

        @update
        def up_begin() -> None:
            s.conv_start @= (s.state == BEGIN) & s.sound & s.conv & ~(s.wait_load & s.load_busy)
            s.load_start @= (s.state == BEGIN) & s.sound & s.load & ~s.load_busy & ~(s.first_step & s.store_busy)
            s.store_start @= (s.state == BEGIN) & s.sound & s.store & ~s.store_busy
            # An image begins and ends in the foreground, whatever the program says.
            s.goes_on @= (s.load_start | s.store_start) & s.background & ~s.first_step & ~s.last_step

        @update
        def up_end() -> None:
            s.step_end @= s.goes_on
            if s.state == RUN:
                s.step_end @= (s.conv & s.conv_done) | (s.load & s.load_done) | (s.store & s.store_done)

        @update_ff
        def up_state() -> None:
            if s.reset:
                s.state <<= IDLE
                s.status <<= OK
            elif s.state == IDLE:
                s.status <<= OK
                if s.enable:
                    s.state <<= HEAD
            elif s.state == HEAD:
                if s.arriving & (s.arrived == final_header):
                    s.state <<= CHECK
            elif s.state == CHECK:
                s.state <<= SCAN
                if ~s.head.known | (s.head.words < header_words) | (s.head.words > program_depth):
                    s.state <<= ERROR
                    s.status <<= BAD_HEADER
                elif ~s.head.for_this:
                    s.state <<= ERROR
                    s.status <<= BAD_CONFIG
            elif s.state == SCAN:
                if s.arriving & (s.arrived + 1 == s.head.words):
                    s.state <<= VERIFY
            elif s.state == VERIFY:
                s.state <<= FETCH
                if s.sum != 0:
                    s.state <<= ERROR
                    s.status <<= BAD_CHECKSUM
                elif s.head.steps == 0:
                    s.state <<= ERROR
                    s.status <<= BAD_STEP
            elif s.leaving:
                s.state <<= IDLE
            elif s.state == FETCH:
                if s.whole:
                    s.state <<= BEGIN
            elif s.state == BEGIN:
                if ~s.sound:
                    s.state <<= ERROR
                    s.status <<= BAD_STEP
                elif s.goes_on:
                    s.state <<= FETCH
                elif s.conv_start | s.load_start | s.store_start:
                    s.state <<= RUN
            elif s.state == RUN:
                if s.loader_error:
                    s.state <<= ERROR
                    s.status <<= BAD_MICROWORD
                elif s.step_end:
                    s.state <<= FETCH
            elif s.state == ERROR:
                if ~s.enable:
                    s.state <<= IDLE

        @update_ff
        def up_fetch() -> None:
            if s.program_en:
                s.fetch <<= s.fetch + 1
            elif (s.state != HEAD) & (s.state != SCAN) & (s.state != FETCH):
                s.fetch <<= 0

        if config.memory_regs:
            later = config.program_regs
            s.asked = Wire(mk_bits(later))
            s.asked_word = Delay(ADDR_BITS, later)
            s.asked_word.in_ //= s.fetch

            @update_ff
            def up_asked() -> None:
                s.asked <<= concat(s.asked[0 : later - 1], s.program_en)
                s.arriving <<= s.asked[later - 1]
                s.arrived <<= s.asked_word.out
                # A word that is still on its way when the core stops must not be taken for one of the next header.
                if s.reset | (s.state == IDLE):
                    s.asked <<= 0
                    s.arriving <<= 0

        else:

            @update_ff
            def up_arriving() -> None:
                s.arriving <<= s.program_en & ~s.reset
                s.arrived <<= s.fetch

        @update_ff
        def up_program() -> None:
            # The checksum is itself one of the halves, so that those of a good program add up to nothing.
            if s.state == HEAD:
                s.sum <<= 0
            elif s.arriving & (s.state == SCAN):
                s.sum <<= s.sum ^ s.program_data[0:half] ^ s.program_data[half:WORD_BITS]
            if s.arriving & (s.state == FETCH):
                s.step <<= concat(s.program_data, s.step[WORD_BITS:STEP_BITS])

        @update_ff
        def up_step() -> None:
            s.fits <<= s.step_addr + step_words <= s.head.words
            if s.reset | (s.state == VERIFY):
                s.step_index <<= 0
                s.first_step <<= 1
                s.last_step <<= s.head.steps == 1
                s.step_addr <<= header_words
            elif s.step_end:
                s.step_index <<= s.step_index + 1
                s.first_step <<= s.last_step
                s.last_step <<= s.step_index + 2 == s.head.steps
                s.step_addr <<= s.step_addr + step_words
                if s.last_step:
                    s.step_index <<= 0
                    s.last_step <<= s.head.steps == 1
                    s.step_addr <<= header_words
