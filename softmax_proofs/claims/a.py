"""Source A, a chapter of a book: claims A01 to A72.

Here beta is `e.W`, one column a class, and the first feature is the constant 1, so its M features are `e.D - 1`.
`e` is an `Example`.
"""

from __future__ import annotations

import numpy as np

import softmax_lib
from softmax_proofs.claims.examples import close, derivative, pieces, sigmoid, softmax
from softmax_proofs.claims.judging import claim, conditional, corrected, holds, marked_up, missing

# --- Introduction, lines 1 to 20 ----------------------------------------------------------------------------


@claim("A01")
def headings_without_their_marks(e):
    """`#SoftMax...` lacks a blank after the `#`, and "Introduction" has no `#` at all: two paragraphs."""
    printed = pieces("#SoftMaxRegression And Its Derivation\n\nIntroduction\n")
    mended = pieces("# SoftMaxRegression And Its Derivation\n\n## Introduction\n")
    return marked_up(printed.count("heading_open") == 2, mended=mended.count("heading_open") == 2)


@claim("A02")
def two_class_models_for_many_classes(e):
    """They can be used, one against the rest; what they do not give directly is one distribution."""
    W = np.zeros((e.D, e.K))
    X = np.eye(e.D)[e.labels % e.D]  # classes that any straight border can separate
    labels = e.labels % e.D
    Y = np.eye(e.K)[labels]
    for _ in range(200):
        W -= X.T @ (sigmoid(X @ W) - Y)  # K logistic regressions, side by side
    claims = sigmoid(X @ W)
    cannot_be_used = (claims.argmax(axis=1) != labels).any()
    no_distribution = not close(claims.sum(axis=1), np.ones(e.N))
    return conditional(cannot_be_used, with_condition=no_distribution)


@claim("A03")
def a_linear_regression(e):
    """Along a straight line of features the log-odds change steadily, the probabilities do not."""
    steps = np.linspace(-1, 1, 5)[:, None] * e.x  # (5, D): equal steps
    bend_of_probabilities = np.diff(softmax(steps @ e.W), 2, axis=0)
    log_odds = np.log(softmax(steps @ e.W) / softmax(steps @ e.W)[:, :1])
    return corrected(
        printed=np.abs(bend_of_probabilities).max() < 1e-9,
        corrected=np.abs(np.diff(log_odds, 2, axis=0)).max() < 1e-9,
    )


@claim("A04")
def a_specialisation_of_logistic_regression(e):
    """Some softmax models are no sigmoid of a line: the middle class rises and falls.  Every sigmoid is a softmax."""
    along = np.linspace(-60, 60, 4001)[:, None] * e.x
    middle = np.argsort(e.z)[1]  # its slope lies between two others
    steps = np.diff(softmax_lib.softmax(along @ e.W)[:, middle])
    rises_or_falls_only = (steps >= 0).all() or (steps <= 0).all()  # as every sigmoid of a line does
    two = e.Z[:, :2]
    return corrected(
        printed=rises_or_falls_only,
        corrected=close(softmax(two)[:, 1], sigmoid(two[:, 1] - two[:, 0])),
    )


@claim("A05")
def the_sigmoid_is_a_probability(e):
    """Between 0 and 1, and with that of the other class it makes 1: P(y = 1 | x)."""
    p, other = sigmoid(e.z), sigmoid(-e.z)
    return holds(((p > 0) & (p < 1)).all() and close(p + other, np.ones(e.K)))


@claim("A06")
def softmax_gives_the_probabilities_of_all_classes(e):
    return holds((e.O > 0).all() and close(e.O.sum(axis=1), np.ones(e.N)))


# --- Derivation of softmax, lines 22 to 107 -----------------------------------------------------------------


def against_the_last_class(e):
    """What lines 46 to 56 ask for, solved as K linear equations: weights (D, K) and probabilities (K,).

    Line 50 at i = k reads ln 1 = x w_k, for every x: the weights of the reference class are zero.
    """
    w = e.W.copy()
    w[:, -1] = 0
    equations = np.eye(e.K)
    equations[:-1, -1] = -np.exp(e.x @ w[:, :-1])  # P(y = i) - P(y = k) e^(x w_i) = 0
    equations[-1] = 1  # the sum
    return w, np.linalg.solve(equations, np.eye(e.K)[-1])


