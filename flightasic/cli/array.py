"""How the command line names an array: ``--array 4x4x4 --arith shift --set acc_bits=28``."""

from __future__ import annotations

import re
from typing import Any

from flightasic.config import ArrayConfig, default_code_bits
from flightasic.errors import ConfigError

ARRAY_HELP = "Rows x columns x lanes of the array."
SET_HELP = "Any other ArrayConfig field, as NAME=VALUE; may be repeated."


def parse_array(shape: str, arith: str, settings: list[str]) -> ArrayConfig:
    """ArrayConfig from its command line form; fields not given follow the shape (tiles two rows high, as wide as the array).

    Raises
    ------
    ConfigError
        If the shape is not ROWSxCOLSxLANES, or a field is unknown or out of range.
    """
    match = re.fullmatch(r"(\d+)x(\d+)x(\d+)", shape)
    if match is None:
        raise ConfigError(f"--array must be ROWSxCOLSxLANES such as 4x4x4, got {shape!r}")
    rows, cols, lanes = map(int, match.groups())
    fields: dict[str, Any] = {"rows": rows, "cols": cols, "lanes": lanes, "tile_cols": cols, "tile_rows": 1 if rows % 2 else 2}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals:
            raise ConfigError(f"--set takes NAME=VALUE, got {setting!r}")
        fields[name] = int(value) if re.fullmatch(r"-?\d+", value) else value
    fields.setdefault("code_bits", default_code_bits(arith))
    return ArrayConfig.from_dict({"arith": arith, **fields})


def parse_words(text: str | None) -> tuple[str, ...]:
    """The words of an option that takes several, with commas between them; none for None."""
    return tuple(word.strip() for word in (text or "").split(",") if word.strip())
