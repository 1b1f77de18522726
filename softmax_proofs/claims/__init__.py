"""The claims of the three sources, each with a check that returns its verdict.

The book grew out of three texts, called A, B and C.  Every line of theirs that says something has a number, such
as A48, a row on the page of claims (chapters/source_claims.md), and a check in ``a.py``, ``b.py`` or ``c.py``.
A check computes what the line says *as it is printed* and what it says *once repaired*, at random points where
the number of examples, of features and of classes all differ, and the verdict follows from the two answers:

>>> from softmax_proofs.claims import check
>>> check("A58")
ok: holds as printed
>>> check("A48")
wrong: fails as printed, holds when corrected
>>> check("A46")
imprecise: fails as printed, holds under a condition that is not stated

Each check stands alone and is a few lines long, so it can be set as an exercise: show the line of the source,
ask where it slips, and let ``check`` decide.
"""

from softmax_proofs.claims import a, b, c  # noqa: F401  they register their checks
from softmax_proofs.claims.judging import CLAIMS, LINES, VERDICTS, Finding, check

__all__ = ["CLAIMS", "LINES", "VERDICTS", "Finding", "check"]
