"""The questions that are asked before the answer is shown: their form, their places, and the numbers they give."""

import re
from itertools import pairwise

import numpy as np
import pytest

from chapters_as_run import CHAPTERS, code_cells, stored
from softmax_lib import SoftmaxRegression, cross_entropy, load_digits, load_penguins, logsumexp, softmax
from softmax_lib import cross_entropy_gradient as gradient
from softmax_lib import softmax_jacobian as jacobian

FORM = re.compile(
    r"::::\{admonition\} Predict\n:class: predict\n\n(?P<question>.+?)(?:\n\n(?P<options>A: .+?))?\n\n"
    r":::\{dropdown\} Look\n(?P<answer>.+?)\n:::\n::::",
    re.S,
)
OPTION = re.compile(r"(?:^|&emsp; )([A-E]): ", re.M)  # each on a line of its own; short ones may share one


def predictions(path):
    """The cells of a chapter that ask: (place, cell)."""
    return [(i, cell) for i, cell in enumerate(stored(path).cells) if "{admonition} Predict" in cell.source]


def parts(cell):
    """The question, its options and the answer, or a complaint."""
    found = FORM.fullmatch(cell.source.strip())
    assert found, f"not in the form of a prediction: {cell.source[:100]}"
    return found["question"], found["options"] or "", found["answer"]


def test_a_chapter_asks_at_least_three_times_and_not_in_one_place(chapter):
    cells, asked = stored(chapter).cells, predictions(chapter)
    assert len(asked) >= 3, f"{len(asked)} predictions, at least 3 are needed"
    ends = next(i for i, cell in enumerate(cells) if "## Verify it" in cell.source)
    assert all(i < ends for i, _ in asked), "a prediction belongs to the sections of the chapter"
    sections = [sum(cell.source.count("\n## ") + cell.source.startswith("## ") for cell in cells[:i]) for i, _ in asked]
    assert len(set(sections)) >= 3, f"the predictions stand in sections {sections}"
    assert all(second - first > 1 for (first, _), (second, _) in pairwise(asked)), "two predictions in a row"


def test_a_prediction_asks_something_definite(chapter):
    for _, cell in predictions(chapter):
        question, options, answer = parts(cell)
        assert question.rstrip().endswith("?"), f"no question: {question}"
        letters = OPTION.findall(options)
        assert letters == list("ABCDE"[: len(letters)]) and len(letters) != 1, f"options {letters}: {question}"
        assert len(options.splitlines()) in {1 if letters else 0, len(letters)}, f"lines of options: {options}"
        if letters:
            right = re.match(r"([A-E])\b", answer)
            assert right and right[1] in letters, f"the answer must begin with the letter of an option: {answer}"


def test_the_right_letter_cannot_be_guessed(chapter):
    options = [parts(cell) for _, cell in predictions(chapter)]
    right = [answer[0] for _, letters, answer in options if letters]
    assert len(set(right)) > 1, f"the right answer is always {right[0]}"


def test_a_prediction_is_a_slide_with_a_headline(chapter):
    for _, cell in predictions(chapter):
        wishes = cell.metadata.get("slideshow", {})
        assert wishes.get("slide_type") == "slide" and wishes.get("title"), f"no slide: {cell.source[:100]}"


# The numbers of the answers to chapters 1 to 7: words of the answer, and what they must say when it is computed.


def lines_at(feature):
    return softmax(np.array([-1.5 * feature - 1, 1, 1.5 * feature - 1]))


def nudged():
    before, after = softmax(np.array([2.0, 1, 0])), softmax(np.array([2.0, 1.5, 0]))
    return before - after, 100 * (1 - after / before)


def scaled(factor):
    birds = load_penguins(["flipper length", "body mass"])
    X = (birds.X - birds.X.mean(axis=0)) / birds.X.std(axis=0)
    return cross_entropy(factor * SoftmaxRegression(alpha=0.0).fit(X, birds.y).decision_function(X), birds.y)


def first_loss():
    digits = load_digits()
    return cross_entropy(digits.X / 16 @ np.random.default_rng(0).normal(size=(64, 10)), digits.y)


