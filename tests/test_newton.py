"""Newton's method: the Hessian that it uses, the minimum that it reaches, and the account that it gives."""

import numpy as np
import pytest

from softmax_lib import Objective, solvers
from softmax_lib.solvers import gradient_descent, newton_cg

N, D, K = 61, 4, 3
RNG = np.random.default_rng(5)
X = RNG.normal(size=(N, D)) + np.array([0.5, -1, 0, 2])
Y = np.where(RNG.random(N) < 0.6, 0, RNG.integers(0, K, N))  # unbalanced, and hardly separable
Y[:K] = range(K)
WEIGHTS = RNG.integers(0, 4, N)
W0, B0 = RNG.normal(size=(K, D)), RNG.normal(size=K)
SCALES = np.array([1e-8, 1e-3, 1e2, 1e8])


@pytest.fixture(params=["direct", "cg, covariance", "cg, diagonal"])
def way(request, monkeypatch):
    """Each of the three ways to a Newton step, whatever the size of the problem."""
    monkeypatch.setattr(solvers, "DIRECT", 250 if request.param == "direct" else 0)
    if request.param == "cg, diagonal":
        from softmax_lib import objective

        monkeypatch.setattr(objective, "MANY_FEATURES", 0)
    return request.param


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_matrix_diagonal_and_products_are_one_hessian(fit_intercept, weights):
    objective = Objective(X, Y, alpha=0.3, fit_intercept=fit_intercept, sample_weight=weights)
    curvature = objective.at(W0, B0).curvature()
    H = curvature.matrix()  # (K, D + 1, K, D + 1)
    V, c = RNG.normal(size=(K, D)), RNG.normal(size=K)
    product = curvature.product(np.column_stack([V, c]))
    full = np.einsum("kdle,le->kd", H, np.column_stack([V, c]))
    np.testing.assert_allclose(product, full, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(H, H.transpose(2, 3, 0, 1), rtol=1e-12)


def test_the_preconditioner_is_positive_and_takes_the_scales_away():
    for many in (0, 128):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("softmax_lib.objective.MANY_FEATURES", many)
            curvature = Objective(X * SCALES, Y, alpha=0).at(W0 / SCALES, B0).curvature()
            precondition, unit = curvature.preconditioner(), np.eye(K * (D + 1)).reshape(-1, K, D + 1)
            P = np.array([precondition(e).ravel() for e in unit])
        np.testing.assert_allclose(P, P.T, rtol=1e-6)
        H = curvature.matrix().reshape(P.shape)
        values = np.linalg.eigvals(P @ H).real
        values = values[values > 1e-9 * values.max()]  # without those along common shifts of the classes
        assert len(values) == (K - 1) * (D + 1)
        assert values.max() / values.min() < 300 < 1e20 < np.linalg.cond(H)


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_it_reaches_the_minimum_of_gradient_descent(way, fit_intercept, weights):
    objective = Objective(X, Y, alpha=0.1, fit_intercept=fit_intercept, sample_weight=weights)
    newton = newton_cg(objective, tol=1e-12)
    descent = gradient_descent(objective, tol=1e-10, max_iter=20_000)
    assert newton.converged and descent.converged
    assert newton.n_iter < 15 < descent.n_iter
    np.testing.assert_allclose(newton.coef, descent.coef, atol=1e-4)


def test_the_loss_falls_at_every_step_from_anywhere(way):
    result = newton_cg(Objective(X, Y, alpha=1e-3), 20 * W0, 20 * B0, tol=1e-8)
    assert result.converged
    assert (np.diff(result.history["loss"]) < 0).all()
    assert len(result.history["gradient_norm"]) == result.n_iter + 1


def test_the_last_steps_converge_quadratically():
    loss = newton_cg(Objective(X, Y, alpha=0.1), tol=1e-15).history["loss"]
    gaps = loss[:-1] - loss[-1]
    gaps = gaps[gaps > 1e-13]
    assert gaps[-1] < 10 * gaps[-2] ** 1.5


def test_the_scale_of_a_feature_costs_no_accuracy(monkeypatch):
    """The same model in other units, each weight with its own penalty, is not at hand; so alpha is tiny instead."""
    for direct in (250, 0):
        monkeypatch.setattr(solvers, "DIRECT", direct)
        usual = newton_cg(Objective(X, Y, alpha=0), tol=1e-9)
        scaled = newton_cg(Objective((X - X.mean(axis=0)) * SCALES, Y, alpha=0), tol=1e-9)
        np.testing.assert_allclose(scaled.coef * SCALES, usual.coef, rtol=1e-4, atol=1e-6)


def test_more_features_than_rows_and_many_classes():
    rng = np.random.default_rng(0)
    for n, d, k in [(20, 150, 3), (150, 10, 40)]:
        y = np.append(np.arange(k), rng.integers(0, k, n - k))
        objective = Objective(rng.normal(size=(n, d)), y, alpha=0.01)
        result = newton_cg(objective, tol=1e-8)
        assert result.converged
        assert result.suboptimality <= 1e-8 * result.history["loss"][-1]
        lower = newton_cg(objective, tol=1e-13).history["loss"][-1]
        assert result.history["loss"][-1] - lower <= result.suboptimality


def test_float32_is_kept(way):
    result = newton_cg(Objective(X.astype(np.float32), Y, alpha=0.1), tol=1e-4)
    assert result.converged and result.coef.dtype == result.intercept.dtype == np.float32


def test_separable_rows_without_a_penalty_are_said_to_have_no_minimum():
    result = newton_cg(Objective([[-2.0], [-1.0], [1.0], [2.0]], [0, 0, 1, 1]))
    assert not result.converged and "no minimum" in result.stop_reason


def test_it_stops_where_rounding_leaves_nothing_to_gain():
    result = newton_cg(Objective(X, Y, alpha=0.1), tol=0)
    assert result.n_iter < 20 and not result.converged
    assert result.suboptimality < 1e-13 and "rounding leaves nothing to gain" in result.stop_reason


def test_a_start_that_is_worse_than_zeros_is_given_up():
    """At saturated logits the quadratic model is no guide, and the safe step takes for ever."""
    objective = Objective(X, Y, alpha=1e-3)
    best = newton_cg(objective)
    far = newton_cg(objective, -1e4 * best.coef, best.intercept)
    assert far.converged and far.n_iter <= best.n_iter
    with_its_own = Objective(X, Y, alpha=1e-3, fit_intercept=False)  # b is not for the solver to choose
    np.testing.assert_array_equal(newton_cg(with_its_own, -1e4 * best.coef, B0, max_iter=3).intercept, B0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("rare", [1, 1e-3, 4e-6, 1e-9])
def test_the_certificate_holds_for_a_class_of_little_weight_and_a_saturated_intercept(dtype, rare):
    weights = np.where(Y == 2, rare, 1)
    objective = Objective(X.astype(dtype), Y, alpha=0.01, sample_weight=weights)
    exact = Objective(X.astype(dtype).astype(float), Y, alpha=0.01, sample_weight=weights)
    best = newton_cg(exact, tol=1e-13)
    lowest = best.history["loss"].min()
    for k, far in np.ndindex(K, 2):  # the class has lost its rows, and only its own derivative knows
        b = best.intercept.copy()
        b[k] = (-300, -50)[far]
        gap = exact.value(best.coef, b) - lowest
        assert gap <= objective.suboptimality(best.coef.astype(dtype), b.astype(dtype)) * (1 + 1e-5) + 1e-12
    assert newton_cg(objective).converged
    for size in (0.1, 1, 10, 50):
        for _ in range(30):
            W, b = (0.1 * size * RNG.normal(size=(K, D))).astype(dtype), (size * RNG.normal(size=K)).astype(dtype)
            assert 0 <= max(exact.value(W, b) - lowest, 0) <= objective.suboptimality(W, b) * (1 + 1e-5) + 1e-12


def test_a_common_shift_of_the_classes_is_no_step():
    """The Hessian is flat there; in single precision a gradient of rounding errors would be taken far along it."""
    objective = Objective(X.astype(np.float32), Y)
    point = objective.at(*objective.zeros())
    for _ in range(4):
        step = solvers.direct_step(point.curvature(), point.gradient)
        assert abs(step.sum(axis=0)).max() < 1e-4
        point = objective.at(point.W + step[:, :-1], point.b + step[:, -1])
    assert newton_cg(objective).converged


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_class_without_weight_leaves_the_certificate_finite(dtype):
    """Its intercept goes to minus infinity, and J has an infimum only; that of the other classes is the same."""
    weights = np.where(Y == 2, 0, 1 + WEIGHTS)
    result = newton_cg(Objective(X.astype(dtype), Y, alpha=0.1, sample_weight=weights))
    other = newton_cg(Objective(X[Y != 2], Y[Y != 2], alpha=0.1, sample_weight=weights[Y != 2]), tol=1e-12)
    assert result.converged
    assert 0 <= result.history["loss"][-1] - other.history["loss"].min() <= result.suboptimality + 1e-7


def test_sparse_rows_far_from_their_mean_have_no_negative_squares():
    from scipy import sparse

    from softmax_lib.features import Features

    rows = sparse.csr_matrix(1000 + 1e-4 * X.astype(np.float32))
    assert Features(rows, np.full(D, 1000.0)).squares(np.ones((N, K), np.float32)).min() >= 0
