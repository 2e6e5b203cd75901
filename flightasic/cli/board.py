"""The commands ``flightasic board``: a network on a real board."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from flightasic.board import ULX3S

EXIT_DIFFERS = 1
_SHOWN = 8


def run(
    network: Annotated[Path, typer.Argument(help="Integer network (.flnet), see 'flightasic zoo export'.")],
    port: Annotated[str, typer.Option(help="Serial port of the board, such as /dev/ttyUSB0 or COM3.")],
    baud: Annotated[int, typer.Option(help="Baud rate the bitstream was built for.")] = ULX3S.baud,
    images: Annotated[int, typer.Option(help="Images to run.", min=1)] = 4,
    seed: Annotated[int, typer.Option(help="Seed of the random images.", min=0)] = 1,
    inputs: Annotated[
        Path | None, typer.Option("--from", help="Take the images of this .npy file, int8 [N, C, H, W], not random ones.", exists=True)
    ] = None,
) -> None:
    """Run a network on a board and compare every output with the golden model. Exit code 1 if one differs.

    The board says which array it has; the network is compiled for that.

    Examples: [bold]flightasic board run --port /dev/ttyUSB0 build/net1.flnet[/bold],
    [bold]flightasic board run --port /dev/ttyUSB0 --images 100 build/net1.flnet[/bold]
    """
    from flightasic.board.check import check_on, load_images, random_images
    from flightasic.host import Accelerator
    from flightasic.host.serial_port import open_port
    from flightasic.host.uart import UartBus
    from flightasic.ir import IntegerNetwork

    net = IntegerNetwork.load(network)
    console = Console()
    accelerator = Accelerator(UartBus(open_port(port, baud), clock_hz=ULX3S.clock_hz))
    console.print(f"{port}: {accelerator.config.name}, fingerprint 0x{accelerator.config.fingerprint:08X}", highlight=False)
    chosen = random_images(net, accelerator.config, images, seed) if inputs is None else load_images(inputs, images)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(f"{net.name} on {port}", total=len(chosen))
        outcome = check_on(accelerator, net, chosen, progress=lambda done: progress.update(task, completed=done))
    table = Table("image", "outputs", "golden model", "clock cycles", title=f"{net.name} on {accelerator.config.name}")
    for number, (found, expected, cycles) in enumerate(zip(outcome.outputs, outcome.expected, outcome.cycles, strict=True)):
        verdict = "equal" if (found == expected).all() else "differs"
        table.add_row(str(number), _shown(found.ravel().tolist()), verdict, f"{cycles:,}")
    console.print(table)
    console.print(
        f"{outcome.equal} of {len(chosen)} images equal to the golden model; {outcome.predicted:,} clock cycles per image are predicted, "
        "and the line may hold images and results back",
        highlight=False,
    )
    if outcome.equal != len(chosen):
        raise typer.Exit(EXIT_DIFFERS)


def _shown(values: list[int]) -> str:
    return " ".join(map(str, values[:_SHOWN])) + (" ..." if len(values) > _SHOWN else "")


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    board = typer.Typer(help="Networks on a real board (docs/board.md).", no_args_is_help=True, rich_markup_mode="rich")
    board.command()(run)
    app.add_typer(board, name="board")

    @board.callback()
    def boards() -> None:
        """Networks on a real board."""
