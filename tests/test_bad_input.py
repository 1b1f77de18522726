"""Bad input: each is refused with an error that names the argument and what came, and nothing is lost."""

import numpy as np
import pytest
from scipy import sparse

from softmax_lib import Objective, SoftmaxRegression, cross_entropy, cross_entropy_gradient, log_softmax, softmax
from softmax_lib.solvers import newton_cg, stochastic_gradient_descent

X = np.array([[0.0, 1], [1, 0], [2, 2], [3, 1]])
Y = np.array([0, 1, 0, 1])
HOLED = np.where(X == 3, np.nan, X)

FITS = {
    "NaN": (lambda m: m.fit(HOLED, Y), "X contains NaN"),
    "infinity": (lambda m: m.fit(np.where(X == 3, np.inf, X), Y), "X contains infinity"),
    "sparse NaN": (lambda m: m.fit(sparse.csr_matrix(HOLED), Y), "X contains NaN"),
    "one class": (lambda m: m.fit(X, 0 * Y), "needs at least 2 classes, got 1 class: every label is 0"),
    "continuous labels": (lambda m: m.fit(X, Y + 0.5), "label type: continuous"),
    "NaN label": (lambda m: m.fit(X, np.where(Y == 1, np.nan, 0)), "y contains NaN"),
    "lengths": (lambda m: m.fit(X, Y[:3]), r"inconsistent numbers of samples: \[4, 3\]"),
    "no rows": (lambda m: m.fit(X[:0], Y[:0]), r"0 sample\(s\)"),
    "no features": (lambda m: m.fit(X[:, :0], Y), r"0 feature\(s\)"),
    "complex": (lambda m: m.fit(1j * X, Y), "Complex data not supported"),
    "objects": (lambda m: m.fit(np.array([["a", "b"]] * 4, object), Y), "could not convert string to float"),
    "no X": (lambda m: m.fit(None, Y), "Expected 2D array"),
    "no y": (lambda m: m.fit(X, None), "the target y is None"),
    "three axes": (lambda m: m.fit(X[None], Y), "dim 3"),
    "one-hot labels": (lambda m: m.fit(X, np.eye(2)[Y]), "y should be a 1d array"),
    "negative weight": (lambda m: m.fit(X, Y, [1, 1, 1, -1]), "sample_weight must be finite and not negative"),
    "no weight": (lambda m: m.fit(X, Y, np.zeros(4)), "[Ss]ample weights must"),
    "NaN weight": (lambda m: m.fit(X, Y, [1, 1, 1, np.nan]), "sample_weight contains NaN"),
    "weights' length": (lambda m: m.fit(X, Y, [1, 1, 1]), r"sample_weight.shape == \(3,\)"),
    "negative alpha": (lambda m: m.set_params(alpha=-1).fit(X, Y), "alpha must be a finite number .* 0, got -1"),
    "alpha as text": (lambda m: m.set_params(alpha="1").fit(X, Y), "alpha must be a finite number .* 0, got '1'"),
    "alpha NaN": (lambda m: m.set_params(alpha=np.nan).fit(X, Y), "alpha must be"),
    "solver": (lambda m: m.set_params(solver="lbfgs").fit(X, Y), "solver must be one of .*'newton-cg'.*, got 'lbfgs'"),
    "tol": (lambda m: m.set_params(tol=-1e-6).fit(X, Y), "tol must be a finite number"),
    "max_iter": (lambda m: m.set_params(max_iter=1.5).fit(X, Y), "max_iter must be an integer of at least 0, got 1.5"),
    "class_weight": (lambda m: m.set_params(class_weight="equal").fit(X, Y), "'class_weight'.*'equal'"),
    "solvers": (lambda m: m.set_params(solver=["gd"]).fit(X, Y), r"solver must be one of .*, got \['gd'\]"),
    "fit_intercept": (lambda m: m.set_params(fit_intercept="no").fit(X, Y), "fit_intercept must be .*, got 'no'"),
    "infinite class weight": (lambda m: m.set_params(class_weight={0: np.inf, 1: 1}).fit(X, Y), "class_weight"),
    "NaN as class weight": (lambda m: m.set_params(class_weight={0: np.nan, 1: 1}).fit(X, Y), "class_weight"),
    "negative class weight": (lambda m: m.set_params(class_weight={0: -1, 1: 1}).fit(X, Y), "weight must be finite"),
    "features of a prediction": (lambda m: m.predict(X[:, :1]), "X has 1 features, .* expecting 2 features"),
    "prediction of NaN": (lambda m: m.predict_proba(HOLED), "X contains NaN"),
}


