"""The ``sc`` command: run a SiliconCompiler flow script (SiliconCompiler dropped its own ``sc`` in 0.35)."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

from rich.console import Console

from flightasic.cli.main import EXIT_INTERRUPTED, report_error
from flightasic.errors import FlightError, ToolError

HELP = """\
Usage: sc FLOW.py [ARGUMENTS...]

Run a SiliconCompiler flow script. Arguments after the script go to the script.

Examples:
  sc flows/asic_sky130.py                              area, slack and frequency of the default array
  sc flows/asic_sky130.py --arith fixed4 --clock-ns 8  a multiplier array at 125 MHz
  sc flows/asic_sky130.py --pdk osu018                 without sky130: the 0.18 um library of Debian
  sc flows/fpga_ecp5.py                                LUT, FF, BRAM and Fmax on a Lattice ECP5
  sc flows/fpga_ice40.py                               a small array on a Lattice iCE40, with its bitstream
  sc flows/fpga_xc7.py                                 LUT, FF, BRAM and DSP on the ZC706's XC7Z045
  sc flows/asic_sky130.py --help                       every option of one flow
"""


def run_script(script: Path, arguments: list[str]) -> None:
    """Run ``script`` as ``__main__`` with ``arguments`` in sys.argv and its folder first on sys.path.

    Raises
    ------
    ToolError
        If ``script`` is not a file.
    """
    if not script.is_file():
        raise ToolError(f"{script}: no such flow script; the project's flows are in flows/, see 'sc --help'")
    old_argv, old_path = sys.argv, list(sys.path)
    sys.argv = [str(script), *arguments]
    sys.path.insert(0, str(script.resolve().parent))
    try:
        runpy.run_path(str(script), run_name="__main__")
    finally:
        sys.argv, sys.path[:] = old_argv, old_path


def main() -> None:
    """Entry point: 0 after --help, 2 for a missing script or an error the user can mend, 130 after Ctrl-C."""
    arguments = sys.argv[1:]
    if not arguments or arguments[0] in ("-h", "--help"):
        Console(stderr=not arguments).print(HELP, highlight=False, markup=False, soft_wrap=True, end="")
        sys.exit(0 if arguments else 2)
    try:
        run_script(Path(arguments[0]), arguments[1:])
    except (FlightError, OSError) as error:
        sys.exit(report_error(error))
    except KeyboardInterrupt:
        Console(stderr=True).print("interrupted")
        sys.exit(EXIT_INTERRUPTED)


if __name__ == "__main__":
    main()
