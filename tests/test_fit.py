"""The best arrays on an FPGA: the resource model, and the search against made-up runs."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from flightasic.compiler import compile_network
from flightasic.config import ARITHMETICS, ArrayConfig
from flightasic.eda.fpga_parts import ECP5_PARTS, Resources
from flightasic.errors import ConfigError, FormatError, PlacementError
from flightasic.fit import FitError, Goal, Placement, fit_array, fit_tables, load_fit, workload, write_fit
from flightasic.fit.candidates import BUFFERS, MOST_ACT_DEPTH, SPACE, Design, Space, array, calibration_arrays, candidates, design_name
from flightasic.fit.model import TERMS, ResourceModel, term_counts
from flightasic.fit.resources import block_rams, exceeded, limits, times
from flightasic.nn.fresh import fresh_network
from flightasic.nn.models import MODELS
from flightasic.nn.scheme import Scheme
from flightasic.results import load_records

PART = "LFE5U-85F"
ALONE = replace(SPACE, cores=(1,))
COSTS = {
    "lut": dict(zip(TERMS, (60, 20, 10, 150, 40, 25, 30, 2000), strict=True)),
    "ff": dict(zip(TERMS, (8, 9, 20, 140, 1, 30, 150, 900), strict=True)),
}


def cost(config: ArrayConfig, *, dsp: bool = False, factor: float = 1.0, cores: int = 1) -> Resources:
    """What one of so many cores takes in the made-up world: exactly the terms of the model, times a factor."""
    counts = term_counts(config, ECP5_PARTS[PART].has, dsp=dsp, cores=cores)
    lut, ff = (round(factor * sum(COSTS[name][term] * count for term, count in counts.items())) for name in ("lut", "ff"))
    return Resources(lut=lut, ff=ff, bram=block_rams(config), dsp=counts["multiplier lane"])


class MadeUp:
    """Runs of the made-up world. ``fmax`` gives MHz by products per cycle; arrays of more than ``routable`` products do not route.

    ``large`` is how much more the arrays take that are larger than the calibration arrays.
    """

    def __init__(self, *, fmax=lambda products: 120.0, routable: int = 10**6, large: float = 1.0, placed: int = 0) -> None:
        self.synthesised: list[ArrayConfig] = []
        self.placed: list[Design] = []
        self._fmax, self._routable, self._large, self._more = fmax, routable, large, placed

    def synthesise(self, config: ArrayConfig, cores: int) -> Resources:
        self.synthesised.append(config)
        return cost(config, factor=self._large if config.products_per_cycle > 256 else 1.0, cores=cores)

    def place(self, design: Design) -> Placement:
        self.placed.append(design)
        if design.products_per_cycle > self._routable:
            raise PlacementError("the router gave up")
        used = times(cost(design.config, factor=self._large, cores=design.cores), design.cores)
        used = Resources(**{**asdict(used), "lut": used.lut + self._more})
        return Placement(used=used, fmax_mhz=self._fmax(design.products_per_cycle), versions={"yosys": "1", "nextpnr": "2"})

    def periods(self, config: ArrayConfig) -> dict[str, int]:
        """Images that no array does in less than 1,000 cycles, and large ones no sooner than their products allow."""
        return {"small": 1000 + 10**4 // config.products_per_cycle, "large": 100 + 10**6 // config.products_per_cycle}


class Silent:
    def started(self, step: str) -> None:
        pass

    def ended(self, step: str, outcome: str) -> None:
        pass


def run(goal: Goal | None = None, runs: MadeUp | None = None, space: Space = ALONE):
    """A fit of one core by products per cycle, unless told otherwise."""
    return fit_array(goal or Goal(clock_mhz=100.0, objective="products"), runs or MadeUp(), Silent(), space)


def single(part: str, arith: str) -> list[ArrayConfig]:
    return [design.config for design in candidates(part, arith, ALONE)]


# The candidates


def test_every_arithmetic_chooses_from_the_same_meshes_with_the_same_buffers() -> None:
    shapes = {arith: {(c.rows, c.cols, c.lanes) for c in single(PART, arith)} for arith in ARITHMETICS}
    assert shapes["shift"] == shapes["fixed4"]
    # Codes of 8 bits make the code bus too wide for the widest meshes, which are far beyond the part.
    missing = shapes["shift"] - shapes["fixed8"]
    assert missing
    assert min(cols * lanes for _, cols, lanes in missing) * 8 > 1023
    for shape in shapes["fixed8"]:
        arrays = [array(PART, arith, *shape).to_dict() for arith in ARITHMETICS]
        common = [{name: value for name, value in fields.items() if name not in ("arith", "code_bits")} for fields in arrays]
        assert common[0] == common[1] == common[2]


def test_every_array_may_stand_alone_or_beside_others() -> None:
    designs = candidates(PART, "shift")
    assert len(designs) == len(SPACE.cores) * len(single(PART, "shift"))
    config = array(PART, "shift", 4, 8, 8)
    assert {design.cores for design in designs if design.config == config} == set(SPACE.cores)
    assert [design.products_per_cycle for design in designs] == sorted((design.products_per_cycle for design in designs), reverse=True)
    assert Design(config=config, cores=3).products_per_cycle == 3 * 4 * 8 * 8
    assert [design_name(config, cores) for cores in (1, 3)] == ["shift_4x8x8p5f", "3x_shift_4x8x8p5f"]


def test_narrower_codes_change_nothing_else_of_a_candidate() -> None:
    for bits in (3, 2):
        narrow, usual = array(PART, "shift", 4, 8, 8, bits), array(PART, "shift", 4, 8, 8)
        assert narrow == replace(usual, code_bits=bits)
    assert {design.config.code_bits for design in candidates(PART, "shift", code_bits=2)} == {2}


@pytest.mark.parametrize("part", ECP5_PARTS)
def test_every_candidate_has_the_activation_memory_of_its_part_or_a_block_for_every_lane(part) -> None:
    for config in single(part, "shift"):
        banks = config.banks * config.lanes
        assert banks * config.act_depth == BUFFERS[part].act_bytes or config.act_depth == MOST_ACT_DEPTH < BUFFERS[part].act_bytes // banks


def test_the_largest_part_has_block_ram_for_every_candidate() -> None:
    assert max(block_rams(config) for arith in ARITHMETICS for config in single(PART, arith)) <= ECP5_PARTS[PART].has.bram


def test_block_rams_are_counted_by_hand() -> None:
    config = array(PART, "shift", 8, 16, 8)
    activations = 64  # a memory of 8 bits, 2048 deep, for every lane of every bank: one block each
    codes = 512 // 64 * 2  # 512 words of 64 bits are two blocks 36 bits wide
    microcode = 16  # 4096 words of 64 bits in blocks 4 bits wide
    accumulators = 11  # 512 words of 16 x 24 bits in blocks 36 bits wide
    assert block_rams(config) == activations + codes + microcode + accumulators


def test_blocks_are_taken_in_the_shape_that_needs_fewest() -> None:
    """Accumulators of 48 bits, 1024 words: three blocks of 18 bits, where two rows of two blocks of 36 bits would be four."""
    shallow, deep = (replace(array(PART, "shift", 8, cols, 8), acc_depth=1024, code_depth=1024) for cols in (2, 4))
    codes = (64 + 63) // 64 * 4
    assert block_rams(shallow) == 64 + codes + 16 + 3
    assert block_rams(deep) == 64 + 2 * codes + 16 + 6


# The model


def samples(dsp: bool = False, arith: str = "shift") -> list[tuple[ArrayConfig, Resources]]:
    return [(config, cost(config, dsp=dsp)) for config in calibration_arrays(PART, arith)]


def test_model_foresees_every_candidate_of_a_world_that_is_made_of_its_terms() -> None:
    model = ResourceModel.calibrate(samples(), ECP5_PARTS[PART].has, dsp=False)
    assert model.error < 0.001
    for config in single(PART, "shift"):
        assert model.predict(config).lut == pytest.approx(cost(config).lut, rel=0.01)
        assert model.predict(config).ff == pytest.approx(cost(config).ff, rel=0.01)
        assert model.predict(config).bram == block_rams(config)


def test_cores_take_so_many_times_what_one_takes_and_share_the_multipliers() -> None:
    config = array(PART, "fixed4", 4, 8, 8)
    model = ResourceModel.calibrate(samples(dsp=True, arith="fixed4"), ECP5_PARTS[PART].has, dsp=True)
    assert (model.predict(config).dsp, model.predict(config, 2).dsp, model.predict(config, 5).dsp) == (156, 156, 5 * 31)
    two = model.predict(config, 2)
    assert two.bram == 2 * block_rams(config)
    assert two.lut == pytest.approx(2 * cost(config, dsp=True, cores=2).lut, rel=0.01)
    assert two.lut > 2 * model.predict(config).lut  # more of each core's products are made of LUTs


def test_no_term_costs_less_than_nothing() -> None:
    """A larger array must never look cheaper, whatever noise the samples have."""
    noisy = [(config, Resources(**{**asdict(used), "lut": used.lut + (900 if config.rows == 2 else 0)})) for config, used in samples()]
    model = ResourceModel.calibrate(noisy, ECP5_PARTS[PART].has, dsp=False)
    assert min(model.weights["lut"].values()) >= 0
    assert 0.001 < model.error < 0.2


def test_a_corrected_model_is_right_about_the_array_and_scales_the_others() -> None:
    model = ResourceModel.calibrate(samples(), ECP5_PARTS[PART].has, dsp=False)
    known, other = array(PART, "shift", 8, 8, 8), array(PART, "shift", 8, 12, 8)
    corrected = model.corrected(model.predict(known), cost(known, factor=1.1))
    assert corrected.predict(known).lut == pytest.approx(cost(known, factor=1.1).lut, abs=1)
    assert corrected.predict(other).lut == pytest.approx(1.1 * model.predict(other).lut, rel=0.001)
    assert corrected.weights == model.weights


def test_products_beyond_the_parts_multipliers_are_made_of_luts() -> None:
    def made(rows: int, cols: int, lanes: int, arith: str = "fixed4", dsp: bool = True) -> tuple[int, int]:
        counts = term_counts(array(PART, arith, rows, cols, lanes), ECP5_PARTS[PART].has, dsp=dsp)
        return counts["lane"], counts["multiplier lane"]

    assert made(4, 4, 8) == (0, 128)
    assert made(8, 8, 8) == (512 - 156, 156)
    assert made(8, 8, 8, dsp=False) == (512, 0)
    assert made(8, 8, 8, arith="shift") == (512, 0)


def test_calibration_without_samples_is_refused() -> None:
    with pytest.raises(ConfigError, match="at least one"):
        ResourceModel.calibrate([], ECP5_PARTS[PART].has, dsp=False)


# Limits


def test_what_is_exceeded_by_the_largest_factor_is_named() -> None:
    most = Resources(lut=100, ff=100, bram=10, dsp=0)
    assert exceeded(Resources(lut=100, ff=100, bram=10, dsp=0), most) is None
    assert exceeded(Resources(lut=110, ff=100, bram=12, dsp=0), most) == "bram"
    assert exceeded(Resources(lut=130, ff=100, bram=12, dsp=0), most) == "lut"
    assert exceeded(Resources(lut=130, ff=100, bram=12, dsp=2), most) == "dsp"


# The search


def test_the_fit_is_the_candidate_with_the_most_products_under_the_limit() -> None:
    found = run()
    most = limits(PART, 85)
    under = [config for config in single(PART, "shift") if cost(config).lut <= most.lut]
    products = max(config.products_per_cycle for config in under)
    least = min(cost(config).lut for config in under if config.products_per_cycle == products)
    assert (found.design.products_per_cycle, cost(found.design.config).lut) == (products, least)
    assert found.binds == "lut"
    assert [trial.reason for trial in found.trials] == [""]


def test_of_meshes_with_as_many_products_the_one_with_fewer_luts_is_taken() -> None:
    space = Space(rows=(4, 8), cols=(4, 8), lanes=(4,), cores=(1,), calibration=SPACE.calibration)
    equal = sorted((array(PART, "shift", 4, 8, 4), array(PART, "shift", 8, 4, 4)), key=lambda config: cost(config).lut)
    assert cost(equal[0]).lut < cost(equal[1]).lut < cost(array(PART, "shift", 8, 8, 4)).lut
    # Both fit, the larger one does not.
    found = run(Goal(max_lut_percent=100.2 * cost(equal[1]).lut / ECP5_PARTS[PART].has.lut, objective="products"), space=space)
    assert found.design == Design(config=equal[0])


def test_a_share_of_the_luts_is_all_an_array_may_take() -> None:
    half = run(Goal(max_lut_percent=40, objective="products"))
    assert half.placement.used.lut <= 0.40 * ECP5_PARTS[PART].has.lut
    assert half.design.products_per_cycle < run().design.products_per_cycle


def test_cores_fill_what_a_single_mesh_leaves() -> None:
    several = run(space=Space(rows=(4,), cols=(8,), lanes=(8,), cores=SPACE.cores, calibration=SPACE.calibration))
    assert several.design.cores == 3
    assert run(Goal(objective="products", cores=2), space=SPACE).design.cores <= 2
    assert run(Goal(objective="products", cores=1), space=SPACE).design.products_per_cycle == run().design.products_per_cycle
    assert several.binds == "bram"
    assert several.placement.used.lut == several.design.cores * cost(several.design.config).lut <= limits(PART, 85).lut


def test_networks_prefer_small_cores_where_large_meshes_gain_little() -> None:
    """In the made-up world a small network takes 1,000 cycles on whatever mesh."""
    by_networks, by_products = run(Goal(clock_mhz=100.0), space=SPACE), run(space=SPACE)
    assert by_networks.design.cores > by_products.design.cores

    def rate(design: Design) -> float:
        return design.cores * workload.images_per_cycle(MadeUp().periods(design.config))

    most = limits(PART, 85)
    fitting = [
        design
        for design in candidates(PART, "shift")
        if exceeded(times(cost(design.config, cores=design.cores), design.cores), most) is None
    ]
    assert rate(by_networks.design) == max(map(rate, fitting)) > rate(by_products.design)


def test_an_array_that_cannot_hold_the_networks_is_no_candidate() -> None:
    class Holding(MadeUp):
        def periods(self, config: ArrayConfig) -> dict[str, int]:
            return super().periods(config) if config.lanes == 4 else {}

    assert run(Goal(clock_mhz=100.0), runs=Holding(), space=SPACE).design.config.lanes == 4


def test_networks_that_no_array_holds_are_told_from_a_part_that_is_too_small() -> None:
    class Empty(MadeUp):
        def periods(self, config: ArrayConfig) -> dict[str, int]:
            return {}

    with pytest.raises(FitError, match="no array of the set holds the networks .*--objective products"):
        run(Goal(), runs=Empty())


def test_the_model_is_corrected_by_the_first_large_array_before_anything_is_placed() -> None:
    runs = MadeUp(large=1.2)
    found = run(runs=runs)
    assert cost(found.design.config, factor=1.2).lut <= limits(PART, 85).lut
    assert runs.placed == [found.design]
    expected, real = found.trials[0].expected.lut, found.trials[0].synthesised.lut
    assert expected == pytest.approx(real, rel=0.01)
    assert found.model.scale["lut"] == 1.0


def test_a_missed_clock_leads_to_a_smaller_array_and_the_clock_binds() -> None:
    runs = MadeUp(fmax=lambda products: 104.0 if products <= 700 else 96.0)
    found = run(runs=runs)
    assert found.binds == "clock"
    assert 500 < found.design.products_per_cycle <= 700
    assert len(runs.placed) == len(found.trials) <= 5
    assert found.trials[0].reason == "clock: 96.0 MHz, the goal is 100"


def test_an_array_that_does_not_route_leads_to_a_smaller_one() -> None:
    found = run(runs=MadeUp(routable=600))
    assert found.design.products_per_cycle <= 600
    assert found.binds == "routing"
    assert found.trials[0].placement is None
    assert found.trials[0].reason == "routing: the router gave up"


def test_what_placement_adds_counts_too() -> None:
    room = limits(PART, 85).lut - cost(run().design.config).lut
    found = run(runs=MadeUp(placed=room + 1))
    assert len(found.trials) > 1
    assert found.trials[0].reason.startswith("lut: ")
    assert found.placement.used.lut <= limits(PART, 85).lut


def test_the_set_of_candidates_binds_when_its_largest_fits() -> None:
    found = run(space=Space(rows=(4,), cols=(2, 4), lanes=(8,), cores=(1,), calibration=SPACE.calibration))
    assert (found.design.config.cols, found.binds) == (4, "set of candidates")


def test_block_ram_binds_where_an_array_has_more_banks_than_the_part_has_blocks() -> None:
    found = run(
        Goal(part="LFE5U-25F", max_lut_percent=100, objective="products"),
        space=Space(rows=(4, 16), cols=(2,), lanes=(4,), cores=(1,), calibration=SPACE.calibration),
    )
    assert (found.design.config.rows, found.binds) == (4, "bram")


def test_a_calibration_array_is_not_synthesised_twice() -> None:
    runs = MadeUp()
    run(runs=runs, space=Space(rows=(4,), cols=(4,), lanes=(4,), cores=(1,), calibration=SPACE.calibration))
    assert len(runs.synthesised) == len(set(runs.synthesised)) == len(SPACE.calibration)


def test_nothing_fits_names_part_smallest_array_resource_and_remedy() -> None:
    with pytest.raises(FitError) as refused:
        run(Goal(part="LFE5U-25F", max_lut_percent=10, objective="products"))
    message = str(refused.value)
    assert "LFE5U-25F (speed grade 6), shift, without multipliers" in message
    assert "smallest array, shift_4x4x4" in message
    assert "LUTs, the limit is 2,428 (the part has 24,288)" in message
    assert "raise --max-lut-percent to " in message


def test_a_part_that_is_too_small_altogether_is_named() -> None:
    with pytest.raises(FitError, match=r"needs [0-9,]+ block RAMs, the limit is 50 .*take a larger --part"):
        run(
            Goal(part="LFE5U-25F", max_lut_percent=100, objective="products"),
            space=Space(rows=(8,), cols=(2,), lanes=(8,), cores=(1,), calibration=SPACE.calibration),
        )


def test_a_clock_that_nothing_meets_ends_after_five_placements_with_the_best_that_was_reached() -> None:
    runs = MadeUp(fmax=lambda products: 80.9 if products < 400 else 75.0)
    with pytest.raises(FitError, match=r"in 5 place-and-routes.*lower --clock-mhz to 80, which shift_\w+ reaches"):
        run(runs=runs)
    assert len(runs.placed) == 5


def test_nothing_that_routes_says_so() -> None:
    with pytest.raises(FitError, match="the router gave up.*lower --max-lut-percent"):
        run(runs=MadeUp(routable=0))


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ({"part": "LFE5U-12F"}, "--part must be one of LFE5U-25F, LFE5U-45F, LFE5U-85F, got 'LFE5U-12F'"),
        ({"arith": "float"}, "--arith must be one of shift, fixed4, fixed8, got 'float'"),
        ({"speed": 5}, "--speed must be 6, 7 or 8, got 5"),
        ({"clock_mhz": 0.0}, "--clock-mhz must be above 0, got 0"),
        ({"code_bits": 5}, "--code-bits of shift must be 2, 3 or 4, got 5"),
        ({"arith": "fixed4", "code_bits": 3}, "--code-bits of fixed4 must be 4, got 3"),
        ({"cores": 0}, "--cores must be at least 1, got 0"),
        ({"objective": "speed"}, "--objective must be networks or products, got 'speed'"),
        ({"max_lut_percent": 101.0}, r"--max-lut-percent must be in 1..100, got 101"),
    ],
)
def test_impossible_goals_are_refused(field, message) -> None:
    with pytest.raises(ConfigError, match=message):
        Goal(**field)


# The workload


@pytest.mark.parametrize(("arith", "bits", "scheme"), [("shift", 4, "lightnn1"), ("shift", 3, "lightnn1"), ("fixed8", 8, "fixed8")])
def test_cycles_of_the_networks_are_the_compilers_and_kept(arith: str, bits: int, scheme: str, tmp_path: Path) -> None:
    nets = ("net1", "net6")  # net6 has residuals and an average pool, and streams its codes
    config = array(PART, arith, 4, 8, 8, bits)
    found = workload.periods(config, nets, tmp_path)
    assert tuple(found) == nets
    for net, period in found.items():
        network = fresh_network(net, Scheme.create(scheme, code_bits=min(bits, 4)), name=net, in_shape=MODELS[net].in_shape, classes=10)
        assert compile_network(network, config).period == period
    (kept,) = (tmp_path / "fit").iterdir()
    kept.write_text(json.dumps({"net1": 1, "net6": 4}))
    assert workload.periods(config, nets, tmp_path) == {"net1": 1, "net6": 4}
    assert workload.images_per_cycle({"net1": 1, "net6": 4}) == pytest.approx(0.5)
    kept.write_text("{")
    with pytest.raises(FormatError, match=rf"{kept.name}: not a finished run .*delete it and run again"):
        workload.periods(config, nets, tmp_path)


@pytest.mark.parametrize("part", ECP5_PARTS)
def test_every_part_holds_the_networks_that_its_arrays_are_fitted_for(part: str, tmp_path: Path) -> None:
    assert workload.periods(array(part, "shift", 4, 4, 4), workload.WORKLOADS[part], tmp_path)


def test_an_array_whose_memories_hold_not_all_networks_does_none(tmp_path: Path) -> None:
    small = replace(array(PART, "shift", 4, 4, 4), program_depth=64)
    assert workload.periods(small, ("net1", "net4"), tmp_path) == {}
    assert workload.images_per_cycle({}) == 0


# The record


def test_a_record_says_what_fits_what_binds_and_what_was_tried(tmp_path) -> None:
    found = run(runs=MadeUp(fmax=lambda products: 104.0 if products <= 700 else 96.0))
    record = load_fit(write_fit(found, tmp_path))
    assert (record.array, record.cores, record.objective) == (found.design.config, 1, "products")
    assert (record.part, record.speed, record.arith, record.dsp) == (PART, 6, "shift", False)
    assert (record.lut, record.ff, record.bram, record.dsp_used) == tuple(asdict(found.placement.used).values())
    assert record.available == {"lut": 83640, "ff": 83640, "bram": 208, "dsp": 156}
    assert (record.fmax_mhz, record.clock_mhz, record.binds) == (104.0, 100.0, "clock")
    assert [trial["array"] for trial in record.trials] == [trial.design.name for trial in found.trials]
    assert record.versions == {"yosys": "1", "nextpnr": "2"}


def test_tables_show_every_fit_and_the_models_error(tmp_path) -> None:
    found = run(runs=MadeUp(large=1.1))
    write_fit(found, tmp_path)
    fits, model = fit_tables(load_records(tmp_path, "fit"))
    assert fits.rows[0][0] == "LFE5U-85F-6"
    assert found.design.name in fits.rows[0]
    assert fits.rows[0][-1] == "LUTs"
    assert model.rows[0][-1] == "fits"
    assert fit_tables([])[0].notes == ("no array was fitted yet; run flightasic fit",)


def test_a_file_that_is_no_fit_is_refused_by_name(tmp_path) -> None:
    damaged = tmp_path / "fit.json"
    damaged.write_text('{"kind": "fit", "data": {}}')
    with pytest.raises(FormatError, match=r"fit.json: not a record of a fit \(KeyError\('part'\)\)"):
        load_fit(damaged)
    damaged.write_text('{"kind": "fpga"}')
    with pytest.raises(FormatError, match="of kind 'fpga', not of a fit"):
        load_fit(damaged)
