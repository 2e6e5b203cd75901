"""ArrayConfig refuses what cannot be built, naming the field."""

from __future__ import annotations

from dataclasses import fields

import pytest

from flightasic.cli.array import parse_array
from flightasic.config import ARITHMETICS, PIPELINE_FIELDS, ArrayConfig
from flightasic.errors import ConfigError
from flightasic.hw.emit import translate
from flightasic.hw.top import Top


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"rows": 0}, "rows"),
        ({"cols": 33}, "cols"),
        ({"lanes": 3}, "lanes"),
        ({"tile_rows": 3}, "tile_rows"),
        ({"tile_cols": 0}, "tile_cols"),
        ({"arith": "float"}, "arith"),
        ({"code_bits": 5}, "code_bits"),
        ({"arith": "fixed8"}, "code_bits"),
        ({"acc_bits": 17}, "acc_bits"),
        ({"acc_bits": 18, "rows": 32, "lanes": 32, "tile_rows": 1}, "acc_bits"),
        ({"act_depth": 1000}, "act_depth"),
        ({"act_depth": 65536}, "act_depth"),
        ({"code_depth": 0}, "code_depth"),
        ({"program_depth": 65536}, "program_depth"),
        ({"acc_depth": 3}, "acc_depth"),
        ({"rows": 4.0}, "rows"),
        ({"act_reuse": 3}, "act_reuse"),
        ({"act_reuse": 4}, "act_reuse=4 must be less than rows=4"),
    ],
)
def test_impossible_field_is_named(change: dict, named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        ArrayConfig(**change)


SMALLEST_DEPTHS = {"act_depth": 16, "code_depth": 16, "program_depth": 16, "acc_depth": 4}


@pytest.mark.parametrize(
    "depths", [{}, {"act_depth": 32768}, {"code_depth": 65536}, {"program_depth": 32768}, {"acc_depth": 65536}], ids=str
)
def test_every_allowed_depth_can_be_emitted(depths: dict) -> None:
    config = ArrayConfig(rows=2, cols=2, lanes=1, tile_rows=1, tile_cols=1, **SMALLEST_DEPTHS | depths)
    assert "flight_top" in translate(Top(config), config.name)


def test_round_trip_and_unknown_field() -> None:
    config = ArrayConfig(rows=8, lanes=8, acc_bits=28)
    assert ArrayConfig.from_dict(config.to_dict()) == config
    with pytest.raises(ConfigError, match="colour"):
        ArrayConfig.from_dict({"colour": 1})


def test_fingerprint_tells_every_field_apart() -> None:
    base = ArrayConfig()
    changed = {"rows": 2, "cols": 8, "lanes": 8, "tile_rows": 1, "tile_cols": 2, "code_bits": 3, "acc_bits": 28, "act_depth": 512,
               "code_depth": 4096, "program_depth": 256, "acc_depth": 128, "arith": "fixed4", "signed_acts": 0,
               "act_reuse": 1, **PIPELINE_FIELDS}  # fmt: skip
    assert set(changed) == {field.name for field in fields(ArrayConfig)}
    prints = {ArrayConfig(**{name: value}).fingerprint for name, value in changed.items()}
    assert len(prints | {base.fingerprint}) == len(changed) + 1


@pytest.mark.parametrize("arith", ARITHMETICS)
def test_column_sum_holds_the_extremes(arith: str) -> None:
    """Every product at its largest still fits ``sum_bits``, and one bit less would not do."""
    for signed_acts, most in ((1, 255), (0, 127)):
        config = ArrayConfig.for_arith(arith, signed_acts=signed_acts)
        highest = most * config.max_weight * config.rows * config.lanes
        assert 1 << (config.sum_bits - 1) <= highest < 1 << config.sum_bits


@pytest.mark.parametrize("text", ["4x4", "axbxc", "4x4x4x4", ""])
def test_malformed_array_text(text: str) -> None:
    with pytest.raises(ConfigError, match="--array"):
        parse_array(text, "shift", [])


def test_array_text() -> None:
    config = parse_array("3x8x8", "fixed8", ["acc_bits=28", "tile_cols=2"])
    assert (config.rows, config.cols, config.lanes, config.tile_rows, config.tile_cols) == (3, 8, 8, 1, 2)
    assert (config.arith, config.code_bits, config.acc_bits) == ("fixed8", 8, 28)
    with pytest.raises(ConfigError, match="NAME=VALUE"):
        parse_array("4x4x4", "shift", ["acc_bits"])
