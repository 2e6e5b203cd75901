"""Loader: fills the second set of every setting while the array computes (docs/architecture.md).

Per filter group: the microwords, decoded to columns. Per pass: the codes of each row, and beside them the kernel word
that row will read, which a small walker counts out (channel block, kernel column, kernel row) without any table.
"""

from pymtl3 import Component, InPort, OutPort, Wire, mk_bits, update, update_ff, zext

from flightasic.config import OFFSET_BITS, ArrayConfig
from flightasic.hw.signals import ADDR_BITS, ROW_SETTINGS, STEP_BITS, column_settings, micro_field, step_wires
from flightasic.microcode import WORD_BITS

IDLE, HOLD, MICRO, CODES, FULL = range(5)


class KernelWalk(Component):
    """Counts the kernel words of a window, one per row load: address offset, kernel column and row, in use."""

    def construct(s, config: ArrayConfig) -> None:
        s.step = InPort(mk_bits(STEP_BITS))
        s.restart = InPort(1)
        s.advance = InPort(1)
        for name, bits in ROW_SETTINGS.items():
            setattr(s, name, OutPort(mk_bits(bits)))

        step_wires(s, "cb", "kw", "kwords", "row_skip")
        s.block = Wire(12)
        s.left = Wire(16)

        @update
        def up_used() -> None:
            s.row_used @= s.left != 0

        @update_ff
        def up_walk() -> None:
            if s.restart:
                s.row_offset <<= 0
                s.row_kx <<= 0
                s.row_ky <<= 0
                s.block <<= 0
                s.left <<= s.kwords
            elif s.advance:
                s.row_offset <<= s.row_offset + 1
                s.block <<= s.block + 1
                if s.block + 1 == s.cb:
                    s.block <<= 0
                    s.row_kx <<= s.row_kx + 1
                    if s.row_kx + 1 == s.kw:
                        s.row_kx <<= 0
                        s.row_ky <<= s.row_ky + 1
                        s.row_offset <<= s.row_offset + s.row_skip
                if s.left != 0:
                    s.left <<= s.left - 1


class MicroDecode(Component):
    """A microword and the first free column -> which columns it takes, their offsets, and whether it fits."""

    def construct(s, config: ArrayConfig) -> None:
        cols = config.cols
        s.word = InPort(mk_bits(WORD_BITS))
        s.valid = InPort(1)
        s.column = InPort(8)
        s.next_column = OutPort(8)
        s.final_filter = OutPort(1)
        s.bad = OutPort(1)
        for name, bits in column_settings(config).items():
            setattr(s, name, OutPort(mk_bits(bits)))

        s.column_offset = [Wire(mk_bits(OFFSET_BITS)) for _ in range(cols)]
        for c in range(cols):
            s.set_offset[c * OFFSET_BITS : (c + 1) * OFFSET_BITS] //= s.column_offset[c]
        s.offset_0 = Wire(mk_bits(OFFSET_BITS))
        s.offset_1 = Wire(mk_bits(OFFSET_BITS))
        s.offset_2 = Wire(mk_bits(OFFSET_BITS))
        s.final_filter //= micro_field(s.word, "last")
        s.set_k //= micro_field(s.word, "k")
        s.offset_0 //= micro_field(s.word, "offset0")
        s.offset_1 //= micro_field(s.word, "offset1")
        s.offset_2 //= micro_field(s.word, "offset2")
        s.set_bias //= micro_field(s.word, "bias")[0 : config.acc_bits]
        s.set_shift //= micro_field(s.word, "right_shift")
        s.set_relu //= micro_field(s.word, "relu")
        s.set_channel //= micro_field(s.word, "channel")

        @update
        def up_columns() -> None:
            s.next_column @= s.column + zext(s.set_k, 8)
            s.bad @= s.valid & ((s.set_k == 0) | (s.next_column > cols))
            s.set_clear @= s.valid & (s.column == 0)
            for i in range(cols):
                s.set_used[i] @= s.valid & (s.column <= i) & (s.next_column > i)
                s.set_last[i] @= s.valid & (s.next_column == i + 1) & (s.set_k != 0)
                s.column_offset[i] @= s.offset_2
                if s.column == i:
                    s.column_offset[i] @= s.offset_0
                elif s.column + 1 == i:
                    s.column_offset[i] @= s.offset_1


