"""Judges for the exercises of chapter 3: likelihood and cross-entropy."""

from functools import cache

import numpy as np

from softmax_lib import SoftmaxRegression, cross_entropy, load_digits, softmax

from . import compare, exercise, number


@exercise("3.1", asks="four numbers")
def by_hand(answer):
    """Two losses, each in nats and in bits."""
    third, first = cross_entropy(np.log([[2.0, 3, 5]] * 2), [2, 0], reduction="none")
    bit = np.log(2)
    known = [
        ([third, third * bit, first, first * bit], "One bit is ln 2 nats: are there more bits or more nats?"),
        ([third / bit, third, first / bit, first], "Nats come first, then bits."),
        ([first, first / bit, third, third / bit], "The two cases are exchanged: first the third class is true."),
        ([0.5, 0.5 / bit, 0.2, 0.2 / bit], "These are the probabilities of the true classes: take the logarithm."),
    ]
    return compare(answer, [third, third / bit, first, first / bit], known, rtol=5e-3)


@exercise("3.2", asks="a function of N and K, which returns three numbers")
def first_numbers(answer):
    """Three readings of the first loss, for any number of examples and classes."""
    printed = ("0.04605", "69.31", "6.644")
    for examples, classes in ((1000, 100), (500, 7), (60, 12)):
        given = np.asarray(answer(examples, classes), float)
        right = np.array([np.log(classes) / classes, classes * np.log(2), np.log2(classes)])
        if given.shape != (3,):
            return "Three numbers are needed, in the order of the question."
        for place, close in enumerate(np.isclose(given, right, rtol=1e-3)):
            if not close and classes == 100:
                return f"For 1000 examples of 100 classes {given[place]:.4g} is not the printed {printed[place]}."
            if not close:
                return f"The formula for {printed[place]} fits 1000 examples of 100 classes, but not another N and K."
    return None


@exercise("3.3", asks="a function of K")
def stuck(answer):
    """The smallest loss if softmax is applied twice."""
    for classes in (10, 3, 50):
        perfect = np.eye(classes)[0]
        right = -np.log(softmax(perfect)[0])
        known = [
            (np.log(classes), "This is the loss at the start: what is it when the first softmax is perfectly right?"),
            (0.0, "Zero needs a probability of one: can the second softmax return that?"),
            (-np.log(softmax(perfect)[1]), "This is the loss of a class that is not the true one."),
            (np.log(np.e + classes - 1), "Log-sum-exp is right: subtract what the true class was given."),
            (np.log(1 + classes / np.e), "How many classes are not the true one?"),
            (right / np.log(2), "In nats, not in bits."),
        ]
        if hint := compare(answer(classes), right, known):
            return hint
    return None


@exercise("3.4", asks="a function of the probabilities, (N, K), and of the labels, (N,)")
def wrong_pick(answer):
    """The mean loss from a table of probabilities and the labels."""
    rng = np.random.default_rng(34)
    table, labels = rng.dirichlet(np.ones(4), size=9), rng.integers(4, size=9)
    given = np.asarray(answer(table.copy(), labels.copy()), float)
    right = cross_entropy(np.log(table), labels, reduction="sum")
    known = [
        (-np.log(table[:, labels]).mean(), "Each prediction still meets the labels of all examples."),
        (right, "This is the sum: take the mean."),
        (right / 36, "The mean was taken over the classes too."),
        (-np.log(table[np.arange(9), labels].mean()), "This is the logarithm of a mean: take the logarithms first."),
        (right / 9 / np.log(2), "In nats, not in bits."),
    ]
    return compare(given, right / 9, known)


@exercise("3.5", asks="two numbers, the second not smaller than the first")
def lost_sign(answer):
    """The bounds of a log-likelihood: the logarithms of the probabilities zero and one."""
    with np.errstate(divide="ignore"):
        bounds = np.log([0.0, 1.0])
    lowest, highest = (number(value) for value in answer)
    if (lowest, highest) == (-bounds[1], -bounds[0]):
        return "These are the bounds of the loss: the student's function has lost its sign."
    if (lowest, highest) == (bounds[1], bounds[0]):
        return "The smaller bound comes first."
    if not np.isclose(highest, bounds[1], atol=1e-9):
        return "How large is the logarithm of a probability at most?"
    return None if lowest == bounds[0] else "What does a label cost that was given a probability close to zero?"


