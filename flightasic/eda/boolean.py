"""Boolean functions as Liberty files write them: parsing, evaluation, Verilog, prime implicants."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product

from flightasic.errors import FormatError

_TOKEN = re.compile(r"\s*(?:(?P<name>[A-Za-z_]\w*)|(?P<constant>[01])(?!\w)|(?P<mark>[!&*|+^()']))")
_ATOM = ("name", "constant")


@dataclass(frozen=True)
class Expression:
    """A Boolean function: ``op`` is "name", "constant", "~", "&", "|" or "^", with the operands in ``parts``."""

    op: str
    parts: tuple[Expression, ...] = ()
    text: str = ""

    @cached_property
    def variables(self) -> tuple[str, ...]:
        """Names it depends on, each once, in order of appearance."""
        if self.op == "name":
            return (self.text,)
        return tuple(dict.fromkeys(name for part in self.parts for name in part.variables))

    def verilog(self) -> str:
        """As a Verilog expression of single-bit names."""
        if self.op in _ATOM:
            return self.text if self.op == "name" else f"1'b{self.text}"
        if self.op == "~":
            return f"~{self.parts[0].verilog()}"
        return f"({f' {self.op} '.join(part.verilog() for part in self.parts)})"

    def value(self, inputs: Mapping[str, bool]) -> bool:
        """The function's value for given inputs."""
        if self.op in _ATOM:
            return inputs[self.text] if self.op == "name" else self.text == "1"
        values = [part.value(inputs) for part in self.parts]
        if self.op == "~":
            return not values[0]
        if self.op == "&":
            return all(values)
        return any(values) if self.op == "|" else sum(values) % 2 == 1

    def renamed(self, names: Mapping[str, Expression]) -> Expression:
        """With other expressions in the place of some names."""
        if self.op == "name":
            return names.get(self.text, self)
        return Expression(self.op, tuple(part.renamed(names) for part in self.parts), self.text)

    def prime_implicants(self) -> list[tuple[str, str]]:
        """All largest cubes on which the function is constant: (one of "0", "1", "?" per variable, value "0" or "1")."""
        table = {
            bits: self.value(dict(zip(self.variables, bits, strict=True))) for bits in product((False, True), repeat=len(self.variables))
        }
        constant: dict[str, str] = {}
        for cube in product("?01", repeat=len(self.variables)):
            found = {
                value for bits, value in table.items() if all(c == "?" or (c == "1") == bit for c, bit in zip(cube, bits, strict=True))
            }
            if len(found) == 1:
                constant["".join(cube)] = "1" if found.pop() else "0"
        return [(cube, value) for cube, value in constant.items() if not any(wider in constant for wider in _wider(cube))]


def _wider(cube: str) -> list[str]:
    return [cube[:i] + "?" + cube[i + 1 :] for i, mark in enumerate(cube) if mark != "?"]


def parse_expression(text: str) -> Expression:
    """Read a function such as ``(!A1&B1) | C1'``; two operands side by side are joined by and, as in Liberty.

    Raises
    ------
    FormatError
        If the text is no Boolean function.
    """
    tokens, end = [], 0
    stripped = text.strip()
    while end < len(stripped):
        match = _TOKEN.match(stripped, end)
        if match is None:
            raise FormatError(f"{text!r} is not a Boolean function; the Liberty file is damaged, fetch it again")
        tokens.append((str(match.lastgroup), match[str(match.lastgroup)]))
        end = match.end()
    parser = _Parser(text, tokens)
    expression = parser.alternatives()
    if parser.tokens:
        raise parser.error()
    return expression


class _Parser:
    """Recursive descent; the tightest first: complement, ^, and, or."""

    def __init__(self, text: str, tokens: list[tuple[str, str]]) -> None:
        self.text, self.tokens = text, tokens

    def error(self) -> FormatError:
        return FormatError(f"{self.text!r} is not a Boolean function; the Liberty file is damaged, fetch it again")

    def _next_is(self, *marks: str) -> bool:
        return bool(self.tokens) and self.tokens[0][1] in marks

    def alternatives(self) -> Expression:
        parts = [self._product()]
        while self._next_is("|", "+"):
            self.tokens.pop(0)
            parts.append(self._product())
        return _joined("|", parts)

    def _product(self) -> Expression:
        parts = [self._sum()]
        while self.tokens and not self._next_is("|", "+", ")"):
            if self._next_is("&", "*"):
                self.tokens.pop(0)
            parts.append(self._sum())
        return _joined("&", parts)

    def _sum(self) -> Expression:
        parts = [self._factor()]
        while self._next_is("^"):
            self.tokens.pop(0)
            parts.append(self._factor())
        return _joined("^", parts)

    def _factor(self) -> Expression:
        if not self.tokens:
            raise self.error()
        kind, text = self.tokens.pop(0)
        if text == "!":
            return Expression("~", (self._factor(),))
        if text == "(":
            found = self.alternatives()
            if not self._next_is(")"):
                raise self.error()
            self.tokens.pop(0)
        elif kind in _ATOM:
            found = Expression(kind, text=text)
        else:
            raise self.error()
        while self._next_is("'"):
            self.tokens.pop(0)
            found = Expression("~", (found,))
        return found


def _joined(op: str, parts: list[Expression]) -> Expression:
    return parts[0] if len(parts) == 1 else Expression(op, tuple(parts))
