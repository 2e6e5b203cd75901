"""The record store and the tables made from it."""

import json
from pathlib import Path

import pytest

from flightasic.config import ArrayConfig
from flightasic.errors import FormatError
from flightasic.report import BEGIN, END, build_report, demo_summary, demo_table, insert_report
from flightasic.results import DATA_FIELDS, load_records, write_record

ASIC = {
    "pdk": "sky130hd", "pdk_source": "here", "corner": "tt", "clock_ns": 10.0, "adder_style": "tree", "clock_gating": True,
    "area_um2": 1234.5, "cells": 99, "flops": 11, "units": [], "setup_slack_ns": -0.25, "hold_slack_ns": 0.3, "fmax_mhz": 97.5,
    "path_start": "a", "path_end": "b",
}  # fmt: skip
FPGA = {"part": "LFE5U-85F", "speed": 6, "lut": 4321, "ff": 55, "bram": 6, "dsp": 0, "fmax_mhz": 58.5}
RTL = {
    "images": 100, "mismatches": 0, "accuracy": 0.875, "cycles_per_image": 54321, "predicted_cycles_per_image": 54321,
    "utilization": 0.625,
}  # fmt: skip
TRAIN = {"scheme": "flight", "accuracy": 0.9012, "mean_k": 1.25, "images": 10000}


def put(folder: Path, kind: str, name: str, data: dict, **more) -> Path:
    more = {"stage": "synthesis", "versions": {"tool": "1.0"}, **more}
    return write_record(kind, name, data, results=folder, **more)


def test_record_comes_back_with_its_provenance(tmp_path) -> None:
    config = ArrayConfig()
    path = put(tmp_path, "asic", config.name, ASIC, config=config)
    (record,) = load_records(tmp_path)
    assert path.name.startswith("asic-shift_4x4x4-")
    assert (record.kind, record.stage, record.data, record.versions) == ("asic", "synthesis", ASIC, {"tool": "1.0"})
    assert ArrayConfig.from_dict(record.config) == config
    assert record.created.endswith("+00:00")


def test_same_measurement_keeps_its_file_and_another_gets_its_own(tmp_path) -> None:
    assert put(tmp_path, "asic", "a", ASIC) == put(tmp_path, "asic", "a", ASIC)
    put(tmp_path, "asic", "a", {**ASIC, "cells": 100})
    assert len(list(tmp_path.iterdir())) == 2


def test_records_are_chosen_by_kind_and_an_absent_folder_is_empty(tmp_path) -> None:
    put(tmp_path, "asic", "a", ASIC)
    put(tmp_path, "fpga", "a", FPGA)
    assert [record.kind for record in load_records(tmp_path, "fpga")] == ["fpga"]
    assert load_records(tmp_path / "absent") == []


def test_record_without_a_field_of_its_kind_is_not_written(tmp_path) -> None:
    with pytest.raises(FormatError, match="needs the field 'lut'"):
        put(tmp_path, "fpga", "a", {key: value for key, value in FPGA.items() if key != "lut"})
    kinds = ", ".join(DATA_FIELDS)
    with pytest.raises(FormatError, match=f"kind must be one of {kinds}, got 'power'"):
        put(tmp_path, "power", "a", {})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda text: text[:40], "not a result record"),
        (lambda text: text.replace('"schema": 1', '"schema": 9'), "record schema 9"),
        (lambda text: text.replace('"kind"', '"sort"'), "not a result record"),
        (lambda text: text.replace('"area_um2"', '"area"'), "needs the field 'area_um2'"),
        (lambda text: "[]", "not a result record"),
    ],
)
def test_damaged_record_is_named(tmp_path, damage, message) -> None:
    path = put(tmp_path, "asic", "a", ASIC)
    path.write_text(damage(path.read_text()))
    with pytest.raises(FormatError, match=f"{path.name}: .*{message}"):
        load_records(tmp_path)


def test_arrays_stand_side_by_side_and_empty_cells_say_why(tmp_path) -> None:
    put(tmp_path, "asic", "shift_4x4x4", ASIC)
    put(tmp_path, "asic", "fixed4_4x4x4", {**ASIC, "area_um2": 2000.0})
    put(tmp_path, "fpga", "shift_4x4x4", FPGA, stage="placed and routed")
    arrays, _ = build_report(load_records(tmp_path))
    assert arrays.headings == ("target", "figure", "fixed4_4x4x4", "shift_4x4x4")
    assert ("sky130hd tt, 10 ns, tree adders, synthesis", "area, um2", "2,000", "1,234") in arrays.rows
    assert ("LFE5U-85F-6, placed and routed", "LUTs", "-", "4,321") in arrays.rows
    assert arrays.notes == (
        "- in 'LFE5U-85F-6, placed and routed': not measured for fixed4_4x4x4; run sc flows/fpga_ecp5.py with these settings",
    )


@pytest.mark.parametrize(
    "change", [{"pdk": "osu018"}, {"corner": "ss"}, {"clock_ns": 8.0}, {"adder_style": "abc"}, {"clock_gating": False}, {"stage": "placed"}]
)
def test_figures_of_different_settings_or_stages_never_share_a_row(tmp_path, change) -> None:
    put(tmp_path, "asic", "shift_4x4x4", ASIC)
    stage = change.get("stage", "synthesis")
    put(tmp_path, "asic", "fixed4_4x4x4", {**ASIC, **{key: value for key, value in change.items() if key != "stage"}}, stage=stage)
    arrays, _ = build_report(load_records(tmp_path))
    assert all("-" in row[2:] for row in arrays.rows)
    assert len(arrays.notes) == 2


