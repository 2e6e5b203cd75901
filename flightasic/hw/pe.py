"""Processing element: a dot product of ``lanes`` activations with held codes, added to the passing partial sum.

Combinational from activation and partial sum to partial sum, unless ``product_regs`` or ``sum_regs`` delay the activations' part:
the partial sum then comes as much later. Two sets of code registers: the next pass's codes load into one while the other computes;
``swap`` moves them over (docs/architecture.md).
"""

from pymtl3 import Component, InPort, OutPort, Wire, mk_bits, update, update_ff

from flightasic.config import ACT_BITS, ArrayConfig
from flightasic.hw.delay import Delay
from flightasic.hw.lane import make_lane


class PairSums(Component):
    """One level of a balanced tree of adders: ``count`` words -> the sums of the first half's words with the second half's."""

    def construct(s, count: int, width: int) -> None:
        half = count // 2
        words_t = mk_bits(half * width)
        s.first = InPort(words_t)
        s.second = InPort(words_t)
        s.out = OutPort(words_t)

        # Words of their own, for PyMTL3 takes no slice that ends at a power of two from a loop's counter.
        s.augends = [Wire(mk_bits(width)) for _ in range(half)]
        s.addends = [Wire(mk_bits(width)) for _ in range(half)]
        s.sums = [Wire(mk_bits(width)) for _ in range(half)]
        for i in range(half):
            s.augends[i] //= s.first[i * width : (i + 1) * width]
            s.addends[i] //= s.second[i * width : (i + 1) * width]
            s.out[i * width : (i + 1) * width] //= s.sums[i]

        @update
        def up_sums() -> None:
            for i in range(half):
                s.sums[i] @= s.augends[i] + s.addends[i]


class ProcessingElement(Component):
    """Ports: act (lanes words), code and load (next codes), swap, sum_in -> sum_out (without a sign, config.sum_bits)."""

    def construct(s, config: ArrayConfig) -> None:
        lanes = config.lanes
        sum_t = mk_bits(config.sum_bits)
        code_t = mk_bits(lanes * config.code_bits)
        s.act = InPort(mk_bits(lanes * ACT_BITS))
        s.code = InPort(code_t)
        s.load = InPort(1)
        s.swap = InPort(1)
        s.sum_in = InPort(sum_t)
        s.sum_out = OutPort(sum_t)

        s.next_code = Wire(code_t)
        s.held_code = Wire(code_t)
        s.total = Wire(sum_t)
        width = config.sum_bits
        s.terms = [Wire(sum_t) for _ in range(lanes)]
        for i in range(lanes):
            lane = make_lane(config)
            setattr(s, f"lane_{i}", lane)
            lane.act //= s.act[i * ACT_BITS : (i + 1) * ACT_BITS]
            lane.code //= s.held_code[i * config.code_bits : (i + 1) * config.code_bits]
            lane.term //= s.terms[i]

        @update_ff
        def up_codes() -> None:
            if s.load:
                s.next_code <<= s.code
            if s.swap:
                s.held_code <<= s.next_code

        if config.product_regs | config.sum_regs:
            # Pairs, for technologies that add on carry chains.
            s.products = Delay(lanes * width, config.product_regs)
            for i in range(lanes):
                s.products.in_[i * width : (i + 1) * width] //= s.terms[i]
            words, count = s.products.out, lanes
            while count > 1:
                half = count // 2 * width
                sums = PairSums(count, width)
                setattr(s, f"sums_{count}", sums)
                sums.first //= words[0:half]
                sums.second //= words[half : 2 * half]
                words, count = sums.out, count // 2
                if config.sum_stages > 1 and count * 4 == lanes:
                    s.middle_stage = Delay(count * width, 1)
                    s.middle_stage.in_ //= words
                    words = s.middle_stage.out
            s.sum_stage = Delay(width, config.sum_regs)
            s.sum_stage.in_ //= words
            s.total //= s.sum_stage.out

            @update
            def up_staged_sum() -> None:
                s.sum_out @= s.sum_in + s.total

        else:

            @update
            def up_sum() -> None:
                # One sum of many words, which a standard-cell flow makes a tree of compressors of.
                s.total @= s.sum_in
                for i in range(lanes):
                    s.total @= s.total + s.terms[i]
                s.sum_out @= s.total
