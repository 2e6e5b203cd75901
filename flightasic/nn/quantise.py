"""Weight quantisers (Ding et al., DAC 2019; docs/training.md), differentiable for training.

A filter w becomes ``sum_{j<k} 1(||r_j||_2 > t_j) R(r_j)`` with ``r_0 = w``, ``r_{j+1} = r_j - R(r_j)`` and
``R(x) = sign(x) 2^round(log2|x|)``. Hardware bounds R: the exponents of one plane of one filter span ``limit`` octaves, so that a
term is a short shift code; what lies below becomes zero or the smallest term, whichever is nearer. These octaves end at the plane's
largest value, or, if they are few, where the squared error is least; what lies above becomes the largest term.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from flightasic.config import OFFSET_BITS
from flightasic.nn.scheme import Scheme

MIN_EXPONENT = -40
_SQRT_HALF = 0.5**0.5
_FIXED_CLIPPING = 4
# Windows of more octaves hold nearly all of a filter's values however they lie, and their search would only cost time.
_NARROW = 2
_WINDOWS = 4


@dataclass(frozen=True)
class Gates:
    """What decides which planes of a filter are kept.

    Attributes
    ----------
    thresholds : float [P]
        t_j of the layer, in the unit of the norms.
    width : float [P]
        Width of the sigmoid that stands in for the indicator in the backward pass, in the unit of the norms.
    fixed : bool [P, O] or None
        Decisions taken once and for all; the thresholds then no longer count.
    """

    thresholds: Tensor
    width: Tensor
    fixed: Tensor | None = None


@dataclass(frozen=True)
class QuantisedWeight:
    """A quantised weight of shape [O, ...] and what it is made of.

    Attributes
    ----------
    value : float [O, ...]
        The quantised weight; carries gradients to the weight (straight-through) and to the thresholds.
    terms : float [P, O, ...]
        The planes: ``value = sum of the kept planes' terms``. No gradient.
    kept : bool [P, O]
        Planes in use per filter.
    base : int64 [P, O]
        Exponent of the unit of each plane: every term is a multiple of ``2^base``.
    residual_norms : float [P, O]
        ``||r_j||_2`` per filter, with gradient to the weight; what the group lasso sums. For fixed point there is one, of the weight.
    gates : float [P, O]
        1 where kept, else 0, with the relaxed indicator's gradient to the thresholds and weights.
    """

    value: Tensor
    terms: Tensor
    kept: Tensor
    base: Tensor
    residual_norms: Tensor
    gates: Tensor

    @property
    def k(self) -> Tensor:
        """Planes in use, int64 [O]."""
        return self.kept.sum(0)

    @property
    def grid(self) -> Tensor:
        """Exponent int64 [O] of each filter's unit: the smallest base of its kept planes (of any plane if none is kept)."""
        candidates = torch.where(self.kept | ~self.kept.any(0), self.base, torch.iinfo(torch.int64).max)
        return candidates.amin(0)


def power_of_two(exponent: Tensor) -> Tensor:
    """Exactly ``2^exponent`` as float32 for integer exponents in -126..127 (``torch.pow`` may be off by a rounding)."""
    return ((exponent + 127).to(torch.int32) << 23).view(torch.float32)


def nearest_exponent(values: Tensor) -> Tensor:
    """``round(log2|x|)`` as int64, exact; MIN_EXPONENT for zero and anything smaller than it."""
    mantissa, exponent = torch.frexp(values.abs())
    # In double, since the float32 next to sqrt(1/2) lies below it.
    nearest = exponent.to(torch.int64) - (mantissa.double() < _SQRT_HALF).to(torch.int64)
    return torch.where(mantissa == 0, MIN_EXPONENT, nearest.clamp(min=MIN_EXPONENT))


def round_to_terms(values: Tensor, base: Tensor, max_shift: int, dead: Tensor | None = None) -> Tensor:
    """R(x) within ``2^base .. 2^(base + max_shift)``; below, zero or ``2^base``, whichever is nearer.

    ``base`` and ``dead`` broadcast; what is smaller than ``dead`` becomes zero as well.
    """
    return _within(values, nearest_exponent(values), base, max_shift, dead)


