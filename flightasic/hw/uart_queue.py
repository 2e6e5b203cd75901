"""Bytes between the line and the streams: a queue in block RAM, and words made of bytes and back."""

from pymtl3 import Component, InPort, OutPort, Wire, concat, mk_bits, update, update_ff

from flightasic.hw.ram import Ram

ENTRY_BITS = 9  # a byte and a mark


class ByteQueue(Component):
    """``depth`` (a power of two) bytes, each with a mark. What is put counts only once it is kept: ``drop`` takes back what was not.

    ``offers`` with ``entry``, taken by ``take``. ``free`` and ``held`` do not count what is put and not kept; ``full`` does, and
    then ``put`` must not be. ``clear`` empties the queue.
    """

    def construct(s, depth: int) -> None:
        bits = depth.bit_length()
        count_t, entry_t = mk_bits(bits), mk_bits(ENTRY_BITS)
        s.clear = InPort(1)
        s.put = InPort(1)
        s.put_entry = InPort(entry_t)
        s.keep = InPort(1)
        s.drop = InPort(1)
        s.full = OutPort(1)
        s.free = OutPort(count_t)
        s.held = OutPort(count_t)
        s.offers = OutPort(1)
        s.entry = OutPort(entry_t)
        s.take = InPort(1)

        # Positions have a bit more than addresses: full and empty differ.
        s.written = Wire(count_t)
        s.kept = Wire(count_t)
        s.taken = Wire(count_t)
        s.taken_next = Wire(count_t)
        s.ram = Ram(ENTRY_BITS, depth)
        s.ram.read_en //= 1
        s.ram.read_addr //= s.taken_next[0 : bits - 1]
        s.ram.read_data //= s.entry
        s.ram.write_en //= s.put
        s.ram.write_addr //= s.written[0 : bits - 1]
        s.ram.write_data //= s.put_entry

        @update
        def up_levels() -> None:
            s.taken_next @= s.taken
            if s.take:
                s.taken_next @= s.taken + 1
            s.held @= s.kept - s.taken
            s.free @= depth - s.held
            s.full @= s.written - s.taken == depth

        @update_ff
        def up_queue() -> None:
            # One cycle late on purpose: what is offered was written before it was read.
            s.offers <<= s.taken_next != s.kept
            if s.reset | s.clear:
                s.offers <<= 0
                s.written <<= 0
                s.kept <<= 0
                s.taken <<= 0
            else:
                s.taken <<= s.taken_next
                if s.drop:
                    s.written <<= s.kept
                elif s.put:
                    s.written <<= s.written + 1
                if s.keep:
                    s.kept <<= s.written


class Gather(Component):
    """Words of ``count`` bytes from a byte queue, the first byte lowest; a word's mark is that of its last byte."""

    def construct(s, count: int) -> None:
        word = 8 * count
        s.clear = InPort(1)
        s.offers = InPort(1)
        s.entry = InPort(mk_bits(ENTRY_BITS))
        s.take = OutPort(1)
        s.valid = OutPort(1)
        s.ready = InPort(1)
        s.word = OutPort(mk_bits(word))
        s.last = OutPort(1)

        s.bytes = Wire(mk_bits(count.bit_length()))
        s.shifted = Wire(mk_bits(word))
        if count == 1:
            s.shifted //= s.entry[0:8]
        else:
            s.shifted[word - 8 : word] //= s.entry[0:8]
            s.shifted[0 : word - 8] //= s.word[8:word]

        @update
        def up_take() -> None:
            s.valid @= s.bytes == count
            s.take @= s.offers & ~s.valid

        @update_ff
        def up_gather() -> None:
            if s.reset | s.clear:
                s.bytes <<= 0
            elif s.valid:
                if s.ready:
                    s.bytes <<= 0
            elif s.take:
                s.bytes <<= s.bytes + 1
                s.word <<= s.shifted
                s.last <<= s.entry[8]


class Scatter(Component):
    """Words of ``count`` bytes into a byte queue, lowest byte first; the last byte has the word's mark."""

    def construct(s, count: int) -> None:
        word = 8 * count
        s.clear = InPort(1)
        s.valid = InPort(1)
        s.ready = OutPort(1)
        s.word = InPort(mk_bits(word))
        s.last = InPort(1)
        s.full = InPort(1)
        s.put = OutPort(1)
        s.put_entry = OutPort(mk_bits(ENTRY_BITS))

        s.bytes = Wire(mk_bits(count.bit_length()))
        s.kept = Wire(mk_bits(word))
        s.kept_last = Wire(1)
        s.shifted = Wire(mk_bits(word))
        s.shifted[word - 8 : word] //= 0
        if count > 1:
            s.shifted[0 : word - 8] //= s.kept[8:word]

        @update
        def up_put() -> None:
            s.ready @= (s.bytes == 0) & ~s.clear
            s.put @= (s.bytes != 0) & ~s.full
            s.put_entry @= concat(s.kept_last & (s.bytes == 1), s.kept[0:8])

        @update_ff
        def up_scatter() -> None:
            if s.reset | s.clear:
                s.bytes <<= 0
            elif s.ready:
                if s.valid:
                    s.bytes <<= count
                    s.kept <<= s.word
                    s.kept_last <<= s.last
            elif s.put:
                s.bytes <<= s.bytes - 1
                s.kept <<= s.shifted
