"""Accuracy against cycles as a picture: every network and scheme, and the line of those that no other beats in both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flightasic.accuracy import LABELS, Row
from flightasic.plots import markers_of, scheme_colours, svg_of

_LINE = "#bbbbbb"
_SIZE_INCHES = (10.0, 7.0)


def front(rows: Sequence[Row]) -> list[Row]:
    """The rows that no other beats: fewer cycles never come with more accuracy. By cycles; float weights have none and do not count."""
    best: list[Row] = []
    for row in sorted((row for row in rows if row.cycles is not None), key=lambda row: (row.cycles, -row.accuracy)):
        if not best or row.accuracy > best[-1].accuracy:
            best.append(row)
    return best


def pareto_svg(rows: Sequence[Row], title: str) -> str:
    """The plot as SVG; the same rows give the same text.

    Colours tell schemes, markers networks; bars show the spread over seeds, dashed lines what float weights reach.

    Raises
    ------
    ToolError
        If matplotlib is not installed.
    """
    return svg_of(lambda figure: _draw(figure, rows, title), _SIZE_INCHES)


def _draw(figure: Any, rows: Sequence[Row], title: str) -> None:
    """All networks on top, each with a closer look below."""
    from matplotlib.lines import Line2D
    from matplotlib.ticker import LogLocator, NullFormatter

    nets = list(dict.fromkeys(row.net for row in rows))
    schemes = [*LABELS, *sorted({row.scheme for row in rows} - set(LABELS))]
    colours, markers = scheme_colours(schemes), markers_of(nets)
    panels = figure.subplot_mosaic([["all"] * len(nets), nets])
    panels["all"].set(xscale="log", title=title)
    for name, axes in panels.items():
        shown = [row for row in rows if name in ("all", row.net)]
        _panel(axes, shown, colours, markers)
        if name != "all":
            axes.set_title(name)
    panels["all"].xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    panels["all"].xaxis.set_minor_formatter(NullFormatter())
    present = [scheme for scheme in schemes if any(row.scheme == scheme for row in rows)]
    keys = [Line2D([], [], color=colours[s], marker="o", linestyle="", label=LABELS.get(s, s)) for s in present if s != "float"]
    keys += [Line2D([], [], color=colours["float"], linestyle="--", label=LABELS["float"])] if "float" in present else []
    keys += [Line2D([], [], color="#555555", marker=markers[net], linestyle="", label=net) for net in nets]
    keys.append(Line2D([], [], color=_LINE, label="best for its cycles"))
    figure.legend(handles=keys, loc="outside lower center", ncols=6)


def _panel(axes: Any, rows: Sequence[Row], colours: Mapping[str, str], markers: Mapping[str, str]) -> None:
    from matplotlib.ticker import EngFormatter

    best = front(rows)
    axes.step([row.cycles for row in best], [row.accuracy for row in best], where="post", color=_LINE, linewidth=1, zorder=1)
    for row in rows:
        colour = colours[row.scheme]
        if row.cycles is None:
            axes.axhline(row.accuracy, color=colour, linewidth=0.8, linestyle="--", zorder=0)
        else:
            axes.errorbar(row.cycles, row.accuracy, yerr=row.spread, color=colour, marker=markers[row.net], capsize=2, linewidth=1)
    axes.xaxis.set_major_formatter(EngFormatter())
    axes.set(xlabel="cycles of one image", ylabel="test accuracy, %")
    axes.grid(True, which="both", linewidth=0.3)
