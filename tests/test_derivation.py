"""The ledger refuses what is false, on each of its two roads, and names the label."""

import numpy as np
import pytest
from sympy import Identity

from softmax_proofs.derivation import Derivation
from softmax_proofs.points import Point
from softmax_proofs.symbolic import *


@pytest.fixture
def chapter():
    ledger = Derivation()
    ledger.definition("definition-softmax", o[k], "=", exp(z[k]) / Sum(exp(z[l]), (l, 1, K)))
    ledger.definition("definition-loss", L, "=", -Sum(y[k] * log(o[k]), (k, 1, K)))
    ledger.definition("definition-jacobian", C[k, j], "=", Partial(o[k], z[j]))
    return ledger


delta = KroneckerDelta(k, j)
WRONG_JACOBIANS = [
    o[k] * (delta + o[j]),
    o[j] * (delta - o[j]),
    o[k] * (delta - o[k]),
    o[k] * (1 - o[j]),
    2 * o[k] * (delta - o[j]),
    delta * o[k] * (1 - o[k]),
]


@pytest.mark.parametrize("wrong", WRONG_JACOBIANS)
@pytest.mark.parametrize("measured_only", [False, True])
def test_a_wrong_jacobian_is_refused_on_both_roads(chapter, wrong, measured_only):
    with pytest.raises(AssertionError, match="result-jacobian"):
        chapter.result("result-jacobian", Partial(o[k], z[j]), "=", wrong, measured_only=measured_only)
    assert "result-jacobian" not in chapter.equations


def test_the_gradient_needs_targets_that_sum_to_one(chapter):
    with pytest.raises(AssertionError, match="result-gradient"):
        chapter.result("result-gradient", Partial(L, z[j]), "=", o[j] - y[j])
    chapter.definition("definition-target", Sum(y[k], (k, 1, K)), "=", 1)
    chapter.result("result-gradient", Partial(L, z[j]), "=", o[j] - y[j])


def test_the_chain_rule_over_probabilities_needs_its_sum(chapter):
    with pytest.raises(AssertionError):
        chapter.result("result-no-sum", Partial(L, z[j]), "=", Partial(L, o[j]) * Partial(o[j], z[j]))


def test_a_statement_under_a_condition_is_only_claimed_there(chapter):
    chapter.result("result-other", Partial(o[k], z[j]), "=", -o[k] * o[j], where=Ne(j, k))
    with pytest.raises(AssertionError):
        chapter.result("result-always", Partial(o[k], z[j]), "=", -o[k] * o[j])


def test_inequalities_and_ranks_are_measured(chapter):
    chapter.result("result-bound", largest_eigenvalue(C), "<=", Sum(o[k], (k, 1, K)) / 2, measured_only=True)
    with pytest.raises(AssertionError, match="result-too-tight"):
        chapter.result("result-too-tight", largest_eigenvalue(C), "<=", Sum(o[k], (k, 1, K)) / 20, measured_only=True)
    chapter.result("result-mean", smallest(vec(v)), "<=", Sum(o[k] * v[k], (k, 1, K)), measured_only=True)
    with pytest.raises(AssertionError, match="result-not-the-largest"):
        mean = Sum(v[k], (k, 1, K)) / K
        chapter.result("result-not-the-largest", largest(vec(v)), "<=", mean, measured_only=True)
    with pytest.raises(AssertionError, match="result-rank"):
        chapter.result("result-rank", rank(C), "=", K, measured_only=True)


def test_the_verdict_of_a_quotation_must_come_out(chapter):
    with pytest.raises(AssertionError, match="a99"):
        chapter.quoted("quoted-a99-ok", Partial(o[k], z[j]), "=", WRONG_JACOBIANS[0])
    with pytest.raises(AssertionError, match="a98"):
        chapter.quoted("quoted-a98-wrong", Partial(o[k], z[j]), "=", o[k] * (delta - o[j]))
    with pytest.raises(ValueError, match="must end with its verdict"):
        chapter.quoted("quoted-a97", o[k], "=", z[k])


def test_labels_are_checked(chapter):
    with pytest.raises(ValueError, match="stands twice"):
        chapter.definition("definition-loss", L, "=", 0)
    with pytest.raises(ValueError, match="must begin with"):
        chapter.definition("eq-loss", J, "=", 0)
    with pytest.raises(ValueError, match="term, relation, term"):
        chapter.result("result-nothing", o[k])


