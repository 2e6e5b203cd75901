"""A board with an array, from its Verilog to a bitstream and a record."""

from __future__ import annotations

import shutil
from dataclasses import asdict
from pathlib import Path

from flightasic.board.ulx3s import ULX3S, Ulx3s
from flightasic.config import ArrayConfig
from flightasic.eda.fpga import run_ecp5
from flightasic.eda.fpga_run import FpgaResult
from flightasic.eda.sources import BUILD
from flightasic.errors import PlacementError
from flightasic.files import content_digest
from flightasic.results import RESULTS, write_record


def build_board(
    config: ArrayConfig,
    board: Ulx3s = ULX3S,
    *,
    baud: int | None = None,
    dsp: bool | int = True,
    seed: int = 1,
    build: Path = BUILD,
    results: Path = RESULTS,
) -> tuple[FpgaResult, Path, Path]:
    """Build the bitstream of a board with an array: what came out, the bitstream, the record.

    Parameters
    ----------
    config : ArrayConfig
    board : Ulx3s
    baud : int
        Of the serial line; None = the board's.
    dsp, seed
        As :func:`flightasic.eda.fpga.run_ecp5`.
    build, results : Path
        The bitstream becomes ``build``/<board>_<array>.bit.

    Raises
    ------
    ConfigError
        If the board's clock cannot be divided to this baud rate.
    PlacementError
        If the array does not fit the board, or not its clock.
    ToolError
        As :func:`flightasic.eda.fpga.run_ecp5`.
    """
    name = f"{board.name}_{config.name}"
    clock_mhz = board.clock_hz / 1e6
    sources = board.write_sources(config, build / "rtl" / f"{name}-{config.fingerprint:08x}", baud=baud)
    result = run_ecp5(
        sources,
        top=board.top,
        part=board.part,
        package=board.package,
        speed=board.speed,
        clock_mhz=clock_mhz,
        dsp=dsp,
        seed=seed,
        lpf=board.lpf,
        build=build,
        name=name,
    )
    if result.fmax_mhz < clock_mhz or result.bitstream is None:
        raise PlacementError(f"{config.name} reaches {result.fmax_mhz:.1f} MHz, {board.name} needs {clock_mhz:g}; take a smaller array")
    bitstream = build / f"{name}.bit"
    shutil.copyfile(result.bitstream, bitstream)
    data = {key: value for key, value in asdict(result).items() if key not in ("versions", "bitstream")}
    data |= {"part": board.part, "speed": board.speed, "board": board.name, "clock_mhz": clock_mhz, "baud": baud or board.baud}
    data |= {"seed": seed, "rtl_sha256": content_digest(sorted(sources)), "bitstream_bytes": bitstream.stat().st_size}
    record = write_record("board", name, data, stage="bitstream", versions=result.versions, config=config, results=results)
    return result, bitstream, record
