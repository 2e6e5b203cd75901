"""Prices: cycles that are the compiler's, energy that is the trials', and what dropping a plane is said to save against what it saves."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

import flightasic.nn
from flightasic.compiler import Program, compile_network
from flightasic.config import ArrayConfig
from flightasic.errors import CompileError, ConfigError
from flightasic.nn.export import export
from flightasic.nn.layers import FLightConv2d, FLightLinear
from flightasic.nn.models import build
from flightasic.nn.network import FLightNetwork, Stage
from flightasic.nn.scheme import Scheme
from flightasic.nn.target import KMeter, Target
from flightasic.pricing import CyclesMeter, EnergyMeter, meter_for
from flightasic.pricing.blank import blank_network, kept_planes
from flightasic.pricing.check import price_accuracy, saving, without
from flightasic.pricing.energy import filter_slots, slot_energy

ARRAY = ArrayConfig(program_depth=4096)
WIDE = ArrayConfig(rows=8, cols=8, lanes=8, tile_cols=8, program_depth=4096)
SMALL = ArrayConfig(act_depth=128, acc_depth=32, code_depth=16, program_depth=32768)


def _model(name: str = "tiny", scheme: str = "flight", **fields: int) -> FLightNetwork:
    torch.manual_seed(0)
    model = build(name, Scheme.create(scheme, **fields))
    model.calibrate([torch.rand(4, *model.in_shape)])
    return model


def _grouped() -> FLightNetwork:
    """A convolution, a depthwise one, one in two groups with overlapping pool windows, and a fully connected layer."""
    torch.manual_seed(0)
    stages = [
        Stage("first", FLightConv2d(1, 8, 3, padding=1), relu=True),
        Stage("depthwise", FLightConv2d(8, 8, 3, padding=1, groups=8), relu=True),
        Stage("halves", FLightConv2d(8, 8, 3, groups=2), relu=True, pool=3, pool_stride=2),
        Stage("last", FLightLinear(8 * 4 * 4, 10), relu=False),
    ]
    model = FLightNetwork(stages, in_shape=(1, 12, 12), scheme=Scheme.create("flight"))
    model.calibrate([torch.rand(4, 1, 12, 12)])
    return model


def _drawn(model: FLightNetwork, seed: int) -> list[Tensor]:
    """Random planes, of every stage: a filter in six has none, half of the others one."""
    generator = torch.Generator().manual_seed(seed)
    kept = []
    for present in model.kept():
        chances = torch.tensor([5 / 6, 1 / 2, 1 / 2])[: present.shape[0], None]
        kept.append((torch.rand(present.shape, generator=generator) < chances).cumprod(0).bool())
    return kept


def _fix(model: FLightNetwork, kept: list[Tensor]) -> None:
    for layer, planes in zip(model.layers(), (planes for planes in kept if planes.numel()), strict=True):
        layer.fix_k(planes)


def _compiled(model: FLightNetwork, config: ArrayConfig) -> Program:
    return compile_network(export(model, "net"), config)


# Cycles


@pytest.mark.parametrize("config", [ARRAY, WIDE, SMALL], ids=["default", "wide", "in tiles, codes streamed"])
@pytest.mark.parametrize(("name", "scheme"), [("tiny", "flight"), ("tiny-res", "flight"), ("tiny-res", "fixed4-pruned")])
def test_cycles_are_those_of_the_exported_network(name: str, scheme: str, config: ArrayConfig) -> None:
    model = _model(name, scheme)
    _fix(model, _drawn(model, 1))
    config = replace(config, arith=model.scheme.arith)
    assert {0, 1} <= {int(k) for layer in model.filter_k() for k in layer}
    program = _compiled(model, config)
    assert (config.act_depth == SMALL.act_depth) == program.streamed == (None in program.tensors)
    assert CyclesMeter(config).measure(model).total == program.cycles


@pytest.mark.parametrize(("scheme", "fields"), [("lightnn2", {}), ("fixed8", {}), ("flight", {"planes": 3}), ("flight", {"code_bits": 3})])
def test_cycles_of_every_kind_of_weights(scheme: str, fields: dict[str, int]) -> None:
    model = _model("tiny", scheme, **fields)
    config = replace(ArrayConfig.for_arith(model.scheme.arith), code_bits=fields.get("code_bits", 8 if scheme == "fixed8" else 4))
    assert CyclesMeter(config).measure(model).total == _compiled(model, config).cycles


def test_cycles_of_planes_that_the_model_does_not_keep() -> None:
    model = _model("tiny-res")
    kept = _drawn(model, 2)
    asked = CyclesMeter(ARRAY).measure(model, kept).total
    assert asked != CyclesMeter(ARRAY).measure(model).total
    _fix(model, kept)
    assert asked == CyclesMeter(ARRAY).measure(model).total


@pytest.mark.parametrize("planes", [1, 2, 3])
def test_two_planes_of_every_filter_cost_the_same_whatever_the_scheme_allows(planes: int) -> None:
    model = _model("tiny", planes=planes)
    reference = [torch.ones((2, stage.layer.weight.shape[0]), dtype=torch.bool) for stage in model.stage_list()]
    assert CyclesMeter(ARRAY).measure(model, reference).total == _compiled(_model("tiny", "lightnn2"), ARRAY).cycles
    cost = EnergyMeter(ARRAY).measure(model, reference)
    assert [price.shape for price in cost.prices] == [kept.shape for kept in reference]


def test_every_column_bears_the_same_part_of_its_layers_cycles() -> None:
    model = _model("tiny-res")
    kept = [torch.ones_like(planes) for planes in model.kept()]
    _fix(model, kept)
    cost = CyclesMeter(ARRAY).measure(model)
    layers = _compiled(model, ARRAY).layers
    for price, planes, report in zip(cost.prices, kept, layers, strict=True):
        assert price.shape == planes.shape
        if planes.numel():
            assert float(price[1].sum()) == pytest.approx(report.cycles / 2)


def test_first_plane_bears_what_its_channel_costs_the_next_layers() -> None:
    model = _model("tiny")
    kept = [torch.ones_like(planes) for planes in model.kept()]
    price = CyclesMeter(ARRAY).measure(model, kept).prices[0]
    reader = _compiled(_model("tiny", "lightnn2"), ARRAY).layers[1]
    assert float((price[0] - price[1]).sum()) == pytest.approx(reader.cycles)


def test_depthwise_convolution_spends_no_cycles_less_on_fewer_channels() -> None:
    model = _grouped()
    _fix(model, _drawn(model, 6))
    cost = CyclesMeter(ARRAY).measure(model)
    assert cost.total == _compiled(model, ARRAY).cycles
    first, depthwise = cost.prices[:2]
    assert torch.equal(first[0], first[1])
    assert (depthwise.amax(0) > depthwise.amin(0)).all()


def test_filter_that_cannot_be_dropped_has_a_first_plane_for_nothing() -> None:
    model = _model("tiny-res")
    kept = [torch.ones_like(planes) for planes in model.kept()]
    meter = CyclesMeter(ARRAY)
    fixed = [index for index, stage in enumerate(model.stage_list()) if stage.residual >= 0 or index == len(kept) - 1]
    one = [planes & (torch.arange(len(planes)) == 0)[:, None] if index in fixed else planes for index, planes in enumerate(kept)]
    cost = meter.measure(model, one)
    for index in fixed:
        assert not cost.prices[index][0].any()
        assert meter.measure(model, without(one, ((index, 0, f) for f in range(one[index].shape[1])))).total == cost.total


@pytest.mark.parametrize(("config", "planes"), [(ARRAY, 8), (ARRAY, 32), (WIDE, 32)], ids=["default-8", "default-32", "wide-32"])
def test_prices_tell_what_dropping_planes_saves(config: ArrayConfig, planes: int) -> None:
    """A plane saves nothing until a whole group of columns is gone, so the fewer are dropped, the less it follows its price."""
    model = _model("net2")
    accuracy = price_accuracy(CyclesMeter(config), model, _drawn(model, 3), planes=planes, draws=60)
    assert accuracy.correlation > 0.5
    assert 0.5 < accuracy.ratio < 2


# Energy


def test_energy_of_shift_codes_is_a_line_near_the_trials() -> None:
    for share, pj in ((0.10, 1.19), (0.38, 1.05), (0.64, 0.90)):
        assert slot_energy("shift", 4).pj(share) == pytest.approx(pj, abs=0.01)
    assert slot_energy("shift", 3).pj(0.10) == pytest.approx(1.06)
    assert slot_energy("shift", 3).slope_pj / slot_energy("shift", 4).slope_pj == pytest.approx(0.48 / 0.58)


@pytest.mark.parametrize(("scheme", "pj"), [("fixed4", 1.21), ("fixed8", 2.29)])
def test_energy_of_multipliers_is_constant_per_product(scheme: str, pj: float) -> None:
    model = _model("tiny", scheme)
    assert EnergyMeter(ArrayConfig.for_arith(scheme)).measure(model).total == pytest.approx(sum(model.macs()) * pj * 1e-6)


@pytest.mark.parametrize("name", ["tiny", "tiny-res", "net1", "grouped"])
def test_slots_are_the_products_that_the_compiler_counts(name: str) -> None:
    model = _grouped() if name == "grouped" else _model(name)
    _fix(model, _drawn(model, 4))
    network = blank_network(model, kept_planes(model, None))
    slots = [float((count * layer.k).sum()) for count, layer in zip(filter_slots(network), network.layers, strict=True)]
    assert slots == [report.products for report in _compiled(model, ARRAY).layers]


def test_energy_of_shift_codes_falls_with_zero_codes() -> None:
    dense, sparse = _model("tiny", "lightnn1"), _model("tiny", "lightnn1")
    for layer in sparse.layers():
        layer.weight.data[:, ::2] = 0
    meter = EnergyMeter(ARRAY)
    lowest = sum(dense.macs()) * float(slot_energy("shift", 4).pj(1.0)) * 1e-6
    assert lowest < meter.measure(sparse).total < meter.measure(dense).total


@pytest.mark.parametrize("name", ["tiny", "tiny-res", "grouped"])
def test_energy_price_is_what_dropping_one_plane_saves(name: str) -> None:
    model = _grouped() if name == "grouped" else _model(name)
    kept = _drawn(model, 5)
    meter = EnergyMeter(ARRAY)
    cost = meter.measure(model, kept)
    for stage, used in enumerate(kept):
        for plane, filter_ in used.nonzero().tolist():
            left = without(kept, [(stage, plane, filter_)])
            assert saving(cost.prices, kept, left) == pytest.approx(cost.total - meter.measure(model, left).total, rel=1e-4)


# What is refused, and who imports whom


@pytest.mark.parametrize(
    ("scheme", "fields", "config", "message"),
    [
        ("fixed4", {}, ARRAY, "arith='fixed4'"),
        ("flight", {}, ArrayConfig.for_arith("fixed8"), "arith='shift'"),
        ("flight", {"code_bits": 3}, ARRAY, "shifts up to 2, code_bits=4"),
        ("lightnn1", {}, replace(ARRAY, code_bits=3), "shifts up to 6, code_bits=3"),
        ("float", {}, ARRAY, "runs on no array"),
    ],
)
@pytest.mark.parametrize("meter", [CyclesMeter, EnergyMeter])
def test_array_for_other_weights_is_refused(
    scheme: str, fields: dict[str, int], config: ArrayConfig, message: str, meter: type[CyclesMeter] | type[EnergyMeter]
) -> None:
    model = build("tiny", Scheme.create(scheme, **fields))
    with pytest.raises(ConfigError, match=message):
        meter(config).measure(model, [torch.ones((1, stage.layer.weight.shape[0])) for stage in model.stage_list()])


def test_planes_of_another_network_are_refused() -> None:
    kept = _model().kept()
    with pytest.raises(ConfigError, match="2 stages, the network has 3"):
        CyclesMeter(ARRAY).measure(_model(), kept[:2])
    with pytest.raises(ConfigError, match=r"stage 'conv1' must be \[planes, 4\], got \(2, 8\)"):
        CyclesMeter(ARRAY).measure(_model(), [kept[1], kept[1], kept[2]])


def test_network_that_does_not_fit_the_array_is_refused() -> None:
    with pytest.raises(CompileError, match="raise program_depth"):
        CyclesMeter(replace(ARRAY, program_depth=16)).measure(_model())


def test_meter_of_each_quantity() -> None:
    meters = {quantity: meter_for(Target(quantity, 1.0, relative=False), ARRAY) for quantity in ("k", "cycles", "energy")}
    assert {quantity: (type(meter), meter.unit) for quantity, meter in meters.items()} == {
        "k": (KMeter, "mean k"),
        "cycles": (CyclesMeter, "cycles"),
        "energy": (EnergyMeter, "uJ"),
    }


def test_training_knows_neither_prices_nor_hardware() -> None:
    for path in Path(flightasic.nn.__file__).parent.glob("*.py"):
        nodes = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom | ast.Import)]
        names = {getattr(node, "module", None) or node.names[0].name for node in nodes}
        assert not [name for name in names if name.startswith(("flightasic.pricing", "flightasic.compiler", "flightasic.hw"))], path.name
