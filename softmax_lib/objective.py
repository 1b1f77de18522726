"""The objective: mean loss plus penalty, as a function of the weights."""

from functools import cached_property

import numpy as np

from softmax_lib.features import Features
from softmax_lib.functions import Shifted, check_number
from softmax_lib.loss import as_targets, as_weights, row_gradients, row_losses

#: From here on the correlations of the features cost more than they save the solver.
MANY_FEATURES = 128
#: What is added to the correlations of the features: no direction is taken for flatter than this.
RIDGE = 3.0


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

    and the product of the Hessian with a direction (V, c), ``at(W, b).curvature().product``, replaces row n
    of O - Y by :math:`(\mathrm{diag}(o_n) - o_n o_n^T)(V x_n + c)` and W by V.

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
        check_number("alpha", alpha)
        if fit_intercept not in (True, False):
            raise ValueError(f"fit_intercept must be True or False, got {fit_intercept!r}")
        if n_classes is None:
            n_classes = y.shape[1] if y.ndim == 2 else int(y.max()) + 1 if y.size and y.dtype.kind in "biu" else 1
        self.alpha, self.fit_intercept, self.shape = float(alpha), fit_intercept, (n_classes, D)  # (K, D)
        self.y = as_targets(y, N, n_classes, self.features.dtype)
        self.s = as_weights(sample_weight, N, shares=True)  # (N,) float64: they sum to 1

    def zeros(self):
        """Zero weights (K, D) and intercepts (K,) to start from."""
        return np.zeros(self.shape, self.features.dtype), np.zeros(self.shape[0], self.features.dtype)

    def part(self, rows):
        """An estimate of the objective from n of its N rows: their loss, scaled up by N / n, and the whole penalty.

        Its mean over random rows is J; and as J's loss is a sum over rows, the losses of blocks that
        make up all rows, each scaled down again by n / N, add up to it on any machine and in any order.
        """
        part = object.__new__(Objective)
        part.alpha, part.fit_intercept, part.shape = self.alpha, self.fit_intercept, self.shape
        part.features, part.y, s = self.features[rows], self.y[rows], self.s[rows]
        part.s = s * (len(self.s) / len(s))  # (n,)
        return part

    def with_penalty(self, derivative, Wb):
        """A derivative of the loss for W (K, D) and b (K,), and what the penalty adds to it: (K, D + 1)."""
        dW, db = derivative
        return np.column_stack([dW + self.alpha * Wb[:, :-1], db * self.fit_intercept])

    def at(self, W, b):
        """The `Point` (W, b), where the probabilities are computed once for all that is asked there."""
        return Point(self, np.column_stack([W, b]), self.features.logits(W, b))

    def value(self, W, b):
        """J(W, b)."""
        return self.at(W, b).J

    def gradient(self, W, b):
        """Gradients dW (K, D) and db (K,)."""
        return self.value_and_gradient(W, b)[1:]

    def value_and_gradient(self, W, b):
        """J, dW (K, D) and db (K,), in two products with X, block by block: each block is read from memory once."""
        J, gradient = 0.0, 0.0
        for part in map(self.part, self.features.blocks(2**20)):
            point, share = part.at(W, b), len(part.y) / len(self.y)
            J, gradient = J + share * point.J, gradient + share * point.gradient
        return J, gradient[:, :-1], gradient[:, -1]

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
        if not gram(start).any():  # all features are 0, and there is no intercept
            return self.alpha or 1.0
        operator = LinearOperator((size, size), gram, dtype=self.features.dtype)
        largest = eigsh(operator, 1, v0=start.astype(operator.dtype), return_eigenvectors=False)  # (1,)
        return float(largest[0]) / 2 + self.alpha

    @cached_property
    def decorrelation(self):
        """The inverse of the correlations of the features, with `RIDGE` on their diagonal; 1 for the intercept."""
        gram = np.eye(self.shape[1] + 1)
        gram[:-1, :-1] = self.features.gram(self.s.astype(self.features.dtype))
        scale = np.sqrt(np.diag(gram)) + np.finfo(gram.dtype).tiny
        inverse = np.linalg.inv(gram / scale / scale[:, None] + RIDGE * np.eye(len(gram)))
        return inverse / inverse[-1, -1]


