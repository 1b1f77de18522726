"""Judges of the exercises of chapter 4, the gradient."""

import numpy as np

from softmax_lib import cross_entropy_gradient, softmax

from . import compare, exercise, finding


def example(classes=3):
    """Features, weights and one-hot targets of sizes that differ: (7, 5), (5, K), (7, K)."""
    rng = np.random.default_rng(5)
    targets = np.eye(classes)[np.array([0, 0, 0, 0, 1, 1, 2])]
    return rng.normal(size=(7, 5)), rng.normal(size=(5, classes)), targets


def gradient_hint(mine, X, W, Y):
    """Nothing if it is the gradient of the mean cross-entropy, else what fails."""
    mine, error = np.asarray(mine, float), softmax(X @ W) - Y
    right = X.T @ cross_entropy_gradient(X @ W, Y)
    N, K = Y.shape
    if mine.shape == right.T.shape:
        hint = "The shape is that of the transposed weights: classes by features, not features by classes."
        return finding(hint, failed="shape", shape=mine.shape, expected=right.shape)
    own_class = X.T @ (Y * error) / N
    known = [
        (N * right, "It grows with the number of examples: a sum where J has a mean?"),
        (-N * right, "The sign is turned, and it grows with the number of examples."),
        (N / K * right, "Divided by the number of classes, not of examples?"),
        (own_class, "The classes do not sum to zero: are all of them coupled?"),
    ]
    return compare(mine, right, known, rtol=1e-6)


def for_two_sizes(function, at_zero=False):
    """The hint for a function (X, W, Y) -> gradient, tried with one N and K, and then with others."""
    hints = []
    for first, K in ((0, 3), (1, 4)):  # in the second, one class has no examples
        X, W, Y = example(K)
        X, W, Y = X[first:], W * (not at_zero), Y[first:]
        hints.append(gradient_hint(function(X.copy(), W.copy(), Y.copy()), X, W, Y))
    return hints[0] or (
        hints[1] and "Right for three classes and seven examples, not for others: is a size written in?"
    )


@exercise("4.1", asks="a function of X and Y that returns an array")
def at_the_start(answer):
    """The gradient at W = 0."""
    return for_two_sizes(lambda X, W, Y: answer(X, Y), at_zero=True)


@exercise("4.2", asks="a function of Y and O that returns an array")
def intercepts(answer):
    """The gradient of the intercepts: sum or mean over the examples, with or without the axis that was summed."""
    X, W, Y = example()
    O = softmax(X @ W)
    mine = np.asarray(answer(Y.copy(), O.copy()), float)
    if mine.size == 1:
        return "One number for all the classes: each of them has an intercept of its own."
    if mine.size == len(Y):
        return "One number for each example: which axis has to disappear?"
    right = (O - Y).sum(axis=0)
    mine = mine.ravel() if mine.shape == (1, 3) else mine
    known = [(right / 3, "Divided by the number of classes?"), (-right, "The size is right: look at the sign.")]
    return compare(mine, right, rtol=1e-6) and compare(mine, right / len(Y), known, rtol=1e-6)


@exercise("4.3", asks="a number")
def mean_or_sum(answer):
    """What the step is divided by, for N = 120, D = 4, K = 3."""
    N, D, K = 120, 4, 3
    known = [
        (1 / N, "The step shrinks: give the number by which it is divided."),
        (D, "That is the number of features: over what is the mean taken?"),
        (K, "That is the number of classes: over what is the mean taken?"),
        (N * K, "The mean is taken over the examples; the classes are summed in both versions."),
        (N**2, "Count again: the sum differs from the mean by one division, not two."),
        (1, "The gradient of the sum is longer than that of the mean."),
    ]
    return compare(answer, N, known)


@exercise("4.4", asks="three whole numbers N, D, K")
def a_test_of_shapes(answer):
    """Sizes for which (O - Y)ᵀ X / N does not have the shape of the weights."""
    sizes = np.asarray(answer, float)
    if sizes.shape != (3,) or (sizes < 1).any() or (sizes % 1).any():
        raise ValueError("three positive whole numbers")
    N, D, K = sizes
    if D != K:
        return None
    if N != D:
        return "The number of examples is summed away: the transposed result still has the shape of the weights."
    return "With these sizes the transposed result has the shape of the weights."


@exercise("4.5", asks="a function of z, y and epsilon that returns an array")
def smoothed_labels(answer):
    """The gradient by the logits with a smoothed target, for several numbers of classes."""
    rng = np.random.default_rng(6)
    for K, epsilon in ((3, 0.1), (5, 0.3)):
        z, y = rng.normal(size=K), np.eye(K)[1]
        mine, error = answer(z.copy(), y.copy(), epsilon), softmax(z) - y
        known = [
            (error, "The target is still the sharp one."),
            ((1 - epsilon) * error, "Smoothing does not scale the whole gradient: the prediction stays as it is."),
            (error + epsilon * y, "The smoothed target has to sum to one: what do the other classes get?"),
            (error + epsilon * y - epsilon, "The part that is shared out is divided among the classes."),
        ]
        hint = compare(mine, softmax(z) - (1 - epsilon) * y - epsilon / K, known, rtol=1e-6)
        if hint:
            return hint


@exercise("4.6", asks="a table of zeros and ones")
def feature_of_the_class(answer):
    """Where x_i (o_i - y_i), an entry for feature i and class i, is an entry of the true gradient."""
    rng = np.random.default_rng(7)
    x, error = rng.normal(size=4), softmax(rng.normal(size=3)) - np.eye(3)[1]
    printed = np.full((4, 3), np.nan)
    for i in range(3):
        printed[i, i] = x[i] * error[i]
    right = np.isclose(printed, np.outer(x, error)).astype(float)
    mine = np.asarray(answer, float)
    if mine.shape == (3, 4):
        return "The features are the rows, and the classes the columns."
    known = [
        (np.ones((4, 3)), "In the formula one letter counts both the features and the classes."),
        (1 - right, "These are the entries that are missing."),
    ]
    return compare(mine, right, known)


@exercise("4.7", asks="a function of K and O_j that returns a number")
def errors_with_the_old_letter(answer):
    """The sum over k of y_k - o_j, for a one-hot target."""
    for K, o in ((3, 0.2), (4, 0.7), (10, 0.05)):
        right = (np.eye(K)[0] - o).sum()
        known = [
            (0, "So it is for the right error: here every target loses the same probability."),
            (1 - o, "The probability is subtracted from every target, not from one."),
            (-K * o, "What do the targets themselves sum to?"),
        ]
        hint = compare(answer(K, o), right, known, rtol=1e-6)
        if hint:
            return hint


@exercise("4.8", asks="a function of X, W and Y that returns an array")
def your_own_gradient(answer):
    """The gradient of the mean cross-entropy."""
    return for_two_sizes(answer)
