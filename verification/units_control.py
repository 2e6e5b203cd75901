"""Unit cases of what feeds the array: transfers, the code ring, the loader. Part of the table in :mod:`verification.units`."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from flightasic.config import MAX_PLANES, OFFSET_BITS, ArrayConfig
from flightasic.microcode import GROUP, MICROWORD, OP_CONV, OP_LOAD, OP_STORE, STEP, WORD_BITS, pack
from verification.bench import Case, join
from verification.walk import Slot, kernel_words

ADDRESSES = 1 << 16
REST = {"start": 0, "clear": 0}


def step_port(**fields: int) -> int:
    """A step descriptor as the units see it."""
    return join(pack(STEP, fields, "case"), WORD_BITS)


def load(config: ArrayConfig) -> Case:
    """One word and several rows, skips over the whole range, hosts that stall, cycles that are not quiet; some are called off."""
    case = Case("load", config)
    rng = np.random.default_rng(6)
    for number in range(40):
        transfer = _draw_transfer(rng, number)
        case.cycle(**REST | {"start": 1}, step=transfer.step(OP_LOAD), quiet=1, stops=0)
        step = _draw_transfer(rng, 2).step(OP_STORE)
        case.expect(case.cycle(**REST, quiet=0, stops=0, step=step), busy=1, waiting=1, image_rdy=0)
        if number % 10 == 4:
            now = case.cycle(**REST | {"clear": 1, "image_val": 1}, quiet=1, stops=1)
            case.expect(now, image_rdy=0, write_en=0, done=0)
        else:
            _load(case, rng, config, transfer.addresses, stalls=0.0 if number < 10 else 0.5)
        now = case.cycle(**REST | {"image_val": 1}, quiet=1)
        case.expect(now, image_rdy=0, write_en=0, image_last=0, done=0, waiting=0, busy=0)
    return case


def _load(case: Case, rng: np.random.Generator, config: ArrayConfig, addresses: list[int], stalls: float) -> None:
    index = 0
    while index < len(addresses):
        offers, quiet = (int(rng.random() >= stalls) for _ in range(2))
        word = int(rng.integers(0, 1 << config.word_bits))
        now = case.cycle(**REST | {"image_val": offers}, image_msg=word, quiet=quiet)
        last, moves = int(index + 1 == len(addresses)), offers & quiet
        case.expect(now, image_rdy=quiet, image_last=quiet & last, write_en=moves, done=moves & last, waiting=int(index == 0), busy=1)
        if moves:
            case.expect(now, addr=addresses[index], write_data=word)
        index += moves


def store(config: ArrayConfig) -> Case:
    """The same for stores: lines fetched as late as a host without stalls allows, and never before their words have room.

    With registers before and after the banks, a line comes as much later.
    """
    case = Case("store", config)
    rng = np.random.default_rng(9)
    for number in range(60):
        transfer = _draw_transfer(rng, number)
        case.cycle(**REST | {"start": 1}, step=transfer.step(OP_STORE))
        case.expect(case.cycle(**REST, step=_draw_transfer(rng, 2).step(OP_LOAD)), busy=1, result_val=0, fetch=1)
        case.expect(case.now - 1, fetch_index=transfer.addresses[0] // config.banks % config.act_depth)
        refusals = 0.0 if number < 20 else 0.7 if number < 40 else 0.3
        _store(case, rng, config, transfer, refusals, give_up_after=3 if number % 10 == 4 else None)
        now = case.cycle(**REST | {"result_rdy": 1}, line_data=0)
        case.expect(now, fetch=0, result_val=0, result_last=0, done=0, busy=0)
    return case


def _store(
    case: Case, rng: np.random.Generator, config: ArrayConfig, transfer: _Transfer, refusals: float, give_up_after: int | None
) -> None:
    """From the cycle after the first fetch on: words pass from the line that was fetched into a queue of two, and to the host."""
    first, addresses = case.now, transfer.addresses
    lines = [i for i, address in enumerate(addresses) if i % transfer.words == 0 or address % config.banks == 0] + [len(addresses)]
    queue: deque[int] = deque()
    line: list[int] = []
    moved = taken = 0
    later = config.read_regs
    comes = first + later
    while taken < len(addresses):
        if case.now - first == give_up_after:
            case.cycle(**REST | {"clear": 1})
            return
        bus = rng.integers(0, 1 << config.word_bits, config.banks).tolist()
        if case.now == comes:
            line = bus
        takes = int(rng.random() >= refusals)
        now = case.cycle(**REST | {"result_rdy": takes}, line_data=join(bus, config.word_bits))
        moves = moved < len(addresses) and len(queue) < 2 and now >= comes
        fetched = moves and moved + 1 in lines[1:-1]
        last = int(taken + 1 == len(addresses))
        case.expect(now, busy=1, fetch=int(fetched), result_val=int(bool(queue)), done=int(bool(queue)) & takes & last)
        if queue:
            case.expect(now, result_msg=queue[0], result_last=last)
            if takes:
                assert later or refusals or now == first + 1 + taken, "the case itself has gaps"
                queue.popleft()
                taken += 1
        if fetched:
            case.expect(now, fetch_index=addresses[moved + 1] // config.banks % config.act_depth)
            comes = now + 1 + later
        if moves:
            queue.append(line[addresses[moved] % config.banks])
            moved += 1


@dataclass
class _Transfer:
    """A rectangle of words."""

    rows: int
    words: int
    base: int
    skip: int

    @property
    def addresses(self) -> list[int]:
        pitch = self.words - 1 + self.skip
        return [(self.base + row * pitch + word) % ADDRESSES for row in range(self.rows) for word in range(self.words)]

    def step(self, op: int) -> int:
        """The step descriptor of it."""
        return step_port(op=op, out_h=self.rows, kwords=self.words, out_base=self.base, row_skip=self.skip)


def _draw_transfer(rng: np.random.Generator, number: int) -> _Transfer:
    rows, words = (1, 1) if number < 2 else (int(rng.integers(1, 4)), int(rng.integers(1, 12)))
    return _Transfer(rows, words, int(rng.integers(0, ADDRESSES)), int(rng.integers(-ADDRESSES // 2, ADDRESSES // 2)))


def codes(config: ArrayConfig) -> Case:
    """The ring empty, full and wrapping round, hosts and loaders of every speed, emptied again and again; and codes from a base."""
    case = Case("codes", config)
    rng = np.random.default_rng(7)
    memory: dict[int, int] = {}
    address = 0
    for number in range(30):
        speed, hunger = rng.choice([0.1, 0.5, 1.0], 2) if number > 1 else ((1.0, 0.0), (0.0, 1.0))[number]
        ring: deque[int] = deque()
        wrote = 0
        for _ in range(3 * config.code_depth):
            offers, word = int(rng.random() < speed), int(rng.integers(0, 1 << config.code_word_bits))
            room, ready = len(ring) < config.code_depth, len(ring) - wrote > 0
            takes = int(ready and rng.random() < hunger)
            now = case.cycle(streamed=1, start=int(rng.random() < 0.1), code_val=offers, code_msg=word, take=takes)
            case.expect(now, code_rdy=int(room), ready=int(ready), read_addr=address, write_en=int(offers and room))
            if takes:
                held = ring.popleft()
                assert memory[address % config.code_depth] == held, "the case itself overran the ring"
            if offers and room:
                place = (address + takes + len(ring)) % ADDRESSES
                case.expect(now, write_addr=place, write_data=word)
                memory[place % config.code_depth] = word
                ring.append(word)
            wrote = int(offers and room) * config.memory_regs
            address = (address + takes) % ADDRESSES
        base = int(rng.integers(0, ADDRESSES))
        now = case.cycle(streamed=0, start=1, step=step_port(code_base=base), take=0, code_val=1)
        case.expect(now, code_rdy=0, write_en=0, ready=1)
        for index in range(3):
            now = case.cycle(start=0, take=1)
            case.expect(now, code_rdy=0, write_en=0, ready=1, read_addr=(base + index) % ADDRESSES)
        address = (base + 3) % ADDRESSES
    return case


@dataclass
class _Filters:
    """A filter group: its words in the program, and what each filter sets."""

    fields: dict[str, int]
    words: list[int]
    settings: list[dict[str, int]]


def loader(config: ArrayConfig) -> Case:
    """Kernel walks with and without breaks, blocks and residual passes, codes late and in time; groups that do not fit."""
    case = Case("loader", config)
    rng = np.random.default_rng(8)
    for number in range(40):
        step = _draw_step(rng, config, breaks=number % 4)
        groups = [_draw_filters(rng, config) for _ in range(step["groups"])]
        program = [word for group in groups for word in group.words]
        case.cycle(start=1, consumed=0, clear=0, code_ready=0, step=step_port(**step))
        lateness = 0.0 if number < 10 else 0.4
        free, at = case.now, step["micro_base"]
        for group in groups:
            _wait_until(case, free)
            at = _expect_settings(case, config, program, at, step["micro_base"], group)
            for pass_index in range(step["passes"]):
                if pass_index:
                    _wait_until(case, free)
                rows = _rows_of_pass(step, group.fields, pass_index, config.rows)
                _expect_pass(case, rng, rows, lateness, shown=config.memory_regs, window=pass_index < step["kblocks"])
                final = pass_index + 1 == step["passes"]
                for _ in range(int(rng.integers(0, 3))):
                    case.expect(case.cycle(), loaded=1, code_en=0, program_en=0)
                consumed = case.cycle(consumed=1, code_ready=1)
                case.expect(consumed, loaded=1, code_en=0, program_en=0)
                free = consumed + 1 + (config.group_hold if final else config.code_hold)
        _spoil(case, rng, config, number)
    return case


def _wait_until(case: Case, cycle: int) -> None:
    """Idle cycles before ``cycle``, in which the loader asks for nothing: the units still take the settings before over."""
    while case.now < cycle:
        case.expect(case.cycle(consumed=0, code_ready=1), code_en=0, program_en=0, loaded=0)


def _draw_step(rng: np.random.Generator, config: ArrayConfig, *, breaks: int) -> dict[str, int]:
    kw, kh, cb = (int(value) for value in rng.integers(1, 4, 3))
    step = {
        "op": OP_CONV,
        "kw": kw,
        "cb": cb,
        "kwords": kw * kh * cb,
        "break_x": breaks & 1,
        "break_y": breaks >> 1,
        "col_skip": int(rng.integers(-ADDRESSES // 2, ADDRESSES // 2)),
        "row_skip": int(rng.integers(-ADDRESSES // 2, ADDRESSES // 2)),
        "groups": int(rng.integers(1, 4)),
        "micro_base": int(rng.integers(0, ADDRESSES // 2)),
    }
    step["kblocks"] = -(-len(kernel_words(step, config.rows)) // config.rows)
    return step | {"passes": step["kblocks"] + int(rng.integers(0, 3))}


def _draw_filters(rng: np.random.Generator, config: ArrayConfig) -> _Filters:
    fields = {
        "channel": int(rng.integers(0, ADDRESSES)),
        "block": int(rng.integers(0, ADDRESSES)),
        "residual_block": int(rng.integers(0, ADDRESSES)),
        "residual_words": int(rng.integers(0, 2 * config.rows + 1)),
    }
    words, settings = pack(GROUP, fields, "case"), []
    column, last = 0, False
    while not last:
        k = int(rng.integers(1, min(MAX_PLANES, config.cols - column) + 1))
        last = column + k == config.cols or rng.random() < 0.3
        offsets = rng.integers(0, 1 << OFFSET_BITS, MAX_PLANES).tolist()
        micro = {
            "k": k,
            "last": int(last),
            "relu": int(rng.integers(0, 2)),
            "right_shift": int(rng.integers(0, 32)),
            "residual_offset": int(rng.integers(0, 1 << OFFSET_BITS)),
            "bias": int(rng.integers(-(1 << 31), 1 << 31)),
            **{f"offset{plane}": offset for plane, offset in enumerate(offsets)},
        }
        words += pack(MICROWORD, micro, "case")
        settings.append(
            {
                "set_used": ((1 << k) - 1) << column,
                "set_last": 1 << (column + k - 1),
                "set_k": k,
                "set_residual": micro["residual_offset"],
                "set_bias": micro["bias"] % (1 << config.acc_bits),
                "set_shift": micro["right_shift"],
                "set_relu": micro["relu"],
                "set_offset": join([offsets[{0: 0, 1: 1}.get(c - column, 2)] for c in range(config.cols)], OFFSET_BITS),
                "set_position": fields["channel"] % config.lanes + len(settings),
            }
        )
        column += k
    return _Filters(fields, words, settings)


def _expect_settings(case: Case, config: ArrayConfig, program: list[int], at: int, base: int, group: _Filters) -> int:
    """The group word and the microwords come one a cycle, without a gap; returns the address after them."""
    case.expect(case.cycle(start=0, consumed=0, code_ready=1), program_en=1, program_addr=at, code_en=0)
    later = config.program_regs
    for ahead in range(1, 1 + later):
        case.expect(case.cycle(), program_en=1, program_addr=at + ahead, set_clear=0, set_used=0)
    shown = config.memory_regs
    now = case.cycle(program_data=program[at - base])
    case.expect(now, program_en=1, program_addr=at + later + 1)
    case.expect(now + shown, set_clear=1, set_word=group.fields["channel"] // config.lanes, set_used=0)
    at += 1
    for number, settings in enumerate(group.settings):
        more = number + 1 < len(group.settings)
        now = case.cycle(program_data=program[at - base])
        case.expect(now, program_en=int(more), code_en=0)
        case.expect(now + shown, set_clear=0, error=0, **settings)
        at += 1
        if more:
            case.expect(now, program_addr=at + later)
    return at


def _rows_of_pass(step: dict[str, int], group: dict[str, int], index: int, rows: int) -> list[Slot]:
    if index < step["kblocks"]:
        slots = kernel_words(step, rows)[index * rows : (index + 1) * rows]
        return [Slot((slot.offset + group["block"]) % ADDRESSES, slot.kx, slot.ky, slot.used) for slot in slots]
    first = (index - step["kblocks"]) * rows
    places = range(first, first + rows)
    return [Slot((group["residual_block"] + place) % ADDRESSES, 0, 0, place < group["residual_words"]) for place in places]


def _expect_pass(case: Case, rng: np.random.Generator, rows: list[Slot], lateness: float, *, shown: int, window: bool) -> None:
    """A row a cycle while there are codes; its settings a cycle after its codes are asked for, as these arrive.

    ``shown``: cycles until a column's settings leave the loader.
    """
    loading = 0
    for row, slot in enumerate(rows):
        while rng.random() < lateness:
            case.expect(case.cycle(consumed=0, code_ready=0), code_en=0, loaded=0, row_load=loading)
            loading = 0
        now = case.cycle(consumed=0, code_ready=1)
        case.expect(now, code_en=1, loaded=0, row_load=loading)
        case.expect(now + shown, set_used=0, set_last=0, set_clear=0)
        loading = 1 << row
        case.expect(now + 1, row_used=int(slot.used))
        if slot.used:
            case.expect(now + 1, row_offset=slot.offset)
            if window:
                case.expect(now + 1, row_kx=slot.kx, row_ky=slot.ky)
    case.expect(case.cycle(code_ready=1), code_en=0, loaded=0, row_load=loading)


def _spoil(case: Case, rng: np.random.Generator, config: ArrayConfig, number: int) -> None:
    """A step whose group holds a filter without columns, or one that does not fit: an error, and nothing after the clear."""
    spoilt = {"k": 0, "last": 1} if number % 2 else {"k": MAX_PLANES, "last": 0}
    case.cycle(start=1, consumed=0, code_ready=1, step=step_port(**_draw_step(rng, config, breaks=0)))
    case.cycle(start=0)
    for _ in range(config.program_regs):
        case.cycle()
    case.cycle(program_data=pack(GROUP, {}, "case")[0])
    columns = 0
    while True:
        columns += spoilt["k"]
        wrong = columns > config.cols or spoilt["k"] == 0
        now = case.cycle(program_data=pack(MICROWORD, spoilt, "case")[0])
        case.expect(now + config.memory_regs, error=int(wrong))
        if wrong:
            break
    case.cycle(clear=1)
    for _ in range(config.rows + 3):
        now = case.cycle(clear=0)
        case.expect(now, code_en=0, program_en=0, loaded=0)
        case.expect(now + config.memory_regs, error=0)
