"""Judges for the exercises of chapter 8, regularisation."""

from functools import cache

import numpy as np

from softmax_lib import SoftmaxRegression, cross_entropy, load_penguins, numerical_gradient, softmax

from . import compare, exercise, number


@cache
def split_birds():
    """The 42 birds of the chapter and the others: X_train, y_train, X_kept, y_kept, standardised by the 42."""
    birds = load_penguins()
    chosen = np.arange(len(birds.y)) % 8 == 0
    X = (birds.X - birds.X[chosen].mean(axis=0)) / birds.X[chosen].std(axis=0)
    return X[chosen], birds.y[chosen], X[~chosen], birds.y[~chosen]


def with_ones(X):
    """The features with a column of ones in front."""
    return np.column_stack([np.ones(len(X)), X])


def drawn(seed):
    """Random features (30, 2), labels of three classes that cannot be separated, of unequal frequency."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(30, 2)) + 0.5, rng.permutation(np.repeat([0, 1, 2], [14, 9, 7]))


@exercise("8.1", asks="two lists of three probabilities")
def enormous_penalty(answer):
    """The probabilities under an enormous penalty: with free intercepts, and with penalised ones."""
    free, bound = answer
    counts = np.bincount(split_birds()[1])
    frequencies, equal = counts / counts.sum(), np.full(3, 1 / 3)
    known = [
        (equal, "The free intercepts can still choose the mean probabilities: what is the best choice?"),
        (counts, "These are counts, and probabilities are asked for."),
    ]
    if hint := compare(free, frequencies, known, rtol=0.01):
        return hint.about("Free intercepts")
    known = [(frequencies, "For these the intercepts would have to differ, and they are penalised.")]
    hint = compare(bound, equal, known, rtol=0.01)
    return hint and hint.about("Penalised intercepts")


@exercise("8.2", asks="a function of (A, Y, W, lam), A with its column of ones in front")
def gradient_with_free_intercepts(answer):
    """The gradient of the mean cross-entropy plus lam / 2 times the squares of all rows of W but row 0."""
    rng = np.random.default_rng(2)
    X, y = drawn(2)
    A, Y, W, lam = with_ones(X), np.eye(3)[y], rng.normal(size=(3, 3)), 0.3
    errors, free = softmax(A @ W) - Y, np.vstack([np.zeros(3), W[1:]])
    right = A.T @ errors / len(A) + lam * free
    known = [
        (right + lam * (W - free), "Row 0 is penalised here; the objective leaves it free."),
        (A.T @ errors / len(A), "The penalty is missing altogether."),
        (2 * lam * free - right, "The sign of the errors: they are prediction minus target."),
        (right + lam * free, "The half of the penalty has been forgotten: a factor of two in its term."),
        (right - 2 * lam * free, "The sign of the penalty's term: weights have to shrink in a step against the slope."),
        (A.T @ errors + lam * free, "The errors are summed here; the objective has their mean."),
        ((A.T @ errors + lam * free) / len(A), "The penalty is not part of the mean: it is not divided by N."),
    ]
    return compare(answer(A, Y, W, lam), right, known)


@exercise("8.3", asks="a number")
def strength_for_the_program(answer):
    """The lam of the program (gradient lam * W) whose objective is that of the notes with 0.1."""
    w = np.array([0.7, -0.4])
    right = np.mean(numerical_gradient(lambda w: 0.1 * np.sum(w**2), w) / w)
    known = [
        (0.1, "The derivative of a square has a factor which the program leaves out."),
        (right / 4, "The factor is right, but on the other side: whose penalty is the stronger at the same number?"),
    ]
    return compare(answer, right, known)


@exercise("8.4", asks="a function of (X, y) that returns one direction for each class, an array (K, D)")
def directions_of_strong_penalty(answer):
    """The directions of the class weights for large lam; their lengths do not matter."""
    X, y = drawn(4)
    Y = np.eye(3)[y]
    means = Y.T @ X / Y.sum(axis=0)[:, None]

    def unit(rows):
        return np.asarray(rows, float) / np.linalg.norm(rows, axis=-1, keepdims=True)

    given = np.asarray(answer(X, y), float)
    if given.shape == (2, 3):
        return "This has a column for each class; a row for each class is asked for."
    right = unit(means - X.mean(axis=0))
    known = [
        (unit(means), "The mean of the class alone: what does the term with O subtract?"),
        (unit(means - means.mean(axis=0)), "The mean of the class means is not the mean of all examples."),
        (unit(Y.T @ X / len(X) - X.mean(axis=0) / 3), "With weights near zero, O is not 1/K: the intercepts are free."),
    ]
    return compare(unit(given), right, known)


@exercise("8.5", asks="a number")
def best_for_the_others(answer):
    """The lam of the grid, fitted to the 42 birds, with the smallest loss on the other birds."""
    X, y, X_kept, y_kept = split_birds()
    grid = 10.0 ** np.arange(-6, 2)
    models = [SoftmaxRegression(alpha=a).fit(X, y) for a in grid]
    losses = [cross_entropy(model.decision_function(X_kept), y_kept) for model in models]
    if not np.isclose(grid, number(answer), rtol=1e-3, atol=0).any():
        return "That is not a value of the grid."
    known = [(grid[0], "That is the choice at the edge; the loss on the other birds is smaller elsewhere.")]
    return compare(answer, grid[np.argmin(losses)], known)


@exercise("8.6", asks="a number")
def how_much_too_strong(answer):
    """The penalty of C = 0.01 on the 42 birds, divided by the wanted 0.01."""
    n_birds, C, wanted = len(split_birds()[1]), 0.01, 0.01
    right = 1 / (C * n_birds) / wanted
    known = [
        (1 / right, "That is the inverse: is the penalty too strong or too weak?"),
        (1 / C / wanted, "The C of scikit-learn stands before a sum over examples, so N has to enter."),
        (1 / (C * n_birds), "That is the penalty which was used; compare it with the one which was wanted."),
        (n_birds / C / wanted, "The number of examples is on the wrong side of the fraction."),
    ]
    return compare(answer, right, known, rtol=3e-3)


def pinned(X, y, strength, moving=(True, True, True), every_row=False):
    """The probabilities of the optimum in the classes that move, by Newton's method."""
    A, moving = with_ones(X), np.array(moving)
    D, K = A.shape[1], len(moving)
    W, penalised = np.zeros((D, K)), np.ones(D)
    penalised[0] = every_row
    free = np.flatnonzero(np.tile(moving, D))
    for _ in range(15):
        O = softmax(A @ W)
        G = A.T @ (O - np.eye(K)[y]) / len(A) + strength * penalised[:, None] * W
        C = O[:, :, None] * (np.eye(K) - O[:, None, :])
        H = np.einsum("nd,nm,njk->djmk", A, A, C).reshape(D * K, D * K) / len(A)
        H += np.diag(np.repeat(strength * penalised, K))
        step = np.linalg.lstsq(H[np.ix_(free, free)], G.ravel()[free], rcond=1e-10)[0]
        W.ravel()[free] -= step
    return softmax(A @ W)


@exercise("8.7", asks="a function of (reference, X, y, strength) that returns the probabilities, an array (N, 3)")
def one_class_held(answer):
    """The fit with one class held at zero: with each reference, with a penalty and without."""
    X, y = drawn(7)
    for strength in (0.1, 0.0):
        for reference in range(3):
            moving = np.arange(3) != reference
            known = [
                (pinned(X, y, strength), "No class is held: the reference makes no difference."),
                (pinned(X, y, strength, moving, True), "The intercepts are penalised as well; leave them free."),
                (pinned(X, y, 2 * strength, moving), "The penalty is twice as strong: the half is missing."),
                (pinned(X, y, strength / 2, moving), "The penalty is half as strong as it should be."),
                (pinned(X, y, len(X) * strength, moving), "A sum of losses needs N times the penalty of their mean."),
                (pinned(X, y, strength / len(X), moving), "The penalty has been divided by N."),
                (pinned(X, y, strength, np.arange(3) != 0), "The reference is always the same class."),
            ]
            if hint := compare(answer(reference, X, y, strength), pinned(X, y, strength, moving), known, rtol=5e-3):
                return hint
    return None
