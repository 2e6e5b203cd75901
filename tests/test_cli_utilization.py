"""The commands utilization and networks as a user runs them, and the pages that they write."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from flightasic.cli.array import parse_array
from flightasic.cli.utilization import compile_amply, with_buffers
from flightasic.compiler import compile_network
from flightasic.config import ArrayConfig
from flightasic.microcode import OP_LOAD, OP_STORE
from flightasic.reference import REFERENCES, reference_network
from flightasic.utilization import markdown_page, utilization_report

DOCS = Path(__file__).resolve().parents[1] / "docs"
LAYER_FIELDS = {
    "name", "kind", "macs", "products", "cycles", "utilization", "fill", "busy", "waiting", "transfer", "bound_by", "steps",
    "full_size",
}  # fmt: skip


def _flightasic(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "flightasic.cli.main", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={"COLUMNS": "200"})


@cache
def report(name: str, shape: str = "8x8x8", *settings: str) -> dict:
    network = reference_network(name)
    return utilization_report(network, compile_amply(network, parse_array(shape, "shift", list(settings)), settings))


def test_json_has_one_record_per_layer_and_totals_that_add_up(tmp_path: Path) -> None:
    out = tmp_path / "resnet8.json"
    done = _flightasic("utilization", "resnet8", "--json", out)
    assert done.returncode == 0, done.stderr
    written = json.loads(out.read_text())
    layers, totals = written["layers"], written["totals"]
    network = reference_network("resnet8")
    expected = [(layer.name, macs) for layer, macs in zip(network.layers, network.macs(), strict=True)]
    assert [(layer["name"], layer["macs"]) for layer in layers if layer["kind"] != "add"] == expected
    assert [layer["name"] for layer in layers if layer["kind"] == "add"] == [f"stage{stage}.1.conv2.add" for stage in (1, 2, 3)]
    assert all(set(layer) == LAYER_FIELDS for layer in layers)
    assert totals["macs"] == sum(layer["macs"] for layer in layers)
    assert totals["cycles"] == sum(layer["cycles"] for layer in layers) + totals["image_load"] + totals["result_store"]
    assert totals["ideal_cycles"] == sum(layer["products"] for layer in layers) / 512
    assert totals["ratio_to_ideal"] == pytest.approx(totals["cycles"] / totals["ideal_cycles"])
    assert totals["utilization"] == pytest.approx(1 / totals["ratio_to_ideal"])
    assert f"{totals['cycles']:,} cycles" in done.stdout
    assert written["k"] == {"mean": 1.0, "filters": [0, sum(layer.out_channels for layer in network.layers if layer.kind != "pool"), 0, 0]}


def test_the_array_that_is_reported_is_the_array_that_gives_these_cycles() -> None:
    done = _flightasic("utilization", "lenet", "--array", "6x4x2", "--set", "acc_depth=256", "--set", "code_depth=1024")
    assert done.returncode == 0, done.stderr
    fields = dict(re.findall(r"(\w+_depth)=(\d+)", done.stdout))
    assert fields["acc_depth"] == "256"
    assert fields["act_depth"] == "8192"
    depth = int(fields["program_depth"])
    network = reference_network("lenet")
    base = parse_array("6x4x2", "shift", ["acc_depth=256", "code_depth=1024", "act_depth=8192"])
    program = compile_network(network, ArrayConfig.from_dict(base.to_dict() | {"program_depth": depth}))
    assert depth // 2 < len(program.words) <= depth
    assert f"{program.cycles:,} cycles" in done.stdout


def test_shares_are_what_they_say() -> None:
    for layer in report("resnet8")["layers"]:
        assert (layer["utilization"] > 0) == (layer["kind"] != "add")
        assert layer["utilization"] <= layer["fill"] <= 1
        assert layer["utilization"] <= layer["busy"] <= 1
        assert layer["products"] / (512 * layer["cycles"]) == pytest.approx(layer["utilization"])
        assert layer["full_size"] == (layer["kind"] == "conv" and layer["fill"] >= 0.95)


def test_image_and_result_are_the_first_and_the_last_step() -> None:
    config = with_buffers(ArrayConfig(rows=8, cols=8, lanes=8, tile_cols=8), [])
    program = compile_network(reference_network("lenet"), config)
    totals = utilization_report(reference_network("lenet"), program)["totals"]
    assert (program.steps[0].op, program.steps[-1].op) == (OP_LOAD, OP_STORE)
    assert totals["image_load"] == program.steps[0].cycles
    assert totals["result_store"] == program.steps[-1].cycles


def test_the_worst_full_size_convolution_is_named() -> None:
    made = report("resnet20")
    full = {layer["name"]: layer["utilization"] for layer in made["layers"] if layer["full_size"]}
    assert len(full) > 1
    assert made["worst_full_size"] == {"name": min(full, key=full.__getitem__), "utilization": min(full.values())}
    assert report("lenet")["worst_full_size"] is None


def test_full_size_convolutions_keep_the_array_busy() -> None:
    for name in ("resnet8", "resnet20", "vgg7"):
        for layer in report(name)["layers"]:
            if layer["full_size"]:
                assert layer["busy"] >= 0.98, layer
                assert layer["utilization"] >= 0.9, layer


def test_small_buffers_cost_transfers_and_loads_of_codes() -> None:
    ample, small = report("resnet8"), report("resnet8", "8x8x8", "act_depth=256", "acc_depth=64")
    assert not any(layer["transfer"] for layer in ample["layers"])
    assert any(layer["transfer"] for layer in small["layers"])
    assert sum(layer["steps"] for layer in small["layers"]) > len(small["layers"])
    assert small["totals"]["cycles"] > ample["totals"]["cycles"]
    assert small["totals"]["products"] == ample["totals"]["products"]


def test_more_terms_take_more_cycles() -> None:
    cycles = []
    for k in ("k1", "mixed", "k2"):
        network = reference_network("resnet8", k=k)
        made = utilization_report(network, compile_amply(network, ArrayConfig(rows=8, cols=8, lanes=8, tile_cols=8), []))
        cycles.append(made["totals"]["cycles"])
        assert made["k"]["mean"] == network.mean_k()
    assert cycles == sorted(cycles) and len(set(cycles)) == 3


def test_a_file_is_reported_as_the_network_it_holds(tmp_path: Path) -> None:
    network = reference_network("lenet", arith="fixed8")
    network.save(tmp_path / "mine.flnet")
    written = []
    for net in (tmp_path / "mine.flnet", "lenet"):
        arith = [] if net != "lenet" else ["--arith", "fixed8"]
        done = _flightasic("utilization", net, "--array", "4x4x4", *arith, "--json", tmp_path / "out.json")
        assert done.returncode == 0, done.stderr
        written.append(json.loads((tmp_path / "out.json").read_text()))
    assert written[0] == written[1]
    assert written[0]["array"]["arith"] == "fixed8"


@pytest.mark.parametrize(
    "arguments,message",
    [
        (["utilization", "alexnet"], "reference network; the latter are vgg7, resnet8, resnet20, lenet"),
        (["utilization", "--json", "{tmp}/x.json"], "name it"),
        (["utilization", "lenet", "--array", "8x8"], "ROWSxCOLSxLANES"),
        (["utilization", "lenet", "--k", "k9"], "must be one of k1, k2, mixed"),
        (["utilization", "{net}", "--k", "k2"], "make reference networks"),
        (["utilization", "{net}", "--arith", "fixed4"], "make reference networks"),
        (["utilization", "lenet", "--set", "program_depth=32"], "program_depth"),
        (["utilization", "lenet", "--json", "{tmp}/net.flnet/x.json"], "cannot be written"),
        (["networks", "--arith", "fixed4", "--k", "k2"], "use k='k1'"),
    ],
)
def test_mistakes_exit_with_2_and_a_remedy(tmp_path: Path, arguments: list[str], message: str) -> None:
    net = tmp_path / "net.flnet"
    reference_network("lenet").save(net)
    done = _flightasic(*(argument.format(tmp=tmp_path, net=net) for argument in arguments))
    assert done.returncode == 2, done.stdout + done.stderr
    assert message in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["net.flnet"]


def test_help_shows_an_example_and_the_buffers() -> None:
    done = _flightasic("utilization", "--help")
    words = " ".join(re.sub(r"[│╭╮╰╯─]", " ", done.stdout).split())
    assert "flightasic utilization resnet8 --array 8x8x8 --json" in words
    assert "acc_depth=1024" in words


def test_networks_are_written_as_files(tmp_path: Path) -> None:
    done = _flightasic("networks", "--out", tmp_path, "--table", tmp_path / "page.md")
    assert done.returncode == 0, done.stderr
    assert sorted(path.stem for path in tmp_path.glob("*.flnet")) == sorted(REFERENCES)
    assert (tmp_path / "page.md").read_text() == (DOCS / "networks.md").read_text()


def test_committed_page_of_utilisation_is_current() -> None:
    command = "flightasic utilization --array 8x8x8 --table docs/utilization.md"
    page = markdown_page([report(name) for name in REFERENCES], command)
    assert (DOCS / "utilization.md").read_text() == page, f"run '{command}' and commit"


def test_a_page_names_the_command_that_makes_it(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    arguments = [
        "utilization",
        "lenet",
        "--array",
        "4x4x4",
        "--arith",
        "shift",
        "--k",
        "k2",
        "--table",
        str(page),
        "--set",
        "acc_depth=256",
    ]
    first = _flightasic(*arguments)
    assert first.returncode == 0, first.stderr
    assert f"Written by `flightasic {' '.join(arguments)}`" in page.read_text()
    assert "acc_depth=256" in page.read_text() and "lenet on shift_4x4x4" in page.read_text()


def test_page_escapes_its_stars() -> None:
    page = markdown_page([report("resnet8")], "flightasic utilization resnet8")
    assert "| stage3.1.conv2 \\* |" in page
    assert "Written by `flightasic utilization resnet8`" in page
