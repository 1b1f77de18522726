"""The ledger of a chapter: every displayed equation, proved from the chapter's definitions or judged.

A chapter keeps one `Derivation`.  Its definitions are rewriting rules.  A result is reduced by them to zero
for symbolic N, D and K, and then measured by a second road that shares nothing with SymPy's calculus
(`softmax_proofs.points`).  A formula quoted from a source is put to the same two tests, and its verdict must come
out.  The tests of the book compare what a page displays with this ledger.
"""

from __future__ import annotations

import contextlib
import itertools
import math
from dataclasses import dataclass, field

from sympy import Dummy, Expr, Product, Sum, Symbol, latex, sympify
from sympy.matrices.expressions import MatMul, MatrixExpr
from sympy.tensor.indexed import Indexed

from .points import Point, key_of
from .symbolic import (
    At,
    D,
    K,
    N,
    Partial,
    as_number,
    d,
    entry,
    j,
    k,
    l,
    largest,
    largest_eigenvalue,
    m,
    n,
    norm,
    product_as_sum,
    prove_zero,
    rank,
    scalar_form,
    sigma,
    smallest,
)

RELATIONS = ("=", "<=", ">=")
#: Sizes at which a statement is measured: all different, with one example, one feature and two classes among them.
SIZES = [{N: 3, D: 4, K: 2}, {N: 4, D: 2, K: 3}, {N: 2, D: 3, K: 5}, {N: 1, D: 1, K: 3}, {N: 7, D: 2, K: 4}]
#: The letters of a free index, and a second letter for the columns of a square matrix.
ROW = {N: n, D: d, K: k, D * K: Dummy("r", integer=True, positive=True)}
COLUMN = {size: Dummy(f"{letter.name}'", integer=True, positive=True) for size, letter in ROW.items()} | {K: j}
INDEX_RANGE = {n: N, d: D, k: K, j: K, l: K, m: K} | {
    letter: size for letters in (ROW, COLUMN) for size, letter in letters.items()
}
#: Entries with the index of a feature, and its place.
FEATURE_AT = {("x", 1): 0, ("x", 2): 1, ("w", 2): 0, ("v", 2): 0}
TOLERANCE = 1e-10


@dataclass(frozen=True)
class Equation:
    """One displayed equation: the label that it carries on the page, its chain of terms, what is known of it."""

    label: str
    chain: tuple  # (term, "=", term, "<=", term, ...)
    where: object = None  # a condition on the indices, such as Ne(j, k)
    status: str = "definition"
    replaces: tuple | None = None  # the key of the letter that it defines, if the proofs put it in

    @property
    def kind(self):
        return self.label.split("-")[0]

    def links(self):
        """Yield (left, relation, right) for each link of the chain."""
        return zip(self.chain[0::2], self.chain[1::2], self.chain[2::2], strict=False)

    def repeats(self, other):
        """Whether a cell was only run again: a definition as it was, a result with the same left side."""
        return self.chain == other.chain or (self.kind == "result" and self.chain[0] == other.chain[0])

    def __repr__(self):
        return f"{self.label}: {self.status}"


class Open(Equation):
    """A result with a hole, `...`, where its reader is to put a formula; nothing is claimed yet."""

    def _repr_markdown_(self):
        signs = {...: "?", "=": "=", "<=": r"\le", ">=": r"\ge"}
        shown = " ".join(signs[part] if part in signs else latex(part) for part in self.chain)
        return f"${shown}$\n\n`{self!r}`"


