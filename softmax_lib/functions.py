"""Functions of the logits: `logsumexp`, `log_softmax`, `softmax` and its Jacobian.

All four rest on one preparation, `Shifted`, that takes care of three ways to lose digits:

* the exponential of a large logit overflows: the largest logit is subtracted first;
* ``log(1 + tiny)`` is 0: the exponentials are summed *without* the largest, which is exactly 1,
  and ``log1p`` adds it back;
* the subtraction rounds, and the exponential magnifies that: Knuth's two-sum gives the rounding
  error of a subtraction exactly, and multiplying by ``1 + error`` undoes it.
"""

from functools import cached_property
from math import prod
from numbers import Integral, Real

import numpy as np


def as_floats(a, name="z"):
    """Array of floats: float dtypes are kept, integers and booleans become float64."""
    a = np.asarray(a)
    if a.dtype.kind in "biu":
        return a.astype(np.float64)
    if a.dtype.kind != "f":
        raise TypeError(f"{name} must hold real numbers, got dtype {a.dtype}")
    return a


def check_number(name, value, lowest=0, kind=Real):
    """Refuse a parameter that is not a finite number (or an `Integral`) of at least `lowest`."""
    if not (isinstance(value, kind) and lowest <= value < np.inf):
        what = "an integer" if kind is Integral else "a finite number"
        raise ValueError(f"{name} must be {what} of at least {lowest}, got {value!r}")


def as_logits(z, axis=-1):
    """Check that `z` has an axis of at least one class, and return it as floats."""
    z = as_floats(z)
    if z.ndim == 0:
        raise ValueError("z must have an axis of classes, got a single number: pass a row of K logits")
    if np.moveaxis(z, axis, -1).shape[-1] == 0:  # moveaxis refuses an axis out of range
        raise ValueError(f"no classes: axis {axis} of the logits is empty, shape {z.shape}")
    return z


class Shifted:
    """Rows of logits (M, K), relative to the largest of each, and what follows from their exponentials.

    One class of each row, the `reference`, is left out of a sum of its own: what depends on it alone is
    then exact where its probability is near 1.  By default it is the class of the largest logit; a
    reference that is given may be any class, and is looked up quicker than the largest is found.

    Without `exact` the rounding error of the differences stays: right for logits that come from a
    product of matrices, which has rounded more than that already.
    """

    def __init__(self, z, reference=None, exact=True):
        reference = z.argmax(axis=1) if reference is None else reference  # (M,): argmax finds a NaN first
        self.reference = np.arange(len(z)), reference
        self.top = top = z.max(axis=1, keepdims=True)  # (M, 1)
        with np.errstate(over="ignore", invalid="ignore"):
            self.gap = z - top  # (M, K), never positive
            exp = np.exp(self.gap)
            if exact:
                back = self.gap - z
                slip = (z - (self.gap - back)) - (top + back)  # two-sum: the rounding error of z - top
                exp += exp * np.where(np.isfinite(self.gap), slip, 0)  # e^(gap + slip), to first order
        own = exp[self.reference]  # (M,)
        exp[self.reference] = 0
        rest = exp.sum(axis=1)  # (M,)
        exp[self.reference] = own
        self.exp, self.excess = exp, (rest + (own - 1))[:, None]  # (M, K), (M, 1): the sum of all is 1 + excess
        self.complement = rest / (1 + self.excess[:, 0])  # (M,): 1 - probability of the reference

    @cached_property
    def probabilities(self):
        return self.exp / (1 + self.excess)  # (M, K)

    def log_probabilities(self):
        return self.gap - np.log1p(self.excess)  # (M, K): of one sign, so nothing cancels


def shifted(z, axis=-1, reference=None):
    """The logits `z` as rows (M, K) of a `Shifted`, and a function that brings rows back to the shape of `z`.

    float16 is worked on in float32.
    """
    rows = np.moveaxis(z, axis, -1)
    flat = rows.reshape(prod(rows.shape[:-1]), rows.shape[-1])  # (M, K)
    s = Shifted(flat.astype(np.result_type(z, np.float32), copy=False), reference)
    if not np.isfinite(s.top).all():
        worst = s.top[~np.isfinite(s.top)][0]
        raise ValueError(f"the largest logit of a row is {worst}, it must be finite: look for an overflow further up")
    return s, lambda a: np.moveaxis(a.reshape(rows.shape), -1, axis).astype(z.dtype, copy=False)


