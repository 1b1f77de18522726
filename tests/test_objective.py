"""The objective: loss and gradient as a pair, the safe step, the certificate."""

import numpy as np
import pytest
from scipy.optimize import minimize

from softmax_lib import Objective, check_gradient, cross_entropy

N, D, K = 23, 3, 4
RNG = np.random.default_rng(1)
X = RNG.normal(size=(N, D)) * [1, 10, 0.1] + [0, 3, 0]
LABELS = np.where(RNG.random(N) < 0.6, 0, RNG.integers(0, K, N))  # unbalanced
LABELS[:K] = range(K)
SOFT = RNG.dirichlet(np.ones(K), size=N)
WEIGHTS = RNG.integers(0, 4, N).astype(float)
W, B = RNG.normal(size=(K, D)), RNG.normal(size=K)
OBJECTIVES = [
    pytest.param(lambda **more: Objective(X, LABELS, **more), id="plain"),
    pytest.param(lambda **more: Objective(X, LABELS, alpha=0.3, **more), id="penalty"),
    pytest.param(lambda **more: Objective(X, SOFT, alpha=0.3, sample_weight=WEIGHTS, **more), id="soft, weighted"),
]


def minimum(objective):
    """The minimum of J, by another road: SciPy on the flat vector."""

    def flat(w):
        J, dW, db = objective.value_and_gradient(w[: K * D].reshape(K, D), w[K * D :])
        return J, np.append(dW, db)

    found = minimize(flat, np.zeros(K * D + K), jac=True, method="BFGS", options={"gtol": 1e-9, "maxiter": 5000})
    return found.x[: K * D].reshape(K, D), found.x[K * D :], found.fun


def hessian_product(objective, W, b, V, c):
    product = objective.at(W, b).curvature().product(np.column_stack([V, c]))
    return product[:, :-1], product[:, -1]


@pytest.mark.parametrize("make", OBJECTIVES)
def test_gradient_and_hessian_are_the_derivatives_of_the_value(make):
    objective = make()
    for weights, b in [(W, B), objective.zeros(), (5 * W, -B)]:
        J, dW, db = objective.value_and_gradient(weights, b)
        assert objective.value(weights, b) == pytest.approx(J, rel=1e-14)
        assert check_gradient(lambda w: objective.value(w, b), dW, weights)  # noqa: B023
        assert check_gradient(lambda c: objective.value(weights, c), db, b)  # noqa: B023
        V, c = RNG.normal(size=(K, D)), RNG.normal(size=K)
        HV, Hc = hessian_product(objective, weights, b, V, c)

        def slope(w, b):
            dW, db = objective.gradient(w, b)
            return np.vdot(dW, V) + db @ c  # noqa: B023

        assert check_gradient(lambda w: slope(w, b), HV, weights)  # noqa: B023
        assert check_gradient(lambda b: slope(weights, b), Hc, b)  # noqa: B023


def test_value_is_the_formula_of_the_docstring():
    objective = Objective(X, LABELS, alpha=0.3, sample_weight=WEIGHTS)
    expected = cross_entropy(X @ W.T + B, LABELS, sample_weight=WEIGHTS) + 0.15 * (W**2).sum()
    assert objective.value(W, B) == pytest.approx(expected, rel=1e-14)


def test_the_penalty_leaves_the_intercept_free():
    plain, penalised = (Objective(X, LABELS, alpha=alpha) for alpha in (0, 0.3))
    assert penalised.value(0 * W, 9 * B) == plain.value(0 * W, 9 * B)
    np.testing.assert_array_equal(penalised.gradient(W, B)[1], plain.gradient(W, B)[1])
    np.testing.assert_allclose(penalised.gradient(W, B)[0], plain.gradient(W, B)[0] + 0.3 * W)


def test_the_mean_does_not_change_when_the_data_are_doubled():
    once = Objective(X, LABELS, alpha=0.3).value_and_gradient(W, B)
    twice = Objective(np.vstack([X, X]), np.tile(LABELS, 2), alpha=0.3).value_and_gradient(W, B)
    for a, b in zip(once, twice, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-13)


def test_integer_weights_are_repeated_rows():
    repeats = WEIGHTS.astype(int)
    repeated = Objective(np.repeat(X, repeats, axis=0), np.repeat(LABELS, repeats), alpha=0.1, n_classes=K)
    weighted = Objective(X, LABELS, alpha=0.1, sample_weight=WEIGHTS)
    for a, b in zip(repeated.value_and_gradient(W, B), weighted.value_and_gradient(W, B), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)
    assert repeated.smoothness == pytest.approx(weighted.smoothness, rel=1e-12)


