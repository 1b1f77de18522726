"""Chapter 10, how close to the optimum: a judge for each exercise."""

import numpy as np

from softmax_lib import Objective, load_penguins
from softmax_lib.solvers import gradient_descent, newton_cg

from . import compare, exercise, number


def penguins(columns=slice(None)):
    """The standardised measurements, or some of them, and the labels."""
    X, y = load_penguins()[:2]
    return ((X - X.mean(axis=0)) / X.std(axis=0))[:, columns], y


@exercise("10.1", asks="two numbers, the ends of the interval")
def interval_of_the_minimum(answer):
    """J minus the certificate, and J."""
    J, lam, length = 0.2, 0.01, 0.002
    known = [
        ([J - length**2 / lam, J], "A parabola with curvature λ falls by half of the squared slope over λ."),
        ([J - length**2 / 2, J], "Divide by λ too: the flatter the parabola, the further down it goes."),
        ([J - length / (2 * lam), J], "The length of the gradient enters squared."),
        ([J, J + length**2 / (2 * lam)], "The minimum cannot be above a value that was reached."),
        ([J - length**2 / (2 * lam), J + length**2 / (2 * lam)], "The upper end can be lower: J has been reached."),
        ([J, J - length**2 / (2 * lam)], "The lower end comes first."),
    ]
    return compare(answer, [J - length**2 / (2 * lam), J], known, rtol=1e-5)


@exercise("10.2", asks="a data set (X, y) with X of shape (N, D) and labels from 0")
def bound_that_is_zero(answer):
    """Weights without a slope at zero, and intercepts with one."""
    X, y = answer
    objective = Objective(np.asarray(X, float), np.asarray(y), alpha=0.1)
    of_weights, of_intercepts = objective.gradient(*objective.zeros())
    if len(of_intercepts) < 2:
        return "Two classes at least are needed."
    if np.abs(of_weights).max() > 1e-9 * np.abs(objective.features.X).max():
        return "The slopes of the weights are not zero at the start: is a feature related to the classes?"
    if np.abs(of_intercepts).max() < 1e-9:
        return "The bound is zero and rightly so: the start is the minimum, because no intercept has a slope either."
    return None


@exercise("10.3", asks="a triple: λ, weights of shape (3, 4), intercepts of shape (3,)")
def bound_that_is_broken(answer):
    """A place where the true gap is larger than the square of the whole gradient over two lambda."""
    lam, W, b = number(answer[0]), np.asarray(answer[1], float), np.asarray(answer[2], float)
    if W.shape != (3, 4) or b.shape != (3,):
        raise ValueError("not the shapes of the penguins")
    if lam <= 0:
        return "The formula divides by λ, which has to be positive."
    objective = Objective(*penguins(), alpha=lam)
    point = objective.at(W, b)
    gap = point.J - newton_cg(objective, tol=1e-10).history["loss"].min()
    if gap > np.sum(point.gradient**2) / (2 * lam) * (1 + 1e-6) + 1e-9:
        return None
    return "There the bound holds: look for a place that is far above the minimum though the gradient is short."


@exercise("10.4", asks="a function of the gain, β and λ")
def bound_from_a_gain(answer):
    """The gain of a safe step, times the condition number."""
    for gain, beta, lam in np.random.default_rng(0).uniform([1e-7, 2, 0.01], [1e-3, 50, 1], (5, 3)):
        known = [
            (gain, "The gain alone is no bound: the curvature between λ and β is missing."),
            (gain * lam / beta, "The other way round: bad scaling has to make the bound larger."),
            (gain / (2 * lam), "The gain bounds the squared length of the gradient first, and that takes a β."),
            (gain / lam, "The gain bounds the squared length of the gradient first, and that takes a β."),
            (2 * beta / lam * gain, "The two halves, one for each parabola, cancel."),
            (beta / (2 * lam) * gain, "The two halves, one for each parabola, cancel."),
            ((beta / lam - 1) * gain, "That bounds the gap after the step: the question is the gap before it."),
        ]
        if hint := compare(answer(gain, beta, lam), beta / lam * gain, known):
            return hint
    return None


@exercise("10.5", asks="a number")
def penalty_that_is_certified(answer):
    """The sum with the penalty of the mean: lambda over N for the mean."""
    known = [
        (0.01, "That is what was meant; divide the whole of the objective by N, its penalty too."),
        (0.01 * 333, "The other way round: beside a sum the same penalty weighs less than beside a mean."),
        (0.01 / 333**2, "The objective is divided by N once only."),
    ]
    return compare(answer, 0.01 / 333, known)


@exercise("10.6", asks="a number of steps")
def steps_until_proved(answer):
    """The first step at which one J is below the lower bound of the other."""
    paths = []
    for pair in ([0, 1], [2, 3]):
        path = []
        gradient_descent(
            Objective(*penguins(pair), alpha=0.01),
            tol=0,
            max_iter=200,
            progress=lambda i, point, bound, path=path: path.append((point.J, point.J - point.suboptimality())),
        )
        paths.append(np.array(path))
    (J_bill, _), (_, floor_body) = (path.T for path in paths)
    latest = int(np.argmax(floor_body > J_bill))
    earliest = int(np.argmax(np.maximum.accumulate(floor_body) > np.minimum.accumulate(J_bill)))
    steps = number(answer)
    if earliest <= steps <= latest + 1:
        return None
    if steps < earliest:
        return "The intervals of the two pairs still overlap there."
    return "It is proved earlier: compare J of one pair with J minus the certificate of the other, at every step."
