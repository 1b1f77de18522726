"""Judges of the exercises of chapter 5, numerics."""

import numpy as np

from softmax_lib import logsumexp, softmax

from . import compare, exercise, number


@exercise("5.1", asks="a table of two rows (e^50, e^100) and three columns (float16, float32, float64)")
def what_fits(answer):
    """Which format can hold which power."""
    right = [[x < np.log(float(np.finfo(t).max)) for t in (np.float16, np.float32, np.float64)] for x in (50, 100)]
    mine = np.array(answer, float)
    if mine.shape == (3, 2):
        return "Two rows, one for each power, and three columns, one for each format."
    if mine.shape == (2, 3):
        for row, name in enumerate(("e^50", "e^100")):
            if compare(mine[row], right[row]):
                return f"Look at {name} again: its exponent is to be below the logarithm of the largest number."
    return compare(mine, right)


@exercise("5.2", asks="a batch of two rows of logits")
def one_maximum_for_all(answer):
    """A batch that fails when the maximum is that of the whole batch."""
    Z = np.array(answer, float)
    if Z.ndim != 2 or len(Z) != 2:
        raise ValueError("two rows")
    if not np.isfinite(Z).all():
        return "With logits that are not finite any form fails: find finite ones."
    with np.errstate(all="ignore"):
        E = np.exp(Z - Z.max())
        shifted = E / E.sum(axis=1, keepdims=True)
    if not np.allclose(shifted, softmax(Z), rtol=0, atol=1e-6):
        return None
    if np.abs(Z[0].max() - Z[1].max()) < 1:
        return "For this batch it works: both rows have nearly the same maximum, and the shift suits both."
    return "For this batch it still works: how far may a row lie below the largest logit of the batch?"


@exercise("5.3", asks="a function of g(z) and c that returns a number")
def shifted_logsumexp(answer):
    """g(z + c) from g(z) and c, for one class and for more."""
    rng = np.random.default_rng(1)
    for K in (1, 4):
        z, c = rng.normal(size=K), rng.uniform(1, 2)
        g = float(logsumexp(z))
        known = [
            (g, "With one class g(z) is the logit itself, and that moves."),
            (g - c, "The sign of the shift is turned."),
            (g + np.exp(c), "The logarithm undoes the exponential of the shift."),
            (g + np.log(c), "The exponential of the shift is a factor: what is its logarithm?"),
            (g * np.exp(c), "A factor inside the logarithm is not a factor outside."),
        ]
        hint = compare(answer(g, c), logsumexp(z + c), known, rtol=1e-6)
        if hint:
            return hint


@exercise("5.4", asks="a function of t")
def loss_of_the_margin(answer):
    """log(1 + exp(-t)) without overflow and without absorption."""
    t = np.array([-800.0, -30.0, -1.0, 0.0, 1.0, 30.0, 50.0, 800.0])
    with np.errstate(all="ignore"):
        right, overturned = np.logaddexp(0, -t), np.logaddexp(0, t)
        try:
            try:
                mine = np.asarray(answer(t.copy()), float)
            except (TypeError, ValueError):  # a function of one number
                mine = np.array([number(answer(float(one))) for one in t])
        except OverflowError:
            mine = np.full(t.shape, np.inf)
    if mine.shape != t.shape:
        return compare(mine, right)
    if np.allclose(mine, right, rtol=1e-9, atol=0):
        return None
    if not np.isfinite(mine).all():
        return "The exponential overflows for a t of one sign: whose exponent is never positive?"
    if np.allclose(mine, overturned, rtol=1e-9, atol=0):
        return "The loss has to fall as the margin grows: look at the sign of t."
    if np.allclose(mine, np.maximum(-t, 0), rtol=1e-6, atol=1e-12):
        return "The maximum alone: a small term is to be added."
    if np.allclose(mine, right, rtol=1e-9, atol=1e-12):
        return "Finite everywhere, but for a large positive t a small number is absorbed by the 1."
    return compare(mine, right, rtol=1e-9) or "It is not the loss to the last digits: compare with both signs of t."


