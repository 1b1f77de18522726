"""alpha = 0: no certificate, and perhaps no minimum; what is said must be true."""

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from softmax_lib import Objective, SoftmaxRegression, solvers
from softmax_lib.solvers import gradient_descent, newton_cg

RNG = np.random.default_rng(11)
N, D, K = 60, 3, 3
X = RNG.normal(size=(N, D))
MIXED = RNG.integers(0, K, N)  # labels that no features can tell apart
SOLVERS = pytest.mark.parametrize("solver", [newton_cg, gradient_descent])


def tied():
    """Rows that one feature separates, but for six that lie on the boundary with either label."""
    features, labels = X.copy(), (X[:, 0] > 0).astype(int)
    features[:6], labels[:6] = 0, [0, 1, 0, 1, 0, 1]
    return features, labels


def alone():
    """Mixed labels, and one row with a feature of its own: the weight of that feature grows without end."""
    own = np.zeros((N, 1))
    own[7] = 1
    return np.hstack([X, own]), MIXED


@SOLVERS
@pytest.mark.parametrize("one_hot", [False, True])
def test_separable_rows_are_found_as_labels_and_as_target_rows(solver, one_hot):
    labels = (X[:, 0] > 0).astype(int)
    result = solver(Objective(X, np.eye(2)[labels] if one_hot else labels), max_iter=2000)
    assert result.cause == "separated" and not result.converged
    assert result.history["loss"][-1] > 1e-9  # once it is certain, there is no need to go on to the last digit
    assert "has no minimum. Set alpha > 0" in result.stop_reason


@pytest.mark.parametrize("case", [tied, alone])
@pytest.mark.parametrize("scale", [1, 1e-6, 1e6])
@pytest.mark.parametrize("direct", [True, False])
def test_rows_separated_in_part_are_never_called_converged(case, scale, direct, monkeypatch):
    if not direct:
        monkeypatch.setattr("softmax_lib.solvers.DIRECT", 0)
    features, labels = case()
    result = newton_cg(Objective(features * scale, labels), max_iter=1000)
    assert result.cause in ({"flat"} if direct else {"flat", "stuck"}) and result.suboptimality == np.inf
    if direct:
        assert "some rows are separated" in result.stop_reason and "Set alpha > 0" in result.stop_reason


@pytest.mark.parametrize("case", [tied, alone])
def test_gradient_descent_is_not_deceived_by_a_huge_feature(case):
    """The gradient is small compared with what the huge feature allows, and still says nothing of the others."""
    features, labels = case()
    huge = np.hstack([features, 1e6 * RNG.normal(size=(N, 1))])
    assert not gradient_descent(Objective(huge, labels), max_iter=300).converged


def test_looking_closely_at_a_slow_descent_stays_rare(monkeypatch):
    looks = []
    monkeypatch.setattr(solvers, "judgement", lambda *a, look=solvers.judgement: looks.append(a) or look(*a))
    gradient_descent(Objective(*tied()), tol=1e-3, max_iter=3000)
    assert 1 < len(looks) < 30


@SOLVERS
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_ordinary_rows_converge_to_the_minimum(solver, dtype):
    result = solver(Objective(X.astype(dtype), MIXED), max_iter=2000)
    best = newton_cg(Objective(X, MIXED), tol=1e-12)
    assert result.converged and result.suboptimality == np.inf
    assert result.history["loss"][-1] == pytest.approx(best.history["loss"][-1], rel=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("scales", [(1, 1, 1e6), (1e-6, 1, 1), (1e-4, 1, 1e4)])
def test_ordinary_rows_of_any_scale_converge_to_the_minimum(dtype, scales):
    result = newton_cg(Objective((X * scales).astype(dtype), MIXED))
    best = newton_cg(Objective(X, MIXED), tol=1e-12)
    assert result.converged
    assert result.history["loss"][-1] == pytest.approx(best.history["loss"][-1], rel=1e-6)


def test_a_row_without_weight_has_no_say():
    far = np.vstack([X, [[1e10, -1e10, 1e10]]])
    result = newton_cg(Objective(far, np.append(MIXED, 0), sample_weight=np.append(np.ones(N), 0)))
    assert result.converged and result.n_iter == newton_cg(Objective(X, MIXED)).n_iter


def test_a_feature_given_twice_does_not_look_like_separation():
    assert newton_cg(Objective(np.hstack([X, X[:, :1]]), MIXED)).converged


def test_the_model_says_what_the_solver_found():
    features, labels = tied()
    with pytest.warns(ConvergenceWarning, match="some rows are separated.*Set alpha > 0"):
        model = SoftmaxRegression(alpha=0).fit(features, labels)
    assert not model.converged_ and model.suboptimality_ == np.inf
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.set_params(alpha=1e-6).fit(features, labels)
    assert model.converged_
