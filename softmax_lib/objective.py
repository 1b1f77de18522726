"""The objective: mean loss plus penalty, as a function of the weights."""

from copy import copy
from functools import cached_property

import numpy as np

from softmax_lib.features import Features
from softmax_lib.functions import shifted
from softmax_lib.loss import as_targets, as_weights, row_gradients, row_losses

#: From here on the correlations of the features cost more than they save the solver.
MANY_FEATURES = 128
#: What is added to the correlations of the features: no direction is taken for flatter than this.
RIDGE = 3.0


class Forecast:
    """The probabilities O (N, K) that logits Z (N, K) give, and what they cost against the targets y.

    A sum over all classes but the label gives both ``1 - o_y`` and the loss of a label that is nearly
    certain without cancellation.
    """

    def __init__(self, Z, y):
        if y.ndim == 2:
            s = shifted(Z)
            self.O, self.losses, self._errors = s.probabilities(), row_losses(s, y), row_gradients(s, y)
            return
        self.label = np.arange(len(y)), y
        O = Z - Z.max(axis=1, keepdims=True)  # (N, K)
        gap = O[self.label]  # (N,)
        np.exp(O, out=O)
        own = O[self.label]  # (N,)
        O[self.label] = 0
        others = O.sum(axis=1)  # (N,)
        O[self.label] = own
        total = own + others  # (N,), at least 1
        O /= total[:, None]
        self.O, self.missing = O, others / total  # (N, K), (N,)
        self.losses = np.log1p(others + (own - 1)) - gap  # (N,)

    def errors(self, weights):
        """weights (N,) times O - Y: (N, K)."""
        weights = weights.astype(self.O.dtype, copy=False)
        if hasattr(self, "_errors"):
            return self._errors * weights[:, None]
        G = self.O * weights[:, None]
        G[self.label] = -self.missing * weights
        return G


