"""What the simulations exercise: ``python -m verification.coverage`` prints it, and writes docs/coverage.md.

Without ``--rtl``: functional coverage of random networks on random arrays in RTL. Every run is compared with golden model and
prediction before it is sampled, so covered means checked. With ``--rtl``: Verilator's line and toggle coverage of each unit.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from flightasic.errors import FileError
from flightasic.files import write_atomically
from verification.coverage_bins import Bin, Coverage
from verification.coverage_rtl import KINDS, WHOLE, RtlCoverage, measure
from verification.coverage_runs import arrays, cover
from verification.units import CASES

_SHOWN = 12
_TITLE = """# Coverage

Written by the commands below; do not edit.
"""
_SECTIONS = ("functional", "rtl")


def functional_markdown(coverage: Coverage, command: str, pairs: int) -> str:
    """The functional coverage as a section: shares, missing bins, and what is left out and why."""
    lines = [
        "## Functional coverage\n",
        f"`{command}`: {pairs} random networks on the RTL, each with and without stalls of each stream. Every tensor was equal to the "
        "golden model's and every step took the cycles predicted before anything was counted.\n",
        "| bins | of | covered | of all | share | missing |\n| --- | --- | --- | --- | --- | --- |",
    ]
    for name, group in coverage.groups.items():
        missing = coverage.missing(name)
        lines.append(_row(name, " x ".join(group.axes), len(group.bins), missing, coverage.share(name)))
    total = sum(len(group.bins) for group in coverage.groups.values())
    left = [bin_ for name in coverage.groups for bin_ in coverage.missing(name)]
    lines.append(f"| **all** | | {total - len(left)} | {total} | {coverage.share():.2%} | |")
    lines.append("\nLeft out, because it cannot happen (a sample there is an error):\n")
    lines += [f"- {name}: {why}" for name, group in coverage.groups.items() for why in group.excluded]
    return "\n".join(lines) + "\n"


def _row(name: str, axes: str, total: int, missing: Sequence[Bin], share: float) -> str:
    shown = "; ".join(" ".join(map(str, bin_)) for bin_ in islice(missing, _SHOWN))
    more = f"; {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
    return f"| {name} | {axes} | {total - len(missing)} | {total} | {share:.2%} | {shown}{more} |"


def rtl_markdown(coverage: RtlCoverage, command: str) -> str:
    """Line and toggle coverage as a section, with the signals that never toggled."""
    lines = [
        "## Line and toggle coverage\n",
        f"`{command}`: the cases of `verification/units.py` and the scenarios {', '.join(f'`{name}`' for name in WHOLE)} under Verilator. "
        "A toggle is an edge of a bit of a signal; a point counts once for each text of its module.\n",
        "| unit | lines | toggles | lines missed | signals with most missing edges |\n| --- | --- | --- | --- | --- |",
    ]
    for unit in coverage.units():
        shares = [_share(*coverage.counts(unit, kind)) for kind in KINDS]
        missed = "; ".join(islice(coverage.missing(unit, "line"), _SHOWN))
        signals = ", ".join(f"`{signal}` ({count})" for signal, count in coverage.missing(unit, "toggle").most_common(_SHOWN))
        lines.append(f"| {unit.removeprefix('flight_')} | {' | '.join(shares)} | {missed} | {signals} |")
    lines.append(
        "\nMost of what is missing can never toggle here, but nothing proves it bit by bit: constants "
        "and ports tied to them; fields of a step or microword that a unit takes along without using "
        "them, and reserved ones; address and count bits above what the small memories of the tested arrays have (the microcode's "
        "fields serve the largest array); the sign extension of numbers that are narrower than their field.\n"
    )
    return "\n".join(lines)


def _share(covered: int, total: int) -> str:
    return f"{covered}/{total} ({covered / total:.1%})" if total else "none"


def write_section(path: Path, name: str, text: str) -> None:
    """Replace one section ("functional" or "rtl") of the page, and leave the other as it is.

    Raises
    ------
    FileError
        If the page exists but was not written by this command.
    """
    page = path.read_text() if path.exists() else _TITLE + "".join(f"\n{_mark(one)}\n{_mark(one, end=True)}\n" for one in _SECTIONS)
    begin, end = _mark(name), _mark(name, end=True)
    if page.count(begin) != 1 or page.count(end) != 1:
        raise FileError(f"{path}: no marks {begin} ... {end}; remove the file and run both coverage commands again")
    before, rest = page.split(begin)
    write_atomically(path, f"{before}{begin}\n{text}{end}{rest.split(end)[1]}")


def _mark(name: str, *, end: bool = False) -> str:
    return f"<!-- {'end of ' if end else ''}{name} -->"


def functional_record(coverage: Coverage) -> dict[str, dict[str, object]]:
    """Share, hits and missing bins of each group, as JSON values."""
    return {
        name: {
            "share": coverage.share(name),
            "bins": len(coverage.groups[name].bins),
            "hits": {" ".join(map(str, bin_)): count for bin_, count in sorted(coverage.hits.get(name, {}).items(), key=str)},
            "missing": [list(bin_) for bin_ in coverage.missing(name)],
        }
        for name in coverage.groups
    }


@contextmanager
def _scratch() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="flightasic-coverage-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m verification.coverage", description=__doc__)
    parser.add_argument("--rtl", action="store_true", help="line and toggle coverage of the units, instead of functional coverage")
    parser.add_argument("--pairs", type=int, default=600, help="random networks to run")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write the counts to this file")
    parser.add_argument("--table", type=Path, help="replace this measurement's section of a page such as docs/coverage.md")
    parser.add_argument("--cache", type=Path, default=Path("build/sim"), help="folder of built simulation models")
    chosen = parser.parse_args(arguments)
    console = Console()
    record: object
    with Progress(console=console) as progress:
        if chosen.rtl:
            names = [*CASES, *WHOLE]
            task = progress.add_task("cases", total=len(names))
            with _scratch() as scratch:
                rtl = measure(names, scratch, lambda _: progress.advance(task))
            section, record = "rtl", rtl.to_dict()
            text = rtl_markdown(rtl, "python -m verification.coverage --rtl --table docs/coverage.md")
        else:
            task = progress.add_task("networks", total=chosen.pairs)
            coverage = Coverage()
            cover(
                coverage,
                arrays(chosen.seed),
                chosen.pairs,
                seed=chosen.seed,
                cache=chosen.cache,
                progress=lambda n: progress.advance(task, n),
            )
            section, record = "functional", functional_record(coverage)
            command = f"python -m verification.coverage --pairs {chosen.pairs} --seed {chosen.seed} --table docs/coverage.md"
            text = functional_markdown(coverage, command, chosen.pairs)
    console.print(text, markup=False, highlight=False)
    if chosen.json:
        write_atomically(chosen.json, json.dumps(record, indent=1) + "\n")
    if chosen.table:
        write_section(chosen.table, section, text)


if __name__ == "__main__":
    main()
