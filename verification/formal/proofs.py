"""The table of proofs: a unit, its properties, and how far they are unrolled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from pymtl3 import Component

from flightasic.config import ArrayConfig
from flightasic.hw.emit import translate
from flightasic.hw.merge import Merge
from flightasic.hw.pe import ProcessingElement
from flightasic.hw.post import Post
from flightasic.hw.rotate import Rotate
from flightasic.hw.sequencer import Sequencer
from flightasic.hw.signals import FLAG_BITS, GROUP, RESIDUAL, STEP_BITS, VALID
from flightasic.microcode import HEADER, MAGIC, OP_CONV, OP_LOAD, STEP, VERSION, WORD_BITS, checksum, layout, pack, words_of
from verification.formal.engine import Verdict, prove

PATIENCE = 1000


@dataclass(frozen=True)
class Proof:
    """A theorem about a unit as it is emitted.

    Attributes
    ----------
    claim : str
        What is proved, in words.
    unit : callable
        Makes the unit.
    properties : str
        Harness in ``properties/``.
    defines : mapping of str to int or str
        Macros of the harness.
    depth, induction, cover
        As in :func:`verification.formal.engine.prove`; a combinational unit needs no induction.
    search : int
        Cycles from the start state in which a counterexample to a broken unit is looked for.
    slow : bool
        Too long for every run of the tests.
    """

    claim: str
    unit: Callable[[], Component]
    properties: str
    defines: Mapping[str, int | str] = field(default_factory=dict)
    depth: int = 2
    induction: bool = True
    cover: int = 0
    search: int = 4
    slow: bool = False

    def modules(self) -> dict[str, str]:
        """Verilog of the unit by module name."""
        return translate(self.unit(), "proof")

    def check(self, modules: Mapping[str, str], scratch: Path) -> Verdict:
        """Prove it for these modules."""
        return prove(modules, self.properties, self.defines, scratch, depth=self.depth, induction=self.induction, cover=self.cover)

    def refute(self, modules: Mapping[str, str], scratch: Path) -> Verdict:
        """Look for a counterexample from the start state: a run in which modules broken on purpose violate the claim."""
        return prove(modules, self.properties, self.defines, scratch, depth=self.search, induction=False)


def _lane(config: ArrayConfig) -> Proof:
    defines: dict[str, int | str] = {"CODE_BITS": config.code_bits, "SUM_BITS": config.sum_bits}
    defines["LANE"] = "flight_shift_lane" if config.arith == "shift" else "flight_fixed_lane"
    if config.arith == "shift":
        defines["SHIFT"] = 1
    if not config.signed_acts:
        defines["UNSIGNED"] = 1
    acts = "every activation" if config.signed_acts else "every activation without a sign"
    claim = f"lane, {config.arith} {config.code_bits} bit: the product, every code, {acts}"
    return Proof(claim, lambda: ProcessingElement(config), "lane", defines, depth=1, induction=False)


def _element(config: ArrayConfig) -> Proof:
    claim = f"element, {config.arith} {config.code_bits} bit: the sum of its lanes with the codes last swapped in, every partial sum"
    return Proof(claim, lambda: ProcessingElement(config), "element", {"CODE_BITS": config.code_bits, "SUM_BITS": config.sum_bits})


def _post(acc_bits: int) -> Proof:
    config = ArrayConfig(rows=2, cols=2, lanes=1, tile_rows=1, tile_cols=1, acc_bits=acc_bits)
    defines = {"COLS": 2, "ACC_BITS": acc_bits, "STEP_BITS": STEP_BITS, "POOL_AREA": layout(STEP)["pool_area"][0]}
    claim = f"post, {acc_bits} bit: rounding shift, ReLU, clamp and max pool, every sum, shift and window"
    return Proof(claim, lambda: Post(config), "post", defines)


def _merge(cols: int) -> Proof:
    config = ArrayConfig(rows=2, cols=cols, lanes=2, tile_rows=1, tile_cols=1, acc_bits=32)
    defines: dict[str, int | str] = {"COLS": cols, "SUM_BITS": config.sum_bits, "ACC_BITS": config.acc_bits, "FLAG_BITS": FLAG_BITS}
    defines |= {"VALID": VALID, "GROUP": GROUP, "RESIDUAL": RESIDUAL}
    claim = "merge: k columns, each by its offset, or by the residual's, for every k, offset and sum"
    return Proof(claim, lambda: Merge(config), "merge", defines)


def _rotate(words: int) -> Proof:
    defines: dict[str, int | str] = {"UNIT": f"flight_rotate_{words}_8", "WORDS": words, "WIDTH": 8, "PLACE_BITS": words.bit_length() - 1}
    return Proof(f"rotate, {words} words: word i comes from i - by", lambda: Rotate(words, 8), "rotate", defines, depth=1, induction=False)


def _sequencer(depth: int) -> Proof:
    config = ArrayConfig(program_depth=depth)
    defines = {"DEPTH": depth, "PATIENCE": PATIENCE, "HEADER_WORDS": words_of(HEADER), "STEP_WORDS": words_of(STEP)}
    defines |= {"STEP_BITS": STEP_BITS, "OP_CONV": OP_CONV, "OP_LOAD": OP_LOAD}
    claim = f"sequencer, {depth} program words: comes back to idle, never hangs in a program"
    return Proof(claim, lambda: Sequencer(config), "sequencer", defines, search=10, slow=depth > 512)


def _sequencer_runs() -> Proof:
    """The covers of the same harness, with a real program in memory."""
    config = ArrayConfig(program_depth=32)
    body = pack(STEP, {"op": OP_LOAD, "out_h": 1, "kwords": 1}, "proof")
    header = {"magic": MAGIC, "version": VERSION, "fingerprint": config.fingerprint, "steps": 1}
    header["words"] = words_of(HEADER) + len(body)
    total = checksum([*pack(HEADER, header, "proof"), *body])
    memory = sum(word << (WORD_BITS * i) for i, word in enumerate([*pack(HEADER, header | {"checksum": total}, "proof"), *body]))
    base = _sequencer(config.program_depth)
    defines = {**base.defines, "PATIENCE": 4, "PROGRAM": f"{16 * WORD_BITS}'h{memory:x}"}
    return replace(
        base,
        claim="sequencer: a program runs and comes home, waits for its image, stops in an error",
        unit=lambda: Sequencer(config),
        defines=defines,
        cover=40,
        search=36,
    )


_ELEMENTS = {
    "shift": ArrayConfig(lanes=2),
    "shift3": ArrayConfig(lanes=2, code_bits=3),
    "shift2": ArrayConfig(lanes=2, code_bits=2),
    "fixed4": ArrayConfig.for_arith("fixed4", lanes=2),
    "fixed8": ArrayConfig.for_arith("fixed8", lanes=2),
}
_UNSIGNED = {f"{name}-unsigned": ArrayConfig.for_arith(name, lanes=2, signed_acts=0) for name in ("shift", "fixed4", "fixed8")}
PROOFS: dict[str, Proof] = {
    **{f"lane-{name}": _lane(config) for name, config in (_ELEMENTS | _UNSIGNED).items()},
    **{f"element-{name}": _element(config) for name, config in _ELEMENTS.items()},
    "post-18": _post(18),
    "post-32": _post(32),
    "merge": _merge(3),
    "rotate-4": _rotate(4),
    "rotate-16": _rotate(16),
    "sequencer-512": _sequencer(512),
    "sequencer-32768": _sequencer(32768),
    "sequencer-runs": _sequencer_runs(),
}


def markdown() -> str:
    """The table for ``docs/verification.md``."""
    lines = ["| proof | claim | how it holds |", "| --- | --- | --- |"]
    for name, proof in PROOFS.items():
        scope = "reached" if proof.cover else "for ever, by induction" if proof.induction else "for every input"
        lines.append(f"| `{name}` | {proof.claim} | {scope}{' (slow set)' if proof.slow else ''} |")
    return "\n".join(lines)
