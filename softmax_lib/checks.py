"""Checks: gradients by finite differences, with a report that says how close; and answers to the exercises."""

from collections import namedtuple
from importlib import import_module

import numpy as np


def _number(f, x):
    value = np.asarray(f(x), dtype=np.float64)
    if value.size != 1:
        raise ValueError(f"f must return a single number, got an array of shape {value.shape}: sum it?")
    return value.item()


def numerical_gradient(f, x):
    r"""Gradient of f at x by central differences.

    .. math:: \frac{\partial f}{\partial x_i} \approx \frac{f(x + h_i e_i) - f(x - h_i e_i)}{2 h_i}

    The step is :math:`h_i = \epsilon^{1/3} \max(1, |x_i|)`, about 6e-6, which balances the error
    of the formula against the rounding of f.

    Parameters
    ----------
    f : callable
        Takes an array of the shape of `x`, returns a number.
    x : array_like, any shape
        Where to differentiate; a float64 copy is passed to f.

    Returns
    -------
    ndarray, the shape of `x`

    Raises
    ------
    ValueError
        If f returns anything but a single number.

    Notes
    -----
    Source: chapter 2 and chapter 4, the sections on finite differences.

    Examples
    --------
    >>> from softmax_lib import numerical_gradient
    >>> numerical_gradient(lambda x: (x**2).sum(), [[1.0, 2.0, 3.0]]).round(6)
    array([[2., 4., 6.]])
    """
    x = np.array(x, dtype=np.float64)
    gradient = np.empty_like(x)
    for i in np.ndindex(x.shape):
        h = np.cbrt(np.finfo(np.float64).eps) * max(1.0, abs(x[i]))
        above, below = x.copy(), x.copy()
        above[i], below[i] = x[i] + h, x[i] - h
        gradient[i] = (_number(f, above) - _number(f, below)) / (above[i] - below[i])  # 2 h, as it was rounded
    return gradient


_REPORTED = "largest_relative_error largest_absolute_difference worst_index given numerical shape tolerance"


class GradientReport(namedtuple("GradientReport", _REPORTED)):
    """How a gradient compares with finite differences; true in an ``if`` or ``assert`` when `ok`.

    Attributes
    ----------
    verdict : str
        "exact" (equal to the last bit), "close" or "different".
    largest_relative_error : float
    largest_absolute_difference : float
    worst_index : tuple of int
        Where the relative error is largest.
    given, numerical : float
        The two values there.
    shape : tuple of int
    tolerance : float
        The relative error up to which the gradient is close.

    Examples
    --------
    >>> from softmax_lib import check_gradient
    >>> bool(check_gradient(lambda x: x @ x, lambda x: x, [1.0, 2.0]))
    False
    """

    def __bool__(self):
        return self.largest_relative_error <= self.tolerance

    ok = property(__bool__)

    @property
    def verdict(self):
        return "exact" if self.largest_absolute_difference == 0 else "close" if self.ok else "different"

    def __repr__(self):
        place = f" at {self.worst_index}: {self.given:.6g}, numerically {self.numerical:.6g}"
        size = f"largest relative error {self.largest_relative_error:.1e}"
        return f"gradient {self.shape}: {self.verdict}, {size}{'' if self.ok else place}"


def check_gradient(f, gradient, x, *, tolerance=1e-6):
    r"""Compare a gradient with central differences.

    The error of an entry is relative to the larger of its two values.  Entries below a thousandth
    of the largest entry, or of the size of f(x), are measured against that instead: finite differences
    cannot see them any better.

    Parameters
    ----------
    f : callable
        Takes an array of the shape of `x`, returns a number.
    gradient : callable or array_like
        The gradient of f as a function of x, or its value at x.
    x : array_like, any shape
        Where to compare.
    tolerance : float, default 1e-6
        The relative error up to which the verdict is "close".

    Returns
    -------
    GradientReport

    Raises
    ------
    ValueError
        If the gradient does not have the shape of `x`, or f does not return a single number.

    Notes
    -----
    Source: chapter 4, the section on checking a gradient.

    Examples
    --------
    >>> from softmax_lib import check_gradient, cross_entropy, cross_entropy_gradient
    >>> z, y = [[1.0, 2.0, 0.5], [0.0, -1.0, 3.0]], [2, 0]
    >>> report = check_gradient(lambda z: cross_entropy(z, y), lambda z: cross_entropy_gradient(z, y), z)
    >>> report.verdict, report.shape
    ('close', (2, 3))
    >>> check_gradient(lambda x: x @ x, lambda x: [2 * x[0], -2 * x[1]], [1.0, 2.0])
    gradient (2,): different, largest relative error 2.0e+00 at (1,): -4, numerically 4
    """
    x = np.array(x, dtype=np.float64)
    given = np.asarray(gradient(x.copy()) if callable(gradient) else gradient, dtype=np.float64)
    if given.shape != x.shape or not x.size:
        hint = ": it looks transposed" if x.size and given.shape == x.shape[::-1] else ""
        raise ValueError(f"the gradient has shape {given.shape} and x has shape {x.shape}{hint}")
    numerical = numerical_gradient(f, x)
    difference = np.abs(given - numerical)
    size = np.maximum(np.abs(given), np.abs(numerical))
    floor = max(size.max(), abs(_number(f, x)), 1000 * np.finfo(np.float64).tiny) / 1000
    # NaN or infinity in either: as wrong as can be
    error = np.nan_to_num(difference / np.maximum(size, floor), nan=np.inf, posinf=np.inf)
    worst = np.unravel_index(error.argmax(), x.shape)
    worst_error, *values = (float(a[worst]) for a in (error, given, numerical))
    return GradientReport(worst_error, float(difference.max()), tuple(map(int, worst)), *values, x.shape, tolerance)


def check_answer(exercise, answer):
    """Say whether an answer to an exercise of the book is right, or what to look at.

    Any correct answer counts, however it was found: as a list, in single precision, by a loop, by a library.
    The judges are a package of their own, `softmax_proofs.exercises`, which is looked for when this is called.

    Parameters
    ----------
    exercise : str
        Chapter and number, such as "4.3".
    answer : number, array_like, str, callable, or a tuple of these
        What the exercise asks for.

    Returns
    -------
    Verdict
        True in an ``if`` or ``assert`` when the answer is `right`.  Otherwise `hint` names the usual mistake
        or a property that fails (`failed`), never the answer; `shape` and `expected` are set where the
        shape is wrong, and `difference` is the largest difference relative to the largest number.

    Raises
    ------
    ValueError
        If there is no such exercise.  Whatever the answer is, it gets a verdict.

    Notes
    -----
    Source: the last section of each chapter, "Exercises".

    Examples
    --------
    >>> from softmax_lib.checks import check_answer
    >>> check_answer("2.1", lambda o: [[o * (1 - o), o * (1 - o)], [o * (1 - o), o * (1 - o)]])
    exercise 2.1: not yet. All entries are positive: what must each row sum to? (off by up to 200 %)
    >>> check_answer("2.1", ...)
    exercise 2.1: nothing filled in yet. It asks for a function of one probability, which returns a 2 by 2 array.
    """
    return import_module("softmax_proofs.exercises").judged(exercise, answer)
