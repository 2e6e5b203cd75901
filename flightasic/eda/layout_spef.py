"""The little of the SPEF format (IEEE 1481) the flow needs: total capacitance per net, and other names for the nets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from flightasic.errors import FormatError
from flightasic.files import write_atomically

_UNITS_FF = {"F": 1e15, "UF": 1e9, "NF": 1e6, "PF": 1e3, "FF": 1.0}
_MAPPED = re.compile(r"^(\*\d+)\s+(\S+)\s*$")
_REFERENCE = re.compile(r"\*\d+")


def net_caps(path: Path) -> dict[str, float]:
    """Wire capacitance of every net in femtofarads: to ground and to neighbours, without the cells' pins.

    Names are those of the name map, without escapes; a net that the file does not hold has no wire.

    Raises
    ------
    FormatError
        If the file has no capacitance unit, no net, or a net whose entry cannot be read.
    """
    names: dict[str, str] = {}
    caps: dict[str, float] = {}
    unit = None
    for section, line in _sections(path):
        words = line.split()
        if line.startswith("*C_UNIT"):
            if len(words) != 3 or words[2].upper() not in _UNITS_FF:
                raise FormatError(f"{path}: {line!r} is no capacitance unit; extract the parasitics again")
            unit = float(words[1]) * _UNITS_FF[words[2].upper()]
        elif line.startswith("*D_NET"):
            try:
                _, name, total = words
                caps[names[name] if name in names else unescape(name)] = float(total) * (unit or 0.0)
            except ValueError as error:
                raise FormatError(f"{path}: {line!r} is no net with its capacitance; extract the parasitics again") from error
        elif section == "*NAME_MAP":
            match = _MAPPED.match(line)
            if match:
                names[match.group(1)] = unescape(match.group(2))
    if unit is None or not caps:
        raise FormatError(f"{path}: {'no *C_UNIT' if unit is None else 'no *D_NET'}; extract the parasitics again")
    return caps


def rename(source: Path, target: Path, names: Mapping[str, str]) -> int:
    """Write ``source`` with other names in its name map; returns how many of ``names`` it holds.

    Parameters
    ----------
    names : mapping
        New name by old name (nets and cells, old names without escapes); others stay, without their escapes.

    Raises
    ------
    FormatError
        If the file has no name map: its names are then spread over the file.
    """
    lines, found, mapped = [], 0, False
    for section, line in _sections(source):
        match = _MAPPED.match(line) if section == "*NAME_MAP" else None
        if match:
            mapped = True
            old = unescape(match.group(2))
            found += old in names
            line = f"{match.group(1)} {names.get(old, old)}"
        lines.append(line)
    if not mapped:
        raise FormatError(f"{source}: no *NAME_MAP; extract the parasitics with a name map (OpenRCX writes one)")
    write_atomically(target, "\n".join(lines) + "\n")
    return found


def unescape(name: str) -> str:
    """A name without SPEF's and OpenROAD's backslashes."""
    return name.replace("\\", "")


def _sections(path: Path) -> Iterator[tuple[str, str]]:
    """Each line with the section it lies in; a line of an entry stays in the section before it."""
    section = ""
    with path.open() as file:
        for line in file:
            line = line.rstrip("\n")
            if line.startswith("*") and not _REFERENCE.match(line):
                section = line.split()[0]
            yield section, line
