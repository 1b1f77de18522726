r"""SymPy twins of the book's mathematics: the letters, sums over a symbolic number of classes, matrix entries.

The letters are those of the notation page, and entries are counted from 1 as in the text:

>>> softmax_k = exp(z[k]) / Sum(exp(z[l]), (l, 1, K))
>>> collapse(softmax_k.diff(z[j]))
-exp(z[j])*exp(z[k])/Sum(exp(z[l]), (l, 1, K))**2 + exp(z[k])*KroneckerDelta(j, k)/Sum(exp(z[l]), (l, 1, K))
"""

from __future__ import annotations

from itertools import permutations

from sympy import (
    Add,
    Dummy,
    Eq,
    Expr,
    Function,
    Identity,
    IndexedBase,
    KroneckerDelta,
    MatAdd,
    MatMul,
    MatrixSymbol,
    Mul,
    Ne,
    OneMatrix,
    Product,
    S,
    Sum,
    Symbol,
    Transpose,
    cancel,
    exp,
    expand,
    expand_log,
    log,
    symbols,
    sympify,
    together,
)
from sympy.concrete.delta import deltasummation
from sympy.matrices.expressions import DiagMatrix, MatrixExpr
from sympy.matrices.expressions.matexpr import MatrixElement
from sympy.tensor.indexed import Indexed

__all__ = [
    "A",
    "At",
    "C",
    "D",
    "Eq",
    "Gradient",
    "Hessian",
    "J",
    "K",
    "KroneckerDelta",
    "L",
    "Mu",
    "N",
    "Ne",
    "O",
    "Partial",
    "Product",
    "Sum",
    "T",
    "V",
    "W",
    "X",
    "Y",
    "Z",
    "alpha",
    "b",
    "beta",
    "c",
    "collapse",
    "column",
    "d",
    "diag",
    "entry",
    "epsilon",
    "eta",
    "exp",
    "inner",
    "j",
    "k",
    "kron",
    "l",
    "lam",
    "largest",
    "largest_eigenvalue",
    "log",
    "m",
    "mu",
    "n",
    "norm",
    "o",
    "ones",
    "p",
    "pi",
    "prove_zero",
    "rank",
    "row",
    "s",
    "sigma",
    "smallest",
    "t",
    "total",
    "v",
    "vec",
    "w",
    "x",
    "y",
    "z",
]

N, D, K = symbols("N D K", integer=True, positive=True)
n, d, j, k, l, m = symbols("n d j k l m", integer=True, positive=True)
z, o, y, p, eta, x, w, v, b, pi = (IndexedBase(name, real=True) for name in "z o y p eta x w v b pi".split())
X, W, V = MatrixSymbol("X", N, D), MatrixSymbol("W", D, K), MatrixSymbol("V", D, K)
Z, O, Y = (MatrixSymbol(name, N, K) for name in "ZOY")
C = MatrixSymbol("C", K, K)  # the Jacobian of softmax
mu = IndexedBase("mu", real=True)
Mu, A = MatrixSymbol("Mu", D, K), MatrixSymbol("A", D, D)  # means of classes, one column each; a change of coordinates
L, J, c, s, t, alpha, beta = symbols("L J c s t alpha beta", real=True)
lam, T, epsilon = symbols("lambda T epsilon", positive=True)  # strength of a penalty, temperature, smoothing


class sigma(Function):
    """The logistic function of one number."""

    nargs = 1


#: The entries of a matrix are written with the small letter, x_{nd} of X; the Jacobian keeps its capital.
ENTRIES = {"X": x, "W": w, "V": v, "Z": z, "O": o, "Y": y, "C": IndexedBase("C", real=True)}
ENTRIES |= {"Mu": mu, "A": IndexedBase("a", real=True)}
SIZE = {"x": D} | dict.fromkeys(["z", "o", "y", "p", "eta", "v", "b", "pi"], K)


def vec(base):
    """Return the column vector whose entries are ``base[1], base[2], ...`` (K of them, or D for x)."""
    return MatrixSymbol(base.name, SIZE[base.name], 1)


def ones(size):
    """Return the column of ``size`` ones, written **1** in the text."""
    return OneMatrix(size, 1)


def diag(vector):
    """Return the square matrix with ``vector`` on its diagonal and zeros elsewhere."""
    return DiagMatrix(vector)


class Partial(Function):
    """The partial derivative of ``f`` with respect to ``variable``, kept as written until it is proved."""

    nargs = 2

    def _latex(self, printer):
        f, variable = (printer._print(part) for part in self.args)
        return rf"\frac{{\partial}}{{\partial {variable}}} {f}"


