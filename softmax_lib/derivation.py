"""The ledger of a chapter: every displayed equation, proved from the chapter's definitions or judged.

A chapter keeps one `Derivation`.  Its definitions are rewriting rules.  A result is reduced by them to zero
for symbolic N, D and K, and then measured by a second road that shares nothing with SymPy's calculus: random
numbers, plain floating point and complex-step derivatives.  A formula quoted from a source is put to the same
two tests, and its verdict must come out.  The tests of the book compare what a page displays with this ledger.
"""

from __future__ import annotations

import cmath
import itertools
import operator
from dataclasses import dataclass, field

import numpy as np
from sympy import Add, Dummy, Expr, Function, KroneckerDelta, Mul, Pow, Sum, exp, log, sympify
from sympy.matrices.expressions import MatMul, MatrixExpr
from sympy.tensor.indexed import Indexed

from .symbolic import SIZE, At, D, K, N, Partial, as_number, d, entry, j, k, l, m, n, prove_zero, scalar_form, sigma

RELATIONS = {"=": operator.eq, "<=": operator.le, ">=": operator.ge}
#: Sizes at which a statement is measured: all different, two classes among them.
SIZES = [{N: 3, D: 4, K: 2}, {N: 4, D: 2, K: 3}, {N: 2, D: 3, K: 5}]
INDEX_RANGE = {n: N, d: D, k: K, j: K, l: K, m: K}
TOLERANCE = 1e-10



class rank(Function):
    """The rank of a matrix; it has a value at a point, but no rule of rewriting."""

    value = staticmethod(np.linalg.matrix_rank)


class norm(Function):
    """The Euclidean norm of a vector, or the Frobenius norm of a matrix."""

    value = staticmethod(np.linalg.norm)


class largest_eigenvalue(Function):
    """The largest eigenvalue of a symmetric matrix."""

    @staticmethod
    def value(matrix):
        return np.linalg.eigvalsh(matrix)[-1]


@dataclass(frozen=True)
class Equation:
    """One displayed equation: the label that it carries on the page, its chain of terms, what is known of it."""

    label: str
    chain: tuple  # (term, "=", term, "<=", term, ...)
    where: object = None  # a condition on the indices, such as Ne(j, k)
    status: str = "definition"

    @property
    def kind(self):
        return self.label.split("-")[0]

    def links(self):
        """Yield (left, relation, right) for each link of the chain."""
        return zip(self.chain[0::2], self.chain[1::2], self.chain[2::2], strict=False)

    def __repr__(self):
        return f"{self.label}: {self.status}"


