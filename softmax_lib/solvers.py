"""Solvers: short loops that know an objective, not a model.

A solver is a function ``solver(objective, W=None, b=None, *, tol, max_iter, ...)`` that returns a
`Result`.  Its loop is a generator that knows *which way* and *how far*: it yields one `Point` after
another.  `run`, shared by all solvers, knows *when to stop* and what to say about it.
"""

from dataclasses import dataclass

import numpy as np

#: Up to how many weights, and how many classes, Newton's equations are solved with the Hessian written out.
DIRECT, FEW_CLASSES = 250, 12
#: From how many rows for each weight on Newton's method starts from the minimum over a sixteenth of the rows.
MANY_ROWS = 64


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


def run(points, objective, *, tol, max_iter, record_weights=False, progress=None):
    """Draw points until the stopping test is met, or `max_iter` steps are taken; return the `Result`.

    The stopping test, with a penalty: the certificate, a bound on J - min J, is at most ``tol * J``.
    Without one there is no certificate: the norm of the gradient is then to be at most
    ``tol * sqrt(2 beta J)``.  No gradient of a beta-smooth J >= 0 exceeds sqrt(2 beta J), so `tol`
    has the same meaning in any units.

    An interrupt from the keyboard keeps the best point so far.
    """
    alpha, best, bound, n_iter, stopped = objective.alpha, None, None, -1, None
    history = {"loss": [], "gradient_norm": []} | ({"coef": [], "intercept": []} if record_weights else {})
    try:
        for point in points:
            n_iter += 1
            norm = np.sqrt(sum(np.vdot(g, g) for g in point.gradient)) if np.isfinite(point.J) else np.inf
            for name, value in zip(history, (point.J, norm, point.W, point.b), strict=False):
                history[name].append(value)
            if not np.isfinite(point.J):
                break
            if best is None or point.J <= best.J:
                best = point
            if progress:
                progress(n_iter, point.J, norm**2 / (2 * alpha) if alpha else np.inf)
            if alpha == 0 and norm <= tol * np.sqrt(2 * objective.smoothness * point.J):
                bound = np.inf
            elif alpha and norm**2 <= 2 * alpha * tol * point.J:  # the cheap part of the certificate comes first
                bound = point.suboptimality()
                bound = bound if bound <= tol * point.J else None
            if bound is not None or n_iter == max_iter:
                break
        else:
            stopped = f"After {n_iter} steps rounding leaves nothing to gain"
    except KeyboardInterrupt:
        if best is None:
            raise
        point, stopped = best, f"Interrupted after {n_iter} steps, of which the best is kept"
    met = bound is not None
    if not met:
        bound = point.suboptimality() if np.isfinite(point.J) else np.inf
    separated = alpha == 0 and np.isfinite(point.J) and objective.separates(point.W, point.b)
    reason = sentence(objective, point.J, tol, n_iter, bound, met, separated, stopped)
    history = {name: np.array(values) for name, values in history.items()}
    return Result(point.W, point.b, n_iter, met and not separated, reason, float(bound), history)


def sentence(objective, J, tol, n_iter, bound, met, separated, stopped):
    """Why a solver stopped."""
    if not np.isfinite(J):
        return f"Diverged: J is {J} after {n_iter} steps; a step of 1/beta = {1 / objective.smoothness:.3g} is safe."
    if separated:
        return (
            f"{stopped or f'After {n_iter} steps'}: every row is classified correctly, and without a penalty J = {J:.3g} "
            "has no minimum, it nears 0 as the weights grow without end. Set alpha > 0."
        )
    how = "Within tolerance" if met else stopped or f"{n_iter} steps were not enough"
    if objective.alpha == 0:
        return (
            f"{how}: the gradient is {'' if met else 'not '}at most tol = {tol:g} times sqrt(2 beta J); "
            "without a penalty there is no bound on J - min J."
        )
    return f"{how}: J = {J:.6g} is at most {bound:.3g} above its minimum, tol * J is {tol * J:.3g}."


