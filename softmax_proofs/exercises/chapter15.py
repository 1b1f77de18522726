"""Judges of the exercises of chapter 15, the museum of mistakes."""

import numpy as np

from softmax_lib import check_gradient, cross_entropy, softmax

from . import compare, exercise, number, wrong_shape

TESTS = ["comfort", "sizes", "random", "unbalanced", "sums", "library"]


def loss(W, X, Y):
    """The mean cross-entropy of the logits X W."""
    return cross_entropy(X @ W, Y)


def gradient(W, X, Y):
    """Its gradient, (D, K)."""
    return X.T @ (softmax(X @ W) - Y) / len(X)


def place(N, D, labels, scale):
    """Random features after a constant, one-hot targets, and weights whose rows sum to zero."""
    rng = np.random.default_rng(7)
    X, W = np.column_stack([np.ones(N), rng.normal(size=(N, D - 1))]), scale * rng.normal(size=(D, 3))
    return W - W.mean(axis=1, keepdims=True), X, np.eye(3)[labels]


def caught_by(value, slope):
    """For each of the six tests of the chapter, whether it catches a program."""

    def differ(W, X, Y):
        return not check_gradient(lambda V: value(V, X, Y), slope(W, X, Y), W).ok

    corners = [
        place(3, 3, [0, 1, 2], 0),
        place(6, 4, [0, 1, 2, 0, 1, 2], 0),
        place(3, 3, [0, 1, 2], 1),
        place(3, 3, [0, 0, 1], 0),
    ]
    last = place(6, 4, [0, 0, 0, 1, 1, 2], 1)
    found = np.asarray(slope(*last), float)
    sums = np.abs(found.sum(axis=1)).max() > 1e-9
    same = np.allclose(value(*last), loss(*last), rtol=1e-6) and np.allclose(found, gradient(*last), rtol=1e-6)
    return [*(differ(*corner) for corner in corners), bool(sums), not same]


@exercise("15.1", asks="a function of the number of classes K")
def floor_of_the_loss(answer):
    """The lowest loss that the suspected mistake allows."""
    K = np.array([2, 3, 10, 26, 1000])
    found = [number(answer(int(classes))) for classes in K]
    best = [np.eye(classes)[0] for classes in K]  # the probabilities of a perfect model
    right = [-np.log(softmax(probabilities)[0]) for probabilities in best]
    known = [
        (np.log(K), "This is the loss of guessing evenly, 3.26 for 26 classes: the model does learn."),
        (np.zeros(5), "This is the floor of a program without the mistake."),
        (np.log(1 + (K - 1) * np.e), "What does the largest probability contribute, and what do the others?"),
        (np.log(1 + K / np.e), "The true class is counted twice."),
        (np.array(right) / np.log(2), "This is in bits; the loss of 2.32 is in nats."),
        (np.full(5, right[3]), "This is right for 26 classes only."),
    ]
    return compare(found, right, known)


@exercise("15.2", asks="a function of one-hot labels Y (N, 3)")
def smoothed_labels(answer):
    """Labels that are smoothed and remain probabilities."""
    Y = np.eye(3)[[0, 1, 2, 2, 0, 2, 2]]
    found = np.asarray(answer(Y), float)
    if found.shape != Y.shape:
        return wrong_shape(found, Y)
    if not np.allclose(found.sum(axis=1), 1):
        return f"The rows must sum to one; the first sums to {found[0].sum():.3g}."
    if np.allclose(found, Y):
        return "These are the labels as they were, without smoothing."
    if np.allclose(found, (0.9 * Y + 0.1) / 1.2):
        return "The rows sum to one, but the true class has lost more than the 0.1 that was to be shared out."
    shared = [0.9 * Y + 0.05 * (1 - Y), 0.7 * Y + 0.1]  # between the wrong classes only; with 0.1 for each of them
    if any(np.allclose(found, labels) for labels in shared):
        return None
    return compare(found, 0.9 * Y + 0.1 / 3)


