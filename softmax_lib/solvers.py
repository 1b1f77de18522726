"""Solvers: short loops that know an objective, not a model.

A solver is a function ``solver(objective, W=None, b=None, *, tol, max_iter, ...)`` that returns a
`Result`.  It decides *which way* and *how far*; `good_enough` and `conclude`, shared by all
solvers, decide *when to stop* and what to say about it.
"""

from dataclasses import dataclass

import numpy as np


@dataclass
class Result:
    """What a solver returns: the weights, and an honest account of how it ended.

    Attributes
    ----------
    coef : ndarray, shape (K, D)
    intercept : ndarray, shape (K,)
    n_iter : int
        Steps taken.
    converged : bool
        Whether the stopping test was met at a point where J has a minimum to be near.
    stop_reason : str
        Why the solver stopped, in a sentence.
    suboptimality : float
        A bound on J - min J; infinite if there is none.
    history : dict of ndarrays
        "loss": J at every iterate, the first included, shape (n_iter + 1,); "gradient_norm" (of
        all partial derivatives) likewise; with ``record_weights`` also "coef", shape
        (n_iter + 1, K, D), and "intercept", shape (n_iter + 1, K).

    Examples
    --------
    >>> from softmax_lib import Objective
    >>> from softmax_lib.solvers import gradient_descent
    >>> result = gradient_descent(Objective([[0.0], [1.0], [2.0]], [0, 1, 0], alpha=0.1))
    >>> result.converged, bool(result.suboptimality <= 1e-6 * result.history["loss"][-1])
    (True, True)
    """

    coef: np.ndarray
    intercept: np.ndarray
    n_iter: int
    converged: bool
    stop_reason: str
    suboptimality: float
    history: dict


def starting_point(objective, W, b):
    """Zeros, or copies of what is given, in the shapes (K, D) and (K,) and the dtype of X."""
    zeros = objective.zeros()
    for name, given, zero in zip("Wb", (W, b), zeros, strict=True):
        if given is not None and np.shape(given) != zero.shape:
            raise ValueError(f"{name} has shape {np.shape(given)}, expected {zero.shape}: one row a class")
    return [zero if given is None else np.array(given, zero.dtype) for given, zero in zip((W, b), zeros, strict=True)]


def good_enough(objective, W, b, J, norm, tol):
    """The stopping test, given J and the norm of its gradient at (W, b).

    With a penalty: the certificate, a bound on J - min J, is at most ``tol * J``.  Without one
    there is no certificate: the norm is then to be at most ``tol * sqrt(2 beta J)``.  No gradient of
    a beta-smooth J >= 0 exceeds sqrt(2 beta J), so `tol` has the same meaning in any units.
    """
    if objective.alpha == 0:
        return norm <= tol * np.sqrt(2 * objective.smoothness * J)
    # The certificate costs a few evaluations, so it waits until the gradient looks small enough.
    return norm**2 <= 2 * objective.alpha * tol * J and objective.suboptimality(W, b) <= tol * J


def conclude(objective, W, b, met, tol, history):
    """The result of a solver that stopped at (W, b), with the stopping test met or not."""
    history = {name: np.array(values) for name, values in history.items()}
    J, n_iter = history["loss"][-1], len(history["loss"]) - 1
    bound = objective.suboptimality(W, b) if np.isfinite(J) else np.inf
    if not np.isfinite(J):
        safe = 1 / objective.smoothness
        reason = f"Diverged: J is {J} after {n_iter} steps; a step of 1/beta = {safe:.3g} is safe."
    elif objective.alpha == 0 and objective.separates(W, b):
        met = False
        reason = (
            f"After {n_iter} steps every row is classified correctly: without a penalty J = {J:.3g} has no "
            "minimum, it nears 0 as the weights grow without end. Set alpha > 0."
        )
    elif objective.alpha == 0:
        reason = (
            f"{'The gradient is' if met else f'{n_iter} steps were not enough for a gradient'} at most "
            f"tol = {tol:g} times sqrt(2 beta J); without a penalty there is no bound on J - min J."
        )
    else:
        reason = (
            f"{'Within tolerance' if met else f'{n_iter} steps were not enough'}: J = {J:.6g} is at most "
            f"{bound:.3g} above its minimum, tol * J is {tol * J:.3g}."
        )
    return Result(W, b, n_iter, bool(met), reason, float(bound), history)


def gradient_descent(
    objective, W=None, b=None, *, step_size=None, tol=1e-6, max_iter=1000, record_weights=False
):
    r"""Gradient descent with a fixed step.

    .. math:: W \leftarrow W - \eta \frac{\partial J}{\partial W}, \qquad
              b \leftarrow b - \eta \frac{\partial J}{\partial b}

    Parameters
    ----------
    objective : Objective
    W : array_like, shape (K, D), optional
        Where to start; zeros by default.
    b : array_like, shape (K,), optional
        Where to start; zeros by default.
    step_size : float, optional
        The step eta; by default 1/beta, with which J never increases.
    tol : float, default 1e-6
        See `good_enough`; with 0, all iterations are run.
    max_iter : int, default 1000
        The largest number of steps.
    record_weights : bool, default False
        Whether the history also holds every iterate.

    Returns
    -------
    Result

    Notes
    -----
    Source: chapter 6, result (result-descent).

    Examples
    --------
    >>> from softmax_lib import Objective
    >>> from softmax_lib.solvers import gradient_descent
    >>> objective = Objective([[0.0], [1.0], [2.0]], [0, 1, 0], alpha=0.1)
    >>> result = gradient_descent(objective, max_iter=3, tol=0)
    >>> result.n_iter, result.history["loss"].shape
    (3, (4,))
    >>> bool((result.history["loss"][1:] <= result.history["loss"][:-1]).all())
    True
    """
    W, b = starting_point(objective, W, b)
    step_size = 1 / objective.smoothness if step_size is None else step_size
    history = {"loss": [], "gradient_norm": []} | ({"coef": [], "intercept": []} if record_weights else {})
    while True:
        J, dW, db = objective.value_and_gradient(W, b)
        norm = float(np.sqrt(np.vdot(dW, dW) + np.vdot(db, db)))
        now = {"loss": J, "gradient_norm": norm, "coef": W, "intercept": b}
        for name, values in history.items():
            values.append(now[name])
        met = np.isfinite(J) and good_enough(objective, W, b, J, norm, tol)
        if met or len(history["loss"]) > max_iter or not np.isfinite(J):
            return conclude(objective, W, b, met, tol, history)
        W, b = W - step_size * dW, b - step_size * db