def gradient_descent(
    objective, W=None, b=None, *, step_size=None, tol=1e-6, max_iter=1000, record_weights=False, progress=None
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
        The largest bound on J - min J, relative to J, with which to stop; with 0, all iterations are run.
    max_iter : int, default 1000
        The largest number of steps.
    record_weights : bool, default False
        Whether the history also holds every iterate.
    progress : callable, optional
        Called as ``progress(n_iter, J, bound)`` after every step; the bound is the certificate's, but
        holds only once the intercept is at its optimum.

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

    def points(W, b):
        while True:
            point = objective.at(W, b)
            yield point
            dW, db = point.gradient
            W, b = W - step_size * dW, b - step_size * db

    return run(
        points(W, b), objective, tol=tol, max_iter=max_iter, record_weights=record_weights, progress=progress
    )


def stochastic_gradient_descent(
    objective, W=None, b=None, *, step_size=None, batch_size=32, tol=1e-6, max_iter=100, random_state=None, progress=None
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
        The largest bound on J - min J, relative to J, with which to stop.
    max_iter : int, default 100
        The largest number of passes.
    random_state : int, numpy.random.Generator, RandomState or None, default None
        Decides the order of the rows.
    progress : callable, optional
        Called as ``progress(n_iter, J, bound)`` after every step; the bound is the certificate's, but
        holds only once the intercept is at its optimum.

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
    N, n_batches = len(objective.y), -(-len(objective.y) // batch_size)

    def points(W, b, steps=0):
        while True:
            yield objective.at(W, b)
            for rows in np.array_split(rng.permutation(N), n_batches):
                dW, db = objective.part(rows).at(W, b).gradient
                eta = step_size / (1 + step_size * objective.alpha * steps)
                W, b = W - eta * dW, b - eta * db
                steps += 1

    return run(points(W, b), objective, tol=tol, max_iter=max_iter, progress=progress)


def newton_cg(objective, W=None, b=None, *, tol=1e-6, max_iter=100, progress=None):
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
        The largest bound on J - min J, relative to J, with which to stop.
    max_iter : int, default 100
        The largest number of Newton steps.
    progress : callable, optional
        Called as ``progress(n_iter, J, bound)`` after every step; the bound is the certificate's, but
        holds only once the intercept is at its optimum.

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
    n_weights, N = objective.shape[0] * (objective.shape[1] + 1), len(objective.y)
    if W is None and b is None and N >= MANY_ROWS * n_weights:
        rows = np.sort(np.random.default_rng(0).choice(N, N // 16, replace=False))
        if objective.y.ndim == 2 or len(np.unique(objective.y[rows])) == objective.shape[0]:
            first = newton_cg(objective.part(rows), tol=tol, max_iter=10)
            W, b = first.coef, first.intercept
    W, b = starting_point(objective, W, b)
    beta = objective.smoothness if objective.alpha == 0 else None

    def points(point):
        while point is not None:
            yield point
            size = sum(float(np.vdot(g, g)) for g in point.gradient)
            unit = 2 * objective.alpha * point.J if objective.alpha else 2 * beta * point.J  # see `run`
            if n_weights <= DIRECT and objective.shape[0] <= FEW_CLASSES:
                step = direct_step(point.curvature(), *point.gradient)
            else:
                exactness = min(0.7, max(0.1, np.sqrt(size / unit)))
                enough = unit * (tol if objective.alpha else tol**2) / 2
                step = cg_step(point.curvature(objective.single), *point.gradient, exactness, enough)
            lower = search(point, *step)
            if lower is None:  # the model is no guide where all logits are saturated; the safe step always is
                lower = search(point, *(-g / objective.smoothness for g in point.gradient))
            point = lower

    return run(points(objective.at(W, b)), objective, tol=tol, max_iter=max_iter, progress=progress)


def search(point, V, c):
    """The point (W + t V, b + t c) with a length t for which J falls by a part of what the slope promises, or None.

    The logits of (V, c) are computed once, so that a trial costs no product with X.  Where J falls by
    more than the quadratic model said, longer steps are tried: on separable data the weights have far to go.
    """
    dW, db = point.gradient
    slope = float(np.vdot(dW, V) + np.vdot(db, c))
    dZ = point.objective.features.logits(V, c)  # (N, K)
    t, new = 1.0, point.moved(1.0, V, c, dZ)
    while not new.J < min(point.J + 1e-4 * t * slope, point.J):
        t /= 2
        if t < 1e-6:
            return None
        new = point.moved(t, V, c, dZ)
    while t >= 1 and new.J < point.J + 0.6 * t * slope:
        t *= 2
        longer = point.moved(t, V, c, dZ)
        if not longer.J < new.J:
            break
        new = longer
    return new


def direct_step(curvature, dW, db):
    """Solve H (V, c) = -(dW, db) with the Hessian written out; used for up to `DIRECT` weights."""
    K, D = dW.shape
    H, g = curvature.matrix().reshape(K * (D + 1), -1), np.empty((K, D + 1))
    g[:, :D], g[:, D] = dW, db
    size = np.sqrt(H.diagonal())  # features of any scale become comparable
    size[size == 0] = 1
    H /= size[:, None] * size
    H.flat[:: len(H) + 1] += 1e-13  # H is flat along a common shift of the classes, which `shortest` takes out again
    step = (-np.linalg.solve(H, g.ravel() / size) / size).reshape(K, D + 1).astype(dW.dtype, copy=False)
    return shortest(curvature.objective, step[:, :D], step[:, D])


def cg_step(curvature, dW, db, exactness, enough, max_iter=250):
    """Solve H (V, c) = -(dW, db) by preconditioned conjugate gradients.

    They end when the residual, as the preconditioner measures it, has shrunk to `exactness` times the
    first, or when the sum of its squares is at most `enough`.
    """
    dtype = dW.dtype
    precondition = curvature.preconditioner()
    rW, rb = -dW.astype(curvature.O.dtype), -db.astype(curvature.O.dtype)
    V, c = np.zeros_like(rW), np.zeros_like(rb)
    zW, zb = precondition(rW, rb)
    pW, pb = zW, zb
    size = float(np.vdot(rW, zW) + np.vdot(rb, zb))
    small = exactness**2 * size
    for _ in range(max_iter):
        qW, qb = curvature.product(pW, pb)
        bend = float(np.vdot(pW, qW) + np.vdot(pb, qb))
        if bend <= 0:  # flat up to rounding
            break
        t = size / bend
        V, c = V + t * pW, c + t * pb
        rW, rb = rW - t * qW, rb - t * qb
        zW, zb = precondition(rW, rb)
        previous, size = size, float(np.vdot(rW, zW) + np.vdot(rb, zb))
        if size <= small or float(np.vdot(rW, rW) + np.vdot(rb, rb)) <= enough:
            break
        pW, pb = zW + size / previous * pW, zb + size / previous * pb
    return shortest(curvature.objective, V.astype(dtype, copy=False), c.astype(dtype, copy=False))


def shortest(objective, V, c):
    """Of all steps that change the probabilities alike, the one without a common shift of the classes."""
    return V if objective.alpha else V - V.mean(axis=0), (c - c.mean()) * objective.fit_intercept