class Objective:
    r"""Penalised cross-entropy of a linear model, as a function of its weights.

    .. math::

        J(W, b) = \frac{1}{\sum_n s_n} \sum_n s_n L_n + \frac{\alpha}{2} \sum_{kd} W_{kd}^2,
        \qquad L_n = -\sum_k y_{nk} \ln \mathrm{softmax}(W x_n + b)_k

    The intercept b is free of penalty.  With O the probabilities, Y the targets, both (N, K), and
    S = diag(s) / sum(s), the derivatives are

    .. math::

        \frac{\partial J}{\partial W} = (O - Y)^T S X + \alpha W, \qquad
        \frac{\partial J}{\partial b} = (O - Y)^T S 1

    and the product of the Hessian with a direction (V, c) replaces row n of O - Y by
    :math:`(\mathrm{diag}(o_n) - o_n o_n^T)(V x_n + c)` and W by V.

    ========  ==================  ===================================================================
    name      shape               meaning
    ========  ==================  ===================================================================
    X         (N, D)              rows of features, without a constant column
    y         (N,) or (N, K)      labels 0 .. K-1, or target rows that sum to 1
    s         (N,)                sample weights, not negative
    W, V, dW  (K, D)              one row of weights a class (the transpose of the W of the chapters)
    b, c, db  (K,)                one intercept a class; ``db`` is 0 without an intercept
    J         float               always the number above, in float64
    ========  ==================  ===================================================================

    Parameters
    ----------
    X : array_like or SciPy CSR matrix, shape (N, D)
    y : array_like, shape (N,) or (N, K)
    alpha : float, default 0
        Strength of the penalty; ``1 / (C N)`` in scikit-learn's terms.
    fit_intercept : bool, default True
        If False, b stays what it is: its gradient is 0.
    sample_weight : array_like, shape (N,), optional
    n_classes : int, optional
        K; by default the largest label plus one, or the length of the target rows.
    centre : array_like, shape (D,), optional
        What is subtracted from every row of X, without a copy: see `Features`.

    Raises
    ------
    ValueError, TypeError
        If shapes disagree, or X, alpha or the weights are out of range.

    Notes
    -----
    Source: chapter 4, result (result-gradient-weights); chapter 6; chapter 8; chapter 10.

    Examples
    --------
    Zero weights cost ln K, whatever the data:

    >>> import numpy as np
    >>> from softmax_lib import Objective
    >>> objective = Objective(np.array([[0.0], [1.0], [3.0]]), [0, 1, 2], alpha=0.1)
    >>> W, b = objective.zeros()
    >>> round(objective.value(W, b), 6)
    1.098612
    >>> dW, db = objective.gradient(W, b)
    >>> dW.T.round(3), bool(abs(db).max() < 1e-15)
    (array([[ 0.444,  0.111, -0.556]]), True)
    """

    def __init__(self, X, y, *, alpha=0.0, fit_intercept=True, sample_weight=None, n_classes=None, centre=None):
        self.features, y = Features(X, centre), np.asarray(y)
        N, D = self.features.shape
        if not 0 <= alpha < np.inf:
            raise ValueError(f"alpha must be finite and not negative, got {alpha}")
        if n_classes is None:
            n_classes = y.shape[1] if y.ndim == 2 else int(y.max()) + 1
        self.alpha, self.fit_intercept, self.shape = float(alpha), fit_intercept, (n_classes, D)  # (K, D)
        self.y = as_targets(y, N, n_classes, self.features.dtype)
        weights = as_weights(sample_weight, N)  # (N,)
        if not weights.sum() > 0:
            raise ValueError("the sample weights must have a positive sum")
        self.s = weights / weights.sum()  # (N,) float64: they sum to 1

    def zeros(self):
        """Zero weights (K, D) and intercepts (K,) to start from."""
        return np.zeros(self.shape, self.features.dtype), np.zeros(self.shape[0], self.features.dtype)

    def part(self, rows):
        """An estimate of the objective from n of its N rows: their loss, scaled up by N / n, and the whole penalty.

        Its mean over random rows is J; and as J's loss is a sum over rows, the losses of blocks that
        make up all rows, each scaled down again by n / N, add up to it on any machine and in any order.
        """
        part = copy(self)
        part.features, part.y, s = self.features[rows], self.y[rows], self.s[rows]
        part.s = s * (len(self.s) / len(s))  # (n,)
        return part

    def at(self, W, b):
        """The `Point` (W, b), where the probabilities are computed once for all that is asked there."""
        return Point(self, W, b, self.features.logits(W, b))

    def value(self, W, b):
        """J(W, b)."""
        return self.at(W, b).J

    def gradient(self, W, b):
        """Gradients dW (K, D) and db (K,)."""
        return self.at(W, b).gradient

    def value_and_gradient(self, W, b):
        """J, dW (K, D) and db (K,), in two products with X."""
        point = self.at(W, b)
        return point.J, *point.gradient

    def hessian_product(self, W, b, V, c):
        """The Hessian at (W, b) times the direction (V, c): arrays (K, D) and (K,)."""
        return self.at(W, b).curvature().product(V, c)

    def suboptimality(self, W, b):
        r"""The certificate: a bound on J(W, b) - min J; infinite if alpha is 0.

        Let b* minimise J(W, .).  As a function of W alone, J(W, b*) is alpha-strongly convex, so

        .. math:: 0 \le J(W, b) - \min J \le
                  J(W, b) - J(W, b^*) + \frac{1}{2 \alpha}
                  \left\| \frac{\partial J}{\partial W}(W, b^*) \right\|^2

        (chapter 10); nor can it exceed J itself, which is never negative.
        """
        return self.at(W, b).suboptimality()

    @cached_property
    def smoothness(self):
        r"""The bound beta on the curvature: a step of at most 1/beta along the gradient never increases J.

        .. math:: \beta = \tfrac12 \lambda_{\max}(A^T A) + \alpha, \qquad
                  a_n = \sqrt{s_n / \textstyle\sum_m s_m} \; (x_n, 1)

        No curvature of the loss exceeds 1/2 on the logits (chapter 6, result (result-variance-bound)).
        """
        from scipy.sparse.linalg import LinearOperator, eigsh  # its import takes longer than a small fit

        def gram(v):  # A^T A v
            z = self.features.logits(v[None, :-1], v[-1:] * self.fit_intercept)  # (N, 1)
            dW, db = self.features.gradient(self.s.astype(z.dtype)[:, None] * z)
            return np.append(dW, db * self.fit_intercept)

        size, start = self.shape[1] + 1, np.random.default_rng(0).normal(size=self.shape[1] + 1)
        operator = LinearOperator((size, size), gram, dtype=self.features.dtype)
        return float(eigsh(operator, 1, v0=start.astype(operator.dtype), return_eigenvectors=False)[0]) / 2 + self.alpha

    @cached_property
    def decorrelation(self):
        """The inverse of the correlations of the features, with `RIDGE` added to their diagonal: (D, D)."""
        gram = self.features.gram(self.s)
        scale = np.sqrt(np.diag(gram))
        scale[scale == 0] = 1
        return np.linalg.inv(gram / scale / scale[:, None] + RIDGE * np.eye(len(gram)))

    @cached_property
    def single(self):
        """The features for approximate products with the Hessian: see `Features.single`."""
        return self.features.single()

    def separates(self, W, b):
        """Whether (W, b) gives every row's label the strictly largest logit.

        If so and alpha is 0, J has no minimum: scaling (W, b) up brings it ever closer to 0.
        """
        if self.y.ndim == 2:
            return False
        Z, label = self.features.logits(W, b), (np.arange(len(self.y)), self.y)  # (N, K), (N,) twice
        own = Z[label]  # (N,)
        Z[label] = -np.inf
        return bool(((own > Z.max(axis=1)) | (self.s == 0)).all())


