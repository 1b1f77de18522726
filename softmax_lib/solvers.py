"""Solvers: short loops that know an objective, not a model.

A solver is a function ``solver(objective, W=None, b=None, *, tol, max_iter, ...)`` that returns a
`Result`.  It decides *which way* and *how far*; `good_enough` and `conclude`, shared by all
solvers, decide *when to stop* and what to say about it.
"""

from dataclasses import dataclass

import numpy as np

from softmax_lib.objective import block_sums

#: Up to how many weights Newton's equations are solved with the Hessian written out.
DIRECT = 250


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


def record(history, J, dW, db):
    """Append J and the norm of its gradient to the history; return the norm."""
    norm = float(np.sqrt(np.vdot(dW, dW) + np.vdot(db, db)))
    history["loss"].append(J)
    history["gradient_norm"].append(norm)
    return norm


def good_enough(objective, W, b, J, norm, tol):
    """The stopping test, given J and the norm of its gradient at (W, b): a bound on J - min J if it is met, or None.

    With a penalty: the certificate, a bound on J - min J, is at most ``tol * J``.  Without one
    there is no certificate: the norm is then to be at most ``tol * sqrt(2 beta J)``.  No gradient of
    a beta-smooth J >= 0 exceeds sqrt(2 beta J), so `tol` has the same meaning in any units.
    """
    if objective.alpha == 0:
        return np.inf if norm <= tol * np.sqrt(2 * objective.smoothness * J) else None
    # The certificate costs a few evaluations, so it waits until the gradient looks small enough.
    if norm**2 <= 2 * objective.alpha * tol * J:
        bound = objective.suboptimality(W, b)
        return bound if bound <= tol * J else None
    return None


def conclude(objective, W, b, bound, tol, history, stuck=False):
    """The result of a solver that stopped at (W, b), with the bound of `good_enough` or None if it is not met."""
    met = bound is not None
    history = {name: np.array(values) for name, values in history.items()}
    J, n_iter = history["loss"][-1], len(history["loss"]) - 1
    if not met:
        bound = objective.suboptimality(W, b) if np.isfinite(J) else np.inf
    not_enough = f"After {n_iter} steps rounding leaves nothing to gain" if stuck else f"{n_iter} steps were not enough"
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
            f"{'The' if met else f'{not_enough}; the'} gradient is {'' if met else 'not '}at most tol = {tol:g} times "
            "sqrt(2 beta J); without a penalty there is no bound on J - min J."
        )
    else:
        reason = (
            f"{'Within tolerance' if met else not_enough}: J = {J:.6g} is at most {bound:.3g} above its minimum, "
            f"tol * J is {tol * J:.3g}."
        )
    return Result(W, b, n_iter, met, reason, float(bound), history)


def gradient_descent(objective, W=None, b=None, *, step_size=None, tol=1e-6, max_iter=1000, record_weights=False):
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
        norm = record(history, J, dW, db)
        if record_weights:
            history["coef"].append(W)
            history["intercept"].append(b)
        bound = good_enough(objective, W, b, J, norm, tol) if np.isfinite(J) else None
        if bound is not None or len(history["loss"]) > max_iter or not np.isfinite(J):
            return conclude(objective, W, b, bound, tol, history)
        W, b = W - step_size * dW, b - step_size * db


