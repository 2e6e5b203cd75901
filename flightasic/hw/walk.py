"""Kernel walk: counts out which word each array row reads, without any table (channel block, kernel column, kernel row)."""

from pymtl3 import Component, InPort, OutPort, Wire, mk_bits, update, update_ff, zext

from flightasic.config import ArrayConfig
from flightasic.hw.signals import ROW_SETTINGS, STEP_BITS, bits_of, step_wires, word_field
from flightasic.microcode import GROUP, STEP, WORD_BITS


class KernelWalk(Component):
    """Kernel words of a filter group, one per row load: address offset, kernel column and row, in use.

    ``restart`` takes the group word and begins its window. ``advance`` moves on by a row, ``pass_end`` with it marks a pass's last
    row; ``to_residual`` then says that the passes over the residual follow.
    """

    def construct(s, config: ArrayConfig) -> None:
        left_t = mk_bits(bits_of(STEP, "kwords"))
        s.step = InPort(mk_bits(STEP_BITS))
        s.group_word = InPort(mk_bits(WORD_BITS))
        s.restart = InPort(1)
        s.advance = InPort(1)
        s.pass_end = InPort(1)
        s.to_residual = InPort(1)
        for name, bits in ROW_SETTINGS.items():
            setattr(s, name, OutPort(mk_bits(bits)))

        step_wires(s, "cb", "kw", "kwords", "col_skip", "row_skip", "break_x", "break_y")
        for name in ("block", "residual_block", "residual_words"):
            setattr(s, f"group_{name}", Wire(mk_bits(bits_of(GROUP, name))))
            wire = getattr(s, f"group_{name}")
            wire //= word_field(s.group_word, GROUP, name)
        s.residual_block = Wire(mk_bits(bits_of(GROUP, "residual_block")))
        s.residual_words = Wire(mk_bits(bits_of(GROUP, "residual_words")))
        s.in_residual = Wire(1)
        s.broken = Wire(1)
        s.tap_word = Wire(mk_bits(bits_of(STEP, "cb")))
        s.left = Wire(left_t)
        # Whether a counter stands at its end is registered with it, as in the feed's walk.
        s.some_left = Wire(1)
        s.last_word = Wire(1)
        s.last_kx = Wire(1)
        s.end_tap = Wire(1)
        s.end_row = Wire(1)
        s.skip = Wire(mk_bits(bits_of(STEP, "row_skip")))

        @update
        def up_ends() -> None:
            s.row_used @= s.some_left & ~s.broken
            s.end_tap @= ~s.in_residual & s.last_word
            s.end_row @= s.end_tap & s.last_kx
            s.skip @= 1
            if s.end_tap:
                s.skip @= s.col_skip
            if s.end_row:
                s.skip @= s.row_skip

        @update_ff
        def up_walk() -> None:
            if s.restart:
                s.residual_block <<= s.group_residual_block
                s.residual_words <<= s.group_residual_words
                s.in_residual <<= 0
                s.broken <<= 0
                s.row_offset <<= s.group_block
                s.row_kx <<= 0
                s.row_ky <<= 0
                s.tap_word <<= 0
                s.left <<= s.kwords
                s.some_left <<= s.kwords != 0
                s.last_word <<= s.cb == 1
                s.last_kx <<= s.kw == 1
            elif s.advance:
                if s.row_used:
                    s.row_offset <<= s.row_offset + s.skip
                    s.tap_word <<= s.tap_word + 1
                    s.last_word <<= s.tap_word + 2 == s.cb
                    s.left <<= s.left - 1
                    s.some_left <<= s.left != 1
                    if s.end_tap:
                        s.row_kx <<= s.row_kx + 1
                        s.last_kx <<= s.row_kx + 2 == s.kw
                        s.tap_word <<= 0
                        s.last_word <<= s.cb == 1
                        s.broken <<= s.break_x
                    if s.end_row:
                        s.row_kx <<= 0
                        s.last_kx <<= s.kw == 1
                        s.row_ky <<= s.row_ky + 1
                        s.broken <<= s.break_x | s.break_y
                if s.pass_end:
                    s.broken <<= 0
                    if s.to_residual:
                        s.in_residual <<= 1
                        s.row_offset <<= s.residual_block
                        s.left <<= zext(s.residual_words, left_t)
                        s.some_left <<= s.residual_words != 0
