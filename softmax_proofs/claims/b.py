"""Source B, a blog post: claims B01 to B26.

One example, with features `e.x`, target `e.y`, logits `e.z` and S = `e.o`; w_i is column i of `e.W`.
"""

from __future__ import annotations

import numpy as np

import softmax_lib
from softmax_proofs.claims.examples import close, derivative, pieces, sigmoid, softmax
from softmax_proofs.claims.judging import claim, conditional, corrected, holds, marked_up, missing


def loss(e, z):
    """The cross-entropy of one example, for the logits z."""
    return -(e.y * np.log(softmax(z))).sum()


def by_weights(e):
    """The derivative of that loss with respect to all weights: (D, K)."""
    return derivative(lambda W: loss(e, e.x @ W), e.W)


# --- The summary, lines 1 to 17 -----------------------------------------------------------------------------


@claim("B01")
def front_matter(e):
    """Plain CommonMark has no front matter: it would show these lines, the last of them as a heading."""
    text = '---\nslug: "/blog/softmaxregression"\norder: 3\n---\n'
    return marked_up("heading_open" not in pieces(text, extended=False), mended=pieces(text) == ["front_matter"])


@claim("B02")
def softmax_of_one_logit(e):
    """The formula is right; S(z_i) is to be read as entry i of S(z), for it needs all of z."""
    return holds(close(softmax(e.z), softmax_lib.softmax(e.z)))


@claim("B03")
def cross_entropy(e):
    return holds(close(-sum(e.y[j] * np.log(e.o[j]) for j in range(e.K)), -np.log(e.o[e.label])))


@claim("B04")
def loss_of_single_numbers(e):
    """The loss of the pair (y_i, S(z_i)) alone moves only the weights of the example's own class."""
    step = e.alpha * by_weights(e)
    alone = derivative(lambda W: -e.y * np.log(softmax(e.x @ W)), e.W)  # (term i, D, class)
    printed = np.einsum("idi->di", alone)
    return corrected(
        printed=close(e.W - e.alpha * printed, e.W - step),
        corrected=close(e.W - e.alpha * alone.sum(axis=0), e.W - step),
    )


@claim("B05")
def one_feature_for_one_class(e):
    """x_i is a single feature, numbered by the class; the step needs the whole x."""
    size = range(min(e.D, e.K))  # where x_i exists
    right = e.W - e.alpha * by_weights(e)
    printed = np.stack([e.W[:, i] - e.alpha * e.x[i] * (e.o[i] - e.y[i]) for i in size], axis=1)
    whole = np.stack([e.W[:, i] - e.alpha * e.x * (e.o[i] - e.y[i]) for i in range(e.K)], axis=1)
    return corrected(printed=close(printed, right[:, : len(size)]), corrected=close(whole, right))


@claim("B06")
def a_product_that_is_not_there(e):
    """x_b has D entries and S(z_b) - y_b has K: the printed product needs them equal.  It is an outer product."""
    errors = e.O - e.Y
    outer = sum(np.outer(e.X[b], errors[b]) for b in range(e.N)) / e.N
    return corrected(
        printed=e.X[0].shape == errors[0].shape,
        corrected=close(outer, derivative(e.loss, e.W)) and close(outer, e.X.T @ errors / e.N),
    )


# --- The derivative of softmax, lines 19 to 43 --------------------------------------------------------------


def stated_jacobian(e):
    """Line 41, for all j (rows) and i (columns)."""
    return np.array([[e.o[i] * ((i == j) - e.o[j]) for i in range(e.K)] for j in range(e.K)])


@claim("B07")
def derivative_of_a_sigmoid(e):
    """What is derived is the derivative of softmax; that of sigmoids is diagonal."""
    return corrected(
        printed=close(stated_jacobian(e), derivative(sigmoid, e.z)),
        corrected=close(stated_jacobian(e), derivative(softmax, e.z)),
    )


@claim("B08")
def what_is_to_be_derived(e):
    def quotient(z):
        return np.array([np.exp(z[j]) / sum(np.exp(z[k]) for k in range(e.K)) for j in range(e.K)])

    return holds(close(derivative(quotient, e.z), derivative(softmax, e.z)))


def unevaluated_quotient_rule(e):
    """Line 25, with the two derivatives in its numerator still to be worked out: (j, i)."""
    s = np.exp(e.z).sum()
    tops = derivative(np.exp, e.z)  # (j, i)
    sums = derivative(lambda z: np.exp(z).sum(), e.z)  # (i,)
    return (tops * s - np.exp(e.z)[:, None] * sums) / s**2


@claim("B09")
def quotient_rule(e):
    return holds(close(unevaluated_quotient_rule(e), derivative(softmax, e.z)))


@claim("B10")
def two_cases_that_are_one(e):
    """Right, and empty: both branches are line 25 unchanged."""
    same = unevaluated_quotient_rule(e)
    return holds(close(np.where(np.eye(e.K) == 1, same, same), derivative(softmax, e.z)))


@claim("B11")
def the_same_class(e):
    s = np.exp(e.z).sum()
    return holds(close((np.exp(e.z) * s - np.exp(e.z) ** 2) / s**2, np.diag(derivative(softmax, e.z))))


@claim("B12")
def another_class(e):
    others = ~np.eye(e.K, dtype=bool)
    printed = (0 - np.outer(np.exp(e.z), np.exp(e.z))) / np.exp(e.z).sum() ** 2
    return holds(close(printed[others], derivative(softmax, e.z)[others]))


