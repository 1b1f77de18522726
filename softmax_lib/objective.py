"""The objective: mean loss plus penalty, as a function of the weights."""

from functools import cached_property

import numpy as np

from softmax_lib.functions import as_floats, shifted
from softmax_lib.loss import as_targets, as_weights, row_gradients, row_losses

#: From here on the covariance of the features costs more than it saves the solver.
MANY_FEATURES = 128


def weighted_loss(s, y, weights):
    """Weighted sum of the losses of one block, added up in float64."""
    return float((weights * row_losses(s, y)).sum(dtype=np.float64))


def block_sums(X, y, weights, W, b):
    """Weighted sums over one block of n rows: the loss, and its gradients for W and b.

    Adding the results over blocks gives the sums over all rows, in any order and on any machine.

    Examples
    --------
    >>> import numpy as np
    >>> X, y, weights = np.ones((2, 3)), np.array([0, 1]), np.ones(2)
    >>> loss, dW, db = block_sums(X, y, weights, W=np.zeros((2, 3)), b=np.zeros(2))
    >>> round(loss, 6), dW.shape, db
    (1.386294, (2, 3), array([0., 0.]))
    """
    s = shifted(X @ W.T + b)  # (n, K)
    G = weights[:, None] * row_gradients(s, y)  # (n, K)
    return weighted_loss(s, y, weights), G.T @ X, G.sum(axis=0)  # float, (K, D), (K,)


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

    ========  ==========  ===================================================================
    name      shape       meaning
    ========  ==========  ===================================================================
    X         (N, D)      rows of features, without a constant column
    y         (N,), (N,K) labels 0 .. K-1, or target rows that sum to 1
    s         (N,)        sample weights, not negative
    W, V, dW  (K, D)      one row of weights a class (the transpose of the W of the chapters)
    b, c, db  (K,)        one intercept a class; ``db`` is 0 without an intercept
    J         float       always the number above, in float64
    ========  ==========  ===================================================================

    Parameters
    ----------
    X : array_like, shape (N, D)
    y : array_like, shape (N,) or (N, K)
    alpha : float, default 0
        Strength of the penalty; ``1 / (C N)`` in scikit-learn's terms.
    fit_intercept : bool, default True
        If False, b stays what it is: its gradient is 0.
    sample_weight : array_like, shape (N,), optional
    n_classes : int, optional
        K; by default the largest label plus one, or the length of the target rows.
    block_rows : int, default 8192
        Rows that are worked on at a time: the memory needed is ``block_rows * K`` numbers.

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

    def __init__(self, X, y, *, alpha=0.0, fit_intercept=True, sample_weight=None, n_classes=None, block_rows=8192):
        X, y = as_floats(X, "X"), np.asarray(y)
        if X.ndim != 2 or not X.size or not np.isfinite(X).all():
            raise ValueError(f"X must be (N, D), not empty and finite, got shape {X.shape}")
        if not 0 <= alpha < np.inf:
            raise ValueError(f"alpha must be finite and not negative, got {alpha}")
        if n_classes is None:
            n_classes = y.shape[1] if y.ndim == 2 else int(y.max()) + 1
        self.X, self.alpha, self.fit_intercept = X, float(alpha), fit_intercept
        self.y = as_targets(y, len(X), n_classes, X.dtype)
        self.weights = as_weights(sample_weight, len(X), X.dtype)  # (N,)
        self.total_weight = float(self.weights.sum(dtype=np.float64))
        if not self.total_weight > 0:
            raise ValueError("the sample weights must have a positive sum")
        self.shape = (n_classes, X.shape[1])  # (K, D)
        self.block_rows = block_rows

    def zeros(self):
        """Zero weights (K, D) and intercepts (K,) to start from."""
        return np.zeros(self.shape, self.X.dtype), np.zeros(self.shape[0], self.X.dtype)

    def blocks(self):
        """The data, block by block of rows: X (n, D), y (n,) or (n, K), weights (n,)."""
        for start in range(0, len(self.X), self.block_rows):
            rows = slice(start, start + self.block_rows)
            yield self.X[rows], self.y[rows], self.weights[rows]

    def value(self, W, b):
        """J(W, b)."""
        loss = sum(weighted_loss(shifted(X @ W.T + b), y, s) for X, y, s in self.blocks())
        return loss / self.total_weight + self.alpha / 2 * float(np.vdot(W, W))

    def gradient(self, W, b):
        """Gradients dW (K, D) and db (K,)."""
        return self.value_and_gradient(W, b)[1:]

    def value_and_gradient(self, W, b):
        """J, dW (K, D) and db (K,), in one pass over the data."""
        loss, dW, db = map(sum, zip(*(block_sums(*block, W, b) for block in self.blocks()), strict=True))
        J = loss / self.total_weight + self.alpha / 2 * float(np.vdot(W, W))
        return J, dW / self.total_weight + self.alpha * W, db / self.total_weight * self.fit_intercept

    def curvature(self, W, b):
        """The Hessian at (W, b), as a `Curvature`: many products for one computation of the probabilities."""
        return Curvature(self, W, b)

    def hessian_product(self, W, b, V, c):
        """The Hessian at (W, b) times the direction (V, c): arrays (K, D) and (K,)."""
        return self.curvature(W, b).product(V, c)

    @cached_property
    def smoothness(self):
        """beta, the bound on the curvature: gradient descent with a step of at most 1/beta never increases J.

        beta = lambda_max(A^T A) / 2 + alpha, where the rows of A are sqrt(s_n / sum(s)) (x_n, 1):
        no curvature of the loss exceeds 1/2 on the logits (chapter 6, result (result-variance-bound)).
        """
        A = np.hstack([self.X, np.ones((len(self.X), 1), self.X.dtype)]) if self.fit_intercept else self.X
        A = A * np.sqrt(self.weights / self.total_weight)[:, None]  # (N, D) or (N, D + 1)
        gram = A.T @ A if A.shape[0] > A.shape[1] else A @ A.T  # the smaller of the two
        return float(np.linalg.eigvalsh(gram)[-1]) / 2 + self.alpha

    @cached_property
    def gram(self):
        """The weighted X^T X, (D, D), with its diagonal scaled to one, and the scale (D,) of each feature."""
        gram = (self.X * (self.weights / self.total_weight)[:, None]).T @ self.X
        scale = np.sqrt(np.diag(gram))
        scale[scale == 0] = 1
        return gram / scale / scale[:, None], scale

    def optimal_intercept(self, W, b, max_iter=50):
        """The intercept (K,) that minimises J(W, .), and how far J may still be above that minimum.

        Damped Newton steps on K numbers: the logits without intercept are computed once.  The second
        value is twice the decrease that Newton's model still promises; infinite if the model is no
        guide because the logits are saturated.
        """
        Z = self.X @ W.T  # (N, K)
        s = self.weights / self.total_weight  # (N,)
        eps = np.finfo(Z.dtype).eps

        def value(b):
            return weighted_loss(shifted(Z + b), self.y, s)

        J = value(b)
        for _ in range(max_iter):
            parts = shifted(Z + b)
            o = parts.probabilities()  # (N, K)
            H = -((o * s[:, None]).T @ o).astype(np.float64)  # (K, K)
            np.fill_diagonal(H, 0)
            np.fill_diagonal(H, -H.sum(axis=1))  # each row sums to 0: more exact than o - o^2
            db = s @ row_gradients(parts, self.y)  # (K,)
            step = -np.linalg.pinv(H, rcond=len(H) * eps, hermitian=True) @ db  # (K,)
            if np.abs(db + H @ step).max() > 10 * eps:  # H is flat where db is not: saturated logits
                return b, np.inf
            decrement = float(-db @ step)  # twice what a full step promises
            if decrement <= eps * J:
                break
            t = 1.0
            while (J_new := value(b + t * step)) > J - t * decrement / 4 and t > eps:
                t /= 2
            if not J_new < J:
                break
            b, J = b + t * step, J_new
        return b, decrement

    def suboptimality(self, W, b):
        r"""The certificate: a bound on J(W, b) - min J; infinite if alpha is 0.

        Let b* minimise J(W, .).  As a function of W alone, J(W, b*) is alpha-strongly convex, so

        .. math:: 0 \le J(W, b) - \min J \le
                  J(W, b) - J(W, b^*) + \frac{1}{2 \alpha}
                  \left\| \frac{\partial J}{\partial W}(W, b^*) \right\|^2

        (chapter 10); nor can it exceed J itself, which is never negative.
        """
        if self.alpha == 0:
            return np.inf
        best, missing = self.optimal_intercept(W, b) if self.fit_intercept else (b, 0.0)
        J, (J_best, dW, _) = self.value(W, b), self.value_and_gradient(W, best)
        return min(J, max(J - J_best, 0.0) + missing + float(np.vdot(dW, dW)) / (2 * self.alpha))

    def separates(self, W, b):
        """Whether (W, b) gives every row's label the strictly largest logit.

        If so and alpha is 0, J has no minimum: scaling (W, b) up brings it ever closer to 0.
        """
        if self.y.ndim == 2:
            return False
        Z, rows = self.X @ W.T + b, np.arange(len(self.X))  # (N, K), (N,)
        label = Z[rows, self.y]  # (N,)
        Z[rows, self.y] = -np.inf
        return bool(((label > Z.max(axis=1)) | (self.weights == 0)).all())


