"""The cross-entropy on logits, its gradient, and products with its Hessian.

Labels ``y`` come in two forms: integers 0 .. K-1, shape (N,), or rows of target probabilities,
shape (N, K), each of which sums to 1 (one-hot rows, smoothed labels, soft targets).
"""

import warnings

import numpy as np

from softmax_lib.functions import as_floats, as_logits, shifted


def as_targets(y, n_rows, n_classes, dtype=np.float64):
    """Check the labels: integers (N,) are returned as such, target rows (N, K) as floats."""
    y = np.asarray(y)
    if y.ndim == 2:
        y = as_floats(y, "y")
        if y.shape != (n_rows, n_classes):
            hint = ": labels must be one-dimensional, try y.ravel()" if y.shape == (n_rows, 1) else ""
            raise ValueError(f"target rows have shape {y.shape}, expected {(n_rows, n_classes)}{hint}")
        sums = y.sum(axis=1)  # (N,)
        wrong = ~(np.abs(sums - 1) <= np.sqrt(np.finfo(y.dtype).eps)) | ~(y >= 0).all(axis=1)
        if wrong.any():
            n = int(wrong.argmax())
            rule = "must be non-negative and sum to 1, or the gradient is not softmax(z) - y"
            raise ValueError(f"target row {n} is {y[n]} with sum {sums[n]:.6g}: each row {rule}")
        return y.astype(dtype, copy=False)
    if y.shape != (n_rows,):
        raise ValueError(f"y has shape {y.shape}, expected {(n_rows,)} labels or {(n_rows, n_classes)} rows")
    if y.dtype.kind not in "biu":
        raise TypeError(f"labels must be integers 0 .. {n_classes - 1}, got dtype {y.dtype}")
    y = y.astype(np.intp, copy=False)
    if n_rows and not (0 <= y.min() and y.max() < n_classes):
        raise ValueError(f"labels must lie in 0 .. {n_classes - 1}, got {y.min()} .. {y.max()}")
    return y


def as_weights(sample_weight, n_rows, shares=False):
    """Check the sample weights and return them (N,), or their shares of the sum; None means 1 for every row."""
    weights = np.ones(n_rows) if sample_weight is None else as_floats(sample_weight, "sample_weight").astype(np.float64)
    if weights.shape != (n_rows,):
        raise ValueError(f"sample_weight has shape {weights.shape}, expected {(n_rows,)}")
    if not (np.isfinite(weights) & (weights >= 0)).all():
        raise ValueError("sample_weight must be finite and not negative, and so must class_weight")
    if not shares:
        return weights
    if not weights.any():
        raise ValueError(f"the mean needs weights with a positive sum, got 0 over {n_rows} rows")
    weights /= weights.max()  # so that the sum is a number that floats can hold
    return weights / weights.sum()


def row_losses(s, y):
    """Loss of each row, (N,), from its `Shifted` logits and checked targets; labels must be the reference."""
    if y.ndim == 1:
        return np.log1p(s.excess[:, 0]) - s.gap[s.reference]
    losses = np.zeros_like(s.exp)  # (N, K)
    np.multiply(y, -s.log_probabilities(), out=losses, where=y > 0)  # 0 * inf is 0: a masked class
    return losses.sum(axis=1)


def row_gradients(s, y, weights):
    """Gradient of each row's weighted loss with respect to its logits, (N, K): weight (softmax(z) - y).

    At the label it is minus the sum of the other probabilities; of target rows the largest probability
    is treated in that way, as o (1 - y) - y (1 - o).  So nothing cancels where o and y are both near 1.
    """
    weights = weights.astype(s.exp.dtype, copy=False)  # (N,)
    if y.ndim == 1:
        G = s.probabilities * weights[:, None]
        G[s.reference] = -s.complement * weights
        return G
    q = 1 - s.probabilities  # (N, K)
    q[s.reference] = s.complement
    return (s.probabilities * (1 - y) - y * q) * weights[:, None]


def _checked(z, sample_weight, reduction, **targets):
    """The `Shifted` logits, targets if any, weights (N,), and a function that gives rows the dtype of z."""
    z = as_logits(z)
    if z.ndim != 2:
        raise ValueError(f"z must have shape (N, K), got {z.shape}: a single row is z[None, :]")
    if len(z) and ((z >= 0) & (z < 2)).all() and (np.abs(z.sum(axis=1) - 1) <= np.sqrt(np.finfo(z.dtype).eps)).all():
        warnings.warn("every row of z sums to 1 and is not negative, like probabilities: pass the logits", stacklevel=3)
    y = as_targets(targets["y"], *z.shape) if targets else None
    s, as_given = shifted(z, reference=y if y is not None and y.ndim == 1 else None)
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"reduction must be 'mean', 'sum' or 'none', got {reduction!r}")
    weights = as_weights(sample_weight, len(z), shares=reduction == "mean")
    return s, y, weights, as_given