@exercise("15.3", asks="five verdicts, each True or False")
def verdicts_on_a_temperature(answer):
    """Which of the first five tests catch a missing 1 / T."""
    found = np.asarray(answer)
    if found.shape != (5,) or not np.isin(found, [0, 1]).all():
        raise ValueError("not five verdicts")
    right = caught_by(lambda W, X, Y: loss(W / 2, X, Y), lambda W, X, Y: gradient(W / 2, X, Y))[:5]
    hints = [
        "At zero weights the temperature changes no probability, but does it change the slope?",
        "Do the sizes matter to a factor?",
        "Compare value and slope at random weights: by what do they differ?",
        "Does the balance of the classes matter to a factor?",
        "Add the slope up over the classes by hand, with and without the factor.",
    ]
    wrong = [hint for mine, true, hint in zip(found, right, hints, strict=True) if bool(mine) != true]
    return wrong[0] if wrong else None


@exercise("15.4", asks="a function of a table (N, K) that returns True or False")
def better_test(answer):
    """A test that lets tables of probabilities pass, and no others."""
    rng = np.random.default_rng(0)
    for N, K in ((5, 3), (3, 3), (2, 6), (1, 4)):
        if not bool(answer(softmax(rng.normal(size=(N, K))))):
            return f"It refuses a right table of {N} rows and {K} classes."
    logits = rng.normal(size=(5, 3))
    uneven = softmax(rng.normal(size=(4, 3))) * np.array([1.2, 0.8, 1.1, 0.9])[:, None]
    cases = [
        (softmax(logits, axis=0), "It lets a softmax over the wrong axis pass."),
        (softmax(logits[:3], axis=0), "There are sizes at which it lets a softmax over the wrong axis pass."),
        (
            softmax(logits.T, axis=0),
            "It lets a softmax over the wrong axis pass if there are more classes than examples.",
        ),
        (softmax(logits.ravel()).reshape(5, 3), "It lets a table pass of which only the whole sums to one."),
        (uneven, "It lets a table pass in which some rows have too much and others too little."),
    ]
    for table, hint in cases:
        if bool(answer(table)):
            return hint
    return None


@exercise("15.5", asks="a matrix of finite logits (N, K)")
def logits_that_break_one_shift(answer):
    """Logits for which one shift for the whole matrix is not enough."""
    Z = np.asarray(answer, float)
    if Z.ndim != 2 or not np.isfinite(Z).all():
        raise ValueError("not a matrix of finite logits")
    with np.errstate(all="ignore"):
        powers = np.exp(Z - Z.max())
        found = powers / powers.sum(axis=1, keepdims=True)
    if not np.allclose(found, softmax(Z), rtol=1e-6, atol=1e-9):
        return None
    if len(Z) == 1:
        return "With one row the largest logit of the matrix is that of the row: nothing can go wrong."
    if np.abs(Z).max() > 700:
        return "The logits are large, but every row comes near the largest: the shift takes care of that."
    return "The program is right for these logits: no row is far enough from the largest of all."


@exercise("15.6", asks="two probabilities and two entries of a direction: (o, v)")
def where_the_diagonal_is_too_small(answer):
    """Probabilities and a direction along which the diagonal without 2 is less than the curvature."""
    o, v = (np.asarray(part, float) for part in answer)
    if o.shape != (2,) or v.shape != (2,):
        raise ValueError("not two classes")
    if o.min() <= 0 or not np.isclose(o.sum(), 1):
        return "The first two numbers must be positive and sum to one."
    curvature, diagonal = (o * v**2).sum() - (o @ v) ** 2, (o * (1 - o) * v**2).sum()
    if curvature > diagonal * (1 + 1e-9):
        return None
    if np.isclose(v[0], v[1]):
        return "Along this direction all logits move together: the curvature is zero."
    if np.isclose(curvature, diagonal):
        return "Here the two are equal: one logit alone is all that the diagonal sees."
    return f"The diagonal gives {diagonal:.3g}, the curvature is only {curvature:.3g}: turn the direction."


@exercise("15.7", asks="a pair of functions of W, X and Y: the value (a number) and the slope (D, K)")
def exhibit_for_one_test(answer):
    """A program that exactly one of the six tests catches."""
    value, slope = answer
    names = [name for name, caught in zip(TESTS, caught_by(value, slope), strict=True) if caught]
    if len(names) == 1:
        return None
    if not names:
        return "None of the six tests catches it: is there a mistake in it?"
    return f"{len(names)} tests catch it: {', '.join(names)}."
