"""The pictures of the experiment: accuracy over images per second, of a whole part and per 1,000 LUTs."""

from __future__ import annotations

from flightasic.plots import AccuracyPoint, accuracy_svg
from flightasic.speedup.points import NETWORK, Point, Speedup

_AXES = {"speedup-images.svg": "images/s", "speedup-per-klut.svg": "images/s per 1,000 LUTs"}


def pictures(speedup: Speedup) -> dict[str, str]:
    """SVG by file name. Points of unknown accuracy are left out.

    Raises
    ------
    ToolError
        If matplotlib is not installed.
    """
    labels = {_scheme(point): point.label for point in speedup.points}
    title = ", ".join(sorted({f"{fit.part}-{fit.speed}, placed and routed" for fit in speedup.arrays}))
    values = {"speedup-images.svg": Point.per_s, "speedup-per-klut.svg": Point.per_s_per_klut}
    return {
        name: accuracy_svg(
            [AccuracyPoint(point.net, _scheme(point), point.accuracy, value(point, NETWORK)) for point in speedup.points],
            _AXES[name],
            title,
            labels,
        )
        for name, value in values.items()
    }


def _scheme(point: Point) -> str:
    """What is drawn as a line of its own; arrays without DSPs have the colours of their schemes."""
    return f"{point.scheme}-dsp" if point.dsp else point.scheme
