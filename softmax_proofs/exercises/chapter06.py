"""Judges of the exercises of chapter 6, training."""

import numpy as np

from softmax_lib import cross_entropy, load_penguins, numerical_gradient, softmax, softmax_jacobian

from . import choose, compare, exercise


def example(seed=3):
    """Features, weights and targets of sizes that differ: (7, 5), (5, 3), (7, 3)."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(7, 5)), rng.normal(size=(5, 3)), np.eye(3)[np.array([0, 0, 0, 0, 1, 1, 2])]


def gradient(W, X, Y):
    """The gradient of the mean cross-entropy, (D, K)."""
    return X.T @ (softmax(X @ W) - Y) / len(X)


def curvature(X):
    """The bound on the curvature of the mean cross-entropy."""
    return np.linalg.eigvalsh(X.T @ X)[-1] / (2 * len(X))


@exercise("6.1", asks="a number")
def loss_at_the_start(answer):
    """The loss of all-zero weights, for 26 classes."""
    right = cross_entropy(np.zeros((1, 26)), np.array([0]))
    known = [
        (1 / 26, "That is the probability of the true class: what is its loss?"),
        (np.log2(26), "The loss has the natural logarithm, not that to base 2."),
        (np.log10(26), "The loss has the natural logarithm, not that to base 10."),
        (26 * right, "That is a sum over the classes: only the true class has a loss."),
        (2.3, "That is the loss for ten classes."),
    ]
    return compare(answer, right, known, rtol=5e-3)


@exercise("6.2", asks="a number")
def two_minus_signs(answer):
    """The first-order change of J by the loop, in units of alpha times the squared length of the gradient."""
    X, W, Y = example()
    alpha, slope = 1e-6, gradient(W, X, Y)
    changed = W - alpha * -slope
    change = cross_entropy(X @ changed, Y) - cross_entropy(X @ W, Y)
    known = [
        (-1, "So it is for gradient descent: count the minus signs of this loop."),
        (0, "The two signs do not stop the loop: the weights do move."),
        (2, "Two signs do not make a step of double length."),
    ]
    return compare(answer, change / (alpha * np.sum(slope**2)), known, rtol=1e-2)


@exercise("6.3", asks="two numbers")
def twice_the_data(answer):
    """The factors of the bound on the curvature, with the mean and with the sum."""
    X = example()[0]
    twice = np.vstack([X, X])
    with_mean = curvature(twice) / curvature(X)
    with_sum = with_mean * len(twice) / len(X)
    known = [
        ([2, 2], "With the mean there is a division by N, and N has doubled too."),
        ([0.5, 1], "Both the matrix and the number of examples have doubled."),
        ([1, 0.5], "That is the factor of the step: the curvature is its inverse."),
        ([1, 1], "The sum has no division that makes up for the new rows."),
        ([1, 4], "Each example adds one term to the matrix, and now adds it twice."),
        ([2, 1], "In the other order: first the mean, then the sum."),
    ]
    return compare(answer, [with_mean, with_sum], known)


@exercise("6.4", asks="a list of indices of classes")
def one_class_after_another(answer):
    """The classes whose weights are the same after a sweep as after a step."""
    X, W, Y = example()
    step, sweep = W - 0.1 * gradient(W, X, Y), W.copy()
    for k in range(3):
        sweep[:, k] -= 0.1 * gradient(sweep, X, Y)[:, k]
    right = np.flatnonzero(np.isclose(step, sweep, rtol=1e-9).all(axis=0))
    mine = np.unique(np.asarray(answer, float))
    if np.setdiff1d(mine, [0, 1, 2]).size:
        return "The three classes are counted from 0."
    if np.array_equal(mine, right):
        return None
    if not mine.size:
        return "Not none: is there a class that sees the same weights in both?"
    if len(mine) == 3:
        return "When the weights of one class have moved, the probabilities of all classes have changed."
    return "Ask of each class whether any weights have moved before its own turn."


@exercise("6.5", asks="three numbers")
def loss_of_one_entry(answer):
    """What stands in place of o - y, if w_i gets the derivative of the loss of entry i alone."""
    o, y = np.array([0.5, 0.2, 0.3]), np.array([0.0, 1.0, 0.0])
    z = np.log(o)
    right = [numerical_gradient(lambda z, i=i: -y[i] * np.log(softmax(z)[i]), z)[i] for i in range(3)]
    known = [
        (o - y, "That is the gradient of the whole loss: what is the loss of an entry whose target is zero?"),
        (o * (1 - o), "That is the derivative of the probabilities: each is weighted by its target."),
        (-y, "The derivative of softmax is not 1."),
        (-y / o, "That is the derivative by the probability: go on to the logit."),
        (-y * o, "Which of o and 1 - o is left when the logarithm of softmax is differentiated?"),
        (y * o, "Which of o and 1 - o is left when the logarithm of softmax is differentiated?"),
    ]
    mine = np.asarray(answer, float)
    return compare(mine.round(6) if mine.shape == (3,) else mine, np.round(right, 6), known)


@exercise("6.6", asks="a table of zeros and ones, 5 by 3")
def index_of_the_class(answer):
    """The weights that move if weight i of class i alone is updated."""
    X, _, Y = example()
    W = np.zeros((5, 3))
    for _ in range(3):
        for i in range(3):
            W[i, i] -= 0.5 * np.mean(X[:, i] * (softmax(X @ W) - Y)[:, i])
    right = (W != 0).astype(float)
    mine = np.asarray(answer, float)
    if mine.shape == (3, 5):
        return "The features are the rows, and the classes the columns."
    known = [
        (np.ones((5, 3)), "That is a true step: here one letter counts the features and the classes."),
        (np.repeat([[1.0], [1], [1], [0], [0]], 3, axis=1), "A feature is read for one class only."),
        (1 - right, "These are the weights that stay."),
    ]
    return compare(mine, right, known)


@exercise("6.7", asks="a function of W, X, Y and the step size that returns an array")
def your_own_step(answer):
    """One step of gradient descent on the mean cross-entropy."""
    for seed, share in ((3, 1.0), (4, 0.3)):
        X, W, Y = example(seed)
        alpha = share / curvature(X)
        slope = gradient(W, X, Y)
        new = np.asarray(answer(W.copy(), X.copy(), Y.copy(), alpha), float)
        own_class = W + alpha * X.T @ (Y * (1 - softmax(X @ W))) / len(X)
        known = [
            (W, "The weights have not moved."),
            (-alpha * slope, "That is the change: the step returns the new weights."),
            (slope, "That is the gradient: the step returns the new weights."),
            (W + alpha * slope, "It walks uphill: a sign."),
            (W - alpha * len(X) * slope, "It is too long: a sum in place of the mean?"),
            (W - slope, "The step size is not used."),
            (own_class, "Only the true class is moved: the sum over the classes has to stay."),
        ]
        if new.shape == W.T.shape:
            return "The shape is that of the transposed weights."
        hint = compare(new, W - alpha * slope, known, rtol=1e-6)
        if hint and hint not in [text for _, text in known] and new.shape == W.shape:
            if not np.allclose(new.sum(axis=1), W.sum(axis=1)):
                return "The sum over the classes has moved: not all at once, or not all from the same weights?"
        if hint:
            return hint


@exercise("6.8", asks='a pair, a number and "yes" or "no"')
def local_curvature(answer):
    """How many times the bound shrinks at the trained weights of the chapter, and whether its step is still safe."""
    penguins = load_penguins()
    X = np.column_stack([np.ones(len(penguins.X)), (penguins.X - penguins.X.mean(axis=0)) / penguins.X.std(axis=0)])
    W, Y = np.zeros((5, 3)), np.eye(3)[penguins.y]
    for _ in range(200):
        W = W - 0.5 * gradient(W, X, Y)
    largest = np.linalg.eigvalsh(softmax_jacobian(X @ W))[:, -1]
    local = np.linalg.eigvalsh((X * largest[:, None]).T @ X)[-1] / len(X)
    right, typical = curvature(X) / local, 0.5 / largest.mean()
    factor, safe = answer
    known = [
        (1 / right, "The number is to be larger than 1: the old bound divided by the new."),
        (right * 2, "The factor one half is in the old bound, and replaced in the new."),
        (right / 2, "The factor one half of the old bound is not to stay in the new."),
        (local, "That is the new bound: by how many times is it smaller than the old?"),
        (0.5 / largest.max(), "That is the largest eigenvalue for all: each example has its own."),
        (typical, "That is the mean of the eigenvalues: each belongs to the features of its own example."),
        (right * len(X), "Is the new bound divided by the number of examples as well?"),
        (right / len(X), "Is the new bound divided by the number of examples as well?"),
    ]
    return compare(factor, right, known, rtol=1e-2) or choose(
        safe,
        "no",
        {"yes": "The factor is right; but the new number holds where we stand, and the step leads elsewhere."},
    )