class Point:
    """An `Objective` at one (W, b): J and its derivatives, from one computation of the probabilities.

    W and b are kept in one array Wb (K, D + 1), the intercept last, and so is whatever is added to them.

    Examples
    --------
    >>> from softmax_lib import Objective
    >>> objective = Objective([[0.0], [1.0], [3.0]], [0, 1, 2], alpha=0.1)
    >>> point = objective.at(*objective.zeros())
    >>> round(point.J, 6), point.gradient[:, 0].round(3)
    (1.098612, array([ 0.444,  0.111, -0.556]))
    """

    def __init__(self, objective, Wb, Z):
        self.objective, self.Wb, self.Z = objective, Wb, Z
        self.W, self.b = Wb[:, :-1], Wb[:, -1]
        with np.errstate(over="ignore", invalid="ignore"):
            self.shifted = Shifted(Z, objective.y if objective.y.ndim == 1 else None, exact=False)
            loss = float(objective.s @ row_losses(self.shifted, objective.y))
            self.J = loss + objective.alpha / 2 * float(np.vdot(self.W, self.W))

    def moved(self, t, step, dZ):
        """The point Wb + t step, where dZ (N, K) are the logits of the step: no product with X is needed."""
        return Point(self.objective, self.Wb + t * step, self.Z + t * dZ)

    def errors(self):
        """Row n of O - Y times s_n, (N, K): the gradient for the logits."""
        return row_gradients(self.shifted, self.objective.y, self.objective.s)

    @cached_property
    def gradient(self):
        """The derivatives for W and b, (K, D + 1)."""
        return self.objective.with_penalty(self.objective.features.gradient(self.errors()), self.Wb)

    def curvature(self, features=None):
        """The Hessian, as a `Curvature`, in the precision of the features."""
        return Curvature(self.objective, self.shifted.probabilities, features or self.objective.features)

    def separates(self):
        """Whether every row's label has the strictly largest logit; if so and alpha is 0, J has no minimum.

        Scaling (W, b) up brings it ever closer to 0.
        """
        right = (self.shifted.gap == 0).sum(axis=1) == 1  # (N,): one class alone is the largest
        y = self.objective.y
        right &= self.shifted.gap[self.shifted.reference] == 0 if y.ndim == 1 else y[self.shifted.reference] == 1
        return bool((right | (self.objective.s == 0)).all())

    def suboptimality(self):
        """The certificate: see `Objective.suboptimality`."""
        alpha = self.objective.alpha
        if alpha == 0:
            return np.inf
        best, missing = self.optimal_intercept() if self.objective.fit_intercept else (self, 0.0)
        dW = best.gradient[:, :-1]
        return min(self.J, max(self.J - best.J, 0.0) + float(np.vdot(dW, dW)) / (2 * alpha) + missing)

    def optimal_intercept(self, max_iter=50):
        """The point whose intercept minimises J(W, .), and how far J may still be above that minimum.

        Damped Newton steps on K numbers.  The second value is twice the decrease that Newton's model still
        promised before the last step (chapter 10); infinite if the model is no guide because the logits
        are saturated.
        """
        point, s, y, eps = self, self.objective.s, self.objective.y, np.finfo(self.Z.dtype).eps
        seen = (np.bincount(y, s, len(self.Wb)) if y.ndim == 1 else s @ y) > 0  # (K,): other intercepts go to -infinity
        for _ in range(max_iter):
            O = point.shifted.probabilities  # (N, K)
            H = -((O * s[:, None]).T @ O)  # (K, K)
            np.fill_diagonal(H, 0)
            np.fill_diagonal(H, -H.sum(axis=1))  # each row sums to 0: more exact than o - o^2
            db = point.errors().sum(axis=0, dtype=np.float64)  # (K,)
            step = -np.linalg.lstsq(H, db)[0].clip(-1e30, 1e30)  # (K,): H is singular along (1, ..., 1), or wholly
            decrement = max(0.0, float(-db @ step))  # twice what a full step promises
            noise = 10 * eps * (2 * (s @ O) - db + np.abs(H) @ np.abs(step)) + abs(db.sum())  # (K,)
            if not (np.abs(db + H @ step) <= noise)[seen].all():  # H is flat where db is not: saturated logits
                return self, np.inf
            Wb, t = np.pad(step.astype(self.Wb.dtype)[:, None], ((0, 0), (self.W.shape[1], 0))), 1.0  # (K, D + 1)
            if decrement <= eps * point.J and np.ptp(step[seen]) < 0.5:  # the last step counts for dW, if not for J
                return point.moved(1.0, Wb, Wb[:, -1]), decrement
            while not (new := point.moved(t, Wb, Wb[:, -1])).J <= point.J - t * decrement / 4 and t > eps:
                t /= 2
            if not new.J < point.J:
                break
            point = new
        return point, decrement if np.ptp(step[seen]) < 0.5 else np.inf


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
    >>> V = np.array([[1.0, 0.0], [0.0, 0.0], [0.0, 0.0]])  # the weight of class 0
    >>> H = curvature.matrix()  # (K, D + 1, K, D + 1)
    >>> bool(np.allclose(curvature.product(V), H[:, :, 0, 0]))
    True
    """

    def __init__(self, objective, O, features):
        self.objective, self.features = objective, features
        self.O = O.astype(features.dtype, copy=False)  # (N, K)
        self.sO = objective.s.astype(features.dtype, copy=False)[:, None] * self.O  # (N, K)

    def product(self, V):
        """H times the direction V (K, D + 1): (K, D + 1)."""
        R = self.features.logits(V[:, :-1], V[:, -1] * self.objective.fit_intercept)  # (N, K)
        R -= np.einsum("nk,nk->n", self.O, R)[:, None]
        R *= self.sO
        return self.objective.with_penalty(self.features.gradient(R), V)

    def preconditioner(self):
        """A function (K, D + 1) -> (K, D + 1) that is cheap and close to the inverse of H.

        The diagonal of H takes care of the scales of features and classes, and the correlations of the
        features, if these are few, of what features have in common.
        """
        every = max(1, len(self.O) // 2000)  # an estimate from so many rows will do
        P = self.sO[::every] * (1 - self.O[::every]) * every  # (n, K)
        diagonal = np.column_stack([self.features[::every].squares(P) + self.objective.alpha, P.sum(axis=0)])
        diagonal = np.maximum(diagonal, 1e-14 * diagonal.max(axis=0) + 1e-37)  # (K, D + 1): its inverse is no infinity
        if self.objective.shape[1] > MANY_FEATURES:
            return lambda r: r / diagonal
        root, inverse = np.sqrt(diagonal), self.objective.decorrelation.astype(diagonal.dtype)  # (D + 1, D + 1)
        return lambda r: (r / root) @ inverse / root

    def matrix(self):
        """H written out, (K, D + 1, K, D + 1), the intercept last; for K (D + 1) of a few hundred at most."""
        K, D = self.objective.shape
        H = np.zeros((K, D + 1, K, D + 1))
        for rows in self.features.blocks(2**15):
            O, root = self.O[rows].T, np.sqrt(self.objective.s[rows, None])  # (K, n), (n, 1)
            X = np.empty((len(root), D + 1), root.dtype)
            X[:, :D], X[:, D:] = self.features.dense(rows) * root, root * self.objective.fit_intercept
            for k in range(K):
                for l in range(k):
                    H[k, :, l] -= (X.T * (O[k] * O[l])) @ X
        H += H.transpose(2, 3, 0, 1)
        np.einsum("kdke->kde", H)[:] = -H.sum(axis=2)  # over all classes a row of diag(o) - o o^T sums to 0
        np.einsum("kdkd->kd", H)[:, :D] += self.objective.alpha
        return H
