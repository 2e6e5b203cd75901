"""The pictures of a comparison: energy against accuracy, and where the energy goes."""

from __future__ import annotations

from typing import Any

from flightasic.accuracy import LABELS
from flightasic.compare.points import PARTS, Comparison, Point
from flightasic.plots import markers_of, scheme_colours, svg_of

_PART_COLOURS = {"logic": "#0072b2", "registers": "#56b4e9", "clock": "#009e73", "memory": "#e69f00", "leakage": "#999999"}
_INCHES_PER_NET = 4.5


def energy_accuracy_svg(comparison: Comparison) -> str:
    """Accuracy against energy of an image: a line per scheme through its networks. Points of unknown accuracy are left out.

    Raises
    ------
    ToolError
        If matplotlib is not installed.
    """
    return svg_of(lambda figure: _draw_accuracy(figure, comparison), (8.0, 5.5))


def energy_parts_svg(comparison: Comparison) -> str:
    """Energy of an image by part, a bar per scheme, a panel per network. Raises as :func:`energy_accuracy_svg`."""
    nets = _measured_nets(comparison)
    return svg_of(lambda figure: _draw_parts(figure, comparison, nets), (_INCHES_PER_NET * max(1, len(nets)), 4.5))


def _measured_nets(comparison: Comparison) -> list[str]:
    return list(dict.fromkeys(point.net for point in comparison.points))


def _draw_accuracy(figure: Any, comparison: Comparison) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    shown = [(point.accuracy, point) for point in comparison.points if point.accuracy is not None]
    schemes = sorted({point.scheme for _, point in shown}, key=_order)
    colours, markers = scheme_colours(schemes), markers_of(_measured_nets(comparison))
    axes = figure.subplots()
    for scheme in schemes:
        line = sorted((point.energy_nj, accuracy, point.net) for accuracy, point in shown if point.scheme == scheme)
        axes.plot([energy for energy, _, _ in line], [accuracy for _, accuracy, _ in line], color=colours[scheme], linewidth=0.8)
        for energy, accuracy, net in line:
            axes.plot(energy, accuracy, color=colours[scheme], marker=markers[net], linestyle="")
    axes.set(xscale="log", xlabel="energy of one image, nJ", ylabel="test accuracy, %", title=_title(comparison))
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.grid(True, which="both", linewidth=0.3)
    keys = [Line2D([], [], color=colours[scheme], marker="o", label=LABELS.get(scheme, scheme)) for scheme in schemes]
    keys += [Line2D([], [], color="#555555", marker=marker, linestyle="", label=net) for net, marker in markers.items()]
    figure.legend(handles=keys, loc="outside lower center", ncols=5)


def _draw_parts(figure: Any, comparison: Comparison, nets: list[str]) -> None:
    from matplotlib.patches import Patch

    parts = [part for part in PARTS if any(point.part_nj(part) is not None for point in comparison.points)]
    panels = figure.subplots(1, max(1, len(nets)), squeeze=False)[0]
    for axes, net in zip(panels, nets, strict=False):
        _stack(axes, [point for point in comparison.points if point.net == net], parts)
        axes.set_title(net)
    panels[0].set_ylabel("energy of one image, nJ")
    figure.suptitle(_title(comparison))
    figure.legend(handles=[Patch(color=_PART_COLOURS[part], label=part) for part in parts], loc="outside lower center", ncols=len(PARTS))


def _stack(axes: Any, points: list[Point], parts: list[str]) -> None:
    names = [point.label for point in points]
    base = [0.0] * len(points)
    for part in parts:
        heights = [point.part_nj(part) or 0.0 for point in points]
        axes.bar(names, heights, bottom=base, color=_PART_COLOURS[part], width=0.7)
        base = [low + height for low, height in zip(base, heights, strict=True)]
    axes.tick_params(axis="x", rotation=30)
    axes.grid(True, axis="y", linewidth=0.3)
    axes.set_axisbelow(True)


def _title(comparison: Comparison) -> str:
    settings = comparison.settings
    return f"{settings['dataset']}, {settings['pdk']} {settings['corner']}, {settings['clock_ns']:g} ns"


def _order(scheme: str) -> tuple[int, str]:
    known = list(LABELS)
    return (known.index(scheme) if scheme in known else len(known), scheme)
