"""The judges behind `softmax_lib.checks.check_answer`: one for each exercise of the chapters.

Each chapter has a module with its judges.  A judge is given the reader's answer (a number, an array, a word, or a
function) and returns nothing if it is right, or a sentence that helps: it names the property that fails, not the
answer.  Any correct answer is accepted, however it was found.  `judged` is what the library asks for by name.

>>> from softmax_lib.checks import check_answer
>>> check_answer("1.1", [2, 3, 5])
exercise 1.1: not yet. These are the exponentials: what must the three numbers sum to? (off by up to 90 %)
>>> check_answer("1.1", "a third each")
Traceback (most recent call last):
...
ValueError: exercise 1.1 asks for three probabilities, got 'a third each'
"""

import functools
from collections import namedtuple
from importlib import import_module

from softmax_lib.checks import check_answer

from .findings import Finding, choose, compare, finding, number, wrong_shape

__all__ = ["Verdict", "asks", "check_answer", "choose", "compare", "exercise", "finding", "judged", "number"]
__all__ += ["wrong_shape"]

JUDGES = {}


class Verdict(namedtuple("Verdict", "exercise right hint failed shape expected difference")):
    """What is thought of an answer; true in an ``if`` or ``assert`` if it is right.

    Attributes
    ----------
    exercise : str
    right : bool
    hint : str
        What to look at, in a sentence; empty if the answer is right.
    failed : str
        The property that fails ("shape", "sums to one", "sign", ...), or the usual mistake; empty if none was named.
    shape, expected : tuple of int or None
        What came and what is asked for, where the shape is the problem.
    difference : float or None
        The largest difference, relative to the largest number of the two sides.
    """

    def __bool__(self):
        return self.right

    def __repr__(self):
        if self.right:
            return f"exercise {self.exercise}: right"
        state = "" if self.failed == "empty" else "not yet. "
        size = "" if self.difference is None else f" (off by up to {float(f'{100 * self.difference:.1g}'):g} %)"
        return f"exercise {self.exercise}: {state}{self.hint}{size}"


class Empty(Exception):
    """A hole that nobody has filled in."""


def exercise(name, asks):
    """Register the judge of an exercise, and what kind of answer it asks for ("a number", "a function of ...")."""

    def register(judge):
        JUDGES[name] = judge, asks
        return judge

    return register


def find(name):
    """The judge of an exercise, named by chapter and number, and what it asks for."""
    chapter, _, place = str(name).partition(".")
    try:
        import_module(f"softmax_proofs.exercises.chapter{int(chapter):02d}")
        return JUDGES[f"{int(chapter)}.{int(place)}"]
    except (ModuleNotFoundError, KeyError, ValueError):
        raise ValueError(f"there is no exercise {name!r}: name it by chapter and number, such as '4.3'") from None


def asks(name):
    """What kind of answer an exercise asks for, in words."""
    return find(name)[1]


def filled(answer):
    """An answer in which no hole (`...` or None) is left, or `Empty`; of a function, whenever it is called."""
    if answer is None or answer is ... or (isinstance(answer, str) and answer.strip() in ("", "...")):
        raise Empty
    if isinstance(answer, (list, tuple)):
        return type(answer)([filled(part) for part in answer]) if type(answer) in (list, tuple) else answer
    if callable(answer):

        @functools.wraps(answer)
        def watched(*arguments):
            return filled(answer(*arguments))

        return watched
    return answer


def judged(name, answer):
    """The `Verdict` on an answer to an exercise."""
    judge, asked = find(name)
    try:
        hint = judge(filled(answer))
    except Empty:
        hint = finding(f"nothing filled in yet. It asks for {asked}.", failed="empty")
    except (TypeError, ValueError, AttributeError, IndexError, KeyError) as error:
        cause = error if callable(answer) else None  # the line that failed may be one of the reader's function
        raise ValueError(f"exercise {name} asks for {asked}, got {answer!r}") from cause
    if hint is None:
        return Verdict(str(name), True, "", "", None, None, None)
    hint = hint if isinstance(hint, Finding) else Finding(hint)
    return Verdict(str(name), False, str(hint), hint.failed, hint.shape, hint.expected, hint.difference)
