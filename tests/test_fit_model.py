"""What a fit chooses from, the resource model behind it, and the limits."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest

from flightasic.config import ARITHMETICS, ArrayConfig
from flightasic.eda.fpga_parts import ECP5_PARTS, Resources
from flightasic.errors import ConfigError
from flightasic.fit.candidates import BUFFERS, MOST_ACT_DEPTH, SPACE, Design, array, calibration_arrays, candidates, design_name
from flightasic.fit.model import ResourceModel, term_counts
from flightasic.fit.resources import block_rams, exceeded
from tests.made_up_fits import PART, cost, single

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
