"""Gradient descent: what it promises, and an honest account of how it ended."""

import numpy as np
import pytest
from scipy.optimize import minimize

from softmax_lib import Objective
from softmax_lib.solvers import gradient_descent, stochastic_gradient_descent

N, D, K = 31, 2, 3
RNG = np.random.default_rng(2)
X = RNG.normal(size=(N, D)) + np.array([0.5, -1])
Y = np.where(RNG.random(N) < 0.6, 0, RNG.integers(0, K, N))
Y[:K] = range(K)
W0, B0 = RNG.normal(size=(K, D)), RNG.normal(size=K)
SEPARABLE = Objective([[-2.0], [-1.0], [1.0], [2.0]], [0, 0, 1, 1])


def lowest(objective):
    K, D = objective.shape

    def flat(w):
        J, dW, db = objective.value_and_gradient(w[: K * D].reshape(K, D), w[K * D :])
        return J, np.append(dW, db)

    return minimize(flat, np.zeros(K * D + K), jac=True, method="BFGS", options={"gtol": 1e-8}).fun


@pytest.mark.parametrize("alpha", [0, 0.01, 1])
@pytest.mark.parametrize("start", [(None, None), (W0, B0), (30 * W0, None)])
def test_the_default_step_never_increases_the_loss(alpha, start):
    result = gradient_descent(Objective(X, Y, alpha=alpha), *start, max_iter=200, tol=0)
    assert (np.diff(result.history["loss"]) <= 1e-15).all()
    assert result.history["loss"][-1] < result.history["loss"][0]


def test_one_step_is_the_update_rule():
    objective = Objective(X, Y, alpha=0.2)
    dW, db = objective.gradient(W0, B0)
    result = gradient_descent(objective, W0, B0, step_size=0.3, max_iter=1)
    np.testing.assert_allclose(result.coef, W0 - 0.3 * dW, rtol=1e-14)
    np.testing.assert_allclose(result.intercept, B0 - 0.3 * db, rtol=1e-14)


def test_the_history_holds_j_at_every_iterate():
    objective = Objective(X, Y, alpha=0.2)
    seen = []
    result = gradient_descent(objective, W0, B0, max_iter=7, tol=0, progress=lambda *told: seen.append(told))
    history = result.history
    assert result.n_iter == 7 and [n_iter for n_iter, *_ in seen] == list(range(8))
    assert history["loss"].shape == history["gradient_norm"].shape == (8,)
    np.testing.assert_array_equal(seen[0][1].W, W0)
    np.testing.assert_array_equal(seen[-1][1].W, result.coef)
    np.testing.assert_array_equal(seen[-1][1].b, result.intercept)
    for (_, point, bound), J, norm in zip(seen, history["loss"], history["gradient_norm"], strict=True):
        assert objective.value(point.W, point.b) == J == point.J
        assert bound == pytest.approx(min(norm**2 / 0.4, J))


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("tol", [1e-2, 1e-4, 1e-7])
def test_converged_means_proved_to_be_within_tol_of_the_minimum(fit_intercept, tol):
    objective = Objective(X, Y, alpha=0.02, fit_intercept=fit_intercept)
    result = gradient_descent(objective, tol=tol, max_iter=20_000)
    J = result.history["loss"][-1]
    assert result.converged
    assert result.suboptimality <= tol * J
    assert J - lowest(objective) <= result.suboptimality + 1e-14
    assert "Within tolerance" in result.stop_reason
    assert fit_intercept or not result.intercept.any()


def test_too_few_iterations_are_admitted_with_the_bound_reached():
    objective = Objective(X, Y, alpha=0.02)
    result = gradient_descent(objective, max_iter=5)
    assert not result.converged
    assert result.n_iter == 5
    assert 0 < result.history["loss"][-1] - lowest(objective) <= result.suboptimality < np.inf
    assert result.stop_reason.startswith("5 steps were not enough")


def test_without_a_penalty_a_newton_step_is_the_test_and_no_bound_is_claimed():
    objective = Objective(X, Y)
    result = gradient_descent(objective, max_iter=20_000)
    assert result.converged
    assert result.suboptimality == np.inf
    assert "no bound" in result.stop_reason
    J = result.history["loss"][-1]
    assert 0 <= J - lowest(objective) <= 1e-6 * J


