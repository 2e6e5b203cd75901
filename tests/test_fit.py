"""The search for the best arrays on an FPGA, against made-up runs."""

from __future__ import annotations

import pytest

from flightasic.config import ArrayConfig
from flightasic.eda.fpga_parts import ECP5_PARTS
from flightasic.errors import ConfigError
from flightasic.fit import FitError, Goal, workload
from flightasic.fit.candidates import SPACE, Design, Space, array, candidates
from flightasic.fit.resources import exceeded, limits, times
from tests.made_up_fits import PART, MadeUp, cost, run, single

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
    assert several.binds == "lut"
    assert several.placement.used.lut == several.design.cores * cost(several.design.config).lut <= limits(PART, 85).lut


def test_images_per_lut_end_where_a_larger_mesh_gains_less_than_it_costs() -> None:
    runs = MadeUp()
    found = run(Goal(clock_mhz=100.0, objective="networks-per-lut"), runs)

    def rate(config) -> float:
        return workload.images_per_cycle(runs.periods(config)) / cost(config).lut

    assert found.design.config == max(single(PART, "shift"), key=rate)
    assert found.placement.used.lut < run().placement.used.lut / 2
    assert found.binds == "set of candidates"


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
    with pytest.raises(FitError, match=r"needs [0-9,]+ block RAMs, the limit is 56 .*take a larger --part"):
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
        ({"objective": "speed"}, "--objective must be networks, networks-per-lut or products, got 'speed'"),
        ({"max_lut_percent": 101.0}, r"--max-lut-percent must be in 1..100, got 101"),
    ],
)
def test_impossible_goals_are_refused(field, message) -> None:
    with pytest.raises(ConfigError, match=message):
        Goal(**field)
