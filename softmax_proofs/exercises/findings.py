"""What is wrong with an answer: a sentence that helps, and beside it what was measured.

A judge compares an answer with the right one by `compare` (numbers) or `choose` (words).  Both name the usual mistake
where they know it, else a property that every right answer has and this one has not; neither gives the answer away.
"""

import numpy as np


class Finding(str):
    """A hint, with the property that failed, the two shapes and the largest difference where they are known."""

    failed, shape, expected, difference = "", None, None, None

    def about(self, part):
        """The same, said of one part of the answer."""
        return finding(f"{part}: {self}", **vars(self))


def finding(hint, **measured):
    """A `Finding` with its measurements by name."""
    found = Finding(hint)
    vars(found).update(measured)
    return found


def number(value):
    """The one number of an answer, which may be wrapped in a list or an array."""
    return np.asarray(value, float).item()


def wrong_shape(given, expected):
    """The finding on an array of another shape than expected."""
    given, expected = np.shape(given), np.shape(expected)
    turned = ": rows and columns are exchanged" if given == expected[::-1] else ""
    return finding(
        f"Expected the shape {expected}, this has {given}{turned}.", failed="shape", shape=given, expected=expected
    )


def close(answer, right, rtol):
    """Whether two arrays agree; beside large entries small ones are free in the digits that single precision lacks."""
    size = np.abs(right).max(initial=0, where=np.isfinite(right))
    return np.allclose(answer, right, rtol=rtol, atol=max(1e-12, min(rtol, 1e-5) * size))


def compare(answer, right, known=(), rtol=1e-3):
    """Nothing if the numbers agree, else a `Finding`: the hint of a known wrong answer (value, hint), or a property."""
    answer, right = np.asarray(answer, float), np.asarray(right, float)
    if answer.shape != right.shape and np.squeeze(answer).shape == np.squeeze(right).shape:
        answer = answer.reshape(right.shape)  # [4] is taken for 4, and one row for its numbers
    if answer.shape != right.shape:
        return wrong_shape(answer, right)
    if close(answer, right, rtol):
        return None
    for wrong, hint in known:
        if np.shape(wrong) == answer.shape and close(answer, np.asarray(wrong, float), rtol):
            return finding(hint, failed=hint, difference=largest_difference(answer, right))
    failed, hint = next(missing(answer, right, rtol))
    return finding(hint, failed=failed, difference=largest_difference(answer, right))


def largest_difference(answer, right):
    """Relative to the largest number of either side, so that it does not say what the right one is."""
    if not np.isfinite(answer).all():
        return None
    return float(np.abs(answer - right).max() / max(np.abs(answer).max(), np.abs(right).max()))


def missing(answer, right, rtol):
    """Yield (property, hint) for what the right array has and the answer has not, the most telling first."""

    def same(a, b):
        return close(a, b, rtol)

    several = right.size > 1
    if not np.isfinite(answer).all():
        yield "finite", "Not every number is finite: look for an overflow, a logarithm of zero, a division by zero."
        return
    if same(answer, -right):
        yield "sign", "The size is right: look at the sign."
    if several and right.ndim and same(right.sum(axis=-1), np.ones(right.shape[:-1])) and (right >= 0).all():
        if (answer < 0).any():
            yield "not negative", "A probability is never negative."
        sums = answer.sum(axis=-1)
        if not same(sums, np.ones(sums.shape)):
            which = "Each row" if right.ndim > 1 else "The numbers"
            yield "sums to one", f"{which} must sum to one, as probabilities do; here the sum is {sums.flat[0]:.3g}."
    if several and right.ndim and np.allclose(right.sum(axis=-1), 0, atol=1e-9 * np.abs(right).max()):
        if not np.allclose(answer.sum(axis=-1), 0, atol=1e-5 * np.abs(answer).max()):
            which = "Each row" if right.ndim > 1 else "The numbers"
            yield "sums to zero", f"{which} must sum to zero: a common shift of the logits changes no probability."
    if right.ndim == 2 and len(right) == right.shape[1] > 1:
        if same(answer, right.T):
            yield "orientation", "Rows and columns are exchanged."
        if same(right, right.T) and not same(answer, answer.T):
            yield "symmetric", "It must be symmetric: exchange rows and columns, and nothing may change."
    if several and np.count_nonzero(right) > 1:
        factor = np.vdot(answer, right) / np.vdot(right, right)
        if factor and same(answer / factor, right):
            yield "factor", "All numbers are wrong by the same factor: a mean or a sum, a half, a division too many?"
        if same(answer - answer.mean(), right - right.mean()):
            yield "constant", "All numbers are wrong by the same amount: one term is missing, or too much."
        if same(np.sort(answer, axis=None), np.sort(right, axis=None)):
            yield "order", "These are the right numbers, in another order."
        if agree := int(np.isclose(answer, right, rtol=rtol).sum()):
            yield "some entries", f"{agree} of {right.size} numbers are right, the others are not."
    if several:
        yield "value", "These are not the right numbers."
    else:
        yield "value", "That is too large." if answer.item() > right.item() else "That is too small."


def choose(answer, right, known=()):
    """As `compare`, for a word: upper and lower case and blanks do not matter; `right` may be several words."""
    word = str(answer).strip(" .\"'").lower()
    word = {"true": "yes", "false": "no"}.get(word, word)
    accepted = {right} if isinstance(right, str) else set(right)
    if word in accepted:
        return None
    hint = dict(known).get(word)
    return finding(hint, failed=hint) if hint else finding("That is none of the words to choose from.", failed="word")
