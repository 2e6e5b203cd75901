"""What follows from measured points, against figures worked out by hand; tables, JSON and plots of it."""

from __future__ import annotations

import json
import math
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

from flightasic.compare import Comparison, Failure, Point, all_tables, summary, summary_tables
from flightasic.compare.plots import energy_accuracy_svg, energy_parts_svg
from flightasic.compare.points import make_point
from flightasic.compare.tables import arrays_table, energy_table, equal_accuracy_table, goals_table, parts_table
from flightasic.compare.views import EqualAccuracy, Goal, equal_accuracy, goals, same_area, same_throughput
from flightasic.errors import FormatError
from tests.small_compare import energy_data, point

SETTINGS = {
    "clock_ns": 10.0,
    "corner": "tt_typical",
    "adder_style": "auto",
    "pdk": "testlib",
    "pdk_source": "made for tests",
    "dataset": "fashion-mnist",
    "images": 1,
    "arrays": {},
}


def comparison(*points: Point, failures: tuple[Failure, ...] = (), **settings: Any) -> Comparison:
    return Comparison(settings=SETTINGS | settings, points=points, failures=failures, git={"commit": "0" * 40, "clean": True})


def goal_of(points: list[Point], start: str, subject: str) -> Goal:
    (found,) = [each for each in goals(points) if each.goal.startswith(start) and each.subject == subject]
    return found


def test_a_point_s_rate_and_area_follow_from_its_record() -> None:
    made = point("net1", "flight-a", cycles=2000, clock_ns=5.0, energy_nj=80.0)
    assert made.images_per_s == pytest.approx(100_000)  # 2000 cycles of 5 ns are 10 us
    assert made.area_mm2 == pytest.approx(0.5)  # 0.2 of core, 0.3 of memories
    assert made.power_mw == pytest.approx(8.0)  # 80 nJ in 10 us


def test_same_throughput_takes_more_of_the_slower_array() -> None:
    fast, slow = point("net1", "flight-a", cycles=1000, energy_nj=100.0), point("net1", "lightnn2", cycles=2500, energy_nj=240.0)
    other = point("net2", "flight-a", cycles=9000)
    first, second, alone = same_throughput([fast, slow, other])
    assert (first.copies, alone.copies) == (1.0, 1.0)
    assert second.copies == pytest.approx(2.5)
    assert second.images_per_s == pytest.approx(100_000)
    assert second.area_mm2 == pytest.approx(1.25)  # 2.5 times 0.5
    assert second.power_mw == pytest.approx(24.0)  # 240 nJ, 100,000 times a second
    assert second.energy_nj == 240.0


def test_same_area_fills_the_largest_array_s() -> None:
    small, large = point("net1", "flight-a", cycles=1000, energy_nj=100.0), point("net1", "fixed8", cycles=1000, energy_nj=300.0)
    first, second = same_area([small, large])
    assert second.copies == 1.0
    assert first.copies == pytest.approx(0.7 / 0.5)
    assert first.area_mm2 == pytest.approx(second.area_mm2)
    assert first.images_per_s == pytest.approx(140_000)
    assert first.power_mw == pytest.approx(14.0)


def test_without_memories_the_core_alone_is_scaled() -> None:
    small, large = point("net1", "flight-a", memory_um2=None), point("net1", "fixed8", memory_um2=None)
    assert same_area([small, large])[0].copies == pytest.approx(2.0)  # 0.4 over 0.2


def only(points: list[Point]) -> EqualAccuracy:
    (found,) = equal_accuracy(points)
    return found


def test_equal_accuracy_takes_the_flightnn_of_least_energy_within_a_tenth() -> None:
    rival = point("net1", "fixed4", accuracy=0.907, energy_nj=200.0)
    ours = [
        point("net1", "flight-a", accuracy=0.8959, energy_nj=50.0),
        point("net1", "flight-b", accuracy=0.906, energy_nj=120.0),
        point("net2", "flight-a", accuracy=0.92, energy_nj=150.0),
    ]
    found = only([rival, *ours])
    assert found.ours is ours[1]
    assert found.ratio == pytest.approx(0.6)
    short = only([rival, ours[0], point("net1", "flight-b", accuracy=0.9059, energy_nj=120.0), ours[2]])
    assert short.ours is ours[2]


