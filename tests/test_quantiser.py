"""The weight quantisers against slow, literal transcriptions of their definitions."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from torch import Tensor

from flightasic.errors import ConfigError
from flightasic.nn.quantise import (
    MIN_EXPONENT,
    Gates,
    group_lasso,
    nearest_exponent,
    power_of_two,
    quantise,
    quantise_fixed,
    quantise_shift,
    round_to_terms,
)
from flightasic.nn.scheme import SCHEMES, Scheme


def unbounded(planes: int) -> Scheme:
    """Codes so wide that R is the paper's, without limits."""
    return Scheme(name="flight", arith="shift", planes=planes, limit=80, learned=True)


def gates(thresholds: list[float], **fields) -> Gates:
    """Thresholds with the paper's sigmoid, of width 1."""
    return Gates(torch.tensor(thresholds), torch.ones(len(thresholds)), **fields)


def random_weight(seed: int, filters: int = 6, size: int = 20, spread: float = 2.0) -> Tensor:
    """Weights of very different magnitudes, a few of them zero."""
    rng = np.random.default_rng(seed)
    weight = rng.normal(size=(filters, size)) * 2.0 ** rng.normal(-3, spread, size=(filters, size))
    weight[rng.random(weight.shape) < 0.1] = 0
    return torch.tensor(weight, dtype=torch.float32)


def paper_r(x: float) -> float:
    """R(x) = sign(x) 2^round(log2|x|)."""
    return 0.0 if x == 0 else math.copysign(2.0 ** round(math.log2(abs(x))), x)


def paper_plane(values: list[float]) -> list[float]:
    return [paper_r(x) for x in values]


def paper_q(weights: list[float], thresholds: list[float], rounding=paper_plane) -> tuple[list[float], int]:
    """Q_k(w|t) of one filter and the number of indicators that fire, as the paper writes it; ``rounding`` is R of a plane."""
    residual, total, k = list(weights), [0.0] * len(weights), 0
    for t in thresholds:
        rounded = rounding(residual)
        if math.sqrt(sum(x * x for x in residual)) > t:
            total = [q + r for q, r in zip(total, rounded, strict=True)]
            k += 1
        residual = [x - r for x, r in zip(residual, rounded, strict=True)]
    return total, k


def windowed(max_shift: int):
    """R limited to a plane's codes, ``max_shift`` octaves: below them zero or the smallest term, above them the largest.

    Many octaves end at the plane's largest term; few (codes of two and three bits) there or up to three lower, where the error is least.
    """

    def within(values: list[float], largest: float) -> list[float]:
        smallest = largest / 2**max_shift

        def one(x: float) -> float:
            if abs(paper_r(x)) >= smallest:
                return math.copysign(min(abs(paper_r(x)), largest), x)
            return math.copysign(smallest, x) if abs(x) >= smallest / 2 else 0.0

        return [one(x) for x in values]

    def plane(values: list[float]) -> list[float]:
        largest = max(abs(paper_r(x)) for x in values)
        ways = [within(values, largest / 2**lower) for lower in range(4 if max_shift <= 2 else 1)]
        return min(ways, key=lambda way: sum((x - term) ** 2 for x, term in zip(values, way, strict=True)))

    return plane


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("planes", [1, 2, 3])
def test_the_quantiser_is_the_papers_formula(seed: int, planes: int) -> None:
    weight = random_weight(seed)
    thresholds = [0.3, 0.1, 0.03][:planes]
    result = quantise_shift(weight, gates(thresholds), unbounded(planes))
    expected = [paper_q(row, thresholds) for row in weight.tolist()]
    assert result.value.tolist() == [row for row, _ in expected]
    assert result.k.tolist() == [k for _, k in expected]


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("code_bits,max_shift", [(4, 6), (3, 2), (2, 0)])
def test_terms_outside_a_planes_codes_become_zero_or_the_smallest(seed: int, code_bits: int, max_shift: int) -> None:
    weight = random_weight(seed)
    scheme = Scheme.create("flight", planes=3, code_bits=code_bits)
    assert scheme.limit == max_shift
    result = quantise_shift(weight, gates([0.3, 0.1, 0.03]), scheme)
    expected = [paper_q(row, [0.3, 0.1, 0.03], windowed(max_shift)) for row in weight.tolist()]
    assert result.value.tolist() == [row for row, _ in expected]
    shifts = nearest_exponent(result.terms) - result.base[:, :, None]
    assert shifts[result.terms != 0].min() >= 0
    assert shifts[result.terms != 0].max() <= max_shift


def test_planes_stay_within_the_reach_of_the_offsets() -> None:
    weight = torch.tensor([[1.0, 2.0**-30]])
    result = quantise_shift(weight, None, Scheme.create("lightnn2"))
    assert int(result.base[0, 0] - result.base[1, 0]) == 15


