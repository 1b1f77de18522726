r"""Read a displayed equation: from the LaTeX on the page to the SymPy terms that the chapter proved.

The dialect is small on purpose, and anything outside it is an error that names the place: nothing that the
reader sees is skipped.  Letters mean what the notation page says.

    chain    expr (relation expr)* [condition]        relations = \leq \geq \leftarrow, also in aligned
    expr     [+-] term ([+-] term)*
    term     factor (factor | \cdot factor | / factor)* (\otimes term)?
    factor   base ^exponent?                          exponent \top transposes
    base     number, letter, letter_{indices}, e^{..}, \frac, \frac{\partial ..}{\partial ..}, \sum, \prod, \ln,
             \frac{\partial^2 ..}{\partial .. \partial ..}, x_n (row n of X, as a column), \delta_{kj},
             \nabla_W J, \nabla^2_{\operatorname{vec}(W)} J, \operatorname{diag|rank}, \lambda_{\max},
             \max(z), \min(z), \lVert .. \rVert, brackets

A sum or product reaches to the end of its term; a function takes the next base, and a power behind that is refused.
"""

from __future__ import annotations

import re

import sympy
from sympy import KroneckerDelta, Ne, exp, log
from sympy.matrices.expressions import MatrixExpr

from softmax_proofs import symbolic as book
from softmax_proofs.symbolic import largest_eigenvalue, norm, rank

TOKEN = re.compile(r"\s*(\\[a-zA-Z]+|\\[\\{},;!|]|[0-9]+|[a-zA-Z]|[-+=/^_(){}\[\],.&<])")
SPACING = {r"\,", r"\;", r"\!", r"\left", r"\right", r"\bigl", r"\bigr", r"\Bigl", r"\Bigr"}
OF_ALIGNED = {"&", r"\\"}
PAIRS = [(r"\left", r"\right"), (r"\bigl", r"\bigr"), (r"\Bigl", r"\Bigr")]
RELATION = {"=": "=", r"\leq": "<=", r"\geq": ">=", r"\leftarrow": "<-"}
CLOSING = {"(": ")", "[": "]", "{": "}", r"\{": r"\}"}
INDEX = {s.name: s for s in (book.n, book.d, book.k, book.j, book.l, book.m, book.K, book.N, book.D)}
BASES = {s.name: s for s in (book.z, book.o, book.y, book.x, book.w, book.v, book.b, book.p)} | {
    r"\eta": book.eta,
    r"\pi": book.pi,
}
MATRICES = {s.name: s for s in (book.X, book.W, book.V, book.Z, book.O, book.Y, book.C, book.A)}
SCALARS = {s.name: s for s in (book.L, book.J, book.T, book.c, book.s, book.t)} | {
    r"\alpha": book.alpha,
    r"\beta": book.beta,
    r"\lambda": book.lam,
    r"\varepsilon": book.epsilon,
}


class LatexError(ValueError):
    """What the page displays is outside the dialect, so nothing could be compared."""


def read_equation(latex):
    """Return (chain, where): the terms and relations of a displayed equation, and its condition or None."""
    return _Reader(latex).equation()