@dataclass
class Derivation:
    """Collect a chapter's equations: ``definition``, ``result`` and ``quoted``.

    >>> from softmax_lib.symbolic import *
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
        equation = self._record(Equation(label, _sympified(chain), where))
        if rule:
            left, _, right = equation.chain
            key, arguments = _rule_key(scalar_form(left))
            self.rules[key] = (arguments, scalar_form(right))

    def result(self, label, *chain, where=None, measured_only=False):
        """Prove a chain of equalities for symbolic N, D, K and measure it; raise AssertionError if it fails.

        ``measured_only=True`` is for what is no identity between sums (an inequality, a rank, an eigenvalue):
        its proof stands in the text, and here it is tried at random points.
        """
        chain = _sympified(chain)
        if not measured_only:
            remainder = self._unproved(chain, where)
            if remainder:
                raise AssertionError(f"{label} is not proved; left minus right leaves {remainder[0]}")
        worst = self._measure(chain, where)
        if not worst <= TOLERANCE:
            raise AssertionError(f"{label} fails at random points: it is off by {worst:.3g}")
        proof = "in the text" if measured_only else f"for every {_names_of_sizes(chain)}"
        status = f"proved {proof}, and measured at random points"
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

    def _record(self, equation):
        if equation.label in self.equations:
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
            left_over += prove_zero(difference, where, self.expand)
        return left_over

    def _measure(self, chain, where):
        """Return the largest violation of the chain over random points; sizes, indices and arrays vary."""
        worst = 0.0
        for seed, sizes in enumerate(SIZES):
            point = _Point(sizes, self.rules, np.random.default_rng(seed))
            for left, relation, right in Equation("", chain).links():
                for indices in _index_choices(_entry(left) - _entry(right), sizes, where):
                    a, b = (point.value(_entry(side), indices) for side in (left, right))
                    gap = abs(a - b) if relation == "=" else max(0.0, (a - b if relation == "<=" else b - a))
                    worst = max(worst, gap / (1 + abs(a) + abs(b)))
        return worst

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
    return tuple(as_number(t) if isinstance(t, MatMul) and t.shape == (1, 1) else t for t in terms)


def _entry(side):
    """Write a side with indices: the general entry (k, j) of a matrix, or the scalar itself."""
    if not isinstance(side, MatrixExpr):
        return scalar_form(side)
    row, col = ({N: n, D: d, K: s}.get(size, 1) for size, s in zip(side.shape, (k, j), strict=True))
    if side.shape == (D, K):
        col = k
    return scalar_form(entry(side, row, col))


def _names_of_sizes(chain):
    symbols = set().union(*(_entry(side).free_symbols for side in chain[0::2]))
    sizes = symbols | {INDEX_RANGE[s] for s in symbols if s in INDEX_RANGE}
    *names, last = [str(s) for s in (N, D, K) if s in sizes] or ["argument"]
    return f"{', '.join(names)} and {last}" if names else last


def _index_choices(expression, sizes, where):
    indices = sorted((s for s in expression.free_symbols if s in INDEX_RANGE), key=str)
    for numbers in itertools.product(*(range(1, sizes[INDEX_RANGE[s]] + 1) for s in indices)):
        choice = dict(zip(indices, numbers, strict=True))
        if where is None or bool(where.subs(choice).subs(sizes)):
            yield choice


# --- first road: rewriting ----------------------------------------------------------------------------------


def _rule_key(left):
    """Return what a definition replaces (a base and its number of indices, a symbol, a function), and its arguments."""
    if isinstance(left, Indexed):
        return (left.base.label.name, len(left.indices)), left.indices
    if isinstance(left, Sum):  # the total of a target row, given as a number
        return (left.function.base.label.name, "total"), ()
    return _key(left), left.args


def _key(expression):
    if isinstance(expression, Indexed):
        return expression.base.label.name, len(expression.indices)
    if isinstance(expression, sigma):
        return "sigma", "function"
    return (expression.name, 0) if expression.is_Symbol else None


def _fresh_sum(total):
    """Give the bound indices names of their own, so that no free index of the same letter is caught."""
    if not isinstance(total, Sum):
        return total
    for index, *_ in total.limits:
        total = total.xreplace({index: Dummy(index.name, integer=True, positive=True)})
    return total


def _fresh(expression):
    return expression.replace(lambda e: isinstance(e, Sum), _fresh_sum)


def _known_total(total, rules):
    """Replace the sum of a whole row whose total is given, such as sum_k y_nk = 1; the other sums stay."""
    body, limits = total.function, total.limits
    if isinstance(body, Indexed) and (body.base.label.name, "total") in rules:
        rest = [limit for limit in limits if limit != (body.indices[-1], 1, K)]
        if len(rest) < len(limits):
            value = rules[body.base.label.name, "total"][1]
            return Sum(value, *rest) if rest else value
    return total


def _expand(expression, rules):
    if isinstance(expression, Partial):
        f, variable = expression.args
        independent = {key: rule for key, rule in rules.items() if key != _key(variable)}
        return _expand(_expand(f, independent).diff(variable), rules)
    key = _key(expression)
    if key in rules:
        arguments, right = rules[key]
        given = expression.indices if isinstance(expression, Indexed) else expression.args
        return _expand(_fresh(right).xreplace(dict(zip(arguments, given, strict=True))), rules)
    if isinstance(expression, Sum):
        expression = _fresh_sum(_known_total(expression, rules))
    if not expression.args or isinstance(expression, Indexed):
        return expression
    return expression.func(*(_expand(a, rules) if isinstance(a, Expr) else a for a in expression.args))


# --- second road: numbers -----------------------------------------------------------------------------------


class _Point:
    """Random numbers for every free letter at given sizes, and the value of an expression there."""

    def __init__(self, sizes, rules, rng):
        self.sizes, self.rules, self.rng = sizes, rules, rng
        self.arrays, self.scalars = {}, {}

    def array(self, name, n_indices):
        key = (name, n_indices)
        if key not in self.arrays:
            of_weights = n_indices == 2 and name in ("w", "v")  # D x K, a matrix of weights or a direction
            rows = (self.sizes[D if of_weights else N],) if n_indices == 2 else ()
            shape = (*rows, self.sizes[K if of_weights else SIZE[name]])
            numbers = self.rng.standard_normal(shape)
            if (name, "total") in self.rules:
                total = float(self.rules[name, "total"][1])
                numbers = np.abs(numbers) * total / np.abs(numbers).sum(axis=-1, keepdims=True)
            self.arrays[key] = numbers.astype(complex)
        return self.arrays[key]

    def value(self, e, env):
        """Evaluate ``e`` with its free indices given by ``env``; real parts only, once all is done."""
        return self._value(e, {**self.sizes, **env}).real

    def _value(self, e, env):
        if e in env:
            return complex(env[e])
        if e.is_number and not e.args:
            return complex(e)
        if isinstance(e, Partial):
            return self._complex_step(*e.args, env)
        if isinstance(e, (rank, norm, largest_eigenvalue)):
            return complex(e.value(self._matrix(e.args[0], env)))
        if isinstance(e, At):
            f, matrix, new = e.args
            key = _key(entry(matrix, 1, 1))
            old = self.array(*key)
            self.arrays[key] = self._matrix(new, env).astype(complex)
            value = self._value(f, env)
            self.arrays[key] = old
            return value
        key = _key(e)
        if isinstance(e, Indexed):
            numbers = tuple(round(self._value(index, env).real) for index in e.indices)
            if key in self.arrays or key not in self.rules:
                return self._lookup(key, numbers)
            arguments, right = self.rules[key]
            return self._value(right, {**env, **dict(zip(arguments, numbers, strict=True))})
        if isinstance(e, Sum):
            (index, low, high), *others = reversed(e.limits)
            body = e.func(e.function, *reversed(others)) if others else e.function
            low, high = (round(self._value(bound, env).real) for bound in (low, high))
            return sum((self._value(body, {**env, index: i}) for i in range(low, high + 1)), 0j)
        if isinstance(e, KroneckerDelta):
            left, right = (self._value(a, env) for a in e.args)
            return complex(left == right)
        if key in self.rules:
            arguments, right = self.rules[key]
            values = [self._value(a, env) for a in e.args]
            return self._value(right, {**env, **dict(zip(arguments, values, strict=True))})
        if e.is_Symbol:
            return self.scalars.setdefault(e, complex(self.rng.standard_normal()))
        parts = [self._value(a, env) for a in e.args]
        if isinstance(e, Add):
            return sum(parts)
        if isinstance(e, Mul):
            return complex(np.prod(parts))
        if isinstance(e, Pow):
            return parts[0] ** parts[1]
        if isinstance(e, exp):
            return cmath.exp(parts[0])
        if isinstance(e, log):
            return cmath.log(parts[0])
        raise TypeError(f"no rule to evaluate {e.func.__name__} in {e}; add one to softmax_lib.derivation")

    def _lookup(self, key, numbers):
        array = self.array(*key)
        if any(not 1 <= i <= size for i, size in zip(numbers, array.shape, strict=True)):
            raise IndexError(f"{key[0]} has shape {array.shape}; the index {numbers}, counted from 1, does not exist")
        return array[tuple(i - 1 for i in numbers)]

    def _matrix(self, matrix, env):
        rows, cols = (round(self._value(size, env).real) for size in matrix.shape)
        return np.array([[self._value(scalar_form(entry(matrix, sympify(r), sympify(s))), env).real
                          for s in range(1, cols + 1)] for r in range(1, rows + 1)])

    def _complex_step(self, f, variable, env):
        """Im f(x + ih)/h is the derivative to full accuracy: nothing is subtracted, so h may be tiny."""
        key, h = _key(variable), 1e-30
        numbers = tuple(round(self._value(index, env).real) for index in variable.indices)
        derived = key in self.rules and key not in self.arrays
        if derived:  # differentiate with respect to a quantity that has a definition: hold its values
            shape = [range(1, self.array(*key).shape[a] + 1) for a in range(key[1])]
            self.arrays.pop(key)
            table = {i: self._value(variable.base[i], env) for i in itertools.product(*shape)}
            self.arrays[key] = np.array(list(table.values())).reshape([len(r) for r in shape])
        array = self.array(*key)
        place = tuple(i - 1 for i in numbers)
        self._lookup(key, numbers)
        array[place] += 1j * h
        try:
            return complex(self._value(f, env).imag / h)
        finally:
            array[place] -= 1j * h
            if derived:
                self.arrays.pop(key)
