"""The networks that are trained here, by name: VGG-like and ResNet-like, in several widths and depths (docs/models.md)."""

from __future__ import annotations

from dataclasses import dataclass

from flightasic.errors import ConfigError
from flightasic.ir import NO_RESIDUAL, PREVIOUS
from flightasic.nn.layers import AveragePool, FLightConv2d, FLightLinear
from flightasic.nn.network import FLightNetwork, Stage, StageLayer
from flightasic.nn.scheme import Scheme


@dataclass(frozen=True)
class ConvSpec:
    """A 3x3 (or ``kernel``) convolution with same padding, batch norm and ReLU, then ``pool`` x ``pool`` max pooling."""

    out_channels: int
    kernel: int = 3
    pool: int = 1


@dataclass(frozen=True)
class BlockSpec:
    """A basic residual block (He et al., CVPR 2016): two 3x3 convolutions, and a 1x1 convolution as shortcut where the shape changes."""

    out_channels: int
    stride: int = 1


@dataclass(frozen=True)
class AverageSpec:
    """Global average pooling."""


@dataclass(frozen=True)
class LinearSpec:
    """A fully connected layer on the flattened map; ReLU unless it gives the logits. ``out_features`` None = the classes."""

    out_features: int | None = None
    relu: bool = False


@dataclass(frozen=True)
class ModelSpec:
    """A network by what it is like, its usual input (channels, height, width), and its layers."""

    like: str
    in_shape: tuple[int, int, int]
    layers: tuple[ConvSpec | BlockSpec | AverageSpec | LinearSpec, ...]


_GRAY, _COLOUR = (1, 28, 28), (3, 32, 32)


def _vgg(*stages: tuple[int, ...], fc: tuple[int, ...] = ()) -> tuple[ConvSpec | LinearSpec, ...]:
    """Groups of convolutions, each closed by 2x2 pooling, then fully connected layers."""
    convs = [ConvSpec(width, pool=2 if last else 1) for group in stages for last, width in _marked(group)]
    return (*convs, *(LinearSpec(width, relu=True) for width in fc), LinearSpec())


def _marked(group: tuple[int, ...]) -> list[tuple[bool, int]]:
    return [(index == len(group) - 1, width) for index, width in enumerate(group)]


def _resnet(blocks: int, *widths: int) -> tuple[ConvSpec | BlockSpec | AverageSpec | LinearSpec, ...]:
    """A convolution, then ``blocks`` residual blocks of each width, the first of a width (but the first) with stride 2."""
    body = [BlockSpec(width, 2 if stage and not block else 1) for stage, width in enumerate(widths) for block in range(blocks)]
    return (ConvSpec(widths[0]), *body, AverageSpec(), LinearSpec())


MODELS = {
    "net1": ModelSpec("VGG-like, three convolutions", _GRAY, _vgg((8,), (16,), (32,))),
    "net2": ModelSpec("VGG-like, net1 at twice the width", _GRAY, _vgg((16,), (32,), (64,))),
    "net3": ModelSpec("VGG-like, five convolutions", _GRAY, _vgg((16,), (32, 32), (64, 64))),
    "net4": ModelSpec("VGG-like, net3 at twice the width", _GRAY, _vgg((32,), (64, 64), (128, 128))),
    "net5": ModelSpec("VGG-like, VGG-7 at half the width", _COLOUR, _vgg((64, 64), (128, 128), (256, 256), fc=(512,))),
    "net6": ModelSpec("ResNet-like, ResNet-8", _GRAY, _resnet(1, 16, 32, 64)),
    "net7": ModelSpec("ResNet-like, ResNet-14", _COLOUR, _resnet(2, 16, 32, 64)),
    "net8": ModelSpec("ResNet-like, ResNet-20 at twice the width", _COLOUR, _resnet(3, 32, 64, 128)),
    "cnn-s": ModelSpec("small network of the demo", _GRAY, (ConvSpec(16, pool=2), ConvSpec(32, pool=2), ConvSpec(32), LinearSpec())),
    "tiny": ModelSpec("for tests", _GRAY, (ConvSpec(4, pool=2), ConvSpec(8, pool=2), LinearSpec())),
    "tiny-res": ModelSpec("for tests: blocks with and without shortcut convolution", _GRAY, _resnet(2, 4, 8)),
}


def build(
    name: str, scheme: Scheme, *, in_shape: tuple[int, int, int] | None = None, classes: int = 10, acc_bits: int = 24
) -> FLightNetwork:
    """A network of :data:`MODELS` with fresh weights (seed torch first).

    ``in_shape`` (channels, height, width) None takes the model's own. An unknown name, or an input too small, is a ConfigError.
    """
    if name not in MODELS:
        raise ConfigError(f"model must be one of {', '.join(MODELS)}, got {name!r}")
    spec = MODELS[name]
    builder = _Builder(in_shape or spec.in_shape, scheme)
    for layer in spec.layers:
        if isinstance(layer, ConvSpec):
            builder.conv(f"conv{len(builder.stages) + 1}", layer.out_channels, layer.kernel, pool=layer.pool)
        elif isinstance(layer, BlockSpec):
            builder.block(layer)
        elif isinstance(layer, AverageSpec):
            builder.add("pool", AveragePool((builder.shape[1], builder.shape[2]), scheme=scheme), relu=False)
        else:
            channels, height, width = builder.shape
            linear = FLightLinear(channels * height * width, layer.out_features or classes, scheme=scheme)
            builder.add(f"fc{len(builder.stages) + 1}", linear, relu=layer.relu)
    return FLightNetwork(builder.stages, in_shape=in_shape or spec.in_shape, scheme=scheme, acc_bits=acc_bits)


class _Builder:
    """Adds stages one by one; tensors are numbered as in :class:`Stage`."""

    def __init__(self, in_shape: tuple[int, int, int], scheme: Scheme) -> None:
        self.stages: list[Stage] = []
        self.shapes = [in_shape]
        self._scheme = scheme
        self._blocks = 0

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.shapes[-1]

    def add(self, name: str, layer: StageLayer, *, relu: bool, pool: int = 1, source: int = PREVIOUS, residual: int = NO_RESIDUAL) -> int:
        stage = Stage(name, layer, relu=relu, pool=pool, source=source, residual=residual)
        self.stages.append(stage)
        shape = stage.out_shape(self.shapes[source])
        if min(shape) < 1:
            raise ConfigError(f"an input of shape {self.shapes[0]} is too small: {name!r} has no output; take larger images")
        self.shapes.append(shape)
        return len(self.stages)

    def conv(
        self,
        name: str,
        filters: int,
        kernel: int = 3,
        *,
        stride: int = 1,
        relu: bool = True,
        pool: int = 1,
        source: int = PREVIOUS,
        residual: int = NO_RESIDUAL,
    ) -> int:
        channels = self.shapes[source][0]
        layer = FLightConv2d(
            channels, filters, kernel, stride=stride, padding=kernel // 2, bias=False, batch_norm=True, scheme=self._scheme
        )
        return self.add(name, layer, relu=relu, pool=pool, source=source, residual=residual)

    def block(self, spec: BlockSpec) -> None:
        self._blocks += 1
        name, entry = f"block{self._blocks}", len(self.stages)
        inner = self.conv(f"{name}.conv1", spec.out_channels, stride=spec.stride)
        added = entry
        if spec.stride > 1 or self.shapes[entry][0] != spec.out_channels:
            added = self.conv(f"{name}.shortcut", spec.out_channels, 1, stride=spec.stride, relu=False, source=entry)
        self.conv(f"{name}.conv2", spec.out_channels, source=inner, residual=added)
