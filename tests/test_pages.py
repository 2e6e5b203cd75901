"""One page per unit: there for every unit, its port table that of the RTL."""

from __future__ import annotations

import inspect
import re
from functools import cache
from pathlib import Path

import pytest

from flightasic.config import ArrayConfig
from flightasic.errors import FileError
from flightasic.hw.pages import port_tables, refresh_page, refresh_pages
from flightasic.hw.top import Top

DOCS = Path(__file__).resolve().parents[1] / "docs"
UNITS = sorted((DOCS / "units").glob("*.md"))


@cache
def tables() -> dict[str, str]:
    return port_tables(Top(ArrayConfig()))


@pytest.mark.parametrize("page", UNITS, ids=lambda page: page.stem)
def test_port_tables_are_those_of_the_array(page: Path) -> None:
    text = page.read_text()
    assert refresh_page(text, tables(), page.name) == text, "run 'make rtl' and commit"


def test_every_source_of_the_array_has_a_page() -> None:
    top = Top(ArrayConfig())
    top.elaborate()
    sources = {Path(inspect.getfile(type(part))).name for part in top.get_all_components()}
    text = "".join(page.read_text() for page in UNITS)
    ours = {name for name in sources if (DOCS.parent / "flightasic" / "hw" / name).is_file()}
    assert {name for name in ours if f"flightasic/hw/{name}" not in text} == set()


def test_every_page_is_reached_from_the_architecture() -> None:
    linked = set(re.findall(r"\(units/(\w+)\.md\)", (DOCS / "architecture.md").read_text()))
    assert linked == {page.stem for page in UNITS}


def test_a_wrong_table_is_written_anew(tmp_path: Path) -> None:
    page = tmp_path / "pe.md"
    page.write_text("before\n<!-- ports:ProcessingElement -->\nold\n<!-- /ports -->\nafter\n")
    refresh_pages(tmp_path, Top(ArrayConfig()))
    text = page.read_text()
    assert "old" not in text and text.startswith("before\n") and text.endswith("<!-- /ports -->\nafter\n")
    assert f"| `sum_in` | in | {ArrayConfig().sum_bits} |" in text


def test_an_unknown_unit_is_named() -> None:
    with pytest.raises(FileError, match="page.md: there is no unit 'Mash' in the array; known: Accumulate"):
        refresh_page("<!-- ports:Mash -->\n<!-- /ports -->", tables(), "page.md")