def test_a_cell_may_be_run_again_but_a_label_has_one_meaning(chapter):
    chapter.definition("definition-loss", L, "=", -Sum(y[k] * log(o[k]), (k, 1, K)))
    for same in (o[k] * (delta - o[j]), o[k] * delta - o[k] * o[j]):
        chapter.result("result-jacobian", Partial(o[k], z[j]), "=", same)
    with pytest.raises(ValueError, match="stands twice"):
        chapter.result("result-jacobian", Sum(o[k], (k, 1, K)), "=", 1)


def test_a_hole_is_left_open_until_a_formula_proves_it(chapter):
    hole = chapter.result("result-jacobian", Partial(o[k], z[j]), "=", ..., where=Ne(j, k))
    assert repr(hole).startswith("result-jacobian: open. Put a formula in place of ...")
    assert hole._repr_markdown_().startswith(r"$\frac{\partial}{\partial {z}_{j}} {o}_{k} = ?$")
    assert "open" in chapter._repr_html_()
    with pytest.raises(AssertionError):
        chapter.result("result-jacobian", Partial(o[k], z[j]), "=", o[k] * o[j], where=Ne(j, k))
    assert chapter.equations["result-jacobian"] is hole
    filled = chapter.result("result-jacobian", Partial(o[k], z[j]), "=", -o[k] * o[j], where=Ne(j, k))
    assert "proved for every K" in filled.status
    assert not hasattr(chapter.equations["result-jacobian"], "_repr_markdown_")


SYMPTOMS = [
    (-o[k] * (delta - o[j]), "look at the sign"),
    (2 * o[k] * (delta - o[j]), "a factor of 2, or of 1/2"),
    (o[k] * (delta - o[j]) / K, "a factor of K, or of 1/K"),
    (-o[k] * o[j], "It holds where j and k differ, and fails where they are the same."),
    (delta * o[k] * (1 - o[k]), "It holds where j = k, and fails where they differ."),
    (o[k] * (1 - o[k]), "The index j stands on the left side only."),
    (o[k] * o[l] * (delta - o[j]), "The index l stands on the right side only."),
    (o[j] * (delta - o[j]), "With random numbers and K = 2, j = 1, k = 2 the left side is"),
]


@pytest.mark.parametrize(("wrong", "symptom"), SYMPTOMS, ids=[symptom for _, symptom in SYMPTOMS])
def test_a_refusal_says_how_the_sides_differ(chapter, wrong, symptom):
    with pytest.raises(AssertionError) as caught:
        chapter.result("result-jacobian", Partial(o[k], z[j]), "=", wrong)
    (note,) = caught.value.__notes__
    assert symptom in note


def test_a_refused_measurement_says_so_too_and_an_inequality_has_no_symptom(chapter):
    with pytest.raises(AssertionError) as caught:
        chapter.result("result-rank", rank(C), "=", 2 * K - 2, measured_only=True)
    assert caught.value.__notes__ == ["It is right but for a factor of 2, or of 1/2."]
    with pytest.raises(AssertionError) as caught:
        chapter.result("result-bound", Sum(o[k], (k, 1, K)), "<=", 0, measured_only=True)
    assert not hasattr(caught.value, "__notes__")


def test_what_cannot_be_differentiated_is_refused_not_taken_for_constant(chapter):
    for flat in (norm(W), largest_eigenvalue(C), norm(W) ** 2):
        for measured_only in (False, True):
            with pytest.raises(TypeError, match=r"derivative|differentiated"):
                chapter.result("result-flat", Partial(flat, w[d, j]), "=", 0, measured_only=measured_only)


def test_second_derivatives_are_proved_and_measured(chapter):
    chapter.definition("definition-target", Sum(y[k], (k, 1, K)), "=", 1)
    chapter.result("result-second", Partial(Partial(L, z[j]), z[k]), "=", C[k, j])
    chapter.result("result-twice-the-same", Partial(Partial(L, z[j]), z[j]), "=", o[j] * (1 - o[j]))
    chapter.result("result-third", Partial(C[k, j], z[j]), "=", C[k, j] * (1 - 2 * o[j]), where=Ne(j, k))


WRONG_SECOND_DERIVATIVES = [C[k, j] * 2, -C[k, j], o[k] * o[j], delta * o[k] * (1 - o[k]), C[k, j] + y[k] / 1000]


