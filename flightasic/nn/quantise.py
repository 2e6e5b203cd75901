"""Weight quantisers (Ding et al., DAC 2019; docs/design.md), differentiable for training.

A filter w becomes ``sum_{j<k} 1(||r_j||_2 > t_j) R(r_j)`` with ``r_0 = w``, ``r_{j+1} = r_j - R(r_j)`` and
``R(x) = sign(x) 2^round(log2|x|)``. Hardware bounds R: the exponents of one plane of one filter span ``limit`` octaves below
the plane's largest, so that a term is a short shift code; what lies below becomes zero or the smallest term, whichever is nearer.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from flightasic.config import OFFSET_BITS
from flightasic.nn.scheme import Scheme

MIN_EXPONENT = -40
_SQRT_HALF = 0.5**0.5
_FIXED_CLIPPING = 4


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
        ``||r_j||_2`` per filter, with gradient to the weight; what the regulariser sums. Empty (P = 0) for fixed point.
    """

    value: Tensor
    terms: Tensor
    kept: Tensor
    base: Tensor
    residual_norms: Tensor

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


def round_to_terms(values: Tensor, base: Tensor, max_shift: int) -> Tensor:
    """R(x) within ``2^base .. 2^(base + max_shift)``; below, zero or ``2^base``, whichever is nearer. ``base`` broadcasts."""
    exponent = torch.minimum(torch.maximum(nearest_exponent(values), base), base + max_shift)
    magnitude = torch.where(values.abs() < power_of_two(base - 1), 0.0, power_of_two(exponent))
    return values.sign() * magnitude


def quantise_shift(weight: Tensor, thresholds: Tensor | None, scheme: Scheme, floor: Tensor | None = None) -> QuantisedWeight:
    """Sums of powers of two, ``k`` terms per filter.

    Parameters
    ----------
    weight : float32 [O, ...]
    thresholds : float [P] or None
        t_j of the layer; None keeps every plane (LightNN).
    scheme : Scheme
        With ``arith == "shift"``.
    floor : int64 [O] or None
        Smallest exponent of a filter's terms (what its accumulator can hold).
    """
    filters = weight.shape[0]
    per_filter = (filters,) + (1,) * (weight.ndim - 1)
    lowest = torch.full((filters,), MIN_EXPONENT) if floor is None else floor.clamp(min=MIN_EXPONENT)
    residual = weight
    terms, bases, norms, gates = [], [], [], []
    for plane in range(scheme.planes):
        values = residual.detach()
        base = torch.maximum(nearest_exponent(values).flatten(1).amax(1) - scheme.limit, lowest)
        if plane == 0:
            # The planes of a filter are merged by left shifts of at most 2^OFFSET_BITS - 1.
            lowest = torch.maximum(lowest, base - ((1 << OFFSET_BITS) - 1))
        term = round_to_terms(values, base.view(per_filter), scheme.limit)
        norm = residual.flatten(1).norm(dim=1)
        gates.append(torch.ones(filters) if thresholds is None else _indicator(norm - thresholds[plane]))
        terms.append(term)
        bases.append(base)
        norms.append(norm)
        residual = residual - term
    gate = torch.stack(gates)
    kept = gate.detach() > 0.5
    if thresholds is not None:
        # A plane whose terms all fell below its window costs a column and adds nothing.
        kept = kept & torch.stack(terms).flatten(2).ne(0).any(2)
    gated = sum((g.view(per_filter) * term for g, term in zip(gates, terms, strict=True)), torch.zeros_like(weight))
    passed = kept.any(0).view(per_filter) * weight
    # Straight-through: the value is the gated sum, the gradient to the weight is that of the identity.
    return QuantisedWeight(gated + (passed - passed.detach()), torch.stack(terms), kept, torch.stack(bases), torch.stack(norms))


def _indicator(excess: Tensor) -> Tensor:
    """1 where ``excess > 0``, else 0; the gradient is that of the sigmoid (the paper's relaxation)."""
    soft = torch.sigmoid(excess)
    return (excess > 0).to(soft.dtype) + (soft - soft.detach())


def quantise_fixed(weight: Tensor, scheme: Scheme, floor: Tensor | None = None) -> QuantisedWeight:
    """Symmetric integers ``-limit..limit`` times a power of two per filter, the one with the least squared error.

    Parameters and result as :func:`quantise_shift`, with one plane that is always kept.
    """
    filters = weight.shape[0]
    per_filter = (filters,) + (1,) * (weight.ndim - 1)
    values = weight.detach()
    unclipped = torch.frexp(values.abs().flatten(1).amax(1) / scheme.limit).exponent.to(torch.int64)
    lowest = torch.full((filters,), MIN_EXPONENT) if floor is None else floor.clamp(min=MIN_EXPONENT)
    best = torch.full((filters,), torch.inf)
    base, term = unclipped, values
    for clipping in range(_FIXED_CLIPPING):
        exponent = torch.maximum(unclipped - clipping, lowest)
        unit = power_of_two(exponent).view(per_filter)
        candidate = (values / unit).round().clamp(-scheme.limit, scheme.limit) * unit
        error = (candidate - values).flatten(1).square().sum(1)
        better = error < best
        best = torch.where(better, error, best)
        base = torch.where(better, exponent, base)
        term = torch.where(better.view(per_filter), candidate, term)
    kept = torch.ones((1, filters), dtype=torch.bool)
    return QuantisedWeight(term + (weight - weight.detach()), term[None], kept, base[None], torch.empty((0, filters)))


def quantise(weight: Tensor, thresholds: Tensor | None, scheme: Scheme, floor: Tensor | None = None) -> QuantisedWeight:
    """Quantise a weight by its scheme (not "float"); see :func:`quantise_shift` for the arguments."""
    if scheme.arith == "shift":
        return quantise_shift(weight, thresholds, scheme, floor)
    return quantise_fixed(weight, scheme, floor)


def group_lasso(residual_norms: Tensor, lambdas: tuple[float, ...]) -> Tensor:
    """``sum_j lambda_j sum_i ||r_ij||_2`` of one layer; ``residual_norms`` [P, O], the last lambda repeats for more planes."""
    planes = residual_norms.shape[0]
    weights = torch.tensor([lambdas[min(j, len(lambdas) - 1)] for j in range(planes)])
    return (weights[:, None] * residual_norms).sum()
