"""Solvers: short loops that know an objective, not a model.

A solver is a function ``solver(objective, W=None, b=None, *, tol, max_iter, ...)`` that returns a
`Result`.  Its loop is a generator that knows *which way* and *how far*: it yields one `Point` after
another.  `run`, shared by all solvers, knows *when to stop* and what to say about it.
"""

from collections import namedtuple
from numbers import Integral

import numpy as np

from softmax_lib.functions import check_number

#: Up to how many weights, and how many classes, Newton's equations are solved with the Hessian written out.
DIRECT, FEW_CLASSES = 250, 12


class Result(namedtuple("Result", "coef intercept n_iter cause stop_reason suboptimality history")):
    """What a solver returns: the weights, and an honest account of how it ended.

    Attributes
    ----------
    coef : ndarray, shape (K, D)
    intercept : ndarray, shape (K,)
    n_iter : int
        Steps taken.
    converged : bool
        Whether the stopping test was met at a point where J has a minimum to be near.
    cause : str
        Why the solver stopped, in a word: "converged", "max_iter", "stuck", "separated", "flat",
        "diverged" or "interrupted".
    stop_reason : str
        The same in a sentence.
    suboptimality : float
        A bound on J - min J; infinite if there is none.
    history : dict of ndarrays
        "loss": J at every iterate, the first included, shape (n_iter + 1,); "gradient_norm" (of
        all partial derivatives) likewise.

    Examples
    --------
    >>> from softmax_lib import Objective
    >>> from softmax_lib.solvers import gradient_descent
    >>> result = gradient_descent(Objective([[0.0], [1.0], [2.0]], [0, 1, 0], alpha=0.1))
    >>> result.converged, bool(result.suboptimality <= 1e-6 * result.history["loss"][-1])
    (True, True)
    """

    @property
    def converged(self):
        """Whether the stopping test was met."""
        return self.cause == "converged"


def starting_point(objective, W, b):
    """The point given, or zeros, as an array (K, D + 1) of its own in the dtype of X."""
    W0, b0 = objective.zeros()
    W, b = (zero if given is None else np.array(given, zero.dtype) for given, zero in ((W, W0), (b, b0)))
    if (W.shape, b.shape) != (W0.shape, b0.shape):
        raise ValueError(f"W has shape {W.shape}, expected {W0.shape}; b has shape {b.shape}, expected {b0.shape}")
    return np.column_stack([W, b])


def run(points, objective, tol, max_iter, progress=None):
    """Draw points until the stopping test is met, or `max_iter` steps are taken; return the `Result`.

    The stopping test, with a penalty: the certificate, a bound on J - min J, is at most ``tol * J``.
    Without one there is no certificate.  Newton's step from the point is then to promise a decrease of at
    most ``tol * J``, and to move the logits of no row apart by 1/2: where it moves them further, the quadratic
    model is no guide.  If it still does so when it promises nothing, J has no minimum: some rows are
    separated from others, and the weights grow without end.

    Either test is preceded by a cheap one, on the gradient that is there already: the second part of the
    certificate, with b in the place of b*; or, without a penalty, what beta-smoothness implies near an infimum.
    An interrupt from the keyboard keeps the best point so far.
    """
    check_number("tol", tol)
    check_number("max_iter", max_iter, 0, Integral)
    alpha, best, history = objective.alpha, None, []
    again = np.inf  # a gradient that is no smaller than this needs no second look
    try:
        for n_iter, point in enumerate(points):
            finite = np.isfinite(point.J)
            norm = float(np.linalg.norm(point.gradient)) if finite else np.inf
            history.append((point.J, norm))
            best = point if best is None or point.J <= best.J else best
            if progress:
                progress(n_iter, point, min(point.J, norm**2 / (2 * alpha)) if alpha else point.J)
            bound, cause = None, None if finite else "diverged"
            if finite and norm < again and norm**2 <= 2 * tol * point.J * (alpha or objective.smoothness):
                point = objective.at(point.W, point.b)  # logits that were added up step by step may have lost digits
                bound, cause, again = *judgement(point, tol), np.inf if alpha else norm / 2
            cause = cause or ("max_iter" if n_iter == max_iter else None)
            if cause:
                break
        cause = cause or "stuck"
    except KeyboardInterrupt:
        if best is None:
            raise
        point, bound, cause = best, None, "interrupted"
    point = objective.at(point.W, point.b) if bound is None else point
    bound = np.inf if cause == "diverged" else point.suboptimality() if bound is None else bound
    if alpha == 0 and cause != "diverged" and point.separates():
        cause = "separated"
    n_iter, history = len(history) - 1, dict(zip(("loss", "gradient_norm"), np.array(history).T, strict=True))
    reason = sentence(cause, objective, point.J, n_iter, bound, tol)
    return Result(point.W.copy(), point.b.copy(), n_iter, cause, reason, float(bound), history)


