"""Judges of the exercises of chapter 13, other views of the same model."""

import numpy as np

from softmax_lib import softmax

from . import compare, exercise, wrong_shape


@exercise("13.1", asks="three numbers: edges of weights, edges of softmax, and those left out")
def edges(answer):
    """The edges of the diagram for 784 pixels and ten classes."""
    D, K = 784, 10
    weights, all_pairs = D * K, K * K
    own, other = np.eye(K).sum(), (1 - np.eye(K)).sum()
    known = [
        ([weights, own, 0], "These are the edges of the poor drawing, which then lacks some."),
        ([weights, own, other], "The second number counts the edges of the poor drawing, not of the diagram."),
        ([weights, all_pairs, own], "The third number counts the edges that the poor drawing has, not those it lacks."),
        ([weights, other, other], "The edge from a logit to its own probability belongs to softmax too."),
        ([weights, all_pairs, other / 2], "The edge from logit 1 to probability 2 is not that from logit 2 to 1."),
        ([weights + K, all_pairs, other], "Right with intercepts, but here only the pixels count."),
    ]
    return compare(answer, [weights, all_pairs, other], known)


@exercise("13.2", asks="two functions: back(o, slopes) for softmax, and slope(o, y) for the cross-entropy")
def two_halves(answer):
    """Softmax and cross-entropy, each with its own derivative."""
    back, slope = answer
    rng = np.random.default_rng(0)
    for K in (2, 4, 7):
        o, slopes, y = softmax(rng.normal(size=K)), rng.normal(size=K), np.eye(K)[K - 2]
        jacobian = np.diag(o) - np.outer(o, o)
        known = [
            (o * (1 - o) * slopes, "Softmax: this keeps only the edge from each logit to its own probability."),
            (o * (slopes - slopes.sum()), "Softmax: the slopes are subtracted as a sum, without weights."),
            (o * (slopes - slopes.mean()), "Softmax: which mean of the slopes is it?"),
            (o - slopes, "Softmax: this is the merged step, which knows the loss already."),
        ]
        if hint := compare(back(o, slopes), jacobian @ slopes, known):
            return hint if hint.startswith("Softmax") else hint.about("Softmax")
        # the probabilities sum to one, so that a constant in all slopes changes nothing
        found, right = np.asarray(slope(o, y), float), -y / o
        binary = (o - y) / (o * (1 - o))
        known = [
            (binary - binary.mean(), "Cross-entropy: here the other classes have logarithms of their own."),
            (o - y - (o - y).mean(), "Cross-entropy: this is the slope at the logits, not at the probabilities."),
        ]
        if hint := compare(found - found.mean(), right - right.mean(), known):
            return hint if hint.startswith("Cross") else hint.about("Cross-entropy")
    return None


@exercise("13.3", asks="a function of X (N, D) and W (D, K)")
def predictions(answer):
    """The probabilities of all examples, with the competition in the right direction."""
    rng = np.random.default_rng(0)
    for N, D, K in ((5, 2, 3), (4, 3, 4), (2, 4, 6)):
        X, W = rng.normal(size=(N, D)), rng.normal(size=(D, K))
        Z = X @ W
        powers = np.exp(Z)
        known = [
            (softmax(Z, axis=0), "The columns sum to one: here the examples compete for each class."),
            (powers / powers.sum(), "Only the sum of the whole table is one."),
            (powers, "The powers are not divided by a sum yet."),
            (Z, "These are the logits."),
        ]
        found = np.asarray(answer(X, W), float)
        if N != K and found.shape == (K, N):
            return "The table is transposed: the examples are its rows."
        if hint := compare(found, softmax(Z), known):
            return hint
    return None


@exercise("13.4", asks="four numbers: three probabilities and the loss")
def constant_only(answer):
    """Maximum entropy under the constant alone, for 50, 30 and 20 examples."""
    counts = np.array([50, 30, 20])
    shares = counts / counts.sum()
    loss = -np.sum(shares * np.log(shares))
    uniform = np.full(3, 1 / 3)
    known = [
        ([*uniform, np.log(3)], "The entropy is largest among the *admissible* tables: what does the constant demand?"),
        ([*uniform, loss], "What does the condition for the constant demand of the mean probabilities?"),
        ([*shares, loss / np.log(2)], "The probabilities are right; the loss is in bits, the book counts in nats."),
        ([*shares, loss * counts.sum()], "The probabilities are right; the loss is the sum over the examples."),
        ([*shares, -loss], "The probabilities are right; look at the sign of the loss."),
        ([*shares, np.log(3)], "The probabilities are right; the loss is that of guessing evenly."),
        ([*counts, loss], "These are counts, not probabilities."),
    ]
    return compare(answer, [*shares, loss], known)