def logsumexp(z, axis=-1):
    r"""Logarithm of the sum of exponentials, :math:`\ln \sum_k e^{z_k}`, without overflow.

    Parameters
    ----------
    z : array_like, shape (..., K, ...)
        Logits.  A masked class may be -inf.
    axis : int, default -1
        The axis of the classes.

    Returns
    -------
    ndarray, the shape of `z` without `axis`
        The dtype of `z` if that is a float, else float64.

    Raises
    ------
    ValueError
        If `z` is a single number, has no classes, or a row whose largest logit is not finite.

    Notes
    -----
    Accurate to a few units in the last place of the larger of the result and the largest logit:
    where these two nearly cancel (a result near 0), only the absolute error is that small.

    Source: chapter 1, result (result-logsumexp-shift); chapter 5.

    Examples
    --------
    >>> from softmax_lib import logsumexp
    >>> float(logsumexp([1000.0, 1000.0])) == 1000 + float(logsumexp([0, 0]))
    True
    >>> logsumexp([[0.0, 0.0], [1.0, 1.0]], axis=0)
    array([1.31326169, 1.31326169])
    """
    z = as_logits(z, axis)
    s, _ = shifted(z, axis)
    lse = s.top + np.log1p(s.excess)  # (M, 1)
    return lse.reshape(np.delete(z.shape, axis)).astype(z.dtype, copy=False)[()]


def log_softmax(z, axis=-1):
    r"""Logarithm of the softmax, :math:`z_k - \ln \sum_l e^{z_l}`.

    Parameters
    ----------
    z : array_like, shape (..., K, ...)
        Logits.  A masked class may be -inf.
    axis : int, default -1
        The axis of the classes.

    Returns
    -------
    ndarray, the shape of `z`
        The dtype of `z` if that is a float, else float64.

    Raises
    ------
    ValueError
        If `z` is a single number, has no classes, or a row whose largest logit is not finite.

    Notes
    -----
    Source: chapter 1; chapter 5.

    Examples
    --------
    A dominant class keeps its tiny distance from certainty:

    >>> from softmax_lib import log_softmax
    >>> print(f"{log_softmax([50, 0, 0])[0]:.12e}")
    -3.857499695928e-22
    """
    s, as_given = shifted(as_logits(z, axis), axis)
    return as_given(s.log_probabilities())


def softmax(z, axis=-1):
    r"""Probabilities of the classes, :math:`o_k = e^{z_k} / \sum_l e^{z_l}`.

    Parameters
    ----------
    z : array_like, shape (..., K, ...)
        Logits.  A masked class may be -inf; its probability is 0.
    axis : int, default -1
        The axis of the classes.

    Returns
    -------
    ndarray, the shape of `z`
        The dtype of `z` if that is a float, else float64.

    Raises
    ------
    ValueError
        If `z` is a single number, has no classes, or a row whose largest logit is not finite.

    Notes
    -----
    Source: chapter 1.

    Examples
    --------
    >>> from softmax_lib import softmax
    >>> softmax([1000.0, 1000.0, -float("inf")])
    array([0.5, 0.5, 0. ])
    """
    s, as_given = shifted(as_logits(z, axis), axis)
    return as_given(s.probabilities)


def softmax_jacobian(z):
    r"""Jacobian of the softmax, :math:`\partial o_k / \partial z_j = o_k (\delta_{kj} - o_j)`.

    Parameters
    ----------
    z : array_like, shape (..., K)
        Logits.

    Returns
    -------
    ndarray, shape (..., K, K)
        ``J[..., k, j]`` is the derivative of the k-th probability with respect to the j-th logit:
        symmetric, each row sums to 0.  The dtype of `z` if that is a float, else float64.

    Raises
    ------
    ValueError
        If `z` is a single number, has no classes, or a row whose largest logit is not finite.

    Notes
    -----
    Source: chapter 2, result (result-jacobian).

    Examples
    --------
    >>> from softmax_lib import softmax_jacobian
    >>> softmax_jacobian([0.0, 0.0])
    array([[ 0.25, -0.25],
           [-0.25,  0.25]])
    """
    z = as_logits(z)
    s, _ = shifted(z)
    o, k = s.probabilities, np.arange(z.shape[-1])  # (M, K), (K,)
    q = 1 - o
    q[s.reference] = s.complement  # only the largest probability exceeds 1/2
    J = -o[:, :, None] * o[:, None, :]  # (M, K, K)
    J[:, k, k] = o * q  # o - o^2 would cancel where o is near 1
    return J.reshape(*z.shape, z.shape[-1]).astype(z.dtype, copy=False)
