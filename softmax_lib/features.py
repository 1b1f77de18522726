"""The features as a matrix that is only multiplied with: dense or sparse, and centred without a copy."""

from copy import copy
from functools import cached_property

import numpy as np

from softmax_lib.functions import as_floats

#: Dense features of up to this many numbers are centred by a copy: it is small, exact and quick.
SMALL = 2**21


def average(X, shares):
    """The weighted mean of the rows of X (N, D), in double precision: (D,)."""
    weights = shares / shares.max()  # often 1: the mean of a constant column is then exact
    blocks = [slice(None)] if hasattr(X, "tocsr") else [slice(i, i + 256) for i in range(0, len(X), 256)]
    return sum(X[rows].T @ weights[rows] for rows in blocks) / weights.sum()


class Features:
    r"""The matrix :math:`X - 1 c^T`, with the rows of features X (N, D) and a centre c (D,).

    A sparse X stays sparse, and a large X is not copied: the products are

    .. math:: (X - 1 c^T) W^T = X W^T - 1 (W c)^T, \qquad
              G^T (X - 1 c^T) = G^T X - (G^T 1) c^T.

    The differences on the right lose digits where the centre is much larger than the spread around it:
    there, and where X is small, c is subtracted from a copy of X.

    Parameters
    ----------
    X : array_like or SciPy CSR matrix, shape (N, D)
    centre : array_like, shape (D,), optional
        What is subtracted from every row; zeros by default.

    Raises
    ------
    ValueError
        If X is not two-dimensional, is empty, or holds NaN, infinity or numbers whose squares overflow.
    TypeError
        If X does not hold real numbers.

    Notes
    -----
    Source: chapter 5; chapter 6, the section on centring.

    Examples
    --------
    >>> import numpy as np
    >>> features = Features([[1.0, 0.0], [3.0, 2.0]], centre=[2.0, 1.0])
    >>> features.logits(np.array([[1.0, 1.0]]), b=np.array([10.0]))
    array([[ 8.],
           [12.]])
    """

    def __init__(self, X, centre=None):
        self.sparse = hasattr(X, "tocsr")
        X = X.tocsr().astype(np.result_type(X.dtype, np.float32)) if self.sparse else as_floats(X, "X")
        values = X.data[None] if self.sparse else X
        if X.ndim != 2 or not X.shape[0] * X.shape[1]:
            raise ValueError(f"X must be (N, D) and not empty, got shape {X.shape}")
        if not np.isfinite(np.einsum("nd,nd->", values, values)):  # einsum needs no memory
            raise ValueError("X must be finite, and so must its squares: drop rows with NaN or infinity, or rescale")
        self._hold(X)
        self.centre = None if centre is None or not np.any(centre) else as_floats(centre, "centre").astype(np.float64)
        if self.centre is not None and self.centre.shape != X.shape[1:]:
            raise ValueError(f"centre has shape {self.centre.shape}, expected {X.shape[1:]}")
        if self.centre is not None and not self.sparse:
            squares = sum(np.einsum("nd,nd->d", X[rows], X[rows], dtype=np.float64) for rows in self.blocks())
            far = (squares / len(X) < self.centre**2 * (1 + np.finfo(X.dtype).eps ** 0.8)).any()  # from its spread
            if far or X.size <= SMALL:
                self._hold((X - self.centre).astype(X.dtype, copy=False))
                self.centre = None

    def _hold(self, X):
        self.__dict__.pop("single", None)
        self.X, self.XT, self.shape, self.dtype = X, X.T, X.shape, X.dtype

    def __getitem__(self, rows):
        """The features of some rows, with the same centre."""
        part = copy(self)
        part._hold(self.X[rows])
        return part

    @cached_property
    def single(self):
        """Small dense features in single precision, and transposed too, so that both products are quick."""
        if self.sparse or self.centre is not None or self.X.size > SMALL:
            return self
        sizes = np.abs(self.X).max(axis=0)  # (D,)
        if sizes.max() > 1e4 * sizes[sizes > 0].min(initial=np.inf):  # seven digits are not enough for all of them
            return self
        twin = copy(self)
        twin._hold(self.X.astype(np.float32, copy=False))
        twin.XT = np.ascontiguousarray(twin.X.T)
        return twin

    def blocks(self, size=2**18):
        """Slices of the rows, in order: about `size` numbers each."""
        n = max(1, size // self.shape[1])
        return [slice(start, start + n) for start in range(0, self.shape[0], n)]

    def dense(self, rows):
        """X - c for some rows, written out."""
        X = self.X[rows].toarray() if self.sparse else self.X[rows]
        return X if self.centre is None else (X - self.centre).astype(self.dtype, copy=False)

    def logits(self, W, b):
        """(X - c) W^T + b for weights (K, D) and intercepts (K,): (N, K)."""
        # Dense: each column of Z in one piece of memory, which is quicker for all that follows.
        Z = self.X @ np.ascontiguousarray(W.T) if self.sparse else (W @ self.XT).T
        Z += b if self.centre is None else (b - W @ self.centre).astype(self.dtype)
        return Z

    def gradient(self, G):
        """G^T (X - c) and G^T 1 for the derivatives G (N, K) of a loss for its logits: (K, D) and (K,)."""
        dW, db = (self.XT @ G).T if self.sparse else G.T @ self.X, G.sum(0, np.float64 if self.sparse else None)
        return dW if self.centre is None else (dW - np.outer(db, self.centre)).astype(self.dtype), db.astype(G.dtype)

    def gram(self, weights):
        """(X - c)^T diag(weights) (X - c), (D, D)."""
        return sum((self.dense(rows) * weights[rows, None]).T @ self.dense(rows) for rows in self.blocks())

    def squares(self, P):
        """P^T (X - c)^2, squared entry by entry, for P (N, K): (K, D)."""
        if not self.sparse:
            return sum(P[rows].T @ self.dense(rows) ** 2 for rows in self.blocks())
        squares = (self.X.multiply(self.X).T @ P).T  # (K, D)
        c = 0 if self.centre is None else self.centre
        return (squares - 2 * c * (self.XT @ P).T + np.outer(P.sum(axis=0), c**2 + np.zeros(self.shape[1]))).clip(0)
