"""``flightasic import`` and the page docs/importing.md, from the user's side."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
import typer
from onnx import TensorProto, helper, numpy_helper
from typer.testing import CliRunner

from flightasic import golden
from flightasic.cli.importing import register
from flightasic.data import FOLDER_VARIABLE, fashion_mnist, quantise_input
from flightasic.errors import ConfigError
from flightasic.importers import from_onnx
from flightasic.ir import IntegerNetwork
from flightasic.nn.evaluate import accuracy_of
from tests.small_fashion import write_small_fashion

PAGE = Path(__file__).resolve().parents[1] / "docs" / "importing.md"


@pytest.fixture
def app() -> typer.Typer:
    application = typer.Typer()
    register(application)
    application.callback()(lambda: None)
    return application


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_small_fashion(tmp_path / "data")


def write_model(path: Path, size: int = 28, classes: int = 10) -> Path:
    """A network that knows which row of the small data set's images is bright in which class."""
    weight = np.zeros((classes, 1, size, size), np.float32)
    weight[np.arange(classes), 0, 2 * np.arange(classes) % size] = 1 / size
    nodes = [helper.make_node("Conv", ["x", "weight"], ["map"]), helper.make_node("Flatten", ["map"], ["logits"])]
    image = helper.make_tensor_value_info("x", TensorProto.FLOAT, ("N", 1, size, size))
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, None)
    graph = helper.make_graph(nodes, "net", [image], [logits], [numpy_helper.from_array(weight, "weight")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), path)
    return path


def run(app: typer.Typer, *arguments: object) -> str:
    result = CliRunner().invoke(app, ["import", *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_without_epochs_the_network_is_rounded_calibrated_and_measured(app: typer.Typer, data: Path, tmp_path: Path) -> None:
    model, out = write_model(tmp_path / "rows.onnx"), tmp_path / "rows.flnet"
    output = run(app, model, "--scheme", "fixed8", "--data", data, "--results", tmp_path / "results", "--out", out)
    network = IntegerNetwork.load(out)
    test = fashion_mnist("test", data)
    assert accuracy_of(from_onnx(model), test) == 1
    assert golden.accuracy(network, quantise_input(test.images), test.labels) == network.info["accuracy"] == 1
    assert (network.name, network.info["scheme"], network.info["settings"]["model"]) == ("rows", "fixed8", "rows.onnx")
    assert "golden accuracy 1.0000 on 40 test images" in output
    assert (tmp_path / "results").is_dir()


def test_fine_tuning_changes_the_weights_and_leaves_log_and_checkpoint(app: typer.Typer, data: Path, tmp_path: Path) -> None:
    model = write_model(tmp_path / "rows.onnx")
    networks = []
    for epochs in (0, 2):
        out = tmp_path / f"epochs{epochs}.flnet"
        run(app, model, "--scheme", "lightnn2", "--epochs", epochs, "--data", data, "--results", tmp_path / "results", "--out", out)
        networks.append(IntegerNetwork.load(out))
    assert not np.array_equal(networks[0].layers[0].codes, networks[1].layers[0].codes)
    assert len((tmp_path / "epochs2.csv").read_text().splitlines()) == 3
    assert (tmp_path / "epochs2.ckpt").is_file()


def test_normalisation_becomes_a_first_layer(app: typer.Typer, data: Path, tmp_path: Path) -> None:
    model, out = write_model(tmp_path / "rows.onnx"), tmp_path / "rows.flnet"
    options = ("--mean", "0.3", "--std", "0.25", "--data", data, "--results", tmp_path / "results")
    run(app, model, *options, "--acc-bits", 20, "--out", out)
    network = IntegerNetwork.load(out)
    assert [layer.name for layer in network.layers] == ["centre", "map"]
    assert network.info["settings"]["acc_bits"] == 20


@pytest.mark.parametrize(
    ("size", "classes", "options", "message"),
    [
        (28, 10, ("--scheme", "float"), "scheme 'float' runs on no array"),
        (28, 10, ("--mean", "half", "--std", "1"), "--mean takes numbers separated by commas.*'half'"),
        (14, 10, (), r"takes \(1, 14, 14\) .*fashion-mnist has \(1, 28, 28\)"),
        (28, 5, (), "tells 5 classes apart"),
    ],
)
def test_what_cannot_work_is_refused(
    app: typer.Typer, data: Path, tmp_path: Path, size: int, classes: int, options: tuple[str, ...], message: str
) -> None:
    model = write_model(tmp_path / "net.onnx", size, classes)
    with pytest.raises(ConfigError, match=message):
        run(app, model, *options, "--data", data, "--out", tmp_path / "net.flnet")
    assert not (tmp_path / "net.flnet").exists()


def test_the_page_s_example_runs(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(data))
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(blocks) == 2
    names: dict[str, object] = {}
    for block in blocks:
        exec(block, names)
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["float", "flight", "fixed8"]
    assert IntegerNetwork.load("build/nets/imported.flnet").shapes()[-1] == (10, 1, 1)
