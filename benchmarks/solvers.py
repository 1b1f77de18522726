"""Time and true gap of ours and of scikit-learn's solvers, each over a sweep of tolerances.

All minimise the same J.  The relative gap (J - min J) / min J is measured from outside: J of the returned
weights against the smallest J that any run has reached.
"""

import math
import warnings

import numpy as np
from sklearn.linear_model import LogisticRegression

from benchmarks.datasets import DATASETS
from benchmarks.processes import only_message, run, shortest
from softmax_lib import Objective, SoftmaxRegression

GOAL = 1e-6  # the gap that is asked for
ENOUGH = 1e-8  # the gap at which a sweep ends
CAP = 20  # seconds a fit
REPEATS, LONG = 3, 2.0  # fits, unless one takes longer than so many seconds
EPS = 2.2e-16  # no J is known better
OURS = "softmax_lib"


def decades(first, last):
    return [float(f"1e{power}") for power in range(first, last - 1, -1)]


#: Solver: its tolerances, the loosest first.
SOLVERS = {
    OURS: decades(-1, -8),
    "lbfgs": decades(1, -8),
    "newton-cg": decades(1, -8),
    "newton-cholesky": decades(1, -8),
}


def estimator(solver, tol, alpha, N):
    if solver == OURS:
        return SoftmaxRegression(alpha, tol=tol)
    return LogisticRegression(C=1 / (alpha * N), solver=solver, tol=tol, max_iter=100_000)


def judge(X, y, alpha):
    """A function from a fitted model to its J, on centred features: the raw ones would cost it digits."""
    mean = X.mean(axis=0)
    objective = Objective(X - mean, np.unique(y, return_inverse=True)[1], alpha=alpha)
    return lambda model: objective.value(model.coef_, model.intercept_ + model.coef_ @ mean)


def reference(dataset):
    """Yield N, D, K, alpha, the J of a very tight fit, and a bound on its distance from min J."""
    warnings.simplefilter("ignore")
    X, y, alpha = DATASETS[dataset]()
    model = SoftmaxRegression(alpha, tol=1e-12, max_iter=200).fit(X, y)
    yield *X.shape, len(model.classes_), alpha, judge(X, y, alpha)(model), model.suboptimality_


def point(solver, tol, data, J_of, J_reference):
    """The tolerance, the shortest time of a fit, and its J; a fit that meets the goal is repeated more often."""
    X, y, alpha = data

    def fit():
        return estimator(solver, tol, alpha, len(y)).fit(X, y)

    seconds, model = shortest(fit)
    J = J_of(model)
    if J / J_reference - 1 <= GOAL and seconds < LONG:
        seconds = min(seconds, shortest(fit, REPEATS - 1)[0])
    return tol, seconds, J


def sweep(dataset, solver, J_reference):
    """Yield "ready", and then the points of one tolerance after another, until the gap is small enough.

    Between the first that meets the goal and the one before it comes one more: a step of ten is coarse.
    """
    warnings.simplefilter("ignore")
    data = DATASETS[dataset]()
    J_of = judge(*data)
    yield "ready"
    looser, met = None, False
    for tol in SOLVERS[solver]:
        found = point(solver, tol, data, J_of, J_reference)
        yield found
        gap = found[-1] / J_reference - 1
        if gap <= GOAL and not met and looser:
            yield point(solver, math.sqrt(looser * tol), data, J_of, J_reference)
        if gap <= ENOUGH and (solver != OURS or tol <= GOAL):  # ours also at the tolerance that promises the goal
            return
        looser, met = tol, met or gap <= GOAL


def measure(dataset):
    """All points of one problem, as lists of tol, seconds and relative gap, and how each sweep ended."""
    N, D, K, alpha, J_reference, bound = only_message(reference, dataset)
    sweeps = {solver: run(sweep, dataset, solver, J_reference, cap=CAP) for solver in SOLVERS}
    best = min([J_reference] + [J for received, _ in sweeps.values() for _, _, J in received[1:]])
    return {
        "shape": [N, D, K],
        "alpha": alpha,
        "bound": max((best - J_reference + bound) / best, EPS),  # min J is at most this far below
        "solvers": {
            solver: {
                "ended": ended,
                "points": [(tol, seconds, (J - best) / best) for tol, seconds, J in received[1:]],
            }
            for solver, (received, ended) in sweeps.items()
        },
    }
