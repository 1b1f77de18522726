"""Chapter 11, a project on real data: a judge for each exercise."""

import re
import warnings
from functools import cache
from math import comb

import numpy as np

from softmax_lib import SoftmaxRegression, load_digits

from . import compare, exercise, number, wrong_shape


@cache
def forms():
    """The digits, from 0 to 1, their labels, and the form that each was written on."""
    X, y = load_digits()[:2]
    starts = [match.start() for match in re.finditer("0?12345678901234", "".join(map(str, y)))]
    return X / 16, y, np.searchsorted(starts, np.arange(len(y)), side="right") - 1


@cache
def reading(row):
    """The probabilities of one picture, from a model that was trained on the other forms."""
    X, y, form = forms()
    model = SoftmaxRegression(alpha=1e-3).fit(X[form != form[row]], y[form != form[row]])
    return model.predict_proba(X[[row]])[0]


@exercise("11.1", asks="the ten probabilities of row 385")
def what_the_ink_says(answer):
    """Probabilities, of the digit that a model from other forms is sure of."""
    probabilities = np.asarray(answer, float)
    probabilities = probabilities[0] if probabilities.shape == (1, 10) else probabilities
    if probabilities.shape != (10,):
        return wrong_shape(probabilities, np.empty(10))
    if abs(probabilities.sum() - 1) > 1e-3 or probabilities.min() < -1e-9:
        return "These are no probabilities: they have to be positive and to sum to one."
    if probabilities.argmax() != reading(385).argmax():
        return "A model of the other forms reads another digit: is it row 385, counted from 0, and on the same scale?"
    if probabilities.max() < 0.5:
        return "A model of the other forms is much surer: was it trained to the end, on the same scale of the ink?"
    return None


@exercise("11.2", asks="a function of the features and labels, which returns an accuracy")
def honest_accuracy(answer):
    """That of a coin on noise, and more where there is something to learn."""
    rng = np.random.default_rng(0)
    on_noise = []
    for _ in range(3):
        coins = rng.permutation(np.repeat([0, 1], 50))
        on_noise.append(number(answer(rng.normal(size=(100, 1000)), coins)))
    signal = rng.normal(size=(100, 1000))
    signal[:, :5] += 2 * coins[:, None]
    if not np.all(np.abs(np.subtract(on_noise, 0.5)) <= 0.5):
        return f"An accuracy lies between 0 and 1; on other noise it is {on_noise[0]:.3g}."
    if np.mean(on_noise) > 0.65:
        return f"On other noise it finds {np.mean(on_noise):.2f}: something has still seen the labels that judge."
    if np.mean(on_noise) < 0.35:
        return f"On other noise it finds {np.mean(on_noise):.2f}, less than a coin: is it an error rate?"
    if not 0.75 <= number(answer(signal, coins)) <= 1:
        return "Where five features do tell the classes apart, it finds next to nothing."
    return None


@exercise("11.3", asks="a number from 0 to 1")
def share_of_intervals(answer):
    """The binomial probability of all counts whose interval contains the truth."""
    N, truth = 45, 0.98
    count = np.arange(N + 1)
    share, weight = count / N, np.array([comb(N, i) * truth**i * (1 - truth) ** (N - i) for i in count])
    covers = np.abs(share - truth) <= 2 * np.sqrt(share * (1 - share) / N)
    middle = (count + 2) / (N + 4)
    wilson = np.abs(middle - truth) <= 2 * np.sqrt(N * share * (1 - share) + 1) / (N + 4)
    known = [
        (truth**N, "That is how often no mistake is seen: what is the interval then, and does it contain 0.98?"),
        (weight[wilson].sum(), "That is Wilson's interval; the report's is another one."),
        (0.95, "That is what two standard deviations promise: add the probabilities of the counts that keep it."),
        (0.954, "That is what two standard deviations promise: add the probabilities of the counts that keep it."),
        (100 * weight[covers].sum(), "Give it as a share, not in per cent."),
    ]
    return compare(answer, weight[covers].sum(), known, rtol=0.01)


