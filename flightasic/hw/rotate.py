"""Rotator: turns a vector of words by a variable number of places, in log2 steps.

Rows of a pass read consecutive kernel words, which lie in consecutive banks; which bank serves row 0 changes from pixel
to pixel. One rotation undoes that for all rows, cheaper than a crossbar.
"""

from pymtl3 import Component, InPort, OutPort, concat, mk_bits, update


class RotateStage(Component):
    """``out[i] = in[i - places]`` when ``turn`` is set (word indices modulo the vector length)."""

    def construct(s, words: int, width: int, places: int) -> None:
        vector_t = mk_bits(words * width)
        total = words * width
        cut = (words - places) * width
        s.in_ = InPort(vector_t)
        s.turn = InPort(1)
        s.out = OutPort(vector_t)

        @update
        def up_turn() -> None:
            s.out @= s.in_
            if s.turn:
                s.out @= concat(s.in_[0:cut], s.in_[cut:total])


class Rotate(Component):
    """``out[i] = in[i - by]``; ``words`` is a power of two."""

    def construct(s, words: int, width: int) -> None:
        vector_t = mk_bits(words * width)
        stages = words.bit_length() - 1
        s.in_ = InPort(vector_t)
        s.by = InPort(mk_bits(max(1, stages)))
        s.out = OutPort(vector_t)
        signal = s.in_
        for i in range(stages):
            stage = RotateStage(words, width, 1 << i)
            setattr(s, f"stage_{i}", stage)
            stage.in_ //= signal
            stage.turn //= s.by[i]
            signal = stage.out
        s.out //= signal
