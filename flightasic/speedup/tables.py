"""The tables of the experiment. Every cell comes from a record or follows from records; notes say why a cell is empty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flightasic.accuracy import LABELS
from flightasic.config import arith_name
from flightasic.fit.resources import NAMES
from flightasic.report import EMPTY, ReportTable
from flightasic.speedup.arrays import has_dsps
from flightasic.speedup.networks import FLIGHTS
from flightasic.speedup.points import LAYER, NETWORK, Gap, Point, Speedup, label_of
from flightasic.speedup.ratios import Goal, Ratio, goals, ratios

MARKS = ("<!-- speedup:begin -->", "<!-- speedup:end -->")
SUMMARY_MARKS = ("<!-- speedup-summary:begin -->", "<!-- speedup-summary:end -->")
_GIGA = 1e9


def summary_tables(speedup: Speedup) -> list[ReportTable]:
    """What a reader must see: of the networks that have ratios the goals, and the ratios of the FLightNNs that are judged over the rivals
    that the goals name; a last note names the other networks."""
    measured = {each.ours.net for each in ratios(speedup, NETWORK)}
    left = [net for net in speedup.nets if net not in measured]
    if not measured:
        return [ratios_table(speedup), goals_table(speedup)]
    known = replace(
        speedup,
        points=tuple(point for point in speedup.points if point.net in measured),
        gaps=tuple(gap for gap in speedup.gaps if gap.net in measured),
    )
    judged = [goal.ratio for goal in goals(known) if goal.ratio is not None]
    if not judged:
        return [ratios_table(speedup), goals_table(speedup)]
    subjects = {each.ours.name for each in judged}
    rivals = {(each.rival.scheme, each.rival.dsp) for each in judged}
    kept = replace(
        known,
        points=tuple(
            point for point in known.points if (point.name in subjects if point.is_flight else (point.scheme, point.dsp) in rivals)
        ),
        gaps=(),
    )
    found, whole = ratios_table(kept), goals_table(known)
    reasons = dict.fromkeys(gap.reason for gap in speedup.gaps if gap.net in left and gap.scheme in FLIGHTS)
    notes = (f"not measured, for {', '.join(left)}: {'; '.join(reasons)}",) if left else ()
    rows = tuple(cells for cells in found.rows if EMPTY not in cells[2:4])
    return [replace(found, rows=rows, notes=(*found.notes, *notes)), whole]


def all_tables(speedup: Speedup) -> list[ReportTable]:
    """Ratios and goals of every network, empty ones too, and all that lies behind them."""
    return [
        ratios_table(speedup),
        goals_table(speedup),
        factors_table(speedup),
        arrays_table(speedup),
        *(network_table(speedup, net) for net in speedup.nets),
        checks_table(speedup),
    ]


def ratios_table(speedup: Speedup) -> ReportTable:
    """FLightNN over LightNN-2, of 4 and of 3 bits, and over 4W8A with and without DSPs; what a network lacks shares an empty row."""
    headings = (
        "network", "scheme", "accuracy", "over", "points", "images/s", "largest layer/s", "images/s per LUT", "largest layer/s per LUT",
        "paper reports",
    )  # fmt: skip
    layers = {(each.ours.name, each.rival.name): each for each in ratios(speedup, LAYER)}
    found = ratios(speedup, NETWORK)
    rows = []
    for net in speedup.nets:
        own = [each for each in found if each.ours.net == net]
        rows += [_ratio_row(each, layers[each.ours.name, each.rival.name]) for each in own]
        gaps = {gap.scheme for gap in speedup.gaps if gap.net == net}
        lacking = [LABELS[flight] for flight in FLIGHTS if flight in gaps]
        rows += [(net, "; ".join(lacking), *[EMPTY] * (len(headings) - 2))] if lacking else []
    notes = [
        "how many times as fast the FLightNN is as the rival, each on the array fitted for its arithmetic; points: accuracy of the "
        "FLightNN less the rival's",
        "schemes whose codes have the same bits run on the same array, so that their ratio is the same per LUT",
        f"{EMPTY} in paper reports: the figures of the paper's designs are not known here, and its networks are others",
        *_gap_notes(speedup, FLIGHTS),
    ]
    return ReportTable("Speed-up of FLightNN", headings, tuple(rows), tuple(notes))


def _ratio_row(whole: Ratio, layer: Ratio) -> tuple[str, ...]:
    ours = whole.ours
    return (
        ours.net,
        ours.label,
        _text(ours.accuracy, ".2f", "%"),
        whole.rival.label,
        _text(whole.gain, "+.2f"),
        *(f"{value:.2f}x" for value in (whole.per_s, layer.per_s, whole.per_klut, layer.per_klut)),
        EMPTY,
    )


def _gap_notes(speedup: Speedup, schemes: Sequence[str] | None = None, net: str | None = None) -> list[str]:
    """A note per reason, with all points that lack for it."""
    reasons: dict[str, list[Gap]] = {}
    for gap in speedup.gaps:
        if (schemes is None or gap.scheme in schemes) and net in (None, gap.net):
            reasons.setdefault(gap.reason, []).append(gap)
    return [f"{EMPTY} in {'; '.join(gap.name for gap in gaps)}: {reason}" for reason, gaps in reasons.items()]


def goals_table(speedup: Speedup) -> ReportTable:
    """Every goal for every network: met or missed, by how much, and which factors make the ratio."""
    judged = goals(speedup)
    rows = tuple(
        (goal.goal, goal.net, goal.measure, *_subject(goal), _text(goal.value, ".2f", "x"), _outcome(goal), _factors(goal.ratio))
        for goal in judged
    )
    unknown: dict[str, dict[str, None]] = {}
    for goal in judged:
        if goal.ratio is None:
            unknown.setdefault(goal.reason, {})[goal.net] = None
    notes = (
        "FLightNN: the fastest that is accurate enough; if none is, the most accurate one",
        "ratio: images/s per LUT, or largest layer/s per LUT; it is cycles x clock x LUTs, and cycles are terms x elements x use "
        "(table Factors); a factor above one is for the FLightNN",
        *(f"{', '.join(nets)}: {reason}" for reason, nets in unknown.items()),
    )
    headings = ("goal", "network", "measure", "FLightNN", "points", "ratio", "outcome", "why")
    return ReportTable("Goals", headings, rows, notes)


def _subject(goal: Goal) -> tuple[str, str]:
    return (EMPTY, EMPTY) if goal.ratio is None else (goal.ratio.ours.label, _text(goal.ratio.gain, "+.2f"))


def _outcome(goal: Goal) -> str:
    if goal.value is None:
        return "not measured"
    missed = [f"{goal.missing:.2f}x"] if goal.missing else []
    missed += [f"{goal.short:.2f} points"] if goal.short else []
    return f"missed by {' and '.join(missed)}" if missed else "met"


def _factors(ratio: Ratio | None) -> str:
    if ratio is None:
        return EMPTY
    parts = f"terms {ratio.terms:.2f} x elements {ratio.elements:.2f} x use {ratio.use:.2f}"
    return f"cycles {ratio.cycles:.2f} ({parts}) x clock {ratio.clock:.2f} x LUTs {ratio.luts:.2f}"


def factors_table(speedup: Speedup) -> ReportTable:
    """Why every ratio is what it is: its factors."""
    rows = tuple(
        (
            each.ours.net,
            each.ours.label,
            each.rival.label,
            each.measure,
            *(f"{factor:.3f}" for factor in (each.terms, each.elements, each.use, each.cycles, each.clock, each.luts, each.per_klut)),
        )
        for measure in (NETWORK, LAYER)
        for each in ratios(speedup, measure)
    )
    headings = (
        "network", "scheme", "over", "measure", "terms", "elements", "use", "= cycles", "clock", "LUTs", "cycles x clock x LUTs",
    )  # fmt: skip
    notes = (
        "terms: code products of the rival over ours, k per weight and output pixel; elements: our products per cycle over the rival's; "
        "use: our utilisation over the rival's; cycles: the rival's per image, over all its cores, over ours; LUTs: the rival's over ours; "
        "clock: our Fmax over the rival's",
    )
    return ReportTable("Factors", headings, rows, notes)


def arrays_table(speedup: Speedup) -> ReportTable:
    """The fitted arrays and what binds each."""
    headings = (
        "arithmetic", "DSPs", "array", "cores", "products per cycle", "LUTs", "of the part",
        "flip-flops", "block RAMs", "multipliers", "Fmax, MHz",
        "LUTs per product", "bound by",
    )  # fmt: skip
    rows = tuple(
        (
            arith_name(fit.arith, fit.array.code_bits),
            "yes" if has_dsps(fit) else "no",
            fit.array.name,
            str(fit.cores),
            f"{fit.cores * fit.array.products_per_cycle:,}",
            f"{fit.lut:,}",
            f"{fit.lut / fit.available['lut']:.0%}",
            f"{fit.ff:,}",
            f"{fit.bram:,} of {fit.available['bram']:,}",
            f"{fit.dsp_used:,} of {fit.available['dsp']:,}",
            f"{fit.fmax_mhz:.1f}",
            f"{fit.lut / (fit.cores * fit.array.products_per_cycle):.1f}",
            NAMES.get(fit.binds, fit.binds),
        )
        for fit in speedup.arrays
    )
    parts = ", ".join(sorted({f"{fit.part}-{fit.speed}" for fit in speedup.arrays}))
    shares = " and ".join(sorted({f"{fit.max_lut_percent:g}%" for fit in speedup.arrays}))
    notes = (
        f"{parts}, placed and routed within {shares} of the LUTs (docs/fit.md), figures of all cores; bound by: what keeps the next better "
        "design out",
        "LightNN and FLightNN share the shift array of their codes' bits (shiftc3: 3, shiftc2: 2)",
    )
    return ReportTable("Fitted arrays", headings, rows, notes)


def network_table(speedup: Speedup, net: str) -> ReportTable:
    """Every scheme of a network on the array of its arithmetic."""
    headings = (
        "scheme", "accuracy", "mean k", "cycles per image and core", "utilisation", "images/s", "images/s per kLUT",
        "largest layer: cycles", "per s", "per s per kLUT",
    )  # fmt: skip
    points: list[Point | Gap] = [each for each in speedup.points if each.net == net]
    points += [each for each in speedup.gaps if each.net == net]
    order = list(LABELS)
    points.sort(key=lambda each: (order.index(each.scheme), not each.dsp))
    rows = tuple(
        _point_row(each) if isinstance(each, Point) else (label_of(each.scheme, each.dsp), *[EMPTY] * (len(headings) - 1))
        for each in points
    )
    measured = [each for each in points if isinstance(each, Point)]
    return ReportTable(net, headings, rows, tuple(_network_notes(speedup, net, measured)))


def _point_row(point: Point) -> tuple[str, ...]:
    return (
        point.label,
        _text(point.accuracy, ".2f", "%"),
        _text(point.data["mean_k"], ".2f"),
        f"{point.cycles(NETWORK):,}",
        f"{point.utilization(NETWORK):.1%}",
        f"{point.per_s(NETWORK):,.0f}",
        f"{point.per_s_per_klut(NETWORK):,.2f}",
        f"{point.cycles(LAYER):,}",
        f"{point.per_s(LAYER):,.0f}",
        f"{point.per_s_per_klut(LAYER):,.2f}",
    )


def _network_notes(speedup: Speedup, net: str, points: Sequence[Point]) -> list[str]:
    notes = []
    if points:
        data = points[0].data
        datasets = sorted({point.data["dataset"] for point in points if point.data["dataset"]})
        tested = f"; accuracy on all test images of {', '.join(datasets)}" if datasets else ""
        share = data["largest"]["macs"] / data["macs"]
        notes.append(
            f"input {'x'.join(map(str, data['in_shape']))}; largest layer: {data['largest']['name']}, {share:.0%} of the MACs{tested}"
        )
    untrained = [point.label for point in points if not point.data["trained"]]
    if untrained:
        notes.append(
            f"{EMPTY} in accuracy of {'; '.join(untrained)}: not trained; every filter has the same k, so that shapes decide on cycles"
        )
    if any(point.data["mean_k"] is None for point in points):
        notes.append(f"{EMPTY} in mean k: multipliers have no terms")
    streamed = [point for point in points if point.data["streamed_code_bits"]]
    if streamed:
        rates = "; ".join(f"{point.label} {_code_rate(point):.2f}" for point in streamed)
        notes.append(f"codes exceed the code memory and stream from the host for every image, Gbit/s at this speed: {rates}")
    return notes + _gap_notes(speedup, net=net)


def _code_rate(point: Point) -> float:
    """Codes that the host must deliver, Gbit/s."""
    return float(point.data["streamed_code_bits"]) * point.per_s(NETWORK) / _GIGA


def checks_table(speedup: Speedup) -> ReportTable:
    """What ran in RTL."""
    rows = tuple(
        (
            check.net,
            LABELS.get(check.scheme, check.scheme),
            check.array,
            *((EMPTY,) * 4 if check.failed else (str(check.images), str(check.tensors), f"{check.cycles:,}", f"{check.period:,}")),
            f"failed: {check.failed}" if check.failed else "as predicted",
        )
        for check in speedup.checks
    )
    headings = ("network", "scheme", "array", "images", "layers compared", "cycles", "cycles to the next image", "outcome")
    notes = (
        "the Verilog of the fitted array in Verilator: cycles of every step and between images equal the prediction, outputs the golden "
        "model's; all other cycles of this experiment are predicted, not simulated",
    )
    return ReportTable("Simulated in RTL", headings, rows, notes if rows else ("nothing was simulated; see --check",))


def _text(value: float | None, form: str, unit: str = "") -> str:
    return EMPTY if value is None else f"{value:{form}}{unit}"
