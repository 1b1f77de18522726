"""The self-checks of the exercises: one for each, which accepts the solution and refuses typical wrong answers."""

import inspect
import re
import warnings
from importlib import import_module

import nbformat
import numpy as np
import pandas
import pytest
import sympy

import softmax_lib
from chapters_as_run import CHAPTERS, stored
from softmax_lib.checks import check_answer
from softmax_proofs import exercises
from softmax_proofs.exercises import findings

CALL = re.compile(r'check_answer\("(\d+\.\d+)"')
MODULES = [import_module(f"softmax_proofs.exercises.chapter{int(path.name[:2]):02d}") for path in CHAPTERS]
NAMES = sorted(exercises.JUDGES, key=lambda name: tuple(map(int, name.split("."))))
NUMBER = re.compile(r"(?<![\w.^])[-−]?\d+(?:\.\d+)?(?:e[-+]?\d+)?")


def exercises_of(path):
    """(name, text, hidden cell) of every exercise of a chapter."""
    number, cells = int(path.name[:2]), stored(path).cells
    for cell, following in zip(cells, [*cells[1:], nbformat.v4.new_code_cell("")], strict=True):
        for match in re.finditer(r"^\*\*(\d+)\. ", cell.source if cell.cell_type == "markdown" else "", re.M):
            yield f"{number}.{match[1]}", cell.source, following.source


EXERCISES = [pytest.param(*exercise, id=exercise[0]) for path in CHAPTERS for exercise in exercises_of(path)]


@pytest.mark.parametrize(("name", "text", "solution"), EXERCISES)
def test_an_exercise_says_how_to_check_an_answer_and_its_solution_passes_and_a_wrong_answer_does_not(
    name, text, solution
):
    question = text.split(":::{dropdown} Solution")[0]
    assert CALL.findall(question) == [name], "the question ends with the call that checks an answer"
    assert re.search(rf'assert check_answer\("{name}"', solution), "the solution is not put to its own check"
    assert re.search(rf'assert not check_answer\("{name}"', solution), "no wrong answer is put to the check"


def test_every_judge_has_an_exercise():
    assert sorted(NAMES) == sorted(parameter.id for parameter in EXERCISES)


@pytest.mark.parametrize("name", ["4.99", "99.1", "four", ""])
def test_an_unknown_exercise_is_named(name):
    with pytest.raises(ValueError, match="there is no exercise"):
        check_answer(name, 1)


# --------------------------------------------------------------------------- holes


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("hole", [..., None, "", (..., ...), [None, 1]], ids=str)
def test_a_hole_is_no_answer_and_no_error(name, hole):
    verdict = check_answer(name, hole)
    assert not verdict
    assert verdict.failed == "empty"
    assert repr(verdict) == f"exercise {name}: nothing filled in yet. It asks for {exercises.asks(name)}."


@pytest.mark.parametrize("name", [name for name in NAMES if exercises.asks(name).startswith("a function")])
def test_a_function_with_a_hole_in_it_is_no_error_either(name):
    assert check_answer(name, lambda *arguments: ...).failed == "empty"


def test_a_function_that_stops_half_way_is_a_hole():
    def half_a_softmax(Z):
        powers = np.exp(Z)
        assert powers.shape == Z.shape  # and here the reader stopped: nothing is returned

    assert check_answer("1.8", half_a_softmax).failed == "empty"


def test_an_error_in_the_readers_function_is_said_with_its_line():
    def unlucky(Z):
        powers = np.exp(Z)
        return powers @ Z

    verdict = check_answer("1.8", unlucky)
    assert verdict.failed == "error"
    line = inspect.getsourcelines(unlucky)[1] + 2
    assert verdict.hint.startswith("Your function raised ValueError: matmul")
    assert f"(line {line}: return powers @ Z). It asks for a function of a batch" in verdict.hint
    verdict = check_answer("1.8", lambda: powers)  # noqa: F821
    assert "takes 0 positional arguments but 1 was given. It asks" in verdict.hint


