"""Reuse: activation words that one row takes over from another, instead of reading them again.

Where the window moves a pixel to the right, the word of a row is the one that the row ``distance`` below had in the slot before, if
that row's word lies in the next kernel column (``follows``): kernel words go from row to row by kernel row, kernel column and word
of a tap, so that words of neighbouring columns lie as many rows apart as a tap has words. It is the same pixel, so that a zero of
the padding is taken over as well.
"""

from pymtl3 import Component, InPort, OutPort, Wire, mk_bits, update

from flightasic.config import ArrayConfig
from flightasic.hw.delay import Delay
from flightasic.hw.signals import bits_of
from flightasic.microcode import STEP


class Reuse(Component):
    """What each row wants in a slot -> what it reads from the banks; then the words of the banks -> the words of the rows."""

    def construct(s, config: ArrayConfig) -> None:
        rows, word, distances = config.rows, config.word_bits, config.reuse_distances
        count = len(distances)
        last = count - 1
        s.distance = InPort(mk_bits(bits_of(STEP, "reuse")))
        s.slid = InPort(1)
        s.follows = InPort(mk_bits(rows))
        s.wanted = InPort(mk_bits(rows))
        s.reads = OutPort(mk_bits(rows))
        s.words = InPort(mk_bits(rows * word))
        s.act = InPort(mk_bits(rows * word))
        s.out = OutPort(mk_bits(rows * word))

        s.takes = Wire(mk_bits(rows))
        s.taken = Delay(rows, 1 + config.read_regs)
        s.taken.in_ //= s.takes
        s.other = Wire(mk_bits(rows * word))
        s.partners = [Wire(mk_bits(rows)) for _ in distances]
        s.others = [Wire(mk_bits(rows * word)) for _ in distances]
        for i, distance in enumerate(distances):
            left = rows - distance
            s.partners[i][0:left] //= s.follows[distance:rows]
            s.partners[i][left:rows] //= 0
            s.others[i][0 : left * word] //= s.act[distance * word : rows * word]
            s.others[i][left * word : rows * word] //= 0

        @update
        def up_partner() -> None:
            s.takes @= 0
            s.other @= s.others[last]
            for i in range(count):
                if s.distance[i]:
                    s.other @= s.others[i]
                    if s.slid:
                        s.takes @= s.partners[i]
            s.reads @= s.wanted & ~s.takes

        @update
        def up_out() -> None:
            s.out @= s.words
            for i in range(rows):
                if s.taken.out[i]:
                    s.out[i * word : i * word + word] @= s.other[i * word : i * word + word]
