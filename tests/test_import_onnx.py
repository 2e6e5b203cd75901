"""ONNX and QONNX networks as FLightNetworks: the outputs of ONNX's own reference, and refusals that name the node."""

from __future__ import annotations

import builtins
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from flightasic.errors import ConversionError, ToolError
from flightasic.importers import from_onnx, from_torch
from flightasic.nn.network import FLightNetwork

Array = npt.NDArray[Any]
BREVITAS = Path(__file__).parent / "data" / "brevitas.onnx"
OPSET = [helper.make_opsetid("", 17), helper.make_opsetid("qonnx.custom_op.general", 1)]


class Builder:
    """Writes a model node by node; each call returns the name of the result, ``x`` is the image."""

    def __init__(self, shape: tuple[int | str, ...] = ("N", 3, 8, 8)) -> None:
        self.rng = np.random.default_rng(0)
        self.shape = shape
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, *shape: int, values: Any = None, dtype: Any = np.float32) -> str:
        array = np.asarray(self.rng.normal(0, 0.5, shape) if values is None else values).astype(dtype)
        self.constants.append(numpy_helper.from_array(array, f"c{len(self.constants)}"))
        return self.constants[-1].name

    def node(self, kind: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        name = f"{kind.lower()}{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, domain=domain, **attributes))
        return name

    def conv(self, source: str, channels: int, filters: int, kernel: int = 3, *, bias: bool = False, **attributes: Any) -> str:
        weights = [self.constant(filters, channels, kernel, kernel), *([self.constant(filters)] if bias else [])]
        return self.node("Conv", source, *weights, **attributes)

    def norm(self, source: str, channels: int) -> str:
        statistics = [self.constant(channels), self.constant(channels), self.constant(channels)]
        variance = self.constant(values=self.rng.uniform(0.3, 3, channels))
        return self.node("BatchNormalization", source, *statistics, variance, epsilon=1e-3, momentum=0.8)

    def quant(self, source: str) -> str:
        options = [self.constant(values=value) for value in (0.125, 0.0, 4.0)]
        return self.node("Quant", source, *options, domain="qonnx.custom_op.general", signed=1, narrow=0, rounding_mode="ROUND")

    def model(self, result: str) -> onnx.ModelProto:
        image = helper.make_tensor_value_info("x", TensorProto.FLOAT, self.shape)
        logits = helper.make_tensor_value_info(result, TensorProto.FLOAT, None)
        return helper.make_model(helper.make_graph(self.nodes, "net", [image], [logits], self.constants), opset_imports=OPSET)


def images(shape: tuple[int, int, int] = (3, 8, 8)) -> Array:
    return np.random.default_rng(1).random((3, *shape), dtype=np.float32)


def logits(network: FLightNetwork, inputs: Array) -> Array:
    with torch.no_grad():
        return network(torch.from_numpy(inputs)).numpy()


def assert_same(model: onnx.ModelProto, network: FLightNetwork) -> None:
    inputs = images(network.in_shape)
    (expected,) = ReferenceEvaluator(model).run(None, {"x": inputs})
    np.testing.assert_allclose(logits(network, inputs), expected.reshape(len(inputs), -1), rtol=1e-4, atol=1e-4)


def vgg(pads: dict[str, Any] | None = None) -> onnx.ModelProto:
    b = Builder()
    x = b.node("Relu", b.norm(b.conv("x", 3, 4, **(pads or {"pads": [1, 1, 1, 1]})), 4))
    x = b.node("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
    x = b.node("Relu", b.node("Add", b.conv(x, 4, 6, bias=True), b.constant(1, 6, 1, 1)))
    x = b.node("Identity", b.node("Dropout", b.node("Flatten", x)))
    x = b.node("Relu", b.node("Gemm", x, b.constant(7, 24), b.constant(7), transB=1))
    return b.model(b.node("Add", b.node("MatMul", x, b.constant(7, 5)), b.constant(5)))


def resnet(*, quantised: bool = False) -> onnx.ModelProto:
    b = Builder()

    def conv(source: str, channels: int, filters: int, kernel: int, stride: int) -> str:
        weight = b.constant(filters, channels, kernel, kernel)
        pads = [kernel // 2] * 4
        x = b.node("Conv", source, b.quant(weight) if quantised else weight, pads=pads, strides=[stride, stride])
        return b.norm(x, filters)

    def relu(source: str) -> str:
        x = b.node("Relu", source)
        return b.quant(x) if quantised else x

    x = relu(conv(b.quant("x") if quantised else "x", 3, 4, 3, 1))
    x = relu(b.node("Add", conv(relu(conv(x, 4, 4, 3, 1)), 4, 4, 3, 1), x))
    y = conv(relu(conv(x, 4, 6, 3, 2)), 6, 6, 3, 1)
    x = relu(b.node("Add", conv(x, 4, 6, 1, 2), y))
    x = b.node("Reshape", b.node("GlobalAveragePool", x), b.constant(values=[0, -1], dtype=np.int64))
    weight = b.constant(6, 5)
    return b.model(b.node("Gemm", x, b.quant(weight) if quantised else weight, b.constant(5)))


@pytest.mark.parametrize("pads", [{"pads": [1, 1, 1, 1]}, {"auto_pad": "SAME_UPPER"}])
def test_a_vgg_like_network_computes_the_same(pads: dict[str, Any]) -> None:
    model = vgg(pads)
    assert_same(model, from_onnx(model))


def test_padding_valid_is_none() -> None:
    b = Builder()
    model = b.model(b.node("Flatten", b.conv("x", 3, 4, auto_pad="VALID")))
    assert_same(model, from_onnx(model))


def test_a_resnet_like_network_computes_the_same_in_the_expected_stages() -> None:
    model = resnet()
    network = from_onnx(model)
    assert_same(model, network)
    residuals = [(stage.residual, stage.relu) for stage in network.stage_list()]
    assert residuals == [(-1, True), (-1, True), (1, True), (-1, True), (-1, False), (5, True), (-1, False), (-1, False)]


def test_quantisers_of_qonnx_are_dropped_on_weights_and_activations() -> None:
    network, reference = from_onnx(resnet(quantised=True)), from_onnx(resnet())
    assert [stage.residual for stage in network.stage_list()] == [stage.residual for stage in reference.stage_list()]
    inputs = images()
    np.testing.assert_array_equal(logits(network, inputs), logits(reference, inputs))


def test_a_file_is_read_and_states_its_shape(tmp_path: Path) -> None:
    onnx.save(vgg(), tmp_path / "net.onnx")
    network = from_onnx(tmp_path / "net.onnx", acc_bits=20, in_scale_log2=-6)
    assert (network.in_shape, network.acc_bits, network.in_scale_log2) == ((3, 8, 8), 20, -6)
    assert not network.training and network.scheme.is_float


def test_batch_norms_keep_epsilon_and_momentum() -> None:
    norm = from_onnx(vgg()).stage_list()[0].layer.norm
    assert (norm.eps, norm.momentum) == (pytest.approx(1e-3), pytest.approx(0.2))


def test_an_open_shape_must_be_given() -> None:
    b = Builder(("N", 3, "H", "W"))
    model = b.model(b.node("MatMul", b.node("ReduceMean", b.conv("x", 3, 4), axes=[2, 3], keepdims=0), b.constant(4, 5)))
    with pytest.raises(ConversionError, match="give in_shape"):
        from_onnx(model)
    assert_same(model, from_onnx(model, in_shape=(3, 9, 7)))


def test_means_average_pools_and_constants_in_nodes() -> None:
    b = Builder()
    x = b.node("AveragePool", b.conv("x", 3, 4, 1), kernel_shape=[3, 2], strides=[2, 2])
    x = b.node("ReduceMean", x, axes=[-2, -1])
    shape = b.node("Constant", value=numpy_helper.from_array(np.array([-1, 4])))
    model = b.model(b.node("MatMul", b.node("Reshape", x, shape), b.node("Identity", b.constant(4, 5))))
    network = from_onnx(model)
    assert_same(model, network)
    assert [stage.name for stage in network.stage_list()] == ["conv0", "averagepool1", "reducemean2", "matmul6"]


def test_branches_that_lead_nowhere_are_dropped() -> None:
    b = Builder()
    x = b.conv("x", 3, 4)
    b.node("Relu", b.conv(x, 4, 4))
    model = b.model(b.node("Relu", x))
    assert [stage.name for stage in from_onnx(model).stage_list()] == ["conv0"]


def test_normalisation_moves_into_the_network() -> None:
    model = vgg()
    mean, std = (0.4, 0.5, 0.3), (0.2, 0.25, 0.3)
    inputs = images()
    normal = (inputs - np.array(mean, np.float32)[:, None, None]) / np.array(std, np.float32)[:, None, None]
    moved = from_onnx(model, mean=mean, std=std)
    np.testing.assert_allclose(logits(moved, inputs), logits(from_onnx(model), normal), rtol=1e-4, atol=1e-4)
    with pytest.raises(ConversionError, match="belong together"):
        from_onnx(model, std=std)


def pool(b: Builder, kind: str, **attributes: Any) -> str:
    return b.node(kind, b.conv("x", 3, 4, 1), kernel_shape=[2, 2], **attributes)


def shared(b: Builder) -> str:
    weight = b.constant(3, 3, 1, 1)
    return b.node("Conv", b.node("Conv", "x", weight), weight)


REFUSED: dict[str, tuple[Any, str]] = {
    "operation": (lambda b: b.node("Sigmoid", b.conv("x", 3, 4)), "sigmoid1: Sigmoid is not supported; supported are Add"),
    "domain": (lambda b: b.node("Relu", b.conv("x", 3, 4), domain="mine"), "relu1: Relu is not supported"),
    "dilation": (lambda b: b.conv("x", 3, 4, dilations=[2, 2]), r"conv0: dilation \[2, 2\]"),
    "padding": (lambda b: b.conv("x", 3, 4, pads=[1, 1, 0, 0]), r"conv0: padding \[1, 1, 0, 0\]"),
    "same": (lambda b: b.conv("x", 3, 4, auto_pad="SAME_LOWER", strides=[2, 2]), "conv0: padding SAME of kernel 3, stride 2"),
    "kernel": (lambda b: b.node("Conv", "x", b.constant(4, 3, 3, 1)), r"conv0: kernel \(3, 1\)"),
    "stride": (lambda b: b.conv("x", 3, 4, strides=[2, 1]), r"conv0: stride \[2, 1\]"),
    "dimensions": (lambda b: b.node("Conv", "x", b.constant(4, 3, 3)), "conv0: a convolution over 1 dimensions"),
    "pool padding": (lambda b: pool(b, "MaxPool", pads=[1, 1, 1, 1]), "maxpool1: pooling with padding"),
    "pool same": (lambda b: pool(b, "AveragePool", auto_pad="SAME_UPPER"), "averagepool1: pooling with padding"),
    "ceil": (lambda b: pool(b, "MaxPool", ceil_mode=1), "maxpool1: pooling with padding or ceil_mode"),
    "pool dilation": (lambda b: pool(b, "MaxPool", dilations=[2, 2]), r"maxpool1: dilation \[2, 2\]"),
    "Gemm": (lambda b: b.node("Gemm", b.node("Flatten", "x"), b.constant(192, 4), alpha=0.5), "gemm1: Gemm with transA, alpha"),
    "MatMul": (lambda b: b.node("MatMul", "x", b.constant(1, 8, 8)), "matmul0: MatMul by a constant of shape"),
    "computed weight": (lambda b: b.node("MatMul", "x", "x"), "matmul0: input 'x' of MatMul must be a constant"),
    "constants": (lambda b: b.node("Relu", b.constant(4)), "relu0: Relu of constants"),
    "shared weights": (shared, "conv1: shares its weights with 'conv0'"),
    "added map": (lambda b: b.node("Add", b.conv("x", 3, 4), b.constant(1, 4, 6, 6)), "add1: adds a constant of shape"),
    "added row": (lambda b: b.node("Add", b.conv("x", 3, 6), b.constant(6)), "add1: adds 6 constants to a tensor"),
    "added to input": (lambda b: b.node("Add", "x", b.constant(3, 1, 1)), "add0: no stage can take in Bias of the network's input"),
    "added twice": (
        lambda b: b.node("Add", b.node("Relu", b.conv("x", 3, 4)), b.constant(4, 1, 1)),
        "add2: a constant can only be added to a convolution",
    ),
    "axes": (lambda b: b.node("ReduceMean", "x", axes=[1]), r"reducemean0: a mean over axes \[1\]"),
    "flatten": (lambda b: b.node("Flatten", "x", axis=2), "flatten0: Flatten from axis 2"),
    "reshape": (lambda b: b.node("Reshape", "x", b.constant(values=[0, 3, 64], dtype=np.int64)), r"reshape0: Reshape to \[0, 3, 64\]"),
    "computed shape": (lambda b: b.node("Reshape", "x", b.node("Shape", "x")), "shape0: Shape is not supported.*flatten with a fixed"),
    "training": (
        lambda b: b.node("BatchNormalization", b.conv("x", 3, 4), *(b.constant(4) for _ in range(4)), training_mode=1),
        "batchnormalization1: a batch norm in training mode",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_array_lacks_is_refused_by_name(name: str) -> None:
    build, message = REFUSED[name]
    builder = Builder()
    with pytest.raises(ConversionError, match=message):
        from_onnx(builder.model(build(builder)))


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConversionError, match=r"none.onnx: not a readable ONNX model"):
        from_onnx(tmp_path / "none.onnx")
    (tmp_path / "text.onnx").write_text("not a model")
    with pytest.raises(ConversionError, match=r"text.onnx: not a readable ONNX model"):
        from_onnx(tmp_path / "text.onnx")
    (tmp_path / "empty.onnx").write_bytes(b"")
    with pytest.raises(ConversionError, match="0 inputs and 0 outputs"):
        from_onnx(tmp_path / "empty.onnx")


def test_without_the_package_the_message_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *arguments: Any, **options: Any) -> Any:
        if name == "onnx":
            raise ImportError(name)
        return real(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ToolError, match=r"pip install 'flightasic\[onnx\]'"):
        from_onnx("net.onnx")


def test_a_file_of_brevitas_gives_what_brevitas_computes_up_to_its_quantisers() -> None:
    model = onnx.load(BREVITAS)
    assert "Quant" in {node.op_type for node in model.graph.node}
    written = {entry.key: entry.value for entry in model.metadata_props}
    expected = np.array(json.loads(written["logits"]))
    network = from_onnx(BREVITAS)
    assert [(stage.relu, stage.residual) for stage in network.stage_list()] == [(True, -1), (True, 1), (False, -1), (False, -1)]
    got = logits(network, np.random.default_rng(1).random((4, 3, 8, 8), dtype=np.float32))
    assert np.linalg.norm(got - expected) < 0.1 * np.linalg.norm(expected)


@pytest.mark.filterwarnings("ignore")
def test_what_torch_exports_computes_the_same_as_what_torch_holds(tmp_path: Path) -> None:
    module = torch.nn.Sequential(
        *(torch.nn.Conv2d(3, 4, 3, padding=1), torch.nn.BatchNorm2d(4), torch.nn.ReLU(), torch.nn.MaxPool2d(2)),
        *(torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(4, 5)),
    ).eval()
    torch.onnx.export(module, (torch.from_numpy(images()),), tmp_path / "net.onnx", dynamo=False)
    network = from_onnx(tmp_path / "net.onnx")
    np.testing.assert_allclose(logits(network, images()), logits(from_torch(module, (3, 8, 8)), images()), rtol=1e-4, atol=1e-5)