@dataclass
class Derivation:
    """Collect a chapter's equations: ``definition``, ``result`` and ``quoted``.

    >>> from softmax_proofs.symbolic import *
    >>> chapter = Derivation()
    >>> chapter.definition("definition-softmax", o[k], "=", exp(z[k]) / Sum(exp(z[l]), (l, 1, K)))
    >>> chapter.result("result-total", Sum(o[k], (k, 1, K)), "=", 1)
    result-total: proved for every K, and measured at random points
    >>> chapter.quoted("quoted-a27-imprecise", log(o[k] / (1 - o[k])), "=", z[k])
    quoted-a27-imprecise: fails at random points
    """

    equations: dict = field(default_factory=dict)
    rules: dict = field(default_factory=dict)

    def definition(self, label, *chain, where=None, rule=True):
        """Record a definition; from now on its left side is replaced by its right side, unless ``rule=False``."""
        chain = _sympified(chain)
        key, arguments = _rule_key(scalar_form(chain[0])) if rule else (None, ())
        self._record(Equation(label, chain, where, replaces=key))
        if rule:
            _, _, right = chain
            self.rules[key] = (arguments, scalar_form(right))

    def result(self, label, *chain, where=None, measured_only=False):
        """Prove a chain of equalities for symbolic N, D, K and measure it; raise AssertionError if it fails.

        ``measured_only=True`` is for what is no identity between sums (an inequality, a rank, an eigenvalue):
        it is argued in the text, and here it is tried at many more points, with small, large and tied numbers.

        A hole, `...` in place of a term, is left open: nothing is proved, until the cell is run with a formula.
        """
        if ... in chain:
            status = "open. Put a formula in place of ... and run the cell again: it is proved, or refused."
            return self._record(
                Open(label, tuple(t if t in (..., *RELATIONS) else sympify(t) for t in chain), where, status)
            )
        chain = _sympified(chain)
        if "<-" in chain[1::2]:
            raise ValueError(f"{label}: an assignment is a definition, not a result")
        if not measured_only:
            remainder = self._unproved(chain, where)
            if remainder:
                raise self._refusal(f"{label} is not proved; left minus right leaves {remainder[0]}", chain, where)
        worst = self._measure(chain, where, draws=6 if measured_only else 1)
        if not worst <= TOLERANCE:
            raise self._refusal(f"{label} fails at random points: it is off by {worst:.3g}", chain, where)
        how = "argued in the text" if measured_only else f"proved for every {_names_of_sizes(chain)}"
        status = f"{how}, and measured at random points"
        return self._record(Equation(label, chain, where, status=status))

    def quoted(self, label, *chain, where=None):
        """Put a formula quoted from a source to both tests; the verdict in its label must come out.

        The label reads ``quoted-<claim>-<verdict>``, with the claim's id in the list of the sources' claims and
        the verdict "ok", "imprecise" or "wrong".
        """
        verdict = label.rsplit("-", 1)[-1]
        if verdict not in ("ok", "imprecise", "wrong"):
            raise ValueError(f"the label {label} must end with its verdict: -ok, -imprecise or -wrong")
        chain = _sympified(chain)
        holds = self._measure(chain, where) <= TOLERANCE
        if holds != (verdict == "ok"):
            raise AssertionError(f"{label}: the label says {verdict}, but the formula {'holds' if holds else 'fails'}")
        if holds and self._unproved(chain, where):
            raise AssertionError(f"{label} holds at random points but is not proved")
        return self._record(Equation(label, chain, where, "proved" if holds else "fails at random points"))

    def expand(self, expression):
        """Rewrite ``expression`` by the definitions until only free letters are left, and differentiate."""
        return _expand(scalar_form(expression), self.rules)

    def _expand_again(self, expanded):
        """Expand what has been expanded before: mostly nothing is left to do but to look."""
        keys = {key_of(part) for part in expanded.atoms(Indexed, Symbol, sigma)} - {None}
        left = any(key in self.rules or (*key, "total") in self.rules for key in keys)
        return self.expand(expanded) if left else expanded

    def _record(self, equation):
        if equation.label in self.equations and not equation.repeats(self.equations[equation.label]):
            raise ValueError(f"the label {equation.label} stands twice in this chapter; give one of them another name")
        if equation.kind not in ("definition", "result", "quoted"):
            raise ValueError(f"the label {equation.label} must begin with definition-, result- or quoted-")
        self.equations[equation.label] = equation
        return equation

    def _unproved(self, chain, where):
        left_over = []
        for left, relation, right in Equation("", chain).links():
            if relation != "=":
                raise ValueError("only equalities are proved by rewriting; give measured_only=True for the others")
            difference = self.expand(_entry(left) - _entry(right))
            left_over += prove_zero(difference, where, self._expand_again)
        return left_over

    def _measure(self, chain, where, draws=1):
        """Return the largest violation of the chain over random points; infinite if a side is not a real number."""
        worst, tried = 0.0, 0
        for seed, (sizes, _) in enumerate(itertools.product(SIZES, range(draws))):
            point = Point(sizes, self.rules, seed)
            for left, relation, right in Equation("", chain).links():
                sides = _entry(left), _entry(right)
                for indices in _index_choices(sides, sizes, where):
                    gap = _violation(*(point.value(side, indices) for side in sides), relation)
                    worst, tried = max(worst, gap), tried + 1
        if not tried:
            raise ValueError(f"no choice of indices satisfies the condition {where}, so nothing was measured")
        return worst

    def _refusal(self, text, chain, where):
        """The error with which a result is refused, and a note for somebody who looks for the slip."""
        error = AssertionError(text)
        with contextlib.suppress(ArithmeticError, LookupError, TypeError, ValueError):  # no value, and so no symptom
            failing = [link for link in Equation("", chain).links() if not self._measure(link, where) <= TOLERANCE]
            if failing and failing[0][1] == "=":
                left, _, right = failing[0]
                error.add_note(self._symptom(_entry(left), _entry(right), where))
        return error

    def _symptom(self, left, right, where):
        """Say in a sentence how the two sides of a wrong equation differ, and not what the right one is."""
        on_the_left, on_the_right = ({s for s in side.free_symbols if s in INDEX_RANGE} for side in (left, right))
        for lonely, side in ((on_the_left - on_the_right, "left"), (on_the_right - on_the_left, "right")):
            if lonely:
                return f"The index {min(map(str, lonely))} stands on the {side} side only."
        found = []  # (sizes, indices, left, right)
        for seed, sizes in enumerate(SIZES):
            point = Point(sizes, self.rules, seed)
            for indices in _index_choices((left, right), sizes, where):
                found.append((sizes, indices, *(point.value(side, indices).real for side in (left, right))))
        if all(math.isclose(a, -b) for *_, a, b in found):
            return "The size is right: look at the sign."
        for factor in (2, N, K, D):
            sides = [(a, b, sizes.get(factor, 2)) for sizes, _, a, b in found]
            if any(all(math.isclose(a, b * f**power) for a, b, f in sides) for power in (1, -1)):
                return f"It is right but for a factor of {factor}, or of 1/{factor}."
        agree = [math.isclose(a, b, abs_tol=TOLERANCE) for *_, a, b in found]
        for one, other in itertools.combinations(sorted(on_the_left, key=str), 2):
            same = [indices[one] == indices[other] for _, indices, *_ in found]
            if agree == same:
                return f"It holds where {one} = {other}, and fails where they differ."
            if agree == [not equal for equal in same]:
                return f"It holds where {one} and {other} differ, and fails where they are the same."
        sizes, indices, a, b = found[agree.index(False)]
        names = {letter: size for letter, size in sizes.items() if str(letter) in _names_of_sizes((left, "=", right))}
        place = ", ".join(f"{letter} = {number}" for letter, number in {**names, **indices}.items())
        return f"With random numbers{' and ' * bool(place)}{place} the left side is {a:.4g}, the right side {b:.4g}."

    def __repr__(self):
        return "\n".join(repr(equation) for equation in self.equations.values())

    def _repr_html_(self):
        rows = "".join(
            f'<tr><td><a href="#equation-{e.label}">{e.label}</a></td><td>{e.status}</td></tr>'
            for e in self.equations.values()
        )
        return f"<table><thead><tr><th>Equation</th><th>What we know</th></tr></thead><tbody>{rows}</tbody></table>"


