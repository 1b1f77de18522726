"""Chapter 12, confidence: a judge for each exercise."""

import numpy as np

from softmax_lib import softmax
from softmax_lib.functions import log_softmax

from . import compare, exercise, number, wrong_shape


@exercise("12.1", asks="a number, the temperature")
def temperature_of_two_classes(answer):
    """The log-odds that are said, over those that are earned."""
    said, earned = np.log(0.9 / 0.1), np.log(150 / 50)
    known = [
        (earned / said, "That is 1/T: a temperature divides the logits, and this one would make the model bolder."),
        (0.9 / 0.75, "A temperature divides the log-odds, not the probabilities."),
        (0.75 / 0.9, "A temperature divides the log-odds, not the probabilities."),
        (np.log(0.9) / np.log(0.75), "The logarithm of a probability is not the log-odds."),
        (np.log(0.75) / np.log(0.9), "The logarithm of a probability is not the log-odds."),
        (0.9 / 0.1 / 3, "A temperature divides the logarithm of the odds, not the odds."),
        (1, "With T = 1 nothing changes."),
    ]
    return compare(answer, said / earned, known)


@exercise("12.2", asks="a function of the number of classes")
def lowest_loss_of_two_softmaxes(answer):
    """Minus the logarithm of the largest probability that softmax has for probabilities."""
    for K in (2, 3, 10, 1000):
        largest = softmax(np.eye(K)[0])[0]
        known = [
            (0, "The second softmax is given numbers from 0 to 1 only: how large can its result be?"),
            (largest, "That is the largest probability; what loss does it have?"),
            (np.log(largest), "The size is right: a loss is minus a logarithm."),
            (np.log(K), "That is the loss of equal probabilities; the first softmax can do better."),
            (np.log(np.e + K) - 1, "Count the other classes again: the true one is not among them."),
            (-np.log10(largest), "The loss takes natural logarithms."),
        ]
        if hint := compare(answer(K), -np.log(largest), known):
            return hint
    return None


@exercise("12.3", asks="a number, the temperature")
def temperature_of_the_training_pictures(answer):
    """Zero, or what a search comes back with that goes that way."""
    T = number(answer)
    if np.isnan(T):
        return "Not a number: look for a division by zero or a logarithm of zero on the way."
    if T < 0:
        return "A negative temperature would reverse the order of the classes."
    if T == np.inf:
        return "That is 1/T; or, as a temperature, the model that says the same of all classes."
    if T > 0.01:
        z = np.array([[2.0, 1.0, -1.0]])  # a row whose first class is the true one, as all of them are
        here, colder = -log_softmax(z / T)[0, 0], -log_softmax(z / (0.5 * T))[0, 0]
        return f"A row that is right costs {here:.2g} there and {colder:.2g} at half of that temperature."
    return None


@exercise("12.4", asks="a function of the logits (K,) and the target (K,)")
def gradient_of_any_target(answer):
    """The softmax times the total of the target, minus the target."""
    rng = np.random.default_rng(0)
    for K in (3, 5):
        z, target = 2 * rng.normal(size=K), rng.uniform(0.1, 1, size=K)
        o, total = softmax(z), target.sum()
        known = [
            (o - target, "This does not sum to zero, but a constant that is added to all logits changes no loss."),
            (target - o, "This does not sum to zero, but a constant that is added to all logits changes no loss."),
            (o - target / total, "That is the gradient for a target that was scaled to sum to one: another loss."),
            ((o * total - target) / K, "The loss is a sum over the classes, not a mean."),
            (o * target - target, "Each target pulls on all classes: multiply by the total, not by its own target."),
        ]
        if hint := compare(answer(z.copy(), target.copy()), o * total - target, known):
            return hint
    return None


@exercise("12.5", asks="a function of the logits (K,) and the true class")
def loss_without_a_ceiling(answer):
    """The exact loss, also where the probability of the true class is zero in floating point."""
    for z, k in (([1.0, 0.0, -2.0], 1), ([0.0, 30.0, -30.0], 2), ([2000.0, 0.0, -2000.0], 2), ([0.0, 5000.0], 1)):
        z = np.array(z)
        with np.errstate(all="ignore"):
            loss = number(answer(z.copy(), k))
        if not np.isfinite(loss):
            return f"With logits up to {z.max():g} it is not finite: can it do without the probabilities?"
        known = [
            (-np.log(softmax(z)[k] + 1e-5), "This still has the ceiling."),
            (-np.log(max(softmax(z)[k], 1e-5)), "Cutting off the probabilities is a ceiling as well."),
        ]
        if hint := compare(loss, -log_softmax(z)[k], known, rtol=1e-6):
            return hint
    return None


@exercise("12.6", asks="three numbers, to be added to the logits")
def correction_for_thinning(answer):
    """The logarithms of the new frequencies over the old, but for a constant."""
    offset = np.asarray(answer, float)
    if offset.shape != (3,):
        return wrong_shape(offset, np.empty(3))
    right = np.log([20.0, 1, 1])
    known = [
        (-right, "This makes the class rare twice: afterwards its mean probability is far below its frequency."),
        (np.array([20.0, 1, 1]) - 20, "Odds are multiplied, and logits are their logarithms."),
        (right[::-1], "The honest customers are class 0."),
    ]
    known = [(wrong - wrong[0] + 1, hint) for wrong, hint in known]
    return compare(offset - offset[0] + 1, right - right[0] + 1, known)


@exercise("12.7", asks="a function of the logits (N, K) and the old frequencies (K,)")
def frequencies_without_labels(answer):
    """The frequencies that correct the probabilities to means that are these frequencies."""
    rng, old = np.random.default_rng(0), np.array([0.6, 0.3, 0.1])
    for new in (np.array([0.15, 0.25, 0.6]), np.array([0.3, 0.65, 0.05])):
        x = rng.normal(size=2000) + np.array([-2.0, 0.5, 3.0])[rng.choice(3, size=2000, p=new)]
        z = np.log(old) - (x[:, None] - [-2.0, 0.5, 3.0]) ** 2 / 2
        first, estimate = softmax(z).mean(axis=0), old
        for _ in range(300):
            estimate = softmax(z + np.log(estimate / old)).mean(axis=0)
        found = np.asarray(answer(z.copy(), old.copy()), float)
        if found.shape != (3,) or abs(found.sum() - 1) > 1e-3:
            return "Expected a frequency for each class, which sum to one."
        if np.abs(found - old).max() < 1e-3:
            return "These are the old frequencies: has anything been repeated?"
        if np.abs(found - first).max() < 1e-3:
            return "These are the means of the uncorrected probabilities, which the old frequencies still hold back."
        if np.abs(found - estimate).max() > 0.01:
            return "Corrected for these, the mean probabilities differ from them: divide by the old ones, repeat."
    return None