class At(Function):
    """The value of ``f`` when a matrix of weights is replaced by another: ``At(J, W, W - alpha * G)``."""

    nargs = 3


class rank(Function):
    """The rank of a matrix; like the two that follow, it has a value at a point but no rule of rewriting."""


class norm(Function):
    """The Euclidean norm of a vector, or the Frobenius norm of a matrix."""


class largest_eigenvalue(Function):
    """The largest eigenvalue of a symmetric matrix."""


class largest(Function):
    """The largest entry of a vector, ``largest(vec(z))``, written max(z) in the text."""


class smallest(Function):
    """The smallest entry of a vector, written min(z) in the text."""


class inner(Function):
    """The number ``a.T b`` of two column vectors, kept as written; ``inner(v, C*v)`` is a quadratic form."""

    nargs = 2


class Gradient(MatrixExpr):
    """The matrix of partial derivatives of a scalar ``f`` with respect to the entries of ``matrix``."""

    def __new__(cls, f, matrix):
        return Expr.__new__(cls, sympify(f), matrix)

    @property
    def shape(self):
        return self.args[1].shape


class column(MatrixExpr):
    """Column k of a matrix: w_k is ``column(W, k)``, the weights of class k."""

    def __new__(cls, matrix, index):
        return Expr.__new__(cls, matrix, sympify(index))

    @property
    def shape(self):
        return (self.args[0].shape[0], S.One)


class row(MatrixExpr):
    """Row n of a matrix, written as a column: x_n is ``row(X, n)``, the features of example n."""

    def __new__(cls, matrix, index):
        return Expr.__new__(cls, matrix, sympify(index))

    @property
    def shape(self):
        return (self.args[0].shape[1], S.One)


class total(MatrixExpr):
    """The sum of a matrix over an index: ``total(row(X, n) * row(X, n).T, (n, 1, N))``."""

    def __new__(cls, matrix, limits):
        return Expr.__new__(cls, matrix, sympify(limits))

    @property
    def shape(self):
        return self.args[0].shape


class kron(MatrixExpr):
    """The Kronecker product: block (k, j) is ``a[k, j] * b``."""

    def __new__(cls, a, b):
        return Expr.__new__(cls, a, b)

    @property
    def shape(self):
        return tuple(r * s for r, s in zip(self.args[0].shape, self.args[1].shape, strict=True))


class Hessian(MatrixExpr):
    """The second derivatives of ``f`` for the entries of ``matrix``, in the order of its columns, one under the other.

    ``Hessian(J, W)`` counts class by class; ``Hessian(J, W.T)`` counts feature by feature, as ``W.ravel()`` does.
    """

    def __new__(cls, f, matrix):
        return Expr.__new__(cls, sympify(f), matrix)

    @property
    def shape(self):
        return 2 * (self.args[1].shape[0] * self.args[1].shape[1],)


class block_of(Function):
    """Of entry i in blocks of a size, the number of its block, counted from 1."""

    nargs, is_integer, is_positive = 2, True, True


class place_in(Function):
    """Of entry i in blocks of a size, its place in its block, counted from 1."""

    nargs, is_integer, is_positive = 2, True, True


# --- from matrices to entries -------------------------------------------------------------------------------


def entry(matrix, i=S.One, j=S.One):
    """Return entry (i, j) of a matrix expression, counted from 1, as a sum over the entries of its parts.

    >>> entry(X.T * (O - Y), d, k)
    Sum((o[_i, k] - y[_i, k])*x[_i, d], (_i, 1, N))
    """
    if isinstance(matrix, MatrixSymbol):
        if matrix.name in ENTRIES:
            return ENTRIES[matrix.name][i, j]
        return IndexedBase(matrix.name, real=True)[i]
    if isinstance(matrix, Gradient):
        return Partial(matrix.args[0], entry(matrix.args[1], i, j))
    if isinstance(matrix, column):
        return entry(matrix.args[0], i, matrix.args[1])
    if isinstance(matrix, row):
        return entry(matrix.args[0], matrix.args[1], i)
    if isinstance(matrix, total):
        return Sum(entry(matrix.args[0], i, j), matrix.args[1])
    if isinstance(matrix, Hessian):
        f, weights = matrix.args
        rows = weights.shape[0]
        first, second = (entry(weights, place_in(r, rows), block_of(r, rows)) for r in (i, j))
        return Partial(Partial(f, first), second)
    if isinstance(matrix, kron):
        a, b = matrix.args
        outer = entry(a, block_of(i, b.shape[0]), block_of(j, b.shape[1]))
        return outer * entry(b, place_in(i, b.shape[0]), place_in(j, b.shape[1]))
    if isinstance(matrix, Transpose):
        return entry(matrix.arg, j, i)
    if isinstance(matrix, DiagMatrix):
        return KroneckerDelta(i, j) * entry(matrix.args[0], i)
    if isinstance(matrix, Identity):
        return KroneckerDelta(i, j)
    if isinstance(matrix, OneMatrix):
        return S.One
    if matrix.is_ZeroMatrix:
        return S.Zero
    if isinstance(matrix, MatAdd):
        return Add(*(entry(term, i, j) for term in matrix.args))
    if isinstance(matrix, MatMul):
        factor, factors = matrix.as_coeff_matrices()
        left, right = factors[0], MatMul(*factors[1:])
        if len(factors) == 1:
            return factor * entry(left, i, j)
        inner = left.shape[1]
        if inner == 1:
            return factor * entry(left, i, 1) * entry(right, 1, j)
        r = Dummy("i", integer=True, positive=True)
        return factor * Sum(entry(left, i, r) * entry(right, r, j), (r, 1, inner))
    raise TypeError(f"entry() does not know the matrix expression {matrix!r}; add its rule to softmax_proofs.symbolic")


