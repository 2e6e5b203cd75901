"""The order in which technologies are looked for: explicit choice, shared/pdk, SiliconCompiler's copy, OSU 0.18 um."""

import logging
from pathlib import Path

import pytest

from flightasic.eda import pdk
from flightasic.eda.pdk import find_technology
from flightasic.errors import ToolError


def make_sky130(root: Path) -> Path:
    library = root / "lambdapdk" / "sky130" / "libs" / "sky130hd"
    for folder in ("nldm", "lef"):
        (library / folder).mkdir(parents=True)
    for corner in ("tt_025C_1v80", "ss_n40C_1v40", "ff_100C_1v95"):
        (library / "nldm" / f"sky130_fd_sc_hd__{corner}.lib.gz").touch()
    (library / "lef" / "sky130_fd_sc_hd_merged.lef").touch()
    return root


def make_osu018(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "osu018_stdcells.lib").touch()
    (folder / "osu018_stdcells.lef").touch()
    return folder


@pytest.fixture(autouse=True)
def no_choice_from_outside(monkeypatch) -> None:
    monkeypatch.delenv("FLIGHTASIC_PDK", raising=False)
    monkeypatch.setenv("FLIGHTASIC_PDK_DOWNLOAD", "0")


@pytest.fixture
def osu(tmp_path) -> Path:
    return make_osu018(tmp_path / "qflow" / "osu018")


def test_shared_pdk_is_found_from_a_folder_below_its_parent(tmp_path, osu) -> None:
    make_sky130(tmp_path / "shared" / "pdk")
    deep = tmp_path / "repository" / "flows"
    deep.mkdir(parents=True)
    technology = find_technology(search_from=[deep], osu_folders=[osu])
    assert technology.name == "sky130hd"
    assert "shared/pdk" in technology.source
    assert str(technology.liberty["tt_025C_1v80"]).startswith(str(tmp_path))


def test_siliconcompiler_s_copy_comes_before_osu(tmp_path, osu, monkeypatch) -> None:
    root = make_sky130(tmp_path / "cache")
    monkeypatch.setattr(pdk, "_siliconcompiler_copy", lambda: root)
    technology = find_technology(search_from=[], osu_folders=[osu], download=True)
    assert technology.name == "sky130hd"
    assert "SiliconCompiler" in technology.source


def test_without_sky130_the_osu_library_is_used_and_said(osu, caplog) -> None:
    with caplog.at_level(logging.WARNING):
        technology = find_technology(search_from=[], osu_folders=[osu])
    assert technology.name == "osu018"
    assert "qflow-tech-osu018" in technology.source
    assert "not comparable with sky130" in caplog.text


def test_forbidden_download_is_not_tried(osu, monkeypatch) -> None:
    monkeypatch.setattr(pdk, "_siliconcompiler_copy", lambda: pytest.fail("asked for a download"))
    assert find_technology(search_from=[], osu_folders=[osu]).name == "osu018"


@pytest.mark.parametrize("by_variable", [False, True])
def test_choice_of_osu018_wins_over_sky130(tmp_path, osu, monkeypatch, by_variable) -> None:
    make_sky130(tmp_path / "shared" / "pdk")
    if by_variable:
        monkeypatch.setenv("FLIGHTASIC_PDK", "osu018")
    technology = find_technology(None if by_variable else "osu018", search_from=[tmp_path], osu_folders=[osu])
    assert technology.name == "osu018"


def test_explicit_option_wins_over_the_variable(tmp_path, osu, monkeypatch) -> None:
    monkeypatch.setenv("FLIGHTASIC_PDK", "osu018")
    root = make_sky130(tmp_path / "mine")
    assert find_technology(str(root), search_from=[], osu_folders=[osu]).name == "sky130hd"


def test_folder_of_either_library_can_be_named(tmp_path, osu) -> None:
    assert find_technology(str(make_sky130(tmp_path / "mine"))).name == "sky130hd"
    assert find_technology(str(osu)).name == "osu018"


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ("/no/such/folder", "neither 'sky130', 'osu018', nor a folder"),
        ("sky130", "no sky130 data"),
        ("osu018", "apt-get install qflow-tech-osu018"),
        (None, "apt-get install qflow-tech-osu018"),
    ],
)
def test_nothing_found_says_how_to_get_it(choice, message) -> None:
    with pytest.raises(ToolError, match=message):
        find_technology(choice, search_from=[], osu_folders=[])


def test_incomplete_sky130_names_the_missing_file(tmp_path) -> None:
    root = make_sky130(tmp_path)
    next(root.rglob("*ss_n40C_1v40.lib.gz")).unlink()
    with pytest.raises(ToolError, match="ss_n40C_1v40.lib.gz is missing"):
        find_technology(str(root))


def test_corners_by_alias_and_full_name(osu) -> None:
    technology = find_technology(str(osu))
    assert technology.corner("tt") == technology.corner("tt_025C_1v80") == "tt_025C_1v80"
    with pytest.raises(ToolError, match=r"no corner 'ss'; choose one of tt"):
        technology.corner("ss")
