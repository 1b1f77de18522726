"""Random points: the value of an expression in floating point, with derivatives by a complex step.

This is the second road of `softmax_proofs.derivation`.  It shares nothing with SymPy's calculus: an expression is
read as a recipe and carried out with numbers.  A derivative of a derivative is a complex step of a complex step,
with a second imaginary unit; as nothing is subtracted in either, it too is accurate to a few units in the last place.
"""

from __future__ import annotations

import cmath
import itertools
import math
from functools import cache

import numpy as np
from sympy import Add, KroneckerDelta, Mul, Pow, Product, Sum, exp, log, sympify
from sympy.tensor.indexed import Indexed

from .symbolic import (
    SIZE,
    At,
    D,
    K,
    N,
    Partial,
    block_of,
    entry,
    epsilon,
    largest,
    largest_eigenvalue,
    norm,
    place_in,
    rank,
    scalar_form,
    sigma,
    smallest,
)

MATRIX_FUNCTIONS = {
    rank: lambda matrix: np.linalg.matrix_rank(matrix, rtol=1e-9),
    norm: np.linalg.norm,
    largest: np.max,
    smallest: np.min,
    largest_eigenvalue: lambda matrix: np.linalg.eigvalsh(matrix)[-1],
}

#: Letters that stand for a number between 0 and 1.
SHARES = {epsilon}


def key_of(expression):
    """Return what a definition could replace here: (name, number of indices), (name, "function"), or None."""
    if isinstance(expression, Indexed):
        return expression.base.label.name, len(expression.indices)
    if isinstance(expression, sigma):
        return "sigma", "function"
    return (expression.name, 0) if expression.is_Symbol else None


class Bicomplex:
    """A number a + b u with complex a and b, and an imaginary unit u of its own: u u = -1, and i u = u i.

    >>> (Bicomplex(2 + 0j, 1 + 0j) ** 2).u_part
    (4+0j)
    """

    def __init__(self, one_part, u_part=0j):
        self.one_part, self.u_part = complex(one_part), complex(u_part)

    def __add__(self, other):
        other = _bicomplex(other)
        return Bicomplex(self.one_part + other.one_part, self.u_part + other.u_part)

    def __mul__(self, other):
        other = _bicomplex(other)
        a, b, c, d = self.one_part, self.u_part, other.one_part, other.u_part
        return Bicomplex(a * c - b * d, a * d + b * c)

    __radd__, __rmul__ = __add__, __mul__

    def __pow__(self, exponent):
        power = _bicomplex(exponent)
        if power.u_part or power.one_part != round(power.one_part.real):
            return (self.log() * power).exp()
        product = math.prod([self] * abs(round(power.one_part.real)), start=Bicomplex(1))
        if power.one_part.real >= 0:
            return product
        a, b = product.one_part, product.u_part
        return Bicomplex(a, -b) * (1 / (a * a + b * b))

    def exp(self):
        return Bicomplex(cmath.cos(self.u_part), cmath.sin(self.u_part)) * cmath.exp(self.one_part)

    def log(self):
        a, b = self.one_part, self.u_part
        return Bicomplex(cmath.log(a) + cmath.log(1 + (b / a) ** 2) / 2, cmath.atan(b / a))


def _bicomplex(number):
    return number if isinstance(number, Bicomplex) else Bicomplex(number)


def _analytic(function, name):
    return lambda number: getattr(number, name)() if isinstance(number, Bicomplex) else function(number)


ARITHMETIC = {
    Add: lambda *parts: sum(parts),
    Mul: lambda *parts: math.prod(parts, start=1 + 0j),
    Pow: lambda base, exponent: base**exponent,
    exp: _analytic(cmath.exp, "exp"),
    log: _analytic(cmath.log, "log"),
}
number_of = cache(complex)


@cache
def entry_at(matrix, r, s):
    """Entry (r, s) of a matrix expression, by its numbers."""
    return scalar_form(entry(matrix, sympify(r), sympify(s)))


@cache
def free_indices(expression):
    """The indices that an expression leaves free: what it comes to depends on them, and on the sizes."""
    return {symbol for symbol in expression.free_symbols if symbol.is_integer and symbol not in (N, D, K)}


