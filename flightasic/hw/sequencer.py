"""Sequencer: runs a program (docs/microcode.md).

While ``enable`` is high: check the program once, then for every image that arrives run all steps and send the result.
A malformed program ends in the error state, with a status that says why, until ``enable`` falls.
"""

from pymtl3 import Component, InPort, OutPort, Wire, concat, mk_bits, update, update_ff

from flightasic.config import ArrayConfig
from flightasic.hw.signals import ADDR_BITS, STEP_BITS, step_wires
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
    STEP,
    VERSION,
    WORD_BITS,
    layout,
    words_of,
)

IDLE, HEAD, CHECK, SCAN, VERIFY, IMAGE, FETCH, BEGIN, RUN, RESULT, ERROR = range(11)


class StepCheck(Component):
    """Whether a step descriptor can run: a known operation and no empty loop."""

    def construct(s) -> None:
        s.step = InPort(mk_bits(STEP_BITS))
        s.good = OutPort(1)
        step_wires(s, "op", "pool", "pool_area", "out_w", "out_h", "ii", "kw", "cb", "kwords", "kblocks", "groups")

        @update
        def up_good() -> None:
            s.good @= (
                (s.op == OP_CONV)
                & (s.pool != 0) & (s.pool_area != 0) & (s.out_w != 0) & (s.out_h != 0) & (s.ii != 0)
                & (s.kw != 0) & (s.cb != 0) & (s.kwords != 0) & (s.kblocks != 0) & (s.groups != 0)
            )  # fmt: skip


class Sequencer(Component):
    """Ports: enable, program memory, image/result phases, start/done of a step -> step descriptor, status."""

    def construct(s, config: ArrayConfig) -> None:
        header_words = words_of(HEADER)
        step_words = words_of(STEP)
        header_bits = header_words * WORD_BITS
        final_header = header_words - 1
        final_step = step_words - 1
        program_depth = config.program_depth
        fingerprint = config.fingerprint
        s.enable = InPort(1)
        s.program_en = OutPort(1)
        s.program_addr = OutPort(mk_bits(ADDR_BITS))
        s.program_data = InPort(mk_bits(WORD_BITS))
        s.step = OutPort(mk_bits(STEP_BITS))
        s.start = OutPort(1)
        s.clear = OutPort(1)
        s.step_done = InPort(1)
        s.loader_error = InPort(1)
        s.in_base = OutPort(mk_bits(ADDR_BITS))
        s.in_row_words = OutPort(16)
        s.in_skip = OutPort(mk_bits(ADDR_BITS))
        s.in_rows = OutPort(16)
        s.out_base = OutPort(mk_bits(ADDR_BITS))
        s.out_words = OutPort(16)
        s.image_phase = OutPort(1)
        s.image_done = InPort(1)
        s.result_phase = OutPort(1)
        s.result_done = InPort(1)
        s.state = OutPort(4)
        s.status = OutPort(4)
        s.step_index = OutPort(16)

        s.header = Wire(mk_bits(header_bits))
        ranges = layout(HEADER)
        for name in ("magic", "version", "fingerprint", "checksum", "words", "steps"):
            low, high = ranges[name]
            setattr(s, f"head_{name}", Wire(mk_bits(high - low)))
            wire = getattr(s, f"head_{name}")
            wire //= s.header[low:high]
        for name in ("in_base", "in_row_words", "in_skip", "in_rows", "out_base", "out_words"):
            low, high = ranges[name]
            port = getattr(s, name)
            port //= s.header[low:high]

        s.check = StepCheck()
        s.check.step //= s.step
        s.fetch = Wire(16)
        s.arriving = Wire(1)
        s.arrived = Wire(16)
        s.sum = Wire(32)
        s.step_addr = Wire(mk_bits(ADDR_BITS))
        s.runnable = Wire(1)

        @update
        def up_control() -> None:
            s.program_en @= 0
            s.program_addr @= s.fetch
            if s.state == HEAD:
                s.program_en @= s.fetch < header_words
            elif s.state == SCAN:
                s.program_en @= s.fetch < s.head_words
            elif s.state == FETCH:
                s.program_en @= s.fetch < step_words
                s.program_addr @= s.step_addr + s.fetch
            s.clear @= s.state == ERROR
            s.runnable @= s.check.good & (s.step_addr + step_words <= s.head_words)
            s.start @= (s.state == BEGIN) & s.runnable
            s.image_phase @= s.state == IMAGE
            s.result_phase @= s.state == RESULT

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
                if (s.head_magic != MAGIC) | (s.head_version != VERSION):
                    s.state <<= ERROR
                    s.status <<= BAD_HEADER
                elif (s.head_words < header_words) | (s.head_words > program_depth):
                    s.state <<= ERROR
                    s.status <<= BAD_HEADER
                elif s.head_fingerprint != fingerprint:
                    s.state <<= ERROR
                    s.status <<= BAD_CONFIG
            elif s.state == SCAN:
                if s.arriving & (s.arrived + 1 == s.head_words):
                    s.state <<= VERIFY
            elif s.state == VERIFY:
                s.state <<= IMAGE
                if s.sum != s.head_checksum:
                    s.state <<= ERROR
                    s.status <<= BAD_CHECKSUM
                elif (s.head_steps == 0) | (s.in_rows == 0) | (s.in_row_words == 0) | (s.out_words == 0):
                    s.state <<= ERROR
                    s.status <<= BAD_STEP
            elif s.state == IMAGE:
                if s.image_done:
                    s.state <<= FETCH
                elif ~s.enable:
                    s.state <<= IDLE
            elif s.state == FETCH:
                if s.arriving & (s.arrived == final_step):
                    s.state <<= BEGIN
            elif s.state == BEGIN:
                s.state <<= RUN
                if ~s.runnable:
                    s.state <<= ERROR
                    s.status <<= BAD_STEP
            elif s.state == RUN:
                if s.loader_error:
                    s.state <<= ERROR
                    s.status <<= BAD_MICROWORD
                elif s.step_done:
                    s.state <<= FETCH
                    if s.step_index + 1 == s.head_steps:
                        s.state <<= RESULT
            elif s.state == RESULT:
                if s.result_done:
                    s.state <<= IMAGE
            elif s.state == ERROR:
                if ~s.enable:
                    s.state <<= IDLE

        @update_ff
        def up_fetch() -> None:
            s.arriving <<= s.program_en & ~s.reset
            s.arrived <<= s.fetch
            if s.program_en:
                s.fetch <<= s.fetch + 1
            elif ~s.arriving:
                s.fetch <<= 0

        @update_ff
        def up_program() -> None:
            if s.arriving & (s.state == HEAD):
                s.header <<= concat(s.program_data, s.header[WORD_BITS:header_bits])
            if s.state == HEAD:
                s.sum <<= 0
            elif s.arriving & (s.state == SCAN):
                s.sum <<= s.sum ^ s.program_data[0:32] ^ s.program_data[32:64]
                if s.arrived == 1:
                    s.sum <<= s.sum ^ s.program_data[32:64]
            if s.arriving & (s.state == FETCH):
                s.step <<= concat(s.program_data, s.step[WORD_BITS:STEP_BITS])
            if s.state == IMAGE:
                s.step_index <<= 0
                s.step_addr <<= header_words
            elif (s.state == RUN) & s.step_done:
                s.step_index <<= s.step_index + 1
                s.step_addr <<= s.step_addr + step_words
