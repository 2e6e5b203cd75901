"""Loader: fills the second set of every setting while the array computes (docs/architecture.md).

Per filter group: the group word, then the microwords, decoded to columns. Per pass: the codes of each row, as soon as they
are there, and beside them the word that row will read, which the kernel walk counts out.
"""

from pymtl3 import Component, InPort, OutPort, Wire, mk_bits, update, update_ff, zext

from flightasic.config import OFFSET_BITS, ArrayConfig
from flightasic.hw.delay import Delay
from flightasic.hw.signals import ADDR_BITS, ROW_SETTINGS, STEP_BITS, bits_of, column_settings, position_bits, step_wires, word_field
from flightasic.hw.walk import KernelWalk
from flightasic.microcode import GROUP, MICROWORD, STEP, WORD_BITS

IDLE, HOLD, BEGIN, MICRO, CODES, FULL = range(6)


class MicroDecode(Component):
    """A group word or a microword, the first free column -> which columns it takes, their settings, and whether it fits."""

    def construct(s, config: ArrayConfig) -> None:
        cols, lane_bits = config.cols, config.lane_bits
        lane_mask = config.lanes - 1
        # One bit more than the columns need, so that a filter that does not fit is seen.
        column_t = mk_bits((cols + 3).bit_length())
        place_bits = position_bits(config)
        s.word = InPort(mk_bits(WORD_BITS))
        s.start = InPort(1)
        s.valid = InPort(1)
        s.final_filter = OutPort(1)
        s.bad = OutPort(1)
        for name, bits in column_settings(config).items():
            setattr(s, name, OutPort(mk_bits(bits)))

        s.column = Wire(column_t)
        s.next_column = Wire(column_t)
        s.channel = Wire(mk_bits(bits_of(GROUP, "channel")))
        s.first_lane = Wire(mk_bits(bits_of(GROUP, "channel")))
        s.column_offset = [Wire(mk_bits(OFFSET_BITS)) for _ in range(cols)]
        for c in range(cols):
            s.set_offset[c * OFFSET_BITS : (c + 1) * OFFSET_BITS] //= s.column_offset[c]
        s.offset_0 = Wire(mk_bits(OFFSET_BITS))
        s.offset_1 = Wire(mk_bits(OFFSET_BITS))
        s.offset_2 = Wire(mk_bits(OFFSET_BITS))
        s.set_clear //= s.start
        s.channel //= word_field(s.word, GROUP, "channel")
        s.final_filter //= word_field(s.word, MICROWORD, "last")
        s.set_k //= word_field(s.word, MICROWORD, "k")
        s.offset_0 //= word_field(s.word, MICROWORD, "offset0")
        s.offset_1 //= word_field(s.word, MICROWORD, "offset1")
        s.offset_2 //= word_field(s.word, MICROWORD, "offset2")
        s.set_residual //= word_field(s.word, MICROWORD, "residual_offset")
        s.set_bias //= word_field(s.word, MICROWORD, "bias")[0 : config.acc_bits]
        s.set_shift //= word_field(s.word, MICROWORD, "right_shift")
        s.set_relu //= word_field(s.word, MICROWORD, "relu")

        @update
        def up_group() -> None:
            s.set_word @= s.channel >> lane_bits
            s.first_lane @= s.channel & lane_mask

        @update
        def up_columns() -> None:
            s.next_column @= s.column + zext(s.set_k, column_t)
            s.bad @= s.valid & ((s.set_k == 0) | (s.next_column > cols))
            for i in range(cols):
                s.set_used[i] @= s.valid & (s.column <= i) & (s.next_column > i)
                s.set_last[i] @= s.valid & (s.next_column == i + 1) & (s.set_k != 0)
                s.column_offset[i] @= s.offset_2
                if s.column == i:
                    s.column_offset[i] @= s.offset_0
                elif s.column + 1 == i:
                    s.column_offset[i] @= s.offset_1

        @update_ff
        def up_place() -> None:
            if s.start:
                s.column <<= 0
                s.set_position <<= s.first_lane[0:place_bits]
            elif s.valid:
                s.column <<= s.next_column
                s.set_position <<= s.set_position + 1