def _within(values: Tensor, exponents: Tensor, base: Tensor, max_shift: int, dead: Tensor | None = None) -> Tensor:
    """:func:`round_to_terms` of values whose nearest exponents are known."""
    exponent = torch.minimum(torch.maximum(exponents, base), base + max_shift)
    smallest = power_of_two(base - 1) if dead is None else torch.maximum(power_of_two(base - 1), dead)
    magnitude = torch.where(values.abs() < smallest, 0.0, power_of_two(exponent))
    return values.sign() * magnitude


def quantise_shift(
    weight: Tensor, gates: Gates | None, scheme: Scheme, floor: Tensor | None = None, held: Tensor | None = None
) -> QuantisedWeight:
    """Sums of powers of two, ``k`` terms per filter.

    Parameters
    ----------
    weight : float32 [O, ...]
    gates : Gates or None
        None keeps every plane (LightNN).
    scheme : Scheme
        With ``arith == "shift"``.
    floor : int64 [O] or None
        Smallest exponent of a filter's terms (what its accumulator can hold).
    held : int64 [P, O] or None
        Bases to take instead of those that suit the weights, where the floor allows them.
    """
    filters = weight.shape[0]
    per_filter = (filters,) + (1,) * (weight.ndim - 1)
    lowest = _lowest(floor, weight)
    residual = weight
    terms, bases, norms = [], [], []
    for plane in range(scheme.planes):
        values = residual.detach()
        exponents = nearest_exponent(values)
        base = _window(values, exponents, scheme.limit, lowest) if held is None else torch.maximum(held[plane], lowest)
        if plane == 0:
            # The planes of a filter are merged by left shifts of at most 2^OFFSET_BITS - 1.
            lowest = torch.maximum(lowest, base - ((1 << OFFSET_BITS) - 1))
        norm = residual.flatten(1).norm(dim=1)
        dead = None
        if scheme.dead_zone:
            dead = (norm.detach() * (scheme.dead_zone / weight[0].numel() ** 0.5)).view(per_filter)
        term = _within(values, exponents, base.view(per_filter), scheme.limit, dead)
        terms.append(term)
        bases.append(base)
        norms.append(norm)
        residual = residual - term
    return _gated(weight, torch.stack(terms), torch.stack(bases), torch.stack(norms), gates)


def _window(values: Tensor, exponents: Tensor, limit: int, lowest: Tensor) -> Tensor:
    """Base int64 [O] of a plane of values [O, ...] with these nearest exponents: the octaves up to ``base + limit`` end at the largest
    value, or, if they are few, at most three octaves lower, where terms are nearest to the values."""
    largest = exponents.flatten(1).amax(1) - limit
    if limit > _NARROW:
        return torch.maximum(largest, lowest)
    candidates = torch.maximum(largest - torch.arange(_WINDOWS, device=values.device)[:, None], lowest)
    flat, nearest = values.flatten(1), exponents.flatten(1)
    errors = torch.stack([(_within(flat, nearest, base[:, None], limit) - flat).square().sum(1) for base in candidates])
    return candidates.gather(0, errors.argmin(0)[None])[0]


def quantise_fixed(
    weight: Tensor,
    gates: Gates | None,
    scheme: Scheme,
    floor: Tensor | None = None,
    scale_log2: Tensor | None = None,
    held: Tensor | None = None,
) -> QuantisedWeight:
    """Symmetric integers ``-limit..limit`` times a power of two per filter.

    Parameters and result as :func:`quantise_shift`, with one plane, which ``gates`` may drop. The power of two is the one with the
    least squared error, times 2 to ``scale_log2`` [O], rounded; its gradient is that of learned step sizes (Esser et al., ICLR 2020).
    With ``held`` it is that one, and not learned.
    """
    per_filter = (weight.shape[0],) + (1,) * (weight.ndim - 1)
    lowest = _lowest(floor, weight)
    base = _best_scale(weight.detach(), scheme.limit, lowest) if held is None else torch.maximum(held[0], lowest)
    if scale_log2 is None or held is not None:
        scale = power_of_two(base).view(per_filter)
    else:
        base = torch.maximum(base + scale_log2.detach().round().to(torch.int64), lowest)
        passed = scale_log2 - scale_log2.detach()
        scale = (power_of_two(base) * (1 + math.log(2) * passed)).view(per_filter)
    exact = (weight / scale).clamp(-scheme.limit, scheme.limit)
    value = (exact + (exact.round() - exact).detach()) * scale
    if gates is None:
        kept = torch.ones((1, weight.shape[0]), dtype=torch.bool, device=weight.device)
        return QuantisedWeight(value, value.detach()[None], kept, base[None], weight.flatten(1).norm(dim=1)[None], kept.to(weight.dtype))
    return _gated(value, value.detach()[None], base[None], weight.flatten(1).norm(dim=1)[None], gates)