def test_only_flightnns_compete_with_fixed_point() -> None:
    found = only([point("net1", "fixed8", accuracy=0.9), point("net1", "lightnn2", accuracy=0.95, energy_nj=1.0)])
    assert (found.ours, found.ratio, found.interpolated_ratio) == (None, None, None)
    assert found.reason == "no FLightNN of known accuracy was measured"


def test_where_no_flightnn_is_as_accurate_the_reason_tells_how_far_it_is() -> None:
    found = only([point("net1", "fixed8", accuracy=0.93), point("net1", "flight-b", accuracy=0.91)])
    assert found.ours is None and found.ratio is None
    assert found.reason == "the best FLightNN measured reaches 91.00%, 2.00 points less"
    assert found.interpolated_reason == "93.00% does not lie between two measured FLightNNs of one kind"


def test_interpolation_is_geometric_in_energy_between_networks_of_one_kind() -> None:
    rival = point("net1", "fixed4", accuracy=0.91, energy_nj=400.0)
    line = [point("net1", "flight-a", accuracy=0.90, energy_nj=100.0), point("net2", "flight-a", accuracy=0.92, energy_nj=400.0)]
    found = only([rival, *line])
    assert found.interpolated_nj == pytest.approx(math.sqrt(100.0 * 400.0))
    assert found.interpolated_ratio == pytest.approx(0.5)
    crossed = [line[0], point("net2", "flight-b", accuracy=0.92, energy_nj=400.0)]
    assert only([rival, *crossed]).interpolated_nj is None


def test_interpolation_takes_the_kind_of_less_energy() -> None:
    rival = point("net1", "fixed4", accuracy=0.91, energy_nj=400.0)
    a = [point("net1", "flight-a", accuracy=0.90, energy_nj=100.0), point("net2", "flight-a", accuracy=0.92, energy_nj=400.0)]
    b = [point("net1", "flight-b", accuracy=0.91, energy_nj=150.0), point("net2", "flight-b", accuracy=0.93, energy_nj=500.0)]
    assert only([rival, *a, *b]).interpolated_nj == pytest.approx(150.0)


def test_a_rival_of_unknown_accuracy_is_not_compared() -> None:
    found = only([point("net1", "fixed4", accuracy=None), point("net1", "flight-a")])
    assert found.ours is None
    assert found.reason == "the accuracy of net1 4W8A is not known"


@pytest.mark.parametrize(("array_pj", "met"), [(0.79, True), (0.8, True), (0.81, False)])
def test_the_array_s_goal_is_judged_at_k_1_alone(array_pj: float, met: bool) -> None:
    points = [point("net1", "lightnn1", array_pj=array_pj), point("net1", "flight-b", mean_k=1.2, array_pj=0.1)]
    assert goal_of(points, "elements of the array", "net1 LightNN-1").met is met
    assert not any("at k = 1" in goal.goal and goal.subject == "net1 FLightNN b" for goal in goals(points))


def test_the_goal_of_all_buffers_needs_memories() -> None:
    found = goal_of([point("net1", "lightnn1", memory_um2=None, total_pj=1.0)], "array and all buffers", "net1 LightNN-1")
    assert (found.value, found.met) == (None, None)
    assert found.reason == "the technology has no memory that could be charged at this corner"
    assert goal_of([point("net1", "lightnn1", total_pj=2.1)], "array and all buffers", "net1 LightNN-1").met is False


@pytest.mark.parametrize(
    ("scheme", "ours_nj", "met"), [("fixed4", 60.0, True), ("fixed4", 61.0, False), ("fixed8", 35.0, True), ("fixed8", 36.0, False)]
)
def test_energy_ratios_are_judged_by_rival(scheme: str, ours_nj: float, met: bool) -> None:
    points = [point("net1", scheme, energy_nj=100.0), point("net1", "flight-a", energy_nj=ours_nj)]
    (found,) = [each for each in goals(points) if each.subject == points[0].name]
    assert found.met is met


