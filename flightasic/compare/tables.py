"""The tables of a comparison. Every cell comes from a record or follows from records; notes say which, and why a cell is empty."""

from __future__ import annotations

from collections.abc import Sequence

from flightasic.accuracy import LABELS
from flightasic.compare.points import PARTS, Comparison, Failure, Point
from flightasic.compare.views import TOLERANCE, EqualAccuracy, Goal, Scaled, equal_accuracy, goals, same_area, same_throughput
from flightasic.report import EMPTY, ReportTable

MARKS = ("<!-- compare:begin -->", "<!-- compare:end -->")
SUMMARY_MARKS = ("<!-- compare-summary:begin -->", "<!-- compare-summary:end -->")
_SCALED = ("network", "scheme", "array", "arrays", "area, mm2", "images/s", "power, mW", "nJ per image")


def summary_tables(comparison: Comparison) -> list[ReportTable]:
    """What a reader must see: energies and goals."""
    return [energy_table(comparison), goals_table(comparison.points)]


def all_tables(comparison: Comparison) -> list[ReportTable]:
    """Those of :func:`summary_tables`, and all that lies behind them."""
    points = comparison.points
    return [
        *summary_tables(comparison),
        parts_table(comparison),
        arrays_table(points),
        equal_accuracy_table(points),
        _scaled_table("Same throughput (derived)", same_throughput(points), _THROUGHPUT_NOTES),
        _scaled_table("Same area (derived)", same_area(points), _AREA_NOTES),
    ]


def energy_table(comparison: Comparison) -> ReportTable:
    """Energy beside accuracy; a network that failed has its row, empty, and its reason."""
    headings = (
        "network", "scheme", "array", "accuracy", "mean k", "cycles", "utilisation", "nJ per image",
        "pJ per MAC: array", "core", "all", "GOPS/W", "GOPS/mm2",
    )  # fmt: skip
    rows = []
    for each in _in_plan_order(comparison):
        if isinstance(each, Failure):
            rows.append((each.net, LABELS.get(each.scheme, each.scheme), each.array, *[EMPTY] * (len(headings) - 3)))
            continue
        data, per_mac = each.data, each.data["energy_per_mac_pj"]
        rows.append(
            (
                each.net,
                each.label,
                data["array"],
                _text(each.accuracy, ".2f", "%"),
                _text(data["mean_k"], ".2f"),
                f"{data['cycles']:,}",
                f"{data['utilization']:.1%}",
                f"{each.energy_nj:,.1f}",
                *(f"{per_mac[part]:.2f}" for part in ("array", "core", "total")),
                f"{data['gops_per_w']:,.0f}",
                f"{data['gops_per_mm2']:.2f}",
            )
        )
    return ReportTable("Energy of an inference", headings, tuple(rows), (*_setting_notes(comparison), *_energy_notes(comparison)))


def _in_plan_order(comparison: Comparison) -> list[Point | Failure]:
    order = {scheme: index for index, scheme in enumerate(LABELS)}
    nets = comparison.nets
    found: list[Point | Failure] = [*comparison.points, *comparison.failures]
    return sorted(found, key=lambda each: (nets.index(each.net), order.get(each.scheme, len(order)), each.scheme))


def _setting_notes(comparison: Comparison) -> list[str]:
    settings = comparison.settings
    stages = sorted({str(point.data.get("stage", "synthesis")) for point in comparison.points})
    count = settings["images"]
    images = "the first test image" if count == 1 else f"the first {count} test images"
    notes = [
        f"{settings['pdk']} ({settings['pdk_source']}), {settings['corner']}, {settings['clock_ns']:g} ns, {', '.join(stages) or EMPTY}; "
        f"figures are those of one image, measured on {images} of {settings['dataset']}",
        "array: the elements (unit mesh) with their registers and the leaves of their clock; core: with all other units, and the trunk of "
        "the clock; all: with the memories; leakage is in each; a MAC is one weight times one activation of the network, whatever k",
    ]
    if any(not point.has_memory for point in comparison.points):
        notes.append("the technology has no memory macro at this corner: areas and energies are those of the core alone")
    return notes


def _energy_notes(comparison: Comparison) -> list[str]:
    notes = [f"{EMPTY} in accuracy of {point.name}: its file does not say" for point in comparison.points if point.accuracy is None]
    if any(point.data["mean_k"] is None for point in comparison.points):
        notes.append(f"{EMPTY} in mean k: multipliers have no terms")
    return notes + [f"{EMPTY} in {failure.name}: {failure.reason}" for failure in comparison.failures]


def goals_table(points: Sequence[Point]) -> ReportTable:
    """Every goal with what was measured, met or missed."""
    rows = tuple((goal.goal, goal.subject or EMPTY, _value(goal), f"{goal.limit:g} {goal.unit}", _outcome(goal)) for goal in goals(points))
    notes = (
        f"equal accuracy: the FLightNN of least energy among all networks that is at most {TOLERANCE} points less accurate than the rival",
        "elements: the unit mesh; a row's first activation register lies before it, in the feed, and its columns are joined behind it, in "
        "the merge unit: the second goal counts both, and the trunk of the clock",
    )
    return ReportTable("Goals", ("goal", "network", "measured", "at most", "outcome"), rows, notes)