@claim("A07")
def labels_from_one_to_k(e):
    """k classes, numbered from 1: each label picks one of k probabilities."""
    y = e.labels + 1
    return holds(y.min() >= 1 and y.max() <= e.K and e.O.shape[1] == e.K)


@claim("A08")
def a_vector_of_probabilities(e):
    return holds(e.o.shape == (e.K,) and close(e.o.sum(), 1.0))


@claim("A09")
def log_odds_of_two_classes_are_linear(e):
    t = e.X @ e.W[:, 0]
    return holds(close(np.log(sigmoid(t) / (1 - sigmoid(t))), t))


@claim("A10")
def log_odds_against_class_k(e):
    """ln(P(i) / P(k)) is x (w_i - w_k); it is x w_i only if the reference class has no weights."""
    w, p = against_the_last_class(e)
    return conditional(close(np.log(e.o / e.o[-1]), e.x @ e.W), with_condition=close(np.log(p / p[-1]), e.x @ w))


@claim("A11")
def odds_are_an_exponential(e):
    w, p = against_the_last_class(e)
    return holds(close(p / p[-1], np.exp(e.x @ w)))


@claim("A12")
def each_class_from_the_reference(e):
    w, p = against_the_last_class(e)
    return holds(close(p, p[-1] * np.exp(e.x @ w)))


@claim("A13")
def probabilities_sum_to_one(e):
    _, p = against_the_last_class(e)
    return holds(close(p.sum(), 1.0))


@claim("A14")
def conditioned_on_a_class(e):
    """P(y = j | y = k) is 1 or 0 whatever x is; the terms on the right depend on x.  Both sums are 1."""
    w, p = against_the_last_class(e)
    terms = p[-1] * np.exp(e.x @ w)
    return corrected(printed=close(np.eye(e.K)[-1], terms), corrected=close(p, terms))


@claim("A15")
def one_is_the_sum(e):
    """Right with the zero weights that line 50 forces on class k."""
    w, p = against_the_last_class(e)
    return holds(close(1.0, p[-1] * np.exp(e.x @ w).sum()))


@claim("A16")
def the_reference_class(e):
    """Right with the zero weights that line 50 forces on class k."""
    w, p = against_the_last_class(e)
    return holds(close(p[-1], 1 / np.exp(e.x @ w).sum()))


@claim("A17")
def the_hidden_formula(e):
    """Softmax, in a comment that no reader sees: it follows from line 50."""
    w, p = against_the_last_class(e)
    return holds(close(p, np.exp(e.x @ w) / np.exp(e.x @ w).sum()))


@claim("A18")
def the_printed_formula(e):
    """Class k on the left, every class i on the right: it would make all probabilities equal."""
    w, p = against_the_last_class(e)
    right = np.exp(e.x @ w) / np.exp(e.x @ w).sum()
    return corrected(printed=close(np.full(e.K, p[-1]), right), corrected=close(p, right))


@claim("A19")
def one_weight_more_than_features(e):
    """w_k has entries 0 to m, so x w_k needs a feature x_0 = 1 in front of x_1 to x_m."""
    features, w = e.x[1:], e.W[:, 0]
    with_constant = np.r_[1, features]
    return conditional(
        len(features) == len(w),
        with_condition=len(with_constant) == len(w) and close(with_constant @ w, w[0] + features @ w[1:]),
    )


@claim("A20")
def softmax_of_the_linear_terms(e):
    return holds(close(softmax_lib.softmax(e.z), np.exp(e.x @ e.W) / np.exp(e.x @ e.W).sum()))


@claim("A21")
def exponential_of_the_output(e):
    """z is what goes into softmax; the exponentials of its output give something else."""
    return conditional(close(softmax(e.o), e.o), with_condition=close(softmax(e.z), e.o))


# --- The likelihood, lines 109 to 226 -----------------------------------------------------------------------


