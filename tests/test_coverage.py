"""What the simulations exercise: bins of random networks in RTL, lines and toggles of the units; and that holes would be seen."""

from __future__ import annotations

from dataclasses import replace
from itertools import cycle
from pathlib import Path

import numpy as np
import pytest
from test_sim import CACHE, ODD, TIGHT

from flightasic.compiler import compile_network
from flightasic.config import ArrayConfig
from flightasic.errors import FileError
from flightasic.formats import encode_codes
from flightasic.ir import NO_RESIDUAL, IntegerNetwork, Layer
from verification.cases import random_network
from verification.coverage import functional_markdown, functional_record, write_section
from verification.coverage_bins import FORMATS, Coverage
from verification.coverage_rtl import KINDS, WHOLE, RtlCoverage, floors, measure
from verification.coverage_runs import arrays, cover, stretched_network
from verification.coverage_sample import decode, decode_codes, kept_filters, sample_program
from verification.units import CASES

# Arrays whose models other tests build too.
QUICK_ARRAYS = (ODD, TIGHT, ArrayConfig.for_arith("fixed4"))
QUICK_PAIRS = 60
# A little below what was measured; two of five formats of codes and right shifts beyond these accumulators are left to the slow set.
QUICK_FLOORS = {
    "filter": 0.61,
    "plane offset": 0.85,
    "residual offset": 0.95,
    "right shift": 0.64,
    "rounding": 0.96,
    "stall": 0.85,
    "transfer": 0.90,
    "convolution": 0.44,
    "two in one convolution": 0.85,
}
SLOW_PAIRS = 600
WANTED = 0.99
QUICK_CASES = ("post-shift_2x2x2-acc18", "store-shift_1x1x1-acc24")

# Covered and all points of these cases alone, as measured.
QUICK_RTL = {
    "flight_out_queue": {"line": [13, 13], "toggle": [70, 70]},
    "flight_post": {"line": [8, 8], "toggle": [314, 320]},
    "flight_post_column": {"line": [28, 28], "toggle": [318, 318]},
    "flight_row_walk": {"line": [9, 9], "toggle": [264, 312]},
    "flight_store": {"line": [16, 17], "toggle": [287, 320]},
}


