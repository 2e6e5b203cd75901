"""Shift register: skew, deskew and control pipelines."""

from pymtl3 import Component, InPort, OutPort, Wire, concat, mk_bits, update_ff


class Delay(Component):
    """``out`` is what ``in_`` was ``stages`` cycles ago (0 = a wire)."""

    def construct(s, width: int, stages: int) -> None:
        s.in_ = InPort(mk_bits(width))
        s.out = OutPort(mk_bits(width))
        if stages == 0:
            s.out //= s.in_
        elif stages == 1:

            @update_ff
            def up_stage() -> None:
                s.out <<= s.in_

        else:
            kept = width * (stages - 1)
            s.pipe = Wire(mk_bits(width * stages))
            s.out //= s.pipe[kept : width * stages]

            @update_ff
            def up_pipe() -> None:
                s.pipe <<= concat(s.pipe[0:kept], s.in_)