def scalar_form(expression):
    """Write every matrix entry and every 1 x 1 matrix product inside ``expression`` with indices."""
    expression = sympify(expression)
    if isinstance(expression, MatrixElement):
        return entry(expression.parent, expression.i, expression.j)
    if isinstance(expression, inner):
        left, right = expression.args
        return entry(left.T * right)
    if isinstance(expression, MatrixExpr):
        if expression.shape != (1, 1):
            raise TypeError(f"{expression} has shape {expression.shape} where a number was expected")
        return entry(expression, 1, 1)
    of_matrix = any(isinstance(a, MatrixExpr) and a.shape != (1, 1) for a in expression.args)  # such as rank(C)
    if not expression.args or isinstance(expression, Indexed) or of_matrix or isinstance(expression, At):
        return expression
    return expression.func(*(scalar_form(a) if isinstance(a, Expr) else a for a in expression.args))


def as_number(product):
    """Write a 1 x 1 matrix product as a number that may be added to numbers: a.T M b becomes inner(a, M b)."""
    if product.is_ZeroMatrix:
        return S.Zero
    factor, factors = product.as_coeff_matrices()
    return factor * inner(factors[0].T, MatMul(*factors[1:]).doit())


# --- sums ---------------------------------------------------------------------------------------------------


def collapse(expression):
    """Carry out every sum over a Kronecker delta and pull constants out of the sums that remain.

    On the way exponentials of sums become products, and logarithms of products (of positive numbers) sums; a
    product over an index, written with `Product`, is read as the exponential of the sum of its logarithms.

    >>> collapse((exp(z[k]) / Sum(exp(z[l]), (l, 1, K))).diff(z[j]))
    -exp(z[j])*exp(z[k])/Sum(exp(z[l]), (l, 1, K))**2 + exp(z[k])*KroneckerDelta(j, k)/Sum(exp(z[l]), (l, 1, K))
    """
    expression = expression.replace(lambda e: isinstance(e, Product), product_as_sum)
    one_fraction = expression.replace(log, lambda argument: log(together(argument)))
    return expand_log(one_fraction, force=True).replace(lambda e: isinstance(e, Sum), _collapse_sum)


def product_as_sum(product):
    """Write a product of positive factors as the exponential of the sum of their logarithms."""
    return exp(Sum(log(product.function), *product.limits))


def _collapse_sum(total):
    body = total.function
    # The order of the sums is free, as no bound depends on an index: classes first, then features, then examples.
    for limits in sorted(total.limits, key=_order):
        body = Add(*(_collapse_term(term, *limits) for term in Add.make_args(_multiply_out(body))))
    return body


def _order(limits):
    return {K: 0, D: 1, N: 2}.get(limits[2], 3)


def _multiply_out(expression):
    """Expand products and exp(a + b), but leave exp(sum) alone: SymPy would make a product over symbolic bounds."""
    return expand(_split_exponents(expression), power_exp=False)


def _split_exponents(expression):
    """Write exp(a + b) as exp(a) exp(b), so that fractions of exponentials can be put together."""
    return expression.replace(exp, lambda power: Mul(*(exp(term) for term in Add.make_args(power))))