@pytest.mark.parametrize("wrong", WRONG_SECOND_DERIVATIVES)
@pytest.mark.parametrize("measured_only", [False, True])
def test_a_wrong_second_derivative_is_refused_on_both_roads(chapter, wrong, measured_only):
    with pytest.raises(AssertionError, match="result-second"):
        chapter.result("result-second", Partial(Partial(L, z[j]), z[k]), "=", wrong, measured_only=measured_only)


def test_third_derivatives_are_refused_by_the_measurement(chapter):
    third = Partial(Partial(Partial(L, z[j]), z[j]), z[k])
    with pytest.raises(TypeError, match="third derivatives"):
        chapter.result("result-third", third, "=", 0, measured_only=True)


@pytest.mark.parametrize("f", [lambda a: a**-3, lambda a: a**0.5, lambda a: (a * a + 2) ** -1 * a**3, np.exp, np.log])
def test_the_step_of_a_step_has_full_accuracy(f):
    """Against SymPy's second derivative, which the measurement itself never uses."""
    entry, point = z[1], Point({N: 1, D: 1, K: 1}, {}, 0)
    point.arrays["z", 1] = np.array([1.7 + 0j])
    expression = {np.exp: exp, np.log: log}.get(f, f)(entry)
    expected = float(expression.diff(entry, 2).subs(entry, 1.7))
    found = point.value(Partial(Partial(expression, entry), entry), {})
    assert found.imag == 0 and found.real == pytest.approx(expected, rel=1e-14)


@pytest.fixture
def rows():
    ledger = Derivation()
    ledger.definition("definition-logits", z[n, k], "=", Sum(x[n, m] * w[m, k], (m, 1, D)))
    ledger.definition("definition-objective", J, "=", Sum(Sum(z[n, k] ** 2, (k, 1, K)), (n, 1, N)))
    return ledger


def test_the_order_of_the_weights_matters_in_a_kronecker_product(rows):
    """J is quadratic, so that its Hessian is 2 I kron X^T X, class by class."""
    same, features = Identity(K), 2 * X.T * X
    rows.result("result-classes", Hessian(J, W), "=", kron(same, features))
    rows.result("result-features", Hessian(J, W.T), "=", kron(features, same))
    with pytest.raises(AssertionError, match="not proved"):
        rows.result("result-mixed", Hessian(J, W), "=", kron(features, same))
    with pytest.raises(AssertionError, match="random points"):
        rows.result("result-mixed", Hessian(J, W), "=", kron(features, same), measured_only=True)


def test_a_kronecker_product_is_that_of_numpy():
    point, a, b = Point({N: 3, D: 2, K: 4}, {}, 0), X * W, Y.T
    A, B, product = (point._matrix(matrix, point.sizes) for matrix in (a, b, kron(a, b)))
    assert np.allclose(product, np.kron(A, B), rtol=1e-14)


def test_sums_over_a_matrix_and_over_rows(rows):
    rows.result("result-gram", total(row(X, n) * row(X, n).T, (n, 1, N)), "=", X.T * X)
    with pytest.raises(AssertionError):
        rows.result("result-wrong-gram", total(row(X, n) * row(X, n).T, (n, 1, N)), "=", 2 * X.T * X)


def test_m_counts_features_where_it_stands_for_one(rows):
    second = Partial(Partial(J, w[d, j]), w[m, k])
    rows.result("result-pair", second, "=", 2 * delta * Sum(x[n, d] * x[n, m], (n, 1, N)))
    with pytest.raises(AssertionError):
        rows.result("result-same", second, "=", 2 * delta * Sum(x[n, d] ** 2, (n, 1, N)), measured_only=True)


def test_sums_change_places(rows):
    doubled = Sum(v[m, k] * Sum(x[n, m] * v[d, k], (d, 1, D)), (k, 1, K))
    rows.result(
        "result-exchange",
        Sum(doubled, (m, 1, D)),
        "=",
        Sum(Sum(v[d, k], (d, 1, D)) * Sum(x[n, m] * v[m, k], (m, 1, D)), (k, 1, K)),
    )
    square = Sum(Sum(x[n, m] * v[m, k], (m, 1, D)) ** 2, (k, 1, K))
    rows.result("result-square", inner(row(X, n), V * V.T * row(X, n)), "=", square)
    with pytest.raises(AssertionError, match="not proved"):
        rows.result(
            "result-no-square",
            inner(row(X, n), V * V.T * row(X, n)),
            "=",
            Sum(Sum(x[n, m] ** 2 * v[m, k] ** 2, (m, 1, D)), (k, 1, K)),
        )


