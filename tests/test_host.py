"""The driver: over the simulated bus, and over buses that misbehave."""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import pytest
import torch

from flightasic import golden
from flightasic.compiler import compile_network
from flightasic.config import ArrayConfig
from flightasic.errors import FormatError, HostError
from flightasic.formats import code_limit
from flightasic.host import Accelerator, Bus, BusError
from flightasic.host.driver import code_stream
from flightasic.host.simulated import SimulatedBus
from flightasic.ir import IntegerNetwork
from flightasic.registers import ADDRESS, config_values
from verification.axi_cases import CASES, TIGHT, AxiCase
from verification.cases import MALFORMED, damaged, random_images, random_layer, spread
from verification.emitted import ROOT

CASE = CASES["network-spilled-streamed"]


@cache
def _expected(case: AxiCase) -> np.ndarray:
    return golden.run(case.network, torch.tensor(case.images))[-1].numpy()


def _small() -> IntegerNetwork:
    """One layer whose codes fit the code memory of the same array."""
    rng = np.random.default_rng(3)
    layer = spread(rng, random_layer(rng, "only", 3, 2, (1, 1), limit=code_limit(TIGHT)), TIGHT.arith)
    shape = {"in_shape": (2, 3, 4), "in_scale_log2": -7}
    return IntegerNetwork(name="small", arith=TIGHT.arith, max_shift=TIGHT.max_shift, layers=(layer,), **shape)


def _runs(accelerator: Accelerator) -> None:
    result = accelerator.run(CASE.images)
    assert result.outputs.dtype == np.int8
    np.testing.assert_array_equal(result.outputs, _expected(CASE))
    assert result.cycles.tolist() == [CASE.program.cycles] * len(CASE.images)


def test_the_case_streams_codes_and_spills_tensors() -> None:
    assert CASE.program.streamed and None in CASE.program.tensors


def test_networks_one_after_the_other() -> None:
    """Codes streamed with tensors in host memory, resident, and streamed again; the counter counts them all."""
    accelerator = Accelerator(SimulatedBus(TIGHT))
    assert accelerator.config == TIGHT
    finished: list[int] = []
    accelerator.load(CASE.program)
    accelerator.run(CASE.images, progress=finished.append)
    assert finished == [1, 2]
    small = _small()
    program = compile_network(small, TIGHT)
    assert not program.streamed
    images = random_images(np.random.default_rng(4), small, 3)
    accelerator.load(program)
    result = accelerator.run(images)
    np.testing.assert_array_equal(result.outputs, golden.run(small, torch.tensor(images))[-1].numpy())
    assert result.cycles.tolist() == [program.cycles] * 3
    assert accelerator.cycles() == 2 * CASE.program.cycles + 3 * program.cycles
    accelerator.load(CASE.program)
    _runs(accelerator)


def test_another_array_s_program_is_refused_by_name() -> None:
    other = ArrayConfig(rows=2, cols=3, lanes=2, tile_rows=1, tile_cols=1, acc_bits=28)
    program = AxiCase(other, "network").program
    with pytest.raises(FormatError, match=f"shift_2x3x2 .*0x{other.fingerprint:08X}.*0x{TIGHT.fingerprint:08X}.*compile the network"):
        Accelerator(SimulatedBus(TIGHT)).load(program)


@pytest.mark.parametrize("kind", ["checksum", "step 0 no LOAD"])
def test_a_malformed_program_is_an_error_with_its_status(kind: str) -> None:
    accelerator = Accelerator(SimulatedBus(TIGHT))
    accelerator.load_words(damaged(CASE.program.words, kind), [])
    with pytest.raises(HostError, match=rf"refused the program: state ERROR, step 0, status {MALFORMED[kind]} \("):
        accelerator.start()
    accelerator.load(CASE.program)
    _runs(accelerator)


def test_running_without_a_program_or_images() -> None:
    accelerator = Accelerator(SimulatedBus(TIGHT))
    with pytest.raises(HostError, match="no program is loaded"):
        accelerator.run(CASE.images)
    accelerator.load(CASE.program)
    with pytest.raises(HostError, match="no images to run"):
        accelerator.run(CASE.images[:0])
    with pytest.raises(FormatError, match="this program takes"):
        accelerator.run(CASE.images[:, :1])


