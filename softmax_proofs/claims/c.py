"""Source C, course notes: claims C01 to C33.

Here W is `e.W`, a = W^T x is `e.z` and z = softmax(a) is `e.o`; the constant is one of the d features.
"""

from __future__ import annotations

import numpy as np

import softmax_lib
from softmax_proofs.claims.examples import close, derivative, pieces, sigmoid, softmax
from softmax_proofs.claims.judging import claim, conditional, corrected, holds, marked_up, missing


def nll(e, W):
    """The negative log-likelihood of all examples, a sum: -ln of the product of their probabilities."""
    return e.N * e.loss(W)


# --- The network, lines 1 to 48 -----------------------------------------------------------------------------


@claim("C01")
def shortcodes_of_a_site_generator(e):
    """MyST knows nothing of Hugo's shortcodes: the letter k between two of them is no mathematics."""
    printed = pieces("Given {{< katex >}}k{{< /katex >}} classes")
    return marked_up("math_inline" in printed, mended="math_inline" in pieces("Given $k$ classes"))


@claim("C02")
def one_layer(e):
    """One layer of weights: the derivative of the pre-activations by the inputs is the same everywhere."""
    elsewhere = e.rng.normal(size=e.D)
    slopes = [derivative(lambda x: x @ e.W, at) for at in (e.x, elsewhere)]
    return holds(close(slopes[0], slopes[1]) and close(softmax(e.x @ e.W), e.o))


@claim("C03")
def a_diagram_between_shortcodes(e):
    """Between shortcodes the diagram is no block of code.  (That Mermaid typesets no formula in a diagram of
    states, but does in a flowchart, is a fact that its documentation states; nothing here computes it.)"""
    printed = pieces("{{<mermaid>}}\nstateDiagram-v2\n    direction LR\n{{</mermaid>}}\n")
    mended = pieces("```mermaid\nflowchart LR\n```\n")
    return marked_up("fence" in printed, mended="fence" in mended)


@claim("C04")
def inputs_from_one_to_d(e):
    return holds(derivative(lambda x: x @ e.W, e.x).shape == (e.K, e.D))


@claim("C05")
def pre_activations(e):
    """With w_ki for entry i of the vector w_k."""
    w = e.W.T  # w[k] is the vector of class k
    return holds(close(np.array([sum(w[k, i] * e.x[i] for i in range(e.D)) for k in range(e.K)]), e.W.T @ e.x))


@claim("C06")
def labels_of_the_edges(e):
    """The edge from input i to pre-activation k carries w_ki, and that is its derivative."""
    return holds(close(derivative(lambda x: e.W.T @ x, e.x), e.W.T))


@claim("C07")
def one_edge_for_each_class(e):
    """The edges a_k to z_k alone would make the derivative of z by a diagonal; no entry of it is zero."""
    jacobian = derivative(softmax, e.z)
    off_diagonal = jacobian[~np.eye(e.K, dtype=bool)]
    return corrected(printed=np.abs(off_diagonal).max() == 0, corrected=np.abs(off_diagonal).min() > 0)


@claim("C08")
def notes_of_the_diagram(e):
    """The note "Outputs" is on a hidden node; the outputs are the activations, which have a note already."""
    hidden = {"END1", "END2", "END"}
    notes = {"Inputs": "xd", "Pre-activations": "a1", "Activations": "zk", "Outputs": "END"}
    return marked_up(not hidden & set(notes.values()), mended=notes["Activations"] not in hidden)


# --- The model, lines 50 to 77 ------------------------------------------------------------------------------


@claim("C09")
def probability_of_a_class(e):
    scores = [np.exp(e.W[:, i] @ e.x) for i in range(e.K)]
    return holds(close(np.array(scores) / sum(scores), softmax_lib.softmax(e.z)))


@claim("C10")
def a_vector_of_weights_for_each_class(e):
    """With x_0 = 1 among the d features, as here, they hold the intercepts too."""
    w = [e.W[:, j] for j in range(e.K)]
    return holds(all(w_j.shape == (e.D,) for w_j in w) and close(softmax(np.array([w_j @ e.x for w_j in w])), e.o))


@claim("C11")
def stacked_weights(e):
    return holds(np.column_stack([e.W[:, j] for j in range(e.K)]).shape == (e.D, e.K))


@claim("C12")
def transposed_weights_times_x(e):
    return holds((e.W.T @ e.x).shape == (e.K,) and close(e.W.T @ e.x, e.z))


@claim("C13")
def activations(e):
    z = softmax(e.W.T @ e.x)
    return holds(z.shape == (e.K,) and close(z.sum(), 1.0))