def test_the_gradient_test_does_not_depend_on_units():
    steps = [
        gradient_descent(Objective(X * c, Y, fit_intercept=False), tol=1e-3).n_iter for c in (1, 2.0**-20, 2.0**20)
    ]
    assert steps[0] > 3
    assert steps == [steps[0]] * 3


def test_separable_data_without_a_penalty_have_no_minimum_and_it_says_so():
    for max_iter in (50, 100_000):
        result = gradient_descent(SEPARABLE, max_iter=max_iter, tol=1e-2)
        assert not result.converged
        assert "no minimum" in result.stop_reason
        assert "alpha > 0" in result.stop_reason


def test_a_step_far_too_long_ends_as_diverged():
    result = gradient_descent(Objective(X, Y, alpha=1.0), step_size=1e3, max_iter=1000)
    assert not result.converged
    assert result.stop_reason.startswith("Diverged")
    assert "1/beta" in result.stop_reason
    assert result.suboptimality == np.inf


def test_without_a_penalty_the_sum_of_the_weights_over_classes_is_conserved():
    result = gradient_descent(Objective(X, Y), W0, B0, max_iter=300, tol=0)
    np.testing.assert_allclose(result.coef.sum(axis=0), W0.sum(axis=0), atol=1e-13)
    assert result.intercept.sum() == pytest.approx(B0.sum())


def test_with_a_penalty_the_sum_of_the_weights_decays_geometrically():
    result = gradient_descent(Objective(X, Y, alpha=0.5), W0, B0, step_size=0.1, max_iter=20, tol=0)
    np.testing.assert_allclose(result.coef.sum(axis=0), W0.sum(axis=0) * (1 - 0.1 * 0.5) ** 20, atol=1e-13)


def test_the_start_is_left_alone_and_its_shape_checked():
    W, b = W0.copy(), B0.copy()
    gradient_descent(Objective(X, Y), W, b, max_iter=3)
    np.testing.assert_array_equal(W, W0)
    np.testing.assert_array_equal(b, B0)
    for max_iter in (0, 3):  # none, and some, steps away from the start
        result = gradient_descent(Objective(X, Y), W, b, max_iter=max_iter)
        assert not np.shares_memory(result.coef, W)
        assert not np.shares_memory(result.intercept, b)
    np.testing.assert_array_equal(gradient_descent(Objective(X, Y), W0.tolist(), max_iter=0).coef, W0)
    with pytest.raises(ValueError, match=r"W has shape \(2, 3\), expected \(3, 2\)"):
        gradient_descent(Objective(X, Y), W0.T)
    with pytest.raises(ValueError, match=r"b has shape \(1,\), expected \(3,\)"):
        gradient_descent(Objective(X, Y), W0, [0])


@pytest.mark.parametrize("weights", [None, RNG.integers(0, 4, N)])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_mini_batches_reach_the_minimum_of_gradient_descent(weights, fit_intercept):
    objective = Objective(X, Y, alpha=0.2, sample_weight=weights, fit_intercept=fit_intercept)
    batches = stochastic_gradient_descent(objective, batch_size=4, tol=1e-3, max_iter=300, random_state=0)
    whole = gradient_descent(objective, tol=1e-8)
    assert batches.converged and whole.converged
    assert 0 <= batches.history["loss"][-1] - whole.history["loss"][-1] <= batches.suboptimality + 1e-9
    # Strong convexity: the weights are no further off than the bound on J allows.
    assert np.linalg.norm(batches.coef - whole.coef) <= np.sqrt(2 * batches.suboptimality / 0.2) + 1e-4
    assert fit_intercept or not batches.intercept.any()


def test_one_batch_of_all_rows_is_a_step_of_gradient_descent():
    objective = Objective(X, Y, alpha=0.2, sample_weight=RNG.random(N))
    batches = stochastic_gradient_descent(objective, W0, B0, batch_size=N, max_iter=1, tol=0)
    whole = gradient_descent(objective, W0, B0, max_iter=1, tol=0)
    np.testing.assert_allclose(batches.coef, whole.coef, rtol=1e-12)
    np.testing.assert_allclose(batches.intercept, whole.intercept, rtol=1e-12)


def test_the_order_of_the_rows_is_decided_by_the_random_state():
    objective = Objective(X, Y, alpha=0.2)
    first, again, other = (
        stochastic_gradient_descent(objective, batch_size=3, max_iter=2, tol=0, random_state=seed) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first.coef, again.coef)
    assert (first.coef != other.coef).any()
    assert first.n_iter == 2 and len(first.history["loss"]) == 3