class Loader(Component):
    """Ports: step, start/clear, program and code memory -> row loads, column settings, loaded; ``consumed`` frees the set."""

    def construct(s, config: ArrayConfig) -> None:
        rows = config.rows
        final_row = rows - 1
        group_hold = config.group_hold
        code_hold = config.code_hold
        s.step = InPort(mk_bits(STEP_BITS))
        s.start = InPort(1)
        s.clear = InPort(1)
        s.loaded = OutPort(1)
        s.consumed = InPort(1)
        s.error = OutPort(1)
        s.program_en = OutPort(1)
        s.program_addr = OutPort(mk_bits(ADDR_BITS))
        s.program_data = InPort(mk_bits(WORD_BITS))
        s.code_en = OutPort(1)
        s.code_addr = OutPort(mk_bits(ADDR_BITS))
        s.row_load = OutPort(mk_bits(rows))
        for name, bits in {**ROW_SETTINGS, **column_settings(config)}.items():
            setattr(s, name, OutPort(mk_bits(bits)))

        step_wires(s, "kblocks", "groups", "code_base", "micro_base")

        s.decode = MicroDecode(config)
        s.walk = KernelWalk(config)
        s.state = Wire(3)
        s.since = Wire(8)
        s.kblock = Wire(16)
        s.group = Wire(12)
        s.micro_addr = Wire(mk_bits(ADDR_BITS))
        s.column = Wire(8)
        s.row = Wire(6)
        s.load_row = Wire(6)
        s.load_valid = Wire(1)
        s.begin_micro = Wire(1)
        s.code_issue = Wire(1)
        s.micro_valid = Wire(1)
        s.decode.word //= s.program_data
        s.decode.valid //= s.micro_valid
        s.decode.column //= s.column
        s.error //= s.decode.bad
        s.program_addr //= s.micro_addr
        s.walk.step //= s.step
        s.walk.advance //= s.load_valid
        s.walk.restart //= s.begin_micro
        for name in ROW_SETTINGS:
            own, port = getattr(s, name), getattr(s.walk, name)
            own //= port
        for name in column_settings(config):
            own, port = getattr(s, name), getattr(s.decode, name)
            own //= port

        @update
        def up_control() -> None:
            s.begin_micro @= (s.state == HOLD) & (s.kblock == 0) & (s.since >= group_hold)
            s.micro_valid @= s.state == MICRO
            s.program_en @= s.begin_micro | (s.micro_valid & ~s.decode.final_filter)
            s.code_issue @= (s.state == CODES) | ((s.state == HOLD) & (s.kblock != 0) & (s.since >= code_hold))
            s.code_en @= s.code_issue
            s.row_load @= 0
            for i in range(rows):
                s.row_load[i] @= s.load_valid & (s.load_row == i)

        @update_ff
        def up_state() -> None:
            if s.reset | s.clear:
                s.state <<= IDLE
            elif s.start:
                s.state <<= HOLD
            elif s.begin_micro:
                s.state <<= MICRO
            elif s.micro_valid:
                if s.decode.final_filter:
                    s.state <<= CODES
            elif s.code_issue:
                s.state <<= CODES
                if s.row == final_row:
                    s.state <<= FULL
            elif s.consumed:
                s.state <<= HOLD
                if (s.kblock == 0) & (s.group == s.groups):
                    s.state <<= IDLE

        @update_ff
        def up_counters() -> None:
            s.load_valid <<= s.code_issue & ~s.reset
            s.load_row <<= s.row
            s.row <<= 0
            if s.code_issue:
                s.code_addr <<= s.code_addr + 1
                s.row <<= s.row + 1
                if s.row == final_row:
                    s.row <<= 0
                    s.kblock <<= s.kblock + 1
                    if s.kblock + 1 == s.kblocks:
                        s.kblock <<= 0
                        s.group <<= s.group + 1
            if s.program_en:
                s.micro_addr <<= s.micro_addr + 1
            if s.begin_micro:
                s.column <<= 0
            elif s.micro_valid:
                s.column <<= s.decode.next_column
            if s.consumed:
                s.since <<= 0
            elif s.since < group_hold:
                s.since <<= s.since + 1
            if s.start:
                s.since <<= group_hold
                s.kblock <<= 0
                s.group <<= 0
                s.code_addr <<= s.code_base
                s.micro_addr <<= s.micro_base

        @update_ff
        def up_loaded() -> None:
            if s.reset | s.clear | s.consumed:
                s.loaded <<= 0
            elif s.load_valid & (s.load_row == final_row):
                s.loaded <<= 1