@claim("C14")
def softmax_of_a_vector(e):
    return holds(close(softmax(e.z), softmax_lib.softmax(e.z)))


@claim("C15")
def probability_as_softmax(e):
    odds = np.exp(e.W[:, 1:].T @ e.x - e.W[:, 0] @ e.x)  # against the first class
    return holds(close(softmax(e.W.T @ e.x), np.r_[1, odds] / (1 + odds.sum())))


@claim("C16")
def design_matrix(e):
    rows = np.stack([e.X[n] for n in range(e.N)])
    return holds(rows.shape == (e.N, e.D) and close(rows, e.X))


@claim("C17")
def predictions_named_like_labels(e):
    """Line 54 calls the label y, one number for each example; predictions need a letter of their own."""
    y = e.labels
    predictions = softmax(e.X @ e.W)
    return conditional(y.shape == predictions.shape, with_condition=predictions.shape == (e.N, e.K))


@claim("C18")
def matrix_times_vector(e):
    """A vector has one column and would give one number for each example."""
    with_vector, with_matrix = e.X @ e.W[:, 0], e.X @ e.W
    return corrected(printed=with_vector.shape == (e.N, e.K), corrected=with_matrix.shape == (e.N, e.K))


@claim("C19")
def softmax_of_a_matrix(e):
    """Line 68 defines softmax for a vector.  Of a matrix it must be taken row by row, which is not said."""
    everything = np.exp(e.Z) / np.exp(e.Z).sum()
    rows = np.exp(e.Z) / np.exp(e.Z).sum(axis=1, keepdims=True)
    ones = np.ones(e.N)
    return conditional(close(everything.sum(axis=1), ones), with_condition=close(rows.sum(axis=1), ones))


# --- The likelihood, lines 79 to 102 ------------------------------------------------------------------------


@claim("C20")
def labels_in_an_interval(e):
    """Labels of k classes are the numbers 1 to k, or one-hot rows that sum to one: not numbers between 0 and 1."""
    y = e.labels + 1
    one_hot = np.isin(e.Y, (0, 1)).all() and (e.Y.sum(axis=1) == 1).all()
    return corrected(printed=((y >= 0) & (y <= 1)).all(), corrected=set(y) <= set(range(1, e.K + 1)) and one_hot)


@claim("C21")
def one_vector_of_weights(e):
    """A vector gives one number for an example, k classes need k."""
    w = e.W[:, 0]
    return corrected(printed=np.atleast_1d(w @ e.x).shape == (e.K,), corrected=(e.W.T @ e.x).shape == (e.K,))


@claim("C22")
def minimise_the_negative_logarithm(e):
    """The same weights win, and the logarithm still has a value where the product is too small for one."""
    candidates = e.rng.normal(size=(50, e.D, e.K))
    likelihoods = [np.prod(softmax(e.X @ W)[np.arange(e.N), e.labels]) for W in candidates]
    same_winner = np.argmax(likelihoods) == np.argmin([nll(e, W) for W in candidates])
    many = np.tile(e.O[np.arange(e.N), e.labels], 1000)
    return holds(same_winner and np.prod(many) == 0 and np.isfinite(np.log(many).sum()))


@claim("C23")
def a_sigmoid_for_the_prediction(e):
    """Sigmoids of k scores are no distribution over k classes; softmax is."""
    ones = np.ones(e.N)
    return corrected(
        printed=close(sigmoid(e.Z).sum(axis=1), ones),
        corrected=close(softmax(e.Z).sum(axis=1), ones),
    )


def binary_cross_entropy(mu, y):
    """Line 89, summed over whatever it is given."""
    return -(y * np.log(mu) + (1 - y) * np.log(1 - mu)).sum()


def two_classes(e):
    """Weights (D, 2) and labels 0 or 1: here the binary formulas must be right."""
    return e.W[:, :2], e.labels % 2


def binary_is_right_for_two(e):
    W, y = two_classes(e)
    mu = sigmoid(e.X @ (W[:, 1] - W[:, 0]))
    return close(binary_cross_entropy(mu, y), -np.log(softmax(e.X @ W)[np.arange(e.N), y]).sum())


@claim("C24")
def binary_likelihood_for_many_classes(e):
    """Taken class by class it counts what the other classes are *not*, which the likelihood does not."""
    printed = -np.log(e.O**e.Y * (1 - e.O) ** (1 - e.Y)).sum()
    return corrected(
        printed=close(printed, nll(e, e.W)),
        corrected=close(-(e.Y * np.log(e.O)).sum(), nll(e, e.W)) and binary_is_right_for_two(e),
    )


