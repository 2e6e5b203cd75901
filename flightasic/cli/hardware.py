"""Commands that make and run hardware: rtl, emit, compile, simulate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from flightasic.cli.array import ARRAY_HELP, SET_HELP, parse_array
from flightasic.cli.utilization import print_report
from flightasic.config import ARITHMETICS, ArrayConfig
from flightasic.results import RESULTS

ArrayOption = Annotated[str, typer.Option("--array", help=ARRAY_HELP)]
ArithOption = Annotated[str, typer.Option(help="shift, fixed4 or fixed8.")]
SetOption = Annotated[list[str] | None, typer.Option("--set", help=SET_HELP)]


def rtl(
    out: Annotated[Path, typer.Option(help="Folder of the committed Verilog.")] = Path("rtl"),
    docs: Annotated[Path, typer.Option(help="Folder that holds microcode.md, registers.md and units.")] = Path("docs"),
) -> None:
    """Regenerate the committed Verilog (default array, all arithmetics) with testbenches and FuseSoC core file, and the docs' tables.

    Example: [bold]flightasic rtl[/bold]
    """
    from flightasic import microcode, registers
    from flightasic.core_file import write_core
    from flightasic.files import write_atomically
    from flightasic.hw.emit import emit_verilog
    from flightasic.hw.pages import refresh_pages
    from flightasic.hw.top import Top

    console = Console()
    configs = [ArrayConfig.for_arith(arith) for arith in ARITHMETICS]
    for config in configs:
        paths = emit_verilog(config, out / config.name)
        console.print(f"{out / config.name}: {len(paths)} modules")
    for path in write_core(out, configs):
        console.print(f"{path}")
    for page, text in (("microcode.md", microcode.markdown()), ("registers.md", registers.markdown())):
        write_atomically(docs / page, text)
        console.print(f"{docs / page}")
    pages = refresh_pages(docs / "units", Top(ArrayConfig()))
    console.print(f"{docs / 'units'}: ports of {len(pages)} pages")


def emit(
    out: Annotated[Path, typer.Option(help="Folder to write the Verilog into.")],
    array: ArrayOption = "4x4x4",
    arith: ArithOption = "shift",
    settings: SetOption = None,
) -> None:
    """Emit the Verilog of any array.

    Example: [bold]flightasic emit --array 8x8x8 --arith shift --set tile_rows=4 --out build/rtl8[/bold]
    """
    from flightasic.hw.emit import emit_verilog

    config = parse_array(array, arith, settings or [])
    paths = emit_verilog(config, out)
    Console().print(f"{out}: {len(paths)} modules of {config.name}")


def compile_(
    network: Annotated[Path, typer.Argument(help="Integer network (.flnet).")],
    out: Annotated[Path | None, typer.Option(help="Write the program here (JSON).")] = None,
    array: ArrayOption = "4x4x4",
    settings: SetOption = None,
) -> None:
    """Compile a network for an array and show the predicted cycles of every layer.

    Example: [bold]flightasic compile build/nets/flight.flnet --array 4x4x4 --out build/flight.json[/bold]
    """
    from flightasic.compiler import compile_network
    from flightasic.ir import IntegerNetwork
    from flightasic.utilization import utilization_report

    net = IntegerNetwork.load(network)
    program = compile_network(net, parse_array(array, net.arith, settings or []))
    console = Console()
    print_report(console, utilization_report(net, program))
    if out is not None:
        program.save(out)
        console.print(f"wrote {out}")


def simulate(
    network: Annotated[Path, typer.Argument(help="Integer network (.flnet).")],
    images: Annotated[int, typer.Option(help="Test images to run, from the first.", min=1)] = 100,
    tensors: Annotated[int, typer.Option(help="Images on which every layer's tensor is compared too.", min=0)] = 4,
    array: ArrayOption = "4x4x4",
    settings: SetOption = None,
    data: Annotated[Path | None, typer.Option(help="Folder with the Fashion-MNIST idx.gz files.")] = None,
    results: Annotated[Path, typer.Option(help="Folder of the result records.")] = RESULTS,
    cache: Annotated[Path, typer.Option(help="Folder of compiled simulation models.")] = Path("build/sim"),
) -> None:
    """Run test images through the RTL and compare logits, tensors and cycles with golden model and prediction.

    Example: [bold]flightasic simulate build/nets/flight.flnet --images 100[/bold]
    """
    from flightasic.data import fashion_mnist, quantise_input
    from flightasic.ir import IntegerNetwork
    from flightasic.sim.check import check_network

    net = IntegerNetwork.load(network)
    config = parse_array(array, net.arith, settings or [])
    test = fashion_mnist("test", data).first(images)
    console = Console()
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task(f"RTL {net.name}", total=len(test))
        outcome = check_network(
            net, config, quantise_input(test.images), test.labels, tensor_images=tensors, cache=cache,
            progress=lambda done: progress.update(task, completed=done),
        )  # fmt: skip
    console.print(
        f"{net.name} on {config.name}: {outcome.images} images, logits and {outcome.tensors} tensors equal to the golden model, "
        f"{outcome.cycles:,} cycles per image as predicted, accuracy {outcome.accuracy:.1%}; {outcome.cycles_per_s:,.0f} cycles/s; "
        f"record: {outcome.record(net, results)}",
        highlight=False,
    )


def register(app: typer.Typer) -> None:
    """Add the hardware commands to the application."""
    app.command()(rtl)
    app.command()(emit)
    app.command("compile")(compile_)
    app.command()(simulate)
