"""Number formats shared by training, golden model, compiler and hardware (docs/design.md).

A *code* is held in Python as a small signed integer ``v``:

- ``arith="shift"``: ``v = 0`` is a zero weight, ``v = +-(m + 1)`` is the term ``+-2^m``;
- ``arith="fixed4"`` and ``"fixed8"``: ``v`` is the integer weight itself (-7..7, -127..127).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from flightasic.config import ACT_BITS, ArrayConfig

ACT_MIN = -(1 << (ACT_BITS - 1))
ACT_MAX = (1 << (ACT_BITS - 1)) - 1
RIGHT_SHIFT_MAX = 31

IntArray = npt.NDArray[np.int64]


def code_values(codes: npt.ArrayLike, arith: str) -> IntArray:
    """Integer weight of each code: ``+-2^m`` for "shift", the code itself for multipliers."""
    values = np.asarray(codes, dtype=np.int64)
    if arith != "shift":
        return values
    magnitude = np.left_shift(1, np.maximum(np.abs(values) - 1, 0))
    return np.where(values == 0, 0, np.sign(values) * magnitude)


def act_range(config: ArrayConfig) -> tuple[int, int]:
    """Least and largest activation that the array's lanes take."""
    return (ACT_MIN if config.signed_acts else 0), ACT_MAX


def code_limit(config: ArrayConfig) -> int:
    """Largest ``|v|`` a code may have on this array."""
    return config.max_shift + 1 if config.arith == "shift" else config.max_weight


def encode_codes(codes: npt.ArrayLike, config: ArrayConfig) -> IntArray:
    """Bit patterns of codes: a sign bit above a shift (all ones = zero) or above a magnitude.

    "shift" packs ``sign << (code_bits-1) | m`` with ``m = 2^(code_bits-1) - 1`` for a zero weight; multipliers take
    sign and magnitude, the cheaper form. A zero never carries a sign.
    """
    values = np.asarray(codes, dtype=np.int64)
    sign = (values < 0).astype(np.int64) << (config.code_bits - 1)
    if config.arith == "shift":
        zero = (1 << (config.code_bits - 1)) - 1
        return np.where(values == 0, zero, sign | (np.abs(values) - 1))
    return sign | np.abs(values)


def product_shortfall(codes: npt.ArrayLike, config: ArrayConfig) -> IntArray:
    """How much too small the array's product with each code is, whatever the activation ``a``; never above 0.

    Lanes multiply by the code's magnitude, and what they multiply has no sign: for a positive code ``a + 128`` (``a`` itself in an array
    without signed activations), for a negative one its complement, ``127 - a``. The compiler adds the shortfall to the bias.
    """
    values = code_values(codes, config.arith)
    return ACT_MAX * np.minimum(values, 0) + (ACT_MIN * np.maximum(values, 0) if config.signed_acts else 0)


def requantise(acc: Any, right_shift: Any, relu: Any) -> Any:
    """Accumulator to activation: ``floor((x + 2^(s-1)) >> s)``, clamped to 0..127 with ReLU, else to -128..127.

    Works elementwise on numpy integer arrays and torch integer tensors alike; the arguments broadcast. This is the only
    statement of the rounding rule; the hardware adds ``rounding_constant`` to the bias instead.
    """
    half = (1 << right_shift) >> 1
    shifted = (acc + half) >> right_shift
    low = ACT_MIN * (1 - relu)
    below = shifted < low
    above = shifted > ACT_MAX
    inside = 1 - (below | above) * 1
    return shifted * inside + low * (below * 1) + ACT_MAX * (above * 1)


def rounding_constant(right_shift: int) -> int:
    """What rounding adds before the shift: half of the last place kept, 0 for no shift."""
    return (1 << right_shift) >> 1
