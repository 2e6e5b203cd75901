"""Random arrays and networks, shared by every test that compares golden model, cycle model and RTL."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from flightasic.config import ArrayConfig
from flightasic.errors import ConfigError
from flightasic.formats import code_limit
from flightasic.ir import IntegerNetwork, Layer
from flightasic.microcode import HEADER, MICROWORD, STEP, checksum, pack, unpack, words_of


def random_layer(
    rng: np.random.Generator,
    name: str,
    out_channels: int,
    in_channels: int,
    kernel: tuple[int, int],
    *,
    limit: int,
    planes: int = 1,
    stride: int = 1,
    padding: int = 0,
    pool: int = 1,
    relu: bool = True,
) -> Layer:
    """A layer with mixed k in 0..planes, a fifth of its codes zero, and outputs that reach both clamps."""
    codes = rng.integers(-limit, limit + 1, (planes, out_channels, in_channels, *kernel)).astype(np.int8)
    codes[rng.random(codes.shape) < 0.2] = 0
    k = rng.integers(0, planes + 1, out_channels).astype(np.uint8)
    for plane in range(planes):
        codes[plane, k <= plane] = 0
    size = max(1, in_channels * kernel[0] * kernel[1])
    spread = 128 * 64 * int(np.sqrt(size)) if limit != 7 else 128 * 16 * int(np.sqrt(size))
    shift = max(1, spread.bit_length() - 8)
    return Layer(
        name=name,
        codes=codes,
        offsets=rng.integers(0, 3, (planes, out_channels)).astype(np.uint8),
        k=k,
        bias=rng.integers(-spread // 2, spread // 2, out_channels).astype(np.int32),
        right_shift=rng.integers(max(0, shift - 2), shift + 2, out_channels).astype(np.uint8),
        stride=stride,
        padding=padding,
        pool=pool,
        relu=relu,
    )


def random_network(rng: np.random.Generator, config: ArrayConfig, *, layers: int | None = None) -> IntegerNetwork:
    """A small network for ``config``: convolutions with every kernel, padding and pool the array supports, then linear."""
    limit = code_limit(config)
    planes = min(3, config.cols) if config.arith == "shift" else 1
    channels, height, width = int(rng.integers(1, 6)), int(rng.integers(3, 9)), int(rng.integers(3, 9))
    in_shape = (channels, height, width)
    made: list[Layer] = []
    for i in range(layers if layers is not None else int(rng.integers(1, 4))):
        edge = int(rng.choice([size for size in (1, 2, 3, 5) if size <= min(height, width)]))
        layer = random_layer(
            rng,
            f"conv{i}",
            int(rng.integers(1, 10)),
            channels,
            (edge, edge),
            limit=limit,
            planes=int(rng.integers(1, planes + 1)),
            stride=int(rng.choice([1, 1, 1, 2])),
            padding=int(rng.integers(0, edge)),
            relu=bool(rng.integers(0, 2)),
        )
        channels, height, width = layer.out_shape((channels, height, width))
        pool = int(rng.choice([1, 1, 2, 2, 3]))
        if 1 < pool <= min(height, width):
            layer = replace(layer, pool=pool)
            height, width = height // pool, width // pool
        made.append(layer)
    if rng.integers(0, 2):
        made.append(
            random_layer(rng, "linear", int(rng.integers(1, 12)), channels, (height, width), limit=limit, planes=planes, relu=False)
        )
    return IntegerNetwork(
        name="random", arith=config.arith, max_shift=config.max_shift, in_shape=in_shape, in_scale_log2=-7, layers=tuple(made)
    )


def random_config(rng: np.random.Generator) -> ArrayConfig:
    """A small legal array of any shape and arithmetic, with buffers that hold :func:`random_network`."""
    while True:
        arith = str(rng.choice(["shift", "shift", "fixed4", "fixed8"]))
        rows, cols = int(rng.integers(1, 10)), int(rng.integers(3, 9))
        divisors = [[n for n in range(1, size + 1) if size % n == 0] for size in (rows, cols)]
        try:
            return ArrayConfig(
                rows=rows,
                cols=cols,
                lanes=int(rng.choice([1, 2, 4, 8])),
                tile_rows=int(rng.choice(divisors[0])),
                tile_cols=int(rng.choice(divisors[1])),
                arith=arith,
                code_bits={"shift": int(rng.choice([3, 4])), "fixed4": 4, "fixed8": 8}[arith],
                acc_bits=int(rng.choice([28, 32])),
                act_depth=2048,
                code_depth=16384,
                program_depth=256,
                acc_depth=int(rng.choice([64, 128, 256])),
            )
        except ConfigError:
            continue


def random_images(rng: np.random.Generator, network: IntegerNetwork, count: int) -> npt.NDArray[np.int64]:
    """Images over the whole int8 range, a third of the pixels zero."""
    images = rng.integers(-128, 128, (count, *network.in_shape))
    images[rng.random(images.shape) < 0.33] = 0
    return images


MALFORMED = {
    "magic": 1,
    "version": 1,
    "no words": 1,
    "too many words": 1,
    "fingerprint": 2,
    "checksum": 3,
    "no steps": 4,
    "unknown operation": 4,
    "empty loop": 4,
    "cut off": 4,
    "k = 0": 5,
    "too wide": 5,
}


def damaged(words: list[int], kind: str) -> list[int]:
    """Program words spoilt in one of the ways of :data:`MALFORMED` (whose values are the status the hardware must give)."""
    header = unpack(HEADER, words[: words_of(HEADER)])
    body = words[words_of(HEADER) :]
    step = unpack(STEP, body[: words_of(STEP)])
    match kind:
        case "magic" | "version" | "fingerprint" | "checksum":
            return pack(HEADER, header | {kind: header[kind] ^ 1}, "damage") + body
        case "no words":
            header["words"] = 0
        case "too many words":
            header["words"] = 0xFFFF
        case "cut off":
            body = body[: words_of(STEP) - 1]
            header["words"] = words_of(HEADER) + len(body)
        case "no steps":
            header["steps"] = 0
        case "unknown operation":
            body = pack(STEP, step | {"op": 9}, "damage") + body[words_of(STEP) :]
        case "empty loop":
            body = pack(STEP, step | {"groups": 0}, "damage") + body[words_of(STEP) :]
        case "k = 0" | "too wide":
            at = step["micro_base"] - words_of(HEADER)
            micro = unpack(MICROWORD, body[at : at + 1]) | ({"k": 0} if kind == "k = 0" else {"k": 3, "last": 0})
            wide = pack(MICROWORD, micro, "damage")
            body = body[:at] + wide * (1 if kind == "k = 0" else 3) + body[at + (1 if kind == "k = 0" else 3) :]
    fields = header | {"checksum": 0}
    total = checksum(pack(HEADER, fields, "damage") + body)
    return pack(HEADER, fields | {"checksum": total}, "damage") + body
