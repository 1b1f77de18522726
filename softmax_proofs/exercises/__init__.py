"""Self-checks for the exercises: ``check_answer("4.3", yours)`` says whether an answer is right, or what to look at.

Each chapter has a module with one judge for each of its exercises.  A judge is given the reader's answer (a number,
an array, a word, or a function) and returns nothing if it is right, or a sentence that helps: it names the property
that fails, not the answer.  Any correct answer is accepted, however it was found.

>>> from softmax_proofs.exercises import check_answer
>>> check_answer("1.1", "a third each")
Traceback (most recent call last):
...
ValueError: exercise 1.1 asks for three probabilities, got 'a third each'
"""

from collections import namedtuple
from importlib import import_module

import numpy as np

JUDGES = {}


class Verdict(namedtuple("Verdict", "exercise right hint")):
    """What is thought of an answer; true in an ``if`` or ``assert`` if it is right."""

    def __bool__(self):
        return self.right

    def __repr__(self):
        return f"exercise {self.exercise}: {'right' if self.right else f'not yet. {self.hint}'}"


def exercise(name, asks):
    """Register the judge of an exercise, and what kind of answer it asks for ("a number", "a function of ...")."""

    def register(judge):
        JUDGES[name] = judge, asks
        return judge

    return register


def check_answer(name, answer):
    """Judge an answer to an exercise, named by chapter and number, such as "4.3"."""
    chapter, _, number = str(name).partition(".")
    try:
        import_module(f"softmax_proofs.exercises.chapter{int(chapter):02d}")
        judge, asks = JUDGES[f"{int(chapter)}.{int(number)}"]
    except (ModuleNotFoundError, KeyError, ValueError):
        raise ValueError(f"there is no exercise {name!r}: name it by chapter and number, such as '4.3'") from None
    try:
        hint = judge(answer)
    except (TypeError, ValueError, AttributeError, IndexError, KeyError):
        raise ValueError(f"exercise {name} asks for {asks}, got {answer!r}") from None
    return Verdict(name, hint is None, hint or "")


def compare(answer, right, known=(), rtol=1e-3):
    """Nothing if the numbers agree, else the hint of a known wrong answer (value, hint), or what can be said."""
    answer, right = np.asarray(answer, float), np.asarray(right, float)
    answer = answer.reshape(right.shape) if answer.size == right.size == 1 else answer  # [4] is taken for 4
    if answer.shape != right.shape:
        return f"Expected the shape {right.shape}, this has {answer.shape}."
    if np.allclose(answer, right, rtol=rtol, atol=1e-12):
        return None
    for wrong, hint in known:
        if np.shape(wrong) == answer.shape and np.allclose(answer, wrong, rtol=rtol, atol=1e-12):
            return hint
    if np.allclose(answer, -right, rtol=rtol, atol=1e-12):
        return "The size is right: look at the sign."
    return f"The largest difference is {np.abs(answer - right).max():.2g}."


def choose(answer, right, known=()):
    """As `compare`, for a word: upper and lower case and blanks do not matter; `right` may be several words."""
    word = str(answer).strip().lower()
    accepted = {right} if isinstance(right, str) else set(right)
    return None if word in accepted else dict(known).get(word, "That is not it.")
