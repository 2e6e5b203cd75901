"""The port tables in ``docs/units``: taken from the elaborated array, so that the pages cannot disagree with the RTL."""

from __future__ import annotations

import re
from pathlib import Path

from pymtl3 import Component

from flightasic.errors import FileError
from flightasic.files import write_atomically

_TABLE = re.compile(r"(<!-- ports:(\w+) -->\n).*?(<!-- /ports -->)", re.DOTALL)


def port_tables(top: Component) -> dict[str, str]:
    """Markdown table of ports (name, direction, bits) of every unit below ``top``, by class name; ``clk`` and ``reset`` left out."""
    top.elaborate()
    tables: dict[str, str] = {}
    for part in sorted(top.get_all_components(), key=repr):
        kind = type(part).__name__
        if kind not in tables:
            tables[kind] = _table(part)
    return tables


def _table(part: Component) -> str:
    prefix = len(repr(part)) + 1
    ports = [(repr(port)[prefix:], "in", port) for port in part.get_input_value_ports()]
    ports += [(repr(port)[prefix:], "out", port) for port in part.get_output_value_ports()]
    lines = ["| port | direction | bits |", "| --- | --- | --- |"]
    for name, direction, port in sorted(ports, key=lambda entry: (entry[1], entry[0])):
        if name not in ("clk", "reset"):
            lines.append(f"| `{name.replace('.', '_')}` | {direction} | {port.get_type().nbits} |")
    return "\n".join(lines) + "\n"


def refresh_page(text: str, tables: dict[str, str], where: str) -> str:
    """A page with the table between each ``<!-- ports:Unit -->`` and ``<!-- /ports -->`` written anew."""

    def table(match: re.Match[str]) -> str:
        if match[2] not in tables:
            raise FileError(f"{where}: there is no unit {match[2]!r} in the array; known: {', '.join(sorted(tables))}")
        return f"{match[1]}{tables[match[2]]}{match[3]}"

    return _TABLE.sub(table, text)


def refresh_pages(directory: Path, top: Component) -> list[Path]:
    """Rewrite the port tables of all pages in ``directory``; returns the pages."""
    tables = port_tables(top)
    pages = sorted(directory.glob("*.md"))
    for page in pages:
        write_atomically(page, refresh_page(page.read_text(), tables, str(page)))
    return pages