@claim("A22")
def the_indicator_of_one_statement(e):
    """The printed case is "y = i"; line 128 puts in "y = k".  1{A} must look at its own argument."""
    i = 0
    printed = np.array([e.label == i for _ in range(e.K)])  # whatever stands in the braces
    general = np.array([e.label == k for k in range(e.K)])
    return conditional((printed == general).all(), with_condition=printed[i] == general[i])


@claim("A23")
def the_training_set(e):
    features, y = e.X[:, 1:], e.labels + 1
    return holds(features.shape == (e.N, e.D - 1) and set(y) <= set(range(1, e.K + 1)))


@claim("A24")
def one_probability_for_each_example(e):
    """Training needs the N probabilities of the classes that were seen, and nothing else."""
    seen = e.O[np.arange(e.N), e.labels]
    return holds(close(e.loss(e.W), -np.log(seen).mean()))


@claim("A25")
def a_product_of_powers_picks_one(e):
    return holds(close(np.prod(e.O**e.Y, axis=1), e.O[np.arange(e.N), e.labels]))


@claim("A26")
def shape_of_beta(e):
    """With one column a class there must be K columns."""
    M = e.D - 1
    printed, right = np.empty((e.K, M)), np.empty((M, e.K))
    return corrected(printed=printed.shape[1] == e.K, corrected=right.shape[1] == e.K)


@claim("A27")
def logits_are_log_odds(e):
    """z_k is not ln(p / (1 - p)), but a difference of two z is a log-odds of two classes."""
    differences = e.z[:, None] - e.z
    return conditional(
        close(np.log(e.o / (1 - e.o)), e.z),
        with_condition=close(np.log(e.o[:, None] / e.o), differences),
    )


@claim("A28")
def row_times_column(e):
    one_by_one = np.array([sum(e.x[d] * e.W[d, k] for d in range(e.D)) for k in range(e.K)])
    return holds(close(one_by_one, e.z))


@claim("A29")
def exponentiate_and_normalise(e):
    return holds(close(np.exp(e.z) / np.exp(e.z).sum(), softmax_lib.softmax(e.z)))


@claim("A30")
def the_row_of_logits(e):
    """The third entry of the row is z_3, not z_2 once more."""
    printed = e.z.copy()
    printed[2] = e.z[1]
    return corrected(printed=close(printed, e.x @ e.W), corrected=close(e.z, e.x @ e.W))


@claim("A31")
def the_likelihood_is_a_product(e):
    """Independent examples: over all possible labels of three examples the products sum to 1."""
    first, second, third = e.O[:3]
    products = first[:, None, None] * second[:, None] * third
    return holds(close(products.sum(), 1.0) and close(products[tuple(e.labels[:3])], np.prod(e.O[:3] ** e.Y[:3])))


@claim("A32")
def a_product_up_to_its_own_index(e):
    """Stopping at any class before the last loses the examples of the later classes."""
    likelihood = np.exp(-e.N * e.loss(e.W))

    def up_to(k):
        return np.prod(e.O[:, :k] ** e.Y[:, :k])

    stops_anywhere = all(close(up_to(k), likelihood) for k in range(1, e.K + 1))
    return corrected(printed=stops_anywhere, corrected=close(up_to(e.K), likelihood))


@claim("A33")
def mean_negative_log_likelihood(e):
    likelihood = np.prod(e.O[np.arange(e.N), e.labels])
    return holds(close(-np.log(likelihood) / e.N, -(e.Y * np.log(e.O)).sum() / e.N))


@claim("A34")
def softmax_put_in(e):
    shares = np.exp(e.Z) / np.exp(e.Z).sum(axis=1, keepdims=True)
    return holds(close(-(e.Y * np.log(shares)).sum() / e.N, e.loss(e.W)))


@claim("A35")
def logarithm_of_the_quotient(e):
    normaliser = np.log(np.exp(e.Z).sum(axis=1))
    terms = (e.Y * np.log(np.exp(e.Z))).sum(axis=1) - e.Y.sum(axis=1) * normaliser
    return holds(close(-terms.mean(), e.loss(e.W)))