@exercise("3.6", asks="four numbers")
def everybody_twice(answer):
    """The exponent of the likelihood, the factor of the mean, and the equivalent penalties."""
    rng = np.random.default_rng(36)
    logits, labels = rng.normal(size=(7, 3)), rng.integers(3, size=7)
    twice = np.vstack([logits, logits]), np.concatenate([labels, labels])
    total, mean = (cross_entropy(*twice, reduction=kind) / cross_entropy(logits, labels, reduction=kind)
                   for kind in ("sum", "mean"))  # fmt: skip
    given = np.asarray(answer, float)
    hint = compare(given, [total, mean, 1 / mean, 1 / total])
    if hint is None or given.shape != (4,):
        return hint
    hints = (
        "The likelihood is a product over the examples: how often is each factor in it?",
        "The mean divides by the number of examples, which changes too.",
        "With the mean, compare the loss and the penalty before and after.",
        "With the sum, the losses grow and the penalty stays: divide both by the factor of the losses.",
    )
    return hints[int(np.argmin(np.isclose(given, [total, mean, 1 / mean, 1 / total], rtol=1e-3)))]


@exercise("3.7", asks="two numbers, a weight and a loss")
def mixture(answer):
    """The weight of a mixture of three examples, and the smallest loss that it can reach."""
    target, logits = np.array([[2 / 3, 1 / 3, 0]]), np.random.default_rng(37).normal(size=(1, 3))
    three = cross_entropy(np.repeat(logits, 3, axis=0), [0, 0, 1], reduction="sum")
    weight = three / cross_entropy(logits, target)
    floor = -(target[0, :2] * np.log(target[0, :2])).sum()
    given = np.asarray(answer, float)
    if given.shape == (2,) and not np.isclose(given[0], weight, rtol=1e-3):
        return "The weight must make the loss of the one example equal to the sum of the three losses."
    known = [
        ([weight, 0], "Zero needs a probability of one for each class of the target: there are two."),
        ([weight, weight * floor], "This is the floor of the sum: divide by the weight."),
        ([weight, floor / np.log(2)], "In nats, not in bits."),
        ([weight, np.log(3)], "Equal probabilities are not the best prediction of this target."),
        ([weight, np.log(2)], "The two species are not equally frequent in the target."),
    ]
    return compare(given, [weight, floor], known, rtol=2e-3)


@cache
def digits_in_bits():
    """Bits a label with a penalised model: on the half that is sent, and on the half that it was trained on."""
    digits = load_digits()
    features = digits.X / 16
    model = SoftmaxRegression(alpha=1e-3).fit(features[::2], digits.y[::2])
    return [
        cross_entropy(model.decision_function(features[start::2]), digits.y[start::2]) / np.log(2) for start in (1, 0)
    ]


@exercise("3.8", asks="two numbers, in bits")
def compress(answer):
    """Bits a label with a model and without one; models differ, so the first number has some freedom."""
    with_model, without = np.asarray(answer, float)
    labels = load_digits().y[1::2]
    shares = np.bincount(labels) / len(labels)
    entropy = -(shares * np.log2(shares)).sum()
    sent, trained_on = digits_in_bits()
    if np.isclose(without, entropy * np.log(2), rtol=5e-3):
        return "The second number is in nats: how many bits are that?"
    if np.isclose(with_model, entropy, rtol=5e-3):
        return "The number with the model comes first."
    if not np.isclose(without, entropy, rtol=5e-3):
        return "Without the model ten classes are left, almost equally frequent: how many bits name one of them?"
    if np.isclose(with_model, sent * np.log(2), rtol=1e-3):
        return "The first number is in nats: how many bits are that?"
    if with_model > 3 * sent:
        return "A model can do better: is it a mean over the labels, and is the penalty small but not zero?"
    if with_model < sent / 3 or np.isclose(with_model, trained_on, rtol=1e-3):
        return "That is very little: has the model been trained on these labels?"
    return None