@pytest.mark.parametrize("chain", [(O * Y.T, "=", Y * O.T), (X.T * Z * Z.T * X, "=", X.T * X * X.T * X)])
def test_square_matrices_are_compared_off_the_diagonal_too(chapter, chain):
    for measured_only in (False, True):
        with pytest.raises(AssertionError):
            chapter.result("result-square", *chain, measured_only=measured_only)


def test_both_sides_have_one_shape(chapter):
    for left, right in [(ones(K), ones(D)), (ones(K), 1), ((O - Y) * ones(K), X.T * (O - Y) * ones(K))]:
        with pytest.raises(ValueError, match="one shape"):
            chapter.result("result-shapes", left, "=", right)


def test_numbers_that_are_not_real_and_finite_are_no_agreement(chapter):
    with pytest.raises(AssertionError):
        chapter.result("result-overflow", norm(10**200 * X), "=", 0, measured_only=True)
    with pytest.raises(AssertionError):
        chapter.result("result-log-of-negative", log(z[k] ** 2), "=", 2 * log(z[k]))


def test_a_bound_that_fails_only_at_ties_is_refused(chapter):
    mean = Sum(o[l] * v[l], (l, 1, K))
    variance = Sum(o[k] * (v[k] - mean) ** 2, (k, 1, K))
    squares = Sum(v[k] ** 2, (k, 1, K))
    chapter.result("result-half", variance, "<=", squares / 2, measured_only=True)
    with pytest.raises(AssertionError):
        chapter.result("result-third", variance, "<=", squares / 3, measured_only=True)


def test_a_total_of_one_row_says_nothing_of_the_rows_of_a_matrix(chapter):
    chapter.definition("definition-target", Sum(y[k], (k, 1, K)), "=", 1)
    with pytest.raises(AssertionError):
        chapter.result("result-rows", Sum(y[n, k], (k, 1, K)), "=", 1)


def test_a_delta_whose_index_may_lie_outside_the_sum_is_refused(chapter):
    with pytest.raises(AssertionError):
        chapter.result("result-outside", Sum(KroneckerDelta(n, d), (d, 1, 2 * D)), "=", 1)


def test_a_condition_that_nothing_satisfies_proves_nothing(chapter):
    with pytest.raises(ValueError, match="nothing was measured"):
        chapter.result("result-empty", o[k], "=", o[k], where=Ne(k, k))


def test_an_assignment_is_no_result(chapter):
    with pytest.raises(ValueError, match="assignment"):
        chapter.result("result-step", W, "<-", W - alpha * W)


def test_products_are_proved_and_measured(chapter):
    likelihood = Product(o[k] ** y[k], (k, 1, K))
    chapter.result("result-log-of-a-product", -log(likelihood), "=", L)
    chapter.quoted("quoted-a25-ok", Product(o[l] ** KroneckerDelta(l, k), (l, 1, K)), "=", o[k])
    for wrong in (Product(o[k] ** y[j], (k, 1, K)), Sum(o[k] ** y[k], (k, 1, K)), Product(z[k] ** y[k], (k, 1, K))):
        with pytest.raises(AssertionError):
            chapter.result("result-wrong-product", -log(wrong), "=", L)
        with pytest.raises(AssertionError):
            chapter.result("result-wrong-product", -log(wrong), "=", L, measured_only=True)


def test_the_index_of_a_product_in_a_definition_catches_no_free_index(chapter):
    chapter.definition("definition-power", s, "=", Product(o[k] ** y[k], (k, 1, K)))
    chapter.result("result-power", o[k] * s, "=", o[k] * Product(o[l] ** y[l], (l, 1, K)))


def test_a_product_of_negative_factors_is_no_logarithm(chapter):
    with pytest.raises(AssertionError):
        chapter.result("result-negative", log(Product(z[k], (k, 1, K))), "=", Sum(log(z[k]), (k, 1, K)))


