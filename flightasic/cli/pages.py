"""Tables into Markdown pages: which marks a page has decides which tables it gets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flightasic.report import ReportTable

Marks = tuple[str, str]


def page_with(page: Path, tables: Mapping[Marks, Sequence[ReportTable]]) -> str:
    """The text of a page with the tables of the first of these marks that it has.

    Raises
    ------
    FormatError
        If it has none; the message names the last ones.
    """
    from flightasic.report import insert_report

    text = page.read_text()
    marks = next((marks for marks in tables if marks[0] in text), list(tables)[-1])
    return insert_report(text, tables[marks], str(page), marks)


def require_places(pages: Sequence[Path], marks: Sequence[Marks], plots: Path | None) -> None:
    """Find out before hours of measuring that a page has no marks (FormatError), or that no plot can be drawn (ToolError)."""
    from flightasic.plots import require_matplotlib

    for page in pages:
        page_with(page, dict.fromkeys(marks, ()))
    if plots is not None:
        require_matplotlib()