def test_what_is_no_answer_of_the_kind_is_told_the_kind():
    verdict = check_answer("1.1", "a third each")
    assert not verdict
    assert repr(verdict) == "exercise 1.1: not yet. It asks for three probabilities, and got 'a third each'."
    assert check_answer("1.8", lambda Z: "a table").hint.endswith("(N, K); yours returned 'a table'.")
    assert "list(...)" in check_answer("1.1", (share for share in RIGHT)).hint
    assert "the function softmax" in check_answer("1.1", softmax_lib.softmax).hint
    assert "an array of shape (300, 2)" in check_answer("1.8", np.zeros((300, 2))).hint


class Mute:
    def __repr__(self):
        raise RuntimeError


def endless(*arguments):
    return endless(*arguments)


def wipe_out(*given):
    for array in given:
        if isinstance(array, np.ndarray):
            array.fill(0)
    return given[0]


NONSENSE = {
    "text": "hello",
    "bytes": b"x",
    "nothing": [],
    "no rows": np.zeros((0, 3)),
    "not a number": np.nan,
    "not numbers": [np.nan] * 3,
    "a hidden None": np.array(None),
    "complex": np.array([0.2 + 1j, 0.3, 0.5]),
    "too large for a float": 10**400,
    "too long to print": 10**5000,
    "many": list(range(100_000)),
    "ragged": [[1, 2], [3]],
    "a dictionary": {"a": 1},
    "a set": {0.2, 0.3, 0.5},
    "a class": int,
    "a module": np,
    "words": np.array(["a", "b"]),
    "mute": Mute(),
    "no arguments": lambda: 1,
    "endless": endless,
    "a key": lambda *_: {}["softmax"],
    "a name": lambda *_: undefined,  # noqa: F821
    "a division": lambda *_: 1 / 0,
    "a memory": lambda *_: np.zeros((10**7, 10**7)),
    "returns text": lambda *_: "x",
    "returns a generator": lambda *_: (x for x in RIGHT),
    "returns no number": lambda *_: np.nan,
    "returns an array": lambda *_: np.zeros((200, 100)),
    "returns complex": lambda *_: 1j,
    "wipes out what it gets": wipe_out,
}


@pytest.mark.parametrize("name", NAMES)
def test_nonsense_gets_one_sentence_and_never_a_crash(name):
    for kind, answer in NONSENSE.items():
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            verdict = check_answer(name, answer)
        assert not verdict, f"{kind} is taken for an answer"
        assert verdict.hint, kind
        assert len(repr(verdict)) < 500, kind
        assert "\n" not in repr(verdict), kind


# --------------------------------------------------------------------------- any correct answer, however computed

RIGHT = [0.2, 0.3, 0.5]


@pytest.mark.parametrize(
    "answer",
    [
        RIGHT,
        tuple(RIGHT),
        np.array(RIGHT, np.float32),
        np.array(RIGHT, np.float16),
        np.array([RIGHT]),
        np.array(RIGHT)[:, None],
        [sympy.Rational(1, 5), sympy.Rational(3, 10), sympy.Rational(1, 2)],
        np.ma.array(RIGHT),
        [0.2, np.float32(0.3), sympy.sqrt(sympy.Rational(1, 4))],
        np.array(RIGHT, complex),
        pandas.Series(RIGHT, index=["a", "b", "c"]),
        pandas.DataFrame([RIGHT]),
    ],
    ids=lambda answer: f"{type(answer).__name__} {np.shape(answer)}",
)
def test_numbers_count_in_any_container_and_precision(answer):
    assert check_answer("1.1", answer)


@pytest.mark.parametrize("answer", [120, 120.0, [120], (120,), np.array([[120]]), np.float32(120), sympy.Integer(120)])
def test_a_number_counts_alone_or_in_a_list(answer):
    assert check_answer("4.3", answer)


def test_the_rows_of_a_table_of_pandas_are_lists():
    assert check_answer("1.3", pandas.DataFrame([[1, 2, 3], [2, 3, 4]]))