def test_the_order_of_two_sums_is_free(chapter):
    by_class = Sum(z[k] * Sum(x[n, d], (n, 1, N)), (k, 1, K))
    chapter.result("result-order", by_class, "=", Sum(Sum(z[k] * x[n, d], (k, 1, K)), (n, 1, N)))
    with pytest.raises(AssertionError):
        chapter.result("result-one-index", by_class, "=", Sum(z[n] * x[n, d], (n, 1, N)))


@pytest.mark.parametrize("measured_only", [False, True])
def test_a_derivative_by_a_letter_without_indices_is_proved_and_measured(measured_only):
    ledger = Derivation()
    ledger.definition("definition-softmax", o[k], "=", exp(z[k] / T) / Sum(exp(z[l] / T), (l, 1, K)))
    mean = Sum(o[k] * z[k], (k, 1, K))
    ledger.result("result-slope", Partial(log(o[k]), T), "=", (mean - z[k]) / T**2, measured_only=measured_only)
    for wrong in ((z[k] - mean) / T**2, (mean - z[k]) / T):
        with pytest.raises(AssertionError, match="result-wrong"):
            ledger.result("result-wrong", Partial(log(o[k]), T), "=", wrong, measured_only=measured_only)


def test_the_share_epsilon_is_measured_between_zero_and_one():
    Derivation().result("result-share", epsilon * (1 - epsilon), ">=", 0, measured_only=True)


@pytest.fixture
def model():
    ledger = Derivation()
    ledger.definition("definition-logits", z[n, k], "=", Sum(x[n, m] * w[m, k], (m, 1, D)) + b[k])
    ledger.definition("definition-objective", J, "=", Sum(Sum(z[n, k] ** 2, (k, 1, K)), (n, 1, N)))
    return ledger


def elsewhere(weights, intercepts):
    logits = Sum(x[n, m] * weights[m, k], (m, 1, D)) + intercepts[k]
    return Sum(Sum(logits**2, (k, 1, K)), (n, 1, N))


def test_other_weights_are_put_in_on_both_roads(model):
    model.result("result-weights", At(J, W, V), "=", elsewhere(v, b))
    model.result("result-both", At(At(J, W, V), vec(b), vec(v)), "=", elsewhere(v, v))
    for wrong in (elsewhere(w, b), elsewhere(v, v), 2 * elsewhere(v, b)):
        for measured_only in (False, True):
            with pytest.raises(AssertionError, match="result-wrong"):
                model.result("result-wrong", At(J, W, V), "=", wrong, measured_only=measured_only)


def test_a_gradient_elsewhere_is_differentiated_by_the_other_letter(model):
    logits = Sum(x[n, m] * v[m, k], (m, 1, D)) + b[k]
    slope = 2 * Sum(x[n, d] * logits, (n, 1, N))
    model.result("result-slope", Partial(At(J, W, V), v[d, k]), "=", slope)
    model.result("result-elsewhere", Partial(At(J, W, V), w[d, k]), "=", 0)
    with pytest.raises(AssertionError, match="result-wrong"):
        model.result("result-wrong", Partial(At(J, W, V), v[d, k]), "=", slope / 2)


def test_a_step_is_taken_with_the_slopes_of_the_place_where_it_starts(model):
    """J is quadratic, so J(W - G) is J minus the squared gradient plus J of G alone, without the intercepts."""
    G, total = Gradient(J, W), Sum(Sum(Partial(J, w[d, k]) ** 2, (k, 1, K)), (d, 1, D))
    curved = Sum(Sum(Sum(x[n, m] * Partial(J, w[m, k]), (m, 1, D)) ** 2, (k, 1, K)), (n, 1, N))
    model.result("result-step", At(J, W, W - G), "=", J - total + curved, measured_only=True)


def test_sums_in_any_order_are_one(model):
    by_weights = Sum(Sum(v[d, k] * Sum(x[n, d] * y[n, k], (n, 1, N)), (k, 1, K)), (d, 1, D))
    by_examples = Sum(Sum(y[n, k] * Sum(x[n, m] * v[m, k], (m, 1, D)), (k, 1, K)), (n, 1, N))
    model.result("result-order", by_weights, "=", by_examples)
    with pytest.raises(AssertionError, match="not proved"):
        model.result("result-wrong", by_weights, "=", Sum(Sum(y[n, k] * Sum(x[n, m], (m, 1, D)), (k, 1, K)), (n, 1, N)))