class Point:
    """An `Objective` at one (W, b): J and its derivatives, from one computation of the probabilities.

    Examples
    --------
    >>> from softmax_lib import Objective
    >>> point = Objective([[0.0], [1.0], [3.0]], [0, 1, 2], alpha=0.1).at(np.zeros((3, 1)), np.zeros(3))
    >>> round(point.J, 6), point.gradient[0].T.round(3)
    (1.098612, array([[ 0.444,  0.111, -0.556]]))
    """

    def __init__(self, objective, W, b, Z):
        self.objective, self.W, self.b, self.Z = objective, W, b, Z
        with np.errstate(over="ignore", invalid="ignore"):
            self.forecast = Forecast(Z, objective.y)
            self.J = float(objective.s @ self.forecast.losses) + objective.alpha / 2 * float(np.vdot(W, W))

    def moved(self, t, V, c, dZ):
        """The point (W + t V, b + t c), where dZ (N, K) are the logits of (V, c): no product with X is needed."""
        return Point(self.objective, self.W + t * V, self.b + t * c, self.Z + t * dZ)

    @cached_property
    def gradient(self):
        """Gradients dW (K, D) and db (K,)."""
        dW, db = self.objective.features.gradient(self.forecast.errors(self.objective.s))
        return dW + self.objective.alpha * self.W, db * self.objective.fit_intercept

    def curvature(self, features=None):
        """The Hessian, as a `Curvature`, in the precision of the features."""
        return Curvature(self.objective, self.forecast.O, features or self.objective.features)

    def suboptimality(self):
        """The certificate: see `Objective.suboptimality`."""
        objective = self.objective
        if objective.alpha == 0:
            return np.inf
        bound = float(np.vdot(self.gradient[0], self.gradient[0])) / (2 * objective.alpha)
        if not objective.fit_intercept:
            return min(self.J, bound)
        best, missing = self.optimal_intercept(enough=bound / 1000)
        bound = float(np.vdot(best.gradient[0], best.gradient[0])) / (2 * objective.alpha)
        return min(self.J, self.J - best.J + bound + missing)

    def optimal_intercept(self, enough=0.0, max_iter=50):
        """The point whose intercept minimises J(W, .), up to `enough`, and how far J may still be above that minimum.

        Damped Newton steps on K numbers.  The second value is twice the decrease that Newton's model still
        promises (chapter 10); infinite if the model is no guide because the logits are saturated.
        """
        point, s, K = self, self.objective.s, len(self.b)
        eps = np.finfo(self.Z.dtype).eps
        for _ in range(max_iter):
            O = point.forecast.O.astype(np.float64, copy=False)  # (N, K)
            H = -((O * s[:, None]).T @ O)  # (K, K)
            np.fill_diagonal(H, 0)
            np.fill_diagonal(H, -H.sum(axis=1))  # each row sums to 0: more exact than o - o^2
            db = point.forecast.errors(s).sum(axis=0)  # (K,)
            try:
                step = -np.linalg.solve(H + np.trace(H) / K**2, db)  # (K,): H is singular along (1, ..., 1) only
            except np.linalg.LinAlgError:
                return self, np.inf
            step = step.astype(db.dtype, copy=False)
            decrement = float(-db @ step)  # twice what a full step promises
            if not np.abs(db + H @ step).max() <= 10 * eps:  # H is flat where db is not: saturated logits
                return self, np.inf
            if decrement <= max(eps * point.J, enough if point is self else 0.0) and np.ptp(step) < 0.5:
                return point, decrement
            t = 1.0
            while not (new := point.moved(t, 0, step, step)).J <= point.J - t * decrement / 4 and t > eps:
                t /= 2
            if not new.J < point.J:
                break
            point = new
        return point, decrement if np.ptp(step) < 0.5 else np.inf


