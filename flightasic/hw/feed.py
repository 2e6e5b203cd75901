"""Feed: walks the output pixels of each pass and gives every array row its activation word (docs/architecture.md).

A pixel slot leaves every cycle (every ``ii`` cycles in a group's last pass). Row r reads the word at the pixel's base
address plus the offset of its kernel word; the compiler chooses the tensor's pitch so that the rows of a pass always
lie in consecutive banks. Words in the padding are zero and not read. After the passes over the window come those over the
residual, which walk a map of their own; nothing of it lies in the padding.

Timing: slot at cycle t (addresses), memory at t + 1, ``act`` and ``swap`` at t + 2; ``config.read_regs`` later with registers on that way.
In a cycle of ``hold`` the banks are read by another unit: no slot leaves, and the walk goes on in the next cycle as if there had been none.
"""

from pymtl3 import Component, InPort, OutPort, Wire, mk_bits, update, update_ff, zext

from flightasic.config import ACT_BITS, ArrayConfig
from flightasic.hw.delay import Delay
from flightasic.hw.feed_walk import FeedWalk
from flightasic.hw.reuse import Reuse
from flightasic.hw.rotate import Rotate
from flightasic.hw.signals import ADDR_BITS, FLAG_BITS, POSITION_BITS, ROW_SETTINGS, STEP_BITS, bits_of, step_field
from flightasic.microcode import STEP


class FeedRow(Component):
    """One row: two sets of kernel word settings (offset, kernel column and row, in use), its address and its zero mask.

    ``follows``: the row's word has a left neighbour in its kernel row. Words of a residual have none: their kernel column is 0.
    """

    def construct(s, config: ArrayConfig) -> None:
        addr_t = mk_bits(ADDR_BITS)
        position_t = mk_bits(POSITION_BITS)
        kernel_t = mk_bits(ROW_SETTINGS["row_kx"])
        s.load = InPort(1)
        s.swap = InPort(1)
        s.offset = InPort(addr_t)
        s.kx = InPort(kernel_t)
        s.ky = InPort(kernel_t)
        s.used = InPort(1)
        s.base = InPort(addr_t)
        s.x = InPort(position_t)
        s.y = InPort(position_t)
        s.in_w = InPort(mk_bits(bits_of(STEP, "in_w")))
        s.in_h = InPort(mk_bits(bits_of(STEP, "in_h")))
        s.valid = InPort(1)
        s.residual = InPort(1)
        s.addr = OutPort(addr_t)
        s.read = OutPort(1)

        s.next_offset = Wire(addr_t)
        s.next_kx = Wire(kernel_t)
        s.next_ky = Wire(kernel_t)
        s.next_used = Wire(1)
        s.held_offset = Wire(addr_t)
        s.held_kx = Wire(kernel_t)
        s.held_ky = Wire(kernel_t)
        s.held_used = Wire(1)
        s.row_x = Wire(position_t)
        s.row_y = Wire(position_t)
        s.on_map = Wire(1)

        @update_ff
        def up_settings() -> None:
            if s.load:
                s.next_offset <<= s.offset
                s.next_kx <<= s.kx
                s.next_ky <<= s.ky
                s.next_used <<= s.used
            if s.swap:
                s.held_offset <<= s.next_offset
                s.held_kx <<= s.next_kx
                s.held_ky <<= s.next_ky
                s.held_used <<= s.next_used

        @update
        def up_address() -> None:
            s.addr @= s.base + s.held_offset
            s.row_x @= s.x + zext(s.held_kx, position_t)
            s.row_y @= s.y + zext(s.held_ky, position_t)
            s.on_map @= (s.row_x < zext(s.in_w, position_t)) & (s.row_y < zext(s.in_h, position_t))
            s.read @= s.valid & s.held_used & (s.on_map | s.residual)

        if config.act_reuse:
            s.follows = OutPort(1)

            @update
            def up_follows() -> None:
                s.follows @= s.held_used & (s.held_kx != 0)


