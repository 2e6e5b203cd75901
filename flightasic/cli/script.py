"""What the flow scripts in flows/ share: array options, a spinner, and exit codes."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.logging import RichHandler
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from flightasic.cli.array import ARRAY_HELP, SET_HELP, parse_array
from flightasic.cli.main import EXIT_INTERRUPTED, report_error
from flightasic.config import ARITHMETICS, ArrayConfig
from flightasic.errors import FlightError


def flow_parser(description: str, epilog: str, *, array: str = "4x4x4") -> argparse.ArgumentParser:
    """A parser with the options every flow has: the array (``array`` unless given), and where results go."""
    parser = argparse.ArgumentParser(description=description, epilog=epilog, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arith", choices=ARITHMETICS, default="shift", help="arithmetic of the elements (default: shift)")
    parser.add_argument("--array", default=array, metavar="RxCxL", help=f"{ARRAY_HELP} Default: {array}.")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help=SET_HELP)
    parser.add_argument("--out", type=Path, default=Path("build"), help="folder for work files, and results/ in it (default: build)")
    parser.add_argument("--verbose", action="store_true", help="show what the tools are doing")
    return parser


def flow_array(arguments: argparse.Namespace) -> ArrayConfig:
    """The array the options name; the default array is the committed one."""
    return parse_array(arguments.array, arguments.arith, arguments.set)


@contextmanager
def working(text: str) -> Iterator[None]:
    """A spinner with the time passed, on stderr."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        progress.add_task(text, total=None)
        yield


@contextmanager
def cycles_bar(text: str) -> Iterator[Callable[[int, int], None]]:
    """A bar over simulated cycles, on stderr; yields what to tell it: cycles done, cycles in all."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,}/{task.total:,} cycles"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(text, total=1)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def run_flow(parser: argparse.ArgumentParser, flow: Callable[[argparse.Namespace, Console], None]) -> None:
    """Parse, run, and end the process with 0, 2 (an error the user can mend) or 130 (Ctrl-C)."""
    arguments = parser.parse_args()
    level = logging.INFO if arguments.verbose else logging.WARNING
    logging.basicConfig(level=level, format="%(message)s", handlers=[RichHandler(console=Console(stderr=True), show_path=False)])
    try:
        flow(arguments, Console())
    except (FlightError, OSError) as error:
        sys.exit(report_error(error))
    except KeyboardInterrupt:
        Console(stderr=True).print("interrupted")
        sys.exit(EXIT_INTERRUPTED)