@claim("C25")
def binary_cross_entropy_for_many_classes(e):
    """Neither with softmax nor with a sigmoid for each class; for two classes it is right."""
    readings = [binary_cross_entropy(e.O, e.Y), binary_cross_entropy(sigmoid(e.Z), e.Y)]
    return corrected(
        printed=any(close(reading, nll(e, e.W)) for reading in readings),
        corrected=close(-(e.Y * np.log(e.O)).sum(), nll(e, e.W)) and binary_is_right_for_two(e),
    )


@claim("C26")
def the_name_of_the_loss(e):
    """The negative log-likelihood of this page's model is the *categorical* cross-entropy."""
    categorical = e.N * softmax_lib.cross_entropy(e.Z, e.labels)
    return corrected(
        printed=close(nll(e, e.W), binary_cross_entropy(e.O, e.Y)),
        corrected=close(nll(e, e.W), categorical),
    )


@claim("C27")
def choose_what_minimises(e):
    """A short step against the derivative: the loss falls and the likelihood of the labels rises."""
    moved = e.W - 1e-3 * derivative(lambda W: nll(e, W), e.W)

    def likelihood(W):
        return np.prod(softmax(e.X @ W)[np.arange(e.N), e.labels])

    return holds(nll(e, moved) < nll(e, e.W) and likelihood(moved) > likelihood(e.W))


@claim("C28")
def the_minimiser(e):
    """The loss is convex, so what is found is a minimiser; for K weight vectors it is never the only one."""
    other, common = e.rng.normal(size=(e.D, e.K)), e.rng.normal(size=(e.D, 1))
    convex = nll(e, (e.W + other) / 2) <= (nll(e, e.W) + nll(e, other)) / 2
    return holds(convex and close(nll(e, e.W + common), nll(e, e.W)))


@claim("C29")
def an_equals_sign_is_missing(e):
    """The printed "L - sum" is no equation, and as an expression it is twice the loss."""
    W, y = two_classes(e)
    mu = sigmoid(e.X @ (W[:, 1] - W[:, 0]))
    total = (y * np.log(mu) + (1 - y) * np.log(1 - mu)).sum()
    L = -np.log(softmax(e.X @ W)[np.arange(e.N), y]).sum()
    return corrected(printed=close(L - total, L), corrected=close(L, -total))


# --- The loss in code and its gradient, lines 104 to 113 ----------------------------------------------------


@claim("C30")
def functions_of_a_library(e):
    """BCELoss and BCEWithLogitsLoss by their definitions, means over all N K entries; CrossEntropyLoss takes logits."""
    logits_with_sigmoid = binary_cross_entropy(sigmoid(e.Z), e.Y) / (e.N * e.K)
    probabilities = binary_cross_entropy(e.O, e.Y) / (e.N * e.K)
    log_softmax = e.Z - np.log(np.exp(e.Z).sum(axis=1, keepdims=True))
    mean = nll(e, e.W) / e.N
    return corrected(
        printed=close(logits_with_sigmoid, mean) or close(probabilities, mean),
        corrected=close(-log_softmax[np.arange(e.N), e.labels].mean(), mean),
    )


@claim("C31")
def a_misprint(e):
    """The word "if" for "is": nothing to compute."""
    return marked_up(printed=False, mended=True)


@claim("C32")
def gradient_with_a_sigmoid(e):
    """The gradient of the binary sum; with k classes softmax takes the place of the sigmoid."""
    W, y = two_classes(e)
    binary = derivative(lambda w: binary_cross_entropy(sigmoid(e.X @ w), y), W[:, 1])
    right = derivative(lambda W: nll(e, W), e.W)
    return corrected(
        printed=close(e.X.T @ (sigmoid(e.Z) - e.Y), right),
        corrected=close(e.X.T @ (softmax(e.Z) - e.Y), right) and close(e.X.T @ (sigmoid(e.X @ W[:, 1]) - y), binary),
    )


@claim("C33")
def sum_or_mean(e):
    """One step is the same if the sum's step is shorter by the factor N, and its penalty larger by N."""
    by_mean = e.W - e.alpha * derivative(e.penalised, e.W)

    def summed(W):
        return nll(e, W) + e.N * e.lam / 2 * (W[1:] ** 2).sum()

    by_sum = e.W - e.alpha / e.N * derivative(summed, e.W)
    return missing(close(by_sum, by_mean) and not close(nll(e, e.W), e.loss(e.W)))