@claim("A36")
def logarithm_of_the_exponential(e):
    terms = (e.Y * e.Z * np.log(np.e)).sum(axis=1) - np.log(np.exp(e.Z).sum(axis=1))
    return holds(close(-terms.mean(), e.loss(e.W)))


@claim("A37")
def one_condition_is_true(e):
    indicators = np.array([[e.labels[n] == k for k in range(e.K)] for n in range(e.N)])
    return holds((indicators.sum(axis=1) == 1).all())


@claim("A38")
def the_normaliser_with_the_wrong_index(e):
    """Summed over j, the printed term e^(x beta_k) has no j in it: K times the same number."""

    def loss(normaliser):  # (N,)
        return -((e.Y * e.Z).sum(axis=1) - np.log(normaliser)).mean()

    own_class = e.Z[np.arange(e.N), e.labels]
    readings = [own_class, *e.Z.T]  # k is the class of the example, or one class throughout
    return corrected(
        printed=any(close(loss(e.K * np.exp(z)), e.loss(e.W)) for z in readings),
        corrected=close(loss(np.exp(e.Z).sum(axis=1)), e.loss(e.W)),
    )


@claim("A39")
def minimised_by_gradient_descent(e):
    """Fifty steps of the safe length, each of them down."""
    W, step, losses = e.W, 2 * e.N / np.linalg.eigvalsh(e.X.T @ e.X)[-1], []
    for _ in range(50):
        losses.append(e.loss(W))
        W = W - step * derivative(e.loss, W)
    return holds((np.diff(losses) < 0).all())


# --- The gradient, lines 226 to 252 -------------------------------------------------------------------------


@claim("A40")
def the_gradient_with_a_minus(e):
    """Along its gradient a function rises, at the rate of the gradient's square."""
    slopes = derivative(e.loss, e.W)

    def rises_along(gradient):
        rate = derivative(lambda t: e.loss(e.W + t[0] * gradient), [0.0])[0]
        return close(rate, (gradient**2).sum())

    return corrected(printed=rises_along(-slopes), corrected=rises_along(slopes))


@claim("A41")
def the_gradient_written_out(e):
    by_class = [
        -sum((e.Y[n, k] - np.exp(e.Z[n, k]) / np.exp(e.Z[n]).sum()) * e.X[n] for n in range(e.N)) / e.N
        for k in range(e.K)
    ]
    return holds(close(np.stack(by_class, axis=1), derivative(e.loss, e.W)))


@claim("A42")
def rules_for_matrices(e):
    """For a row a and a column x the rules hold; for matrices the derivative has four indices."""
    A, X = e.rng.normal(size=(2, e.D)), e.rng.normal(size=(e.D, e.K))
    a, x = A[0], X[:, 0]
    four_indices = derivative(lambda M: A @ M, X)  # (2, K, D, K)
    by_columns = four_indices.transpose(1, 0, 3, 2).reshape(2 * e.K, e.D * e.K)  # of vec(AX) by vec(X)
    return corrected(
        printed=close(four_indices, A.T),
        corrected=close(derivative(lambda v: a @ v, x), a)
        and close(derivative(lambda v: np.exp(a @ v), x), a * np.exp(a @ x))
        and close(by_columns, np.kron(np.eye(e.K), A)),
    )


@claim("A43")
def indicator_minus_probability(e):
    by_class = [-((e.Y[:, k] - e.O[:, k])[:, None] * e.X).sum(axis=0) / e.N for k in range(e.K)]
    return holds(close(np.stack(by_class, axis=1), derivative(e.loss, e.W)))


@claim("A44")
def see_section_six(e):
    """No heading of the text has that number; the derivation stands in its last section."""
    headings = {
        15: "SoftMax Function",
        22: "Derivation of SoftMax Equation",
        109: "Mathematical intuition of SoftMax Regression",
        254: "Partial derivation calculation:",
    }
    numbered = any(title.startswith("6.2.1") for title in headings.values())
    return conditional(numbered, with_condition="derivation" in headings[max(headings)])


