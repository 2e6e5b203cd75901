"""The commands ``flightasic utilization`` and ``flightasic networks``: what networks cost, before anything is built."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from flightasic.cli.array import ARRAY_HELP, SET_HELP, parse_array
from flightasic.config import ArrayConfig
from flightasic.errors import ConfigError

if TYPE_CHECKING:
    from flightasic.compiler import Program
    from flightasic.ir import IntegerNetwork

BUFFERS_HELP = (
    "Unless set: act_depth as deep as 16-bit addresses reach (65536 words in all banks), acc_depth=1024 (a 32x32 map), "
    "program_depth the smallest power of two that holds the program; codes stream if code_depth does not hold them."
)
ACC_DEPTH = 1024
_MOST_ACTIVATION_WORDS = 1 << 16
_MOST_PROGRAM_WORDS = 1 << 15
_LEAST_PROGRAM_WORDS = 16


def utilization(
    net: Annotated[str | None, typer.Argument(help="Integer network (.flnet) or reference network; none = all of those.")] = None,
    array: Annotated[str, typer.Option("--array", help=ARRAY_HELP)] = "8x8x8",
    arith: Annotated[str | None, typer.Option(help="shift, fixed4 or fixed8; a .flnet file has its own.")] = None,
    settings: Annotated[list[str] | None, typer.Option("--set", help=f"{SET_HELP} {BUFFERS_HELP}")] = None,
    k: Annotated[str | None, typer.Option(help="Terms per filter of a reference network: k1, k2 or mixed.")] = None,
    width: Annotated[float | None, typer.Option(help="Factor on a reference network's channels.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of a reference network's weights.", min=0)] = None,
    json: Annotated[Path | None, typer.Option(help="Write the report of one network here.")] = None,
    table: Annotated[Path | None, typer.Option(help="Write the tables here as a Markdown page.")] = None,
) -> None:
    """Show how busy each layer keeps the array, what binds it, and how far the whole is from an ideal machine.

    Examples: [bold]flightasic utilization resnet8 --array 8x8x8 --json build/resnet8.json[/bold],
    [bold]flightasic utilization build/nets/flight.flnet --array 4x4x4[/bold],
    [bold]flightasic utilization --array 8x8x8 --table docs/utilization.md[/bold]
    """
    from flightasic.files import write_atomically, write_json
    from flightasic.reference import REFERENCES
    from flightasic.utilization import LEGEND, markdown_page

    if json is not None and net is None:
        raise ConfigError("--json takes the report of one network; name it, such as resnet8, or use --table for all of them")
    drawn = {name: value for name, value in (("k", k), ("width", width), ("seed", seed)) if value is not None}
    console, errors = Console(), Console(stderr=True)
    reports = []
    for name in [net] if net is not None else list(REFERENCES):
        with errors.status(f"{name}: building and compiling"):
            reports.append(_report(name, array, arith, settings or [], drawn))
        print_report(console, reports[-1])
    console.print("\n".join(LEGEND), highlight=False, markup=False, style="dim")
    if json is not None:
        write_json(json, reports[0])
        console.print(f"wrote {json}")
    if table is not None:
        given = {"--array": array, "--arith": arith, **{f"--{name}": value for name, value in drawn.items()}, "--table": table}
        words = ["flightasic", "utilization", *([net] if net else [])]
        words += [str(word) for option, value in given.items() if value is not None for word in (option, value)]
        words += [word for setting in settings or [] for word in ("--set", setting)]
        write_atomically(table, markdown_page(reports, shlex.join(words)))
        console.print(f"wrote {table}")


def networks(
    out: Annotated[Path | None, typer.Option(help="Write every network as a .flnet file into this folder.")] = None,
    table: Annotated[Path | None, typer.Option(help="Write the tables here as a Markdown page.")] = None,
    arith: Annotated[str, typer.Option(help="shift, fixed4 or fixed8.")] = "shift",
    k: Annotated[str, typer.Option(help="Terms per filter: k1, k2 or mixed.")] = "k1",
) -> None:
    """List the reference networks: layers, weights, multiply-accumulates.

    Examples: [bold]flightasic networks --table docs/networks.md[/bold], [bold]flightasic networks --out build/reference[/bold]
    """
    from flightasic.files import write_atomically
    from flightasic.reference import REFERENCES, reference_network
    from flightasic.reference_page import COLUMNS, network_rows, networks_page

    console, errors = Console(), Console(stderr=True)
    built = []
    for name in REFERENCES:
        with errors.status(f"{name}: building"):
            built.append(reference_network(name, arith=arith, k=k))
        _print_table(console, name, COLUMNS, network_rows(built[-1]))
        if out is not None:
            built[-1].save(out / f"{name}.flnet")
            console.print(f"wrote {out / name}.flnet")
    if table is not None:
        write_atomically(table, networks_page(built))
        console.print(f"wrote {table}")


def _report(net: str, array: str, arith: str | None, settings: list[str], drawn: dict[str, Any]) -> dict[str, Any]:
    from flightasic.ir import IntegerNetwork
    from flightasic.reference import REFERENCES, reference_network
    from flightasic.utilization import utilization_report

    if net in REFERENCES:
        config = parse_array(array, arith or "shift", settings)
        network = reference_network(net, arith=config.arith, max_shift=config.max_shift, acc_bits=config.acc_bits, **drawn)
    elif not Path(net).is_file():
        raise ConfigError(f"{net}: neither a network file nor a reference network; the latter are {', '.join(REFERENCES)}")
    else:
        network = IntegerNetwork.load(net)
        if drawn or arith not in (None, network.arith):
            raise ConfigError(f"{net} is a file of arith={network.arith!r}; --arith, --k, --width and --seed make reference networks")
        config = parse_array(array, network.arith, settings)
    return utilization_report(network, compile_amply(network, config, settings))


def compile_amply(network: IntegerNetwork, config: ArrayConfig, settings: Sequence[str]) -> Program:
    """Compile for the array with every buffer that ``settings`` does not name made ample, see :data:`BUFFERS_HELP`."""
    from flightasic.compiler import compile_network

    config = with_buffers(config, settings)
    program = compile_network(network, config)
    if _names("program_depth", settings):
        return program
    # Cycles do not depend on it, but the report must show an array that runs this very program.
    depth = max(_LEAST_PROGRAM_WORDS, 1 << (len(program.words) - 1).bit_length())
    return compile_network(network, replace(config, program_depth=depth))


def with_buffers(config: ArrayConfig, settings: Sequence[str]) -> ArrayConfig:
    """The array with the buffers of :data:`BUFFERS_HELP`, the program memory as large as can be."""
    ample = {"act_depth": _MOST_ACTIVATION_WORDS // config.banks, "acc_depth": ACC_DEPTH, "program_depth": _MOST_PROGRAM_WORDS}
    return ArrayConfig.from_dict(config.to_dict() | {name: depth for name, depth in ample.items() if not _names(name, settings)})


def _names(field: str, settings: Sequence[str]) -> bool:
    return any(setting.partition("=")[0] == field for setting in settings)


def print_report(console: Console, report: dict[str, Any]) -> None:
    """The table of a network's layers and what it adds up to."""
    from flightasic.utilization import COLUMNS, layer_rows, summary

    _print_table(console, f"{report['network']['name']} on {report['array']['name']}", COLUMNS, layer_rows(report))
    for line in summary(report):
        console.print(line, highlight=False, markup=False)


def _print_table(console: Console, title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    shown = Table(title=title)
    for index, column in enumerate(columns):
        shown.add_column(column, justify="right" if all(row[index][:1].isdigit() for row in rows) else "left")
    for row in rows:
        shown.add_row(*row)
    console.print(shown)


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(utilization)
    app.command()(networks)
