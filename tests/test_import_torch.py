"""torch and Brevitas networks as FLightNetworks: the same outputs, the expected stages, refusals that name the module."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from flightasic import golden
from flightasic.errors import ConversionError
from flightasic.importers import from_torch
from flightasic.nn.export import export
from flightasic.nn.layers import AveragePool, FLightConv2d
from flightasic.nn.network import FLightNetwork
from flightasic.nn.scheme import QUANTISED_SCHEMES, Scheme
from tests.small_modules import Body

Shape = tuple[int, int, int]


def trained(module: nn.Module, seed: int = 0) -> nn.Module:
    """The module with batch norms as if it had been trained, in training mode as a user may have left it."""
    generator = torch.Generator().manual_seed(seed)
    for part in module.modules():
        if isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d) and part.running_mean is not None:
            part.running_mean.normal_(0, 0.5, generator=generator)
            part.running_var.uniform_(0.3, 3, generator=generator)
            if part.affine:
                part.weight.data.normal_(0.5, 1, generator=generator)
                part.bias.data.normal_(0, 0.5, generator=generator)
    return module.train()


def images(shape: Shape, count: int = 4) -> Tensor:
    return torch.rand((count, *shape), generator=torch.Generator().manual_seed(7), dtype=torch.float64)


def assert_same(module: nn.Module, network: FLightNetwork, inputs: Tensor, *, network_inputs: Tensor | None = None) -> None:
    with torch.no_grad():
        expected = copy.deepcopy(module).double().eval()(inputs)
        got = copy.deepcopy(network).double()(inputs if network_inputs is None else network_inputs)
    torch.testing.assert_close(got, expected.flatten(1), rtol=1e-6, atol=1e-6 * float(expected.abs().max()))


class Block(nn.Module):
    """A basic block as torchvision writes it: one ReLU for all, ``+=``, a 1x1 convolution where the shape changes."""

    def __init__(self, channels: int, filters: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, filters, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(filters)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(filters, filters, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(filters)
        self.downsample = None
        if stride > 1 or channels != filters:
            self.downsample = nn.Sequential(nn.Conv2d(channels, filters, 1, stride, bias=False), nn.BatchNorm2d(filters))

    def forward(self, inputs: Tensor) -> Tensor:
        identity = inputs
        out = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(inputs)))))
        if self.downsample is not None:
            identity = self.downsample(inputs)
        out += identity
        return self.relu(out)


def vgg() -> nn.Module:
    return nn.Sequential(
        *(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(inplace=True)),
        *(nn.Conv2d(8, 8, 3, padding="same", bias=False), nn.BatchNorm2d(8, affine=False), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(8, 16, 3, padding=1, groups=4), nn.MaxPool2d(3, stride=2), nn.ReLU(), nn.Dropout2d()),
        *(nn.Flatten(), nn.Linear(16 * 3 * 3, 12), nn.BatchNorm1d(12), nn.ReLU(), nn.Dropout(), nn.Identity(), nn.Linear(12, 10)),
    )


def resnet() -> nn.Module:
    return nn.Sequential(
        *(nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU(), Block(8, 8), Block(8, 16, stride=2)),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 10)),
    )


class Functional(nn.Module):
    """Everything by function and method."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2, self.conv3 = nn.Conv2d(3, 6, 5), nn.Conv2d(6, 6, 3, padding=1), nn.Conv2d(6, 6, 1)
        self.fc = nn.Linear(6 * 3 * 3, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = functional.relu(torch.add(self.conv2(x), x))
        x = functional.avg_pool2d(self.conv3(x).relu().contiguous(), kernel_size=2, stride=2)
        x = functional.dropout(x, training=self.training)
        return self.fc(x.view(x.size(0), -1))


NETWORKS: dict[str, Callable[[], nn.Module]] = {"vgg": vgg, "resnet": resnet, "functional": Functional}
SHAPES: dict[str, Shape] = {"vgg": (3, 14, 14), "resnet": (3, 12, 12), "functional": (3, 16, 16)}


@pytest.fixture(scope="module", params=NETWORKS)
def pair(request: pytest.FixtureRequest) -> tuple[nn.Module, FLightNetwork]:
    torch.manual_seed(1)
    module = trained(NETWORKS[request.param]())
    return module, from_torch(module, SHAPES[request.param])


def one(*layers: nn.Module, shape: Shape = (3, 8, 8), **options: object) -> tuple[nn.Module, FLightNetwork]:
    torch.manual_seed(2)
    module = trained(nn.Sequential(*layers))
    return module, from_torch(module, shape, **options)  # type: ignore[arg-type]


def stages(network: FLightNetwork) -> list[tuple[str, bool, int, int, int]]:
    return [
        (stage.name, stage.relu, stage.pool, source, stage.residual)
        for stage, source in zip(network.stage_list(), network.sources(), strict=True)
    ]


def test_float_network_computes_the_same(pair: tuple[nn.Module, FLightNetwork]) -> None:
    module, network = pair
    assert_same(module, network, images(network.in_shape))
    assert network.scheme.is_float and not network.training


def test_source_stays_as_it_was_and_shares_nothing(pair: tuple[nn.Module, FLightNetwork]) -> None:
    module, network = pair[0], from_torch(pair[0], pair[1].in_shape)
    before = copy.deepcopy(module.state_dict())
    assert all(part.training for part in module.modules())
    with torch.no_grad():
        for value in network.state_dict().values():
            value.zero_()
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())