@pytest.mark.parametrize("exponent", [-30, -7, -1, 0, 1, 5])
def test_rounding_of_the_logarithm_is_exact_at_its_boundary(exponent: int) -> None:
    boundary = np.float32(2.0 ** (exponent + 0.5))
    for value in (np.nextafter(boundary, np.float32(0)), boundary, np.nextafter(boundary, np.float32(np.inf))):
        above = Fraction(float(value)) ** 2 > Fraction(2) ** (2 * exponent + 1)
        assert int(nearest_exponent(torch.tensor(value))) == exponent + above


def test_powers_of_two_are_exact() -> None:
    exponents = torch.arange(-126, 128)
    assert power_of_two(exponents).tolist() == [2.0**e for e in range(-126, 128)]


def test_zero_has_the_smallest_exponent_and_rounds_to_zero() -> None:
    assert int(nearest_exponent(torch.tensor(0.0))) == MIN_EXPONENT
    assert float(round_to_terms(torch.tensor(0.0), torch.tensor(-3), 6)) == 0


def test_a_filter_of_zeros_is_pruned_and_nothing_breaks() -> None:
    weight = torch.zeros(2, 5, requires_grad=True)
    result = quantise_shift(weight, gates([0.0, 0.0]), Scheme.create("flight"))
    assert result.k.tolist() == [0, 0]
    result.value.sum().backward()
    assert torch.isfinite(weight.grad).all()


def test_a_plane_that_adds_nothing_is_not_kept() -> None:
    result = quantise_shift(torch.tensor([[0.5, -2.0]]), gates([0.0, -1.0]), Scheme.create("flight"))
    assert result.k.tolist() == [1]


@pytest.mark.parametrize("scheme,k", [("lightnn1", 1), ("lightnn2", 2)])
def test_lightnn_keeps_every_plane_of_every_filter(scheme: str, k: int) -> None:
    weight = random_weight(3)
    result = quantise(weight, None, Scheme.create(scheme))
    assert result.k.tolist() == [k] * 6
    assert result.value.tolist() == [paper_q(row, [-1.0] * k, windowed(6))[0] for row in weight.tolist()]


@pytest.mark.parametrize("floor", [-6, -3, 0, 4])
def test_no_term_is_finer_than_the_floor(floor: int) -> None:
    weight = random_weight(4)
    for name in ("lightnn2", "fixed4", "fixed8"):
        result = quantise(weight, None, Scheme.create(name), torch.full((6,), floor))
        assert (result.grid >= floor).all()
        units = result.value / 2.0**floor
        assert torch.equal(units, units.round())


@pytest.mark.parametrize("name,limit", [("fixed4", 7), ("fixed8", 127)])
@pytest.mark.parametrize("seed", range(5))
def test_fixed_point_takes_the_power_of_two_with_the_least_squared_error(name: str, limit: int, seed: int) -> None:
    weight = random_weight(seed, spread=0.7)
    result = quantise_fixed(weight, None, Scheme.create(name))
    for row, value, base in zip(weight.double().numpy(), result.value.double().numpy(), result.base[0].tolist(), strict=True):
        integers = value / 2.0**base
        assert (integers == np.round(integers)).all()
        assert np.abs(integers).max() <= limit
        errors = [float(((np.clip(np.round(row / 2.0**e), -limit, limit) * 2.0**e - row) ** 2).sum()) for e in range(base - 12, base + 13)]
        assert float(((value - row) ** 2).sum()) == pytest.approx(min(errors), rel=1e-5)


def test_the_gradient_of_a_threshold_is_the_sigmoids() -> None:
    weight = random_weight(5)
    thresholds = torch.tensor([0.2, 0.1], requires_grad=True)
    upstream = random_weight(6)
    width = torch.tensor([1.0, 0.5])
    result = quantise_shift(weight, Gates(thresholds, width), Scheme.create("flight"))
    (result.value * upstream).sum().backward()
    sigmoid = torch.sigmoid((result.residual_norms - thresholds.detach()[:, None]) / width[:, None])
    expected = -(sigmoid * (1 - sigmoid) / width[:, None] * (upstream * result.terms).sum(2)).sum(1)
    assert thresholds.grad is not None
    torch.testing.assert_close(thresholds.grad, expected)
    assert (thresholds.grad != 0).all()


def test_the_gradient_of_a_weight_passes_straight_through_a_kept_filter() -> None:
    weight = random_weight(5).requires_grad_()
    upstream = random_weight(6)
    (quantise(weight, None, Scheme.create("lightnn2")).value * upstream).sum().backward()
    assert torch.equal(weight.grad, upstream)
    weight.grad = None
    result = quantise(weight, None, Scheme.create("fixed4"))
    (result.value * upstream).sum().backward()
    clipped = weight.detach().abs() > 7 * power_of_two(result.base[0])[:, None]
    assert clipped.any()
    assert torch.equal(weight.grad, upstream * ~clipped)


def test_a_pruned_filter_can_come_back_through_its_indicator() -> None:
    weight = random_weight(5).requires_grad_()
    result = quantise_shift(weight, gates([9.0, 9.0]), Scheme.create("flight"))
    assert result.k.tolist() == [0] * 6
    assert not result.value.any()
    result.value.sum().backward()
    assert (weight.grad != 0).any(1).all()


