"""The driver: speaks the register map of :mod:`flightasic.registers` over a :class:`~flightasic.host.bus.Bus`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from flightasic import registers
from flightasic.compiler.program import Program, Transfer
from flightasic.config import ArrayConfig
from flightasic.errors import ConfigError, FormatError, HostError
from flightasic.host.bus import Bus, BusError
from flightasic.microcode import STATUS, WORD_BITS
from flightasic.registers import ADDRESS, CODE_MEMORY, PROGRAM_MEMORY

_HALF = 1 << 32
_STOP_POLLS = 100
_START_POLLS = 100
_POLLS_PER_WORD = 4  # A poll takes a cycle at least, and the check of a program less than that per word.
_PATIENCE = 16  # How many times the predicted cycles an image may take, for hosts that are slower than the array.


@dataclass(frozen=True)
class Status:
    """The status register: state (:data:`flightasic.registers.STATES`), status (0 = ok), the step that runs, image under way."""

    state: str
    status: int
    step_index: int
    busy: bool

    def __str__(self) -> str:
        return f"state {self.state}, step {self.step_index}, status {self.status} ({STATUS.get(self.status, 'unknown')})"


@dataclass(frozen=True)
class HostResult:
    """Outputs int8 [N, channels, height, width] of N images, and the clock cycles int64 [N] each one took."""

    outputs: npt.NDArray[np.int8]
    cycles: npt.NDArray[np.int64]


class Accelerator:
    """An accelerator on a bus.

    Parameters
    ----------
    bus : Bus

    Attributes
    ----------
    config : ArrayConfig
        The array, as its registers describe it.

    Raises
    ------
    HostError
        If there is no accelerator on the bus, or one of another version.
    """

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._program: Program | None = None
        self._codes = b""
        self.config = self._identify()

    def load(self, program: Program) -> None:
        """Load a program and start it; the accelerator then waits for images.

        Raises
        ------
        FormatError
            If the program was compiled for another array.
        HostError
            If an image is under way, the accelerator refuses the program, or a register access fails.
        """
        if program.config.fingerprint != self.config.fingerprint:
            raise FormatError(
                f"program was compiled for {_described(program.config)}, this accelerator is {_described(self.config)}; "
                "compile the network for this accelerator's config"
            )
        self.load_words(program.words, [] if program.streamed else program.codes)
        self._codes = code_stream(program) if program.streamed else b""
        self._program = program
        self.start()

    def load_words(self, words: Sequence[int], codes: Sequence[int]) -> None:
        """Stop, and write both memories as they are, unchecked (for tests of the hardware's own checks)."""
        self.stop()
        self._program = None
        self._load(PROGRAM_MEMORY, 0, words)
        for part in range(registers.code_parts(self.config)):
            self._load(CODE_MEMORY, part, [word >> (part * WORD_BITS) for word in codes])

    def start(self) -> None:
        """Enable the core and wait until it takes images; a refused program is a :class:`HostError` that says why."""
        self._write("control", registers.encode("control", enable=1))
        self._wait(("RUN",), _START_POLLS + _POLLS_PER_WORD * self.config.program_depth, "start the program; reset() it")

    def stop(self) -> None:
        """Disable the core and wait until it is idle; an image under way is a :class:`HostError`."""
        self._write("control", 0)
        self._wait(("IDLE",), _STOP_POLLS, "stop, an image is under way; let it finish, or reset()")

    def reset(self) -> None:
        """Stop at once, whatever runs, and forget protocol errors; what is in flight is lost, memories keep their contents."""
        self._write("control", registers.encode("control", reset=1))
        self._bus.flush()
        self._write("control", 0)
        self.clear_errors()

    def run(self, images: npt.ArrayLike, *, progress: Callable[[int], None] | None = None) -> HostResult:
        """Run images int8 [N, channels, height, width] through the loaded program.

        Parameters
        ----------
        progress : callable
            Called with the number of finished images after each one.

        Raises
        ------
        FormatError
            If an image has another shape than the program takes, or values that are not int8.
        HostError
            If no program is loaded, the core stops with an error, a result does not come in time, or the streams disagree about the
            end of a transfer. Afterwards :meth:`reset` and :meth:`load`.
        """
        program = self._program
        if program is None:
            raise HostError("no program is loaded; call load(program) first")
        outputs, cycles = [], []
        for number, image in enumerate(np.asarray(images)):
            words = program.pack_image(image).astype(np.int8)
            before = self.cycles()
            try:
                result = self._exchange(program, words)
            except BusError as error:
                raise HostError(f"image {number}: {error}; {self._situation()}; reset() the accelerator and load() again") from error
            if self.errors():
                raise HostError(f"image {number}: {self._situation()}; reset() the accelerator and load() again")
            outputs.append(program.unpack_result(result).astype(np.int8))
            cycles.append(self.cycles() - before)
            if progress is not None:
                progress(number + 1)
        if not outputs:
            raise HostError("no images to run; pass [N, channels, height, width] with N >= 1")
        return HostResult(np.stack(outputs), np.array(cycles, dtype=np.int64))

    def cycles(self) -> int:
        """Clock cycles spent on images since the last hardware reset."""
        low = self._read("cycles_low")
        return self._read("cycles_high") << 32 | low

    def status(self) -> Status:
        """What the core does now."""
        fields = registers.decode("status", self._read("status"))
        states = registers.STATES
        state = states[fields["state"]] if fields["state"] < len(states) else str(fields["state"])
        return Status(state, fields["status"], fields["step_index"], bool(fields["busy"]))

    def errors(self) -> dict[str, int]:
        """Protocol errors since they were cleared: names of the flags (docs/registers.md) that are set."""
        return {name: flag for name, flag in registers.decode("errors", self._read("errors")).items() if flag}

    def clear_errors(self) -> None:
        """Forget protocol errors."""
        self._write("errors", _HALF - 1)

    def _identify(self) -> ArrayConfig:
        magic = self._read("magic")
        if magic != registers.MAGIC:
            raise HostError(
                f"no FLightASIC accelerator at this address: magic 0x{magic:08X}, expected 0x{registers.MAGIC:08X}; "
                "check the base address and the loaded bitstream"
            )
        values = {name: self._read(name) for name in registers.CONFIG_REGISTERS}
        if values["version"] != registers.IDENTITY["version"]:
            raise HostError(
                f"accelerator has version 0x{values['version']:08X} of registers and programs, this driver "
                f"0x{registers.IDENTITY['version']:08X}; use the flightasic that generated it"
            )
        try:
            config = registers.read_config(values)
        except ConfigError as error:
            raise HostError(f"accelerator describes an array that cannot be: {error}; use the flightasic that generated it") from error
        if registers.config_values(config) != values:
            raise HostError(
                f"accelerator says fingerprint 0x{values['fingerprint']:08X}, its registers describe {_described(config)}; "
                "use the flightasic that generated it"
            )
        return config

    def _exchange(self, program: Program, image: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
        """Serve the transfers of one image; returns the words at the result's place."""
        memory = np.zeros((program.host_words, program.config.lanes), dtype=np.int8)
        memory[program.image_layout.base :][: len(image)] = image
        if self._codes:
            self._bus.send_codes(self._codes)
        stores = [transfer for transfer in program.transfers if transfer.store]
        received = 0
        for needed, transfer in _service_order(program.transfers):
            for store in stores[received:needed]:
                places = _places(store)
                data = self._bus.receive_result(places.size * program.config.lanes, _PATIENCE * program.cycles)
                memory[places] = np.frombuffer(data, dtype=np.int8).reshape(places.size, -1)
            received = max(received, needed)
            if transfer is not None:
                self._bus.send_image(memory[_places(transfer)].tobytes())
        return memory[program.result_layout.base :][: program.result_layout.words]

    def _load(self, memory: int, part: int, words: Sequence[int]) -> None:
        self._write("load_target", registers.encode("load_target", memory=memory, part=part))
        self._write("load_address", 0)
        for word in words:
            self._write("load_low", word % _HALF)
            self._write("load_high", (word >> 32) % _HALF)

    def _wait(self, states: tuple[str, ...], polls: int, wish: str) -> None:
        for _ in range(polls):
            status = self.status()
            if status.state in states:
                return
            if status.state == "ERROR" and "IDLE" not in states:
                raise HostError(f"the core refused the program: {status}; compile it again")
        raise HostError(f"the core does not {wish}: {self._situation()}")

    def _situation(self) -> str:
        errors = ", ".join(self.errors()) or "none"
        return f"{self.status()}, protocol errors: {errors}"

    def _read(self, name: str) -> int:
        return self._bus.read32(ADDRESS[name])

    def _write(self, name: str, value: int) -> None:
        self._bus.write32(ADDRESS[name], value)


def _described(config: ArrayConfig) -> str:
    return f"{config.name} (fingerprint 0x{config.fingerprint:08X})"


def _service_order(transfers: Sequence[Transfer]) -> Iterator[tuple[int, Transfer | None]]:
    """Each load with the number of stores to receive before it is sent, at last all stores with none.

    A load is sent one ahead, so that it can move as soon as the core wants it. Not further: a bus may wait until the load before has been
    taken, and the core may wait for its results to be taken until then.
    """
    stores = ahead = 0
    for transfer in transfers:
        if transfer.store:
            stores += 1
        else:
            yield max(transfer.after, ahead), transfer
            ahead = stores
    yield stores, None


def _places(transfer: Transfer) -> npt.NDArray[np.int64]:
    """Host word of each word of a transfer, in the order of the stream."""
    rows = transfer.base + transfer.pitch * np.arange(transfer.rows)
    return (rows[:, None] + np.arange(transfer.row_words)).ravel()


def code_stream(program: Program) -> bytes:
    """The codes of one image in the order of their use, each in whole bytes."""
    size = -(-program.config.code_word_bits // 8)
    used = (program.codes[first : first + count] for first, count in program.code_order)
    return b"".join(code.to_bytes(size, "little") for codes in used for code in codes)