class Feed(Component):
    """Ports: step, start/clear/done, hold/quiet, kernel word settings from the loader, bank read ports -> act, swap, flags."""

    def construct(s, config: ArrayConfig) -> None:
        rows, banks, word = config.rows, config.banks, config.word_bits
        index_bits = (config.act_depth - 1).bit_length()
        bank_bits = config.bank_bits
        slot = index_bits + 1
        by_bits = max(1, bank_bits)
        s.step = InPort(mk_bits(STEP_BITS))
        s.start = InPort(1)
        s.clear = InPort(1)
        s.done = OutPort(1)
        s.hold = InPort(1)
        s.quiet = OutPort(1)
        s.loaded = InPort(1)
        s.consumed = OutPort(1)
        s.row_load = InPort(mk_bits(rows))
        for name, bits in ROW_SETTINGS.items():
            setattr(s, name, InPort(mk_bits(bits)))
        s.read_en = OutPort(mk_bits(banks))
        s.read_addr = OutPort(mk_bits(banks * index_bits))
        s.read_data = InPort(mk_bits(banks * word))
        s.act = OutPort(mk_bits(rows * word))
        s.swap = OutPort(1)
        s.flags = OutPort(mk_bits(FLAG_BITS))

        s.walk = FeedWalk(config)
        s.walk.step //= s.step
        s.walk.start //= s.start
        s.walk.clear //= s.clear
        s.walk.hold //= s.hold
        s.walk.quiet //= s.quiet
        s.walk.loaded //= s.loaded
        s.walk.done //= s.done
        s.walk.swap //= s.consumed
        s.walk.flags //= s.flags
        later = config.read_regs
        s.swap_delay = Delay(1, 2 + later)
        s.swap_delay.in_ //= s.walk.swap
        s.swap_delay.out //= s.swap

        # What the rows ask for: a bit whether, and the index in the bank; with two ``bank_regs`` a cycle later.
        s.asked = Delay(banks * slot, config.bank_regs // 2)
        s.asked_bank = Delay(by_bits, config.bank_regs // 2)
        s.requests = Rotate(banks, slot)
        s.words = Rotate(banks, word)
        s.reads = Wire(mk_bits(rows))
        s.base_bank = Wire(mk_bits(by_bits))
        s.turned = Wire(mk_bits(by_bits))
        s.slot_turn = Wire(mk_bits(by_bits))
        s.slot_valid = Wire(1)
        s.turn_delay = Delay(by_bits, 1 + later)
        s.turn_delay.in_ //= s.slot_turn
        s.turn_delay.out //= s.turned
        s.mask_delay = Delay(rows, 1 + later)
        s.mask_delay.in_ //= s.reads
        s.valid_delay = Delay(1, 1 + later)
        s.valid_delay.in_ //= s.slot_valid
        s.row_word = [Wire(mk_bits(word)) for _ in range(rows)]
        s.row_act = [Wire(mk_bits(word)) for _ in range(rows)]
        words = s.words.out
        if config.act_reuse:
            s.reuse = Reuse(config)
            s.reuse.distance //= step_field(s.step, "reuse")
            s.reuse.slid //= s.walk.slid
            s.reuse.wanted //= s.reads
            s.reuse.words //= s.words.out[0 : rows * word]
            s.reuse.act //= s.act
            words = s.reuse.out
        for r in range(rows):
            for i in range(config.lanes):
                low, high = r * word + i * ACT_BITS, r * word + i * ACT_BITS + config.lane_act_bits
                s.row_word[r][i * ACT_BITS : i * ACT_BITS + config.lane_act_bits] //= words[low:high]
                if not config.signed_acts:
                    # A register that no lane reads would still be clocked.
                    s.row_word[r][(i + 1) * ACT_BITS - 1] //= 0
            s.act[r * word : (r + 1) * word] //= s.row_act[r]
        s.asked_bank.in_ //= s.base_bank
        s.requests.in_ //= s.asked.out
        s.requests.by //= s.asked_bank.out
        s.words.in_ //= s.read_data
        s.words.by //= s.turned

        for r in range(banks):
            if r >= rows:
                s.asked.in_[r * slot : (r + 1) * slot] //= 0
                continue
            row = FeedRow(config)
            setattr(s, f"row_{r}", row)
            row.load //= s.row_load[r]
            row.swap //= s.walk.swap
            row.offset //= s.row_offset
            row.kx //= s.row_kx
            row.ky //= s.row_ky
            row.used //= s.row_used
            row.base //= s.walk.base
            row.x //= s.walk.x
            row.y //= s.walk.y
            row.in_w //= step_field(s.step, "in_w")
            row.in_h //= step_field(s.step, "in_h")
            row.valid //= s.walk.valid
            row.residual //= s.walk.residual
            row.read //= s.reads[r]
            if config.act_reuse:
                s.reuse.follows[r] //= row.follows
            s.asked.in_[r * slot] //= s.reuse.reads[r] if config.act_reuse else row.read
            s.asked.in_[r * slot + 1 : (r + 1) * slot] //= row.addr[bank_bits : bank_bits + index_bits]
        for b in range(banks):
            s.read_en[b] //= s.requests.out[b * slot]
            s.read_addr[b * index_bits : (b + 1) * index_bits] //= s.requests.out[b * slot + 1 : (b + 1) * slot]
        if bank_bits:
            s.base_bank //= s.row_0.addr[0:bank_bits]
        else:
            s.base_bank //= 0

        @update
        def up_slot() -> None:
            s.slot_turn @= ~s.base_bank + 1
            s.slot_valid @= s.walk.valid & ~s.reset

        @update_ff
        def up_act() -> None:
            if s.valid_delay.out:
                for i in range(rows):
                    s.row_act[i] <<= 0
                    if s.mask_delay.out[i]:
                        s.row_act[i] <<= s.row_word[i]