@claim("A45")
def the_penalised_cost(e):
    """Half the *squared* norm, without the intercepts, which the sum from j = 1 leaves free."""
    printed = e.loss(e.W) + e.lam / 2 * sum(e.W[j, k] ** 2 for j in range(1, e.D) for k in range(e.K))
    penalty = e.lam / 2 * np.linalg.norm(e.W[1:]) ** 2
    free = derivative(lambda W: e.penalised(W) - e.loss(W), e.W)[0]
    return holds(close(printed, e.loss(e.W) + penalty) and np.abs(free).max() < 1e-12)


@claim("A46")
def gradient_of_the_penalty(e):
    """It is lambda times the weights except for the intercepts, where it is zero."""
    slopes = derivative(lambda W: e.lam / 2 * (W[1:] ** 2).sum(), e.W)
    return conditional(close(e.lam * e.W, slopes), with_condition=close(e.lam * e.W[1:], slopes[1:]))


@claim("A47")
def the_update_with_a_stray_bracket(e):
    """With the penalty inside the sum, behind the minus, the weights grow; outside, the intercepts are still wrong."""
    right = e.W - e.alpha * derivative(e.penalised, e.W)
    fit = e.X.T @ (e.Y - e.O)
    inside_the_sum = e.W - e.alpha * (-(fit + e.N * e.lam * e.W) / e.N)
    outside = e.W - e.alpha * (-fit / e.N + e.lam * e.W)
    mended = e.W - e.alpha * (-fit / e.N + e.lam * e.without_intercepts())
    return corrected(printed=close(inside_the_sum, right) or close(outside, right), corrected=close(mended, right))


@claim("A48")
def the_update_simplified(e):
    """Read either way, the penalty has the wrong sign: the weights grow instead of shrinking."""
    right = e.W - e.alpha * derivative(e.penalised, e.W)
    fit = e.X.T @ (e.Y - e.O)
    inside_the_sum = e.W + e.alpha / e.N * (fit + e.N * e.lam * e.W)
    outside = e.W + e.alpha / e.N * (fit + e.lam * e.W)
    decay = e.W + e.alpha / e.N * fit - e.alpha * e.lam * e.without_intercepts()
    return corrected(printed=close(inside_the_sum, right) or close(outside, right), corrected=close(decay, right))


# --- The derivatives, lines 254 to 356 ----------------------------------------------------------------------


@claim("A49")
def a_mean_of_log_likelihoods(e):
    E = (e.Y * np.log(e.O)).sum(axis=1)
    return holds(close(-E.sum() / e.N, e.loss(e.W)) and (E <= 0).all())


@claim("A50")
def rows_from_one_to_m(e):
    """Line 331 begins with x_0: without row 0 the intercepts would get no derivative."""
    M = e.D - 1
    rows = derivative(e.log_likelihood, e.W).shape[0]
    return conditional(len(range(1, M + 1)) == rows, with_condition=len(range(M + 1)) == rows)


@claim("A51")
def derivative_of_a_sum(e):
    terms = derivative(lambda W: e.y * np.log(softmax(e.x @ W)), e.W)  # (K, D, K)
    return holds(close(terms.sum(axis=0), derivative(e.log_likelihood, e.W)))


@claim("A52")
def no_direct_function(e):
    """O_k is a function of every z_j; that is why the sum over k is needed."""
    jacobian = derivative(softmax, e.z)
    through_every_k = (e.y / e.o) @ jacobian
    direct = derivative(lambda z: (e.y * np.log(softmax(z))).sum(), e.z)
    return corrected(
        printed=np.abs(jacobian).max() < 1e-12,
        corrected=np.abs(jacobian).min() > 0 and close(through_every_k, direct),
    )


@claim("A53")
def the_chain_with_indices_exchanged(e):
    """beta_jm is the weight of feature j for class m; the rule needs that of feature m for class j."""
    slopes = derivative(lambda W: e.x @ W, e.W)  # (class of z, feature, class of beta)
    size = range(min(e.D, e.K))  # where both readings exist
    wanted = np.array([[e.x[m] for j in size] for m in size])
    return corrected(
        printed=close(np.array([[slopes[j, j, m] for j in size] for m in size]), wanted),
        corrected=close(np.array([[slopes[j, m, j] for j in size] for m in size]), wanted),
    )