@exercise("5.5", asks="a number")
def stuck_loss(answer):
    """The smallest loss of the faulty program, for 100 classes."""
    K = 100
    sure = np.eye(K)[0]
    right = logsumexp(sure) - 1  # the second softmax sees probabilities, not logits
    known = [
        (np.log(K), "That is the loss of a model that has learned nothing."),
        (logsumexp(sure), "That is the price of a sure mistake: what does a sure and right prediction cost?"),
        (3.64, "That is what was seen, with two mistakes in a hundred: what is left without them?"),
        (0, "A loss on logits could get there: to what does this program apply softmax?"),
    ]
    return compare(answer, right, known, rtol=2e-3)


@exercise("5.6", asks="two numbers, in per cent")
def conditioning(answer):
    """The largest relative errors of probabilities 0.2 and 1e-9: the bound or the worst case, in per cent."""
    error, p = 1e-3, np.array([0.2, 1e-9])
    bound = 100 * np.expm1(2 * error) * np.ones(2)
    up, down = p * np.exp(error), (1 - p) * np.exp(-error)
    worst = 100 * (up / (up + down) / p - 1)
    one_logit = "That is the error of one logit: the others may move the other way."
    known = [
        (bound / 100, "Fractions: the answer is to be in per cent."),
        (worst / 100, "Fractions: the answer is to be in per cent."),
        (bound / 2, one_logit),
        (bound / 2 * (1 - p), one_logit),
        (bound * p, "These are absolute errors: divide by the probability."),
        (worst * p, "These are absolute errors: divide by the probability."),
        (bound * [1, p[1]], "The second is an absolute error: divide by the probability."),
    ]
    mine = np.asarray(answer, float)
    if mine.shape == (2,) and mine[1] > 2 * bound[1]:
        return "Being rare does not make a probability less exact: the bound knows only the errors of the logits."
    return compare(mine, worst, rtol=1e-2) and compare(mine, bound, known, rtol=1e-2)


def in_blocks(values):
    """Blocks that share one piece of memory, so that an earlier one cannot be looked at again."""
    block = np.empty(values.shape[1])
    for row in values:
        block[:] = row
        yield block


@exercise("5.7", asks="a function of an iterator over blocks that returns a number")
def one_pass(answer):
    """Log-sum-exp of blocks that are seen once."""
    rng = np.random.default_rng(2)
    rising = np.sort(rng.normal(scale=1, size=60)).reshape(6, 10)
    right = logsumexp(rising.ravel())
    found = [answer(in_blocks(values)) for values in (rising, rising[::-1, ::-1])]
    last, seen_once = logsumexp(rising[[-1, 0]]), "Only the last block counts: each can be looked at only once."
    each_alone = np.log(np.exp(rising - rising.max(axis=1, keepdims=True)).sum())
    known = [
        (right - rising.max() * np.ones(2), "The largest logit is to be added back at the end."),
        (np.exp(right) * np.ones(2), "The sum of the exponentials: its logarithm is missing."),
        (last, seen_once),
        (last + np.log(len(rising)), seen_once),
        (each_alone * np.ones(2), "Each block is shifted by its own maximum: the sums can only be added on one scale."),
        (
            each_alone + rising.max() * np.ones(2),
            "Only the block with the largest logit is on the scale of the result.",
        ),
    ]
    if np.isclose(found[1], right) and not np.isclose(found[0], right):
        return "Wrong if the blocks increase: what has to happen to the old sum when a larger logit arrives?"
    hint = compare(found, [right, right], known, rtol=1e-9)
    if hint:  # two equal numbers always differ from the right ones by one factor: that would say nothing
        return hint if hint.failed not in ("factor", "constant") else compare(found[0], right, rtol=1e-9)
    for values in (1000 * rising, 1000 * rising[::-1], 1000 * rising - 5000):
        with np.errstate(all="ignore"):
            one = answer(in_blocks(values))
        if not np.isclose(one, logsumexp(values.ravel()), rtol=1e-9):
            return "Right for small logits, not for those in the thousands: no exponent may be positive."
