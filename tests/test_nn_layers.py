"""Layers, activations and networks."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn
from torch.nn import functional

from flightasic.errors import ConfigError
from flightasic.formats import requantise
from flightasic.ir import IntegerNetwork
from flightasic.nn.act import ActivationQuantiser
from flightasic.nn.evaluate import to_inputs
from flightasic.nn.layers import AccumulatorGrid, AveragePool, FLightConv2d, FLightLinear
from flightasic.nn.models import MODELS, build
from flightasic.nn.network import FLightNetwork, Stage
from flightasic.nn.scheme import QUANTISED_SCHEMES, SCHEMES, Scheme
from tests.small_training import noise_images, random_input


@pytest.mark.parametrize("scheme", SCHEMES)
def test_layers_drop_in_for_torchs_own(scheme: str) -> None:
    torch.manual_seed(0)
    conv = FLightConv2d(3, 5, 3, stride=2, padding=1, scheme=scheme)
    inputs = random_input(2, 3, 9, 9)
    weight = conv.weight if scheme == "float" else conv.quantised()[0].value
    assert torch.equal(conv(inputs), functional.conv2d(inputs, weight, conv.bias, 2, 1))
    linear = FLightLinear(7, 4, scheme=scheme)
    weight = linear.weight if scheme == "float" else linear.quantised()[0].value
    assert torch.equal(linear(random_input(6, 7)), functional.linear(random_input(6, 7), weight, linear.bias))


@pytest.mark.parametrize("scheme", QUANTISED_SCHEMES)
def test_every_parameter_of_a_layer_is_trained(scheme: str) -> None:
    torch.manual_seed(0)
    layer = FLightConv2d(3, 5, 3, batch_norm=True, scheme=scheme)
    layer(random_input(2, 3, 6, 6), AccumulatorGrid(-7, -4, 24)).square().sum().backward()
    for name, parameter in layer.named_parameters():
        assert parameter.grad is not None and parameter.grad.any(), name
    assert ("thresholds" in dict(layer.named_parameters())) == Scheme.create(scheme).learned


def test_folded_batch_norm_equals_the_batch_norm_it_replaces() -> None:
    torch.manual_seed(0)
    layer = FLightConv2d(3, 5, 3, batch_norm=True, scheme="float")
    for _ in range(20):
        layer(random_input(8, 3, 6, 6) + torch.randn(8, 3, 6, 6))
    layer.eval()
    inputs = random_input(2, 3, 6, 6)
    weight, bias = layer.folded()
    torch.testing.assert_close(functional.conv2d(inputs, weight, bias), layer(inputs))


@pytest.mark.parametrize("scheme", ["lightnn2", "fixed8"])
def test_batch_statistics_normalise_as_a_batch_norm_after_the_quantised_weights_would(scheme: str) -> None:
    torch.manual_seed(0)
    layer = FLightConv2d(3, 5, 3, batch_norm=True, bias=False, scheme=scheme)
    norm = layer.norm
    assert norm is not None
    with torch.no_grad():
        norm.weight.copy_(torch.tensor([1.0, -2.0, 0.5, 1.0, 3.0]))
        norm.bias.normal_()
        norm.running_var.uniform_(0.5, 2)
        norm.running_mean.normal_()
    layer.batch_statistics = True
    inputs = random_input(8, 3, 6, 6)
    folded_scale = (norm.weight / torch.sqrt(norm.running_var + norm.eps)).detach().view(-1, 1, 1, 1)
    unfolded = functional.conv2d(inputs, layer.quantised()[0].value.detach() / folded_scale)
    mean, variance = norm.running_mean.clone(), norm.running_var.clone()
    expected = functional.batch_norm(unfolded, mean, variance, norm.weight, norm.bias, training=True)
    torch.testing.assert_close(layer(inputs), expected, atol=1e-3, rtol=1e-3)
    torch.testing.assert_close(norm.running_mean, mean)
    torch.testing.assert_close(norm.running_var, variance)
    layer.eval()
    before = norm.running_mean.clone()
    layer(inputs)
    assert torch.equal(norm.running_mean, before), "evaluation uses what is folded in"


@pytest.mark.parametrize("scheme", SCHEMES)
def test_average_pooling_is_the_mean_or_its_nearest_integer_weights(scheme: str) -> None:
    inputs = torch.randint(0, 128, (2, 3, 7, 7), generator=torch.Generator().manual_seed(1)).float()
    mean = inputs.mean((2, 3), keepdim=True)
    error = (AveragePool((7, 7), scheme=scheme)(inputs) / mean - 1).abs().max()
    assert error <= {"float": 1e-6, "fixed4": 0.15, "fixed4-pruned": 0.15}.get(scheme, 0.02)


def test_a_pruned_filter_outputs_zero_under_batch_statistics_too_and_learns_none() -> None:
    torch.manual_seed(0)
    layer = FLightConv2d(3, 5, 3, batch_norm=True, bias=False, scheme="flight")
    norm = layer.norm
    assert norm is not None
    with torch.no_grad():
        norm.bias.fill_(0.5)
    kept = torch.ones_like(layer.kept_planes)
    kept[:, 1] = False
    layer.fix_k(kept)
    layer.batch_statistics = True
    outputs = layer(random_input(8, 3, 6, 6))
    assert outputs.flatten(2).abs().amax((0, 2)).gt(0).tolist() == [True, False, True, True, True]
    assert norm.running_mean.ne(0).tolist() == [True, False, True, True, True]


def test_quantising_sees_the_folded_weights() -> None:
    torch.manual_seed(0)
    layer = FLightConv2d(3, 5, 3, batch_norm=True, scheme="lightnn1")
    before = layer.quantised()[0].value
    assert layer.norm is not None
    with torch.no_grad():
        layer.norm.weight.mul_(4)
    assert torch.equal(layer.quantised()[0].value, 4 * before)


def test_the_bias_is_a_whole_number_of_accumulator_units() -> None:
    torch.manual_seed(0)
    layer = FLightConv2d(3, 64, 3, scheme="lightnn2")
    result, bias = layer.quantised(AccumulatorGrid(-7, -4, 24))
    units = bias.double() / 2.0 ** (result.grid - 7).double()
    assert torch.equal(units, units.round())
    assert layer.bias is not None
    nearest = torch.floor(layer.bias.double() / 2.0 ** (result.grid - 7).double() + 0.5)
    assert torch.equal(units, nearest)


@pytest.mark.parametrize(
    "weight,bias,grid,floor",
    [
        # 2 * 128 * (1 + 1) = 2^9 below 2^10, 19 bits hold 2^18: a unit of 2^-8 keeps a margin of one bit
        ([1.0, -1.0], 0.0, AccumulatorGrid(-7, 0, 19), 10 - 18),
        ([1.0, -1.0], 2.0**6, AccumulatorGrid(-7, -7, 19), 14 - 18),
        # the output unit is 2^(acc_bits - 4) of these: finer sums would only be rounded away
        ([2.0**-20, 0.0], 0.0, AccumulatorGrid(-7, -3, 20), -3 + 7 - 16),
    ],
    ids=["sums", "bias", "output"],
)
def test_terms_are_no_finer_than_accumulator_and_output_need(weight: list[float], bias: float, grid: AccumulatorGrid, floor: int) -> None:
    assert grid.floor(torch.tensor([weight]), torch.tensor([bias])).tolist() == [floor]


def test_a_pruned_filter_outputs_zero_whatever_its_bias() -> None:
    layer = FLightConv2d(3, 5, 3, scheme="flight")
    assert layer.thresholds is not None and layer.bias is not None
    with torch.no_grad():
        layer.thresholds.fill_(1e3)
        layer.bias.fill_(5.0)
    assert not layer(random_input(2, 3, 6, 6)).any()


def test_learned_thresholds_start_with_weak_filters_pruned_and_half_of_the_residuals_kept() -> None:
    torch.manual_seed(0)
    layer = FLightConv2d(8, 32, 3, scheme="float")
    with torch.no_grad():
        layer.weight[:3] *= 0.01
    layer.set_scheme(Scheme.create("flight", planes=3))
    assert layer.quantised()[0].kept.sum(1).tolist() == [29, 16, 16]


@pytest.mark.parametrize("relu", [True, False])
@pytest.mark.parametrize("shift", [0, 1, 5])
def test_activations_round_as_the_integers_behind_them(relu: bool, shift: int) -> None:
    act = ActivationQuantiser(relu=relu)
    act.set_exponent(-6 + shift)
    acc = torch.arange(-9000, 9000)
    expected = requantise(acc, torch.tensor(shift), int(relu))
    assert torch.equal(act(acc.float() * 2.0**-6), expected.float() * 2.0 ** (-6 + shift))


def test_activation_gradients_pass_within_the_range_only() -> None:
    act = ActivationQuantiser(relu=True)
    act.set_exponent(0)
    values = torch.tensor([-3.0, 0.4, 126.0, 127.6, 300.0], requires_grad=True)
    act(values).sum().backward()
    assert values.grad.tolist() == [0, 1, 1, 0, 0]


def test_the_activation_scale_covers_what_was_seen_and_forgets_slowly() -> None:
    act = ActivationQuantiser(relu=False)
    scales = []
    for value in (-0.9, -100.0, 0.001):
        act.observe(torch.tensor([value, 0.0002]))
        scales.append(act.scale_log2)
    assert scales == [-7, 0, 0]
    for _ in range(20):
        act.observe(torch.tensor([0.001]))
    assert act.scale_log2 == -3


def test_a_forward_pass_changes_no_scale_unless_it_is_asked_to() -> None:
    torch.manual_seed(0)
    model = build("tiny", Scheme.create("lightnn1"))
    model.calibrate([random_input(4, 1, 28, 28)])
    before = model.scales()
    model(100 * random_input(4, 1, 28, 28))
    assert model.scales() == before
    model.observe(True)
    model(100 * random_input(4, 1, 28, 28))
    assert model.scales() != before


def test_mean_k_of_the_model_is_that_of_its_integer_network(trained: Callable[[str], tuple[FLightNetwork, IntegerNetwork]]) -> None:
    model, network = trained("flight")
    assert model.mean_k() == pytest.approx(network.mean_k())
    assert 1 < network.mean_k() < 2


@pytest.mark.parametrize("model", [name for name in MODELS if name not in ("net5", "net7", "net8")])
def test_every_model_learns_any_number_of_classes_from_its_own_shape(model: str) -> None:
    spec = MODELS[model]
    network = build(model, Scheme.create("float"), classes=7)
    assert network.shapes()[0] == spec.in_shape and network.classes == 7
    assert network(random_input(2, *spec.in_shape)).shape == (2, 7)


@pytest.mark.parametrize(
    "source,residual,message", [(5, -1, "source and residual must be tensors made before it"), (-1, 0, "the residual has shape")]
)
def test_stages_that_read_what_is_not_there_are_refused(source: int, residual: int, message: str) -> None:
    stage = Stage("odd", FLightConv2d(1, 4, 3, scheme="flight"), relu=True, source=source, residual=residual)
    with pytest.raises(ConfigError, match=f"stage 'odd': {message}"):
        FLightNetwork([stage], in_shape=(1, 8, 8), scheme=Scheme.create("flight"))


def test_networks_run_in_float_as_plain_torch_would() -> None:
    torch.manual_seed(0)
    model = build("tiny", Scheme.create("float")).eval()
    inputs = to_inputs(noise_images(4).images)
    values = inputs
    for stage in model.stage_list()[:2]:
        assert isinstance(stage.layer.norm, nn.BatchNorm2d)
        convolved = functional.conv2d(values, stage.layer.weight, stage.layer.bias, padding=1)
        values = functional.max_pool2d(stage.layer.norm(convolved).relu(), 2)
    last = model.stage_list()[2].layer
    torch.testing.assert_close(model(inputs), functional.linear(values.flatten(1), last.weight, last.bias))


@pytest.mark.parametrize("scheme", ["lightnn2", "fixed4"])
def test_held_exponents_stay_whatever_the_weights_become(scheme: str) -> None:
    torch.manual_seed(0)
    layer = FLightConv2d(3, 5, 3, scheme=scheme)
    before = layer.quantised()[0].base
    with torch.no_grad():
        layer.weight *= 16
    assert torch.equal(layer.quantised()[0].base, before + 4)
    with torch.no_grad():
        layer.weight /= 16
    layer.quantised()
    layer.hold_exponents()
    held = layer.quantised()[0]
    with torch.no_grad():
        layer.weight *= 16
    found = layer.quantised()[0]
    assert torch.equal(found.base, before)
    # Weights above the codes' span take the largest.
    assert found.value.abs().max() <= held.terms.abs().sum(0).max() * 2
    copy = FLightConv2d(3, 5, 3, scheme=scheme)
    copy.load_state_dict(layer.state_dict())
    assert torch.equal(copy.quantised()[0].value, found.value)
    layer.set_scheme(scheme)
    assert torch.equal(layer.quantised()[0].base, before + 4)


def test_a_floor_counts_more_than_a_held_exponent() -> None:
    torch.manual_seed(0)
    layer = FLightConv2d(3, 5, 3, scheme="lightnn1")
    layer.quantised()
    layer.hold_exponents()
    low = layer.quantised(AccumulatorGrid(-7, -4, 24))[0].base
    high = layer.quantised(AccumulatorGrid(-7, 9, 18))[0].base
    assert torch.equal(low, layer.held_base)
    assert (high > low).any()


def test_exponents_are_held_as_the_accumulator_left_them() -> None:
    torch.manual_seed(0)
    layer = FLightConv2d(3, 5, 3, scheme="lightnn2")
    grid = AccumulatorGrid(-7, 9, 18)
    before = layer.quantised(grid)[0].value
    layer.hold_exponents()
    assert torch.equal(layer.quantised(grid)[0].value, before)
