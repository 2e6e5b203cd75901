"""``python -m verification.formal [NAME ...]``: prove everything, or the named proofs, and print a table."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from verification.formal.proofs import PROOFS


def main() -> int:
    """0 when every proof holds, 1 otherwise."""
    parser = argparse.ArgumentParser(prog="python -m verification.formal", description="prove units of the emitted Verilog")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(PROOFS)}; default: all")
    names = parser.parse_args().names or list(PROOFS)
    unknown = sorted(set(names) - set(PROOFS))
    if unknown:
        parser.error(f"no proof {unknown[0]!r}; known: {', '.join(PROOFS)}")
    table = Table("proof", "claim", "result", "s")
    held = True
    for name in track(names, console=Console(stderr=True), transient=True):
        proof = PROOFS[name]
        with tempfile.TemporaryDirectory() as scratch:
            verdict = proof.check(proof.modules(), Path(scratch))
        held &= verdict.passed
        table.add_row(name, proof.claim, "proved" if verdict.passed else verdict.complaint, f"{verdict.seconds:.1f}")
    Console().print(table)
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