def gradient_by_loops(X, W, Y):
    (N, D), K = X.shape, W.shape[1]
    slopes = [[0.0] * K for _ in range(D)]
    for n in range(N):
        powers = [np.exp(sum(X[n][d] * W[d][k] for d in range(D))) for k in range(K)]
        for d in range(D):
            for k in range(K):
                slopes[d][k] += (powers[k] / sum(powers) - Y[n][k]) * X[n][d] / N
    return slopes


def gradient_in_single_precision(X, W, Y):
    X, W, Y = (a.astype(np.float32) for a in (X, W, Y))
    return X.T @ (softmax_lib.softmax(X @ W) - Y) / np.float32(len(X))


def gradient_by_finite_differences(X, W, Y):
    return softmax_lib.numerical_gradient(lambda V: softmax_lib.cross_entropy(X @ V, Y), W)


@pytest.mark.parametrize("road", [gradient_by_loops, gradient_in_single_precision, gradient_by_finite_differences])
def test_a_function_may_take_any_road(road):
    assert check_answer("4.8", road)


@pytest.mark.parametrize(("word", "right"), [("NO", True), (" no. ", True), (False, True), ("yes", False), (7, False)])
def test_a_word_counts_in_any_writing(word, right):
    verdict = check_answer("7.1", (45, word))
    assert bool(verdict) is right
    assert right or verdict.hint


# --------------------------------------------------------------------------- what a wrong answer is told


def wrong(answer, right, **options):
    return findings.compare(answer, right, **options)


SYMMETRIC = np.array([[2.0, -1.0], [-1.0, 3.0]])
ZERO_ROWS = np.array([[1.0, -2.0, 1.0], [3.0, -1.0, -2.0]])

PROPERTIES = [
    ("sign", [-1, 2], [1, -2]),
    ("sign", -5, 5),
    ("finite", [np.nan, 1], [2, 1]),
    ("finite", [np.inf, 1], [2, 1]),
    ("sums to one", [0.2, 0.3, 0.6], RIGHT),
    ("sums to one", [[0.5, 0.5], [0.9, 0.2]], [[0.5, 0.5], [0.9, 0.1]]),
    ("not negative", [-0.2, 0.7, 0.5], RIGHT),
    ("sums to zero", np.add(ZERO_ROWS, [[0, 0, 1], [0, 0, 0]]), ZERO_ROWS),
    ("orientation", [[2, 8], [-1, 3]], [[2, -1], [8, 3]]),
    ("symmetric", [[2, -1], [4, 3]], SYMMETRIC),
    ("some entries", [[1, 2], [3, 9]], [[1, 2], [3, 4]]),  # which need not be symmetric
    ("factor", 7 * SYMMETRIC, SYMMETRIC),
    ("constant", [4.0, 5.0, 7.0], [1.0, 2.0, 4.0]),
    ("order", [3, 1, 7], [1, 3, 7]),
    ("some entries", [1, 2, 8], [1, 2, 9]),
    ("value", [1, 2], [8, 3]),
    ("value", 7, 8),
]


@pytest.mark.parametrize(("failed", "answer", "right"), PROPERTIES, ids=lambda value: str(value)[:12])
def test_the_property_that_fails_is_named(failed, answer, right):
    found = wrong(answer, right)
    assert found.failed == failed
    assert (found.difference is None) == (failed == "finite")
    assert wrong(right, right) is None


def test_beside_a_large_number_the_last_digits_of_a_small_one_are_free():
    assert wrong([1, 2e-9], [1, 1e-9]) is None
    assert wrong([1, 2e-9], [1, 1e-9], rtol=1e-10)
    assert wrong([1, 2e-3], [1, 1e-3])


