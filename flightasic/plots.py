"""What all plots share: one colour per scheme, one marker per network, and SVG that changes only with its figures."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flightasic.accuracy import LABELS
from flightasic.errors import ToolError

_COLOURS = (
    "#000000",
    "#56b4e9",
    "#0072b2",
    "#d55e00",
    "#999999",
    "#e69f00",
    "#009e73",
    "#cc79a7",
    "#f0e442",
    "#882255",
    "#117733",
    "#332288",
    "#999933",
    "#44aa99",
    "#661100",
)
_MARKERS = ("o", "s", "D", "^", "v", "P", "X", "*")


def require_matplotlib() -> None:
    """Raise :class:`ToolError` unless matplotlib can be imported."""
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise ToolError("the plot needs matplotlib, which is not installed; run pip install 'flightasic[plot]'") from error


def scheme_colours(schemes: Sequence[str]) -> dict[str, str]:
    """A colour of every scheme; those of :data:`flightasic.accuracy.LABELS` have the same in every plot."""
    known = [*LABELS, *sorted(set(schemes) - set(LABELS))]
    return {scheme: _COLOURS[index % len(_COLOURS)] for index, scheme in enumerate(known)}


def markers_of(names: Sequence[str]) -> dict[str, str]:
    """A marker of every name, in their order."""
    return {name: _MARKERS[index % len(_MARKERS)] for index, name in enumerate(names)}


def svg_of(draw: Callable[[Any], None], size_inches: tuple[float, float]) -> str:
    """What ``draw`` draws on a matplotlib figure, as SVG; the same drawing gives the same text.

    Raises
    ------
    ToolError
        If matplotlib is not installed.
    """
    require_matplotlib()
    import matplotlib
    from matplotlib.figure import Figure

    # Text stays text, ids come from a fixed salt and no date is written, so that only other figures change the file.
    with matplotlib.rc_context({"svg.hashsalt": "flightasic", "svg.fonttype": "none", "font.size": 9}):
        figure = Figure(figsize=size_inches, layout="constrained")
        draw(figure)
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None})
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"


@dataclass(frozen=True)
class AccuracyPoint:
    """A network in a scheme: accuracy in percent (None = not known, and not drawn) and what it is drawn over."""

    net: str
    scheme: str
    accuracy: float | None
    value: float


def accuracy_svg(points: Sequence[AccuracyPoint], value_label: str, title: str, labels: Mapping[str, str]) -> str:
    """Accuracy over the logarithm of a value: a line per scheme through its networks; ``labels`` names and orders the schemes.

    Raises
    ------
    ToolError
        If matplotlib is not installed.
    """
    return svg_of(lambda figure: _draw_accuracy(figure, points, value_label, title, labels), (8.0, 5.5))


def _draw_accuracy(figure: Any, points: Sequence[AccuracyPoint], value_label: str, title: str, labels: Mapping[str, str]) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    shown = [(point.accuracy, point) for point in points if point.accuracy is not None]
    order = {scheme: number for number, scheme in enumerate(labels)}
    schemes = sorted({point.scheme for _, point in shown}, key=lambda scheme: (order.get(scheme, len(order)), scheme))
    colours, markers = scheme_colours(schemes), markers_of(list(dict.fromkeys(point.net for _, point in shown)))
    axes = figure.subplots()
    for scheme in schemes:
        line = sorted((point.value, accuracy, point.net) for accuracy, point in shown if point.scheme == scheme)
        axes.plot([value for value, _, _ in line], [accuracy for _, accuracy, _ in line], color=colours[scheme], linewidth=0.8)
        for value, accuracy, net in line:
            axes.plot(value, accuracy, color=colours[scheme], marker=markers[net], linestyle="")
    axes.set(xscale="log", xlabel=value_label, ylabel="test accuracy, %", title=title)
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.grid(True, which="both", linewidth=0.3)
    keys = [Line2D([], [], color=colours[scheme], marker="o", label=labels.get(scheme, scheme)) for scheme in schemes]
    keys += [Line2D([], [], color="#555555", marker=marker, linestyle="", label=net) for net, marker in markers.items()]
    figure.legend(handles=keys, loc="outside lower center", ncols=5)