class _Reader:
    def __init__(self, latex):
        self.latex = latex
        inside = re.fullmatch(r"\s*\\begin\{aligned\}(.*)\\end\{aligned\}\s*", latex, re.DOTALL)
        text = (inside[1] if inside else latex).strip().rstrip(".,")
        skipped = SPACING | (OF_ALIGNED if inside else set())
        if any(
            len(re.findall(re.escape(a) + r"\b", text)) != len(re.findall(re.escape(b) + r"\b", text)) for a, b in PAIRS
        ):
            raise LatexError(f"an opening bracket's size has no closing partner in {latex!r}")
        self.tokens, place = [], 0
        while text[place:].strip():
            match = TOKEN.match(text, place)
            if not match:
                raise LatexError(f"cannot read {text[place : place + 12]!r} in {latex!r}")
            if match[1].isdigit() and self.tokens and self.tokens[-1].isdigit():
                raise LatexError(f"two numbers side by side would be read as one, in {latex!r}")
            if match[1] not in skipped:
                self.tokens.append(match[1])
            place = match.end()
        self.place = 0

    # --- moving over the tokens
    def peek(self, ahead=0):
        return self.tokens[self.place + ahead] if self.place + ahead < len(self.tokens) else None

    def next(self, *wanted):
        token = self.peek()
        if token is None or (wanted and token not in wanted):
            expected = " or ".join(wanted) or "more"
            raise LatexError(f"expected {expected}, found {token!r} at token {self.place} of {self.latex!r}")
        self.place += 1
        return token

    def skip(self, token):
        if self.peek() == token:
            self.place += 1
            return True
        return False

    def group(self, rule):
        """Read {rule}, or the single digit or letter that LaTeX takes when there is no brace."""
        if not self.skip("{"):
            token = self.next()
            if token.isdigit():
                return sympy.Integer(token)
            if not token.isalpha():
                raise LatexError(f"write braces around what follows {token!r} in {self.latex!r}")
            return self.letter(token, subscripts=False)
        value = rule()
        self.next("}")
        return value

    # --- the grammar
    def equation(self):
        chain, where = [self.expr()], None
        while self.peek() in RELATION:
            chain += [RELATION[self.next()], self.expr()]
        if self.peek() in (r"\quad", r"\qquad"):
            self.next()
            where = self.condition()
        if self.peek() is not None:
            raise LatexError(f"{self.peek()!r} is not understood at token {self.place} of {self.latex!r}")
        return tuple(chain), where

    def condition(self):
        self.next("(")
        left, relation, right = self.index(), self.next(r"\neq", "=", "<"), self.index()
        self.next(")")
        return {r"\neq": Ne, "=": sympy.Eq, "<": sympy.Lt}[relation](left, right)

    def expr(self):
        total = -self.term() if self.skip("-") else self.term()
        while self.peek() in ("+", "-"):
            total = total + self.term() if self.next() == "+" else total - self.term()
        return total

    def term(self):
        product = self.factor()
        while True:
            if self.skip("/"):
                product = product / self.factor()
            elif self.skip(r"\otimes"):
                return book.kron(self.matrix(product), self.matrix(self.term()))
            elif self.skip(r"\cdot") or self.starts_factor():
                product = product * self.factor()
            else:
                return self.number_if_1x1(product)

    def starts_factor(self):
        stops = {"+", "-", ",", ")", "]", "}", r"\}", r"\rVert", r"\quad", r"\qquad", r"\otimes", None, *RELATION}
        return self.peek() not in stops

    @staticmethod
    def number_if_1x1(product):
        if isinstance(product, MatrixExpr) and product.shape == (1, 1):
            return book.as_number(product)
        return product

    def factor(self):
        base = self.base()
        while self.skip("^"):
            if not self.skip(r"\top"):
                base = base ** self.group(self.expr)
            elif isinstance(base, MatrixExpr):
                base = base.T
            else:
                raise LatexError(f"{base} is a number and has no transpose, in {self.latex!r}")
        return base

    def base(self):
        token = self.next()
        if token.isdigit():
            return sympy.Integer(token)
        if token in CLOSING and token != "{":
            inside = self.expr()
            self.next(CLOSING[token])
            return inside
        if token == "e" and self.peek() == "^":
            self.next("^")
            return exp(self.group(self.expr))
        if token == r"\lVert":
            inside = self.expr()
            self.next(r"\rVert")
            return norm(inside)
        special = {
            r"\frac": self.fraction,
            r"\sum": self.sum,
            r"\prod": lambda: self.sum(sympy.Product),
            r"\ln": self.logarithm,
            r"\delta": self.delta,
            r"\nabla": self.gradient,
            r"\operatorname": self.operator,
            r"\lambda": self.eigenvalue,
            r"\mathbf": self.ones,
            r"\sigma": self.sigmoid,
            r"\max": self.largest,
            r"\min": self.smallest,
        }
        if token in special:
            return special[token]()
        return self.letter(token)

    def matrix(self, value):
        if not isinstance(value, MatrixExpr):
            raise LatexError(f"{value} is a number where a vector or a matrix was expected, in {self.latex!r}")
        return value

    def argument(self):
        """Read what a function applies to; a power behind it could be read in two ways, so it is refused."""
        argument = self.base()
        if self.peek() == "^":
            raise LatexError(f"write brackets to say what the power applies to, in {self.latex!r}")
        return argument

    def letter(self, token, subscripts=True):
        indices = self.indices() if subscripts and self.skip("_") else ()
        if token == "J" and self.skip("("):
            moved = book.At(book.J, book.W, self.expr())
            if self.skip(","):  # J(V, v): other weights and other intercepts
                moved = book.At(moved, book.vec(book.b), self.expr())
            self.next(")")
            return moved
        if not indices and token in SCALARS:
            return SCALARS[token]
        if not indices and token in INDEX:
            return INDEX[token]
        if token in MATRICES:
            return MATRICES[token][indices] if indices else MATRICES[token]
        if token == r"\mu" and indices:
            return book.column(book.Mu, *indices) if len(indices) == 1 else book.mu[indices]
        if token in BASES:
            if token == "w" and len(indices) == 1:
                return book.column(book.W, *indices)
            if token in ("x", "z", "o", "y") and indices == (book.n,):
                return book.row(MATRICES[token.upper()], *indices)
            if indices:
                return BASES[token][indices]
            if token in book.SIZE:
                return book.vec(BASES[token])
        raise LatexError(f"{token!r} with {len(indices)} indices is not on the notation page, in {self.latex!r}")

    def indices(self):
        if not self.skip("{"):
            return (self.index(),)
        found = []
        while not self.skip("}"):
            if not self.skip(","):
                found.append(self.index())
        return tuple(found)

    def index(self):
        token = self.next()
        if token.isdigit():
            return sympy.Integer(token)
        if token not in INDEX:
            raise LatexError(f"{token!r} is not an index of the notation page, in {self.latex!r}")
        return INDEX[token]

    def second_derivative(self):
        """Read ^2 f}{\\partial a \\partial b}, or ^2}{..} f, or with \\partial a^2 below."""
        self.next("^"), self.next("2")
        f = None if self.peek() == "}" else self.expr()
        self.next("}"), self.next("{"), self.next(r"\partial")
        first = second = self.base()
        if self.skip("^"):
            self.next("2")
        else:
            self.next(r"\partial")
            second = self.base()
        self.next("}")
        return book.Partial(book.Partial(self.factor() if f is None else f, first), second)

    def fraction(self):
        if self.tokens[self.place : self.place + 2] == ["{", r"\partial"]:
            self.next("{"), self.next(r"\partial")
            if self.peek() == "^":
                return self.second_derivative()
            f = None if self.skip("}") else self.expr()
            if f is not None:
                self.next("}")
            self.next("{"), self.next(r"\partial")
            variable = self.expr()
            self.next("}")
            return book.Partial(self.factor() if f is None else f, variable)
        return self.group(self.expr) / self.group(self.expr)

    def sum(self, over=sympy.Sum):
        self.next("_"), self.next("{")
        index = self.index()
        self.next("=")
        low = self.expr()
        self.next("}"), self.next("^")
        high = self.group(self.expr)
        body = self.term()
        if not isinstance(body, MatrixExpr):
            return over(body, (index, low, high))
        if over is sympy.Product:
            raise LatexError(f"a product of matrices over an index is not understood, in {self.latex!r}")
        return book.total(body, (index, low, high))

    def logarithm(self):
        return log(self.argument())

    def delta(self):
        self.next("_")
        return KroneckerDelta(*self.indices())

    def gradient(self):
        if self.skip("^"):
            self.next("2"), self.next("_"), self.next("{"), self.next(r"\operatorname")
            for token in "{vec}(":
                self.next(token)
            weights = self.expr()
            self.next(")"), self.next("}")
            return book.Hessian(self.argument(), weights)
        self.next("_")
        matrix = self.letter(self.next())
        return book.Gradient(self.argument(), matrix)

    def operator(self):
        self.next("{")
        name = ""
        while not self.skip("}"):
            name += self.next()
        if name == "diag":
            return book.diag(self.matrix(self.argument()))
        if name == "rank":
            return rank(self.argument())
        raise LatexError(f"the operator {name!r} is not on the notation page, in {self.latex!r}")

    def eigenvalue(self):
        if self.peek() != "_":
            return book.lam
        self.next("_"), self.next("{"), self.next(r"\max"), self.next("}")
        return largest_eigenvalue(self.argument())

    def largest(self):
        return book.largest(self.argument())

    def smallest(self):
        return book.smallest(self.argument())

    def ones(self):
        self.next("{"), self.next("1"), self.next("}")
        return book.ones(book.K)

    def sigmoid(self):
        return book.sigma(self.argument())
