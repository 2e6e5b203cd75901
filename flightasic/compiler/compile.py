"""IntegerNetwork + ArrayConfig -> Program."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from flightasic.compiler.columns import Placement, column_codes, folded_bias, kernel_codes, place_filters
from flightasic.compiler.cycles import step_cycles
from flightasic.compiler.program import LayerReport, Program
from flightasic.compiler.tensors import TensorLayout, pitch_for
from flightasic.config import ArrayConfig
from flightasic.errors import CompileError
from flightasic.ir import IntegerNetwork, Layer, accumulator_bounds
from flightasic.microcode import HEADER, KERNEL_MAX, MAGIC, MICROWORD, OP_CONV, STEP, VERSION, checksum, pack, words_of


@dataclass(frozen=True)
class _Mapped:
    """A layer on the array: the kernel as the array walks it, and everything derived from it."""

    layer: Layer
    codes: npt.NDArray[np.int8]
    padding: tuple[int, int]
    placement: Placement
    source: TensorLayout
    target: TensorLayout
    strips: list[tuple[int, int]]


def compile_network(network: IntegerNetwork, config: ArrayConfig) -> Program:
    """Compile a network for an array.

    Raises
    ------
    CompileError
        If the network does not fit; the message names the layer, the buffer or field, and by how much.
    """
    _check_network(network, config)
    window = _window(network.layers[0], network.in_shape, config)
    mapped = _map_layers(network, config, window)
    return _assemble(network, config, window, mapped)


def _check_network(network: IntegerNetwork, config: ArrayConfig) -> None:
    if network.arith != config.arith:
        raise CompileError(
            f"network {network.name!r} has arith={network.arith!r}, the array arith={config.arith!r}; use an array of its kind"
        )
    if network.max_shift > config.max_shift:
        raise CompileError(
            f"network {network.name!r} uses shifts up to {network.max_shift}, code_bits={config.code_bits} holds {config.max_shift}; "
            "export it with narrower codes or raise code_bits"
        )
    limit = (1 << (config.acc_bits - 1)) - 1
    for layer in network.layers:
        bounds = accumulator_bounds(layer, network.arith)
        worst = int(bounds.argmax())
        if bounds[worst] > limit:
            raise CompileError(
                f"layer {layer.name!r}: filter {worst} can reach {bounds[worst]}, acc_bits={config.acc_bits} holds {limit}; "
                "raise acc_bits or train with smaller weights"
            )


def _window(layer: Layer, in_shape: tuple[int, int, int], config: ArrayConfig) -> tuple[int, int]:
    """Kernel columns to pack into the input's channels: all of them where that saves kernel words, else none."""
    kernel_width = layer.kernel[1]
    packed = -(-kernel_width * in_shape[0] // config.lanes)
    plain = kernel_width * -(-in_shape[0] // config.lanes)
    return (kernel_width, layer.padding) if packed < plain else (1, 0)


def _map_layers(network: IntegerNetwork, config: ArrayConfig, window: tuple[int, int]) -> list[_Mapped]:
    shapes = network.shapes()
    channels, height, width = network.in_shape
    packed_width = width + 2 * window[1] - window[0] + 1
    source = _layout(height, packed_width, tuple(range(window[0] * channels)), config, _kernel(network.layers[0], window, True))
    mapped = []
    for i, layer in enumerate(network.layers):
        final = i == len(network.layers) - 1
        placement = place_filters(layer, config, keep_all=final)
        next_kernel = (1, 1) if final else network.layers[i + 1].kernel
        _, out_h, out_w = shapes[i + 1]
        target = _layout(out_h, out_w, placement.positions, config, next_kernel)
        codes, padding = layer.codes, (layer.padding, layer.padding)
        if i == 0 and window[0] > 1:
            planes, out, depth, kh, kw = codes.shape
            codes = codes.transpose(0, 1, 4, 2, 3).reshape(planes, out, kw * depth, kh, 1)
            padding = (layer.padding, 0)
        source, target = _allocate(layer, source, target, config, top=i % 2 == 0)
        kwords = codes.shape[3] * codes.shape[4] * source.cb
        if max(codes.shape[3:]) > KERNEL_MAX:
            raise CompileError(f"layer {layer.name!r}: kernel {layer.kernel} is larger than {KERNEL_MAX} pixels, which the array lacks")
        strips = _strips(layer, out_h, out_w, config, kwords > config.rows)
        mapped.append(_Mapped(layer, codes, padding, placement, source, target, strips))
        source = target
    return mapped


def _kernel(layer: Layer, window: tuple[int, int], first: bool) -> tuple[int, int]:
    return (layer.kernel[0], 1) if first and window[0] > 1 else layer.kernel


def _layout(height: int, width: int, positions: tuple[int, ...], config: ArrayConfig, kernel: tuple[int, int]) -> TensorLayout:
    cb = -(-len(positions) // config.lanes)
    return TensorLayout(height, width, positions, config.lanes, pitch_for(width * cb, kernel, cb, config.banks))


def _allocate(
    layer: Layer, source: TensorLayout, target: TensorLayout, config: ArrayConfig, *, top: bool
) -> tuple[TensorLayout, TensorLayout]:
    """Layers read from one end of the banks and write to the other."""
    total = config.banks * config.act_depth
    if source.words + target.words > total:
        raise CompileError(
            f"layer {layer.name!r}: input and output take {source.words} + {target.words} activation words, the banks hold {total} "
            f"({source.words + target.words - total} too many); raise act_depth={config.act_depth}"
        )
    return source, replace(target, base=total - target.words if top else 0)


def _strips(layer: Layer, out_h: int, out_w: int, config: ArrayConfig, accumulates: bool) -> list[tuple[int, int]]:
    """(first row, rows) of each strip of output rows that the accumulator memory holds at once."""
    if not accumulates:
        return [(0, out_h)]
    row_pixels = out_w * layer.pool * layer.pool
    rows = config.acc_depth // row_pixels
    if rows == 0:
        raise CompileError(
            f"layer {layer.name!r}: one output row takes {row_pixels} accumulators, acc_depth={config.acc_depth} "
            f"({row_pixels - config.acc_depth} too few); raise acc_depth"
        )
    count = -(-out_h // rows)
    edges = [out_h * i // count for i in range(count + 1)]
    return [(low, high - low) for low, high in zip(edges[:-1], edges[1:], strict=True)]


def _assemble(network: IntegerNetwork, config: ArrayConfig, window: tuple[int, int], mapped: list[_Mapped]) -> Program:
    micro_base = words_of(HEADER) + words_of(STEP) * sum(len(item.strips) for item in mapped)
    steps: list[int] = []
    microwords: list[int] = []
    codes: list[int] = []
    reports = []
    for item, macs in zip(mapped, network.macs(), strict=True):
        arranged = kernel_codes(item.codes, item.source.positions, config.lanes)
        code_base, first_micro = len(codes), micro_base + len(microwords)
        codes += column_codes(arranged, item.placement, config)
        microwords += _microwords(item, arranged, config.arith)
        total, waiting = 0, 0
        for strip in item.strips:
            fields = _step_fields(item, strip, config, code_base, first_micro)
            steps += pack(STEP, fields, f"layer {item.layer.name!r}")
            cycles = step_cycles(
                config,
                pixels=fields["out_w"] * fields["out_h"] * fields["pool_area"],
                ii=fields["ii"],
                kblocks=fields["kblocks"],
                group_sizes=[len(group) for group in item.placement.groups],
            )
            total += cycles.total
            waiting += cycles.waiting
        channels = sum(channel >= 0 for channel in item.source.positions)
        kernel = item.codes.shape[3] * item.codes.shape[4] * channels
        pixels = item.target.height * item.target.width * item.layer.pool**2
        products = pixels * kernel * int(item.layer.k.astype(np.int64).sum())
        reports.append(LayerReport(item.layer.name, macs, products, total, waiting, len(item.strips)))
    words = _with_header(steps + microwords, config, mapped)
    _check_depth("code_depth", len(codes), config.code_depth)
    _check_depth("program_depth", len(words), config.program_depth)
    return Program(
        config=config,
        words=words,
        codes=codes,
        in_shape=network.in_shape,
        window=window,
        tensors=(mapped[0].source, *(item.target for item in mapped)),
        channels=tuple(item.layer.out_channels for item in mapped),
        layers=tuple(reports),
    )


def _check_depth(field: str, need: int, have: int) -> None:
    if need > have:
        raise CompileError(f"the program needs {need} words of {field}, the array has {have} ({need - have} too few); raise {field}")


def _microwords(item: _Mapped, arranged: npt.NDArray[np.int8], arith: str) -> list[int]:
    layer, words = item.layer, []
    for group in item.placement.groups:
        for filter_ in group:
            fields = {
                "k": int(item.placement.columns[filter_]),
                "last": int(filter_ == group[-1]),
                "relu": int(layer.relu),
                "right_shift": int(layer.right_shift[filter_]),
                "bias": folded_bias(layer, arranged, filter_, arith),
                "channel": item.placement.positions.index(filter_),
                **{f"offset{j}": int(layer.offsets[j, filter_]) for j in range(layer.planes)},
            }
            words += pack(MICROWORD, fields, f"layer {layer.name!r}, filter {filter_}")
    return words


def _step_fields(item: _Mapped, strip: tuple[int, int], config: ArrayConfig, code_base: int, micro_base: int) -> dict[str, int]:
    layer, source, target = item.layer, item.source, item.target
    first_row, rows = strip
    kh, kw = item.codes.shape[3:]
    cb, pitch, stride, pool = source.cb, source.pitch, layer.stride, layer.pool
    pad_y, pad_x = item.padding
    y_start = first_row * pool * stride - pad_y
    last_x = (target.width * pool - 1) * stride
    back = (pool - 1) * stride
    kwords = kh * kw * cb
    fields = {
        "op": OP_CONV,
        "pool": pool,
        "pool_area": pool * pool,
        "out_w": target.width,
        "out_h": rows,
        "in_w": source.width,
        "in_h": source.height,
        "ii": item.placement.words_per_pixel,
        "x_start": -pad_x,
        "y_start": y_start,
        "stride": stride,
        "back": -back,
        "x_return": -last_x,
        "kw": kw,
        "cb": cb,
        "kwords": kwords,
        "kblocks": -(-kwords // config.rows),
        "groups": len(item.placement.groups),
        "code_base": code_base,
        "micro_base": micro_base,
        "out_base": target.base + first_row * target.pitch,
    }
    addresses = {
        "a_start": source.base + y_start * pitch - pad_x * cb,
        "a_wx": stride * cb,
        "a_wy": stride * pitch - back * cb,
        "a_px": stride * cb - back * pitch,
        "a_py": stride * pitch - last_x * cb,
        "row_skip": pitch - kw * cb + 1,
        "out_dx": target.cb,
        "out_dy": target.pitch - (target.width - 1) * target.cb,
    }
    return fields | {name: (value + 0x8000) % 0x10000 - 0x8000 for name, value in addresses.items()}


def _with_header(body: list[int], config: ArrayConfig, mapped: list[_Mapped]) -> list[int]:
    image, result = mapped[0].source, mapped[-1].target
    row_words = image.width * image.cb
    fields = {
        "magic": MAGIC,
        "version": VERSION,
        "fingerprint": config.fingerprint,
        "words": words_of(HEADER) + len(body),
        "steps": sum(len(item.strips) for item in mapped),
        "in_base": image.base,
        "in_row_words": row_words,
        "in_skip": image.pitch - row_words + 1,
        "in_rows": image.height,
        "out_base": result.base,
        "out_words": result.height * result.width * result.cb,
    }
    words = pack(HEADER, fields, "header") + body
    return pack(HEADER, fields | {"checksum": checksum(words)}, "header") + body
