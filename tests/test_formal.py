"""Formal proofs hold for the emitted Verilog, and none of them holds for a unit that was broken on purpose."""

from __future__ import annotations

from pathlib import Path

import pytest

from verification.breaks import Break
from verification.emitted import ROOT
from verification.formal import breaks, proofs
from verification.formal.engine import prove
from verification.formal.proofs import PROOFS


def _marked(name: str) -> object:
    return pytest.param(name, marks=pytest.mark.slow) if PROOFS[name].slow else name


@pytest.mark.parametrize("name", [_marked(name) for name in PROOFS])
def test_proof_holds(name: str, tmp_path: Path) -> None:
    proof = PROOFS[name]
    verdict = proof.check(proof.modules(), tmp_path)
    assert verdict.passed, verdict.complaint


@pytest.mark.parametrize("broken", breaks.FORMAL_BREAKS, ids=lambda broken: broken.what.replace(" ", "-"))
def test_broken_unit_is_refuted_by_a_counterexample(broken: Break, tmp_path: Path) -> None:
    proof = PROOFS[broken.case]
    verdict = proof.refute(broken.apply(proof.modules()), tmp_path)
    assert not verdict.passed and verdict.counterexample
    assert broken.caught in verdict.complaint


def test_every_harness_is_refuted_by_some_break() -> None:
    assert {PROOFS[broken.case].properties for broken in breaks.FORMAL_BREAKS} == {proof.properties for proof in PROOFS.values()}


def test_covers_fail_when_the_program_is_damaged(tmp_path: Path) -> None:
    """What must be reachable is reached by the good program, and only by it."""
    proof = PROOFS["sequencer-runs"]
    verdict = prove(proof.modules(), proof.properties, {**proof.defines, "PROGRAM": "1024'h0"}, tmp_path, depth=1, induction=False, cover=8)
    assert not verdict.passed and "Unreached cover" in verdict.complaint


def test_documented_proofs_are_current() -> None:
    page = (ROOT / "docs" / "verification.md").read_text()
    assert proofs.markdown() in page
    assert breaks.markdown() in page
