"""The features as a matrix that is only multiplied with: dense or sparse, and centred without a copy."""

import numpy as np

from softmax_lib.functions import as_floats

#: Dense features of up to this many numbers are centred by a copy: it is small, exact and quick.
SMALL = 2**21
#: Rows are worked on in blocks of about this many numbers.
BLOCK = 2**20


class Features:
    r"""The matrix :math:`X - 1 c^T`, with the rows of features X (N, D) and a centre c (D,).

    A sparse X stays sparse, and a large X is not copied: the products are

    .. math:: (X - 1 c^T) W^T = X W^T - 1 (W c)^T, \qquad
              G^T (X - 1 c^T) = G^T X - (G^T 1) c^T.

    The differences on the right lose digits where the centre is much larger than the spread around it;
    then c is subtracted from X itself, block by block.

    Parameters
    ----------
    X : array_like or SciPy CSR matrix, shape (N, D)
    centre : array_like, shape (D,), optional
        What is subtracted from every row; zeros by default.

    Raises
    ------
    ValueError
        If X is not two-dimensional, is empty, or holds NaN or infinity.
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
        X = X.tocsr() if self.sparse else as_floats(X, "X")
        values = X.data if self.sparse else X
        if X.ndim != 2 or not X.shape[0] * X.shape[1]:
            raise ValueError(f"X must be (N, D) and not empty, got shape {X.shape}")
        if not (np.isfinite(values.sum(dtype=np.float64)) or np.isfinite(values).all()):  # the sum needs no memory
            raise ValueError("X must be finite: it holds NaN or infinity; drop or impute these rows")
        self.shape, self.dtype = X.shape, X.dtype
        self.subtracted = False  # from X itself, block by block
        self.centre = None if centre is None or not np.any(centre) else np.asarray(centre, np.float64)
        if self.centre is not None and not self.sparse:
            if X.size <= SMALL:
                X, self.centre = (X - self.centre).astype(self.dtype, copy=False), None
            else:
                spread = np.einsum("nd,nd->d", X, X) / len(X) - self.centre**2  # (D,), squared
                self.subtracted = bool((spread < self.centre**2 * np.finfo(self.dtype).eps ** 0.4).any())
        self.X, self.XT = X, X.T

    def single(self):
        """A copy in single precision, with a transpose of its own so that both products are quick."""
        copy = self[:]
        copy.X = self.X.astype(np.float32, copy=False)
        copy.XT, copy.dtype = np.ascontiguousarray(copy.X.T), copy.X.dtype
        return copy

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, rows):
        """The features of some rows, with the same centre."""
        part = object.__new__(Features)
        X = self.X[rows]
        part.__dict__.update(self.__dict__, X=X, XT=X.T, shape=X.shape)
        return part

    def blocks(self, rows=None):
        """Slices of the rows, in order; a block of them fits into a processor's cache."""
        rows = rows or max(1024, BLOCK // self.shape[1])
        return [slice(start, start + rows) for start in range(0, len(self), rows)]

    def dense(self, rows):
        """X - c for some rows, written out."""
        X = self.X[rows].toarray() if self.sparse else self.X[rows]
        return X if self.centre is None else (X - self.centre).astype(self.dtype, copy=False)

    def logits(self, W, b):
        """(X - c) W^T + b for weights (K, D) and intercepts (K,): (N, K)."""
        if self.subtracted:
            Z = np.empty((len(W), len(self)), self.dtype).T
            for rows in self.blocks():
                Z[rows] = (W @ self.dense(rows).T).T
        elif self.sparse:
            Z = self.X @ np.ascontiguousarray(W.T)
        else:
            Z = (W @ self.XT).T  # each column of Z in one piece of memory: quicker for all that follows
        Z += b if self.centre is None or self.subtracted else (b - W @ self.centre).astype(self.dtype)
        return Z

    def gradient(self, G):
        """G^T (X - c) and G^T 1 for the derivatives G (N, K) of a loss for its logits: (K, D) and (K,)."""
        db = G.sum(axis=0)  # (K,)
        if self.subtracted:
            return sum(G[rows].T @ self.dense(rows) for rows in self.blocks()), db
        dW = (self.X.T @ G).T if self.sparse else G.T @ self.X  # (K, D)
        return dW if self.centre is None else (dW - np.outer(db, self.centre)).astype(self.dtype), db

    def gram(self, weights):
        """(X - c)^T diag(weights) (X - c), (D, D)."""
        blocks = ((self.dense(rows), weights[rows, None]) for rows in self.blocks())
        return sum((X * s).T @ X for X, s in blocks)

    def squares(self, P):
        """P^T (X - c)^2, squared entry by entry, for P (N, K): (K, D)."""
        if not self.sparse:
            return sum(P[rows].T @ self.dense(rows) ** 2 for rows in self.blocks())
        total = (self.X.multiply(self.X).T @ P).T  # (K, D)
        if self.centre is None:
            return total
        return total - 2 * self.centre * (self.X.T @ P).T + np.outer(P.sum(axis=0), self.centre**2)


def mean(X, weights):
    """The weighted mean of the rows of X (N, D) in float64, (D,); X may be sparse, and is not copied."""
    weights = weights.astype(np.float64, copy=False)
    if hasattr(X, "tocsr"):
        return X.T @ weights / weights.sum()
    rows = max(1024, BLOCK // X.shape[1])
    starts = range(0, len(X), rows)
    return sum(weights[i : i + rows] @ X[i : i + rows].astype(np.float64, copy=False) for i in starts) / weights.sum()