def stochastic_gradient_descent(
    objective, W=None, b=None, *, step_size=None, batch_size=32, tol=1e-6, max_iter=100, random_state=None
):
    r"""Mini-batch gradient descent: a step after every few rows, drawn without replacement.

    .. math:: W \leftarrow W - \eta \left( \frac{N}{|B|} \sum_{n \in B} \bar s_n
              \frac{\partial L_n}{\partial W} + \alpha W \right), \qquad \bar s_n = s_n / \sum_m s_m

    One iteration is a pass over all rows, followed by one look at J and its gradient.  Step number t
    has the length eta / (1 + eta alpha t), so that the noise of the batches fades; without a penalty
    the length stays, and so does the noise.

    Parameters
    ----------
    objective : Objective
    W : array_like, shape (K, D), optional
        Where to start; zeros by default.
    b : array_like, shape (K,), optional
        Where to start; zeros by default.
    step_size : float, optional
        The first step eta; by default 1/beta, the safe step of the whole J.
    batch_size : int, default 32
        Rows in a batch, at most; the batches of a pass differ by one row.
    tol : float, default 1e-6
        See `good_enough`.
    max_iter : int, default 100
        The largest number of passes.
    random_state : int, numpy.random.Generator, RandomState or None, default None
        Decides the order of the rows.

    Returns
    -------
    Result

    Notes
    -----
    Source: chapter 6.

    Examples
    --------
    >>> from softmax_lib import Objective
    >>> from softmax_lib.solvers import stochastic_gradient_descent
    >>> objective = Objective([[0.0], [1.0], [2.0]], [0, 1, 0], alpha=0.1)
    >>> result = stochastic_gradient_descent(objective, batch_size=2, tol=1e-3, random_state=0)
    >>> result.converged
    True
    """
    W, b = starting_point(objective, W, b)
    rng = random_state if hasattr(random_state, "permutation") else np.random.default_rng(random_state)
    step_size = 1 / objective.smoothness if step_size is None else step_size
    N, alpha, fit_intercept = len(objective.X), objective.alpha, objective.fit_intercept
    n_batches, steps = -(-N // batch_size), 0
    history = {"loss": [], "gradient_norm": []}
    while True:
        J, dW, db = objective.value_and_gradient(W, b)
        norm = record(history, J, dW, db)
        bound = good_enough(objective, W, b, J, norm, tol) if np.isfinite(J) else None
        if bound is not None or len(history["loss"]) > max_iter or not np.isfinite(J):
            return conclude(objective, W, b, bound, tol, history)
        for rows in np.array_split(rng.permutation(N), n_batches):
            _, dW, db = block_sums(objective.X[rows], objective.y[rows], objective.weights[rows], W, b)
            eta = step_size / (1 + step_size * alpha * steps)
            share = eta * N / len(rows) / objective.total_weight
            W, b = (1 - eta * alpha) * W - share * dW, b - share * db * fit_intercept
            steps += 1


def newton_cg(objective, W=None, b=None, *, tol=1e-6, max_iter=100):
    r"""Newton's method: minimise the quadratic model of J, then shorten the step until J really falls.

    .. math:: (W, b) \leftarrow (W, b) - t \, H^{-1} \nabla J, \qquad t = 1, \tfrac12, \tfrac14, \dots

    With few weights the Hessian is written out and the equations are solved directly; otherwise
    by conjugate gradients, which need only products with it, and only to a tenth: the quadratic
    model is no more exact than that far from the minimum, and near it a few more steps are cheap.

    Parameters
    ----------
    objective : Objective
    W : array_like, shape (K, D), optional
        Where to start; zeros by default.
    b : array_like, shape (K,), optional
        Where to start; zeros by default.
    tol : float, default 1e-6
        See `good_enough`.
    max_iter : int, default 100
        The largest number of Newton steps.

    Returns
    -------
    Result

    Notes
    -----
    Source: Nocedal and Wright, Numerical Optimization, 2nd edition, chapter 7.

    Examples
    --------
    >>> from softmax_lib import Objective
    >>> from softmax_lib.solvers import newton_cg
    >>> result = newton_cg(Objective([[0.0], [1.0], [2.0]], [0, 1, 0], alpha=0.1))
    >>> result.converged, result.n_iter < 10
    (True, True)
    """
    W, b = starting_point(objective, W, b)
    history = {"loss": [], "gradient_norm": []}
    J, dW, db = objective.value_and_gradient(W, b)
    while True:
        norm = record(history, J, dW, db)
        bound = good_enough(objective, W, b, J, norm, tol)
        if bound is not None or len(history["loss"]) > max_iter:
            return conclude(objective, W, b, bound, tol, history)
        step = direct_step if W.size + b.size <= DIRECT else cg_step
        lower = shorten(objective, W, b, J, dW, db, *step(objective.curvature(W, b), dW, db))
        if lower is None:  # the model is no guide where all logits are saturated; the safe step always is
            beta = objective.smoothness
            lower = shorten(objective, W, b, J, dW, db, -dW / beta, -db / beta)
        if lower is None:
            return conclude(objective, W, b, None, tol, history, stuck=True)
        W, b, J, dW, db = lower


def shorten(objective, W, b, J, dW, db, V, c):
    """Halve the step (V, c) until J falls by a part of what the slope promises.

    Returns W, b, J, dW and db there, or None if J never falls.
    """
    slope = float(np.vdot(dW, V) + np.vdot(db, c))
    t = 1.0
    while t > 1e-6:
        W_new, b_new = W + t * V, b + t * c
        found = objective.value_and_gradient(W_new, b_new)  # mostly t = 1 will do, and this is needed next
        if found[0] < min(J + 1e-4 * t * slope, J):
            return W_new, b_new, *found
        t /= 2
    return None


def direct_step(curvature, dW, db):
    """Solve H (V, c) = -(dW, db) with the Hessian written out; used for up to `DIRECT` weights."""
    H = curvature.matrix()  # (K, D + 1, K, D + 1)
    K, D1 = H.shape[:2]
    g = np.column_stack([dW, db])  # (K, D + 1)
    # A common shift of the classes changes no probability, so without a penalty H is singular along
    # it, and the gradient has no part there: a curvature of its own leaves the step as it is.
    scale = np.einsum("kdkd->d", H) / K  # (D + 1,)
    scale[scale <= 0] = 1
    d = np.arange(0 if curvature.objective.alpha == 0 else D1 - 1, D1)
    scale = scale[d]
    H[:, d, :, d] += (scale / K)[:, None, None]
    H = H.reshape(K * D1, K * D1)
    unit = 1 / np.sqrt(np.diag(H))  # features of any scale become comparable
    H = H * unit * unit[:, None] + 1e-14 * np.eye(K * D1)
    step = -unit * np.linalg.solve(H, unit * g.ravel())
    step = step.reshape(K, D1).astype(dW.dtype)
    return step[:, :-1], step[:, -1] * curvature.objective.fit_intercept


def cg_step(curvature, dW, db, exactness=0.1, max_iter=250):
    """Solve H (V, c) = -(dW, db) by preconditioned conjugate gradients, to a relative residual of `exactness`."""
    precondition = curvature.preconditioner()
    V, c = np.zeros_like(dW), np.zeros_like(db)
    rW, rb = -dW, -db
    zW, zb = precondition(rW, rb)
    pW, pb = zW, zb
    size = float(np.vdot(rW, zW) + np.vdot(rb, zb))
    enough = exactness**2 * size
    for _ in range(max_iter):
        if size <= enough:
            break
        qW, qb = curvature.product(pW, pb)
        bend = float(np.vdot(pW, qW) + np.vdot(pb, qb))
        if bend <= 0:  # flat up to rounding
            break
        t = size / bend
        V, c = V + t * pW, c + t * pb
        rW, rb = rW - t * qW, rb - t * qb
        zW, zb = precondition(rW, rb)
        previous, size = size, float(np.vdot(rW, zW) + np.vdot(rb, zb))
        pW, pb = zW + size / previous * pW, zb + size / previous * pb
    if curvature.objective.alpha == 0:
        V = V - V.mean(axis=0)  # of all steps that do the same, the one without a common shift
    return V, c - c.mean()
