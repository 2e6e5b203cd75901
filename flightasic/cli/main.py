"""The ``flightasic`` command: one sub-command per step from training to silicon."""

from __future__ import annotations

import importlib
import logging
import sys

import typer
from rich.console import Console
from rich.logging import RichHandler
from rich.markup import escape

from flightasic.errors import FlightError

EXIT_USER_ERROR = 2
EXIT_INTERRUPTED = 130

# Each module has register(app) and imports its heavy packages inside its commands, so that --help stays quick.
COMMAND_MODULES = (
    "train",
    "sweep",
    "zoo",
    "accuracy",
    "importing",
    "utilization",
    "hardware",
    "flow",
    "compare",
    "fit",
    "speedup",
    "board",
    "demo",
)


def build_app() -> typer.Typer:
    """The typer application with every command registered."""
    app = typer.Typer(
        name="flightasic",
        help="From a trained FLightNN (weights as learned sums of powers of two) to measured silicon.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
        epilog="Flows run as scripts: [bold]sc flows/asic_sky130.py --help[/bold].",
    )

    @app.callback()
    def options(verbose: bool = typer.Option(False, "--verbose", "-v", help="Log what the tools are doing.")) -> None:
        level = logging.INFO if verbose else logging.WARNING
        handler = RichHandler(console=Console(stderr=True), show_path=False)
        logging.basicConfig(level=level, format="%(message)s", datefmt="[%X]", handlers=[handler])

    for name in COMMAND_MODULES:
        importlib.import_module(f"flightasic.cli.{name}").register(app)
    return app


def report_error(error: FlightError | OSError) -> int:
    """Print an error a user can act on, in red on stderr; returns the exit code 2. An OSError names its file."""
    Console(stderr=True).print(f"[bold red]error:[/bold red] {escape(str(error))}", highlight=False, soft_wrap=True)
    return EXIT_USER_ERROR


def main() -> None:
    """Entry point: 2 for an error the user can mend, 130 after Ctrl-C."""
    try:
        build_app()(standalone_mode=True)
    except (FlightError, OSError) as error:
        sys.exit(report_error(error))
    except KeyboardInterrupt:
        Console(stderr=True).print("interrupted")
        sys.exit(EXIT_INTERRUPTED)


if __name__ == "__main__":
    main()