def test_what_feeds_and_joins_the_elements_has_a_goal_of_its_own() -> None:
    found = goal_of([point("net1", "lightnn1", array_pj=0.6, around_pj=0.3)], "elements with feed, merge and clock", "net1 LightNN-1")
    assert (found.value, found.met) == (pytest.approx(0.9), False)


@pytest.mark.parametrize("without", ["fixed4", "flight-a"])
def test_ratios_of_energy_need_memories_on_both_sides(without: str) -> None:
    points = [
        point("net1", scheme, energy_nj=energy_nj, memory_um2=None if scheme == without else 1e5)
        for scheme, energy_nj in (("fixed4", 100.0), ("flight-a", 10.0))
    ]
    (found,) = [each for each in goals(points) if each.subject == "net1 4W8A"]
    assert (found.value, found.met) == (None, None)
    assert "no memory that could be charged" in found.reason


def test_what_was_not_measured_is_neither_met_nor_missed() -> None:
    found = goals([])
    assert len(found) == 5
    assert {goal.met for goal in found} == {None}
    assert all("not measured: no " in row[-1] for row in goals_table([]).rows)


def test_the_energy_table_has_a_row_for_what_failed_and_its_reason() -> None:
    failure = Failure(net="net1", scheme="lightnn2", array="shift_4x4x4", reason="program of 600 words, program_depth=512")
    made = comparison(point("net1", "flight-a"), point("net1", "fixed4", accuracy=None), failures=(failure,))
    table = energy_table(made)
    assert [row[1] for row in table.rows] == ["LightNN-2", "4W8A", "FLightNN a"]
    assert table.rows[0] == ("net1", "LightNN-2", "shift_4x4x4", *["-"] * 10)
    assert table.rows[2] == (
        "net1", "FLightNN a", "shift_4x4x4", "90.00%", "1.00", "1,000", "80.0%", "100.0", "0.90", "1.50", "2.50", "1,234", "2.50",
    )  # fmt: skip
    assert "- in net1 LightNN-2: program of 600 words, program_depth=512" in table.notes
    assert "- in accuracy of net1 4W8A: its file does not say" in table.notes


def test_tables_say_where_their_figures_come_from() -> None:
    notes = energy_table(comparison(point("net1", "flight-a"), images=3)).notes
    assert notes[0].startswith("testlib (made for tests), tt_typical, 10 ns, synthesis; ")
    assert notes[0].endswith("measured on the first 3 test images of fashion-mnist")
    assert not any("no memory macro" in note for note in notes)
    assert any("no memory macro" in note for note in energy_table(comparison(point("net1", "flight-a", memory_um2=None))).notes)


def test_parts_add_up_and_memories_that_are_not_counted_are_empty() -> None:
    table = parts_table(comparison(point("net1", "flight-a"), point("net1", "fixed4", memory_um2=None)))
    assert table.headings[2:] == ("logic", "registers", "clock", "memory", "leakage", "all")
    assert table.rows[0][2:] == ("60.0", "10.0", "10.0", "10.0", "10.0", "100.0")
    assert table.rows[1][5] == "-"


def test_an_array_is_listed_once_with_the_least_annotation() -> None:
    less = make_point("net2", "flight-a", energy_data() | {"annotated_fraction": 0.991}, "test")
    table = arrays_table([point("net1", "flight-a"), less, point("net1", "fixed8")])
    assert [row[0] for row in table.rows] == ["shift_4x4x4", "fixed8_4x4x4"]
    assert table.rows[0][2:] == ("2", "0.2000", "0.3000", "+0.50", "+0.123", "111.1", "99.10%")


def test_goals_and_equal_accuracy_are_shown_with_outcome_and_reason() -> None:
    points = [point("net1", "lightnn1"), point("net1", "fixed4", energy_nj=200.0), point("net1", "flight-a", mean_k=0.95, energy_nj=110.0)]
    rows = {row[:2]: row[2:] for row in goals_table(points).rows}
    assert rows["elements of the array at k = 1", "net1 LightNN-1"] == ("0.90 pJ per MAC", "0.8 pJ per MAC", "missed by 0.1 pJ per MAC")
    assert rows["FLightNN's energy at equal accuracy, of 4W8A's", "net1 4W8A"] == ("0.55 x", "0.6 x", "met")
    table = equal_accuracy_table(points)
    assert table.rows == (("net1 4W8A", "90.00%", "200.0", "net1 FLightNN a", "90.00%", "110.0", "0.55", "-"),)
    assert table.notes[-1] == "- for net1 4W8A: 90.00% does not lie between two measured FLightNNs of one kind"


