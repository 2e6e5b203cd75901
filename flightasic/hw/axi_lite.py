"""AXI4-Lite slave: the handshakes of the five channels; behind it, a write port and a read port of one cycle each."""

from pymtl3 import Component, InPort, OutPort, Wire, mk_bits, update, update_ff

from flightasic.registers import ADDRESS_BITS, DATA_BITS, OKAY, SLVERR

INDEX_BITS = ADDRESS_BITS - 2


class AxiLite(Component):
    """Ports: AXI4-Lite channels -> register writes and reads; ``refused`` answers them with SLVERR.

    Address and data of a write may come in any order. A register access happens in the cycle of ``write`` or ``read``, once; no
    output depends on an input in the same cycle. One access of each kind is under way at a time.
    """

    def construct(s) -> None:
        data_t, index_t = mk_bits(DATA_BITS), mk_bits(INDEX_BITS)
        s.awvalid = InPort(1)
        s.awready = OutPort(1)
        s.awaddr = InPort(mk_bits(ADDRESS_BITS))
        s.wvalid = InPort(1)
        s.wready = OutPort(1)
        s.wdata = InPort(data_t)
        s.wstrb = InPort(4)
        s.bvalid = OutPort(1)
        s.bready = InPort(1)
        s.bresp = OutPort(2)
        s.arvalid = InPort(1)
        s.arready = OutPort(1)
        s.araddr = InPort(mk_bits(ADDRESS_BITS))
        s.rvalid = OutPort(1)
        s.rready = InPort(1)
        s.rdata = OutPort(data_t)
        s.rresp = OutPort(2)
        s.write = OutPort(1)
        s.write_index = OutPort(index_t)
        s.write_data = OutPort(data_t)
        s.write_strobe = OutPort(4)
        s.write_refused = InPort(1)
        s.read = OutPort(1)
        s.read_index = OutPort(index_t)
        s.read_data = InPort(data_t)
        s.read_refused = InPort(1)

        s.address_held = Wire(1)
        s.data_held = Wire(1)
        s.read_index //= s.araddr[2:ADDRESS_BITS]

        @update
        def up_handshake() -> None:
            s.awready @= ~s.address_held
            s.wready @= ~s.data_held
            s.write @= s.address_held & s.data_held & ~s.bvalid
            s.arready @= ~s.rvalid
            s.read @= s.arvalid & ~s.rvalid

        @update_ff
        def up_write() -> None:
            if s.reset:
                s.address_held <<= 0
                s.data_held <<= 0
                s.bvalid <<= 0
            else:
                if s.write:
                    s.address_held <<= 0
                    s.data_held <<= 0
                    s.bvalid <<= 1
                    s.bresp <<= OKAY
                    if s.write_refused:
                        s.bresp <<= SLVERR
                if s.bvalid & s.bready:
                    s.bvalid <<= 0
                if s.awvalid & ~s.address_held:
                    s.address_held <<= 1
                    s.write_index <<= s.awaddr[2:ADDRESS_BITS]
                if s.wvalid & ~s.data_held:
                    s.data_held <<= 1
                    s.write_data <<= s.wdata
                    s.write_strobe <<= s.wstrb

        @update_ff
        def up_read() -> None:
            if s.reset:
                s.rvalid <<= 0
            elif s.read:
                s.rvalid <<= 1
                s.rdata <<= s.read_data
                s.rresp <<= OKAY
                if s.read_refused:
                    s.rresp <<= SLVERR
            elif s.rready:
                s.rvalid <<= 0
