"""Judges for the exercises of chapter 7, decision boundaries."""

from functools import cache
from math import comb

import numpy as np

from softmax_lib import SoftmaxRegression, load_penguins

from . import choose, compare, exercise


@cache
def fitted():
    """The bills of the penguins, and the model of the chapter."""
    bills = load_penguins(features=["bill length", "bill depth"])
    return bills.X, SoftmaxRegression(alpha=0.01).fit(bills.X, bills.y)


@exercise("7.1", asks='a number and a word, such as (12, "yes")')
def pairs_and_whether_each_has_a_border(answer):
    """The number of pairs of ten classes, and whether every pair has a border in the map."""
    pairs, every = answer
    known = [(100, "A class makes no pair with itself."), (90, "Each pair is counted twice.")]
    return compare(pairs, comb(10, 2), [*known, (10, "That is the number of classes.")]) or choose(
        every, "no", [("yes", "A third class can win everywhere on the line where two of them tie.")]
    )


@exercise("7.2", asks="a function of (coef, intercept, x1) that returns x2")
def the_line_of_two_classes(answer):
    """The x2 at which coef . (x1, x2) + intercept is zero."""
    rng = np.random.default_rng(2)
    for _ in range(3):
        coef, intercept, x1 = rng.normal(size=2), rng.normal(), rng.normal(size=5)
        x2 = -(coef[0] * x1 + intercept) / coef[1]
        known = [
            (
                (coef[0] * x1 - intercept) / coef[1],
                "Look at the sign of the slope: the logit is not zero there.",
            ),
            ((intercept - coef[0] * x1) / coef[1], "The slope is right; look at the sign of the intercept."),
            (-(coef[1] * x1 + intercept) / coef[0], "This is solved for the other coordinate."),
        ]
        if hint := compare(answer(coef, intercept, x1), x2, known):
            return hint
    return None


@exercise("7.3", asks='one of the words "dashed", "borders", "both" and "none"')
def lines_that_move(answer):
    """Which lines move when all classes get the same vector."""
    known = {
        "borders": "Subtract the weights of two classes, before the shift and after it.",
        "both": "Some of the lines depend only on differences of weights.",
        "none": "Some of the lines depend on the weights of a single class.",
    }
    return choose(answer, {"dashed", "the dashed", "the dashed lines", "dashed lines"}, known)


@exercise("7.4", asks="two numbers")
def doubled(answer):
    """How far a border moves, and the factor of the distance from it to a line of given log-odds."""
    moved, factor = answer
    w, b, log_odds = np.array([0.7, -0.4]), 0.3, 2.0
    border_moves = abs(2 * b / np.linalg.norm(2 * w) - b / np.linalg.norm(w))
    right = (log_odds / np.linalg.norm(2 * w)) / (log_odds / np.linalg.norm(w))
    if not np.isclose(float(moved), border_moves, atol=1e-9):
        return "At a border the log-odds have a certain value: what is the double of it?"
    known = [
        (1, "The log-odds at a given point are larger now, so their lines cannot stay."),
        (1 / right, "The log-odds have that factor; the distance at which a given value is reached has not."),
    ]
    return compare(factor, right, known)


@exercise("7.5", asks="a bill length and a bill depth in millimetres")
def certain_where_nothing_is_known(answer):
    """A place that is far from every bird, where the model is almost certain."""
    X, model = fitted()
    place = np.asarray(answer, float).reshape(2)
    if model.predict_proba(place[None, :]).max() < 0.99:
        return "The model is not certain there: its largest probability is below 0.99."
    if np.linalg.norm(X - place, axis=1).min() < 3:
        return "There are birds within three millimetres, so something is known there."
    return None


@exercise("7.6", asks="a function of K")
def smallest_winning_probability(answer):
    """The smallest probability with which one of K classes can be the most probable."""
    for n_classes in (2, 3, 10):
        right = np.full(n_classes, 1 / n_classes).max()  # a tie of all
        known = [
            (0.5, "That is right for two classes only."),
            (0, "The probabilities sum to one: can the largest of K of them be so small?"),
            (1 / (n_classes - 1), "All K of them can tie, not only the others."),
        ]
        if hint := compare(answer(n_classes), right, known):
            return hint
    return None


@exercise("7.7", asks="a function of (z, k, j)")
def log_odds_of_the_divided(answer):
    """The log-odds of two classes after the sigmoids of one-versus-rest were divided by their sum."""
    rng = np.random.default_rng(7)
    for _ in range(3):
        z = rng.normal(size=4)
        claims = 1 / (1 + np.exp(-z))
        divided = claims / claims.sum()
        right = np.log(divided[1] / divided[3])
        known = [
            (z[1] - z[3], "These are the log-odds of softmax: start from the sigmoids."),
            (divided[1] / divided[3], "These are the odds; the logarithm is missing."),
            (claims[1] - claims[3], "A difference of sigmoids is not a difference of their logarithms."),
        ]
        if hint := compare(answer(z, 1, 3), right, known):
            return hint
    return None


@exercise("7.8", asks="an array with one step (two numbers, in millimetres) for each bird")
def smallest_change(answer):
    """For each bird the shortest step to the border of its region."""
    X, model = fitted()
    Z, rows = model.decision_function(X), np.arange(len(X))
    won = Z.argmax(axis=1)
    normals = model.coef_ - model.coef_[won][:, None, :]  # (N, K, 2), from the winner to each other class
    lengths, behind = np.linalg.norm(normals, axis=2), Z[rows, won][:, None] - Z
    lengths[rows, won], behind[rows, won] = 1, np.inf
    scale = behind / lengths
    shortest, runner_up = scale.argmin(axis=1), behind.argmin(axis=1)

    def to_the_tie(rival):
        return (scale / lengths)[rows, rival][:, None] * normals[rows, rival]

    right = to_the_tie(shortest)
    known = [
        (-right, "These steps lead away from the border, deeper into the region."),
        (to_the_tie(runner_up), "The class with the second largest score need not have the nearest tie."),
        (right * lengths[rows, shortest][:, None], "The log-odds are not a distance: how steep are they?"),
        (
            right / lengths[rows, shortest][:, None],
            "The length of the difference of weights enters once too often.",
        ),
    ]
    return compare(answer, right, known)
