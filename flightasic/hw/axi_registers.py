"""The registers of docs/registers.md: configuration, control, status, protocol errors, cycle counter, and the way into the memories."""

from pymtl3 import Bits2, Component, InPort, OutPort, Wire, concat, mk_bits, update, update_ff, zext

from flightasic.config import ArrayConfig
from flightasic.hw.axi_lite import AxiLite
from flightasic.hw.signals import ADDR_BITS
from flightasic.microcode import WORD_BITS
from flightasic.registers import (
    ADDRESS_BITS,
    CODE_MEMORY,
    DATA_BITS,
    INDEX,
    REGISTERS,
    STATES,
    Access,
    code_parts,
    config_values,
)

CHANNELS = ("awvalid", "awready", "awaddr", "wvalid", "wready", "wdata", "wstrb", "bvalid", "bready", "bresp",
            "arvalid", "arready", "araddr", "rvalid", "rready", "rdata", "rresp")  # fmt: skip


class AxiRegisters(Component):
    """Ports: AXI4-Lite; reset, enable, load port and status of the top; what happens on its image stream.

    ``core_reset`` resets the top, with everything else or by the control register. ``image_taken`` is the cycle in which an
    image word changes hands, ``image_tlast`` its TLAST, ``image_last`` what that should be.
    """

    def construct(s, config: ArrayConfig) -> None:
        data_t = mk_bits(DATA_BITS)
        count = len(REGISTERS)
        idle, error = STATES.index("IDLE"), STATES.index("ERROR")
        code_memory, parts = CODE_MEMORY, code_parts(config)
        code_depth, program_depth = config.code_depth, config.program_depth
        control_index, errors_index, cycles_index = INDEX["control"], INDEX["errors"], INDEX["cycles_low"]
        address_index, target_index = INDEX["load_address"], INDEX["load_target"]
        low_index, high_index = INDEX["load_low"], INDEX["load_high"]
        s.lite = AxiLite()
        for name in CHANNELS:
            port = getattr(s.lite, name)
            setattr(s, name, type(port)(port.get_type()))
            own = getattr(s, name)
            own //= port
        s.core_reset = OutPort(1)
        s.enable = OutPort(1)
        s.load_en = OutPort(1)
        s.load_memory = OutPort(1)
        s.load_addr = OutPort(mk_bits(ADDR_BITS))
        s.load_part = OutPort(8)
        s.load_data = OutPort(mk_bits(WORD_BITS))
        s.state = InPort(4)
        s.status = InPort(4)
        s.step_index = InPort(16)
        s.image_taken = InPort(1)
        s.image_tlast = InPort(1)
        s.image_last = InPort(1)

        s.soft_reset = Wire(1)
        s.errors = Wire(4)
        s.error_address = Wire(mk_bits(ADDRESS_BITS))
        s.error_write = Wire(1)
        s.busy = Wire(1)
        s.cycles = Wire(64)
        s.cycles_high = Wire(data_t)
        s.load_address = Wire(mk_bits(ADDR_BITS))
        s.load_low = Wire(data_t)
        s.load_high = Wire(data_t)
        s.load_data[0:DATA_BITS] //= s.load_low
        s.load_data[DATA_BITS:WORD_BITS] //= s.load_high
        s.values = Wire(mk_bits(count * DATA_BITS))
        s.writable = Wire(mk_bits(count))
        s.writable //= sum(1 << index for index, register in enumerate(REGISTERS) if register.access != Access.READ)
        _connect(s.values, config_values(config), {
            ("control", "enable"): s.enable,
            ("control", "reset"): s.soft_reset,
            ("status", "state"): s.state,
            ("status", "status"): s.status,
            ("status", "busy"): s.busy,
            ("status", "step_index"): s.step_index,
            **{("errors", field.name): s.errors[i] for i, field in enumerate(REGISTERS[errors_index].fields)},
            ("error_address", "address"): s.error_address,
            ("error_address", "write"): s.error_write,
            ("cycles_low", "value"): s.cycles[0:DATA_BITS],
            ("cycles_high", "value"): s.cycles_high,
            ("load_address", "value"): s.load_address,
            ("load_target", "memory"): s.load_memory,
            ("load_target", "part"): s.load_part,
            ("load_low", "value"): s.load_low,
            ("load_high", "value"): s.load_high,
        })  # fmt: skip

        s.may_write = Wire(1)
        s.merged = Wire(data_t)
        s.strobed = Wire(data_t)
        s.accepted = Wire(1)
        s.loads = Wire(1)
        s.load_busy = Wire(1)
        s.load_range = Wire(1)
        s.raised = Wire(4)
        s.kept = Wire(4)
        s.step_before = Wire(16)
        s.begins = Wire(1)
        s.ends = Wire(1)

        @update
        def up_select() -> None:
            s.lite.read_data @= 0
            s.lite.read_refused @= s.lite.read_index >= count
            s.may_write @= 0
            s.merged @= 0
            for i in range(count):
                if s.lite.read_index == i:
                    s.lite.read_data @= s.values[i * 32 : i * 32 + 32]
                if s.lite.write_index == i:
                    s.merged @= s.values[i * 32 : i * 32 + 32]
                    s.may_write @= s.writable[i]
            s.strobed @= 0
            for i in range(4):
                if s.lite.write_strobe[i]:
                    s.merged[i * 8 : i * 8 + 8] @= s.lite.write_data[i * 8 : i * 8 + 8]
                    s.strobed[i * 8 : i * 8 + 8] @= s.lite.write_data[i * 8 : i * 8 + 8]

        @update
        def up_refuse() -> None:
            s.loads @= s.lite.write_index == high_index
            s.load_busy @= s.loads & (s.enable | (s.state != idle))
            s.load_range @= s.loads & ((zext(s.load_address, 17) >= program_depth) | (s.load_part != 0))
            if s.load_memory == code_memory:
                s.load_range @= s.loads & ((zext(s.load_address, 17) >= code_depth) | (s.load_part >= parts))
            s.lite.write_refused @= ~s.may_write | s.load_busy | s.load_range
            s.accepted @= s.lite.write & ~s.lite.write_refused

        @update
        def up_errors() -> None:
            s.raised[0] @= s.image_taken & (s.image_tlast != s.image_last)
            s.raised[1] @= s.lite.write & s.load_busy
            s.raised[2] @= s.lite.write & s.load_range
            s.raised[3] @= (s.lite.write & ~s.may_write) | (s.lite.read & s.lite.read_refused)
            s.kept @= s.errors
            if s.accepted & (s.lite.write_index == errors_index):
                s.kept @= s.errors & ~s.strobed[0:4]

        @update
        def up_run() -> None:
            s.core_reset @= s.reset | s.soft_reset
            s.begins @= s.image_taken & ~s.busy & (s.step_index == 0)
            s.ends @= s.core_reset | (s.state == idle) | (s.state == error) | ((s.step_index == 0) & (s.step_before != 0))

        @update_ff
        def up_control() -> None:
            if s.reset:
                s.enable <<= 0
                s.soft_reset <<= 0
            elif s.accepted & (s.lite.write_index == control_index):
                s.enable <<= s.merged[0]
                s.soft_reset <<= s.merged[1]

        @update_ff
        def up_load() -> None:
            s.load_en <<= s.accepted & s.loads & (s.lite.write_strobe != 0)
            s.load_addr <<= s.load_address
            if s.reset:
                s.load_address <<= 0
                s.load_memory <<= 0
                s.load_part <<= 0
                s.load_low <<= 0
                s.load_high <<= 0
            elif s.accepted:
                if s.lite.write_index == address_index:
                    s.load_address <<= s.merged[0:16]
                if s.lite.write_index == target_index:
                    s.load_memory <<= s.merged[0]
                    s.load_part <<= s.merged[8:16]
                if s.lite.write_index == low_index:
                    s.load_low <<= s.merged
                if s.loads & (s.lite.write_strobe != 0):
                    s.load_high <<= s.merged
                    s.load_address <<= s.load_address + 1

        @update_ff
        def up_sticky() -> None:
            if s.reset:
                s.errors <<= 0
                s.error_address <<= 0
                s.error_write <<= 0
            else:
                s.errors <<= s.kept | s.raised
                if (s.kept[1:4] == 0) & (s.raised[1:4] != 0):
                    s.error_write <<= s.lite.write & s.lite.write_refused
                    s.error_address <<= concat(s.lite.read_index, Bits2(0))
                    if s.lite.write & s.lite.write_refused:
                        s.error_address <<= concat(s.lite.write_index, Bits2(0))

        @update_ff
        def up_cycles() -> None:
            s.step_before <<= s.step_index
            s.busy <<= (s.begins | s.busy) & ~s.ends
            if s.reset:
                s.cycles <<= 0
                s.cycles_high <<= 0
            else:
                if s.begins | (s.busy & ~s.ends):
                    s.cycles <<= s.cycles + 1
                if s.lite.read & (s.lite.read_index == cycles_index):
                    s.cycles_high <<= s.cycles[32:64]


def _connect(values, constants, signals) -> None:  # type: ignore[no-untyped-def]  # PyMTL3 signals carry no static types
    """Connect every bit of the packed registers: whole registers to constants, fields to signals, the rest to 0."""
    for index, register in enumerate(REGISTERS):
        low = index * DATA_BITS
        sources = {(low, low + DATA_BITS): constants[register.name]} if register.name in constants else {}
        at = low
        if not sources:
            for field in register.fields:
                source = signals.get((register.name, field.name), 0)
                sources[at, at + field.bits] = source
                at += field.bits
            if at < low + DATA_BITS:
                sources[at, low + DATA_BITS] = 0
        for (start, end), source in sources.items():
            bits = values[start:end]
            bits //= source
