"""From torch to integers: the same weights, the same tensors, and refusals that name layer and filter."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from flightasic import golden
from flightasic.data import quantise_input
from flightasic.errors import ConfigError, ExportError
from flightasic.ir import IntegerNetwork, accumulator_bounds
from flightasic.nn.evaluate import to_inputs
from flightasic.nn.export import export
from flightasic.nn.layers import FLightConv2d
from flightasic.nn.models import build
from flightasic.nn.network import FLightNetwork, Stage
from flightasic.nn.scheme import QUANTISED_SCHEMES, Scheme

PIXELS = torch.randint(0, 256, (24, 1, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))


def calibrated(
    scheme: Scheme, *, model: str = "tiny", seed: int = 0, acc_bits: int = 24, thresholds: tuple[float, ...] = ()
) -> FLightNetwork:
    """An untrained network with uneven filters, biases and batch norms."""
    torch.manual_seed(seed)
    model = build(model, scheme, acc_bits=acc_bits)
    with torch.no_grad():
        for layer in model.layers():
            filters = layer.weight.shape[0]
            layer.weight.mul_(torch.exp(torch.randn(filters)).view(-1, *[1] * (layer.weight.ndim - 1)))
            if layer.bias is not None:
                layer.bias.add_(torch.randn(filters))
            if layer.norm is not None:
                layer.norm.running_mean.normal_(0, 0.3)
                layer.norm.running_var.uniform_(0.3, 3)
                layer.norm.weight.normal_(0, 1)
                layer.norm.bias.normal_(0, 1)
            if thresholds:
                layer.thresholds.copy_(torch.tensor(thresholds) / layer.threshold_unit)
    model.calibrate([to_inputs(PIXELS)])
    return model.eval()


def one_conv(
    weight: torch.Tensor, bias: torch.Tensor, *, scheme: str = "lightnn1", out_scale: int = -4, acc_bits: int = 24
) -> FLightNetwork:
    """A network of one 1x1 convolution without ReLU, with given weights [O, I], bias [O] and output scale."""
    layer = FLightConv2d(weight.shape[1], weight.shape[0], 1, scheme=scheme)
    with torch.no_grad():
        layer.weight.copy_(weight.view(*weight.shape, 1, 1))
        layer.bias.copy_(bias)
    stage = Stage("only", layer, relu=False)
    stage.act.set_exponent(out_scale)
    stage.act.freeze()
    return FLightNetwork([stage], in_shape=(weight.shape[1], 1, 1), scheme=layer.scheme, acc_bits=acc_bits)


def assert_bit_exact(model: FLightNetwork, network: IntegerNetwork) -> None:
    with torch.no_grad():
        fake = model.forward_layers(to_inputs(PIXELS))
    exact = golden.run(network, quantise_input(PIXELS))
    for layer, floats, integers in zip(network.layers, fake, exact, strict=True):
        assert torch.equal(floats.double().flatten(1), integers.double().flatten(1) * 2.0**layer.out_scale_log2), layer.name


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("name", ["tiny", "tiny-res"])
@pytest.mark.parametrize("scheme", QUANTISED_SCHEMES)
def test_untrained_networks_are_bit_exact_too(scheme: str, name: str, seed: int) -> None:
    model = calibrated(Scheme.create(scheme), model=name, seed=seed)
    assert_bit_exact(model, export(model, "n"))


@pytest.mark.parametrize("code_bits", [3, 4])
@pytest.mark.parametrize("acc_bits", [18, 20, 24])
@pytest.mark.parametrize("planes", [1, 2, 3])
def test_every_code_width_plane_count_and_accumulator_is_bit_exact(code_bits: int, acc_bits: int, planes: int) -> None:
    thresholds = (0.6, 0.4, 0.08)[:planes]
    model = calibrated(Scheme.create("flight", planes=planes, code_bits=code_bits), acc_bits=acc_bits, thresholds=thresholds)
    network = export(model, "n", acc_bits=acc_bits)
    assert network.max_shift == {3: 2, 4: 6}[code_bits]
    assert max(int(accumulator_bounds(layer, "shift").max()) for layer in network.layers) < 1 << (acc_bits - 1)
    assert_bit_exact(model, network)


@pytest.mark.parametrize("scheme", QUANTISED_SCHEMES)
def test_integer_weights_are_the_fake_quantised_ones(scheme: str) -> None:
    model = calibrated(Scheme.create(scheme))
    network = export(model, "n")
    for stage, grid, layer in zip(model.stage_list(), model.grids(), network.layers, strict=True):
        quantised, bias = stage.layer.quantised(grid)
        unit = 2.0 ** (layer.out_scale_log2 - grid.in_scale_log2 - layer.right_shift.astype(float))
        weights = layer.weights(network.arith) * unit[:, None, None, None]
        np.testing.assert_array_equal(weights.reshape(len(unit), -1), quantised.value.detach().double().flatten(1).numpy())
        np.testing.assert_array_equal(layer.bias * unit * 2.0**grid.in_scale_log2, bias.detach().double().numpy())
        np.testing.assert_array_equal(layer.k, quantised.k.numpy())


def test_a_linear_layer_becomes_a_convolution_that_covers_its_input() -> None:
    network = export(calibrated(Scheme.create("fixed8")), "n")
    assert network.layers[-1].codes.shape == (1, 10, 8, 7, 7)
    assert network.shapes()[-1] == (10, 1, 1)


def test_a_later_plane_moves_to_the_front_when_an_earlier_one_is_dropped() -> None:
    model = one_conv(torch.tensor([[1.0, 0.7], [1.0, 0.05]]), torch.zeros(2), scheme="flight")
    layer = model.stage_list()[0].layer
    with torch.no_grad():
        layer.thresholds.copy_(torch.tensor([9.0, 0.1]) / layer.threshold_unit)
    value = layer.quantised()[0].value.detach().flatten(1)
    assert value[0, 1] == pytest.approx(0.7 - 0.5, abs=0.06), "R(r_1) alone, as the formula has it"
    exported = export(model, "n").layers[0]
    assert exported.k.tolist() == [1, 0]
    unit = 2.0 ** (exported.out_scale_log2 + 7 - exported.right_shift.astype(float))
    np.testing.assert_array_equal(exported.weights("shift").reshape(2, 2) * unit[:, None], value.numpy())


def test_average_pooling_and_residuals_keep_their_place_in_the_integer_network() -> None:
    model = calibrated(Scheme.create("flight"), model="tiny-res")
    network = export(model, "n")
    assert [layer.kind for layer in network.layers[-2:]] == ["pool", "linear"]
    assert {layer.name: (layer.source, layer.residual) for layer in network.layers if layer.residual >= 0} == {
        "block1.conv2": (2, 1),
        "block2.conv2": (4, 3),
        "block3.conv2": (6, 7),
        "block4.conv2": (9, 8),
    }
    assert network.shapes() == model.shapes()
    assert network.macs() == model.macs()


def test_a_pruned_filter_with_a_residual_passes_the_residual_on() -> None:
    model = one_conv(torch.tensor([[1.0], [1.0]]), torch.tensor([0.5, 3.0]), scheme="flight", out_scale=-5)
    first = model.stage_list()[0]
    second = FLightConv2d(2, 2, 1, scheme="flight")
    with torch.no_grad():
        second.thresholds.fill_(1e9)
    added = Stage("added", second, relu=False, residual=1)
    added.act.set_exponent(-6)
    added.act.freeze()
    both = FLightNetwork([first, added], in_shape=(1, 1, 1), scheme=first.layer.scheme)
    network = export(both, "n")
    assert network.layers[1].k.tolist() == [0, 0]
    image = torch.tensor([[[[40]]]], dtype=torch.int8)
    outputs = golden.run(network, image)
    assert outputs[0].flatten().tolist() == [26, 106]
    assert outputs[1].flatten().tolist() == [52, 127]


def test_the_share_of_zero_codes_is_counted_over_the_planes_in_use() -> None:
    model = one_conv(torch.tensor([[1.0, 0.0, 0.0, 0.0], [1.0, 1.0, 0.0, 1.0]]), torch.zeros(2))
    network = export(model, "n")
    assert network.info["zero_share"] == {"only": 0.5}
    assert model.codes_zero_share()[0].tolist() == [[0.75, 0.25]]


def test_a_pruned_filter_has_no_codes_no_bias_and_outputs_zero() -> None:
    model = one_conv(torch.tensor([[1.0, 0.7], [0.01, 0.01]]), torch.tensor([0.5, 3.0]), scheme="flight")
    with torch.no_grad():
        only = model.stage_list()[0].layer
        only.thresholds.copy_(torch.tensor([0.5, 0.01]) / only.threshold_unit)
    network = export(model, "n")
    layer = network.layers[0]
    assert layer.k[1] == 0
    assert not layer.codes[:, 1].any()
    assert (layer.bias[1], layer.right_shift[1], layer.offsets[:, 1].any()) == (0, 0, False)
    inputs = torch.full((1, 2, 1, 1), 127, dtype=torch.int8)
    assert golden.logits(network, inputs)[0, 1] == 0
    assert network.mean_k() < 2


def test_a_filter_coarser_than_its_output_is_shifted_left() -> None:
    model = one_conv(torch.tensor([[4.0, -2.0]]), torch.tensor([2.0**-8]), out_scale=-12)
    layer = export(model, "n").layers[0]
    assert layer.right_shift.tolist() == [0]
    assert layer.offsets[0, 0] > 0
    inputs = torch.tensor([[3.0, 5.0]]).view(1, 2, 1, 1)
    with torch.no_grad():
        fake = model(inputs * 2.0**-7).flatten() * 2.0**12
    assert golden.logits(export(model, "n"), inputs.to(torch.int8)).flatten().tolist() == fake.tolist() == [80]


def test_weights_too_large_for_the_offsets_are_refused_by_layer_and_filter() -> None:
    model = one_conv(torch.tensor([[2.0**-12], [4.0]]), torch.zeros(2), out_scale=-28, acc_bits=32)
    with pytest.raises(ExportError, match="layer 'only', filter 1: plane offset 17 exceeds 15"):
        export(model, "n", acc_bits=32)


def test_an_accumulator_that_could_overflow_is_refused_by_layer_and_filter() -> None:
    weight = torch.zeros(3, 64)
    weight[:, 0] = 1.0
    weight[1] = 1.0
    model = one_conv(weight, torch.zeros(3), scheme="fixed8")
    bits = int(accumulator_bounds(export(model, "n").layers[0], "fixed8")[1]).bit_length() + 1
    assert export(model, "n", acc_bits=bits).layers[0].k.tolist() == [1, 1, 1]
    with pytest.raises(ExportError, match=rf"layer 'only', filter 1: .*{bits - 1} bits hold.*at least {bits} bits"):
        export(model, "n", acc_bits=bits - 1)


def test_a_bias_beyond_the_accumulator_is_refused() -> None:
    model = one_conv(torch.tensor([[1.0], [2.0**-6]]), torch.tensor([0.0, 2.0**30]), acc_bits=32, out_scale=-4)
    with pytest.raises(ExportError, match="filter 1"):
        export(model, "n", acc_bits=24)


def test_a_float_network_is_refused() -> None:
    with pytest.raises(ExportError, match="'n' has float weights"):
        export(build("tiny", Scheme.create("float")), "n")


def test_a_network_without_activation_scales_is_refused() -> None:
    with pytest.raises(ExportError, match="layer 'conv1'.*calibrate"):
        export(build("tiny", Scheme.create("flight")), "n")


def test_provenance_has_scheme_mean_k_and_its_histogram() -> None:
    network = export(calibrated(Scheme.create("flight")), "n", {"seed": 3})
    assert network.info["seed"] == 3
    assert network.info["scheme"] == "flight"
    assert network.info["mean_k"] == network.mean_k()
    for layer in network.layers:
        assert network.info["k_histogram"][layer.name] == [int((layer.k == k).sum()) for k in range(4)]


def test_layer_the_array_lacks_is_named() -> None:
    foreign = torch.nn.Sigmoid()
    with pytest.raises(ConfigError, match="stage 0 is a Sigmoid, which the array lacks"):
        FLightNetwork([foreign], in_shape=(1, 4, 4), scheme=Scheme.create("flight"))  # type: ignore[list-item]
    with pytest.raises(ExportError, match="'net' is a Sequential"):
        export(torch.nn.Sequential(foreign), "net")  # type: ignore[arg-type]