def cross_entropy(z, y, *, sample_weight=None, reduction="mean"):
    r"""Cross-entropy of the targets and the softmax of the logits.

    .. math:: L_n = -\sum_k y_{nk} \ln o_{nk} = \ln \sum_k e^{z_{nk}} - z_{n y_n}, \qquad
              J = \frac{\sum_n s_n L_n}{\sum_n s_n}

    Parameters
    ----------
    z : array_like, shape (N, K)
        Logits.  A masked class may be -inf.
    y : array_like, shape (N,) or (N, K)
        Labels 0 .. K-1, or target rows that sum to 1.
    sample_weight : array_like, shape (N,), optional
        Weights s_n, not negative; 1 for every row if absent.
    reduction : {"mean", "sum", "none"}, default "mean"
        The weighted mean, the weighted sum, or each row's weighted loss.

    Returns
    -------
    float, or ndarray of shape (N,) for reduction "none"
        In nats; infinite if a label's class is masked.

    Raises
    ------
    ValueError, TypeError
        If shapes disagree, labels are out of range, target rows do not sum to 1, weights are
        negative, or a logit is NaN or +inf.

    Notes
    -----
    Source: chapter 3.

    Examples
    --------
    With equal logits every class costs ln K:

    >>> from softmax_lib import cross_entropy
    >>> float(cross_entropy([[7.0, 7.0], [0.0, 0.0]], [0, 1]))
    0.6931471805599453
    >>> cross_entropy([[0.0, 0.0], [50.0, 0.0]], [1, 0], reduction="none")
    array([6.93147181e-01, 1.92874985e-22])
    """
    s, y, weights, _ = _checked(z, sample_weight, reduction, y=y)
    losses = np.zeros_like(weights)  # (N,)
    np.multiply(weights, row_losses(s, y), out=losses, where=weights > 0)
    return (losses if reduction == "none" else losses.sum()).astype(as_floats(z).dtype, copy=False)


def cross_entropy_gradient(z, y, *, sample_weight=None, reduction="mean"):
    r"""Gradient of the cross-entropy with respect to the logits.

    .. math:: \frac{\partial J}{\partial z_{nk}} = \frac{s_n}{\sum_m s_m} (o_{nk} - y_{nk})

    Parameters
    ----------
    z : array_like, shape (N, K)
        Logits.  A masked class may be -inf.
    y : array_like, shape (N,) or (N, K)
        Labels 0 .. K-1, or target rows that sum to 1.
    sample_weight : array_like, shape (N,), optional
        Weights s_n, not negative; 1 for every row if absent.
    reduction : {"mean", "sum", "none"}, default "mean"
        Which `cross_entropy` is differentiated.  Each row's loss depends on its own logits only,
        so "none" and "sum" give the same rows.

    Returns
    -------
    ndarray, shape (N, K)
        Every row sums to 0.

    Raises
    ------
    ValueError, TypeError
        As `cross_entropy`.

    Notes
    -----
    At the label the difference is taken as minus the sum of the other probabilities.
    Source: chapter 4, result (result-gradient).

    Examples
    --------
    >>> from softmax_lib import cross_entropy_gradient
    >>> cross_entropy_gradient([[0.0, 0.0], [50.0, 0.0]], [1, 0], reduction="sum")
    array([[ 5.00000000e-01, -5.00000000e-01],
           [-1.92874985e-22,  1.92874985e-22]])
    """
    s, y, weights, as_given = _checked(z, sample_weight, reduction, y=y)
    return as_given(row_gradients(s, y, weights))  # (N, K)


def cross_entropy_hessian_product(z, v, *, sample_weight=None, reduction="mean"):
    r"""Product of the cross-entropy's Hessian with respect to the logits and a vector.

    .. math:: (Hv)_n = \frac{s_n}{\sum_m s_m} (\mathrm{diag}(o_n) - o_n o_n^T) \, v_n

    The Hessian does not depend on the targets, so there is no argument `y`.

    Parameters
    ----------
    z : array_like, shape (N, K)
        Logits.  A masked class may be -inf.
    v : array_like, shape (N, K)
        The vector, one row for each row of logits.
    sample_weight : array_like, shape (N,), optional
        Weights s_n, not negative; 1 for every row if absent.
    reduction : {"mean", "sum", "none"}, default "mean"
        Which `cross_entropy` is differentiated; "none" and "sum" give the same rows.

    Returns
    -------
    ndarray, shape (N, K)
        Every row sums to 0.

    Raises
    ------
    ValueError, TypeError
        As `cross_entropy`, and if `v` does not have the shape of `z`.

    Notes
    -----
    Source: chapter 9.

    Examples
    --------
    >>> from softmax_lib import cross_entropy_hessian_product
    >>> cross_entropy_hessian_product([[0.0, 0.0]], [[1.0, 0.0]])
    array([[ 0.25, -0.25]])
    """
    s, _, weights, as_given = _checked(z, sample_weight, reduction)
    v = as_floats(v, "v").astype(s.exp.dtype, copy=False)
    if v.shape != s.exp.shape:
        raise ValueError(f"v has shape {v.shape}, expected the shape of the logits, {s.exp.shape}")
    o, v = s.probabilities, v - v[s.reference][:, None]  # a constant in v changes nothing: J 1 = 0
    return as_given(weights[:, None] * o * (v - (o * v).sum(axis=1, keepdims=True)))  # (N, K)