@exercise("13.5", asks="a function of coef (K, D), means (K, D) and shares (K,)")
def lda_intercepts(answer):
    """The intercepts of LDA for unequal shares; a number added to all of them changes nothing."""
    rng = np.random.default_rng(0)
    for K, D in ((3, 3), (2, 4), (5, 3)):
        means, root = rng.normal(size=(K, D)), rng.normal(size=(D, D))
        shares = rng.dirichlet(np.ones(K)) * 0.8 + 0.2 / K
        coef = np.linalg.solve(root @ root.T + np.eye(D), means.T).T
        squares, logs = np.sum(coef * means, axis=1), np.log(shares)
        slips = [
            (-squares / 2, "A class with few examples still gets as much as one with many."),
            (-logs - squares / 2, "A rare class gains here: look at the sign of what the shares add."),
            (logs - squares, "The halves of the quadratic form are lost."),
            (logs + squares / 2, "Look at the sign of the quadratic form."),
            (shares - squares / 2, "The shares multiply the densities: what does that become in the logits?"),
            (logs / 2 - squares / 2, "The half belongs to the quadratic form only."),
            (logs, "The means no longer appear."),
            (logs - np.resize((coef * means).sum(axis=0), K) / 2, "The sum runs over the classes, not the features."),
        ]
        known = [(wrong - wrong.mean(), hint) for wrong, hint in slips]
        found, right = np.asarray(answer(coef, means, shares), float), logs - squares / 2
        if found.shape != right.shape:
            return wrong_shape(found, right)
        if hint := compare(found - found.mean(), right - right.mean(), known):
            return hint
    return None


@exercise("13.6", asks="a function of an array of numbers u between 0 and 1")
def gumbel_noise(answer):
    """Noise whose quantiles are those of a Gumbel variable, up to a number added to all."""
    u = np.random.default_rng(0).permutation((np.arange(100_001) + 0.5) / 100_001)
    with np.errstate(all="ignore"):
        found = np.asarray(answer(u), float)
    if found.shape != u.shape:
        return wrong_shape(found, u)
    if not np.isfinite(found).all():
        return "Some of the noise is not finite: a logarithm is taken of a negative number."
    levels = np.linspace(0.05, 0.95, 19)

    def quantiles(noise):
        return np.quantile(noise, levels) - np.median(noise)

    inner = -np.log(u)
    known = [
        (np.log(inner), "With three classes the frequencies are still wrong: the long tail is on the wrong side."),
        (inner, "One logarithm gives an exponential variable, not a Gumbel variable."),
        (-inner, "One logarithm gives an exponential variable, not a Gumbel variable."),
        (np.log(u / (1 - u)), "This noise is symmetric, like the difference of two Gumbel variables."),
    ]
    seen = quantiles(found)
    for wrong, hint in known:
        if np.allclose(seen, quantiles(wrong), atol=0.05):
            return hint
    if np.allclose(seen, quantiles(-np.log(inner)), atol=0.05):
        return None
    return (
        "With three classes the frequencies are not those of softmax: compare the quantiles with a Gumbel variable's."
    )


@exercise("13.7", asks="a function of points (N, 2) that returns features (N, M)")
def quadratic_features(answer):
    """Features of which the log-odds of any two Gaussian clouds are a weighted sum, with an intercept."""
    rng = np.random.default_rng(0)

    def log_density(points, mean, covariance):
        deviations = points - mean
        squares = np.sum(deviations * np.linalg.solve(covariance, deviations.T).T, axis=1)
        return -(squares + np.linalg.slogdet(covariance)[1]) / 2

    def left_over(features, log_odds):
        table = np.column_stack([np.ones(len(features)), features])
        weights = np.linalg.lstsq(table[:300], log_odds[:300])[0]
        return np.abs(table @ weights - log_odds).max() / np.abs(log_odds).max()  # the last 300 points are new

    points = rng.normal(size=(600, 2))
    features = np.asarray(answer(points), float)
    if features.ndim != 2 or len(features) != 600:
        return f"Expected a row of features for each of the 600 points, this has the shape {features.shape}."
    roots = rng.normal(size=(2, 2, 2))
    correlated = [root @ root.T + np.eye(2) / 2 for root in roots]
    cases = [
        ([np.eye(2), np.eye(2)], "Even with one covariance in common the log-odds are not reproduced."),
        (
            [np.diag([1.0, 2.0]), np.diag([0.5, 1.0])],
            "With different spreads the log-odds are curved: something is missing.",
        ),
        (correlated, "It works while the coordinates are uncorrelated, but not if their correlations differ."),
    ]
    for covariances, hint in cases:
        first, second = (log_density(points, rng.normal(size=2), covariance) for covariance in covariances)
        if not left_over(features, first - second) < 1e-6:
            return hint
    return None