class Curvature:
    r"""The Hessian of an `Objective` at one point (W, b).

    .. math:: H = \sum_n \bar s_n \, (\mathrm{diag}(o_n) - o_n o_n^T) \otimes (x_n, 1)(x_n, 1)^T
              + \mathrm{diag}(\alpha, \dots, \alpha, 0), \qquad \bar s_n = s_n / \sum_m s_m

    It keeps the probabilities O (N, K), so that each product costs two products with X and no exponential.

    Notes
    -----
    Source: chapter 9.

    Examples
    --------
    >>> import numpy as np
    >>> from softmax_lib import Objective
    >>> objective = Objective([[0.0], [1.0], [3.0]], [0, 1, 2], alpha=0.1)
    >>> curvature = objective.at(*objective.zeros()).curvature()
    >>> V, c = np.array([[1.0], [0.0], [0.0]]), np.zeros(3)
    >>> HV, Hc = curvature.product(V, c)
    >>> H = curvature.matrix()  # (K, D + 1, K, D + 1)
    >>> bool(np.allclose(HV, H[:, :1, 0, 0])), bool(np.allclose(Hc, H[:, 1, 0, 0]))
    (True, True)
    """

    def __init__(self, objective, O, features):
        self.objective, self.features = objective, features
        self.O = O.astype(features.dtype, copy=False)  # (N, K)
        self.s = objective.s.astype(features.dtype, copy=False)  # (N,)
        self.sO = self.s[:, None] * self.O  # (N, K)

    def product(self, V, c):
        """H times the direction (V, c): arrays (K, D) and (K,)."""
        R = self.features.logits(V, c * self.objective.fit_intercept)  # (N, K)
        R -= np.einsum("nk,nk->n", self.O, R)[:, None]
        R *= self.sO
        HV, Hc = self.features.gradient(R)
        return HV + self.objective.alpha * V, Hc * self.objective.fit_intercept

    def diagonal(self, every=1):
        """The diagonal of H, as arrays (K, D) and (K,), or an estimate of it from every so manieth row."""
        P = self.sO[::every] * (1 - self.O[::every]) * every  # (n, K)
        return self.features[::every].squares(P) + self.objective.alpha, P.sum(axis=0)

    def preconditioner(self):
        """A function (rW, rb) -> (zW, zb) that is cheap and close to the inverse of H.

        The diagonal of H takes care of the scales of features and classes, and the correlations of the
        features, if these are few, of what features have in common.
        """
        dW, db = self.diagonal(every=max(1, len(self.O) // 2000))
        db = np.maximum(db, np.finfo(db.dtype).tiny)
        if self.objective.shape[1] > MANY_FEATURES:
            return lambda rW, rb: (rW / dW, rb / db)
        root = np.sqrt(dW)
        inverse = self.objective.decorrelation.astype(dW.dtype, copy=False)  # (D, D)
        return lambda rW, rb: ((rW / root) @ inverse / root, rb / db)

    def matrix(self):
        """H written out, (K, D + 1, K, D + 1), the intercept last; for K (D + 1) of a few hundred at most."""
        K, D = self.objective.shape
        H = np.zeros((K, D + 1, K, D + 1))
        for rows in self.features.blocks(1024):
            O, root = self.O[rows].T, np.sqrt(self.s[rows, None])  # (K, n), (n, 1)
            X = np.empty((len(root), D + 1), root.dtype)
            X[:, :D], X[:, D:] = self.features.dense(rows) * root, root * self.objective.fit_intercept
            for k in range(K):
                for l in range(k):
                    H[k, :, l] -= (X.T * (O[k] * O[l])) @ X
        H += H.transpose(2, 3, 0, 1)
        np.einsum("kdke->kde", H)[:] = -H.sum(axis=2)  # over all classes a row of diag(o) - o o^T sums to 0
        np.einsum("kdkd->kd", H)[:, :D] += self.objective.alpha
        return H