@claim("A54")
def one_letter_for_two_indices(e):
    """If the j of the sum were the j of the derivative, the sum would be K equal terms."""
    right = derivative(softmax, e.z)  # (k, j)

    def by_its_own_j(quotient):
        return np.stack([derivative(lambda z: quotient(z, j), e.z)[:, j] for j in range(e.K)], axis=1)  # noqa: B023

    return conditional(
        close(by_its_own_j(lambda z, j: np.exp(z) / (e.K * np.exp(z[j]))), right),
        with_condition=close(by_its_own_j(lambda z, j: np.exp(z) / sum(np.exp(z[l]) for l in range(e.K))), right),
    )


def quotient_rule(z):
    """Lines 274 to 282 without the operator in front: (k, j)."""
    s = np.exp(z).sum()
    return (np.diag(np.exp(z)) * s - np.exp(z)[:, None] * np.exp(z)) / s**2


def differentiated_once_more(z):
    """The operator d / dz_j that is left in front of the quotient rule, carried out: (k, j)."""
    return np.einsum("kjj->kj", derivative(quotient_rule, z))


@claim("A55")
def the_operator_left_in_front(e):
    jacobian = derivative(softmax, e.z)
    return corrected(close(differentiated_once_more(e.z), jacobian), close(quotient_rule(e.z), jacobian))


@claim("A56")
def the_operator_in_the_first_case(e):
    """For j = k; the last member of the line, O_k (1 - O_k), is right."""
    right = e.o * (1 - e.o)
    without = np.diag(quotient_rule(e.z))
    return corrected(
        printed=close(np.diag(differentiated_once_more(e.z)), right),
        corrected=close(without, right) and close(np.diag(derivative(softmax, e.z)), right),
    )


@claim("A57")
def the_operator_in_the_second_case(e):
    """For j other than k; the last member of the line, -O_k O_j, is right."""
    others = ~np.eye(e.K, dtype=bool)
    right = -np.outer(e.o, e.o)[others]
    return corrected(
        printed=close(differentiated_once_more(e.z)[others], right),
        corrected=close(quotient_rule(e.z)[others], right) and close(derivative(softmax, e.z)[others], right),
    )


@claim("A58")
def the_jacobian_with_a_delta(e):
    delta = np.eye(e.K)
    printed = np.array([[e.o[k] * (delta[k, j] - e.o[j]) for j in range(e.K)] for k in range(e.K)])
    return holds(close(printed, derivative(softmax, e.z)))


@claim("A59")
def derivative_of_the_logarithm(e):
    y = softmax(e.rng.normal(size=e.K))
    return holds(close(np.diag(y / e.o), derivative(lambda o: y * np.log(o), e.o)))


@claim("A60")
def derivative_of_a_logit(e):
    slopes = derivative(lambda W: W.T @ e.x, e.W)  # (class of z, feature, class of beta)
    return holds(close(np.einsum("jmj->mj", slopes), np.tile(e.x[:, None], e.K)))


def through_all_probabilities(e, factor):
    """x_m times the sum over k of the factor (k, j): (m, j)."""
    return np.outer(e.x, factor.sum(axis=0))


@claim("A61")
def all_three_put_in(e):
    factor = e.o[:, None] * (np.eye(e.K) - e.o) * (e.y / e.o)[:, None]
    return holds(close(through_all_probabilities(e, factor), derivative(e.log_likelihood, e.W)))


@claim("A62")
def probability_cancelled(e):
    factor = (np.eye(e.K) - e.o) * e.y[:, None]
    return holds(close((factor[None] * e.x[:, None, None]).sum(axis=1), derivative(e.log_likelihood, e.W)))


@claim("A63")
def feature_in_front(e):
    factor = (np.eye(e.K) - e.o) * e.y[:, None]
    return holds(close(through_all_probabilities(e, factor), derivative(e.log_likelihood, e.W)))