@pytest.mark.parametrize("make", OBJECTIVES)
@pytest.mark.parametrize("n", [1, 5, N - 1, N])
def test_the_losses_of_blocks_of_rows_add_up(make, n):
    whole = make()
    sums = [0.0, 0.0, 0.0]
    for start in range(0, N, n):
        part = whole.part(slice(start, start + n))
        part.alpha = 0
        share = len(part.y) / N
        sums = [total + share * a for total, a in zip(sums, part.value_and_gradient(W, B), strict=True)]
    J, dW, db = whole.value_and_gradient(W, B)
    assert sums[0] + whole.alpha / 2 * (W**2).sum() == pytest.approx(J, rel=1e-13)
    np.testing.assert_allclose(sums[1] + whole.alpha * W, dW, rtol=1e-12)
    np.testing.assert_allclose(sums[2], db, rtol=1e-12, atol=1e-15)


def test_an_estimate_from_random_rows_is_right_on_average():
    whole = Objective(X, LABELS, alpha=0.3, sample_weight=WEIGHTS)
    pairs = [whole.part([n, (n + 1) % N]).value_and_gradient(W, B) for n in range(N)]
    for mean, a in zip(zip(*pairs, strict=True), whole.value_and_gradient(W, B), strict=True):
        np.testing.assert_allclose(np.mean(mean, axis=0), a, rtol=1e-12)


def test_zero_weights_cost_ln_k_and_gradient_columns_sum_to_zero():
    objective = Objective(X, LABELS)
    assert objective.value(*objective.zeros()) == pytest.approx(np.log(K))
    dW, db = objective.gradient(W, B)
    np.testing.assert_allclose(dW.sum(axis=0), 0, atol=1e-14)
    assert db.sum() == pytest.approx(0, abs=1e-15)


def test_without_an_intercept_it_stays_what_it_is():
    objective = Objective(X, LABELS, fit_intercept=False)
    np.testing.assert_array_equal(objective.gradient(W, B)[1], 0)
    HV, Hc = hessian_product(objective, W, B, W, B)
    np.testing.assert_array_equal(Hc, 0)
    np.testing.assert_array_equal(HV, hessian_product(objective, W, B, W, 0 * B)[0])
    assert objective.smoothness < Objective(X, LABELS).smoothness


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_no_curvature_exceeds_the_smoothness_constant(fit_intercept, weights):
    objective = Objective(X, LABELS, alpha=0.2, fit_intercept=fit_intercept, sample_weight=weights)
    extended = np.hstack([X, np.full((N, 1), float(fit_intercept))])
    s = np.ones(N) if weights is None else weights
    expected = np.linalg.norm(extended * np.sqrt(s / s.sum())[:, None], 2) ** 2 / 2 + 0.2
    assert objective.smoothness == pytest.approx(expected, rel=1e-12)
    columns = []
    for e in np.eye(K * D + K):
        HV, Hc = hessian_product(objective, 0.01 * W, 0 * B, e[: K * D].reshape(K, D), e[K * D :])
        columns.append(np.append(HV, Hc))
    H = np.array(columns)
    np.testing.assert_allclose(H, H.T, atol=1e-12)
    assert np.linalg.eigvalsh(H)[-1] <= objective.smoothness
    assert np.linalg.eigvalsh(H)[0] > -1e-12


def test_smoothness_is_attained_by_two_classes_at_zero():
    objective = Objective(X, LABELS > 0)
    W0, b0 = objective.zeros()
    direction = np.linalg.eigh(np.hstack([X, np.ones((N, 1))]).T @ np.hstack([X, np.ones((N, 1))]))[1][:, -1]
    V = np.array([direction, -direction]) / np.sqrt(2)
    HV, Hc = hessian_product(objective, W0, b0, V[:, :-1], V[:, -1])
    assert np.vdot(HV, V[:, :-1]) + Hc @ V[:, -1] == pytest.approx(objective.smoothness, rel=1e-12)


def test_more_features_than_rows_give_the_same_smoothness():
    wide = RNG.normal(size=(4, 30))
    extended = np.hstack([wide, np.ones((4, 1))])
    expected = np.linalg.norm(extended, 2) ** 2 / 8
    assert Objective(wide, [0, 1, 1, 2]).smoothness == pytest.approx(expected)


@pytest.mark.parametrize("scale", [0.1, 0.5, 1])
def test_optimal_intercept_makes_the_mean_probability_the_frequency(scale):
    objective = Objective(X, LABELS, alpha=0.1, sample_weight=WEIGHTS + 1)
    point, missing = objective.at(scale * W, B).optimal_intercept()
    b = point.b
    np.testing.assert_allclose(objective.gradient(scale * W, b)[1], 0, atol=1e-7)
    assert 0 <= missing < 1e-12
    assert b.sum() == pytest.approx(B.sum())
    for _ in range(5):
        assert objective.value(scale * W, b) <= objective.value(scale * W, b + RNG.normal(size=K))


