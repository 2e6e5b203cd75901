"""What the importer refuses, and that it names the layer or operation."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from flightasic.errors import ConversionError
from flightasic.importers import from_torch
from tests.small_modules import Body

LAYERS_REFUSED: dict[str, tuple[tuple[nn.Module, ...], str]] = {
    "activation": ((nn.Conv2d(3, 4, 3), nn.Sigmoid()), "1: Sigmoid is not supported; supported are Conv2d"),
    "softmax": ((nn.Flatten(), nn.Linear(192, 4), nn.Softmax(1)), "2: Softmax is not supported.*leave it out"),
    "dilation": ((nn.Conv2d(3, 4, 3, dilation=2),), r"0: dilation \(2, 2\) is not supported; supported: 1"),
    "padding mode": ((nn.Conv2d(3, 4, 3, padding=1, padding_mode="reflect"),), "0: padding mode 'reflect' is not supported"),
    "padding": ((nn.Conv2d(3, 4, 3, padding=(1, 0)),), r"0: padding \(1, 0\) is not supported; supported: the same number"),
    "same padding": ((nn.Conv2d(3, 4, 2, padding="same"),), "0: padding 'same' of kernel 2"),
    "kernel": ((nn.Conv2d(3, 4, (3, 1)),), r"0: kernel \(3, 1\)"),
    "stride": ((nn.Conv2d(3, 4, 3, stride=(2, 1)),), r"0: stride \(2, 1\)"),
    "max pool padding": ((nn.Conv2d(3, 4, 3), nn.MaxPool2d(3, 2, padding=1)), "1: max pooling with padding 1"),
    "max pool dilation": ((nn.Conv2d(3, 4, 3), nn.MaxPool2d(2, dilation=2)), "1: dilation 2"),
    "ceil mode": ((nn.Conv2d(3, 4, 3), nn.MaxPool2d(4, ceil_mode=True)), "1: ceil_mode"),
    "average padding": ((nn.AvgPool2d(3, padding=1),), "0: average pooling with padding 1"),
    "average ceil": ((nn.AvgPool2d(3, ceil_mode=True),), "0: ceil_mode"),
    "divisor": ((nn.AvgPool2d(2, divisor_override=3),), "0: divisor_override 3"),
    "two max pools": ((nn.Conv2d(3, 4, 3), nn.MaxPool2d(2), nn.MaxPool2d(2)), "2: one max pooling"),
    "subsampling": ((nn.Conv2d(3, 4, 3), nn.MaxPool2d(1, stride=2)), "1: one max pooling with a window of 2 or more"),
    "max pool first": ((nn.MaxPool2d(2),), "0: no stage can take in MaxPool of the network's input"),
    "ReLU first": ((nn.ReLU(), nn.Conv2d(3, 4, 3)), "0: no stage can take in Relu of the network's input"),
    "norm first": ((nn.BatchNorm2d(3), nn.Conv2d(3, 4, 3)), "0: no stage can take in Norm of the network's input"),
    "norm after ReLU": ((nn.Conv2d(3, 4, 3), nn.ReLU(), nn.BatchNorm2d(4)), "2: a batch norm must directly follow"),
    "norm after pooling": ((nn.AvgPool2d(2), nn.BatchNorm2d(3)), "1: a batch norm must directly follow"),
    "two norms": ((nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.BatchNorm2d(4)), "2: a batch norm must directly follow"),
    "no statistics": ((nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4, track_running_stats=False)), "1: a batch norm without running statistics"),
    "uneven adaptive": ((nn.AdaptiveAvgPool2d(3),), "0: no equal windows make 3x3 of 8x8"),
    "open adaptive": ((nn.AdaptiveAvgPool2d((1, None)),), r"0: output size \(1, None\)"),
    "channels": ((nn.Conv2d(4, 4, 3),), "0: takes 4 channels or features but is given 3"),
    "features": ((nn.Flatten(), nn.Linear(10, 4)), "1: takes 10 channels or features but is given 192"),
    "flatten": ((nn.Flatten(2),), "0: dimensions 2 to -1"),
    "linear on a map": ((nn.Conv2d(3, 4, 3), nn.Linear(6, 2)), "1: takes flattened images"),
    "convolution of rows": ((nn.Flatten(), nn.Conv2d(192, 4, 1)), "1: takes maps"),
    "empty output": ((nn.Conv2d(3, 4, 9),), "0: its output is empty"),
    "empty pool": ((nn.Conv2d(3, 4, 3), nn.MaxPool2d(7)), "1: its output is empty"),
    "nothing": ((nn.Identity(),), "result .* is its input"),
}


@pytest.mark.parametrize("name", LAYERS_REFUSED)
def test_what_the_array_lacks_is_refused_by_name(name: str) -> None:
    layers, message = LAYERS_REFUSED[name]
    with pytest.raises(ConversionError, match=message):
        from_torch(nn.Sequential(*layers), (3, 8, 8))


GRAPHS_REFUSED: dict[str, tuple[Callable[[Body, Tensor], Tensor], str]] = {
    "norm after the sum": (
        lambda self, x: (lambda y: self.norm(self.other(y) + y))(self.relu(self.conv(x))),
        "norm: a batch norm must directly follow a convolution",
    ),
    "shared layer": (lambda self, x: self.other(self.other(self.relu(self.conv(x)))), "other: is used more than once"),
    "sum of finished tensors": (
        lambda self, x: (lambda y: self.relu(self.other(y)) + y)(self.relu(self.conv(x))),
        "add: one of the tensors added must be a convolution's",
    ),
    "twice the same": (lambda self, x: (lambda y: y + y)(self.conv(x)), "add: one of the tensors added"),
    "other shape": (
        lambda self, x: (lambda y: self.other(y) + functional.max_pool2d(y, 2))(self.relu(self.conv(x))),
        "max_pool2d: no stage can take in MaxPool of 'conv', which others read as well",
    ),
    "pooling of one reader's second ReLU": (
        lambda self, x: (lambda y: functional.max_pool2d(self.relu(y), 2) + self.other(y))(self.relu(self.conv(x))),
        "max_pool2d: no stage can take in MaxPool of 'conv', which others read as well",
    ),
    "sum with another shape": (
        lambda self, x: self.other(self.relu(self.conv(x))) + functional.avg_pool2d(x, 2),
        r"add: adds tensors of shapes \(4, 8, 8\) and \(4, 4, 4\)",
    ),
    "constant": (lambda self, x: self.conv(x) + 1, "add: add of something other than layers' results"),
    "scaled sum": (lambda self, x: torch.add(self.other(self.conv(x)), x, alpha=2), "add: add is not supported"),
    "operation": (lambda self, x: self.conv(x) * 2, "mul: mul is not supported"),
    "method": (lambda self, x: self.conv(x).sigmoid(), "sigmoid: sigmoid is not supported"),
    "sum read before ReLU": (
        lambda self, x: (lambda y: self.other(self.relu(y)) + y)(self.conv(x)),
        "relu: no stage can take in Relu of 'conv', which others read as well",
    ),
    "branching": (lambda self, x: self.conv(x) if x.sum() > 0 else x, "Body cannot be traced .*must not branch"),
    "two results": (lambda self, x: (self.conv(x), x), "returns .*one tensor"),
    "reshape of rows": (lambda self, x: self.conv(x).view(-1, 16), "view: makes rows of 16"),
    "reshape": (lambda self, x: self.conv(x).view(x.size(0), 4, 64), "view: view is not supported"),
    "mean of channels": (lambda self, x: self.conv(x).mean(1), "mean: mean is not supported"),
    "flatten of all": (lambda self, x: torch.flatten(self.conv(x)), "flatten: flatten is not supported"),
}


@pytest.mark.parametrize("name", GRAPHS_REFUSED)
def test_what_no_stage_can_take_in_is_refused_by_name(name: str) -> None:
    forward, message = GRAPHS_REFUSED[name]
    with pytest.raises(ConversionError, match=message):
        from_torch(Body(forward, channels=4), (4, 8, 8))


def test_a_second_input_is_refused() -> None:
    class Two(nn.Module):
        def forward(self, x: Tensor, y: Tensor) -> Tensor:
            return x + y

    with pytest.raises(ConversionError, match="takes 2 inputs"):
        from_torch(Two(), (3, 8, 8))


def test_a_tensor_changed_in_place_and_used_again_is_found_by_comparing_outputs() -> None:
    def forward(self: Body, x: Tensor) -> Tensor:
        y = self.conv(x)
        z = self.other(y)
        z += y
        kept = z.flatten(1)
        z.relu_()
        return self.fc(kept)

    with pytest.raises(ConversionError, match="Body computes something else.*in place"):
        from_torch(Body(forward, features=256), (3, 8, 8))


@pytest.mark.parametrize(
    ("layers", "mean", "std", "message"),
    [
        ((nn.Conv2d(3, 4, 3),), (0.5,), (0.5,), "0: the normalisation of 1 channels"),
        ((nn.Flatten(), nn.Linear(192, 4)), (0.5,) * 3, (0.5,) * 3, "0: the normalisation of 3 channels .*not into this Flatten"),
        ((nn.Conv2d(3, 4, 3),), (0.5,) * 3, (0.5, 0.0, 0.5), "std positive"),
        ((nn.Conv2d(3, 4, 3),), (0.5,) * 3, None, "belong together"),
    ],
)
def test_normalisation_that_cannot_move_is_refused(
    layers: tuple[nn.Module, ...], mean: tuple[float, ...], std: tuple[float, ...] | None, message: str
) -> None:
    with pytest.raises(ConversionError, match=message):
        from_torch(nn.Sequential(*layers), (3, 8, 8), mean=mean, std=std)
