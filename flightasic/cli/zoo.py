"""The commands ``flightasic zoo``: the trained networks that come with the package."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from flightasic.cli.train import DataOption

if TYPE_CHECKING:
    from flightasic.zoo import ZooRecord

EXIT_DIFFERS = 1

NameArgument = Annotated[str, typer.Argument(help="Name of a network, see 'flightasic zoo list'.")]
ZooOption = Annotated[Path | None, typer.Option("--zoo", help="Folder of another zoo than the one in the package.")]


def list_(
    json: Annotated[Path | None, typer.Option(help="Write every record here: how each network was made, and what it is worth.")] = None,
    zoo: ZooOption = None,
) -> None:
    """List the networks of the zoo.

    Examples: [bold]flightasic zoo list[/bold], [bold]flightasic zoo list --json build/zoo.json[/bold]
    """
    from flightasic.files import write_json
    from flightasic.zoo import FOLDER, contents

    records = contents(zoo or FOLDER)
    console = Console()
    console.print(_table(records))
    if json is not None:
        write_json(json, [asdict(record) for record in records])
        console.print(f"wrote {json}")


def eval_(
    name: NameArgument,
    json: Annotated[Path | None, typer.Option(help="Write accuracy, the record's accuracy, and whether they agree here.")] = None,
    data: DataOption = None,
    zoo: ZooOption = None,
) -> None:
    """Measure a network on its whole test set again, with the golden model (float weights: torch). Exit code 1 if the record differs.

    Example: [bold]flightasic zoo eval net1-flight-a[/bold]
    """
    from flightasic.files import write_json
    from flightasic.zoo import FOLDER, record
    from flightasic.zoo.build import agrees, evaluate

    folder = zoo or FOLDER
    recorded = record(name, folder)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(f"{name} on the test images", total=recorded.test_images)
        accuracy = evaluate(
            name, data_root=data, folder=folder, on_images=lambda done, images: progress.update(task, completed=done, total=images)
        )
    same = agrees(recorded, accuracy)
    verdict = "as recorded" if same else f"but the record says {recorded.accuracy:.4f}"
    Console().print(f"{name}: accuracy {accuracy:.4f} on {recorded.dataset}, {verdict}", highlight=False)
    if json is not None:
        figures = {"name": name, "dataset": recorded.dataset, "accuracy": accuracy, "recorded": recorded.accuracy, "agrees": same}
        write_json(json, figures)
    if not same:
        raise typer.Exit(EXIT_DIFFERS)


def export(
    name: NameArgument,
    out: Annotated[Path, typer.Option(help="File to write (.flnet).")],
    zoo: ZooOption = None,
) -> None:
    """Write an integer network of the zoo as a file for compile, simulate and all other commands.

    Example: [bold]flightasic zoo export net1-flight-a --out build/nets/net1-flight-a.flnet[/bold]
    """
    from flightasic.errors import ExportError
    from flightasic.ir import IntegerNetwork
    from flightasic.zoo import FOLDER, load

    network = load(name, zoo or FOLDER)
    if not isinstance(network, IntegerNetwork):
        raise ExportError(f"{name!r} has float weights, which no array runs; export one of the others, or take it by flightasic.zoo.load")
    network.save(out)
    Console().print(f"wrote {out}")


def build(
    source: Annotated[Path, typer.Option("--from", help="Folder of a sweep, such as build/sweeps/fashion-mnist.")],
    seed: Annotated[int, typer.Option(help="Seed whose networks to take.")] = 0,
    zoo: Annotated[Path | None, typer.Option("--zoo", help="Folder to write, if not the one in the package.")] = None,
) -> None:
    """Put the networks of one seed of a sweep into the zoo; the same sweep gives the same files.

    Example: [bold]flightasic zoo build --from build/sweeps/fashion-mnist --seed 0[/bold]
    """
    from flightasic.trained import trained_networks
    from flightasic.zoo import FOLDER
    from flightasic.zoo.build import add_trained

    networks = trained_networks(source, seed=seed)
    console = Console()
    records = []
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("compressing and compiling", total=len(networks))
        for record in add_trained(networks, zoo or FOLDER):
            records.append(record)
            progress.advance(task)
    console.print(_table(records))
    size = sum((path.stat().st_size) for path in (zoo or FOLDER).iterdir())
    console.print(f"{len(records)} networks; the zoo takes {size:,} bytes")


def _table(records: list[ZooRecord]) -> Table:
    from flightasic.accuracy import BITS_PER_KB

    table = Table(title="zoo", box=box.SIMPLE, pad_edge=False, collapse_padding=True)
    for column in ("name", "accuracy", "mean\nk", "code\nbits", "codes\nin kB", "cycles", "para-\nmeters", "MACs"):
        table.add_column(column, justify="left" if column == "name" else "right", no_wrap=True)
    for record in records:
        table.add_row(
            record.name,
            f"{record.accuracy:.2%}",
            "-" if record.mean_k is None else f"{record.mean_k:.2f}",
            str(record.code_bits),
            f"{record.storage_bits / BITS_PER_KB:,.1f}",
            "-" if record.cycles is None else f"{record.cycles:,}",
            f"{record.parameters:,}",
            f"{record.macs:,}",
        )
    return table


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    zoo = typer.Typer(help="Trained networks that come with the package.", no_args_is_help=True, rich_markup_mode="rich")
    zoo.command("list")(list_)
    zoo.command("eval")(eval_)
    zoo.command()(export)
    zoo.command()(build)
    app.add_typer(zoo, name="zoo")