def _best_scale(values: Tensor, limit: int, lowest: Tensor) -> Tensor:
    """Exponent int64 [O] of the power of two by which integers up to ``limit`` are nearest to the values of a filter."""
    unclipped = torch.frexp(values.abs().flatten(1).amax(1) / limit).exponent.to(torch.int64)
    candidates = torch.maximum(unclipped - torch.arange(_FIXED_CLIPPING, device=values.device)[:, None], lowest)
    flat = values.flatten(1)
    units = power_of_two(candidates)[:, :, None]
    errors = ((flat / units).round().clamp(-limit, limit) * units - flat).square().sum(2)
    return candidates.gather(0, errors.argmin(0)[None])[0]


def quantise(
    weight: Tensor,
    gates: Gates | None,
    scheme: Scheme,
    floor: Tensor | None = None,
    scale_log2: Tensor | None = None,
    held: Tensor | None = None,
) -> QuantisedWeight:
    """Quantise a weight by its scheme (not "float"); see :func:`quantise_shift` and :func:`quantise_fixed` for the arguments."""
    if scheme.arith == "shift":
        return quantise_shift(weight, gates, scheme, floor, held)
    return quantise_fixed(weight, gates, scheme, floor, scale_log2, held)


def _lowest(floor: Tensor | None, weight: Tensor) -> Tensor:
    if floor is None:
        return torch.full((weight.shape[0],), MIN_EXPONENT, dtype=torch.int64, device=weight.device)
    return floor.clamp(min=MIN_EXPONENT)


def _gated(weight: Tensor, terms: Tensor, bases: Tensor, norms: Tensor, gates: Gates | None) -> QuantisedWeight:
    """The kept planes' sum. Straight-through: its gradient to the weight is the identity's, to the gates each plane's terms."""
    planes, filters = norms.shape
    if gates is None:
        value = terms.sum(0) if planes > 1 else terms[0]
        kept = torch.ones((planes, filters), dtype=torch.bool, device=weight.device)
        return QuantisedWeight(value + (weight - weight.detach()), terms, kept, bases, norms, kept.to(weight.dtype))
    # A plane whose terms all fell below its window costs a column and adds nothing.
    useful = terms.flatten(2).ne(0).any(2)
    if gates.fixed is not None:
        kept = gates.fixed & useful
        gate = kept.to(weight.dtype)
    else:
        gate = _indicator((norms - gates.thresholds[:, None]) / gates.width[:, None])
        kept = (gate.detach() > 0.5) & useful
    per_filter = (filters,) + (1,) * (weight.ndim - 1)
    value = (gate.view(planes, *per_filter) * terms).sum(0)
    passed = kept.any(0).view(per_filter) * weight
    return QuantisedWeight(value + (passed - passed.detach()), terms, kept, bases, norms, gate)


def _indicator(excess: Tensor) -> Tensor:
    """1 where ``excess > 0``, else 0; the gradient is that of the sigmoid (the paper's relaxation)."""
    soft = torch.sigmoid(excess)
    return (excess > 0).to(soft.dtype) + (soft - soft.detach())


def group_lasso(residual_norms: Tensor, lambdas: tuple[float, ...]) -> Tensor:
    """``sum_j lambda_j sum_i ||r_ij||_2`` of one layer; ``residual_norms`` [P, O], the last lambda repeats for more planes."""
    weights = [lambdas[min(j, len(lambdas) - 1)] for j in range(residual_norms.shape[0])]
    return sum((weight * norms.sum() for weight, norms in zip(weights, residual_norms, strict=True)), residual_norms.new_zeros(()))
