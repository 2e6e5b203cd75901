"""The pictures of a comparison: energy against accuracy, and where the energy goes."""

from __future__ import annotations

from typing import Any

from flightasic.accuracy import LABELS
from flightasic.compare.points import PARTS, Comparison, Point
from flightasic.plots import AccuracyPoint, accuracy_svg, svg_of

_PART_COLOURS = {"logic": "#0072b2", "registers": "#56b4e9", "clock": "#009e73", "memory": "#e69f00", "leakage": "#999999"}
_INCHES_PER_NET = 4.5


def energy_accuracy_svg(comparison: Comparison) -> str:
    """Accuracy against energy of an image: a line per scheme through its networks. Points of unknown accuracy are left out.

    Raises
    ------
    ToolError
        If matplotlib is not installed.
    """
    shown = [AccuracyPoint(point.net, point.scheme, point.accuracy, point.energy_nj) for point in comparison.points]
    return accuracy_svg(shown, "energy of one image, nJ", _title(comparison), LABELS)


def energy_parts_svg(comparison: Comparison) -> str:
    """Energy of an image by part, a bar per scheme, a panel per network. Raises as :func:`energy_accuracy_svg`."""
    nets = _measured_nets(comparison)
    return svg_of(lambda figure: _draw_parts(figure, comparison, nets), (_INCHES_PER_NET * max(1, len(nets)), 4.5))


def _measured_nets(comparison: Comparison) -> list[str]:
    return list(dict.fromkeys(point.net for point in comparison.points))


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