def _collapse_term(term, index, low, high):
    if any(index in delta.free_symbols for delta in term.atoms(KroneckerDelta)):
        # The other index of the delta is one of 1..K by its meaning, so no case "out of range" is needed.
        return deltasummation(term, (index, low, high), no_piecewise=True)
    constant, rest = term.as_independent(index, as_Add=False)
    for factor in Mul.make_args(rest):
        inside, power = factor.as_base_exp()
        later = isinstance(inside, Sum) and min(map(_order, inside.limits)) > _order((index, low, high))
        if later and power.is_Integer and power > 0:  # the two sums change places
            names = {name: Dummy(name.name, integer=True, positive=True) for name in inside.variables}
            exchanged = Sum(rest / inside * inside.function.xreplace(names), (index, low, high))
            limits = (limit.xreplace(names) for limit in inside.limits)
            return constant * _collapse_sum(Sum(_collapse_sum(exchanged), *limits))
    return constant * ((high - low + 1) if rest == 1 else Sum(rest, (index, low, high)))


def _same_names(expression):
    """Name the bound index of a sum by how deep the sums under it go, so that equal sums look equal."""

    def rename(total):
        body, limits = total.function, []
        depth = max((int(index.name[1:]) for inner_sum in body.atoms(Sum) for index in inner_sum.variables), default=0)
        for index, low, high in total.limits:
            depth += 1
            name = Symbol(f"i{depth}", integer=True, positive=True)
            body = body.subs(index, name)
            limits.append((name, low, high))
        return Sum(body, *limits)

    return expression.replace(lambda e: isinstance(e, Sum), rename)


def _one_sum(total):
    """Write a sum of products of sums as one sum, and put its indices in the order that reads first.

    So sums that differ only in which of them stands outside come out equal.  Every index gets a name of its own.
    """
    body, limits = total.function, list(total.limits)
    powers = (factor.as_base_exp() for factor in Mul.make_args(body))
    inner_sums = [base for base, exponent in powers if isinstance(base, Sum) and exponent.is_Integer and exponent > 0]
    inner_sum = next((inner_sum for inner_sum in inner_sums if inner_sum.has(*total.variables)), None)
    own = {index: Dummy(integer=True, positive=True) for index in (inner_sum or total).variables}
    if inner_sum is not None:
        limits += [(own[index], *bounds) for index, *bounds in inner_sum.limits]
        return _one_sum(Sum(body / inner_sum * inner_sum.function.xreplace(own), *limits))
    limits = [(own[index], *bounds) for index, *bounds in limits]
    body = body.xreplace(own)

    def reading(order):
        names = {index: Symbol(f"_{place}", integer=True, positive=True) for place, (index, *_) in enumerate(order)}
        return [str(bounds) for _, *bounds in order], str(body.xreplace(names))

    return Sum(body, *min(permutations(limits), key=reading))


def prove_zero(expression, where=None, rewrite=lambda e: e):
    """Reduce ``expression``, deciding each Kronecker delta both ways; return the list of what is left over.

    An empty list means: zero for every value of its letters and every size N, D, K.  ``rewrite`` may replace
    sums that are known, such as the total of a target row.

    >>> prove_zero(Sum(o[l] + c, (l, 1, K)) - Sum(o[l], (l, 1, K)) - K * c)
    []
    >>> prove_zero(KroneckerDelta(j, k) * (o[j] - o[k]))
    []
    >>> prove_zero(Sum(o[k] * Sum(z[n, k], (n, 1, N)), (k, 1, K)) - Sum(z[n, k] * o[k], (k, 1, K), (n, 1, N)))
    []
    """
    expression = _settled(expression, rewrite)
    deltas = sorted(expression.atoms(KroneckerDelta), key=str)
    if deltas:
        a, b = deltas[0].args
        equal = [] if where in (Ne(a, b), Ne(b, a)) else prove_zero(expression.subs(a, b), where, rewrite)
        return equal + prove_zero(expression.subs(deltas[0], 0), where, rewrite)
    if _cancels(expression):
        return []
    expression = _settled(expression, lambda e: rewrite(e).replace(lambda e: isinstance(e, Sum), _one_sum))
    return [] if _cancels(expression) else [expression]


def _settled(expression, rewrite):
    """Collapse and rewrite until nothing changes."""
    before = None
    while expression != before:
        before, expression = expression, _same_names(rewrite(collapse(_split_exponents(expression))))
    return expression


def _cancels(expression):
    """With sums, logarithms and entries as atoms, what remains is a rational function: `cancel` decides it."""
    expression = _multiply_out(expression)
    atoms = sorted(expression.atoms(Sum, log, Indexed, exp), key=lambda atom: -atom.count_ops())
    return cancel(expression.subs([(atom, Dummy()) for atom in atoms])) == 0