def test_newest_record_counts(tmp_path) -> None:
    for cells, year in ((1, 2030), (2, 2020)):
        path = put(tmp_path, "asic", "a", {**ASIC, "cells": cells})
        path.write_text(json.dumps({**json.loads(path.read_text()), "created": f"{year}-01-01T00:00:00+00:00"}))
    arrays, _ = build_report(load_records(tmp_path))
    assert ("", "cells", "1") in arrays.rows


def test_networks_join_training_and_simulation(tmp_path) -> None:
    put(tmp_path, "train", "flight", TRAIN, stage="training")
    put(tmp_path, "train", "alone", {**TRAIN, "mean_k": None}, stage="training")
    put(tmp_path, "rtl", "flight", RTL, stage="simulation", config=ArrayConfig(), workload="flight")
    _, networks = build_report(load_records(tmp_path))
    assert networks.headings == ("figure", "alone", "flight")
    assert ("array", "-", "shift_4x4x4") in networks.rows
    assert ("test accuracy", "90.12%", "90.12%") in networks.rows
    assert ("mean k", "-", "1.25") in networks.rows
    assert ("cycles per image", "-", "54,321") in networks.rows
    assert any("alone did not run on the RTL" in note for note in networks.notes)


def test_empty_store_says_what_to_run() -> None:
    assert [table.notes[0] for table in build_report([])] == [
        "no array was measured yet; run sc flows/asic_sky130.py and sc flows/fpga_ecp5.py",
        "no network was measured yet; run flightasic train and flightasic simulate",
    ]


def test_markdown_has_one_cell_per_heading(tmp_path) -> None:
    put(tmp_path, "asic", "shift_4x4x4", ASIC)
    text = build_report(load_records(tmp_path))[0].markdown()
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {row.count("|") for row in rows} == {4}
    assert text.startswith("## Arrays\n")


def put_demo(folder: Path) -> None:
    config = ArrayConfig()
    for name, accuracy in (("float", 0.93), ("lightnn2", 0.92), ("flight", 0.91)):
        mean_k = None if name == "float" else 1.25
        put(folder, "train", name, {**TRAIN, "scheme": name, "accuracy": accuracy, "mean_k": mean_k}, workload=name)
    put(folder, "rtl", f"flight-{config.name}", RTL, workload="flight", config=config, stage="simulation")
    put(folder, "asic", config.name, ASIC, config=config)
    put(folder, "fpga", config.name, {**FPGA, "dsp_allowed": False, "lut": 1}, config=config)
    put(folder, "fpga", config.name, {**FPGA, "dsp_allowed": True}, config=config)


def test_demo_summary_has_the_promised_keys_and_figures(tmp_path) -> None:
    put_demo(tmp_path)
    summary = demo_summary(load_records(tmp_path))
    assert (summary["accuracy_float"], summary["accuracy_lightnn2"], summary["accuracy_flightnn"]) == (0.93, 0.92, 0.91)
    assert (summary["mean_k"], summary["images_checked"], summary["mismatches"]) == (1.25, 100, 0)
    assert (summary["cycles_per_image"], summary["predicted_cycles_per_image"], summary["utilization"]) == (54321, 54321, 0.625)
    asic = {"area_um2": 1234.5, "slack_ns": -0.25, "clock_ns": 10.0, "pdk": "sky130hd", "corner": "tt"}
    assert asic.items() <= summary["asic"].items()
    assert summary["fpga"] == {"part": "LFE5U-85F", "lut": 4321, "ff": 55, "bram": 6, "fmax_mhz": 58.5}
    assert summary["versions"] == {"tool": "1.0"}
    text = demo_table(summary).markdown()
    for figure in ("93.00%", "92.00%", "91.00%", "1.25", "100, 0", "54,321", "62.5%", "-0.25", "4,321", "58.5"):
        assert figure in text


@pytest.mark.parametrize(("kind", "remedy"), [("rtl", "flightasic simulate"), ("asic", "sc flows/asic"), ("fpga", "sc flows/fpga")])
def test_demo_summary_names_the_missing_step(tmp_path, kind: str, remedy: str) -> None:
    put_demo(tmp_path)
    records = [record for record in load_records(tmp_path) if record.kind != kind]
    with pytest.raises(FormatError, match=remedy):
        demo_summary(records)


def test_report_goes_between_the_marks_of_a_document(tmp_path) -> None:
    put_demo(tmp_path)
    tables = [demo_table(demo_summary(load_records(tmp_path)))]
    once = insert_report(f"before\n{BEGIN}\nold\n{END}\nafter\n", tables, "README.md")
    assert once.startswith("before\n") and once.endswith("after\n") and "old" not in once and "54,321" in once
    assert insert_report(once, tables, "README.md") == once
    with pytest.raises(FormatError, match="README.md: no place for the report"):
        insert_report("no marks", tables, "README.md")
