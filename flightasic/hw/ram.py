"""Memory with one write and one registered read port; infers block RAM on FPGAs."""

from pymtl3 import Component, InPort, OutPort, Wire, mk_bits, update_ff


class Ram(Component):
    """``depth`` words of ``width`` bits; a read in the cycle of a write to the same word returns the old word."""

    def construct(s, width: int, depth: int) -> None:
        addr_t = mk_bits(max(1, (depth - 1).bit_length()))
        s.read_en = InPort(1)
        s.read_addr = InPort(addr_t)
        s.read_data = OutPort(mk_bits(width))
        s.write_en = InPort(1)
        s.write_addr = InPort(addr_t)
        s.write_data = InPort(mk_bits(width))

        s.words = [Wire(mk_bits(width)) for _ in range(depth)]

        @update_ff
        def up_ports() -> None:
            if s.read_en:
                s.read_data <<= s.words[s.read_addr]
            if s.write_en:
                s.words[s.write_addr] <<= s.write_data