def sentence(cause, objective, J, n_iter, bound, tol):
    """Why a solver stopped, and how close it came."""
    state = f"J = {J:.6g} is at most {bound:.3g} above its minimum, tol * J is {tol * J:.3g}."
    state = state if objective.alpha else f"J = {J:.6g}; without a penalty there is no bound on J - min J."
    grows = f"the weights grow without end: without a penalty J = {J:.3g} has no minimum. Set alpha > 0."
    return {
        "converged": f"Within tolerance{'' if objective.alpha else ' (a Newton step gains at most tol * J)'}: {state}",
        "max_iter": f"{n_iter} steps were not enough: {state}",
        "stuck": f"After {n_iter} steps rounding leaves nothing to gain (raise tol to ask for fewer digits): {state}",
        "interrupted": f"Interrupted after {n_iter} steps, the best point is kept, for a warm start: {state}",
        "separated": f"After {n_iter} steps every row is classified correctly, and {grows}",
        "flat": f"After {n_iter} steps nothing is left to gain, and still, as some rows are separated, {grows}",
        "diverged": f"Diverged: J is {J} after {n_iter} steps; 1/beta, with beta = smoothness, is safe.",
    }[cause]


def gradient_descent(objective, W=None, b=None, *, step_size=None, tol=1e-6, max_iter=1000, progress=None):
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
    progress : callable, optional
        Called as ``progress(n_iter, point, bound)`` after every step, with a `Point` that has J, W and b,
        and the certificate as if the intercept were at its optimum.

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
    step_size = 1 / objective.smoothness if step_size is None else step_size

    def points(Wb):
        while True:
            point = objective.at(Wb[:, :-1], Wb[:, -1])
            yield point
            Wb = Wb - step_size * point.gradient

    return run(points(starting_point(objective, W, b)), objective, tol, max_iter, progress)


