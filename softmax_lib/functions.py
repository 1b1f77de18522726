"""Functions of the logits: `logsumexp`, `log_softmax`, `softmax` and its Jacobian.

All four rest on one preparation, `shifted`, that takes care of three ways to lose digits:

* the exponential of a large logit overflows: the largest logit is subtracted first;
* ``log(1 + tiny)`` is 0: the exponentials are summed *without* the largest, which is exactly 1,
  and ``log1p`` adds it back;
* the subtraction rounds, and the exponential magnifies that: Knuth's two-sum gives the rounding
  error of a subtraction exactly, and multiplying by ``1 + error`` undoes it.
"""

from typing import NamedTuple

import numpy as np


class Shifted(NamedTuple):
    """Logits relative to the largest one along an axis, and their exponentials.

    `gap` is the logit minus `top`, the largest; `exp` its exponential, 1 at `top_index`; `rest` is
    the sum of all the others.
    """

    top_index: np.ndarray  # (..., 1, ...)
    top: np.ndarray  # (..., 1, ...)
    gap: np.ndarray  # (..., K, ...), never positive
    exp: np.ndarray  # (..., K, ...)
    rest: np.ndarray  # (..., 1, ...)
    axis: int

    def probabilities(self):
        return self.exp / (1 + self.rest)  # (..., K, ...)

    def complements(self):
        """1 - probability, without cancellation where the probability is near 1."""
        q = 1 - self.probabilities()  # (..., K, ...): only the largest probability exceeds 1/2
        np.put_along_axis(q, self.top_index, self.rest / (1 + self.rest), self.axis)
        return q

    def log_probabilities(self):
        return self.gap - np.log1p(self.rest)  # (..., K, ...): of one sign, so nothing cancels


def as_floats(a, name="z"):
    """Array of floats: float dtypes are kept, integers and booleans become float64."""
    a = np.asarray(a)
    if a.dtype.kind in "biu":
        return a.astype(np.float64)
    if a.dtype.kind != "f":
        raise TypeError(f"{name} must hold real numbers, got dtype {a.dtype}")
    return a


def as_logits(z, axis=-1):
    """Check that `z` has an axis of at least one class, and return it as floats."""
    z = as_floats(z)
    if z.ndim == 0:
        raise ValueError("z must have an axis of classes, got a single number: pass a row of K logits")
    if not -z.ndim <= axis < z.ndim:
        raise ValueError(f"axis {axis} is out of range for logits of shape {z.shape}")
    if z.shape[axis] == 0:
        raise ValueError(f"no classes: axis {axis} of the logits is empty, shape {z.shape}")
    return z


def shifted(z, axis=-1):
    """Prepare the logits `z`: see `Shifted`.  float16 is worked on in float32."""
    z = z.astype(np.result_type(z, np.float32), copy=False)
    top_index = np.expand_dims(z.argmax(axis), axis)  # argmax finds a NaN before any number
    top = np.take_along_axis(z, top_index, axis)
    if not np.isfinite(top).all():
        bad = top[~np.isfinite(top)][0]
        raise ValueError(
            f"the largest logit of a row is {bad}: logits must be finite or, for a masked class, "
            "-inf, with at least one finite logit in each row; look for an overflow further up"
        )
    with np.errstate(over="ignore", invalid="ignore"):
        gap = z - top
        back = gap - z
        slip = (z - (gap - back)) - (top + back)  # two-sum: the rounding error of z - top
        slip = np.where(np.isfinite(gap), slip, 0)
        exp = np.exp(gap)
    exp += exp * slip  # e^(gap + slip), to first order
    np.put_along_axis(exp, top_index, 0, axis)
    rest = exp.sum(axis, keepdims=True)
    np.put_along_axis(exp, top_index, 1, axis)
    return Shifted(top_index, top, gap, exp, rest, axis)


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
    s = shifted(z, axis)
    return (s.top + np.log1p(s.rest)).squeeze(axis).astype(z.dtype, copy=False)[()]


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
    z = as_logits(z, axis)
    return shifted(z, axis).log_probabilities().astype(z.dtype, copy=False)


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
    z = as_logits(z, axis)
    return shifted(z, axis).probabilities().astype(z.dtype, copy=False)


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
    s = shifted(z)
    o = s.probabilities()  # (..., K)
    J = -o[..., :, None] * o[..., None, :]  # (..., K, K)
    k = np.arange(o.shape[-1])
    J[..., k, k] = o * s.complements()  # o - o^2 would cancel where o is near 1
    return J.astype(z.dtype, copy=False)
