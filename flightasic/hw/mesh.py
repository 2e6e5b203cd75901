"""Mesh: tiles with registers between them, and the skew that lines activations up with the passing partial sums.

Activations move right one tile a cycle, partial sums down one tile a cycle. Row tile i therefore sees its activations
i cycles late (skew), and column tile j leaves j cycles late, which the bottom registers even out (deskew): all column
sums of a pixel leave together.
"""

from pymtl3 import Component, InPort, OutPort, mk_bits

from flightasic.config import ArrayConfig
from flightasic.hw.delay import Delay
from flightasic.hw.tile import Tile


class Mesh(Component):
    """Ports: act (rows words), swap, code (one array row), load (one bit a row) -> sums (cols column sums)."""

    def construct(s, config: ArrayConfig) -> None:
        act_bits = config.tile_rows * config.word_bits
        sum_bits = config.tile_cols * config.sum_bits
        code_bits = config.tile_cols * config.lanes * config.code_bits
        s.act = InPort(mk_bits(config.rows * config.word_bits))
        s.swap = InPort(1)
        s.code = InPort(mk_bits(config.code_word_bits))
        s.load = InPort(mk_bits(config.rows))
        s.sums = OutPort(mk_bits(config.cols * config.sum_bits))

        acts: list[Delay] = []
        swaps: list[Delay] = []
        above: list[Delay] = []
        for i in range(config.tiles_down):
            for j in range(config.tiles_across):
                tile, act, swap = Tile(config), Delay(act_bits, 1 if j else i), Delay(1, 1 if j else i)
                setattr(s, f"tile_{i}_{j}", tile)
                setattr(s, f"act_{i}_{j}", act)
                setattr(s, f"swap_{i}_{j}", swap)
                acts.append(act)
                swaps.append(swap)
                if j == 0:
                    act.in_ //= s.act[i * act_bits : (i + 1) * act_bits]
                    swap.in_ //= s.swap
                else:
                    act.in_ //= acts[-2].out
                    swap.in_ //= swaps[-2].out
                tile.act //= act.out
                tile.swap //= swap.out
                tile.code //= s.code[j * code_bits : (j + 1) * code_bits]
                tile.load //= s.load[i * config.tile_rows : (i + 1) * config.tile_rows]
                if i == 0:
                    tile.sum_in //= 0
                else:
                    tile.sum_in //= above[-config.tiles_across].out
                down = Delay(sum_bits, 1)
                setattr(s, f"sum_{i}_{j}", down)
                down.in_ //= tile.sum_out
                above.append(down)
        for j in range(config.tiles_across):
            deskew = Delay(sum_bits, config.tiles_across - 1 - j)
            setattr(s, f"deskew_{j}", deskew)
            deskew.in_ //= above[j - config.tiles_across].out
            s.sums[j * sum_bits : (j + 1) * sum_bits] //= deskew.out
