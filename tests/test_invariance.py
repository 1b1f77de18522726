"""What the fit must not depend on: offsets, units, order, repetition and the layout of memory."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from softmax_lib import SoftmaxRegression, load_digits

RNG = np.random.default_rng(11)
N, D, K = 500, 4, 3
X = RNG.normal(size=(N, D))
Y = (X @ RNG.normal(size=(D, K)) + 2 * RNG.gumbel(size=(N, K)) + [2, 0, 0]).argmax(axis=1)  # unbalanced
EXACT = {"alpha": 0.01, "tol": 1e-13, "max_iter": 50}


def fitted(features, labels, **options):
    return SoftmaxRegression(**(EXACT | options)).fit(features, labels)


@pytest.mark.filterwarnings("ignore:.*rounding leaves nothing to gain")
@pytest.mark.parametrize("offset", [1e2, -1e4, 1e6])
def test_an_offset_of_the_features(offset):
    near, far = fitted(X, Y), fitted(X + offset, Y)
    np.testing.assert_allclose(far.coef_, near.coef_, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(far.predict_proba(X + offset), near.predict_proba(X), atol=1e-8)


@pytest.mark.filterwarnings("ignore:.*rounding leaves nothing to gain")
def test_repeated_rows_are_rows_of_twice_the_weight():
    repeated = fitted(np.vstack([X, X[:100]]), np.append(Y, Y[:100]))
    weighted = SoftmaxRegression(**EXACT).fit(X, Y, np.where(np.arange(N) < 100, 2, 1))
    np.testing.assert_allclose(repeated.coef_, weighted.coef_, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("alpha", [1e-4, 1.0])
def test_columns_from_1e_minus_8_to_1e8_reach_the_true_optimum(alpha):
    """Weights of tiny columns cost too much to be used, those of huge columns cost nothing: two problems in one."""
    scales = np.array([1e-8, 1e8, 1e-7, 1e7])
    model = SoftmaxRegression(alpha).fit(X * scales + 5 * scales, Y)
    huge = scales > 1
    free = LogisticRegression(C=np.inf, tol=1e-12, max_iter=10_000).fit(X[:, huge], Y)
    assert model.converged_
    np.testing.assert_allclose(model.predict_proba(X * scales + 5 * scales), free.predict_proba(X[:, huge]), atol=1e-4)
    np.testing.assert_allclose((model.coef_ * scales)[:, ~huge], 0, atol=1e-9)


def test_many_columns_of_all_scales_by_conjugate_gradients():
    digits = load_digits()
    data, labels = digits.X[:600], digits.y[:600]
    scales = np.logspace(-8, 8, data.shape[1])
    model = SoftmaxRegression(1e-3).fit(data * scales, labels)
    J = model.history_["loss"][-1]
    assert model.converged_ and model.suboptimality_ <= 1e-6 * J
    exact = SoftmaxRegression(1e-3, tol=1e-9).fit(data * scales, labels)
    assert J - exact.history_["loss"][-1] <= model.suboptimality_


def test_the_layout_of_memory_changes_nothing():
    usual = fitted(X, Y, tol=1e-9).coef_
    spaced = np.zeros((2 * N, 3 * D))
    spaced[::2, ::3] = X
    for same in (np.asfortranarray(X), spaced[::2, ::3], X[::-1][::-1], X.astype(X.dtype.newbyteorder())):
        np.testing.assert_allclose(fitted(same, Y, tol=1e-9).coef_, usual, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("alpha", [0.01, 1.0])
def test_the_optimum_of_scikit_learn(alpha):
    ours = fitted(X, Y, alpha=alpha, tol=1e-12)
    theirs = LogisticRegression(C=1 / (alpha * N), tol=1e-10, max_iter=10_000).fit(X, Y)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-6)
    np.testing.assert_allclose(ours.intercept_, theirs.intercept_, atol=1e-6)
