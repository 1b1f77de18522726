"""The model: scikit-learn's contract, the minimum, centring, honest convergence."""

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.utils.estimator_checks import parametrize_with_checks

from softmax_lib import Objective, SoftmaxRegression, log_softmax, make_blobs, softmax

X, Y = make_blobs((40, 25, 12), spread=1.5)[:2]
NAMES = np.array(["ant", "bee", "cat"])[Y]
WEIGHTS = np.random.default_rng(0).integers(0, 4, len(Y))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@parametrize_with_checks(
    [SoftmaxRegression(max_iter=300), SoftmaxRegression(alpha=0.01, class_weight="balanced", max_iter=300)]
)
def test_scikit_learn_contract(estimator, check):
    check(estimator)


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_the_minimum_is_that_of_scikit_learn_with_c_equal_to_one_over_alpha_n(fit_intercept, weights):
    alpha, total = 0.02, len(Y) if weights is None else WEIGHTS.sum()
    ours = SoftmaxRegression(alpha, fit_intercept=fit_intercept, tol=1e-10, max_iter=20_000)
    ours.fit(X, NAMES, sample_weight=weights)
    theirs = LogisticRegression(C=1 / (alpha * total), fit_intercept=fit_intercept, tol=1e-10, max_iter=1000)
    theirs.fit(X, NAMES, sample_weight=weights)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-5)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-5)
    assert ours.score(X, NAMES) == theirs.score(X, NAMES)


def test_what_is_reported_is_j_of_the_weights_returned():
    model = SoftmaxRegression(0.01).fit(X, NAMES)
    objective = Objective(X, Y, alpha=0.01)
    J = objective.value(model.coef_, model.intercept_)
    assert model.converged_
    assert model.history_["loss"][-1] == pytest.approx(J, rel=1e-13)
    assert model.history_["loss"][0] == pytest.approx(np.log(3))
    assert len(model.history_["loss"]) == model.n_iter_ + 1
    assert model.suboptimality_ <= model.tol * J
    assert "Within tolerance" in model.stop_reason_


def test_moving_the_features_changes_only_the_intercept():
    model = SoftmaxRegression(0.01).fit(X, NAMES)
    offset = np.array([1e6, -3e5])
    moved = SoftmaxRegression(0.01).fit(X + offset, NAMES)
    np.testing.assert_allclose(moved.coef_, model.coef_, rtol=1e-6)
    np.testing.assert_allclose(moved.predict_proba(X + offset), model.predict_proba(X), rtol=1e-5)
    assert moved.n_iter_ == model.n_iter_


def test_float32_features_with_a_large_offset_are_learnt():
    moved = (X + 1e4).astype(np.float32)
    model = SoftmaxRegression(0.01, tol=1e-4).fit(moved, NAMES)
    assert model.coef_.dtype == model.intercept_.dtype == model.predict_proba(moved).dtype == np.float32
    assert model.score(moved, NAMES) >= SoftmaxRegression(0.01).fit(X, NAMES).score(X, NAMES) - 0.02


def test_float32_features_are_centred_in_float64():
    moved = (np.tile(X, (200, 1)) + 1e4).astype(np.float32)  # the sum has 9 digits, float32 holds 7
    labels = np.tile(NAMES, 200)
    short, long = (SoftmaxRegression(0.01, tol=1e-3).fit(moved.astype(t), labels) for t in ("f4", "f8"))
    assert short.history_["loss"][-1] == pytest.approx(long.history_["loss"][-1], rel=2e-5)


def test_tiny_features_are_not_mistaken_for_a_flat_objective():
    with pytest.warns(ConvergenceWarning, match=r"differ from 1\) by a factor of \d.*e\+07: standardise"):
        assert not SoftmaxRegression(0.01 * 1e-16, solver="gd").fit(X * 1e-8, NAMES).converged_
    tiny, usual = SoftmaxRegression(0.01 * 1e-16).fit(X * 1e-8, NAMES), SoftmaxRegression(0.01).fit(X, NAMES)
    np.testing.assert_allclose(tiny.coef_ * 1e-8, usual.coef_, rtol=1e-3)


def test_integer_weights_are_repeated_rows():
    weighted = SoftmaxRegression(0.01).fit(X, NAMES, sample_weight=WEIGHTS)
    repeated = SoftmaxRegression(0.01).fit(np.repeat(X, WEIGHTS, axis=0), np.repeat(NAMES, WEIGHTS))
    np.testing.assert_allclose(weighted.coef_, repeated.coef_, rtol=1e-9)


def test_balanced_classes_have_the_same_total_weight():
    balanced = SoftmaxRegression(0.01, class_weight="balanced").fit(X, NAMES)
    by_hand = SoftmaxRegression(0.01).fit(X, NAMES, sample_weight=len(Y) / (3 * np.bincount(Y)[Y]))
    np.testing.assert_allclose(balanced.coef_, by_hand.coef_)
    np.testing.assert_allclose(balanced.predict_proba(X)[Y == 2].sum() / 12, 1)
    chosen = SoftmaxRegression(0.01, class_weight={"bee": 2}).fit(X, NAMES)
    by_hand = SoftmaxRegression(0.01).fit(X, NAMES, sample_weight=1 + (NAMES == "bee"))
    np.testing.assert_allclose(chosen.coef_, by_hand.coef_)