class Point:
    """Random numbers for every free letter at given sizes, and the value of an expression there.

    Every third point has the numbers -1 and 1 only, where ties and extremes happen; the others are normal, of a
    random scale.
    """

    def __init__(self, sizes, rules, seed):
        self.sizes, self.rules, self.rng = sizes, rules, np.random.default_rng(seed)
        self.tied, self.scale = seed % 3 == 2, 10 ** self.rng.uniform(-1, 0.5)
        self.arrays, self.scalars, self.differentiating = {}, {}, 0  # how many derivatives deep
        self.memo = {}  # what defined quantities and derivatives come to, as long as the numbers stay as they are

    def draw(self, shape=()):
        if self.tied:
            return self.rng.choice([-1.0, 1.0], shape)
        return self.scale * self.rng.standard_normal(shape)

    def array(self, name, n_indices):
        key = (name, n_indices)
        if key not in self.arrays:
            of_weights = n_indices == 2 and name in ("w", "v", "mu")  # D x K: weights, a direction, means of classes
            square = name == "a"  # D x D, a change of coordinates
            rows = (self.sizes[D if of_weights or square else N],) if n_indices == 2 else ()
            numbers = self.draw((*rows, self.sizes[D if square else K if of_weights else SIZE[name]]))
            if (*key, "total") in self.rules:
                numbers = np.abs(numbers) + 0.1
                numbers *= float(self.rules[(*key, "total")][1]) / numbers.sum(axis=-1, keepdims=True)
            self.arrays[key] = numbers.astype(complex)
        return self.arrays[key]

    def value(self, e, env):
        """Evaluate ``e`` with its free indices given by ``env``; a complex number, real if all is well."""
        try:
            with np.errstate(all="ignore"):  # infinities and NaN are noticed where they arrive
                return self._value(e, {**self.sizes, **env})
        except (ZeroDivisionError, OverflowError):
            return complex("nan")

    def _value(self, e, env):
        if e.func in ARITHMETIC:
            return ARITHMETIC[e.func](*[self._value(a, env) for a in e.args])
        if e.is_Symbol and e in env:
            return complex(env[e])
        if not e.args and e.is_number:
            return number_of(e)
        if isinstance(e, Partial):
            f, variable = e.args
            if variable.is_Symbol:
                return self._complex_step_of_letter(f, variable, env)
            place = (f, key_of(variable), tuple(self._value(index, env).real for index in variable.indices))
            return self._remembered(place, f, {}, lambda: self._complex_step(f, variable, env))
        if e.func in MATRIX_FUNCTIONS:
            return complex(MATRIX_FUNCTIONS[e.func](self._matrix(e.args[0], env)))
        if isinstance(e, At):
            f, matrix, new = e.args
            key = key_of(entry(matrix, 1, 1))
            old = self.array(*key)
            moved = self._entries(new, env).reshape(old.shape)
            self.arrays[key], memo, self.memo = moved, self.memo, {}
            try:
                return self._value(f, env)
            finally:
                self.arrays[key], self.memo = old, memo
        key = key_of(e)
        if isinstance(e, Indexed):
            numbers = tuple(round(self._value(index, env).real) for index in e.indices)
            if key in self.arrays or key not in self.rules:
                return self._lookup(key, numbers)
            arguments, right = self.rules[key]
            given = dict(zip(arguments, numbers, strict=True))
            return self._remembered((key, numbers), right, given, lambda: self._value(right, {**env, **given}))
        if isinstance(e, (block_of, place_in)):
            number, size = (round(self._value(a, env).real) for a in e.args)
            return complex(1 + ((number - 1) // size if isinstance(e, block_of) else (number - 1) % size))
        if isinstance(e, Sum):
            return sum(self._terms(e.function, e.limits, env), 0j)
        if isinstance(e, Product):
            return math.prod(self._terms(e.function, e.limits, env), start=1 + 0j)
        if isinstance(e, KroneckerDelta):
            left, right = (self._value(a, env) for a in e.args)
            return complex(left == right)
        if key in self.rules:
            arguments, right = self.rules[key]
            values = [self._value(a, env) for a in e.args]
            given = dict(zip(arguments, values, strict=True))
            return self._remembered((key, tuple(values)), right, given, lambda: self._value(right, {**env, **given}))
        if e.is_Symbol:
            number = self.scalars.setdefault(e, complex(self.draw()))
            if e in SHARES:
                return abs(number) / (1 + abs(number)) + 0j
            return abs(number) + 0j if e.is_positive else number
        raise TypeError(f"no rule to evaluate {e.func.__name__} in {e}; add one to softmax_proofs.points")

    def _remembered(self, place, e, given, compute):
        """Compute a value once, unless ``e`` has an index that ``place`` does not name."""
        if free_indices(e) - given.keys():
            return compute()
        if place not in self.memo:
            self.memo[place] = compute()
        return self.memo[place]

    def _terms(self, body, limits, env):
        """Yield the terms of a sum, or the factors of a product, over every choice of its indices."""
        if not limits:
            yield self._value(body, env)
            return
        *inner, (index, low, high) = limits  # the last limit is the outermost sum
        low, high = (round(self._value(bound, env).real) for bound in (low, high))
        for i in range(low, high + 1):
            yield from self._terms(body, inner, {**env, index: i})

    def _lookup(self, key, numbers):
        array = self.array(*key)
        if any(not 1 <= i <= size for i, size in zip(numbers, array.shape, strict=True)):
            raise IndexError(f"{key[0]} has shape {array.shape}; the index {numbers}, counted from 1, does not exist")
        return array[tuple(i - 1 for i in numbers)]

    def _matrix(self, matrix, env):
        if self.differentiating:
            raise TypeError(f"the derivative of a rank, norm or eigenvalue of {matrix} is not measured here")
        return self._entries(matrix, env).real

    def _entries(self, matrix, env):
        rows, cols = (round(self._value(size, env).real) for size in matrix.shape)
        entries = [
            self._value(entry_at(matrix, r, s), env)
            for r, s in itertools.product(range(1, rows + 1), range(1, cols + 1))
        ]
        return np.array(entries, object if self.differentiating else complex).reshape(rows, cols)

    def _complex_step(self, f, variable, env):
        """Im f(x + ih)/h is the derivative to full accuracy: nothing is subtracted, so h may be tiny.

        Inside another derivative the unit i is in use, so the step is taken along u, and what comes back is complex.
        """
        if self.differentiating == 2:
            raise TypeError(f"third derivatives such as that of {f} are not measured here")
        key, h, inside = key_of(variable), 1e-30, self.differentiating == 1
        numbers = tuple(round(self._value(index, env).real) for index in variable.indices)
        derived = key in self.rules and key not in self.arrays
        if derived:  # differentiate with respect to a quantity that has a definition: hold its values
            shape = [range(1, self.array(*key).shape[a] + 1) for a in range(key[1])]
            self.arrays.pop(key)
            table = {i: self._value(variable.base[i], env) for i in itertools.product(*shape)}
            self.arrays[key] = np.array(list(table.values())).reshape([len(r) for r in shape])
        array, place = self.array(*key), tuple(i - 1 for i in numbers)
        self._lookup(key, numbers)
        moved = array.astype(object)
        moved[place] = moved[place] + (Bicomplex(0, h) if inside else 1j * h)
        self.arrays[key], memo, self.memo = moved, self.memo, {}
        self.differentiating += 1
        try:
            value = self._value(f, env)
            return _bicomplex(value).u_part / h if inside else complex(value.imag / h)
        finally:
            self.differentiating -= 1
            self.arrays[key], self.memo = array, memo
            if derived:
                self.arrays.pop(key)

    def _complex_step_of_letter(self, f, letter, env):
        """The derivative with respect to a letter without indices, such as the temperature T."""
        if self.differentiating:
            raise TypeError(f"second derivatives such as that of {f} are not measured here")
        h, value = 1e-30, self._value(letter, env)
        self.differentiating, memo, self.memo = True, self.memo, {}
        try:
            return complex(self._value(f, {**env, letter: value + 1j * h}).imag / h)
        finally:
            self.differentiating, self.memo = False, memo
