"""Judges for the exercises of chapter 1: from log-odds to softmax."""

import numpy as np

from softmax_lib import softmax

from . import compare, exercise, finding, number, wrong_shape


@exercise("1.1", asks="three probabilities")
def by_hand(answer):
    """Softmax of three logarithms."""
    powers = np.array([2.0, 3.0, 5.0])
    logits = np.log(powers)
    known = [
        (powers, "These are the exponentials: what must the three numbers sum to?"),
        (logits / logits.sum(), "The logits themselves were divided by their sum: what comes before the division?"),
        (softmax(-logits), "The order is reversed: the largest logit has the largest probability."),
        (np.full(3, 1 / 3), "Equal probabilities belong to equal logits."),
    ]
    return compare(answer, softmax(logits), known)


@exercise("1.2", asks="a function of the log-odds")
def sigmoid(answer):
    """The sigmoid: log-odds to probability."""
    log_odds = np.random.default_rng(12).normal(scale=2, size=8)
    given = np.array([number(answer(t)) for t in log_odds])
    if not np.all((given > 0) & (given < 1)):
        return "A probability lies between 0 and 1."
    if np.allclose(np.log(given / (1 - given)), -log_odds):
        return "Larger log-odds still give a smaller probability: which sign does the exponent need?"
    hint = "The log-odds of the probability that it returns are not those that it was given."
    return compare(np.log(given / (1 - given)), log_odds) and finding(hint, failed="log-odds")


@exercise("1.3", asks="two lists of logits")
def no_inverse(answer):
    """Two different lists of logits with the same probabilities."""
    first, second = (np.asarray(row, float) for row in answer)
    if first.ndim != 1 or first.shape != second.shape or len(first) < 2:
        return "Two lists of the same length are needed, with a logit for each of two classes or more."
    if np.allclose(first, second, atol=1e-9):
        return "The two lists are the same."
    if not np.allclose(first - first[0], second - second[0], rtol=1e-9, atol=1e-9):
        return "Their probabilities differ: compare the differences of the logits within each list."
    return None


@exercise("1.4", asks="a function of the log-odds against the last class")
def another_reference(answer):
    """Log-odds against the first class in place of the last."""
    against_last = np.random.default_rng(14).normal(scale=2, size=5)
    against_last[-1] = 0
    given = np.asarray(answer(against_last.copy()), float)
    if given.shape != (5,):
        return wrong_shape(given, against_last)
    if not np.isclose(given[0], 0, atol=1e-9):
        return "The log-odds of a class against itself are zero: look at the first number."
    if np.allclose(given, against_last[0] - against_last):
        return "These are the log-odds of class 1 against the others: look at the sign."
    if not np.allclose(softmax(given), softmax(against_last)):
        return "The probabilities have changed: a new reference must leave them alone."
    return None


@exercise("1.5", asks="a function of a batch of logits, (N, K)")
def whole_batch(answer):
    """Softmax of each row of a batch."""
    batch = np.random.default_rng(15).normal(size=(4, 3))
    try:
        given = np.asarray(answer(batch.copy()), float)
    except ValueError:
        return "The shapes do not fit for a batch with N and K different: the sums must stay a column."
    powers = np.exp(batch)
    known = [
        (powers / powers.sum(), "Only all the rows together sum to one."),
        (powers / powers.sum(axis=0), "The columns sum to one: the sum runs along the examples."),
    ]
    return compare(given, softmax(batch), known)


@exercise("1.6", asks="three probabilities")
def given_the_class(answer):
    """The probabilities of the classes, given that the class is the third."""
    given = np.asarray(answer, float)
    if given.shape == (3,) and not np.isclose(given.sum(), 1, rtol=1e-3):
        return "The three terms must sum to one."
    hint = compare(given, np.eye(3)[2], [(np.full(3, 1 / 3), "Equal probabilities: then nothing would be known.")])
    chance = finding("The class is given: is anything left to chance?", failed="certainty")
    return chance if hint and "Equal" not in hint and hint.failed != "shape" else hint


@exercise("1.7", asks="three numbers")
def again_and_again(answer):
    """Where softmax of softmax of softmax leads."""
    row = start = np.array([3.0, 0.0, -2.0])
    for _ in range(100):
        row = softmax(row)
    known = [
        (softmax(start), "This is the first step: put it in again."),
        (softmax(softmax(start)), "This is the second step: go on."),
        (np.eye(3)[0], "The largest probability does not grow from step to step: try the second step."),
    ]
    return compare(answer, row, known)


@exercise("1.8", asks="a function of a batch of logits, (N, K)")
def own_softmax(answer):
    """Softmax by its properties, and against the library."""
    batch = np.random.default_rng(18).normal(scale=3, size=(5, 4))
    given = np.asarray(answer(batch.copy()), float)
    if given.shape != batch.shape or not np.all(given > 0):
        return "There must be one positive number for each logit."
    if not np.allclose(given.sum(axis=1), 1):
        return "Each row must sum to one: along which axis is the sum?"
    if np.allclose(given, softmax(-batch)):
        return "The smallest logit has the largest probability: look at the sign."
    if not np.allclose(given, softmax(batch)):
        return "The log-odds of two classes must be the difference of their logits."
    with np.errstate(all="ignore"):
        try:
            shifted = np.asarray(answer(batch + 1000), float)
        except OverflowError:
            shifted = np.nan
    return None if np.allclose(shifted, given) else "A shift by 1000 must change nothing: how large may an exponent be?"
