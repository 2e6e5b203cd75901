"""A board: the UART bridge alone under Icarus Verilog, and broken; the whole board under the driver itself; its serial port and pins."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from flightasic import golden
from flightasic.board import ULX3S
from flightasic.board.build import build_board
from flightasic.config import ArrayConfig
from flightasic.eda.fpga_run import FpgaResult
from flightasic.errors import ConfigError, HostError, PlacementError
from flightasic.host import BusError
from flightasic.host.simulated import SimulatedBus
from flightasic.host.uart import UartBus
from flightasic.hw.board import board_modules
from flightasic.uart_protocol import HELLO_MARK, VERSION, Answer, check, markdown
from verification.axi_cases import TIGHT, AxiCase
from verification.breaks import Break
from verification.emitted import ROOT, play
from verification.scenarios import GOLDEN
from verification.uart_breaks import UART_BREAKS
from verification.uart_cases import BOARD, CASES
from verification.uart_model import ModelBoard


def _play(name: str, scratch: Path, broken: Break | None = None) -> None:
    emission = CASES[name].emission()
    if broken is not None:
        emission = replace(emission, modules=broken.apply(emission.modules))
    play(emission, "icarus", name, scratch, module="verification.uart_bench")


@pytest.mark.parametrize("name", CASES)
def test_bridge(name: str, tmp_path: Path) -> None:
    """From unknown registers on, which only Icarus has."""
    _play(name, tmp_path)


# Each takes a whole run; every fourth shows that faults are seen, the slow set runs all.
FAULTS = [
    pytest.param(broken, id=broken.what.replace(" ", "-"), marks=pytest.mark.slow if i % 4 else []) for i, broken in enumerate(UART_BREAKS)
]


@pytest.mark.parametrize("broken", FAULTS)
def test_broken_bridge_is_caught(broken: Break, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=broken.caught):
        _play(broken.case, tmp_path, broken)


def test_the_driver_runs_a_network_through_the_board_s_pins(tmp_path: Path) -> None:
    case = AxiCase(TIGHT, "network")
    expected = golden.run(case.network, torch.tensor(case.images))[-1].tolist()
    play(BOARD.emission(), "verilator", "board", tmp_path, {GOLDEN: json.dumps(expected)}, module="verification.board_bench")


def test_the_command_runs_a_network_over_a_serial_port(tmp_path: Path) -> None:
    """pyserial on a pseudo-terminal; behind it the accelerator in RTL."""
    case = AxiCase(TIGHT, "network")
    case.network.save(tmp_path / "net.flnet")
    np.save(tmp_path / "images.npy", case.images.astype(np.int8))
    sizes = [store.rows * store.row_words * TIGHT.lanes for store in case.program.transfers if store.store]
    with ModelBoard(SimulatedBus(TIGHT), sizes) as board:
        done = _flightasic("board", "run", "--port", board.name, "--from", tmp_path / "images.npy", tmp_path / "net.flnet")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{board.name}: {TIGHT.name}, fingerprint 0x{TIGHT.fingerprint:08X}" in done.stdout
    assert "2 of 2 images equal to the golden model" in done.stdout
    assert f"{case.program.cycles:,} clock cycles per image are predicted" in done.stdout


def _flightasic(*arguments: object) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "COLUMNS": "200"}
    command = [sys.executable, "-m", "flightasic.cli.main", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


@pytest.mark.parametrize(
    ("port", "message"),
    [
        ("{tmp}/none", "cannot open serial port {tmp}/none at 1000000 baud"),
        ("{silent}", "no answer from {silent} at 1000000 baud; check the cable, that the board's bitstream is loaded"),
    ],
)
def test_a_board_that_is_not_there_exits_with_2_and_a_remedy(tmp_path: Path, port: str, message: str) -> None:
    AxiCase(TIGHT, "network").network.save(tmp_path / "net.flnet")
    end, far = pty.openpty()
    places = {"tmp": tmp_path, "silent": os.ttyname(far)}
    done = _flightasic("board", "run", "--port", port.format(**places), tmp_path / "net.flnet")
    os.close(end)
    os.close(far)
    assert done.returncode == 2, done.stdout
    assert message.format(**places) in done.stderr


class _Answers:
    """A serial port that answers what it is told to, whatever is asked."""

    name, baudrate = "scripted", 9600

    def __init__(self, *answers: bytes) -> None:
        self.answers = list(answers)
        self.arrived = b""
        self.breaks = 0

    def write(self, data: bytes) -> int:
        if self.answers:
            self.arrived += self.answers.pop(0)
        return len(data)

    def read(self, size: int = 1) -> bytes:
        data, self.arrived = self.arrived[:size], self.arrived[size:]
        return data

    def send_break(self, duration: float = 0.25) -> None:
        self.breaks += 1

    def reset_input_buffer(self) -> None:
        self.arrived = b""


def _checked(*values: int) -> bytes:
    return bytes(values) + check(bytes(values))


HELLO = _checked(Answer.OK, *HELLO_MARK, VERSION, 11)


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ((b"", b""), "no answer from scripted at 9600 baud; check the cable"),
        ((_checked(Answer.OK, *HELLO_MARK, VERSION + 1, 11),), f"protocol version {VERSION + 1}; this driver speaks"),
        ((HELLO, _checked(Answer.REFUSED)), "read of address 0x024 was answered with SLVERR"),
        ((HELLO, _checked(Answer.BAD_BYTE)), "read of address 0x024: the board at scripted lost a frame: A byte without a stop bit"),
        ((HELLO, b"\xa0\1\2\3\4\0\0"), "read of address 0x024: the answer of scripted is garbled at 9600 baud"),
        ((HELLO, b"\x00" + bytes(9)), "read of address 0x024: the answer of scripted is garbled"),
        ((HELLO, b"\xa0\1"), "read of address 0x024: no answer from scripted"),
    ],
)
def test_what_goes_wrong_on_the_line_is_an_error_that_says_so(answers: tuple[bytes, ...], message: str) -> None:
    with pytest.raises(HostError, match=re.escape(message)):
        UartBus(_Answers(*answers), clock_hz=25e6).read32(0x24)


def test_after_a_loss_the_link_finds_its_way_back() -> None:
    port = _Answers(HELLO, b"", HELLO, _checked(Answer.OK, 1, 2, 3, 4))
    bus = UartBus(port, clock_hz=25e6)
    with pytest.raises(BusError, match="no answer"):
        bus.read32(0)
    assert bus.read32(0) == 0x04030201
    assert port.breaks == 2


@pytest.mark.parametrize(("result", "message"), [(b"ab\1", "a result of 1 bytes came, 2 were"), (b"ab\0", "a result of more than 2")])
def test_a_result_of_another_length_is_an_error(result: bytes, message: str) -> None:
    levels = _checked(Answer.OK, 0, 1, 0, 1, 2, 0)
    bus = UartBus(_Answers(HELLO, levels, _checked(Answer.OK, *result)), clock_hz=25e6)
    with pytest.raises(BusError, match=message):
        bus.receive_result(2, 1)


@pytest.mark.parametrize("baud", [1_000_000, 500_000, 115_200, 9600])
def test_the_clock_is_divided_to_a_baud_rate(baud: int) -> None:
    assert abs(ULX3S.clock_hz / ULX3S.divisor(baud) / baud - 1) < 0.01


@pytest.mark.parametrize("baud", [0, 3_000_000, 20_000_000])
def test_a_baud_rate_that_the_clock_cannot_make_is_refused(baud: int) -> None:
    with pytest.raises(ConfigError, match=f"{baud}"):
        ULX3S.divisor(baud)


def test_every_port_of_the_top_has_a_pin_and_no_other() -> None:
    top = board_modules(TIGHT, divisor=ULX3S.divisor(), depth=ULX3S.depth)[ULX3S.top]
    ports = re.findall(r"^  (?:input|output) +wire (?:\[(\d+):0\] )?(\w+)", top, re.MULTILINE)
    expected = [name if not high else f"{name}[{bit}]" for high, name in ports for bit in range(int(high or 0) + 1)]
    lpf = ULX3S.lpf.read_text()
    located = re.findall(r'^LOCATE COMP "(\S+)" SITE "(\S+)";$', lpf, re.MULTILINE)
    assert sorted(name for name, _ in located) == sorted(expected) == sorted(re.findall(r'^IOBUF PORT "(\S+)"', lpf, re.MULTILINE))
    assert len({site for _, site in located}) == len(located), "two ports on one pin"
    assert f'FREQUENCY PORT "clk" {ULX3S.clock_hz / 1e6:g} MHZ;' in lpf


def _placed(fmax_mhz: float, bitstream: Path) -> FpgaResult:
    available = {"lut": 10, "ff": 10, "bram": 10, "dsp": 10}
    figures = {"lut": 1, "ff": 2, "bram": 3, "dsp": 0, "available": available, "fmax_mhz": fmax_mhz}
    return FpgaResult(**figures, critical_path=(), memories=(), bitstream=bitstream, versions={"yosys": "1"})


def test_a_bitstream_is_kept_with_its_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "packed.bit").write_bytes(b"bits")
    asked: dict[str, object] = {}

    def run(sources: list[Path], **options: object) -> FpgaResult:
        asked.update(options, modules={path.stem for path in sources})
        return _placed(30.0, tmp_path / "packed.bit")

    monkeypatch.setattr("flightasic.board.build.run_ecp5", run)
    _, bitstream, record = build_board(TIGHT, baud=500_000, build=tmp_path, results=tmp_path)
    assert bitstream == tmp_path / f"ulx3s_{TIGHT.name}.bit" and bitstream.read_bytes() == b"bits"
    assert (asked["lpf"], asked["clock_mhz"], asked["top"]) == (ULX3S.lpf, 25.0, "flight_board")
    assert {"flight_board", "flight_axi", "flight_uart_receive_50"} <= asked["modules"]
    data = json.loads(record.read_text())
    assert (data["kind"], data["data"]["baud"], data["data"]["fmax_mhz"]) == ("board", 500_000, 30.0)


def test_an_array_that_misses_the_board_s_clock_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "packed.bit").write_bytes(b"bits")
    monkeypatch.setattr("flightasic.board.build.run_ecp5", lambda *_, **__: _placed(24.9, tmp_path / "packed.bit"))
    with pytest.raises(PlacementError, match=r"reaches 24\.9 MHz, ulx3s needs 25; take a smaller array"):
        build_board(TIGHT, build=tmp_path, results=tmp_path)
    assert not (tmp_path / f"ulx3s_{TIGHT.name}.bit").exists()


@pytest.mark.slow
def test_a_board_becomes_a_bitstream(tmp_path: Path) -> None:
    """With the real tools; the header of the bitstream names the part."""
    result, bitstream, _ = build_board(ArrayConfig(rows=1, cols=1, lanes=1, tile_rows=1, tile_cols=1), build=tmp_path, results=tmp_path)
    assert b"LFE5U-85F" in bitstream.read_bytes()[:200]
    assert result.fmax_mhz >= ULX3S.clock_hz / 1e6


def test_documented_protocol_is_current() -> None:
    assert markdown() in (ROOT / "docs" / "board.md").read_text()