def stochastic_gradient_descent(
    objective, W=None, b=None, *, step_size=None, batch_size=32, tol=1e-6, max_iter=100, random_state=None,
    progress=None,
):  # fmt: skip
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
        Called as ``progress(n_iter, point, bound)`` after every step, with a `Point` that has J, W and b,
        and the certificate as if the intercept were at its optimum.

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
    rng = random_state if hasattr(random_state, "permutation") else np.random.default_rng(random_state)
    step_size = 1 / objective.smoothness if step_size is None else step_size
    check_number("batch_size", batch_size, 1, Integral)
    N, n_batches = len(objective.y), -(-len(objective.y) // batch_size)

    def points(Wb, steps=0):
        while True:
            yield objective.at(Wb[:, :-1], Wb[:, -1])
            for rows in np.array_split(rng.permutation(N), n_batches):
                eta = step_size / (1 + step_size * objective.alpha * steps)
                Wb = Wb - eta * objective.part(rows).at(Wb[:, :-1], Wb[:, -1]).gradient
                steps += 1

    return run(points(starting_point(objective, W, b)), objective, tol, max_iter, progress)


def newton_cg(objective, W=None, b=None, *, tol=1e-6, max_iter=100, progress=None):
    r"""Newton's method: minimise the quadratic model of J, then shorten the step until J really falls.

    .. math:: (W, b) \leftarrow (W, b) - t \, H^{-1} \nabla J, \qquad t = 1, \tfrac12, \tfrac14, \dots

    With few weights the Hessian is written out and the equations are solved directly.  Otherwise they are
    solved by conjugate gradients, which need only products with the Hessian, and only as far as the
    quadratic model deserves: roughly at first, more exactly the closer J is to its minimum.  If these
    do not get there, a Hessian of moderate size is written out after all.

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
        Called as ``progress(n_iter, point, bound)`` after every step, with a `Point` that has J, W and b,
        and the certificate as if the intercept were at its optimum.

    Returns
    -------
    Result

    Notes
    -----
    Source: Nocedal and Wright, Numerical Optimization, 2nd edition, chapter 7; chapter 9.

    Examples
    --------
    >>> from softmax_lib import Objective
    >>> from softmax_lib.solvers import newton_cg
    >>> result = newton_cg(Objective([[0.0], [1.0], [2.0]], [0, 1, 0], alpha=0.1))
    >>> result.converged, result.n_iter < 10
    (True, True)
    """
    return run(newton_points(objective, W, b, tol), objective, tol, max_iter, progress)


def newton_points(objective, W, b, tol):
    """The points of Newton's method, until rounding leaves nothing to gain."""
    K, D = objective.shape
    direct = K * (D + 1) <= DIRECT and K <= FEW_CLASSES
    Wb = starting_point(objective, W, b)
    point = objective.at(Wb[:, :-1] - Wb[:, :-1].mean(axis=0), Wb[:, -1])  # a common shift changes no probability
    if not point.J <= np.log(K) and objective.fit_intercept:  # a start that is worse than zeros: saturated, perhaps
        point = objective.at(*objective.zeros())
    while point is not None:
        yield point
        if direct:
            step = direct_step(point.curvature(), point.gradient)
        else:
            enough = point.J * (objective.alpha * tol or objective.smoothness * tol**2)  # half of what `run` asks for
            step, solved = cg_step(point.curvature(objective.features.single), point.gradient, point.J, enough)
            direct = not solved and K * (D + 1) <= 8 * DIRECT
        step -= step.mean(axis=0)
        # The model is no guide where all logits are saturated; the safe step always is.
        point = search(point, step) or search(point, -point.gradient / objective.smoothness)


def search(point, step):
    """The point Wb + t step with a length t for which J falls by a part of what the slope promises, or None.

    The logits of the step are computed once, so that a trial costs no product with X.  Where J falls by
    more than the quadratic model said, longer steps are tried: on separable data the weights have far to go.
    """
    slope = float(np.vdot(point.gradient, step))
    dZ = point.objective.features.logits(step[:, :-1], step[:, -1])  # (N, K)
    t, new = 1.0, (full := point.moved(1.0, step, dZ))
    while not new.J < point.J + 1e-4 * t * slope:
        t /= 2
        if t < 1e-6:  # J has no digits left to fall by, but its gradient may have
            same = abs(full.J - point.J) <= 10 * np.finfo(dZ.dtype).eps * point.J
            return full if same and 2 * np.linalg.norm(full.gradient) < np.linalg.norm(point.gradient) else None
        new = point.moved(t, step, dZ)
    while t >= 1 and new.J < point.J + 0.6 * t * slope:
        longer = point.moved(2 * t, step, dZ)
        if not longer.J < new.J:
            break
        t, new = 2 * t, longer
    return new


def judgement(point, tol):
    """The certificate at a point, and whether `run` may stop there: "converged", "separated", "flat" or None."""
    bound, (K, D) = point.suboptimality(), point.objective.shape
    if point.objective.alpha:
        return bound, "converged" if bound <= tol * point.J else None
    if point.separates():
        return bound, "separated"
    curvature, gradient = point.curvature(), point.gradient
    direct = K * (D + 1) <= 8 * DIRECT
    step = direct_step(curvature, gradient) if direct else cg_step(curvature, gradient, point.J, 0)[0]
    promise = -float(np.vdot(gradient, step)) / 2
    apart = np.ptp(point.objective.features.logits(step[:, :-1], step[:, -1]), axis=1)[point.objective.s > 0].max()
    if apart >= 0.5:
        return bound, "flat" if promise <= np.finfo(point.Z.dtype).eps else None
    return bound, "converged" if promise <= tol * point.J else None


def direct_step(curvature, gradient):
    """Solve H step = -gradient with the Hessian written out; used for up to `DIRECT` weights."""
    H = curvature.matrix()
    shifts = np.einsum("kdld->kld", H)  # a view: H is flat along a common shift of the classes, and is bent there
    shifts += np.einsum("kdkd->d", H) / len(H) ** 2
    H = H.reshape(gradient.size, -1)
    size = np.sqrt(H.diagonal())  # features of any scale become comparable
    size[size == 0] = 1
    H /= size[:, None] * size
    H.flat[:: len(H) + 1] += 1e-13  # other directions may be flat too
    step = -np.linalg.solve(H, gradient.ravel() / size) / size
    return step.reshape(gradient.shape).astype(gradient.dtype, copy=False)


def cg_step(curvature, gradient, J, enough, max_iter=250):
    """Solve H step = -gradient by preconditioned conjugate gradients; return the step, and whether it was solved.

    They end when the sum of the squared residuals is at most `enough`, or when these, as the preconditioner
    measures them, have shrunk to a part of the first: a small part where that predicts a small decrease of J,
    because there the quadratic model is to be trusted.
    """
    precondition = curvature.preconditioner()
    r = -gradient.astype(curvature.O.dtype)
    step, p = np.zeros_like(r), precondition(r)
    size = first = float(np.vdot(r, p))  # about twice the decrease of J that the step promises
    part = min(0.5, max(0.01, first / J))
    for _ in range(max_iter):
        q = curvature.product(p)
        bend = float(np.vdot(p, q))
        if bend <= 0 or size > 1e6 * first:  # flat up to rounding, or lost to it
            break
        step, r = step + size / bend * p, r - size / bend * q
        z = precondition(r)
        previous, size = size, float(np.vdot(r, z))
        if size <= part * first or float(np.vdot(r, r)) <= enough:
            return step.astype(gradient.dtype, copy=False), True
        p = z + size / previous * p
    return step.astype(gradient.dtype, copy=False), False