def test_mean_probability_is_the_frequency_and_weights_sum_to_zero():
    model = SoftmaxRegression(0.01, tol=1e-9, max_iter=5000).fit(X, NAMES)
    np.testing.assert_allclose(model.predict_proba(X).mean(axis=0), np.bincount(Y) / len(Y), atol=1e-5)
    np.testing.assert_allclose(model.coef_.sum(axis=0), 0, atol=1e-12)


def test_prediction_methods_agree():
    model = SoftmaxRegression(0.01).fit(X, NAMES)
    z = X @ model.coef_.T + model.intercept_
    np.testing.assert_array_equal(model.decision_function(X), z)
    np.testing.assert_array_equal(model.predict_proba(X), softmax(z))
    np.testing.assert_array_equal(model.predict_log_proba(X), log_softmax(z))
    np.testing.assert_array_equal(model.predict(X), model.classes_[z.argmax(axis=1)])
    assert model.score(X, NAMES) == (model.predict(X) == NAMES).mean()


def test_two_classes_keep_two_rows_of_weights():
    two = Y < 2
    model = SoftmaxRegression(0.01, tol=1e-10, max_iter=5000).fit(X[two], NAMES[two])
    assert model.coef_.shape == (2, 2)
    margin = model.decision_function(X)
    assert margin.shape == (len(X),)
    np.testing.assert_allclose(model.predict_proba(X)[:, 1], 1 / (1 + np.exp(-margin)), rtol=1e-12)
    # softmax with penalty 2 alpha is the sigmoid with penalty alpha on the difference of the weights
    sigmoid = LogisticRegression(C=2 / (0.01 * two.sum()), tol=1e-10, max_iter=1000).fit(X[two], NAMES[two])
    np.testing.assert_allclose(model.coef_[1] - model.coef_[0], sigmoid.coef_[0], rtol=1e-4)


def test_no_convergence_warns_with_the_bound_and_a_remedy_that_fits():
    with pytest.warns(ConvergenceWarning, match=r"3 steps were not enough.*above its minimum.*Raise max_iter"):
        model = SoftmaxRegression(max_iter=3).fit(X, NAMES)
    assert not model.converged_
    assert np.isfinite(model.suboptimality_)
    with pytest.warns(ConvergenceWarning, match=r"factor of \d.*e\+03: standardise"):
        SoftmaxRegression(max_iter=3).fit(X * [1, 1000], NAMES)
    separable = np.array([[-1.0], [1.0]])
    with pytest.warns(ConvergenceWarning, match="no minimum"):
        assert SoftmaxRegression(0).fit(separable, [0, 1]).suboptimality_ == np.inf


@pytest.mark.parametrize(
    ("scales", "remedy"),
    [
        ([0.5, 4], "Raise max_iter, alpha or tol"),
        ([2, 20], "by a factor of 20: standardise"),
        ([50, 50], "by a factor of 50: standardise"),
    ],
)
def test_the_remedy_compares_the_scales_of_the_features_that_vary_and_one(scales, remedy):
    standard = (X - X.mean(axis=0)) / X.std(axis=0)
    features = np.column_stack([standard * scales, np.full(len(X), 7.0)])
    with pytest.warns(ConvergenceWarning, match=remedy):
        SoftmaxRegression(max_iter=2).fit(features, NAMES)


def test_a_warm_start_keeps_float32():
    model = SoftmaxRegression(0.01, warm_start=True)
    for tol in (1e-1, 1e-5):
        model.set_params(tol=tol).fit((X + 5).astype(np.float32), NAMES)
        assert model.n_iter_ > 0
        assert model.coef_.dtype == model.intercept_.dtype == np.float32


def test_warm_start_continues_where_the_last_fit_stopped():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        once = SoftmaxRegression(0.01, max_iter=40).fit(X + 5, NAMES)
        model = SoftmaxRegression(0.01, max_iter=20, warm_start=True).fit(X + 5, NAMES)
        model.fit(X + 5, NAMES)
    np.testing.assert_allclose(model.coef_, once.coef_, rtol=1e-10)
    np.testing.assert_allclose(model.intercept_, once.intercept_, rtol=1e-10)
    with pytest.raises(ValueError, match=r"previous coef_ has shape \(3, 2\), not \(2, 2\)"):
        model.fit(X[Y < 2], NAMES[Y < 2])


def test_verbose_says_why_it_stopped(capsys):
    model = SoftmaxRegression(0.01, verbose=1).fit(X, NAMES)
    assert model.stop_reason_ in capsys.readouterr().out


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"solver": "adam"}, r"solver must be one of \['gd', 'newton-cg', 'sgd'\], got 'adam'"),
        ({"alpha": -1}, "alpha must be"),
        ({"alpha": np.inf}, "alpha must be"),
        ({"tol": np.nan}, "tol must be"),
        ({"tol": np.inf}, "tol must be"),
        ({"max_iter": np.inf}, "max_iter must be"),
        ({"max_iter": -1}, "max_iter must be"),
    ],
)
def test_wrong_parameters_are_refused_by_name(parameters, message):
    with pytest.raises(ValueError, match=message):
        SoftmaxRegression(**parameters).fit(X, NAMES)


def test_one_class_or_no_fit_is_refused():
    with pytest.raises(ValueError, match="at least 2 classes, got 1 class"):
        SoftmaxRegression().fit(X, np.zeros(len(X)))
    with pytest.raises(NotFittedError):
        SoftmaxRegression().predict(X)