class _LosesWords(SimulatedBus):
    """The last bytes of every image, or of the codes, never arrive."""

    loses = "image"

    def send_image(self, data: bytes) -> None:
        super().send_image(data[: -TIGHT.lanes] if self.loses == "image" else data)

    def send_codes(self, data: bytes) -> None:
        super().send_codes(data[: len(data) // 2] if self.loses == "codes" else data)


@pytest.mark.parametrize(
    ("loses", "where"),
    [("image", "state RUN, step 0, status 0 .*protocol errors: image_tlast;"), ("codes", r"state RUN, step \d+, status 0 .*errors: none;")],
)
def test_a_result_that_does_not_come_is_an_error_that_says_where_it_stands(loses: str, where: str) -> None:
    bus = _LosesWords(TIGHT)
    bus.loses = loses
    accelerator = Accelerator(bus)
    accelerator.load(CASE.program)
    with pytest.raises(HostError, match=rf"image 0: no result of \d+ words after \d+ cycles; {where}.*reset\(\)"):
        accelerator.run(CASE.images)
    with pytest.raises(HostError, match="does not stop, an image is under way"):
        accelerator.stop()
    bus.loses = ""
    accelerator.reset()
    assert accelerator.errors() == {}
    accelerator.load(CASE.program)
    _runs(accelerator)


def test_a_result_of_another_length_is_an_error() -> None:
    bus = SimulatedBus(TIGHT)
    accelerator = Accelerator(bus)
    accelerator.load(CASE.program)
    bus.send_codes(code_stream(CASE.program))
    bus.send_image(CASE.program.pack_image(CASE.images[0]).astype(np.int8).tobytes())
    store = next(transfer for transfer in CASE.program.transfers if transfer.store)
    words = store.rows * store.row_words
    with pytest.raises(BusError, match=f"a result of {words} words came, {words + 1} were expected"):
        bus.receive_result((words + 1) * TIGHT.lanes, 10 * CASE.program.cycles)


def test_refused_accesses_are_errors() -> None:
    bus: Bus = SimulatedBus(TIGHT)
    for action in (lambda: bus.read32(0xFFC), lambda: bus.write32(ADDRESS["magic"], 0)):
        with pytest.raises(BusError, match="answered with SLVERR"):
            action()
    accelerator = Accelerator(bus)
    assert accelerator.errors() == {"access": 1}
    accelerator.load(CASE.program)
    with pytest.raises(HostError, match="protocol errors: access"):
        accelerator.run(CASE.images)
    accelerator.clear_errors()
    assert accelerator.errors() == {}


def test_documented_example_runs() -> None:
    example = (ROOT / "docs" / "host.md").read_text().split("```python\n")[1].split("```")[0]
    names = {"network": CASE.network, "config": TIGHT, "images": CASE.images}
    exec(example, names)
    np.testing.assert_array_equal(names["result"].outputs, _expected(CASE))


class _Registers:
    """A bus to registers that only read."""

    def __init__(self, **changes: int) -> None:
        values = config_values(TIGHT) | changes
        self.words = {ADDRESS[name]: value for name, value in values.items()}

    def read32(self, address: int) -> int:
        return self.words[address]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"magic": 0xDEADBEEF}, "no FLightASIC accelerator at this address: magic 0xDEADBEEF"),
        ({"version": 0x0001_0063}, "version 0x00010063 of registers and programs"),
        ({"fingerprint": 1}, "says fingerprint 0x00000001"),
        ({"shape": 0}, "describes an array that cannot be: rows must be"),
        ({"formats": 0xFFFF_FFFF}, "describes an array that cannot be"),
    ],
)
def test_foreign_hardware_is_refused(changes: dict[str, int], message: str) -> None:
    with pytest.raises(HostError, match=re.escape(message)):
        Accelerator(_Registers(**changes))
