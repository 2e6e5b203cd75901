"""Bank ports: who reads and writes the activation banks, and when."""

from pymtl3 import Component, InPort, OutPort, Wire, mk_bits, update

from flightasic.config import ArrayConfig
from flightasic.hw.delay import Delay
from flightasic.hw.signals import ADDR_BITS


class BankPorts(Component):
    """Joins the users of the activation banks: reads of the feed and of whole lines to store, writes of the writer and of words loaded."""

    def construct(s, config: ArrayConfig) -> None:
        banks, bank_bits, word, lanes = config.banks, config.bank_bits, config.word_bits, config.lanes
        index_bits = (config.act_depth - 1).bit_length()
        s.feed_en = InPort(mk_bits(banks))
        s.feed_addr = InPort(mk_bits(banks * index_bits))
        s.store_en = InPort(1)
        s.store_index = InPort(mk_bits(index_bits))
        s.load_en = InPort(1)
        s.load_addr = InPort(mk_bits(ADDR_BITS))
        s.load_data = InPort(mk_bits(word))
        s.writer_enable = InPort(mk_bits(lanes))
        s.writer_addr = InPort(mk_bits(ADDR_BITS))
        s.writer_data = InPort(mk_bits(word))
        s.read_en = OutPort(mk_bits(banks))
        s.read_addr = OutPort(mk_bits(banks * index_bits))
        s.write_en = OutPort(mk_bits(banks * lanes))
        s.write_addr = OutPort(mk_bits(index_bits))
        s.write_data = OutPort(mk_bits(word))

        all_lanes = (1 << lanes) - 1
        mask = banks - 1
        s.addr = Wire(mk_bits(ADDR_BITS))
        s.bank = Wire(mk_bits(ADDR_BITS))
        s.enable = Wire(mk_bits(lanes))
        s.given = Delay(banks * lanes + index_bits + word, min(config.bank_regs, 1))
        s.given_word = Wire(mk_bits(word))
        first_addr, first_word = banks * lanes, banks * lanes + index_bits
        s.given.in_[first_addr:first_word] //= s.addr[bank_bits : bank_bits + index_bits]
        s.given.in_[first_word : first_word + word] //= s.given_word
        s.write_en //= s.given.out[0:first_addr]
        s.write_addr //= s.given.out[first_addr:first_word]
        s.write_data //= s.given.out[first_word : first_word + word]
        s.wide_addr = [Wire(mk_bits(index_bits)) for _ in range(banks)]
        s.bank_addr = [Wire(mk_bits(index_bits)) for _ in range(banks)]
        # What the banks are asked to read: a bit for each, then their indices; with ``bank_regs`` a cycle later.
        s.asked = Wire(mk_bits(banks))
        s.asked_delay = Delay(banks * (1 + index_bits), min(config.bank_regs, 1))
        s.asked_delay.in_[0:banks] //= s.asked
        s.read_en //= s.asked_delay.out[0:banks]
        s.read_addr //= s.asked_delay.out[banks : banks * (1 + index_bits)]
        s.bank_write = [Wire(mk_bits(lanes)) for _ in range(banks)]
        for b in range(banks):
            s.wide_addr[b] //= s.feed_addr[b * index_bits : (b + 1) * index_bits]
            s.asked_delay.in_[banks + b * index_bits : banks + (b + 1) * index_bits] //= s.bank_addr[b]
            s.given.in_[b * lanes : (b + 1) * lanes] //= s.bank_write[b]

        @update
        def up_read() -> None:
            for i in range(banks):
                s.asked[i] @= s.feed_en[i] | s.store_en
                s.bank_addr[i] @= s.wide_addr[i]
                if s.store_en:
                    s.bank_addr[i] @= s.store_index

        @update
        def up_write() -> None:
            s.addr @= s.writer_addr
            s.given_word @= s.writer_data
            s.enable @= s.writer_enable
            if s.load_en:
                s.addr @= s.load_addr
                s.given_word @= s.load_data
                s.enable @= all_lanes
            s.bank @= s.addr & mask
            for i in range(banks):
                s.bank_write[i] @= 0
                if s.bank == i:
                    s.bank_write[i] @= s.enable
