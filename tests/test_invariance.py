"""What the fit must not depend on: offsets, units, order, repetition and the layout of memory."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from softmax_lib import SoftmaxRegression, cross_entropy, load_digits
from softmax_lib.features import average

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


def test_an_offset_of_many_float32_rows_does_not_drown_in_the_mean():
    """A sum of so many numbers of 1e4 has no digits left for a mean in single precision."""
    rows = RNG.normal(size=(60_000, 40)).astype(np.float32) + np.float32(1e4)
    labels = (rows[:, 0] > 1e4).astype(int)
    far = SoftmaxRegression(0.01).fit(rows, labels)
    near = SoftmaxRegression(0.01).fit(rows.astype(float) - 1e4, labels)
    assert far.converged_ and abs(average(rows, np.full(60_000, 1 / 60_000)) - rows.mean(0, np.float64)).max() < 1e-9
    np.testing.assert_allclose(far.coef_, near.coef_, atol=2e-3)


@pytest.mark.parametrize("factor", [1e308, 1e-300])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_unit_of_the_weights(dtype, factor):
    weights, rows = RNG.random(N), X.astype(dtype)
    one, other = (SoftmaxRegression(0.01).fit(rows, Y, sample_weight=weights * unit) for unit in (1, factor))
    np.testing.assert_allclose(other.coef_, one.coef_, rtol=1e-5)
    losses = [cross_entropy(X[:, :K], Y, sample_weight=weights * unit) for unit in (1, factor)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-12)


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