def test_the_shape_that_came_and_the_one_that_is_asked_for_are_told():
    verdict = check_answer("4.8", lambda X, W, Y: (X.T @ Y).T)
    assert (verdict.failed, verdict.shape, verdict.expected) == ("shape", (3, 5), (5, 3))
    verdict = check_answer("2.1", lambda o: o)
    assert (verdict.failed, verdict.shape, verdict.expected) == ("shape", (), (2, 2))
    assert "Expected the shape (2, 2), this has ()." in repr(verdict)
    assert "rows and columns are exchanged" in wrong(np.ones((4, 3)), np.ones((3, 4)))


def test_the_usual_mistake_comes_before_any_property_and_says_how_far_off_it_is():
    verdict = check_answer("2.8", lambda z: np.diag(softmax_lib.softmax(z) * (1 - softmax_lib.softmax(z))))
    assert verdict.hint == "The diagonal is right, the rest is missing: each row must sum to zero."
    assert 0 < verdict.difference < 1
    assert re.search(r"zero\. \(off by up to \d+ %\)$", repr(verdict))


def test_the_largest_difference_is_relative_so_that_an_answer_of_zero_learns_nothing():
    assert wrong(0, 120).difference == wrong([0, 0], [0.2, 3]).difference == 1
    assert wrong(100, 120).difference == pytest.approx(1 / 6)
    assert repr(check_answer("4.3", 100)) == "exercise 4.3: not yet. That is too small. (off by up to 20 %)"


def test_a_part_of_an_answer_keeps_its_measurements():
    found = wrong([1, 2], [8, 3]).about("Intercepts")
    assert found == "Intercepts: These are not the right numbers."
    assert (found.failed, found.difference) == ("value", 0.875)


#: A first answer of the right form for exercises whose judges take more than numbers.
FIRST = {"6.8": (0.123, "no"), "7.1": (0.123, "no"), "7.4": (0.0, 0.123), "8.1": ([0.123] * 3, [1 / 3] * 3)}
FIRST |= {"9.3": ("mixed", 0.123), "8.5": 1e-6}
PLACE = {"6.8": 0, "7.1": 0, "7.4": 1, "8.1": 0, "9.3": 1}  # of the numbers in it


def compares_numbers(name):
    return "function" not in exercises.asks(name) and "compare(" in inspect.getsource(exercises.JUDGES[name][0])


@pytest.mark.parametrize("name", list(filter(compares_numbers, NAMES)))
def test_no_hint_holds_the_right_numbers(name, monkeypatch):
    """Usual mistakes, other signs, factors, shifts of the right numbers: what is said of them tells none of these."""
    seen = []

    def spy(answer, right, known=(), rtol=1e-3):
        seen.append((np.asarray(right, float), known))
        return findings.compare(answer, right, known, rtol)

    for module in MODULES:
        monkeypatch.setattr(module, "compare", spy)
    for attempt in (FIRST.get(name, 0.123), [0.123] * 2, [0.123] * 3, [0.123] * 4):
        if not seen:
            check_answer(name, attempt)
    right, known = seen[0]
    probes = [0 * right, -right, 2 * right, right + 1, 0.9 * right, right[..., ::-1] if right.ndim else right / 10]
    probes += [np.asarray(value, float) for value, _ in known]
    for probe in probes:
        answer = probe
        if name in PLACE:
            answer = list(FIRST[name])
            answer[PLACE[name]] = probe
        verdict = check_answer(name, answer)
        if verdict:  # another form of the answer that counts too, such as the same numbers reversed
            assert np.allclose(probe, right, rtol=0.01) or name in ("5.6", "6.4", "12.6")
            continue
        assert verdict.hint
        shown = [float(text.replace("−", "-")) for text in NUMBER.findall(verdict.hint)]
        told = [one for one in shown for value in right.ravel() if value not in (0, 1) and np.isclose(one, value)]
        assert not told, f"{verdict!r} gives away {told}"


def test_the_door_opens_in_single_precision_and_without_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert check_answer("3.3", lambda K: np.array([np.log(np.e + K - 1) - 1]))
        assert check_answer("11.3", np.array([0.5969]))
        assert check_answer("1.2", lambda t: np.array([1 / (1 + np.exp(-t))], np.float32))
