"""Synthesis for Lattice ECP5; the SiliconCompiler task runs this module in a process of its own (as eda.synthesis)."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class EcpSynthesisJob:
    """Verilog ``sources`` (absolute paths), ``top`` module, and whether products may use the DSP blocks."""

    sources: tuple[str, ...]
    top: str
    dsp: bool = True

    def to_json(self) -> str:
        """For the worker process."""
        return json.dumps(asdict(self), indent=2)


def passes(job: EcpSynthesisJob, work: Path) -> list[str]:
    """yosys commands that leave outputs/<top>.netlist.json; read-write collisions never happen in the buffers."""
    options = " ".join(["-no-rw-check", *([] if job.dsp else ["-nodsp"])])
    return [
        f"read_verilog -sv {' '.join(job.sources)}",
        f"synth_ecp5 -top {job.top} {options} -json {work / 'outputs' / (job.top + '.netlist.json')}",
    ]


def main() -> None:
    """``python -m flightasic.eda.ecp5 JOB.json``: the worker's command line, in the folder the results go to."""
    from pyosys import libyosys

    data = json.loads(Path(sys.argv[1]).read_text())
    job = EcpSynthesisJob(sources=tuple(data.pop("sources")), **data)
    work = Path.cwd()
    (work / "outputs").mkdir(exist_ok=True)
    (work / "reports").mkdir(exist_ok=True)
    design = libyosys.Design()
    for command in passes(job, work):
        design.run_pass(command)
    (work / "reports" / "synthesis.json").write_text(json.dumps({"yosys": libyosys.yosys_maybe_version()}) + "\n")


if __name__ == "__main__":
    main()
