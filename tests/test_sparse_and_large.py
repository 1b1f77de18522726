"""Features that must not be copied or written out: sparse ones, large ones, and those far from 0."""

import tracemalloc

import numpy as np
import pytest
from scipy import sparse

from softmax_lib import Objective, SoftmaxRegression, features
from softmax_lib.features import Features

RNG = np.random.default_rng(4)
N, D, K = 400, 30, 4
DENSE = RNG.poisson(0.2, size=(N, D)) * RNG.gamma(2, size=(N, D))
Y = (DENSE @ RNG.normal(size=(D, K)) + RNG.gumbel(size=(N, K))).argmax(axis=1)
WEIGHTS = RNG.integers(0, 3, N).astype(float)
CENTRE = DENSE.mean(axis=0)
W, B = RNG.normal(size=(K, D)), RNG.normal(size=K)


@pytest.fixture(params=["sparse", "large"])
def kept(request, monkeypatch):
    """The features of `DENSE` in each of the two forms that are centred without a copy."""
    monkeypatch.setattr(features, "SMALL", 0)
    made = Features(sparse.csr_matrix(DENSE) if request.param == "sparse" else DENSE, CENTRE)
    assert made.sparse == (request.param == "sparse") and made.centre is not None
    return made


def test_products_are_those_of_the_centred_features(kept):
    X, G = DENSE - CENTRE, RNG.normal(size=(N, K))
    np.testing.assert_allclose(kept.logits(W, B), X @ W.T + B, atol=1e-12)
    dW, db = kept.gradient(G)
    np.testing.assert_allclose(dW, G.T @ X, atol=1e-11)
    np.testing.assert_allclose(db, G.sum(axis=0))
    np.testing.assert_allclose(kept.gram(WEIGHTS), (X * WEIGHTS[:, None]).T @ X, atol=1e-10)
    np.testing.assert_allclose(kept.squares(G**2), (G**2).T @ X**2, rtol=1e-10)
    np.testing.assert_allclose(kept[5:9].logits(W, B), X[5:9] @ W.T + B, atol=1e-12)
    np.testing.assert_allclose(kept.dense(slice(2, 7)), X[2:7], atol=1e-14)
    assert kept.single is kept


@pytest.mark.parametrize("solver", ["newton-cg", "gd", "sgd"])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_the_fit_of_sparse_features_is_that_of_dense_ones(solver, fit_intercept):
    options = {"alpha": 0.05, "solver": solver, "fit_intercept": fit_intercept, "random_state": 0, "max_iter": 3000}
    dense = SoftmaxRegression(**options, tol=1e-4).fit(DENSE, Y, WEIGHTS)
    made = SoftmaxRegression(**options, tol=1e-4).fit(sparse.csr_matrix(DENSE), Y, WEIGHTS)
    np.testing.assert_allclose(made.coef_, dense.coef_, atol=1e-3)
    np.testing.assert_allclose(made.predict_proba(sparse.csr_matrix(DENSE)), dense.predict_proba(DENSE), atol=1e-3)
    assert made.converged_ and dense.converged_


@pytest.mark.parametrize("form", [sparse.csr_matrix, sparse.csr_array, sparse.csc_matrix, sparse.coo_array])
@pytest.mark.parametrize("dtype", ["f4", "f8", "i8"])
def test_every_sparse_form_and_dtype(form, dtype):
    counts = DENSE.round().astype(dtype)
    exact = SoftmaxRegression(0.05, tol=1e-4).fit(counts, Y)
    made = SoftmaxRegression(0.05, tol=1e-4).fit(form(counts), Y)
    assert made.coef_.dtype == exact.coef_.dtype
    np.testing.assert_allclose(made.coef_, exact.coef_, atol=2e-3)
    np.testing.assert_array_equal(made.predict(form(counts)), made.predict(counts))


def test_wide_sparse_features_need_no_memory_for_their_zeros():
    wide = sparse.random(300, 200_000, density=1e-4, format="csr", random_state=0, dtype=np.float64)
    labels = np.arange(300) % 3
    tracemalloc.start()
    model = SoftmaxRegression(1e-3).fit(wide, labels)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert model.converged_ and model.score(wide, labels) > 0.9
    assert peak < 0.3 * 300 * 200_000 * 8  # dense, X alone would be 480 MB


@pytest.mark.parametrize(("dtype", "offset"), [("f8", 0.0), ("f8", 1e3), ("f4", 0.0)])
def test_a_large_fit_needs_a_quarter_of_the_features_memory(dtype, offset):
    X = np.empty((12_000, 784), dtype)
    X[:] = RNG.random((12_000, 784)) + offset
    y = (X[:, :5] - offset).argmax(axis=1)
    tracemalloc.start()
    model = SoftmaxRegression(1e-2, tol=1e-3).fit(X, y)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert model.converged_
    assert peak <= 0.25 * X.nbytes


@pytest.mark.parametrize(("dtype", "offset"), [("f8", 1e6), ("f8", -1e4), ("f4", 1e4), ("f4", -300.0)])
def test_large_features_far_from_zero_are_fitted_like_near_ones(monkeypatch, dtype, offset):
    monkeypatch.setattr(features, "SMALL", 0)
    tol = 1e-6 if dtype == "f8" else 1e-3
    near = SoftmaxRegression(0.05, tol=tol).fit(DENSE.astype(dtype), Y)
    far = SoftmaxRegression(0.05, tol=tol).fit((DENSE + offset).astype(dtype), Y)
    assert far.converged_
    assert far.history_["loss"][-1] == pytest.approx(near.history_["loss"][-1], rel=2 * tol)
    np.testing.assert_allclose(far.coef_, near.coef_, atol=30 * tol)
    assert far.score((DENSE + offset).astype(dtype), Y) == pytest.approx(near.score(DENSE, Y), abs=0.02)


def test_an_objective_of_sparse_features_has_the_same_derivatives():
    exact = Objective(DENSE, Y, alpha=0.1, sample_weight=WEIGHTS)
    made = Objective(sparse.csr_matrix(DENSE), Y, alpha=0.1, sample_weight=WEIGHTS)
    for a, b in zip(made.value_and_gradient(W, B), exact.value_and_gradient(W, B), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-13)
    assert made.smoothness == pytest.approx(exact.smoothness, rel=1e-10)
    np.testing.assert_allclose(made.at(W, B).curvature().matrix(), exact.at(W, B).curvature().matrix(), atol=1e-12)


def test_a_part_forgets_what_was_computed_for_the_whole():
    whole = Objective(DENSE, Y, alpha=0.1)
    single, smoothness, inverse = whole.features.single, whole.smoothness, whole.decorrelation
    part = whole.part(slice(0, 50))
    assert part.features.single.shape[0] == 50 != single.shape[0]
    assert part.smoothness != smoothness and not np.allclose(part.decorrelation, inverse)
