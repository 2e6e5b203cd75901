"""Synthesis for FPGAs; the SiliconCompiler task runs this module in a process of its own (as eda.synthesis)."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from flightasic.eda.fpga_carry import pack_carries
from flightasic.eda.fpga_copies import copied
from flightasic.eda.fpga_output_regs import fold_output_registers

REPORT = "synthesis.json"
NETLIST = "netlist.json"
BLOCK_RAM_WORDS = 128  # from here on a memory must become block RAM
CARRY = Path(__file__).parent / "techmap" / "carry.v"
_KEPT = "$__flight_product"
BLOCK_RAM, LUT_RAM, LOGIC = "block RAM", "LUT RAM", "flip-flops"


@dataclass(frozen=True, kw_only=True)
class Family:
    """How yosys synthesises for a family: its command, the command's label after reading, where memories are mapped, and the one after it.

    ``dsp`` and ``no_dsp`` are the command's options with and without multipliers; ``block`` and ``lut`` the cells that memories become;
    ``post_adders``: its multipliers take a sum along, for which yosys looks among two-operand sums.
    """

    command: str
    first: str
    memories: str
    after: str
    dsp: str
    no_dsp: str
    block: tuple[str, ...]
    lut: str
    post_adders: bool = False


# Pads are nextpnr's business, or nobody's (xc7).
FAMILIES: Mapping[str, Family] = {
    "ecp5": Family(
        command="synth_ecp5", first="coarse", memories="map_ram", after="map_ffram", dsp="", no_dsp="-nodsp",
        block=("DP16KD", "PDPW16KD"), lut="TRELLIS_DPR16X4",
    ),
    "ice40": Family(
        command="synth_ice40", first="flatten", memories="map_ram", after="map_ffram", dsp="-dsp", no_dsp="",
        block=("SB_RAM40_4K",), lut="none", post_adders=True,
    ),
    "xc7": Family(
        command="synth_xilinx -family xc7 -flatten -noiopad -noclkbuf", first="prepare", memories="map_memory", after="map_ffram",
        dsp="", no_dsp="-nodsp",
        block=("RAMB36E1", "RAMB18E1"), lut="RAM", post_adders=True,
    ),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class FpgaSynthesisJob:
    """One synthesis.

    Attributes
    ----------
    family : str
        One of :data:`FAMILIES`.
    sources, top
        Verilog files (absolute paths) and the module to synthesise, flattened.
    dsp : int
        The most products that go into multipliers, 0 or more; the others become LUTs. A budget below the number of products
        needs family "ecp5"; the others take 0 or all. Copies share it.
    copies : int
        How many times the design lies in the netlist, side by side; above 1 for family "ecp5" only.
    """

    family: str
    sources: tuple[str, ...]
    top: str
    dsp: int
    copies: int = 1

    def to_json(self) -> str:
        """For :meth:`from_json`."""
        return json.dumps(asdict(self), indent=2)

    @classmethod
    def from_json(cls, text: str) -> FpgaSynthesisJob:
        """Rebuild a job in the worker process."""
        data = json.loads(text)
        return cls(**{**data, "sources": tuple(data["sources"])})


@dataclass(frozen=True, kw_only=True)
class MappedMemory:
    """A memory of the design: its name, bits of a word, words, and the cells it became of each kind (none: flip-flops and LUTs)."""

    name: str
    width: int
    depth: int
    cells: dict[str, int]

    def place(self, family: str) -> str:
        """:data:`BLOCK_RAM`, :data:`LUT_RAM` or :data:`LOGIC`."""
        kinds = FAMILIES[family]
        if any(kind in kinds.block for kind in self.cells):
            return BLOCK_RAM
        return LUT_RAM if any(kind.startswith(kinds.lut) for kind in self.cells) else LOGIC


def run_worker(job: FpgaSynthesisJob, work: Path) -> None:
    """Synthesise in this process; leaves outputs/<top>.netlist.json and reports/synthesis.json under ``work``."""
    from pyosys import libyosys

    for folder in ("outputs", "reports"):
        (work / folder).mkdir(exist_ok=True)
    family = FAMILIES[job.family]
    synth = f"{family.command} -top {job.top} {family.dsp if job.dsp else family.no_dsp}"
    design = libyosys.Design()
    design.run_pass(f"read_verilog -sv {' '.join(job.sources)}")
    # Buffers never read a word in the cycle it is written.
    design.run_pass("setattr -set no_rw_check 1 m:*")
    # ABC9's second recipe for LUTs restructures first, which most arrays gain by (docs/experiments.md, 17).
    design.run_pass("scratchpad -copy abc9.script.flow2 abc9.script")
    design.run_pass(f"{synth} -run begin:{family.first}")
    if not (job.dsp and family.post_adders):
        _map_sums(design, job, work)
    design.run_pass(f"{synth} -run {family.first}:{family.memories}")
    sizes = {name: (_parameter(cell, "WIDTH"), _parameter(cell, "SIZE")) for name, cell in _memories(design.top_module())}
    for name, (_, depth) in sizes.items():
        if depth >= BLOCK_RAM_WORDS:
            # The array's LUTs are what is scarce: yosys would build buffers of some kilobits of them on xc7.
            design.run_pass(f'setattr -set ram_style "block" {job.top}/c:{name}')
    design.run_pass(f"{synth} -run {family.memories}:{family.after}")
    mapped = [(_plain(name), _plain(cell.type)) for name, cell in design.top_module().cells_.items()]
    memories = [
        MappedMemory(name=name, width=width, depth=depth, cells=_cells_of(name, mapped)) for name, (width, depth) in sorted(sizes.items())
    ]
    netlist = work / "outputs" / f"{job.top}.{NETLIST}"
    design.run_pass(f"{synth} -run {family.after}: -json {netlist}")
    if job.family == "ecp5":
        whole = json.loads(netlist.read_text())
        fold_output_registers(whole["modules"][job.top])
        pack_carries(whole["modules"][job.top])
        whole["modules"][job.top] = copied(whole["modules"][job.top], job.copies)
        netlist.write_text(json.dumps(whole))
    report = {"yosys": libyosys.yosys_maybe_version(), "memories": [asdict(memory) for memory in memories]}
    (work / "reports" / REPORT).write_text(json.dumps(report, indent=2) + "\n")


def _map_sums(design: Any, job: FpgaSynthesisJob, work: Path) -> None:
    """Sums onto carry chains (techmap/carry.v), and so the products past the budget of multipliers; the others wait under another name."""
    for command in ("proc", "flatten", "opt_expr", "opt_clean", "wreduce"):
        design.run_pass(command)
    products = sorted((_plain(name) for name, cell in design.top_module().cells_.items() if _plain(cell.type) == "$mul"), key=_in_order)
    kept = products[: job.dsp // job.copies]
    if kept:
        chosen = work / "products.txt"
        chosen.write_text("".join(f"{job.top}/{name}\n" for name in kept))
        for command in (f"select -read {chosen}", f"chtype -set {_KEPT}", "select -clear"):
            design.run_pass(command)
    for command in (f"techmap -map {CARRY} t:$mul", "opt -full", "wreduce", f"techmap -map {CARRY} t:$add t:$sub", "opt_clean"):
        design.run_pass(command)
    if kept:
        design.run_pass(f"chtype -set $mul t:{_KEPT}")


def _in_order(name: str) -> list[str | int]:
    """Sorts tile_2 before tile_10."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


