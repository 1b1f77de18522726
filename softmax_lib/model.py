"""The model: softmax regression under scikit-learn's estimator contract."""

import warnings
from contextlib import contextmanager, nullcontext
from html import escape

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data
from tqdm import tqdm

from softmax_lib.features import average
from softmax_lib.functions import log_softmax, softmax
from softmax_lib.loss import as_weights
from softmax_lib.objective import Objective
from softmax_lib.solvers import gradient_descent, newton_cg, stochastic_gradient_descent

SOLVERS = {"newton-cg": newton_cg, "gd": gradient_descent, "sgd": stochastic_gradient_descent}


class SoftmaxRegression(ClassifierMixin, BaseEstimator):
    r"""Softmax regression (multinomial logistic regression) with a penalty on the weights.

    .. math:: J(W, b) = \frac{1}{\sum_n s_n} \sum_n s_n L_n + \frac{\alpha}{2} \|W\|^2, \qquad
              L_n = -\ln \mathrm{softmax}(W x_n + b)_{y_n}

    Parameters
    ----------
    alpha : float, default 1e-4
        Strength of the penalty; ``1 / (C N)`` in scikit-learn's terms.  The intercept is free.
    fit_intercept : bool, default True
    solver : {"newton-cg", "gd", "sgd"}, default "newton-cg"
        "newton-cg" is Newton's method; "gd" is gradient descent with the step 1/beta (chapter 6), and
        "sgd" the same with mini-batches.
    tol : float, default 1e-6
        The fit has converged when J is proved to be within ``tol * J`` of its minimum.  With
        ``alpha=0`` no such proof exists; a Newton step is then to promise no more than that.
    max_iter : int, default 1000
        The largest number of the solver's iterations.
    class_weight : None, "balanced" or dict, default None
        Weights of the classes, which multiply the sample weights; "balanced" gives every class
        the same total weight.
    warm_start : bool, default False
        Whether `fit` starts from the weights of the previous fit.
    random_state : int, RandomState or None, default None
        For "sgd", which draws rows at random.
    verbose : int, default 0
        If positive, `fit` shows a bar with J and its bound on the way, and prints why it stopped.

    Attributes
    ----------
    classes_ : ndarray, shape (K,)
    coef_ : ndarray, shape (K, D)
        One row of weights a class, for two classes also.
    intercept_ : ndarray, shape (K,)
    n_features_in_ : int
    feature_names_in_ : ndarray, shape (D,)
        Only if X had column names.
    n_iter_ : int
    converged_ : bool
    stop_reason_ : str
        Why the solver stopped, in a sentence.
    suboptimality_ : float
        A bound on J - min J; infinite for ``alpha=0``.
    history_ : dict of ndarrays
        "loss": J at every iterate, shape ``(n_iter_ + 1,)``; "gradient_norm" likewise.

    Raises
    ------
    ValueError
        From `fit`, if a parameter is out of range or the data hold fewer than two classes.

    Warns
    -----
    ConvergenceWarning
        If `fit` did not converge, with the bound that was reached and a remedy.

    Notes
    -----
    `fit` works on ``X - mean``, without a copy of a large or sparse X: with a free intercept this leaves the
    optimal `coef_` as it is, and lets the solver take longer steps.  `history_` refers to that problem,
    whose J is the same number.  Without an intercept nothing is centred.

    Source: chapter 6; chapter 8; chapter 10.

    Examples
    --------
    >>> from softmax_lib import SoftmaxRegression, make_blobs
    >>> blobs = make_blobs()
    >>> model = SoftmaxRegression(alpha=0.01).fit(blobs.X, blobs.y)
    >>> model.coef_.shape, model.converged_, bool(model.score(blobs.X, blobs.y) > 0.9)
    ((3, 2), True, True)
    """

    def __init__(
        self, alpha=1e-4, *, fit_intercept=True, solver="newton-cg", tol=1e-6, max_iter=1000, class_weight=None,
        warm_start=False, random_state=None, verbose=0,
    ):  # fmt: skip
        self.alpha = alpha
        self.fit_intercept = fit_intercept
        self.solver = solver
        self.tol = tol
        self.max_iter = max_iter
        self.class_weight = class_weight
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, X, y, sample_weight=None):
        """Fit the weights to features X (N, D) and labels y (N,), with weights (N,) if given."""
        before = dict(vars(self))
        try:
            return self._fit(X, y, sample_weight)
        except BaseException:  # what was fitted before stays as it was
            self.__dict__ = before
            raise

    def _fit(self, X, y, sample_weight):
        if self.solver not in list(SOLVERS):
            raise ValueError(f"solver must be one of {sorted(SOLVERS)}, got {self.solver!r}")
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype=[np.float64, np.float32])
        if y.dtype.kind not in "biuUS":  # the others are labels by their nature
            check_classification_targets(y)
        classes, labels = np.unique(y, return_inverse=True)  # (K,), (N,)
        if len(classes) < 2:
            raise ValueError(f"needs at least 2 classes, got 1 class: every label is {classes[0]}")
        weights = as_weights(_check_sample_weight(sample_weight, X, dtype=np.float64), len(labels), shares=True)  # (N,)
        if self.class_weight is not None:
            with np.errstate(divide="ignore"):
                factors = compute_class_weight(self.class_weight, classes=classes, y=y, sample_weight=weights)  # (K,)
            if not isinstance(self.class_weight, dict):
                factors[np.isinf(factors)] = 0  # "balanced", and a class all of whose weights are 0
            weights = as_weights(weights * factors[labels], len(labels), shares=True)

        # Near the mean will do: any centre gives the same weights.
        centre = average(X, weights) if self.fit_intercept else np.zeros(X.shape[1])  # (D,)
        options = {"alpha": self.alpha, "fit_intercept": self.fit_intercept, "centre": centre}
        objective = Objective(X, labels, sample_weight=weights, **options)
        W, b = None, None
        if self.warm_start and hasattr(self, "coef_"):
            if self.coef_.shape != objective.shape:
                raise ValueError(f"warm_start: previous coef_ has shape {self.coef_.shape}, not {objective.shape}")
            W, b = self.coef_, (self.intercept_ + self.coef_ @ centre) * self.fit_intercept
        options = {"random_state": check_random_state(self.random_state)} if self.solver == "sgd" else {}
        with progress_bar(self.tol) if self.verbose else nullcontext() as progress:
            options |= {"tol": self.tol, "max_iter": self.max_iter, "progress": progress}
            result = SOLVERS[self.solver](objective, W, b, **options)

        self.classes_, self.coef_ = classes, result.coef  # (K,), (K, D)
        self.intercept_ = (result.intercept - result.coef @ centre).astype(X.dtype, copy=False)  # (K,)
        self.converged_, self.stop_reason_ = result.converged, result.stop_reason
        self.n_iter_, self.history_, self.suboptimality_ = result.n_iter, result.history, result.suboptimality
        if self.verbose:
            print(f"SoftmaxRegression: {result.stop_reason}")
        if not result.converged:
            warnings.warn(f"{result.stop_reason} {remedy(result, objective)}", ConvergenceWarning, stacklevel=3)
        return self

    def decision_function(self, X):
        """Logits (N, K); for two classes their difference (N,), positive where the second wins."""
        Z = self._logits(X)
        return Z if Z.shape[1] > 2 else Z[:, 1] - Z[:, 0]

    def predict_proba(self, X):
        """Probabilities of the classes, (N, K)."""
        return softmax(self._logits(X))

    def predict_log_proba(self, X):
        """Logarithms of the probabilities, (N, K), exact where these are near 0 or 1."""
        return log_softmax(self._logits(X))

    def predict(self, X):
        """The most probable class of each row, (N,)."""
        winner = self._logits(X).argmax(axis=1)  # (N,)
        return self.classes_[winner]

    def _logits(self, X):
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", dtype=[np.float64, np.float32], reset=False)
        return X @ self.coef_.T + self.intercept_  # (N, K)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def _html_repr(self):
        return f"{super()._html_repr()}<p>{escape(getattr(self, 'stop_reason_', 'Not fitted yet.'))}</p>"


def remedy(result, objective):
    """What helps a fit that did not converge, where its `stop_reason` does not say so."""
    scales = np.append(np.sqrt(objective.features.squares(objective.s[:, None])), 1)  # (D + 1,), with the intercept's
    ratio = scales.max() / scales[scales > 0].min()
    if ratio > 10 and result.cause in ("max_iter", "diverged"):
        return f"The features' scales differ (or differ from 1) by a factor of {ratio:.2g}: standardise them."
    return "Raise max_iter, alpha or tol." if result.cause == "max_iter" else ""


@contextmanager
def progress_bar(tol):
    """A bar that fills as the bound on J - min J falls to tol * J; the scale is logarithmic."""
    with tqdm(total=0, bar_format="SoftmaxRegression {bar} {elapsed} {postfix}") as bar:

        def show(n_iter, point, bound):
            far = np.log(max(bound / max(tol * point.J, 1e-300), 1))
            bar.total = max(bar.total, far)
            bar.set_postfix_str(f"step {n_iter}, J = {point.J:.6g}, at most {bound:.2g} too large", refresh=False)
            bar.update(max(0, bar.total - far - bar.n))

        yield show