def _sympified(chain):
    if len(chain) < 3 or len(chain) % 2 == 0 or not set(chain[1::2]) <= {*RELATIONS, "<-"}:
        relations = ", ".join(RELATIONS)
        raise ValueError(f"a chain reads term, relation, term, ... with relations {relations} or <-; got {chain}")
    terms = (part if i % 2 else sympify(part) for i, part in enumerate(chain))
    chain = tuple(as_number(t) if isinstance(t, MatMul) and t.shape == (1, 1) else t for t in terms)
    # 0 stands for a zero of any shape.
    shapes = {term.shape if isinstance(term, MatrixExpr) else () for term in chain[0::2] if term != 0}
    if len(shapes) > 1:
        raise ValueError(f"the terms of a chain must have one shape, got {shapes} in {chain}")
    return chain


def _entry(side):
    """Write a side with indices: the general entry of a matrix, with its own letter for each index; or the scalar."""
    if not isinstance(side, MatrixExpr):
        return scalar_form(side)
    rows, columns = side.shape
    return scalar_form(entry(side, ROW.get(rows, 1), (COLUMN if rows == columns else ROW).get(columns, 1)))


def _names_of_sizes(chain):
    sides = [_entry(side) for side in chain[0::2]]
    symbols = set().union(*(side.free_symbols for side in sides))
    sizes = symbols.union(*(_range(s, sides).free_symbols for s in symbols if s in INDEX_RANGE))
    *names, last = [str(s) for s in (N, D, K) if s in sizes] or ["argument"]
    return f"{', '.join(names)} and {last}" if names else last


