"""Tile: a purely combinational block of tile_rows x tile_cols processing elements.

A row's activation word reaches all its elements in the same cycle; partial sums ripple down the columns. Registers sit
between tiles, in the mesh (after Gemmini's mesh of tiles).
"""

from pymtl3 import Component, InPort, OutPort, mk_bits

from flightasic.config import ArrayConfig
from flightasic.hw.pe import ProcessingElement


class Tile(Component):
    """Ports: act (tile_rows words), code (tile_cols elements' codes, shared by all rows), load (one bit a row), swap, sums."""

    def construct(s, config: ArrayConfig) -> None:
        word, sum_bits = config.word_bits, config.sum_bits
        codes = config.lanes * config.code_bits
        s.act = InPort(mk_bits(config.tile_rows * word))
        s.code = InPort(mk_bits(config.tile_cols * codes))
        s.load = InPort(mk_bits(config.tile_rows))
        s.swap = InPort(1)
        s.sum_in = InPort(mk_bits(config.tile_cols * sum_bits))
        s.sum_out = OutPort(mk_bits(config.tile_cols * sum_bits))

        for c in range(config.tile_cols):
            above = s.sum_in[c * sum_bits : (c + 1) * sum_bits]
            for r in range(config.tile_rows):
                pe = ProcessingElement(config)
                setattr(s, f"pe_{r}_{c}", pe)
                pe.act //= s.act[r * word : (r + 1) * word]
                pe.code //= s.code[c * codes : (c + 1) * codes]
                pe.load //= s.load[r]
                pe.swap //= s.swap
                pe.sum_in //= above
                above = pe.sum_out
            s.sum_out[c * sum_bits : (c + 1) * sum_bits] //= above