@pytest.mark.parametrize("case", FITS)
def test_the_model_refuses_and_keeps_what_it_has(case):
    call, message = FITS[case]
    model = SoftmaxRegression(0.1).fit(X, Y)
    fitted = dict(vars(model))
    with pytest.raises((ValueError, TypeError), match=message):
        call(model)
    for name in fitted.keys() - {"alpha", "solver", "tol", "max_iter", "class_weight", "fit_intercept"}:
        assert vars(model)[name] is fitted[name], name


FUNCTIONS = {
    "label too large": (lambda: cross_entropy(X, [0, 1, 2, 1]), ValueError, r"labels must lie in 0 .. 1, got 0 .. 2"),
    "negative label": (lambda: cross_entropy(X, [0, -1, 1, 1]), ValueError, r"labels must lie in 0 .. 1, got -1 .. 1"),
    "float labels": (lambda: cross_entropy_gradient(X, [0.0, 1, 0, 1]), TypeError, "got dtype float64"),
    "target rows": (lambda: cross_entropy(X, np.ones((4, 2))), ValueError, r"target row 0 is \[1. 1.\] with sum 2"),
    "shape of targets": (lambda: cross_entropy(X, np.eye(3)), ValueError, r"shape \(3, 3\), expected \(4, 2\)"),
    "one row": (lambda: cross_entropy(X[0], [0]), ValueError, r"z must have shape \(N, K\), got \(2,\)"),
    "reduction": (lambda: cross_entropy(X, Y, reduction="avg"), ValueError, "'mean', 'sum' or 'none', got 'avg'"),
    "weights": (lambda: cross_entropy(X, Y, sample_weight=[1, 1, 1, -1]), ValueError, "sample_weight must be"),
    "complex logits": (lambda: softmax([1j, 0]), TypeError, "z must hold real numbers, got dtype complex128"),
    "text": (lambda: log_softmax(["a", "b"]), TypeError, "z must hold real numbers, got dtype <U1"),
    "a number": (lambda: softmax(1.0), ValueError, "got a single number: pass a row of K logits"),
    "no classes": (lambda: softmax(np.ones((3, 0))), ValueError, r"axis -1 of the logits is empty, shape \(3, 0\)"),
    "infinite logit": (lambda: softmax([np.inf, 0]), ValueError, "the largest logit of a row is inf"),
    "text as labels": (lambda: Objective(X, list("abab")), TypeError, "labels must be integers .* got dtype <U1"),
    "no labels": (lambda: Objective(X, []), ValueError, r"y has shape \(0,\), expected \(4,\) labels"),
    "alpha": (lambda: Objective(X, Y, alpha=-1), ValueError, "alpha must be a finite number of at least 0, got -1"),
    "alpha as text": (lambda: Objective(X, Y, alpha="1"), ValueError, "alpha must be a finite number .* got '1'"),
    "centre": (lambda: Objective(X, Y, centre=[1, 2, 3]), ValueError, r"centre has shape \(3,\), expected \(2,\)"),
    "no targets": (lambda: cross_entropy(X, None), ValueError, r"y has shape \(\), expected \(4,\) labels"),
    "batch_size": (
        lambda: stochastic_gradient_descent(Objective(X, Y), batch_size=0),
        ValueError,
        "batch_size must be an integer",
    ),
    "tol of a solver": (lambda: newton_cg(Objective(X, Y), tol=-1), ValueError, "tol must be a finite number"),
    "max_iter of a solver": (lambda: newton_cg(Objective(X, Y), max_iter=2.0), ValueError, "max_iter must be an int"),
    "sparse infinity": (lambda: Objective(sparse.csr_matrix(X * np.inf), Y), ValueError, "X must be finite"),
}


@pytest.mark.filterwarnings("ignore:invalid value encountered in multiply")
@pytest.mark.parametrize("case", FUNCTIONS)
def test_functions_refuse_by_name(case):
    call, error, message = FUNCTIONS[case]
    with pytest.raises(error, match=message):
        call()
