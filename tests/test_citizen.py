"""The model among others: scikit-learn's tools, pandas, and arrays that may not be written to."""

import pickle

import matplotlib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.inspection import DecisionBoundaryDisplay
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from softmax_lib import SoftmaxRegression, load_penguins

matplotlib.use("Agg")
PENGUINS = load_penguins()
X, SPECIES = PENGUINS.X, np.array(PENGUINS.class_names)[PENGUINS.y]


def test_pipeline_and_cross_validation():
    pipeline = make_pipeline(StandardScaler(), PolynomialFeatures(2), SoftmaxRegression(0.01, fit_intercept=False))
    scores = cross_val_score(pipeline, X, SPECIES, cv=3)
    assert scores.min() > 0.95


def test_grid_search_finds_a_middle_penalty_and_refits():
    search = GridSearchCV(SoftmaxRegression(), {"alpha": [1e-3, 1e4]}, scoring="neg_log_loss", cv=3).fit(X, SPECIES)
    assert search.best_params_ == {"alpha": 1e-3}
    assert search.best_estimator_.converged_


def test_calibration_wraps_it():
    calibrated = CalibratedClassifierCV(SoftmaxRegression(0.1), cv=3).fit(X, SPECIES)
    np.testing.assert_allclose(calibrated.predict_proba(X).sum(axis=1), 1)


def test_clone_forgets_the_fit_and_pickle_keeps_it():
    model = SoftmaxRegression(0.01).fit(X, SPECIES)
    assert not hasattr(clone(model), "coef_") and clone(model).alpha == 0.01
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    assert again.stop_reason_ == model.stop_reason_


def test_column_names_are_kept_and_their_order_is_checked():
    frame = pd.DataFrame(X, columns=["length", "depth", "flipper", "mass"])
    model = SoftmaxRegression(0.01).fit(frame, pd.Series(SPECIES))
    np.testing.assert_array_equal(model.feature_names_in_, frame.columns)
    np.testing.assert_array_equal(model.predict(frame), SoftmaxRegression(0.01).fit(X, SPECIES).predict(X))
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame[["mass", "depth", "flipper", "length"]])


@pytest.mark.parametrize("order", ["C", "F"])
def test_read_only_memory_mapped_and_column_major_arrays(tmp_path, order):
    usual = SoftmaxRegression(0.01).fit(X, SPECIES)
    np.save(tmp_path / "X.npy", np.asarray(X, order=order))
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    np.testing.assert_allclose(SoftmaxRegression(0.01).fit(mapped, SPECIES).coef_, usual.coef_, rtol=1e-8)


def test_the_order_of_rows_and_classes_does_not_matter():
    usual = SoftmaxRegression(0.01, tol=1e-12).fit(X, SPECIES)
    order = np.random.default_rng(0).permutation(len(X))
    shuffled = SoftmaxRegression(0.01, tol=1e-12).fit(X[order], SPECIES[order])
    np.testing.assert_allclose(shuffled.coef_, usual.coef_, rtol=1e-6, atol=1e-9)
    renamed = np.char.replace(SPECIES, "Adelie", "Zadelie")  # now the last class, not the first
    reordered = SoftmaxRegression(0.01, tol=1e-12).fit(X, renamed)
    np.testing.assert_allclose(reordered.coef_[[2, 0, 1]], usual.coef_, rtol=1e-6, atol=1e-9)


def test_scikit_learns_own_display_accepts_it():
    model = SoftmaxRegression(0.01).fit(X[:, :2], SPECIES)
    display = DecisionBoundaryDisplay.from_estimator(model, X[:, :2], response_method="predict", grid_resolution=20)
    assert set(np.unique(display.response)) == {0, 1, 2}


def test_nothing_is_lost_when_a_later_fit_fails():
    model = SoftmaxRegression(0.01).fit(X, SPECIES)
    before = model.predict_proba(X)
    with pytest.raises(ValueError, match="NaN"):
        model.fit(np.full_like(X, np.nan), SPECIES)
    with pytest.raises(ValueError, match="2 classes"):
        model.fit(X[:, :2], np.full(len(X), "Adelie"))
    with pytest.raises(ValueError, match="non-zero"):
        model.fit(pd.DataFrame(X[:, :2], columns=["length", "depth"]), SPECIES, np.zeros(len(X)))
    np.testing.assert_array_equal(model.predict_proba(X), before)
