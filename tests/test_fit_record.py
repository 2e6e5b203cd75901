"""The networks that arrays are fitted for, and the record of a fit."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from flightasic.compiler import compile_network
from flightasic.eda.fpga_parts import ECP5_PARTS
from flightasic.errors import FormatError
from flightasic.fit import fit_tables, load_fit, workload, write_fit
from flightasic.fit.candidates import array
from flightasic.nn.fresh import fresh_network
from flightasic.nn.models import MODELS
from flightasic.nn.scheme import Scheme
from flightasic.results import load_records
from tests.made_up_fits import PART, MadeUp, run

# The workload


@pytest.mark.parametrize(("arith", "bits", "scheme"), [("shift", 4, "lightnn1"), ("shift", 3, "lightnn1"), ("fixed8", 8, "fixed8")])
def test_cycles_of_the_networks_are_the_compilers_and_kept(arith: str, bits: int, scheme: str, tmp_path: Path) -> None:
    nets = ("net1", "net6")  # net6 has residuals and an average pool, and streams its codes
    config = array(PART, arith, 4, 8, 8, bits)
    found = workload.periods(config, nets, tmp_path)
    assert tuple(found) == nets
    for net, period in found.items():
        network = fresh_network(net, Scheme.create(scheme, code_bits=min(bits, 4)), name=net, in_shape=MODELS[net].in_shape, classes=10)
        assert compile_network(network, config).period == period
    (kept,) = (tmp_path / "fit").iterdir()
    kept.write_text(json.dumps({"net1": 1, "net6": 4}))
    assert workload.periods(config, nets, tmp_path) == {"net1": 1, "net6": 4}
    assert workload.images_per_cycle({"net1": 1, "net6": 4}) == pytest.approx(0.5)
    kept.write_text("{")
    with pytest.raises(FormatError, match=rf"{kept.name}: not a finished run .*delete it and run again"):
        workload.periods(config, nets, tmp_path)


@pytest.mark.parametrize("part", ECP5_PARTS)
def test_every_part_holds_the_networks_that_its_arrays_are_fitted_for(part: str, tmp_path: Path) -> None:
    assert workload.periods(array(part, "shift", 4, 4, 4), workload.WORKLOADS[part], tmp_path)


def test_an_array_whose_memories_hold_not_all_networks_does_none(tmp_path: Path) -> None:
    small = replace(array(PART, "shift", 4, 4, 4), program_depth=64)
    assert workload.periods(small, ("net1", "net4"), tmp_path) == {}
    assert workload.images_per_cycle({}) == 0


# The record


def test_a_record_says_what_fits_what_binds_and_what_was_tried(tmp_path) -> None:
    found = run(runs=MadeUp(fmax=lambda products: 104.0 if products <= 700 else 96.0))
    record = load_fit(write_fit(found, tmp_path))
    assert (record.array, record.cores, record.objective) == (found.design.config, 1, "products")
    assert (record.part, record.speed, record.arith, record.dsp) == (PART, 6, "shift", False)
    assert (record.lut, record.ff, record.bram, record.dsp_used) == tuple(asdict(found.placement.used).values())
    assert record.available == {"lut": 83640, "ff": 83640, "bram": 208, "dsp": 156}
    assert (record.fmax_mhz, record.clock_mhz, record.binds) == (104.0, 100.0, "clock")
    assert [trial["array"] for trial in record.trials] == [trial.design.name for trial in found.trials]
    assert record.versions == {"yosys": "1", "nextpnr": "2"}


def test_tables_show_every_fit_and_the_models_error(tmp_path) -> None:
    found = run(runs=MadeUp(large=1.1))
    write_fit(found, tmp_path)
    fits, model = fit_tables(load_records(tmp_path, "fit"))
    assert fits.rows[0][0] == "LFE5U-85F-6"
    assert found.design.name in fits.rows[0]
    assert fits.rows[0][-1] == "LUTs"
    assert model.rows[0][-1] == "fits"
    assert fit_tables([])[0].notes == ("no array was fitted yet; run flightasic fit",)


def test_a_file_that_is_no_fit_is_refused_by_name(tmp_path) -> None:
    damaged = tmp_path / "fit.json"
    damaged.write_text('{"kind": "fit", "data": {}}')
    with pytest.raises(FormatError, match=r"fit.json: not a record of a fit \(KeyError\('part'\)\)"):
        load_fit(damaged)
    damaged.write_text('{"kind": "fpga"}')
    with pytest.raises(FormatError, match="of kind 'fpga', not of a fit"):
        load_fit(damaged)
