"""The speed-up experiment from fits to points: where networks come from, what is compiled once, what is simulated, what is left empty."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from flightasic import zoo
from flightasic.compiler import compile_network
from flightasic.config import ArrayConfig
from flightasic.errors import ConfigError, FormatError
from flightasic.results import load_records
from flightasic.sim import check as rtl_check
from flightasic.speedup import Check, Place, Plan, Speedup, find_arrays, find_sources, measure, run_speedup, variants
from flightasic.speedup import run as experiment
from tests.small_fits import FIXED4, FIXED4_DSP, FIXED8, FIXED8_DSP, PART, SHIFT, SHIFT2, SHIFT3, SPEED, write_fit, write_fits

ALL = (SHIFT, SHIFT3, SHIFT2, FIXED4_DSP, FIXED4, FIXED8_DSP, FIXED8)
SCHEMES = ("lightnn1", "fixed4", "flight-a")
MODELS = Path(__file__).resolve().parents[1] / "build" / "sim"


class Log:
    """An observer that keeps which tasks ended, and why they failed."""

    def __init__(self) -> None:
        self.ends: dict[str, str | None] = {}

    def started(self, task: str) -> None: ...

    def progressed(self, task: str, done: int, total: int) -> None: ...

    def ended(self, task: str, failed: str | None) -> None:
        self.ends[task] = failed


@pytest.fixture
def fits(tmp_path: Path) -> Path:
    return write_fits(tmp_path / "fits")


def make_plan(fits: Path, *nets: str, schemes: tuple[str, ...] = SCHEMES, checked: tuple[str, ...] = (), folder: Path = zoo.FOLDER) -> Plan:
    sources, reasons = find_sources(nets, schemes, folder)
    wanted = dict.fromkeys(variant for scheme in schemes for variant in variants(scheme))
    arrays, missing = find_arrays([fits], tuple(wanted), part=PART, speed=SPEED)
    return Plan(nets=nets, schemes=schemes, sources=tuple(sources), reasons=reasons, arrays=arrays, checked=checked, missing=missing)


def run(plan: Plan, build: Path, *, jobs: int = 1, log: Log | None = None) -> Speedup:
    return run_speedup(plan, Place(build=build, results=build / "results", jobs=jobs), log or Log())


def keys(found: Speedup) -> list[tuple[str, str, bool | None]]:
    return [(each.net, each.scheme, each.dsp) for each in found.points]


# --- arrays


def test_every_width_of_codes_has_its_fit_and_multipliers_have_two(fits: Path) -> None:
    found, missing = find_arrays([fits], ALL, part=PART, speed=SPEED)
    assert not missing
    assert {variant: (fit.lut, fit.fmax_mhz) for variant, fit in found.items()} == {
        SHIFT: (50_000, 120.0),
        SHIFT3: (45_000, 115.0),
        SHIFT2: (35_000, 125.0),
        FIXED4_DSP: (40_000, 100.0),
        FIXED4: (60_000, 110.0),
        FIXED8_DSP: (45_000, 90.0),
        FIXED8: (65_000, 95.0),
    }


def test_the_newest_fit_of_any_folder_counts(fits: Path, tmp_path: Path) -> None:
    write_fit(tmp_path / "more", "shift", lut=51_000)
    newer, _ = find_arrays([tmp_path / "more", fits, tmp_path / "none"], (SHIFT,), part=PART, speed=SPEED)
    assert newer[SHIFT].lut == 51_000


def test_a_shift_array_that_might_have_used_multipliers_is_the_same_array(tmp_path: Path) -> None:
    write_fit(tmp_path, "shift", dsp=True, lut=52_000)
    assert find_arrays([tmp_path], (SHIFT,), part=PART, speed=SPEED)[0][SHIFT].lut == 52_000


@pytest.mark.parametrize(
    ("missing", "command"),
    [
        (SHIFT, "flightasic fit --part LFE5U-25F --speed 7 --arith shift --objective networks-per-lut'"),
        (SHIFT3, "flightasic fit --part LFE5U-25F --speed 7 --arith shift --code-bits 3 --objective networks-per-lut'"),
        (FIXED4_DSP, "flightasic fit --part LFE5U-25F --speed 7 --arith fixed4 --dsp --objective networks-per-lut'"),
        (FIXED8, "flightasic fit --part LFE5U-25F --speed 7 --arith fixed8 --no-dsp --objective networks-per-lut'"),
    ],
)
def test_a_missing_fit_names_the_command_that_makes_it(fits: Path, missing: tuple[str, int, bool], command: str) -> None:
    with pytest.raises(ConfigError, match=command):
        find_arrays([fits], (missing,), part="LFE5U-25F", speed=7)


def test_a_fit_that_is_missing_beside_others_leaves_its_points_empty_with_the_command(tmp_path: Path) -> None:
    write_fit(tmp_path / "fits", "shift")
    write_fit(tmp_path / "fits", "fixed4")
    found = run(make_plan(tmp_path / "fits", "net1", schemes=("lightnn1", "fixed4")), tmp_path / "build")
    assert keys(found) == [("net1", "lightnn1", None), ("net1", "fixed4", False)]
    (gap,) = found.gaps
    assert (gap.net, gap.scheme, gap.dsp) == ("net1", "fixed4", True)
    assert "make it: 'flightasic fit --part LFE5U-85F --speed 6 --arith fixed4 --dsp --objective networks-per-lut'" in gap.reason


def test_a_fit_without_an_array_is_named(tmp_path: Path) -> None:
    path = write_fit(tmp_path, "shift")
    record = json.loads(path.read_text())
    record["data"]["array"]["rows"] = 99
    path.write_text(json.dumps(record))
    with pytest.raises(FormatError, match=r"fit record 'shift'.*rows must be in 1\.\.32, got 99"):
        find_arrays([tmp_path], (SHIFT,), part=PART, speed=SPEED)


# --- networks


def test_the_zoo_s_networks_have_their_accuracy_others_fresh_weights_or_a_reason() -> None:
    sources, reasons = find_sources(("net1", "net4"), ("lightnn2", "flight-a"))
    assert [(each.name, each.zoo is not None, each.accuracy) for each in sources] == [
        ("net1-lightnn2", True, zoo.record("net1-lightnn2").accuracy),
        ("net1-flight-a", True, zoo.record("net1-flight-a").accuracy),
        ("net4-lightnn2", False, None),
    ]
    assert list(reasons) == [("net4", "flight-a")]
    assert reasons["net4", "flight-a"].startswith("not trained: k unknown; train with 'flightasic sweep'")


def test_fresh_weights_take_the_shapes_of_the_zoo_s_networks_of_that_name(tmp_path: Path) -> None:
    for path in zoo.FOLDER.glob("net1-flight-a.*"):
        shutil.copy(path, tmp_path)
    record = json.loads((tmp_path / "net1-flight-a.json").read_text())
    (tmp_path / "net1-flight-a.json").write_text(json.dumps({**record, "in_shape": [3, 20, 24], "classes": 7}))
    sources, _ = find_sources(("net1",), ("fixed4",), tmp_path)
    network = sources[0].load()
    assert (network.in_shape, network.shapes()[-1][0]) == ((3, 20, 24), 7)


@pytest.mark.parametrize(
    ("scheme", "arith", "k"), [("lightnn1", "shift", 1), ("lightnn2", "shift", 2), ("fixed4", "fixed4", 1), ("fixed8", "fixed8", 1)]
)
def test_fresh_weights_have_the_scheme_s_codes_and_are_always_the_same(scheme: str, arith: str, k: int) -> None:
    (source,), _ = find_sources(("tiny",), (scheme,))
    network = source.load()
    assert network.arith == arith
    assert all((layer.k == k).all() for layer in network.layers)
    # More than the next narrower format holds, and no more than the array's own.
    widest, narrower = {"shift": (7, 3), "fixed4": (7, 3), "fixed8": (127, 7)}[arith]
    assert narrower < max(int(np.abs(layer.codes).max()) for layer in network.layers) <= widest
    torch.rand(1)  # whatever was drawn before
    assert source.load().to_bytes() == network.to_bytes()


@pytest.mark.parametrize(
    ("nets", "schemes", "words"), [(("net9",), SCHEMES, "'net9'"), (("net1",), ("float",), "'float'"), (("net1",), ("x",), "'x'")]
)
def test_unknown_networks_and_schemes_are_named(nets: tuple[str, ...], schemes: tuple[str, ...], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        find_sources(nets, schemes)


def test_codes_of_other_widths_run_on_their_own_arrays(fits: Path, tmp_path: Path) -> None:
    found = run(make_plan(fits, "tiny", schemes=("lightnn2", "lightnn2-c3")), tmp_path / "build")
    assert [(each.data["code_bits"], each.data["array"], each.fmax_mhz) for each in found.points] == [
        (4, "shift_4x4x4", 120.0),
        (3, "shiftc3_4x4x4", 115.0),
    ]
    assert found.points[0].data["cycles"] == found.points[1].data["cycles"]


def test_a_trained_network_says_itself_how_wide_its_codes_are(fits: Path, tmp_path: Path) -> None:
    for path in zoo.FOLDER.glob("net1-flight-a.*"):
        shutil.copy(path, tmp_path / path.name.replace("flight-a", "flight-c"))
    record = json.loads((tmp_path / "net1-flight-c.json").read_text())
    named = {"name": "net1-flight-c", "file": record["file"].replace("flight-a", "flight-c")}
    (tmp_path / "net1-flight-c.json").write_text(json.dumps({**record, **named}))
    (source,), _ = find_sources(("net1",), ("flight-c",), tmp_path)
    assert variants("flight-c") == [SHIFT3]
    assert variants("flight-c", source) == [SHIFT]


def test_cores_side_by_side_do_so_many_images_at_once(fits: Path, tmp_path: Path) -> None:
    (one,) = run(make_plan(fits, "tiny", schemes=("lightnn1",)), tmp_path / "build").points
    write_fit(fits, "shift", cores=3, lut=150_000)
    (three,) = run(make_plan(fits, "tiny", schemes=("lightnn1",)), tmp_path / "build").points
    assert three.data["cycles"] == one.data["cycles"]
    assert three.data["products_per_cycle"] == 3 * one.data["products_per_cycle"]
    assert three.data["images_per_s"] == pytest.approx(3 * one.data["images_per_s"])
    for name in ("images_per_s_per_klut", "utilization", "largest_per_s_per_klut"):
        assert three.data[name] == pytest.approx(one.data[name])


# --- points


def test_every_network_is_compiled_for_the_arrays_of_its_arithmetic(fits: Path, tmp_path: Path) -> None:
    found = run(make_plan(fits, "net1"), tmp_path / "build")
    assert keys(found) == [("net1", "lightnn1", None), ("net1", "fixed4", True), ("net1", "fixed4", False), ("net1", "flight-a", None)]
    point = found.find("net1", "fixed4", False)
    assert point is not None
    config = ArrayConfig.for_arith("fixed4", tile_cols=2, act_depth=1024, acc_depth=1024, program_depth=8192, code_depth=2048)
    program = compile_network(zoo.load("net1-fixed4"), config)
    assert point.data["cycles"] == program.cycles
    # Ten cycles lie between two images, and 110 MHz and 60,000 LUTs are those of the fit without DSPs.
    assert point.data["period"] == program.cycles + 10
    assert point.data["images_per_s"] == pytest.approx(110e6 / (program.cycles + 10))
    assert point.data["images_per_s_per_klut"] == pytest.approx(110e6 / (program.cycles + 10) / 60)
    conv2 = next(layer for layer in program.layers if layer.name == "conv2")
    assert point.data["largest"] == {"name": "conv2", "macs": 225_792, "products": 225_792, "cycles": conv2.cycles}
    assert point.data["largest_per_s_per_klut"] == pytest.approx(110e6 / conv2.cycles / 60)
    # Pooling drops 13 of the 49 pixels of conv3, 4,608 products each.
    assert point.data["utilization"] == pytest.approx((510_912 - 13 * 4_608) / (program.cycles + 10) / 64)
    assert point.data["accuracy"] == zoo.record("net1-fixed4").accuracy


def test_every_point_is_a_record(fits: Path, tmp_path: Path) -> None:
    found = run(make_plan(fits, "net1"), tmp_path / "build")
    records = load_records(tmp_path / "build" / "results", "speedup")
    assert sorted(record.data["images_per_s"] for record in records) == sorted(point.data["images_per_s"] for point in found.points)
    assert {record.stage for record in records} == {"placed and routed, predicted cycles"}


def test_codes_that_exceed_the_code_memory_are_counted(tmp_path: Path) -> None:
    fits = tmp_path / "fits"
    write_fit(fits, "shift", code_depth=16)
    (point,) = run(make_plan(fits, "net1", schemes=("lightnn1",)), tmp_path / "build").points
    program = compile_network(zoo.load("net1-lightnn1"), find_arrays([fits], (SHIFT,), part=PART, speed=SPEED)[0][SHIFT].array)
    words = sum(count for _, count in program.code_order)
    assert words > 16
    assert point.data["streamed_code_bits"] == words * 4 * 4 * 4


def test_a_network_without_learned_k_leaves_its_cell_empty_with_the_reason(fits: Path, tmp_path: Path) -> None:
    found = run(make_plan(fits, "tiny"), tmp_path / "build")
    assert keys(found) == [("tiny", "lightnn1", None), ("tiny", "fixed4", True), ("tiny", "fixed4", False)]
    (gap,) = found.gaps
    assert (gap.name, gap.reason.partition(";")[0]) == ("tiny FLightNN a", "not trained: k unknown")


def test_a_network_that_does_not_fit_an_array_leaves_its_cell_empty_with_the_compiler_s_reason(tmp_path: Path) -> None:
    fits = write_fits(tmp_path / "fits")
    write_fit(fits, "fixed4", act_depth=16, acc_depth=4)
    found = run(make_plan(fits, "net1"), tmp_path / "build")
    (gap,) = found.gaps
    assert (gap.name, "act_depth" in gap.reason) == ("net1 4W8A, no DSPs", True)
    assert ("net1", "fixed4", True) in keys(found)


def test_an_interrupted_run_goes_on_where_it_was(fits: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[str] = []

    def counting(network: Any, config: ArrayConfig) -> Any:
        if len(compiled) == 2:
            compiled.append("interrupted")
            raise KeyboardInterrupt
        compiled.append(f"{network.name} {config.name} {config.tile_cols}")
        return compile_network(network, config)

    monkeypatch.setattr(measure, "compile_network", counting)
    plan = make_plan(fits, "net1")
    with pytest.raises(KeyboardInterrupt):
        run(plan, tmp_path / "build")
    first, second, _ = compiled
    found = run(plan, tmp_path / "build")
    assert len(found.points) == 4
    assert len(compiled) == 5 and first not in compiled[3:] and second not in compiled[3:]
    assert run(plan, tmp_path / "build") == found and len(compiled) == 5


def test_a_fit_with_another_clock_needs_no_compiling(fits: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (before,) = run(make_plan(fits, "net1", schemes=("lightnn1",)), tmp_path / "build").points
    monkeypatch.setattr(measure, "compile_network", lambda network, config: pytest.fail("compiled again"))
    write_fit(fits, "shift", lut=25_000, fmax_mhz=60.0)
    (after,) = run(make_plan(fits, "net1", schemes=("lightnn1",)), tmp_path / "build").points
    assert after.data["images_per_s"] == pytest.approx(before.data["images_per_s"] / 2)
    assert after.data["images_per_s_per_klut"] == pytest.approx(before.data["images_per_s_per_klut"])


def test_processes_side_by_side_find_the_same(fits: Path, tmp_path: Path) -> None:
    plan = make_plan(fits, "net1")
    assert run(plan, tmp_path / "two", jobs=2) == run(plan, tmp_path / "one")


# --- simulation


@pytest.fixture
def simulated(tmp_path: Path) -> Callable[[], tuple[Check, ...]]:
    """The checks of a run whose shift array is the default one, which other tests simulate too."""
    write_fit(
        tmp_path / "fits",
        "shift",
        **{name: getattr(ArrayConfig(), name) for name in ("act_depth", "acc_depth", "program_depth", "code_depth")},
    )
    build = tmp_path / "build"
    build.mkdir()
    MODELS.mkdir(parents=True, exist_ok=True)
    (build / "sim").symlink_to(MODELS)
    return lambda: run(make_plan(tmp_path / "fits", "tiny", schemes=("lightnn1",), checked=("tiny",)), build).checks


def test_a_simulated_point_agrees_in_outputs_cycles_and_time_between_images(simulated: Callable[[], tuple[Check, ...]]) -> None:
    (found,) = simulated()
    assert (found.net, found.scheme, found.array, found.images, found.tensors, found.failed) == (
        "tiny",
        "lightnn1",
        "shift_4x4x4",
        2,
        3,
        None,
    )
    assert found.period == found.cycles + 10


def test_a_check_that_passed_is_not_simulated_again(simulated: Callable[[], tuple[Check, ...]], monkeypatch: pytest.MonkeyPatch) -> None:
    first = simulated()
    monkeypatch.setattr(rtl_check, "check_network", lambda *words, **options: pytest.fail("simulated again"))
    assert simulated() == first


def test_every_array_is_simulated_once_and_all_are_begun_before_one_comes_again(
    fits: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_fit(fits, "fixed8", cols=2, tile_cols=2, lut=65_000)
    write_fit(fits, "fixed8", dsp=True, cols=2, tile_cols=2)
    started: list[tuple[str, str]] = []

    def checked(source: Any, config: ArrayConfig, cost: Any, build: Path, progress: Any) -> dict[str, Any]:
        started.append((source.name, f"{config.name} {config.tile_cols}"))
        return {"images": 2, "tensors": 3, "cycles": cost["cycles"], "period": cost["period"]}

    monkeypatch.setattr(experiment, "check_rtl", checked)
    found = run(
        make_plan(fits, "net1", "tiny", schemes=("lightnn1", "fixed4", "fixed8", "flight-a"), checked=("net1",)), tmp_path / "build"
    )
    assert started == [
        ("net1-lightnn1", "shift_4x4x4 4"),
        ("net1-fixed4", "fixed4_4x4x4 4"),
        ("net1-fixed4", "fixed4_4x4x4 2"),
        ("net1-fixed8", "fixed8_4x2x4 2"),  # both fits are this array
        ("net1-flight-a", "shift_4x4x4 4"),
    ]
    assert [(check.scheme, check.array) for check in found.checks] == [
        ("lightnn1", "shift_4x4x4"),
        ("fixed4", "fixed4_4x4x4"),
        ("fixed4", "fixed4_4x4x4"),
        ("fixed8", "fixed8_4x2x4"),
        ("flight-a", "shift_4x4x4"),
    ]


def test_one_scheme_of_a_network_may_be_simulated_alone(fits: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = {"images": 2, "tensors": 3, "cycles": 1, "period": 1}
    monkeypatch.setattr(experiment, "check_rtl", lambda source, config, cost, build, progress: outcome)
    found = run(make_plan(fits, "net1", "tiny", schemes=("lightnn1", "flight-a"), checked=("net1-flight-a", "tiny")), tmp_path / "build")
    assert [(check.net, check.scheme) for check in found.checks] == [("net1", "flight-a"), ("tiny", "lightnn1")]


def test_simulation_finds_a_wrong_prediction_of_the_compiler(
    simulated: Callable[[], tuple[Check, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(network: Any, config: ArrayConfig) -> Any:
        program = compile_network(network, config)
        steps = (replace(program.steps[0], cycles=program.steps[0].cycles + 1), *program.steps[1:])
        return replace(program, steps=steps)

    monkeypatch.setattr(rtl_check, "compile_network", wrong)
    (found,) = simulated()
    assert found.failed is not None and "in step 0 of image 0" in found.failed


def test_simulation_finds_figures_that_are_not_the_compiler_s(simulated: Callable[[], tuple[Check, ...]], tmp_path: Path) -> None:
    (found,) = simulated()
    (kept,) = (tmp_path / "build" / "speedup").glob("tiny-*.json")
    kept.write_text(json.dumps(json.loads(kept.read_text()) | {"cycles": found.cycles - 1}))
    (again,) = simulated()
    assert again.failed == f"tiny-lightnn1 on shift_4x4x4: RTL has cycles {found.cycles}, the experiment predicts {found.cycles - 1}"
