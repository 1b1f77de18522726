"""Findings and verdicts: what a check returns, and the register of all checks.

There is one shape.  A check takes an `Example` and returns a `Finding` by one of five functions:

=========================================  =============  ===================================================
``holds(printed)``                         ok             the line is right as it stands
``corrected(printed, corrected)``          wrong          something that is printed must change
``conditional(printed, with_condition)``   imprecise      right only with something that is not said
``marked_up(printed, mended)``             markup         the content is right, its markup is not
``missing(filled)``                        gap            a remark on what the whole text leaves out
=========================================  =============  ===================================================

In each of them ``printed`` is computed, not given: a line that holds as printed is ok, whatever was expected.
"""

from __future__ import annotations

from typing import NamedTuple

from softmax_proofs.claims.examples import Example

#: How many lines each source has.
LINES = {"A": 356, "B": 75, "C": 113}
VERDICTS = {
    "ok": "holds as printed",
    "wrong": "fails as printed, holds when corrected",
    "imprecise": "fails as printed, holds under a condition that is not stated",
    "markup": "not what its markup makes of it",
    "gap": "not in the text, and checked here",
    "unsettled": "neither form holds",
}
#: The id of every claim, and its check.
CLAIMS = {}


class Finding(NamedTuple):
    """What a check found: does the line hold as printed, and does it once repaired?"""

    printed: bool
    repaired: bool
    otherwise: str  # the verdict if it holds only once repaired

    @property
    def verdict(self):
        return "ok" if self.printed else self.otherwise if self.repaired else "unsettled"

    def __repr__(self):
        return f"{self.verdict}: {VERDICTS[self.verdict]}"


def holds(printed):
    return Finding(bool(printed), False, "unsettled")


def corrected(printed, corrected):
    return Finding(bool(printed), bool(corrected), "wrong")


def conditional(printed, with_condition):
    return Finding(bool(printed), bool(with_condition), "imprecise")


def marked_up(printed, mended):
    return Finding(bool(printed), bool(mended), "markup")


def missing(filled):
    return Finding(False, bool(filled), "gap")


def claim(name):
    """Register a check under the id of its claim."""

    def register(function):
        if name in CLAIMS:
            raise ValueError(f"claim {name} has a check already: {CLAIMS[name].__name__}")
        CLAIMS[name] = function
        return function

    return register


def findings(name):
    """What the check of one claim finds at each example in turn."""
    return [CLAIMS[name](example) for example in Example.several()]


def check(name):
    """Run the check of one claim, such as "A48", at every example: what holds must hold at all of them."""
    each = findings(name)
    return Finding(all(f.printed for f in each), all(f.repaired for f in each), each[0].otherwise)