def test_a_conversion_draws_no_random_numbers() -> None:
    module = vgg()
    torch.manual_seed(5)
    from_torch(module, SHAPES["vgg"])
    drawn = torch.rand(1)
    torch.manual_seed(5)
    assert torch.equal(drawn, torch.rand(1))


@pytest.mark.parametrize("scheme", QUANTISED_SCHEMES)
def test_quantised_and_exported_it_equals_the_golden_model(pair: tuple[nn.Module, FLightNetwork], scheme: str) -> None:
    network = copy.deepcopy(pair[1])
    network.set_scheme(Scheme.create(scheme))
    integers = torch.randint(0, 128, (8, *network.in_shape), dtype=torch.int8, generator=torch.Generator().manual_seed(3))
    inputs = integers.float() * 2.0**network.in_scale_log2
    network.calibrate([inputs])
    exported = export(network, "imported")
    with torch.no_grad():
        fake = network(inputs) * 2.0 ** -exported.layers[-1].out_scale_log2
    assert torch.equal(fake.int(), golden.logits(exported, integers).flatten(1).int())
    assert fake.abs().max() > 0


def test_eight_bit_weights_stay_near_the_source(pair: tuple[nn.Module, FLightNetwork]) -> None:
    module, network = copy.deepcopy(pair)
    inputs = images(network.in_shape, 64).float()
    network.set_scheme(Scheme.create("fixed8"))
    network.calibrate([inputs])
    with torch.no_grad():
        expected, got = module.eval()(inputs), network(inputs)
    assert (got - expected).norm() < 0.1 * expected.norm()


def test_stages_of_residual_blocks_and_a_strided_shortcut() -> None:
    network = from_torch(resnet(), SHAPES["resnet"])
    assert stages(network) == [
        ("0", True, 1, 0, -1),
        ("3.conv1", True, 1, 1, -1),
        ("3.conv2", True, 1, 2, 1),
        ("4.conv1", True, 1, 3, -1),
        ("4.downsample.0", False, 1, 3, -1),
        ("4.conv2", True, 1, 4, 5),
        ("5", False, 1, 6, -1),
        ("7", False, 1, 7, -1),
    ]
    assert network.shapes()[6] == (16, 6, 6)


def test_batch_norms_stay_batch_norms_with_their_options() -> None:
    network = one(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4, eps=1e-3, momentum=0.2), nn.ReLU())[1]
    layer = network.stage_list()[0].layer
    assert isinstance(layer, FLightConv2d) and layer.norm is not None and layer.bias is not None
    assert (layer.norm.eps, layer.norm.momentum) == (1e-3, 0.2)


@pytest.mark.parametrize("order", [(nn.ReLU(), nn.MaxPool2d(2)), (nn.MaxPool2d(2), nn.ReLU()), (nn.ReLU(), nn.MaxPool2d(2), nn.ReLU())])
def test_relu_before_and_after_max_pooling_is_one_stage(order: tuple[nn.Module, ...]) -> None:
    module, network = one(nn.Conv2d(3, 4, 3), *order)
    assert stages(network) == [("0", True, 2, 0, -1)]
    assert_same(module, network, images((3, 8, 8)))


def test_relu_before_average_pooling_is_not_relu_after_it() -> None:
    module, before = one(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AvgPool2d((2, 3), stride=2))
    assert stages(before) == [("0", True, 1, 0, -1), ("2", False, 1, 1, -1)]
    assert_same(module, before, images((3, 8, 8)))
    module, after = one(nn.Conv2d(3, 4, 3), nn.AvgPool2d((2, 3), stride=2), nn.ReLU())
    assert stages(after) == [("0", False, 1, 0, -1), ("1", True, 1, 1, -1)]
    assert_same(module, after, images((3, 8, 8)))


