"""The bridge between a serial line and the ports of ``flight_axi`` (docs/board.md)."""

from pymtl3 import Component, InPort, OutPort, Wire, mk_bits, update

from flightasic.config import ArrayConfig
from flightasic.hw.axi import code_stream_bits
from flightasic.hw.axi_registers import CHANNELS
from flightasic.hw.uart import UartReceive, UartTransmit
from flightasic.hw.uart_frames import CORE_BITS, UartFrames
from flightasic.hw.uart_master import LiteMaster
from flightasic.hw.uart_queue import ByteQueue, Gather, Scatter


class UartBridge(Component):
    """Ports: the serial line; AXI4-Lite master, image and code streams out, result stream in; ``core`` and ``lost`` of the frames.

    A bit of the line lasts ``divisor`` cycles. The line, the images, the codes and the results each have a queue of ``depth`` bytes,
    a power of two in 16..16384.
    """

    def construct(s, config: ArrayConfig, divisor: int, depth: int) -> None:
        word_bits, code_bits = config.word_bits, code_stream_bits(config)
        s.rx = InPort(1)
        s.tx = OutPort(1)
        s.core = OutPort(mk_bits(CORE_BITS))
        s.lost = OutPort(1)
        s.m_axis_image_tdata = OutPort(mk_bits(word_bits))
        s.m_axis_image_tvalid = OutPort(1)
        s.m_axis_image_tready = InPort(1)
        s.m_axis_image_tlast = OutPort(1)
        s.m_axis_code_tdata = OutPort(mk_bits(code_bits))
        s.m_axis_code_tvalid = OutPort(1)
        s.m_axis_code_tready = InPort(1)
        s.s_axis_result_tdata = InPort(mk_bits(word_bits))
        s.s_axis_result_tvalid = InPort(1)
        s.s_axis_result_tready = OutPort(1)
        s.s_axis_result_tlast = InPort(1)

        s.master = LiteMaster()
        for name in CHANNELS:
            port = getattr(s.master, name)
            setattr(s, f"m_axi_{name}", type(port)(port.get_type()))
            own = getattr(s, f"m_axi_{name}")
            own //= port
        s.receive = UartReceive(divisor)
        s.transmit = UartTransmit(divisor)
        s.line = ByteQueue(depth)
        s.images = ByteQueue(depth)
        s.codes = ByteQueue(depth)
        s.results = ByteQueue(depth)
        s.image_words = Gather(word_bits // 8)
        s.code_words = Gather(code_bits // 8)
        s.result_words = Scatter(word_bits // 8)
        s.frames = UartFrames(depth)
        s.one = Wire(1)
        s.zero = Wire(1)
        s.one //= 1
        s.zero //= 0
        _connect(
            (s.rx, s.receive.line),
            (s.receive.octet, s.line.put_entry[0:8]),
            (s.receive.bad, s.line.put_entry[8]),
            (s.one, s.line.keep, s.results.keep),
            (s.zero, s.line.drop, s.results.drop),
            (s.receive.quiet, s.frames.quiet),
            (s.line.offers, s.frames.line_offers),
            (s.line.entry, s.frames.line_entry),
            (s.frames.line_take, s.line.take),
            (s.frames.line_clear, s.line.clear),
            (s.frames.octet, s.transmit.octet),
            (s.frames.octet_offered, s.transmit.offered),
            (s.transmit.ready, s.frames.octet_ready),
            (s.transmit.line, s.tx),
            (s.frames.write, s.master.write),
            (s.frames.read, s.master.read),
            (s.frames.address, s.master.address),
            (s.frames.data, s.master.data),
            (s.master.done, s.frames.access_done),
            (s.master.refused, s.frames.access_refused),
            (s.master.value, s.frames.access_value),
            (s.frames.clear, s.images.clear, s.codes.clear, s.results.clear),
            (s.frames.clear, s.image_words.clear, s.code_words.clear, s.result_words.clear),
            (s.frames.put_entry, s.images.put_entry, s.codes.put_entry),
            (s.frames.put_image, s.images.put),
            (s.frames.keep_image, s.images.keep),
            (s.frames.put_codes, s.codes.put),
            (s.frames.keep_codes, s.codes.keep),
            (s.frames.drop, s.images.drop, s.codes.drop),
            (s.images.full, s.frames.image_full),
            (s.images.free, s.frames.image_free),
            (s.codes.full, s.frames.codes_full),
            (s.codes.free, s.frames.codes_free),
            (s.images.offers, s.image_words.offers),
            (s.images.entry, s.image_words.entry),
            (s.image_words.take, s.images.take),
            (s.image_words.word, s.m_axis_image_tdata),
            (s.image_words.valid, s.m_axis_image_tvalid),
            (s.m_axis_image_tready, s.image_words.ready),
            (s.image_words.last, s.m_axis_image_tlast),
            (s.codes.offers, s.code_words.offers),
            (s.codes.entry, s.code_words.entry),
            (s.code_words.take, s.codes.take),
            (s.code_words.word, s.m_axis_code_tdata),
            (s.code_words.valid, s.m_axis_code_tvalid),
            (s.m_axis_code_tready, s.code_words.ready),
            (s.s_axis_result_tdata, s.result_words.word),
            (s.s_axis_result_tvalid, s.result_words.valid),
            (s.result_words.ready, s.s_axis_result_tready),
            (s.s_axis_result_tlast, s.result_words.last),
            (s.result_words.put_entry, s.results.put_entry),
            (s.result_words.put, s.results.put),
            (s.results.full, s.result_words.full),
            (s.results.held, s.frames.results_held),
            (s.results.offers, s.frames.result_offers),
            (s.results.entry, s.frames.result_entry),
            (s.frames.result_take, s.results.take),
            (s.frames.core, s.core),
            (s.frames.lost, s.lost),
        )

        @update
        def up_arrival() -> None:
            s.line.put @= s.receive.arrives & ~s.line.full
            s.frames.overflow @= s.receive.arrives & s.line.full


def _connect(*nets) -> None:  # type: ignore[no-untyped-def]  # PyMTL3 signals carry no static types
    """Connect each net's source to its sinks."""
    for source, *sinks in nets:
        for sink in sinks:
            sink //= source