@claim("B13")
def both_cases_in_probabilities(e):
    printed = np.where(np.eye(e.K) == 1, e.o * (1 - e.o), -np.outer(e.o, e.o))
    return holds(close(printed, derivative(softmax, e.z)))


@claim("B14")
def the_delta_on_the_other_side(e):
    """Indices exchanged: the same, because the matrix is symmetric."""
    return holds(close(stated_jacobian(e), derivative(softmax, e.z)))


# --- The derivative of the loss, lines 45 to 57 -------------------------------------------------------------


def by_logits(e, y):
    """The derivative of the loss for any target y."""
    return derivative(lambda z: -(y * np.log(softmax(z))).sum(), e.z)


def any_target(e):
    """Positive numbers that do not sum to one: lines 50 to 54 hold for them too."""
    return e.rng.uniform(0.5, 1.5, size=e.K)


@claim("B15")
def the_loss_for_its_derivative(e):
    """There is no derivative on the right: it is the loss itself, the same for every i."""
    terms = derivative(lambda z: np.log(softmax(z)), e.z)  # (k, i)
    return corrected(
        printed=close(np.full(e.K, loss(e, e.z)), by_logits(e, e.y)),
        corrected=close(-(e.y[:, None] * terms).sum(axis=0), by_logits(e, e.y)),
    )


def own_term_and_the_others(e, own, other):
    """-(own(i) - the sum of other(k, i) over k other than i), for every i."""
    return np.array([-(own(i) - sum(other(k, i) for k in range(e.K) if k != i)) for i in range(e.K)])


@claim("B16")
def both_cases_put_in(e):
    y, S = any_target(e), e.o
    ratio = y / S
    printed = own_term_and_the_others(e, lambda i: ratio[i] * S[i] * (1 - S[i]), lambda k, i: ratio[k] * S[k] * S[i])
    return holds(close(printed, by_logits(e, y)))


@claim("B17")
def probabilities_cancelled(e):
    y, S = any_target(e), e.o
    printed = own_term_and_the_others(e, lambda i: y[i] * (1 - S[i]), lambda k, i: y[k] * S[i])
    return holds(close(printed, by_logits(e, y)))


@claim("B18")
def bracket_opened(e):
    y, S = any_target(e), e.o
    printed = own_term_and_the_others(e, lambda i: y[i] - S[i] * y[i], lambda k, i: S[i] * y[k])
    return holds(close(printed, by_logits(e, y)))


@claim("B19")
def one_sum_of_all_classes(e):
    y, S = any_target(e), e.o
    printed = np.array([-(y[i] - sum(S[i] * y[k] for k in range(e.K))) for i in range(e.K)])
    return holds(close(printed, by_logits(e, y)))


@claim("B20")
def probability_in_front(e):
    y = any_target(e)
    return holds(close(-(y - e.o * y.sum()), by_logits(e, y)))


@claim("B21")
def prediction_minus_target(e):
    """The step from line 54 needs targets that sum to one, which the text never says."""
    y = any_target(e)
    share = y / y.sum()
    return conditional(close(e.o - y, by_logits(e, y)), with_condition=close(e.o - share, by_logits(e, share)))


# --- The derivative by the weights, lines 59 to 75 ----------------------------------------------------------


@claim("B22")
def weight_by_logit(e):
    """What stands below the sentence is the derivative of the logit with respect to the weight."""
    logit_by_weight = derivative(lambda w: w @ e.x, e.W[:, 0])
    weight_by_logit = 1 / logit_by_weight  # each weight, the others held
    return corrected(printed=close(weight_by_logit, e.x), corrected=close(logit_by_weight, e.x))


@claim("B23")
def one_feature_of_a_logit(e):
    """z_i = w_i x with all of x, so the derivative is the whole vector x."""
    size = range(min(e.D, e.K))  # where x_i exists
    right = np.array([derivative(lambda w: w @ e.x, e.W[:, i]) for i in size])
    return corrected(
        printed=close(np.array([np.full(e.D, e.x[i]) for i in size]), right),
        corrected=close(np.array([e.x for i in size]), right),
    )


@claim("B24")
def weight_by_loss(e):
    """What is meant, and written below, is the derivative of the loss with respect to the weight."""
    loss_by_weight = by_weights(e)[:, 0]
    result = e.x * (e.o - e.y)[0]
    return corrected(printed=close(1 / loss_by_weight, result), corrected=close(loss_by_weight, result))


@claim("B25")
def the_chain_with_one_feature(e):
    """The chain rule is right; its first factor is the whole x."""
    size = range(min(e.D, e.K))  # where x_i exists
    right = by_weights(e)
    printed = np.stack([np.full(e.D, e.x[i] * (e.o[i] - e.y[i])) for i in size], axis=1)
    return corrected(
        printed=close(printed, right[:, : len(size)]),
        corrected=close(np.outer(e.x, derivative(lambda z: loss(e, z), e.z)), right)
        and close(np.outer(e.x, e.o - e.y), right),
    )


@claim("B26")
def what_the_text_leaves_out(e):
    """Without intercepts the origin gets equal probabilities, whatever the weights."""
    at_the_origin = softmax(np.zeros(e.D) @ e.W)
    penalty = derivative(lambda W: e.penalised(W) - e.loss(W), e.W)
    with np.errstate(over="ignore", invalid="ignore"):
        overflows = np.isnan(softmax(e.z + 1000)).any()
    return missing(
        close(at_the_origin, np.full(e.K, 1 / e.K))
        and close(penalty, e.lam * e.without_intercepts())
        and overflows
        and close(softmax_lib.softmax(e.z + 1000), e.o)
    )