@pytest.mark.parametrize(("size", "window", "stride"), [(1, (8, 6), 1), ((4, 3), (2, 2), 2), ((1, 1), (8, 6), 1)])
def test_adaptive_pooling_has_equal_windows(size: int | tuple[int, int], window: tuple[int, int], stride: int) -> None:
    module, network = one(nn.AdaptiveAvgPool2d(size), shape=(3, 8, 6))
    layer = network.stage_list()[0].layer
    assert isinstance(layer, AveragePool)
    assert (layer.window, layer.stride) == (window, stride)
    assert_same(module, network, images((3, 8, 6)))


def test_adaptive_pooling_to_the_size_given_is_nothing() -> None:
    assert stages(one(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(6), nn.ReLU())[1]) == [("0", True, 1, 0, -1)]


FLATTENINGS: dict[str, tuple[Callable[[Body, Tensor], Tensor], int]] = {
    "flatten": (lambda self, x: self.fc(self.conv(x).flatten(1)), 256),
    "torch.flatten": (lambda self, x: self.fc(torch.flatten(self.conv(x), start_dim=1)), 256),
    "view by size": (lambda self, x: self.fc(self.conv(x).view(x.size(0), 256)), 256),
    "view by -1": (lambda self, x: self.fc(self.conv(x).view(-1, 256)), 256),
    "reshape by shape": (lambda self, x: self.fc(self.conv(x).reshape(x.shape[0], -1)), 256),
    "reshape by tuple": (lambda self, x: self.fc(self.conv(x).reshape((x.size()[0], -1))), 256),
    "mean": (lambda self, x: self.fc(self.conv(x).mean([2, 3])), 4),
    "torch.mean": (lambda self, x: self.fc(torch.mean(self.conv(x), dim=(-1, -2), keepdim=True).flatten(1)), 4),
    "global pooling": (lambda self, x: self.fc(functional.adaptive_avg_pool2d(self.conv(x), 1).flatten(1)), 4),
    "relu of rows": (lambda self, x: self.fc(functional.relu(self.conv(x).flatten(1))), 256),
}


@pytest.mark.parametrize("name", FLATTENINGS)
def test_every_way_to_flatten(name: str) -> None:
    forward, features = FLATTENINGS[name]
    module = Body(forward, features)
    assert_same(module, from_torch(module, (3, 8, 8)), images((3, 8, 8)))


ADDITIONS: dict[str, tuple[Callable[[Body, Tensor], Tensor], list[tuple[str, bool, int, int, int]]]] = {
    "residual of a convolution without ReLU": (
        lambda self, x: (lambda y: self.other(y) + y)(self.conv(x)),
        [("conv", False, 1, 0, -1), ("other", False, 1, 1, 1)],
    ),
    "residual after ReLU, sum on the left": (
        lambda self, x: (lambda y: y + self.norm(self.other(y)))(self.relu(self.conv(x))),
        [("conv", True, 1, 0, -1), ("other", False, 1, 1, 1)],
    ),
    "pooled sum": (
        lambda self, x: (lambda y: functional.max_pool2d(self.relu(torch.add(y, self.other(y))), 2))(self.relu(self.conv(x))),
        [("conv", True, 1, 0, -1), ("other", True, 2, 1, 1)],
    ),
    "the image itself": (
        lambda self, x: (lambda y: self.other(y) + x)(self.relu(self.conv(x))),
        [("conv", True, 1, 0, -1), ("other", False, 1, 1, 0)],
    ),
    "a second reader of the ReLU": (
        lambda self, x: (lambda y: self.other(self.relu(y)) + y)(self.relu(self.conv(x))),
        [("conv", True, 1, 0, -1), ("other", False, 1, 1, 1)],
    ),
}


@pytest.mark.parametrize("name", ADDITIONS)
def test_additions(name: str) -> None:
    forward, expected = ADDITIONS[name]
    module = trained(Body(forward, channels=4))
    network = from_torch(module, (4, 6, 6))
    assert stages(network) == expected
    assert_same(module, network, images((4, 6, 6)))


def test_branches_that_lead_nowhere_are_dropped() -> None:
    def forward(self: Body, x: Tensor) -> Tensor:
        y = self.conv(x)
        self.other(torch.tanh(y))
        return self.relu(y)

    assert [stage.name for stage in from_torch(Body(forward), (3, 6, 6)).stage_list()] == ["conv"]