@pytest.mark.parametrize("far", [3, 4, 5])
def test_the_optimal_intercept_is_found_where_a_full_newton_step_overshoots(far):
    objective = Objective(X, LABELS, alpha=0.1)
    for k in range(K):
        point, missing = objective.at(0.1 * W, far * np.eye(K)[k]).optimal_intercept()
        np.testing.assert_allclose(objective.gradient(0.1 * W, point.b)[1], 0, atol=1e-7)
        assert 0 <= missing < 1e-12


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("alpha", [0.01, 1])
def test_the_certificate_is_an_upper_bound_and_tight_near_the_minimum(fit_intercept, alpha):
    objective = Objective(X, LABELS, alpha=alpha, fit_intercept=fit_intercept, sample_weight=WEIGHTS)
    W_best, b_best, J_best = minimum(objective)
    assert objective.suboptimality(W_best, b_best) < 1e-10
    for size in (1, 1e-1, 1e-2, 1e-3):
        for _ in range(5):
            V = W_best + size * RNG.normal(size=(K, D))
            c = b_best + size * RNG.normal(size=K) * fit_intercept
            gap = objective.value(V, c) - J_best
            assert gap <= objective.suboptimality(V, c) + 1e-12
    assert objective.suboptimality(100 * W, B) <= objective.value(100 * W, B)


def test_the_certificate_counts_what_the_intercept_lacks():
    objective = Objective(X, LABELS, alpha=0.1)
    W_best, b_best, J_best = minimum(objective)
    gap = objective.value(W_best, b_best + 0.1 * B) - J_best
    assert gap > 1e-4
    assert objective.suboptimality(W_best, b_best + 0.1 * B) == pytest.approx(gap, rel=1e-3)


def test_the_certificate_holds_where_the_logits_are_saturated():
    objective = Objective([[0.0], [0.0]], [0, 1], alpha=1.0)  # only the intercept can be wrong
    W, b = np.array([[0.0], [0.0]]), np.array([1e4, 0.0])  # flat for Newton's method, far from the minimum
    gap = objective.value(W, b) - objective.value(*objective.zeros())
    assert gap <= objective.suboptimality(W, b) <= objective.value(W, b)


def test_without_a_penalty_there_is_no_certificate():
    assert Objective(X, LABELS).suboptimality(W, B) == np.inf


def test_separation_is_strict_and_ignores_rows_without_weight():
    weighted = Objective([[-1.0], [1.0], [2.0]], [0, 1, 0], sample_weight=[1, 1, 0])
    one_hot = Objective([[-1.0], [1.0]], np.eye(2))
    soft = Objective([[-1.0], [1.0]], [[1, 0], [0.1, 0.9]])
    up, down, flat = np.array([[-1.0], [1.0]]), np.array([[1.0], [-1.0]]), np.zeros((2, 1))
    assert weighted.at(up, np.zeros(2)).separates()
    assert not weighted.at(flat, np.zeros(2)).separates()
    assert not weighted.at(down, np.zeros(2)).separates()
    assert one_hot.at(down, np.zeros(2)).separates() is False
    assert one_hot.at(up * [[1], [1]], np.zeros(2)).separates()
    assert not soft.at(up, np.zeros(2)).separates()


def test_float32_is_kept_but_j_is_accurate():
    objective = Objective(X.astype(np.float32), LABELS, alpha=0.1, sample_weight=WEIGHTS)
    W32, b32 = W.astype(np.float32), B.astype(np.float32)
    J, dW, db = objective.value_and_gradient(W32, b32)
    assert isinstance(J, float)
    assert dW.dtype == db.dtype == objective.zeros()[0].dtype == np.float32
    exact = Objective(X.astype(np.float32).astype(float), LABELS, alpha=0.1, sample_weight=WEIGHTS)
    assert pytest.approx(exact.value(W32.astype(float), b32.astype(float)), rel=3e-7) == J


def test_sums_over_rows_of_float32_are_taken_in_float64():
    big = 2**24  # big + 1 is not a float32
    x = np.append(-big, np.zeros(N - 1)).astype(np.float32)[:, None]
    objective = Objective(x, np.zeros(N, int), n_classes=2)
    W, b = np.float32([[1], [0]]), np.zeros(2, np.float32)
    for J in (objective.value(W, b), objective.value_and_gradient(W, b)[0]):
        assert pytest.approx((big + (N - 1) * np.log(2)) / N, rel=1e-9) == J
    weights = np.append(big, np.ones(N)).astype(np.float32)
    objective = Objective(np.ones((N + 1, D), np.float32), np.zeros(N + 1, int), n_classes=2, sample_weight=weights)
    assert objective.s[0] == big / (big + N)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"X": X[0]}, r"got shape \(3,\)"),
        ({"X": X * np.nan}, "finite"),
        ({"alpha": -1}, "alpha must be"),
        ({"y": LABELS[1:]}, "y has shape"),
        ({"n_classes": 2}, r"0 .. 1, got 0 .. 3"),
        ({"sample_weight": -WEIGHTS}, "not negative"),
        ({"sample_weight": 0 * WEIGHTS}, "positive sum"),
    ],
)
def test_wrong_arguments_are_refused_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        Objective(**({"X": X, "y": LABELS} | arguments))