@exercise("11.4", asks="two pairs of counts, of the rows on which only the first and only the second is right")
def agreements(answer):
    """The same accuracies, with a small and with a large chance."""
    table = np.asarray(answer, float)
    if table.shape != (2, 2):
        return wrong_shape(table, np.empty((2, 2)))
    if (table < 0).any() or (table != table.round()).any():
        return "Counts of rows are whole numbers, and not negative."
    if not np.array_equal(table[:, 1] - table[:, 0], [20, 20]):
        return "In both pairs, the second model has to be right on 20 rows more than the first."
    if (table > [80, 100]).any():
        return "That cannot be: the first model is wrong on 100 rows and the second on 80."
    clear, doubtful = (
        min(1.0, 2 * sum(comb(int(a + b), i) for i in range(int(a) + 1)) / 2.0 ** int(a + b)) for a, b in table
    )
    if clear > 0.01:
        return f"In the first pair the chance is {clear:.2g}: fewer disagreements would make it smaller."
    if doubtful < 0.1:
        return f"In the second pair the chance is {doubtful:.2g}: more disagreements would make it larger."
    return None


@exercise("11.5", asks="a function of the program's M")
def recall_from_the_program(answer):
    """The hits, over the sums of the columns."""
    M = np.random.default_rng(0).integers(1, 20, size=(4, 4)).astype(float)
    hits = np.diag(M)
    known = [
        (hits / M.sum(axis=1), "That is the precision: the rows of this M are not the rows of the book."),
        (hits / M.sum(), "The recall of a class divides by the examples of that class only."),
        (hits.sum() / M.sum() * np.ones(4), "That is the accuracy; each class has a recall of its own."),
        (2 * hits / (M.sum(axis=0) + M.sum(axis=1)), "That is F1, which divides by rows and columns together."),
    ]
    return compare(answer(M.copy()), hits / M.sum(axis=0), known)


@exercise("11.6", asks="a function of the weights (K, D), whose columns sum to zero")
def growth_of_the_squares(answer):
    """What is gained by the sum of the squares, for weights of several shapes."""
    rng = np.random.default_rng(0)
    for K, D in ((3, 2), (5, 4)):
        W = rng.normal(size=(K, D))
        W -= W.mean(axis=0)
        before, after, first = np.sum(W**2), np.sum((W - W[0]) ** 2), np.sum(W[0] ** 2)
        known = [
            (0, "The probabilities do not change, but the squares do."),
            (first, "The first class is subtracted from all classes, not from one."),
            ((K - 1) * first, "Mind the squares of the first class itself: they were there before and are gone after."),
            (after, "That is the sum of the squares after the change; by how much has it grown?"),
            (after / before, "That is the ratio; the question is the difference."),
            ((after - before) / 2, "The question is the sum of the squares, without the half of the penalty."),
        ]
        if hint := compare(answer(W.copy()), after - before, known):
            return hint
    return None


@cache
def gain_of_many_hands():
    """Accuracy from nine forms minus accuracy from one, with as many rows."""
    X, y, form = forms()
    rng, gains = np.random.default_rng(1), []
    training = np.random.default_rng(1).permutation(form.max() + 1)[:10]
    for judged in training:
        rest = np.flatnonzero(np.isin(form, training) & (form != judged))
        single = rest[form[rest] == rng.choice(np.unique(form[rest]))]
        mixed = rng.choice(rest, size=len(single), replace=False)
        models = (SoftmaxRegression(alpha=1e-3).fit(X[rows], y[rows]) for rows in (mixed, single))
        gains.append(np.subtract(*(model.score(X[form == judged], y[form == judged]) for model in models)))
    return np.mean(gains)


@exercise("11.7", asks="a number, the difference of two accuracies")
def more_hands(answer):
    """Close to the gain in another draw of forms and rows."""
    gain, right = number(answer), gain_of_many_hands()
    if abs(gain - right) < 0.05:
        return None
    if abs(gain + right) < 0.05:
        return "The size is right: subtract the accuracy of the one form."
    if abs(gain / 100 - right) < 0.05:
        return "Give it as a difference of shares, not in per cent."
    return "In another draw the gain differs by more than 0.05: as many rows for both, and the judged form in neither?"


@exercise("11.8", asks="a function of the training features, their labels and the test features")
def offset_that_is_harmless(answer):
    """The same probabilities with and without an offset, and better than a guess."""
    X, y, _ = forms()
    some = slice(0, 300), slice(300, 400)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plain, shifted = (np.asarray(answer(X[some[0]] + c, y[some[0]], X[some[1]] + c), float) for c in (0, 1e6))
    if plain.shape != (100, 10) or not np.allclose([plain.sum(axis=1), shifted.sum(axis=1)], 1, atol=1e-6):
        return "Expected probabilities: a row for each test picture, which sums to one."
    if (plain.argmax(axis=1) == y[some[1]]).mean() < 0.7:
        return "Without an offset it reads fewer than seven pictures in ten."
    if np.abs(plain - shifted).max() > 0.02:
        return "With the offset the probabilities change: what do the features look like to the solver?"
    return None