class Curvature:
    r"""The Hessian of an `Objective` at one point (W, b).

    .. math:: H = \sum_n \bar s_n \, (\mathrm{diag}(o_n) - o_n o_n^T) \otimes (x_n, 1)(x_n, 1)^T
              + \mathrm{diag}(\alpha, \dots, \alpha, 0), \qquad \bar s_n = s_n / \sum_m s_m

    It keeps the probabilities O (N, K), so that each product costs two products with X and no exponential.

    Examples
    --------
    >>> import numpy as np
    >>> from softmax_lib import Objective
    >>> objective = Objective([[0.0], [1.0], [3.0]], [0, 1, 2], alpha=0.1)
    >>> curvature = objective.curvature(*objective.zeros())
    >>> V, c = np.array([[1.0], [0.0], [0.0]]), np.zeros(3)
    >>> HV, Hc = curvature.product(V, c)
    >>> H = curvature.matrix()  # (K, D + 1, K, D + 1)
    >>> bool(np.allclose(HV, H[:, :1, 0, 0])), bool(np.allclose(Hc, H[:, 1, 0, 0]))
    (True, True)
    """

    def __init__(self, objective, W, b):
        self.objective = objective
        blocks = [shifted(X @ W.T + b).probabilities() for X, _, _ in objective.blocks()]
        self.O = np.concatenate(blocks)  # (N, K)
        self.s = objective.weights / objective.total_weight  # (N,)
        self.sO = self.s[:, None] * self.O  # (N, K)

    def product(self, V, c):
        """H times the direction (V, c): arrays (K, D) and (K,)."""
        X, alpha, fit_intercept = self.objective.X, self.objective.alpha, self.objective.fit_intercept
        R = X @ V.T + c * fit_intercept  # (N, K)
        R -= np.einsum("nk,nk->n", self.O, R)[:, None]
        R *= self.sO
        return R.T @ X + alpha * V, R.sum(axis=0) * fit_intercept

    def diagonal(self):
        """The diagonal of H, as arrays (K, D) and (K,)."""
        P = self.O * (1 - self.O) * self.s[:, None]  # (N, K)
        return P.T @ self.objective.X**2 + self.objective.alpha, P.sum(axis=0)

    def preconditioner(self):
        """A function (rW, rb) -> (zW, zb) that is cheap and close to the inverse of H.

        With few features it takes the covariance of the features for every class, scaled by the class's mean
        o (1 - o), so that neither the scale of the features nor their correlations slow the solver; with many,
        the diagonal of H.
        """
        tiny = np.finfo(self.O.dtype).tiny
        if self.objective.shape[1] > MANY_FEATURES:
            dW, db = self.diagonal()
            return lambda rW, rb: (rW / dW, rb / np.maximum(db, tiny))
        p = np.maximum(self.s @ (self.O * (1 - self.O)), tiny)  # (K,)
        gram, scale = self.objective.gram  # (D, D) with a unit diagonal, (D,)
        penalty = self.objective.alpha / p.mean() / scale**2
        inverse = np.linalg.inv(gram + np.diag(penalty + 1e-10))  # (D, D)
        return lambda rW, rb: ((rW / scale) @ inverse / scale / p[:, None], rb / p)

    def matrix(self):
        """H written out, (K, D + 1, K, D + 1), the intercept last; for K (D + 1) of a few hundred at most."""
        K, D = self.objective.shape
        H = np.zeros((K, D + 1, K, D + 1))
        for start in range(0, len(self.O), 4096):
            rows = slice(start, start + 4096)
            O, s = self.O[rows], self.s[rows, None]  # (n, K), (n, 1)
            X = np.insert(self.objective.X[rows], D, float(self.objective.fit_intercept), axis=1)  # (n, D + 1)
            OX = (O[:, :, None] * X[:, None, :]).reshape(len(X), -1)  # (n, K (D + 1))
            H -= ((s * OX).T @ OX).reshape(H.shape)
            for k in range(K):
                H[k, :, k, :] += (s * O[:, k : k + 1] * X).T @ X
        d = np.arange(D)
        H[np.arange(K)[:, None], d, np.arange(K)[:, None], d] += self.objective.alpha
        return H