@pytest.mark.parametrize("first", [nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(3, 4, 5, stride=2, padding=2)])
def test_normalisation_moves_into_the_network_even_at_the_borders(first: nn.Module) -> None:
    mean, std = (0.4, 0.5, 0.3), (0.2, 0.25, 0.3)
    module, network = one(first, nn.BatchNorm2d(4), nn.ReLU(), mean=mean, std=std)
    pixels = images((3, 8, 8))
    normal = (pixels - torch.tensor(mean).view(-1, 1, 1)) / torch.tensor(std).view(-1, 1, 1)
    assert_same(module, network, normal, network_inputs=pixels)
    centre = network.stage_list()[0]
    assert (centre.name, network.macs()[0]) == ("centre", 3 * 64)
    assert torch.equal(centre.layer.weight, torch.ones(3, 1, 1, 1))


def standing_in(name: str, base: type[nn.Module], where: str) -> type[nn.Module]:
    """A class that looks like Brevitas' of that name: its module path, its quantiser as a child, and outputs on a coarse grid."""

    class Layer(base):  # type: ignore[misc,valid-type]
        def forward(self, *inputs: Tensor) -> Tensor:
            outputs = super().forward(*inputs) if base is not nn.Module else sum(inputs)
            return (outputs * 8).round() / 8

    return type(name, (Layer,), {"__module__": f"brevitas.nn.{where}"})


def test_brevitas_layers_keep_their_float_weights_and_lose_their_quantisers() -> None:
    conv, linear = standing_in("QuantConv2d", nn.Conv2d, "quant_conv"), standing_in("QuantLinear", nn.Linear, "quant_linear")
    relu, identity = (standing_in(name, nn.Module, "quant_activation") for name in ("QuantReLU", "QuantIdentity"))
    add, pool = standing_in("QuantEltwiseAdd", nn.Module, "quant_eltwise"), standing_in("TruncAvgPool2d", nn.AvgPool2d, "quant_avg_pool")

    class Quantised(nn.Module):
        def __init__(self, plain: bool) -> None:
            super().__init__()
            self.identity = nn.Identity() if plain else identity()
            self.conv1 = (nn.Conv2d if plain else conv)(3, 4, 3, padding=1)
            self.conv2 = (nn.Conv2d if plain else conv)(4, 4, 3, padding=1, bias=False)
            self.norm = nn.BatchNorm2d(4)
            self.relu = nn.ReLU() if plain else relu()
            self.add = None if plain else add()
            self.pool = (nn.AvgPool2d if plain else pool)(2)
            self.fc = (nn.Linear if plain else linear)(4 * 9, 10)

        def forward(self, x: Tensor) -> Tensor:
            x = self.relu(self.conv1(self.identity(x)))
            y = self.norm(self.conv2(x))
            return self.fc(self.pool(self.relu(y + x if self.add is None else self.add(y, x))).flatten(1))

    quantised, plain = trained(Quantised(plain=False)), Quantised(plain=True)
    plain.load_state_dict(quantised.state_dict())
    network = from_torch(quantised, (3, 6, 6))
    assert stages(network) == stages(from_torch(plain, (3, 6, 6)))
    assert_same(plain, network, images((3, 6, 6)))


def test_the_value_of_a_quantised_tensor_is_the_tensor() -> None:
    class Values(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.relu = standing_in("QuantReLU", nn.Module, "quant_activation")()
            self.conv = nn.Conv2d(3, 4, 3)

        def forward(self, x: Tensor) -> Tensor:
            return self.relu(self.conv(x)).value

    assert stages(from_torch(Values(), (3, 6, 6))) == [("conv", True, 1, 0, -1)]


def test_a_brevitas_layer_without_a_counterpart_is_refused() -> None:
    sigmoid = standing_in("QuantSigmoid", nn.Module, "quant_activation")
    with pytest.raises(ConversionError, match="1: QuantSigmoid is not supported"):
        one(nn.Conv2d(3, 4, 3), sigmoid())


def test_a_subclass_that_may_compute_anything_is_traced_instead() -> None:
    class Standardised(nn.Conv2d):
        def forward(self, inputs: Tensor) -> Tensor:
            return functional.conv2d(inputs, self.weight - self.weight.mean(), self.bias)

    with pytest.raises(ConversionError, match="is not supported"):
        one(Standardised(3, 4, 3))


def test_parametrised_weights_are_taken_as_they_are() -> None:
    module = nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Conv2d(3, 4, 3)))
    with torch.no_grad():
        module[0].parametrizations.weight.original0.mul_(2)
    assert_same(module, from_torch(module, (3, 6, 6)), images((3, 6, 6)))