class Loader(Component):
    """Ports: step, start/clear, program and code memory -> row loads, column settings, loaded; ``consumed`` frees the set."""

    def construct(s, config: ArrayConfig) -> None:
        rows = config.rows
        final_row = rows - 1
        group_hold = config.group_hold
        code_hold = config.code_hold
        row_t = mk_bits(rows.bit_length())
        s.step = InPort(mk_bits(STEP_BITS))
        s.start = InPort(1)
        s.clear = InPort(1)
        s.loaded = OutPort(1)
        s.consumed = InPort(1)
        s.error = OutPort(1)
        s.program_en = OutPort(1)
        s.program_addr = OutPort(mk_bits(ADDR_BITS))
        s.program_data = InPort(mk_bits(WORD_BITS))
        s.code_ready = InPort(1)
        s.code_en = OutPort(1)
        s.row_load = OutPort(mk_bits(rows))
        for name, bits in {**ROW_SETTINGS, **column_settings(config)}.items():
            setattr(s, name, OutPort(mk_bits(bits)))

        step_wires(s, "kblocks", "passes", "groups", "micro_base")

        s.decode = MicroDecode(config)
        s.walk = KernelWalk(config)
        s.state = Wire(3)
        s.since = Wire(mk_bits(group_hold.bit_length()))
        s.pass_index = Wire(mk_bits(bits_of(STEP, "passes")))
        s.first_pass = Wire(1)
        s.last_pass = Wire(1)
        s.group = Wire(mk_bits(bits_of(STEP, "groups")))
        s.row = Wire(row_t)
        s.load_row = Wire(row_t)
        s.load_valid = Wire(1)
        s.load_end = Wire(1)
        s.begin_group = Wire(1)
        s.group_valid = Wire(1)
        s.micro_valid = Wire(1)
        s.decode.word //= s.program_data
        s.decode.start //= s.group_valid
        s.decode.valid //= s.micro_valid
        s.bad = Delay(1, config.memory_regs)
        s.bad.in_ //= s.decode.bad
        s.error //= s.bad.out
        s.walk.step //= s.step
        s.walk.group_word //= s.program_data
        s.walk.restart //= s.group_valid
        s.walk.advance //= s.load_valid
        s.walk.pass_end //= s.load_end
        for name in ROW_SETTINGS:
            own, port = getattr(s, name), getattr(s.walk, name)
            own //= port
        # The codes of the pass come later than the settings even so.
        settings = column_settings(config)
        s.decoded = Delay(sum(settings.values()), config.memory_regs)
        low = 0
        for name, bits in settings.items():
            own, port = getattr(s, name), getattr(s.decode, name)
            s.decoded.in_[low : low + bits] //= port
            own //= s.decoded.out[low : low + bits]
            low += bits

        @update
        def up_program() -> None:
            s.begin_group @= (s.state == HOLD) & s.first_pass & (s.since >= group_hold)
            s.micro_valid @= s.state == MICRO
            s.program_en @= s.begin_group | (s.state == BEGIN) | (s.micro_valid & ~s.decode.final_filter)

        if config.memory_regs:
            later = config.program_regs
            s.begun = Delay(1, 1 + later)
            s.begun.in_ //= s.begin_group

            @update
            def up_group_late() -> None:
                s.group_valid @= (s.state == BEGIN) & s.begun.out

            @update_ff
            def up_program_late() -> None:
                if s.start:
                    s.program_addr <<= s.micro_base
                elif s.program_en:
                    s.program_addr <<= s.program_addr + 1
                elif s.micro_valid:
                    # The last microword is seen to be the last when so many words behind it have been asked for.
                    s.program_addr <<= s.program_addr - later

        else:

            @update
            def up_group() -> None:
                s.group_valid @= s.state == BEGIN

            @update_ff
            def up_program_addr() -> None:
                if s.start:
                    s.program_addr <<= s.micro_base
                elif s.program_en:
                    s.program_addr <<= s.program_addr + 1

        @update
        def up_codes() -> None:
            s.code_en @= s.code_ready & ((s.state == CODES) | ((s.state == HOLD) & ~s.first_pass & (s.since >= code_hold)))
            s.load_end @= s.load_valid & (s.load_row == final_row)
            # The pass that ends here is already counted.
            s.walk.to_residual @= s.pass_index == s.kblocks
            s.row_load @= 0
            for i in range(rows):
                s.row_load[i] @= s.load_valid & (s.load_row == i)

        @update_ff
        def up_state() -> None:
            if s.reset | s.clear:
                s.state <<= IDLE
            elif s.start:
                s.state <<= HOLD
            elif s.begin_group:
                s.state <<= BEGIN
            elif s.group_valid:
                s.state <<= MICRO
            elif s.micro_valid:
                if s.decode.final_filter:
                    s.state <<= CODES
            elif s.code_en:
                s.state <<= CODES
                if s.row == final_row:
                    s.state <<= FULL
            elif s.consumed:
                s.state <<= HOLD
                if s.first_pass & (s.group == s.groups):
                    s.state <<= IDLE

        @update_ff
        def up_counters() -> None:
            s.load_valid <<= s.code_en & ~s.reset & ~s.clear
            s.load_row <<= s.row
            if s.code_en:
                s.row <<= s.row + 1
                if s.row == final_row:
                    s.row <<= 0
                    s.pass_index <<= s.pass_index + 1
                    s.first_pass <<= s.last_pass
                    s.last_pass <<= s.pass_index + 2 == s.passes
                    if s.last_pass:
                        s.pass_index <<= 0
                        s.last_pass <<= s.passes == 1
                        s.group <<= s.group + 1
            if s.consumed:
                s.since <<= 0
            elif s.since < group_hold:
                s.since <<= s.since + 1
            if s.start:
                s.since <<= group_hold
                s.row <<= 0
                s.pass_index <<= 0
                s.first_pass <<= 1
                s.last_pass <<= s.passes == 1
                s.group <<= 0

        @update_ff
        def up_loaded() -> None:
            if s.reset | s.clear | s.consumed:
                s.loaded <<= 0
            elif s.load_end:
                s.loaded <<= 1