@pytest.fixture(scope="module")
def quick() -> Coverage:
    coverage = Coverage()
    cover(coverage, cycle(QUICK_ARRAYS), QUICK_PAIRS, seed=1, cache=CACHE, networks=QUICK_PAIRS // len(QUICK_ARRAYS))
    return coverage


@pytest.mark.parametrize("group", QUICK_FLOORS)
def test_a_few_networks_reach_most_bins(quick: Coverage, group: str) -> None:
    assert quick.share(group) >= QUICK_FLOORS[group], quick.missing(group)


@pytest.mark.slow
def test_nearly_every_reachable_bin_is_covered() -> None:
    coverage = Coverage()
    cover(coverage, arrays(1), SLOW_PAIRS, seed=1, cache=CACHE)
    assert coverage.share() >= WANTED, {name: coverage.missing(name) for name in coverage.groups}


def _without_residuals(network: IntegerNetwork) -> IntegerNetwork:
    none = np.zeros(0, dtype=np.uint8)
    return replace(network, layers=tuple(replace(layer, residual=NO_RESIDUAL, residual_shift=none) for layer in network.layers))


def test_a_generator_without_residuals_leaves_their_bins_uncovered() -> None:
    coverage = Coverage()
    for seed in range(30):
        network = _without_residuals(stretched_network(np.random.default_rng(seed), ODD))
        sample_program(coverage, network, compile_network(network, ODD))
    assert coverage.share("residual offset") == 0
    assert {bin_ for bin_ in coverage.missing("two in one convolution") if "residual" in bin_} == {
        bin_ for bin_ in coverage.groups["two in one convolution"].bins if "residual" in bin_
    }


def test_a_network_that_runs_wrongly_is_not_covered(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = compile_network

    def other_codes(network: IntegerNetwork, config: ArrayConfig) -> object:
        program = compiled(network, config)
        return replace(program, codes=[code ^ 1 for code in program.codes])

    monkeypatch.setattr("verification.coverage_runs.compile_network", other_codes)
    coverage = Coverage()
    with pytest.raises(AssertionError, match="network"):
        cover(coverage, cycle([ODD]), 5, seed=1, cache=CACHE)
    assert coverage.share() == 0


def test_a_sample_that_is_said_to_be_unreachable_is_an_error() -> None:
    with pytest.raises(AssertionError, match=r"coverage 'rounding': \('0', 'tie', 'inside', 0\) is said to be unreachable"):
        Coverage().sample("rounding", [("0", "tie", "inside", 0)])


@pytest.mark.parametrize(("arith", "bits"), FORMATS)
def test_codes_are_decoded_as_they_were_encoded(arith: str, bits: int) -> None:
    config = ArrayConfig(arith=arith, code_bits=bits, rows=1, cols=3, lanes=2, tile_rows=1, tile_cols=3)
    limit = config.max_shift + 1 if arith == "shift" else config.max_weight
    codes = np.resize(np.arange(-limit, limit + 1), (50, 6))
    words = [sum(int(code) << (bits * i) for i, code in enumerate(row)) for row in encode_codes(codes, config)]
    np.testing.assert_array_equal(decode_codes(words, config), codes)


def test_decoded_steps_hold_every_filter_and_its_codes() -> None:
    """Each filter that is computed appears once in each step of its layer; all its codes do if no channel that it reads was dropped."""
    network = random_network(np.random.default_rng(5), ODD)
    program = compile_network(network, ODD)
    computed: dict[int, Layer] = dict(enumerate(network.layers))
    steps = [step for step in decode(program) if step.codes is not None]
    assert {step.layer for step in steps} == set(computed)
    for step in steps:
        layer, codes = computed[step.layer], step.codes
        assert codes is not None
        assert sum(len(filters) for _, filters in step.groups) == len(kept_filters(program, step.layer))
        source = network.sources()[step.layer]
        if source == 0 or len(kept_filters(program, source - 1)) == network.layers[source - 1].out_channels:
            assert np.count_nonzero(codes[:, : step.fields["kblocks"]]) == np.count_nonzero(layer.codes)


def test_page_holds_both_sections_and_keeps_the_other(tmp_path: Path) -> None:
    page = tmp_path / "coverage.md"
    write_section(page, "functional", "one\n")
    write_section(page, "rtl", "two\n")
    write_section(page, "functional", "three\n")
    assert [line for line in page.read_text().splitlines() if line in ("one", "two", "three")] == ["three", "two"]
    page.write_text("mine")
    with pytest.raises(FileError, match="no marks"):
        write_section(page, "rtl", "two\n")


def test_report_names_missing_bins_and_reasons(quick: Coverage) -> None:
    text = functional_markdown(quick, "command", QUICK_PAIRS)
    assert all(group.name in text and all(why in text for why in group.excluded) for group in quick.groups.values())
    record = functional_record(quick)
    assert record["right shift"]["missing"] == [list(bin_) for bin_ in quick.missing("right shift")]


def _assert_floors(found: RtlCoverage, wanted: dict[str, dict[str, list[int]]]) -> None:
    for unit, kinds in wanted.items():
        for kind in KINDS:
            covered, total = found.counts(unit, kind)
            least, of = kinds[kind]
            assert total and covered * of >= least * total, (
                f"{unit}: {kind}s {covered}/{total}, were {least}/{of}: {found.missing(unit, kind)}"
            )


def test_lines_and_toggles_of_small_units(tmp_path: Path) -> None:
    found = measure(QUICK_CASES, tmp_path)
    assert set(found.units()) == set(QUICK_RTL)
    _assert_floors(found, QUICK_RTL)


@pytest.mark.slow
def test_lines_and_toggles_of_every_unit_are_as_many_as_stored(tmp_path: Path) -> None:
    found = measure([*CASES, *WHOLE], tmp_path)
    assert set(found.units()) == set(floors())
    _assert_floors(found, floors())


def test_points_are_merged_by_module_text_and_a_loss_falls_below_the_floor(tmp_path: Path) -> None:
    """Instances, runs and parameters of a module are one unit; a bit that no run toggles is missing by its signal's name."""
    report = tmp_path / "coverage.dat"

    def record(module: str, what: str, count: int) -> str:
        keys = {"f": "x.v", "l": "3", "n": "1", "page": f"v_toggle/{module}", "o": what}
        return "C '" + "".join(f"\x01{key}\x02{value}" for key, value in keys.items()) + f"' {count}\n"

    found = RtlCoverage()
    report.write_text(record("ram_8_16", "q[0]:0->1", 2) + record("ram_8_16", "q[0]:1->0", 0) + record("verilator", "x:0->1", 0))
    found.add(report, {"ram_8_16": "text"})
    assert (found.units(), found.counts("ram", "toggle"), found.missing("ram", "toggle")) == (["ram"], (1, 2), {"q": 1})
    floor = {"ram": {"line": [0, 1], "toggle": [2, 2]}}
    with pytest.raises(AssertionError, match="ram: lines 0/0"):
        _assert_floors(found, floor)
    report.write_text(record("ram_8_16", "q[0]:1->0", 1).replace("v_toggle", "v_line") + record("ram_8_32", "q[0]:0->1", 0))
    found.add(report, {"ram_8_16": "text", "ram_8_32": "other text"})
    assert (found.counts("ram", "line"), found.counts("ram", "toggle")) == ((1, 1), (1, 3))
    with pytest.raises(AssertionError, match="ram: toggles 1/3, were 2/2"):
        _assert_floors(found, floor)