def _value(goal: Goal) -> str:
    return EMPTY if goal.value is None else f"{goal.value:.2f} {goal.unit}"


def _outcome(goal: Goal) -> str:
    if goal.value is None:
        return f"not measured: {goal.reason}"
    return "met" if goal.met else f"missed by {goal.value - goal.limit:.2g} {goal.unit}"


def parts_table(comparison: Comparison) -> ReportTable:
    """Where the energy goes."""
    rows = [
        (point.net, point.label, *(_text(point.part_nj(part), ",.1f") for part in PARTS), f"{point.energy_nj:,.1f}")
        for point in comparison.points
    ]
    notes = (
        "nJ per image; logic: gates and the nets they drive; registers: flip-flops except their clock pins; clock: its tree, clock gates "
        "and clock pins; memory: accesses and leakage of the memories; leakage: that of the core's cells",
    )
    return ReportTable("Energy by part", ("network", "scheme", *PARTS, "all"), tuple(rows), notes)


def arrays_table(points: Sequence[Point]) -> ReportTable:
    """The arrays that were compared, once each."""
    headings = (
        "array",
        "adders",
        "tile rows",
        "core, mm2",
        "memories, mm2",
        "setup slack, ns",
        "hold slack, ns",
        "frequency reached, MHz",
        "nets annotated",
    )
    rows: dict[str, tuple[str, ...]] = {}
    for point in points:
        data = point.data
        areas = (data["area_um2"].get(part) for part in ("core", "memory"))
        rows.setdefault(
            data["array"],
            (
                data["array"],
                data["adder_style"],
                str(data["tile_rows"]),
                *(EMPTY if area is None else f"{area / 1e6:.4f}" for area in areas),
                f"{data['setup_slack_ns']:+.2f}",
                _text(data["checks"].get("hold_slack_ns"), "+.3f"),
                f"{data['fmax_mhz']:.1f}",
                f"{min(each.data['annotated_fraction'] for each in points if each.data['array'] == data['array']):.2%}",
            ),
        )
    notes = (
        "setup at the corner of the comparison, hold at the worst corner; adders: the first style, in the order of their energy, with "
        "which this array meets the clock",
        "tile rows: elements down a column without registers between them, the most with which this array meets the clock: a small slack "
        "can decide over an array's registers, and so over its energy",
        "nets annotated: share of nets with simulated activity, the least of its networks",
    )
    return ReportTable("Arrays compared", headings, tuple(rows.values()), notes)


def equal_accuracy_table(points: Sequence[Point]) -> ReportTable:
    """FLightNN's energy where it is as accurate as fixed point."""
    headings = ("rival", "accuracy", "nJ per image", "FLightNN", "accuracy", "nJ per image", "ratio", "ratio, interpolated")
    found = equal_accuracy(points)
    rows = tuple(
        (
            each.rival.name,
            _text(each.rival.accuracy, ".2f", "%"),
            f"{each.rival.energy_nj:,.1f}",
            *_ours(each),
            _text(each.ratio, ".2f"),
            _text(each.interpolated_ratio, ".2f"),
        )
        for each in found
    )
    notes = [
        f"FLightNN: that of least energy among all networks with at least the rival's accuracy less {TOLERANCE} points; both are measured",
        "interpolated (derived): energy at just the rival's accuracy, on straight lines of log energy over accuracy between the measured "
        "networks of FLightNN a or b, whichever is less",
    ]
    for each in found:
        notes += [f"{EMPTY} for {each.rival.name}: {reason}" for reason in dict.fromkeys((each.reason, each.interpolated_reason)) if reason]
    return ReportTable("Equal accuracy", headings, rows, tuple(notes))


def _ours(found: EqualAccuracy) -> tuple[str, str, str]:
    if found.ours is None:
        return EMPTY, EMPTY, EMPTY
    return found.ours.name, _text(found.ours.accuracy, ".2f", "%"), f"{found.ours.energy_nj:,.1f}"


_COPIES_NOTE = (
    "arrays: copies of the measured array with its memories, each with images of its own, at the same clock; throughput, power and area "
    "grow with them, energy per image stays; copies need not be whole"
)
_THROUGHPUT_NOTES = ("copies that give every scheme of a network the throughput of its fastest", _COPIES_NOTE)
_AREA_NOTES = ("copies that fill the area of the largest array of the comparison", _COPIES_NOTE)


def _scaled_table(title: str, rows: Sequence[Scaled], notes: tuple[str, ...]) -> ReportTable:
    cells = tuple(
        (
            row.net,
            LABELS.get(row.scheme, row.scheme),
            row.array,
            f"{row.copies:.2f}",
            f"{row.area_mm2:.3f}",
            f"{row.images_per_s:,.0f}",
            f"{row.power_mw:,.2f}",
            f"{row.energy_nj:,.1f}",
        )
        for row in rows
    )
    return ReportTable(title, _SCALED, cells, notes)


def _text(value: float | None, form: str, unit: str = "") -> str:
    return EMPTY if value is None else f"{value:{form}}{unit}"