def squared_error_pull():
    o, y = softmax(np.array([10.0, -10, -10])), np.array([0.0, 1, 0])
    squared = 2 * (o - y) @ jacobian(np.array([10.0, -10, -10]))
    return np.linalg.norm(o - y), 1e8 * np.linalg.norm(squared)


def trained_depths():
    """The weights of the bill depth after the 200 steps with which chapter 6 begins."""
    birds = load_penguins()
    X = np.column_stack([np.ones(333), (birds.X - birds.X.mean(axis=0)) / birds.X.std(axis=0)])
    W = np.zeros((5, 3))
    for _ in range(200):
        W = W - 0.5 * X.T @ (softmax(X @ W) - np.eye(3)[birds.y]) / 333
    return W[2]


def best_line():
    """The share that any straight line gets right of the clouds on the corners of a square."""
    rng = np.random.default_rng(0)
    corners = np.array([[1, 1], [-1, -1], [1, -1], [-1, 1]]).repeat(40, axis=0)
    X, y = corners + rng.normal(scale=0.35, size=corners.shape), np.arange(160) >= 80
    along = X @ np.array([(np.cos(a), np.sin(a)) for a in np.linspace(0, 2 * np.pi, 121)]).T  # (N, directions)
    return max(np.mean((along > limit) == y[:, None], axis=0).max() for limit in np.linspace(-3, 3, 121))


T = np.array([0.7, 0.2, 0.1])
COMPUTED = {
    "01": {
        "from 0.018 up to 0.787": lambda: (lines_at(-4)[1], lines_at(0)[1]),
        "back to 0.018": lambda: [lines_at(4)[1]],
        r"$\sigma(3) \approx 0.953$": lambda: (3, softmax(np.array([2.0, 5]))[1]),
        r"$\sigma(5) \approx 0.993$": lambda: (5, 1 / (1 + np.exp(-5))),
        "it grows by 3": lambda: [logsumexp(T + 3) - logsumexp(T)],
    },
    "02": {
        "class 1 pays 0.091, class 3 only 0.012": lambda: (1, nudged()[0][0], 3, nudged()[0][2]),
        "have, 14 %": lambda: [nudged()[1][0]],
        "largest entry is 0.024": lambda: [np.abs(jacobian(np.array([5.0, 1, 0]))).max()],
    },
    "03": {
        r"$-\ln 0.4 = 0.92$ and $-\ln 0.01 = 4.61$": lambda: (0.4, -np.log(0.4), 0.01, -np.log(0.01)),
        "Too sure: 1.40": lambda: [-T @ np.log([0.98, 0.01, 0.01])],
        "1.10 for all equal and 0.89 for timid": lambda: (np.log(3), -T @ np.log([0.5, 0.3, 0.2])),
        "from 0.40 to 1.64": lambda: (scaled(1), scaled(10)),
        "C: 8.4 for the weights of the next figure": lambda: [first_loss()],
        "from example 324 on": lambda: [1 + np.argmax(np.cumprod(np.full(1797, 0.1)) == 0)],
    },
    "04": {
        "0.72, −0.80 and 0.08": lambda: gradient(np.array([[1.5, 0.2, -0.7]]), [1])[0],
        r"1.414 against $1.5 \cdot 10^{-8}$": lambda: (*squared_error_pull(), 10, -8),
    },
    "05": {
        r"\cdot 10^{38}) = 88.7": lambda: (10, 38, np.log(np.finfo(np.float32).max)),
        "= 0.23$": lambda: [softmax(np.eye(10)[0])[0]],
    },
    "06": {
        "1.55 for Adelie and 0.26 for Chinstrap": lambda: trained_depths()[:2],
        "yes, −1.81": lambda: [trained_depths()[2]],
    },
    "07": {
        "the 0.9 becomes 0.988": lambda: (0.9, softmax(2 * np.log([0.9, 0.1]))[0]),
        "from 9 to 81": lambda: (0.9 / 0.1, (0.9 / 0.1) ** 2),
    },
}
# numbers that the chapter prints itself
PRINTED = {
    "03": ["0.81", "0.40"],
    "06": ["0.73", "1.1e-07"],
    "07": ["0.51", "0.26", "1.94"],
}


