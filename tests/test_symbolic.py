"""The symbolic twins: sums collapse correctly, matrices have the right entries, and false statements are refused."""

import numpy as np
import pytest
import sympy as sp

from softmax_proofs.symbolic import *
from softmax_proofs.symbolic import Sum, as_number, scalar_form

SIZES = {N: 3, D: 4, K: 5}


def concrete(expression, arrays):
    """The number that a sum over entries stands for, by writing out every term."""
    expression = expression.subs(SIZES).doit()
    entries = expression.atoms(sp.Indexed)
    return float(expression.subs({e: arrays[e.base.label.name][tuple(int(i) - 1 for i in e.indices)] for e in entries}))


@pytest.fixture
def arrays():
    rng = np.random.default_rng(0)
    shapes = {"x": (3, 4), "w": (4, 5), "o": (3, 5), "y": (3, 5), "C": (5, 5)}
    return {name: rng.normal(size=shape) for name, shape in shapes.items()}


def test_delta_picks_its_one_term():
    assert collapse(Sum(KroneckerDelta(j, l) * o[l], (l, 1, K))) == o[j]


def test_constants_leave_the_sum_and_a_sum_of_ones_counts():
    assert collapse(Sum(o[j] * z[l], (l, 1, K))) == o[j] * Sum(z[l], (l, 1, K))
    assert collapse(Sum(c, (n, 1, N))) == N * c


def test_a_bound_index_is_not_caught_by_a_free_one():
    """The derivative of sum_k y_k o_k with respect to o_k is y_k, not the whole sum."""
    from softmax_proofs.derivation import Derivation

    chapter = Derivation()
    chapter.definition("definition-mean", L, "=", Sum(y[k] * o[k], (k, 1, K)))
    chapter.result("result-own-letter", Partial(L, o[k]), "=", y[k])


@pytest.mark.parametrize("matrix", [X.T * (O - Y), X * W, (O - Y).T * X, 2 * X.T * Y / N, X.T * X * W])
def test_entries_of_matrix_expressions_match_numpy(matrix, arrays):
    values = {"X": arrays["x"], "W": arrays["w"], "O": arrays["o"], "Y": arrays["y"]}
    expected = sp.lambdify([X, W, O, Y, N], matrix)(*(values[letter] for letter in "XWOY"), 3)
    rows, columns = expected.shape
    found = np.array(
        [
            [concrete(entry(matrix, sp.Integer(r + 1), sp.Integer(s + 1)), arrays) for s in range(columns)]
            for r in range(rows)
        ]
    )
    assert np.allclose(found, expected, rtol=1e-12)


def test_a_one_by_one_product_becomes_a_number():
    form = as_number(vec(v).T * C * vec(v))
    assert form == inner(vec(v), C * vec(v))
    assert collapse(scalar_form(form)).free_symbols >= {K}


@pytest.mark.parametrize(
    "expression",
    [
        Sum(o[l] + c, (l, 1, K)) - Sum(o[l], (l, 1, K)) - K * c,
        Sum(exp(z[l] + c), (l, 1, K)) - exp(c) * Sum(exp(z[m]), (m, 1, K)),
        KroneckerDelta(j, k) * (o[j] - o[k]),
        log(exp(z[k]) / exp(z[j])) - z[k] + z[j],
    ],
)
def test_identities_are_proved(expression):
    assert prove_zero(expression) == []


@pytest.mark.parametrize(
    "expression",
    [
        o[k] - o[j],
        Sum(o[l], (l, 1, K)) - Sum(o[l], (l, 1, N)),
        Sum(o[l] * y[l], (l, 1, K)) - Sum(o[l], (l, 1, K)) * Sum(y[l], (l, 1, K)),
        KroneckerDelta(j, k) * o[k],
        exp(z[k] + c) - exp(z[k]),
    ],
)
def test_false_statements_leave_something_over(expression):
    assert prove_zero(expression) != []


def test_a_sum_over_classes_is_carried_out_inside_a_sum_over_examples():
    """As with a free intercept: sum_k e^{b_k} sum_n x_nd z_nk, where the outer sum has no own factor to collapse."""
    inside = Sum(x[n, d] * z[n, k] / Sum(exp(b[l]) * z[n, l], (l, 1, K)), (n, 1, N))
    assert prove_zero(Sum(exp(b[k]) * inside, (k, 1, K)) - Sum(x[n, d], (n, 1, N))) == []
    assert prove_zero(Sum(exp(b[k]) * inside, (k, 1, K)) - 2 * Sum(x[n, d], (n, 1, N))) != []


def test_swapping_two_sums_catches_no_index():
    inner_sum = Sum(z[n, k], (n, 1, N))
    assert prove_zero(Sum(o[n, k] * inner_sum, (k, 1, K)) - Sum(o[n, k] * z[m, k], (m, 1, N), (k, 1, K))) == []
    assert prove_zero(Sum(o[n, k] * inner_sum, (k, 1, K)) - Sum(o[n, k] * z[n, k], (n, 1, N), (k, 1, K))) != []


WEIGHTED = Sum(w[d, k] * Sum(x[n, d] * y[n, k], (n, 1, N)), (d, 1, D), (k, 1, K))


def test_sums_may_be_carried_out_in_any_order():
    assert prove_zero(WEIGHTED - Sum(y[n, k] * Sum(w[d, k] * x[n, d], (d, 1, D)), (k, 1, K), (n, 1, N))) == []
    left, right = Sum(x[d] * Sum(w[d, k] * z[k], (k, 1, K)), (d, 1, D)), Sum(x[d] * w[d, k], (d, 1, D))
    assert prove_zero(left - Sum(z[k] * right, (k, 1, K))) == []


@pytest.mark.parametrize(
    "other",
    [
        Sum(y[n, k] * Sum(w[d, k] * x[n, d], (d, 1, D)), (n, 1, N)),  # one sum too few
        Sum(y[n, k] * Sum(w[d, j] * x[n, d], (d, 1, D)), (k, 1, K), (n, 1, N)),
        Sum(y[n, k] * Sum(w[d, l] * x[n, d], (d, 1, D)), (k, 1, K), (l, 1, K), (n, 1, N)),
    ],
)
def test_another_sum_is_not_taken_for_the_same(other):
    assert prove_zero(WEIGHTED - other)


def test_a_quadratic_form_may_be_read_in_both_directions():
    distance = (column(Mu, k) - vec(x)).T * A.T * A
    forth, back = entry(distance * column(Mu, k)), entry(column(Mu, k).T * A.T * A * (column(Mu, k) - vec(x)))
    assert prove_zero(forth - back) == []
    assert prove_zero(forth + back)
