"""Judges for the exercises of chapter 2: the Jacobian of softmax."""

import numpy as np

from softmax_lib import softmax, softmax_jacobian

from . import compare, exercise


@exercise("2.1", asks="a function of one probability, which returns a 2 by 2 array")
def two_classes(answer):
    """The Jacobian for two classes."""
    for first in np.random.default_rng(21).uniform(0.1, 0.9, size=3):
        both = np.array([first, 1 - first])
        right = np.diag(both) - np.outer(both, both)
        known = [
            (np.abs(right), "All entries are positive: what must each row sum to?"),
            (np.diag(np.diag(right)), "The diagonal is right: the other class moves too."),
            (-right, "The sizes are right: does a probability grow or shrink with its own logit?"),
        ]
        if hint := compare(answer(float(first)), right, known):
            return hint
    return None


@exercise("2.2", asks="a function of one row of logits, which returns a K by K array")
def log_softmax_jacobian(answer):
    """The Jacobian of the log-softmax."""
    row = np.random.default_rng(22).normal(size=4)
    given, outputs = np.asarray(answer(row.copy()), float), softmax(row)
    right = np.eye(4) - outputs
    known = [
        (np.where(np.eye(4) == 1, 1 - outputs, outputs), "This is what is printed: its rows do not sum to zero."),
        (right.T, "Rows and columns are exchanged: row k belongs to the output, column j to the logit that moves."),
        (softmax_jacobian(row), "This is the Jacobian of softmax: the logarithm is missing."),
        (np.diag(1 - outputs), "The diagonal is right: the other logits count too."),
    ]
    return compare(given, right, known)


@exercise("2.3", asks="three probabilities")
def steepest(answer):
    """Probabilities for which a diagonal entry is a quarter."""
    given = np.asarray(answer, float)
    if given.shape != (3,) or not np.all(given > 0):
        return "Three positive probabilities are needed."
    if not np.isclose(given.sum(), 1, rtol=1e-3):
        return "The three probabilities must sum to one."
    largest = (given * (1 - given)).max()
    return None if np.isclose(largest, 0.25, rtol=1e-5) else f"The largest diagonal entry is {largest:.4f}, not 1/4."


@exercise("2.4", asks="a function of one row of logits and of T, which returns a K by K array")
def with_temperature(answer):
    """The Jacobian of softmax(z / T) with respect to z."""
    rng = np.random.default_rng(24)
    for temperature in (0.4, 2.5):
        row = rng.normal(size=4)
        inner = softmax_jacobian(row / temperature)
        known = [
            (inner, "This is the Jacobian with respect to z / T: the chain rule adds a factor."),
            (inner * temperature, "The factor stands on the wrong side: does a high temperature make softmax steeper?"),
            (inner / temperature**2, "The factor of the chain rule is there twice."),
            (softmax_jacobian(row) / temperature, "The factor is right: at which logits is the Jacobian taken?"),
            (softmax_jacobian(row), "The temperature has no effect."),
        ]
        if hint := compare(answer(row.copy(), temperature), inner / temperature, known):
            return hint
    return None


@exercise("2.5", asks="a function of the slopes and of the probabilities")
def push_a_gradient(answer):
    """Slopes with respect to probabilities, turned into slopes with respect to logits."""
    rng = np.random.default_rng(25)
    slopes, row = rng.normal(size=4), rng.normal(size=4)
    outputs = softmax(row)
    right = slopes @ softmax_jacobian(row)
    known = [
        (slopes * outputs * (1 - outputs), "This is the line as it was: the diagonal only."),
        (slopes * outputs, "The numerator of softmax moves, and so does its denominator."),
    ]
    return compare(answer(slopes.copy(), outputs.copy()), right, known)


@exercise("2.6", asks="a function of the logits and of two indices, k and j")
def one_letter_two_jobs(answer):
    """The derivative if the index of the sum is taken for that of the derivative."""
    row = np.random.default_rng(26).normal(size=5)
    for k, j in ((0, 2), (3, 1)):
        right = -np.exp(row[k] - row[j]) / 5
        known = [
            (softmax_jacobian(row)[k, j], "This is the derivative as it was meant: here the sum has lost its index."),
            (5 * right, "How many equal terms does the sum have?"),
            (right / 5, "The terms of the sum are equal: count them once."),
            (-np.exp(row[j] - row[k]) / 5, "Numerator and denominator are exchanged."),
        ]
        if hint := compare(answer(row.copy(), k, j), right, known):
            return hint
    return None


@exercise("2.7", asks="a function of one row of logits, which returns a K by K array")
def sigmoids_side_by_side(answer):
    """The Jacobian of K sigmoids."""
    row = np.random.default_rng(27).normal(size=4)
    outputs = 1 / (1 + np.exp(-row))
    right = np.diag(outputs * (1 - outputs))
    known = [
        (np.diag(outputs) - np.outer(outputs, outputs), "Which logits does one sigmoid see?"),
        (softmax_jacobian(row), "This is the Jacobian of softmax."),
        (np.diag(outputs), "A factor is missing: differentiate one sigmoid."),
    ]
    return compare(answer(row.copy()), right, known)


@exercise("2.8", asks="a function of one row of logits, which returns a K by K array")
def own_jacobian(answer):
    """The Jacobian of softmax by its properties, and against the library."""
    row = np.random.default_rng(28).normal(size=5)
    given, outputs = np.asarray(answer(row.copy()), float), softmax(row)
    right, outer = softmax_jacobian(row), np.outer(outputs, outputs)
    known = [
        (np.diag(outputs * (1 - outputs)), "The diagonal is right, the rest is missing: each row must sum to zero."),
        (np.diag(outputs) + outer, "Each row must sum to zero: look at the sign of the outer product."),
        (np.eye(5) - outputs, "This is the Jacobian of the log-softmax: it is not symmetric."),
    ]
    return compare(given, right, known)
