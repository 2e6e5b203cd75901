"""What all plots share: one colour per scheme, one marker per network, and SVG that changes only with its figures."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any

from flightasic.accuracy import LABELS
from flightasic.errors import ToolError

_COLOURS = ("#000000", "#56b4e9", "#0072b2", "#d55e00", "#999999", "#e69f00", "#009e73", "#cc79a7", "#f0e442")
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