def test_fixed_decisions_replace_the_thresholds() -> None:
    weight = random_weight(8)
    fixed = torch.tensor([[True, True, False, False, True, True], [True, False, True, False, True, False]])
    result = quantise_shift(weight, gates([9.0, 9.0], fixed=fixed), Scheme.create("flight"))
    assert torch.equal(result.kept, fixed)
    assert torch.equal(result.value, (result.terms * fixed[:, :, None]).sum(0))


@pytest.mark.parametrize("name", ["flight", "lightnn1", "lightnn2"])
def test_the_dead_zone_makes_small_weights_zero_codes(name: str) -> None:
    weight = random_weight(10, spread=0.5)
    plain, zeroed = (quantise(weight, None, Scheme.create(name, dead_zone=zone)) for zone in (0.0, 0.5))
    small = weight.abs() < 0.5 * weight.square().mean(1, keepdim=True).sqrt()
    assert (zeroed.terms[0] == 0)[small].all()
    assert torch.equal(zeroed.terms[0][~small], plain.terms[0][~small])
    assert (zeroed.terms[0] == 0).sum() > (plain.terms[0] == 0).sum()


@pytest.mark.parametrize("name", ["fixed4", "fixed8"])
def test_a_learned_scale_moves_in_powers_of_two_and_its_gradient_is_that_of_learned_step_sizes(name: str) -> None:
    weight = random_weight(11, spread=0.5)
    scheme, upstream = Scheme.create(name), random_weight(12)
    best = quantise_fixed(weight, None, scheme).base
    scale_log2 = torch.tensor([0.0, 0.4, -0.4, 0.6, 1.0, -1.2], requires_grad=True)
    result = quantise_fixed(weight, None, scheme, scale_log2=scale_log2)
    assert (result.base - best)[0].tolist() == [0, 0, 0, 1, 1, -1]
    (result.value * upstream).sum().backward()
    unit = power_of_two(result.base[0])[:, None]
    exact = weight / unit
    integers = exact.round().clamp(-scheme.limit, scheme.limit)
    inside = exact.abs() <= scheme.limit
    expected = (upstream * (integers - exact * inside)).sum(1) * unit[:, 0] * math.log(2)
    assert scale_log2.grad is not None
    torch.testing.assert_close(scale_log2.grad, expected)


@pytest.mark.parametrize("threshold,k", [(0.0, 1), (9.0, 0)])
def test_filters_of_fixed_point_are_pruned_by_the_same_indicator(threshold: float, k: int) -> None:
    weight = random_weight(13).requires_grad_()
    result = quantise(weight, gates([threshold]), Scheme.create("fixed4-pruned"))
    assert result.k.tolist() == [k] * 6
    assert bool(result.value.any()) == bool(k)
    result.value.sum().backward()
    assert (weight.grad != 0).any(1).all()


def test_the_regulariser_is_the_group_lasso_of_the_residuals() -> None:
    weight = random_weight(7).requires_grad_()
    norms = quantise_shift(weight, gates([0.0, 0.0]), unbounded(2)).residual_norms
    literal = 0.0
    for row in weight.tolist():
        residual = list(row)
        for lam in (0.25, 4.0):
            literal += lam * math.sqrt(sum(x * x for x in residual))
            residual = [x - paper_r(x) for x in residual]
    loss = group_lasso(norms, (0.25, 4.0))
    assert float(loss.detach()) == pytest.approx(literal, rel=1e-5)
    (gradient,) = torch.autograd.grad(group_lasso(norms, (0.0, 1.0)), weight)
    residual = weight.detach() - torch.tensor([[paper_r(x) for x in row] for row in weight.tolist()])
    torch.testing.assert_close(gradient, residual / residual.norm(dim=1, keepdim=True))


def test_the_last_lambda_repeats() -> None:
    norms = torch.tensor([[1.0], [10.0], [100.0]])
    assert float(group_lasso(norms, (2.0, 3.0))) == 2 + 30 + 300


def test_schemes_state_their_arithmetic() -> None:
    assert {name: Scheme.create(name).arith for name in SCHEMES} == {
        "flight": "shift",
        "lightnn1": "shift",
        "lightnn2": "shift",
        "fixed4": "fixed4",
        "fixed8": "fixed8",
        "fixed4-pruned": "fixed4",
        "float": "float",
    }
    assert [name for name in SCHEMES if Scheme.create(name).learned] == ["flight", "fixed4-pruned"]


@pytest.mark.parametrize(
    "arguments,message",
    [
        ({"name": "ternary"}, "'ternary'"),
        ({"name": "flight", "planes": 4}, "got 4"),
        ({"name": "flight", "code_bits": 5}, "got 5"),
        ({"name": "flight", "dead_zone": 1.5}, "got 1.5"),
    ],
)
def test_an_impossible_scheme_is_refused(arguments: dict, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Scheme.create(**arguments)
