"""Judges for the exercises of chapter 9, curvature."""

import numpy as np

from softmax_lib import softmax, softmax_jacobian

from . import choose, compare, exercise


def four_indices(X, W):
    """The Hessian of the mean cross-entropy, (D, K, D, K)."""
    return np.einsum("nd,nm,njk->djmk", X, X, softmax_jacobian(X @ W)) / len(X)


def drawn(seed):
    """Random features (20, 3) and weights (3, 4)."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(20, 3)), rng.normal(size=(3, 4))


@exercise("9.1", asks="a function of (X, K) that returns the D K eigenvalues, in any order")
def eigenvalues_at_the_start(answer):
    """The eigenvalues of the Hessian at W = 0."""
    X, _ = drawn(1)
    for n_classes in (3, 5):
        D = X.shape[1]
        right = np.linalg.eigvalsh(four_indices(X, np.zeros((D, n_classes))).reshape(D * n_classes, -1))
        gram, zeros = np.linalg.eigvalsh(X.T @ X / len(X)), np.zeros(D)
        given = np.sort(np.real_if_close(answer(X, n_classes)).ravel())
        if len(given) == D * (n_classes - 1):
            return "Some are missing: along the common shifts the objective is flat."
        if len(given) == D:
            return "Each eigenvalue occurs several times, and all D K of them are asked for."
        known = [
            (np.sort(np.repeat(gram / n_classes, n_classes)), "None is zero here, but C has a rank of K - 1 only."),
            (right * n_classes, "What are the eigenvalues of C when all probabilities are 1/K?"),
            (right * len(X), "The mean over the examples has become a sum."),
            (
                np.sort(np.concatenate([zeros, np.repeat(gram * (n_classes - 1) / n_classes**2, n_classes - 1)])),
                "That takes the diagonal of C for its eigenvalues.",
            ),
        ]
        if not np.allclose(given, right, rtol=1e-3, atol=1e-9):
            return compare(np.where(np.abs(given) < 1e-9, 0, given), np.where(right < 1e-9, 0, right), known)
    return None


@exercise("9.2", asks="a function of (X, W) that returns the Hessian class by class, an array (D K, D K)")
def hessian_class_by_class(answer):
    """The Hessian at weights that are not zero."""
    X, W = drawn(2)
    H = four_indices(X, W)
    right = H.transpose(1, 0, 3, 2).reshape(12, 12)
    C = softmax_jacobian(X @ W)
    diagonal = np.einsum("nj,jk->njk", np.einsum("njj->nj", C), np.eye(4))
    known = [
        (np.kron(C.mean(axis=0), X.T @ X / len(X)), "The mean of the products is not the product of the means."),
        (H.reshape(12, 12), "The entries are right; this is the order feature by feature."),
        (right * len(X), "This is the sum over the examples; the objective has their mean."),
        (
            np.einsum("njk,nd,nm->jdkm", diagonal, X, X).reshape(12, 12) / len(X),
            "The blocks between classes are missing.",
        ),
    ]
    return compare(answer(X, W), right, known)


@exercise("9.3", asks='a word and a number, such as ("diagonal", 3)')
def the_wrong_half(answer):
    """Which derivatives are wrong, and the true curvature over that of the blocks."""
    half, factor = answer
    known = [("diagonal", "Differentiate the residual of a class by its own logit, and then by another.")]
    if hint := choose(half, {"mixed", "the mixed", "the mixed ones"}, known):
        return hint
    C, along = softmax_jacobian(np.log([0.5, 0.5])), np.array([1, -1])
    right = (along @ C @ along) / (along @ np.diag(np.diag(C)) @ along)
    known = [
        (1 / right, "That is the inverse: the blocks have too little curvature there, not too much."),
        (1, "The mixed derivatives add to the curvature when one logit rises and the other falls."),
        (0, "That is the factor along the common shift; along a difference the signs differ."),
    ]
    return compare(factor, right, known)


@exercise("9.4", asks="a number")
def from_one_table_to_the_other(answer):
    """What has to be added to the weights of the first program to get those of the second."""
    first = np.array([-12.10, 20.43, -8.33])
    right = -first[2]  # the third species becomes the reference
    known = [
        (-first[0], "With that the first species would be the reference."),
        (-first[1], "With that the second species would be the reference."),
        (0, "The tables differ, and softmax sees only the differences of the weights."),
    ]
    return compare(answer, right, known, rtol=2e-3)


@exercise("9.5", asks="a function of (table, d, j, k), the table of covariances having the shape (D, K, D, K)")
def standard_error_of_a_difference(answer):
    """A standard error, from the pseudo-inverse and from the inverse with a reference."""
    X, W = drawn(5)
    H, n_moving = four_indices(X, W), 3
    pseudo = np.linalg.pinv(H.reshape(12, 12), rcond=1e-10).reshape(3, 4, 3, 4) / len(X)
    fixed = np.zeros((3, 4, 3, 4))
    block = H[:, :n_moving, :, :n_moving].reshape(9, 9)
    fixed[:, :n_moving, :, :n_moving] = np.linalg.inv(block).reshape(3, 3, 3, 3) / len(X)
    for d, j, k in ((0, 0, 1), (2, 1, 0), (1, 2, 3)):
        of_j, of_k, both = pseudo[d, j, d, j], pseudo[d, k, d, k], pseudo[d, j, d, k]
        variance = of_j + of_k - 2 * both
        known = [
            (variance, "That is the variance; a standard error is its root."),
            (np.sqrt(of_j + of_k), "The two weights are correlated: their covariance is missing."),
            (np.sqrt(of_j + of_k + 2 * both), "That is for the sum of two weights: the sign of the covariance."),
            (np.sqrt(of_j + of_k - both), "The covariance is in the table twice, at (j, k) and at (k, j)."),
            (np.sqrt(of_j), "A single weight: the two tables do not agree on it."),
        ]
        if hint := compare(answer(pseudo, d, j, k), np.sqrt(variance), known):
            return hint
        if not np.isclose(answer(fixed, d, j, k), np.sqrt(variance), rtol=1e-3):
            return "The two tables give different numbers for this."
    return None


@exercise("9.6", asks="a function of (J, W, step) that returns the next weights")
def a_search_that_goes_on(answer):
    """A line search: the next weights lie on the step, and J is lower there."""
    rng = np.random.default_rng(6)
    for lowest_at in (0.9, 0.3, 0.01):
        W, step = rng.normal(size=(3, 2)), rng.normal(size=(3, 2))
        bottom = W + lowest_at * step

        def J(weights, bottom=bottom):
            return np.sum((weights - bottom) ** 2)

        moved = np.asarray(answer(J, W.copy(), step.copy()), float) - W
        if moved.shape != W.shape:
            return "The next weights have the shape of W."
        if not moved.any():
            return "The weights have not moved, and a shorter step would have lowered J."
        t = np.sum(moved * step) / np.sum(step**2)
        if not np.allclose(moved, t * step):
            return "The next weights are not on the line along the step."
        if J(W + moved) >= J(W):
            return "J is not lower at the next weights: the step is too long, or backwards."
    return None


@exercise("9.7", asks="a function of (X, G), with the gradient G of shape (D, K), that returns the step")
def step_by_the_bound(answer):
    """The step to the lowest point of the model whose curvature is half of I times X'X / N."""
    X, W = drawn(7)
    G = X.T @ (softmax(X @ W) - np.eye(4)[np.arange(20) % 4]) / len(X)
    gram = X.T @ X / len(X)
    right = -np.linalg.solve(np.kron(gram, np.eye(4)) / 2, G.ravel()).reshape(G.shape)
    known = [
        (-right, "The step leads uphill."),
        (right / 2, "The half in the bound has been forgotten."),
        (right / 4, "The half in the bound belongs on the other side when one solves for the step."),
        (right / len(X), "The matrix of the bound is divided by N."),
        (-2 * gram @ G, "The gradient is multiplied by the matrix; the step solves an equation with it."),
    ]
    return compare(answer(X, G), right, known)
