"""The judges behind `softmax_lib.checks.check_answer`: one for each exercise of the chapters.

Each chapter has a module with its judges.  A judge is given the reader's answer (a number, an array, a word, or a
function) and returns nothing if it is right, or a sentence that helps: it names the property that fails, not the
answer.  Any correct answer is accepted, however it was found.  `judged` is what the library asks for by name.

>>> from softmax_lib.checks import check_answer
>>> check_answer("1.1", [2, 3, 5])
exercise 1.1: not yet. These are the exponentials: what must the three numbers sum to? (off by up to 90 %)
>>> check_answer("1.1", "a third each")
exercise 1.1: not yet. It asks for three probabilities, and got 'a third each'.

A judge may raise whatever an answer of another kind leads to: `judged` says it in a sentence, and so too what a
function of the reader raises.  No answer stops a notebook.
"""

import functools
import inspect
import reprlib
import textwrap
import traceback
import warnings
from collections import namedtuple
from importlib import import_module

import numpy as np

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


def filled(answer, returned):
    """An answer in which no hole (`...` or None) is left, or `Empty`; of a function, whenever it is called.

    Tables of pandas become arrays, and complex numbers real ones where they are.  What a function returns is noted in
    a list; it gets copies, since one that changes its arguments would change what it is measured by.
    """
    if answer is None or answer is ... or (isinstance(answer, str) and answer.strip() in ("", "...")):
        raise Empty
    if type(answer) in (list, tuple):
        return type(answer)([filled(part, returned) for part in answer])
    if callable(getattr(answer, "to_numpy", None)) and not isinstance(answer, type):
        return answer.to_numpy()
    if np.iscomplexobj(answer):
        return np.real_if_close(answer)
    if callable(answer):

        @functools.wraps(answer)
        def watched(*arguments):
            returned.append(answer(*[a.copy() if isinstance(a, np.ndarray) else a for a in arguments]))
            return filled(returned[-1], returned)

        return watched
    return answer


def shown(value):
    """A value in a few words, however large it is."""
    if isinstance(value, np.ndarray) and value.size > 10:
        return f"an array of shape {value.shape}"
    if inspect.isgenerator(value):
        return "a generator (list(...) makes its values a list)"
    if inspect.isroutine(value):
        return f"the function {value.__name__}"
    try:
        return " ".join(reprlib.repr(value).split())
    except Exception:  # an object that cannot say what it is
        return f"a value of the type {type(value).__name__}"


def misfit(error, asked, answer, returned):
    """What to say when a judge stops: a function of the reader has raised, or something is of another kind."""
    frames = traceback.extract_tb(error.__traceback__)
    calls = [i for i, frame in enumerate(frames) if (frame.filename, frame.name) == (__file__, "watched")]
    if calls:
        own = frames[calls[-1] + 1 :]
        places = [f"line {at.lineno}: {at.line}".rstrip(": ") for at in own if at.filename == own[0].filename]
        place = f" ({textwrap.shorten(places[-1], 100)})" if places else ""
        what = textwrap.shorten(f"{type(error).__name__}: {error}", 200)
        return finding(f"Your function raised {what}{place}. It asks for {asked}.", failed="error")
    got = f"; yours returned {shown(returned[-1])}" if returned else f", and got {shown(answer)}"
    return finding(f"It asks for {asked}{got}.", failed="kind")


def judged(name, answer):
    """The `Verdict` on an answer to an exercise."""
    judge, asked = find(name)
    returned = []
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("error", np.exceptions.ComplexWarning)  # half of the answer would go unread
            hint = judge(filled(answer, returned))
    except Empty:
        hint = finding(f"nothing filled in yet. It asks for {asked}.", failed="empty")
    except Exception as error:
        hint = misfit(error, asked, answer, returned)
    if hint is None:
        return Verdict(str(name), True, "", "", None, None, None)
    hint = hint if isinstance(hint, Finding) else Finding(hint)
    return Verdict(str(name), False, str(hint), hint.failed, hint.shape, hint.expected, hint.difference)