def asked_in(number):
    path = next(path for path in CHAPTERS if path.stem.startswith(number))
    return path, "\n".join(cell.source for _, cell in predictions(path))


@pytest.mark.parametrize(("number", "words"), [(n, words) for n, found in COMPUTED.items() for words in found])
def test_numbers_of_an_answer_are_those_that_come_out(number, words):
    assert words in asked_in(number)[1], f"chapter {number} does not say {words!r}"
    said = re.findall(r"[−-]?\d+(?:\.\d+)?", words)
    found = COMPUTED[number][words]()
    for text, value in zip(said, found, strict=True):
        digits = len(text.partition(".")[2])
        assert round(float(value), digits) == float(text.replace("−", "-")), f"{words!r}: {text} should be {value}"


@pytest.mark.parametrize("number", PRINTED)
def test_other_numbers_of_an_answer_are_printed_in_the_chapter(number):
    path, text = asked_in(number)
    shown = "\n".join(str(output) for cell in code_cells(stored(path)) for output in cell.outputs)
    for value in PRINTED[number]:
        in_words = value.replace("1.1e-07", r"1.1 \cdot 10^{-7}")
        assert in_words in text and value in shown, f"chapter {number}: {value}"


# In chapters 8 to 15 the cell after the question prints the answer: words of the prediction, and what stands there.
ANSWERED = {
    "08": {
        "B: it is 8.3": ["after 10,000 steps the norm is 8.3"],
        "C: it becomes 0.28": ["intercept penalised  [0.376 0.277 0.347]"],
        "the accuracy is 1.00": ["0.0e+00      1.00"],
        "C: it grows from 2.65 to 3.14": ["2.65 with C fixed", "3.14 with C fixed"],
    },
    "09": {
        "C, one for each feature": ["weights of size 1: no eigenvalue below zero, 4 at zero"],
        "at a distance of 35": ["after steps 0, 6 and 9: [35, 20, 1]"],
    },
    "10": {
        "A: the minimum is 0.02": ["stopped at 1.04; its minimum is 0.021"],
        "A, by 1 to 6": ["1.1 to 5.5; it could have been 138"],
        "with weights of ten million": ["with weights of ten million: J = 2e-09"],
    },
    "11": {
        "B: it is 0.972 with random rows and 0.918 with whole forms": ["accuracy 0.972", "accuracy 0.918"],
        "B: it is $-2.9$ at pixel (4, 4)": ["pixel (4, 4), -2.9"],
        "C: 4 pictures are read by the linear model alone": ["right: 4, only quadratic right: 23; chance 0.0003"],
    },
    "12": {
        "A, about 64 %": ["says 0.96, is right 0.64"],
        "on average it says 0.98": ["all pictures: says 0.98"],
        "B, nearly four times": ["says [0.8  0.16 0.04]", "says [0.61 0.24 0.15]"],
        "C, 0.5.": ["10 classes and smoothing 0.1: 0.500"],
    },
    "13": {
        "A, only 5.": ["[70  5 75]"],
        "0.040, against 0.104": ["45 points: LDA 0.040, softmax regression 0.104"],
        "B: those of LDA": ["five moved: softmax regression 0.925, LDA 0.875"],
    },
    "15": {
        "B: 2 % of its points are found, against 55 %": ["[0.97, 0.55, 0.47]", "[1.0, 0.02, 0.33]"],
        "A, about 92 %": ["wrong in prediction 0.923"],
        "B, seven; only the comparison with a library": ["comfort: catches 7", "library: catches 12"],
    },
}


@pytest.mark.parametrize(("number", "words"), [(n, words) for n, found in ANSWERED.items() for words in found])
def test_answer_is_what_the_chapter_prints(number, words):
    path, text = asked_in(number)
    shown = "\n".join(output.get("text", "") for cell in code_cells(stored(path)) for output in cell.outputs)
    assert words in text.replace("\u00a0", " "), f"chapter {number} does not say {words!r}"
    for line in ANSWERED[number][words]:
        assert line in shown, f"chapter {number} does not print {line!r}, so {words!r} may be out of date"


def test_the_best_line_gets_three_of_four_clouds():
    assert "B: about three quarters" in asked_in("07")[1]
    assert abs(best_line() - 0.75) < 0.03