def _memories(module: Any) -> Iterator[tuple[str, Any]]:
    for cell in module.cells_.values():
        if _plain(cell.type) == "$mem_v2":
            yield _plain(cell.getParam(_id("MEMID")).decode_string()), cell


def _cells_of(memory: str, cells: list[tuple[str, str]]) -> dict[str, int]:
    """The mapped cells of a memory by type: yosys names them <memory>.<piece>.<piece>, with more behind it where a piece is of several."""
    own = re.compile(rf"{re.escape(memory)}\.\d+\.\d+(\..*)?")
    return dict(Counter(kind for name, kind in cells if own.fullmatch(name) and not kind.startswith("$")))


def _parameter(cell: Any, name: str) -> int:
    value: int = cell.getParam(_id(name)).as_int()
    return value


def _id(name: str) -> Any:
    from pyosys import libyosys

    return libyosys.IdString(f"\\{name}")


def _plain(name: Any) -> str:
    return (name if isinstance(name, str) else str(name.str())).removeprefix("\\")


def main() -> None:
    """``python -m flightasic.eda.fpga_synthesis JOB.json``: the worker's command line, in the folder the results go to."""
    run_worker(FpgaSynthesisJob.from_json(Path(sys.argv[1]).read_text()), Path.cwd())


if __name__ == "__main__":
    main()
