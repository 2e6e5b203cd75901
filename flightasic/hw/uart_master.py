"""AXI4-Lite master: one access at a time."""

from pymtl3 import Component, InPort, OutPort, mk_bits, update, update_ff

from flightasic.registers import ADDRESS_BITS, DATA_BITS, OKAY


class LiteMaster(Component):
    """Ports: ``write`` or ``read`` for a cycle, with address and data -> AXI4-Lite; ``done`` for a cycle, with ``refused`` and ``value``.

    Nothing may begin before ``done``.
    """

    def construct(s) -> None:
        address_t, data_t = mk_bits(ADDRESS_BITS), mk_bits(DATA_BITS)
        s.write = InPort(1)
        s.read = InPort(1)
        s.address = InPort(address_t)
        s.data = InPort(data_t)
        s.done = OutPort(1)
        s.refused = OutPort(1)
        s.value = OutPort(data_t)
        s.awvalid = OutPort(1)
        s.awready = InPort(1)
        s.awaddr = OutPort(address_t)
        s.wvalid = OutPort(1)
        s.wready = InPort(1)
        s.wdata = OutPort(data_t)
        s.wstrb = OutPort(4)
        s.bvalid = InPort(1)
        s.bready = OutPort(1)
        s.bresp = InPort(2)
        s.arvalid = OutPort(1)
        s.arready = InPort(1)
        s.araddr = OutPort(address_t)
        s.rvalid = InPort(1)
        s.rready = OutPort(1)
        s.rdata = InPort(data_t)
        s.rresp = InPort(2)

        s.wstrb //= 0xF
        s.value //= s.rdata
        s.araddr //= s.awaddr

        @update
        def up_done() -> None:
            s.done @= (s.bready & s.bvalid) | (s.rready & s.rvalid)
            s.refused @= s.rresp != OKAY
            if s.bready:
                s.refused @= s.bresp != OKAY

        @update_ff
        def up_access() -> None:
            if s.write | s.read:
                s.awaddr <<= s.address
                s.wdata <<= s.data
            if s.reset:
                s.awvalid <<= 0
                s.wvalid <<= 0
                s.arvalid <<= 0
                s.bready <<= 0
                s.rready <<= 0
            else:
                s.awvalid <<= s.write | (s.awvalid & ~s.awready)
                s.wvalid <<= s.write | (s.wvalid & ~s.wready)
                s.bready <<= s.write | (s.bready & ~s.bvalid)
                s.arvalid <<= s.read | (s.arvalid & ~s.arready)
                s.rready <<= s.read | (s.rready & ~s.rvalid)
