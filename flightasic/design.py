"""The array as a SiliconCompiler design, for any flow: Verilog, constraints for a standard-cell library, a testbench.

``FlightDesign(config, folder)`` writes an array's sources and describes them; :meth:`FlightDesign.of_files` describes Verilog that
is there already (the committed ``rtl/``, or a variation of it).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from siliconcompiler import Design

from flightasic.config import ArrayConfig
from flightasic.files import write_atomically
from flightasic.hw.emit import TOP, emit_verilog

IO_DELAY_FRACTION = 0.2


class FlightDesign(Design):
    """An array with its sources in filesets that SiliconCompiler's projects take by name.

    Filesets: ``rtl`` (Verilog, top module set), ``testbench`` (a self-checking run of a small network, see
    :mod:`flightasic.testbench`) and, for each library given to :meth:`add_constraints`, ``sdc.<library>``.

    Parameters
    ----------
    config : ArrayConfig
    folder : path
        Where the sources are written; Verilog of an earlier array there is replaced.
    top : str
        "flight_top" (core and inferable memories), "flight_core" (no memories) or "flight_axi" (AXI ports around the top).

    Raises
    ------
    FileError
        If ``folder`` cannot be written.
    CompileError
        If the array's memories are too small for the testbench's network.
    """

    def __init__(self, config: ArrayConfig, folder: str | Path, *, top: str = TOP) -> None:
        super().__init__(f"flight_{config.name}")
        from flightasic.testbench import TESTBENCH, render_testbench  # the golden model loads torch, which of_files does without

        folder = Path(folder)
        self._add_rtl(emit_verilog(config, folder), top)
        bench = folder / f"{TESTBENCH}.sv"
        write_atomically(bench, render_testbench(config))
        with self.active_fileset("testbench"):
            self.set_topmodule(TESTBENCH)
            self.add_file(str(bench.resolve()))

    @classmethod
    def of_files(cls, name: str, sources: Sequence[Path], *, top: str) -> Self:
        """A design of Verilog files that exist, with the fileset ``rtl`` only; characters a name cannot hold become ``_``."""
        design = cls.__new__(cls)
        Design.__init__(design, re.sub(r"\W", "_", name))
        design._add_rtl(sources, top)
        return design

    def add_constraints(self, library: str, path: str | Path, *, clock_ns: float, driver: str, load_pf: float) -> None:
        """Write an SDC file and add it as fileset ``sdc.<library>``.

        Parameters
        ----------
        library : str
            Name of the standard-cell library, such as "sky130hd".
        path : path
            The file to write.
        clock_ns : float
            Period of ``clk``, ideal. Inputs arrive, and outputs must be there, a fifth of it from the clock edge.
        driver : str
            Cell of the library in front of every input.
        load_pf : float
            Load of every output, in picofarads.
        """
        write_atomically(Path(path), constraints(clock_ns, driver, load_pf))
        with self.active_fileset(f"sdc.{library}"):
            self.add_file(str(Path(path).resolve()))

    def _add_rtl(self, sources: Sequence[Path], top: str) -> None:
        with self.active_fileset("rtl"):
            self.set_topmodule(top)
            for path in sources:
                self.add_file(str(path.resolve()))


def constraints(clock_ns: float, driver: str, load_pf: float) -> str:
    """SDC of an array: see :meth:`FlightDesign.add_constraints`."""
    delay = IO_DELAY_FRACTION * clock_ns
    return f"""\
create_clock -name clk -period {clock_ns} [get_ports clk]
set data_inputs {{}}
foreach port [all_inputs] {{
  if {{$port ne [get_ports clk]}} {{ lappend data_inputs $port }}
}}
set_input_delay {delay} -clock clk $data_inputs
set_output_delay {delay} -clock clk [all_outputs]
set_driving_cell -lib_cell {driver} $data_inputs
set_load {load_pf} [all_outputs]
"""