def _range(index, sides):
    """The size up to which a free index counts; m counts features where it stands at the place of a feature."""
    if index != m:
        return INDEX_RANGE[index]
    entries = set().union(*(side.atoms(Indexed) for side in sides))
    features = {e.indices[FEATURE_AT[key_of(e)]] for e in entries if key_of(e) in FEATURE_AT}
    return D if m in features else K


def _index_choices(sides, sizes, where):
    """Yield every assignment of numbers to the free indices that satisfies the condition."""
    free = set().union(*(side.free_symbols for side in sides))
    indices = sorted((s for s in free if s in INDEX_RANGE), key=str)
    for numbers in itertools.product(*(range(1, _range(s, sides).subs(sizes) + 1) for s in indices)):
        choice = dict(zip(indices, numbers, strict=True))
        if where is None or bool(where.subs(choice).subs(sizes)):
            yield choice


def _violation(a, b, relation):
    """By how much "a relation b" fails, relative to the size of the numbers; infinite if one is no real number."""
    scale = 1 + abs(a) + abs(b)
    if not math.isfinite(scale) or (relation == "=" and abs(a - b) > scale):
        return math.inf
    if max(abs(a.imag), abs(b.imag)) > TOLERANCE * scale:
        return math.inf
    gap = a.real - b.real
    return {"=": abs(gap), "<=": max(0.0, gap), ">=": max(0.0, -gap)}[relation] / scale


# --- first road: rewriting ----------------------------------------------------------------------------------


def _rule_key(left):
    """Return what a definition replaces, and the arguments that its right side is given in."""
    if isinstance(left, Indexed):
        return key_of(left), left.indices
    if isinstance(left, Sum):  # the total of a target row, given as a number
        return (*key_of(left.function), "total"), ()
    return key_of(left), left.args


def _fresh_sum(total):
    """Give the bound indices names of their own, so that no free index of the same letter is caught."""
    if not isinstance(total, (Sum, Product)):
        return total
    for index, *_ in total.limits:
        total = total.xreplace({index: Dummy(index.name, integer=True, positive=True)})
    return total


def _fresh(expression):
    return expression.replace(lambda e: isinstance(e, (Sum, Product)), _fresh_sum)


def _known_total(total, rules):
    """Replace the sum of a whole row whose total is given, such as sum_k y_nk = 1; the other sums stay."""
    body, limits = total.function, total.limits
    if isinstance(body, Indexed) and (*key_of(body), "total") in rules:
        rest = [limit for limit in limits if limit != (body.indices[-1], 1, K)]
        if len(rest) < len(limits):
            value = rules[(*key_of(body), "total")][1]
            return Sum(value, *rest) if rest else value
    return total


def _expand(expression, rules):
    if isinstance(expression, Partial):
        f, variable = expression.args
        independent = rules.copy()
        independent.pop(key_of(variable), None)
        inside = _expand(f, independent)
        if inside.has(rank, norm, largest, smallest, largest_eigenvalue):
            raise TypeError(f"{f} contains a rank, norm, extreme or eigenvalue, which cannot be differentiated here")
        return _expand(inside.diff(variable), rules)
    key = key_of(expression)
    if key in rules:
        arguments, right = rules[key]
        given = expression.indices if isinstance(expression, Indexed) else expression.args
        return _expand(_fresh(right).xreplace(dict(zip(arguments, given, strict=True))), rules)
    if isinstance(expression, Product):
        return _expand(product_as_sum(expression), rules)
    if isinstance(expression, At):
        f, matrix, new = expression.args
        moved = key_of(entry(matrix))
        inside = _fresh(_expand(f, rules)).replace(
            lambda e: isinstance(e, Indexed) and key_of(e) == moved,
            lambda e: scalar_form(entry(new, *e.indices)),
        )
        return _expand(inside, rules)  # what stands in ``new``, such as a gradient, is taken at the old matrix
    if isinstance(expression, Sum):
        expression = _known_total(expression, rules)
        named = isinstance(expression, Sum) and not all(isinstance(index, Dummy) for index in expression.variables)
        expression = _fresh_sum(expression) if named else expression  # a Dummy is no letter that could be caught
    if not expression.args or isinstance(expression, Indexed):
        return expression
    return expression.func(*(_expand(a, rules) if isinstance(a, Expr) else a for a in expression.args))