def test_derived_tables_say_so() -> None:
    tables = {table.title: table for table in all_tables(comparison(point("net1", "flight-a"), point("net1", "fixed8", cycles=1500)))}
    assert tables["Same throughput (derived)"].rows[1][3:] == ("1.50", "1.050", "100,000", "10.00", "100.0")
    assert tables["Same area (derived)"].rows[0][3] == "1.40"
    assert [table.title for table in summary_tables(comparison())] == ["Energy of an inference", "Goals"]


def test_the_json_holds_points_whole_and_gives_the_same_comparison_back(tmp_path: Path) -> None:
    failure = Failure(net="net2", scheme="fixed4", array="fixed4_4x4x4", reason="no")
    made = comparison(point("net1", "flight-a"), point("net1", "fixed8"), failures=(failure,))
    path = tmp_path / "c.json"
    path.write_text(json.dumps(summary(made)))
    assert Comparison.read(path) == made
    written = json.loads(path.read_text())
    assert set(written) == {"schema", "settings", "git", "points", "failures", "views", "goals"}
    assert written["points"][0] == {"net": "net1", "scheme": "flight-a", "data": dict(made.points[0].data)}
    assert [each["copies"] for each in written["views"]["same_throughput"]] == [1.0, 1.0]
    assert written["views"]["equal_accuracy"]["rows"][0]["ours"] == {"net": "net1", "scheme": "flight-a"}
    assert {each["met"] for each in written["goals"]} == {None, False}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": 1, "points": []}'])
def test_a_damaged_comparison_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "c.json"
    path.write_text(text)
    with pytest.raises(FormatError, match=r"c\.json"):
        Comparison.read(path)


@pytest.mark.parametrize("field", ["cycles", "checks", "adder_style", "gops_per_w"])
def test_a_point_that_lacks_a_field_is_refused(field: str) -> None:
    data = energy_data()
    del data[field]
    with pytest.raises(FormatError, match=f"net1 flight-a lacks the field '{field}'"):
        make_point("net1", "flight-a", data, "c.json")


def test_a_point_that_lacks_a_part_is_refused() -> None:
    data = energy_data()
    del data["power_mw"]["clock"]
    with pytest.raises(FormatError, match=r"power_mw\.clock"):
        make_point("net1", "flight-a", data, "c.json")


def texts(svg: str) -> set[str | None]:
    return {element.text for element in ElementTree.fromstring(svg).iter() if element.tag.endswith("}text")}


def test_the_plots_show_every_scheme_and_are_the_same_for_the_same_figures() -> None:
    made = comparison(point("net1", "flight-a"), point("net2", "flight-a", energy_nj=250.0, accuracy=0.92), point("net1", "fixed8"))
    for draw in (energy_accuracy_svg, energy_parts_svg):
        assert draw(made) == draw(made)
        assert draw(made) != draw(comparison(*made.points[:2]))
        assert {"FLightNN a", "8W8A", "net1", "net2"} <= texts(draw(made))
        assert "fashion-mnist, testlib tt_typical, 10 ns" in texts(draw(made))
    assert {"logic", "registers", "clock", "memory", "leakage"} <= texts(energy_parts_svg(made))


def test_plots_leave_out_what_is_not_known() -> None:
    made = comparison(point("net1", "flight-a", memory_um2=None), point("net1", "fixed4", accuracy=None, memory_um2=None))
    assert "4W8A" not in texts(energy_accuracy_svg(made))
    assert "memory" not in texts(energy_parts_svg(made))


def test_a_comparison_without_any_point_still_draws() -> None:
    for draw in (energy_accuracy_svg, energy_parts_svg):
        assert draw(comparison()).startswith("<?xml")
