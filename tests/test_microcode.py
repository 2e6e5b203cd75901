"""The microcode format: packing, checks, and the page rendered from it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flightasic.compiler import Program, compile_network
from flightasic.config import ArrayConfig
from flightasic.errors import CompileError, FormatError
from flightasic.microcode import (
    GROUP,
    HEADER,
    MICROWORD,
    OP_CONV,
    STEP,
    WORD_BITS,
    check_program,
    checksum,
    layout,
    markdown,
    pack,
    unpack,
    words_of,
)
from verification.cases import random_network

ROOT = Path(__file__).resolve().parents[1]


@st.composite
def records(draw: st.DrawFn) -> tuple:
    fields = draw(st.sampled_from([HEADER, STEP, GROUP, MICROWORD]))
    ranges = {
        field.name: st.integers(-(1 << (field.bits - 1)), (1 << (field.bits - 1)) - 1)
        if field.signed
        else st.integers(0, (1 << field.bits) - 1)
        for field in fields
    }
    return fields, {name: draw(values) for name, values in ranges.items()}


@given(records())
def test_pack_and_unpack_are_inverse(record: tuple) -> None:
    fields, values = record
    words = pack(fields, values, "test")
    assert len(words) == words_of(fields)
    assert unpack(fields, words) == values


@pytest.mark.parametrize("fields", [HEADER, STEP, GROUP, MICROWORD])
def test_one_past_each_range_is_refused_by_name(fields: tuple) -> None:
    for field in fields:
        most = 1 << (field.bits - 1 if field.signed else field.bits)
        with pytest.raises(CompileError, match=rf"{field.name}={most} "):
            pack(fields, {field.name: most}, "test")


def test_fields_do_not_overlap() -> None:
    for fields in (HEADER, STEP, GROUP, MICROWORD):
        taken = [bit for low, high in layout(fields).values() for bit in range(low, high)]
        assert len(taken) == len(set(taken)) <= words_of(fields) * WORD_BITS


def _program() -> Program:
    import numpy as np

    config = ArrayConfig(acc_bits=28)
    return compile_network(random_network(np.random.default_rng(5), config), config)


@pytest.mark.parametrize("word", range(12))
def test_any_flipped_bit_is_found(word: int) -> None:
    program = _program()
    check_program(program.words, program.config.fingerprint)
    for bit in range(0, WORD_BITS, 5):
        words = list(program.words)
        words[word] ^= 1 << bit
        with pytest.raises(FormatError):
            check_program(words, program.config.fingerprint)


def test_program_for_another_array_names_both() -> None:
    program = _program()
    other = ArrayConfig()
    with pytest.raises(FormatError, match=f"{program.config.fingerprint:08X}.*{other.fingerprint:08X}"):
        check_program(program.words, other.fingerprint)


def test_short_program() -> None:
    with pytest.raises(FormatError, match="shorter than its header"):
        check_program([0] * (words_of(HEADER) - 1), 0)


def _with_header(words: list[int], **changes: int) -> list[int]:
    """The program with other header fields and the checksum that goes with them."""
    size = words_of(HEADER)
    fields = unpack(HEADER, words[:size]) | changes | {"checksum": 0}
    total = checksum(pack(HEADER, fields, "test") + words[size:])
    return pack(HEADER, fields | {"checksum": total}, "test") + words[size:]


def test_program_without_steps_or_with_steps_beyond_its_end() -> None:
    program = _program()
    for steps in (0, len(program.words)):
        with pytest.raises(FormatError, match=f"cannot hold the {steps} steps.*compile it again"):
            check_program(_with_header(program.words, steps=steps), program.config.fingerprint)


def test_microwords_outside_the_program() -> None:
    program = _program()
    index = next(index for index, step in enumerate(program.steps) if step.op == OP_CONV)
    low = words_of(HEADER) + index * words_of(STEP)
    high = low + words_of(STEP)
    fields = unpack(STEP, program.words[low:high])
    for micro_base in (0, low, len(program.words), 0xFFFF):
        step = pack(STEP, fields | {"micro_base": micro_base}, "test")
        words = _with_header(program.words[:low] + step + program.words[high:])
        with pytest.raises(FormatError, match=f"step {index}: micro_base={micro_base} .*compile it again"):
            check_program(words, program.config.fingerprint)


def test_committed_page_is_current() -> None:
    assert (ROOT / "docs" / "microcode.md").read_text() == markdown(), "run 'make rtl' and commit"
