"""The hardware commands as a user runs them: output, files, and exit code 2 with a remedy for what cannot work."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from flightasic.cli.demo import SCHEMES, demo_steps
from flightasic.compiler import Program
from flightasic.config import ArrayConfig
from flightasic.ir import IntegerNetwork
from verification.cases import random_layer, random_network


def _flightasic(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "flightasic.cli.main", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def network(tmp_path: Path) -> Path:
    path = tmp_path / "net.flnet"
    random_network(np.random.default_rng(2), ArrayConfig()).save(path)
    return path


def test_compile_writes_a_program(network: Path, tmp_path: Path) -> None:
    out = tmp_path / "program.json"
    done = _flightasic("compile", network, "--out", out, "--set", "acc_bits=28")
    assert done.returncode == 0, done.stderr
    assert f"{Program.load(out).cycles:,} cycles" in done.stdout


def test_emit_writes_one_file_per_module(tmp_path: Path) -> None:
    done = _flightasic("emit", "--array", "2x2x1", "--out", tmp_path / "rtl")
    assert done.returncode == 0, done.stderr
    for path in (tmp_path / "rtl").glob("*.v"):
        assert path.read_text().count("\nmodule ") == 1
        assert f"\nmodule {path.stem}\n" in path.read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["compile", "{tmp}/none.flnet"], "no such network file"),
        (["compile", "{tmp}/damaged.flnet"], "damaged.flnet"),
        (["compile", "{net}", "--array", "0x4x4"], "rows must be in 1..32, got 0"),
        (["compile", "{net}", "--array", "4x4"], "ROWSxCOLSxLANES"),
        (["compile", "{net}", "--set", "colour=1"], "unknown ArrayConfig field 'colour'"),
        (["compile", "{big}", "--set", "acc_bits=28"], "raise program_depth"),
        (["emit", "--array", "4x4x3", "--out", "{tmp}/rtl"], "lanes must be a power of two, got 3"),
        (["simulate", "{net}", "--data", "{tmp}"], "fashion-mnist"),
        (["simulate", "{big}"], "raise program_depth"),
    ],
)
def test_mistakes_exit_with_2_and_a_remedy(network: Path, tmp_path: Path, arguments: list[str], message: str) -> None:
    (tmp_path / "damaged.flnet").write_bytes(network.read_bytes()[:-7])
    wide = random_layer(np.random.default_rng(0), "wide", 4, 1, (3, 3), limit=7, padding=1)
    big = IntegerNetwork(name="big", arith="shift", max_shift=6, in_shape=(1, 300, 300), in_scale_log2=-7, layers=(wide,))
    big.save(tmp_path / "big.flnet")
    filled = [a.format(tmp=tmp_path, net=network, big=tmp_path / "big.flnet") for a in arguments]
    before = sorted(tmp_path.iterdir())
    done = _flightasic(*filled)
    assert done.returncode == 2, done.stdout + done.stderr
    assert message in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert sorted(tmp_path.iterdir()) == before


def test_output_that_cannot_be_written_exits_with_2_and_names_it(network: Path, tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("mine")
    for command in (["emit", "--array", "2x2x1", "--out", taken], ["compile", network, "--set", "acc_bits=28", "--out", taken / "p.json"]):
        done = _flightasic(*command)
        assert done.returncode == 2, done.stdout + done.stderr
        assert str(taken) in done.stderr and "cannot be written" in done.stderr
        assert "Traceback" not in done.stderr
    assert taken.read_text() == "mine"


def test_demo_trains_runs_and_measures_every_scheme(tmp_path: Path) -> None:
    commands = [step.command for step in demo_steps(tmp_path, tmp_path / "demo.json", full=False)]
    for scheme, arith in SCHEMES.items():
        net = str(tmp_path / "nets" / f"{scheme}.flnet")
        assert [command[1] for command in commands if net in command] == ["train", "simulate"]
        flows = [command for command in commands if command[0] == "sc" and arith in command]
        assert len(flows) == (3 if arith == "fixed4" else 2), "the 4-bit rival once with and once without multiplier blocks on the FPGA"
    assert commands[-1][1] == "report"