@claim("A64")
def sum_taken_apart(e):
    bracket = (e.y[:, None] * np.eye(e.K)).sum(axis=0) - (e.y[:, None] * e.o).sum(axis=0)
    return holds(close(np.outer(e.x, bracket), derivative(e.log_likelihood, e.W)))


@claim("A65")
def probability_in_front_of_the_sum(e):
    bracket = (e.y[:, None] * np.eye(e.K)).sum(axis=0) - e.o * e.y.sum()
    return holds(close(np.outer(e.x, bracket), derivative(e.log_likelihood, e.W)))


def for_every_spare_index(e, of_two):
    """A formula with an index too many, tried with every class in its place: of_two(k, j) for all k and j."""
    return np.array([[of_two(k, j) for j in range(e.K)] for k in range(e.K)])


@claim("A66")
def a_summed_index_is_back(e):
    """k has been summed away; the derivative by beta_mj has the target of class j."""
    right = derivative(e.log_likelihood, e.W).T  # (j, m)
    return corrected(
        printed=close(for_every_spare_index(e, lambda k, j: e.x * (e.y[k] - e.o[j])), np.stack([right] * e.K)),
        corrected=close(np.outer(e.y - e.o, e.x), right),
    )


@claim("A67")
def what_the_delta_picks(e):
    """The first half, the sum of the targets, is right; in the second the delta picks y_j, not y_k."""
    picked = (e.y[:, None] * np.eye(e.K)).sum(axis=0)  # (j,)
    return corrected(
        printed=e.y.sum() == 1 and close(for_every_spare_index(e, lambda k, j: e.y[k]), np.stack([picked] * e.K)),
        corrected=e.y.sum() == 1 and close(picked, e.y),
    )


def of_class_k(e, derivative_by_beta):
    """The columns of a derivative (D, K), repeated for every j that should not be there: (k, j, m)."""
    return np.stack([derivative_by_beta.T] * e.K, axis=1)


@claim("A68")
def error_of_two_classes(e):
    """The derivative by beta_k has the probability of class k."""
    right = derivative(e.log_likelihood, e.W)
    printed = for_every_spare_index(e, lambda k, j: (e.y[k] - e.o[j]) * e.x)
    return corrected(printed=close(printed, of_class_k(e, right)), corrected=close(np.outer(e.x, e.y - e.o), right))


def mean_error_of_two_classes(e):
    """-(1/N) sum of (y_k - O_j) x, as lines 350 and 354 have it: (k, j, m)."""
    return for_every_spare_index(e, lambda k, j: -((e.Y[:, k] - e.O[:, j])[:, None] * e.X).sum(axis=0) / e.N)


@claim("A69")
def gradient_of_two_classes(e):
    right = derivative(e.loss, e.W)
    return corrected(
        printed=close(mean_error_of_two_classes(e), of_class_k(e, right)),
        corrected=close(-e.X.T @ (e.Y - e.O) / e.N, right),
    )


@claim("A70")
def step_of_two_classes(e):
    right = e.W - e.alpha * derivative(e.loss, e.W)
    printed = e.W.T[:, None, :] - e.alpha * mean_error_of_two_classes(e)
    return corrected(
        printed=close(printed, of_class_k(e, right)),
        corrected=close(e.W + e.alpha / e.N * e.X.T @ (e.Y - e.O), right),
    )


@claim("A71")
def the_learning_rate(e):
    """The step, divided by alpha, is the negative gradient."""
    step = e.alpha / e.N * e.X.T @ (e.Y - e.O)
    return holds(close(step / e.alpha, -derivative(e.loss, e.W)))


@claim("A72")
def what_the_text_leaves_out(e):
    """One product for the whole gradient, large logits, and weights that are not unique."""
    one_product = e.X.T @ (e.O - e.Y) / e.N
    with np.errstate(over="ignore", invalid="ignore"):
        overflows = np.isnan(softmax(e.z + 1000)).any()
    common = e.rng.normal(size=(e.D, 1))
    return missing(
        close(one_product, derivative(e.loss, e.W))
        and overflows
        and close(softmax_lib.softmax(e.z + 1000), e.o)
        and close(e.loss(e.W + common), e.loss(e.W))
    )
