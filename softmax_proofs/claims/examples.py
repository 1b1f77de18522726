"""Random examples, and the few functions with which the checks compute what a line says.

The derivatives come from a complex step, f'(x) = Im f(x + ih) / h, exact to rounding.  They rest on no formula
of the book, and no formula of the sources.
"""

from __future__ import annotations

import numpy as np

#: Numbers of examples, features (the constant among them) and classes: never two alike.
SIZES = [(11, 5, 3), (9, 6, 4), (12, 3, 5), (10, 7, 3)]


def sigmoid(t):
    return 1 / (1 + np.exp(-t))


def softmax(z):
    """Softmax over the last axis, of real or complex logits; written out, not the library's."""
    exponentials = np.exp(z)
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def derivative(f, at):
    """All partial derivatives of f: an array of the shape of f(at), followed by the shape of ``at``.

    >>> derivative(lambda x: x[0] * x[1], [2.0, 3.0])
    array([3., 2.])
    """
    at = np.array(at, dtype=complex)
    slopes = []
    for i in np.ndindex(at.shape):
        moved = at.copy()
        moved[i] += 1e-30j
        slopes.append(np.imag(f(moved)) / 1e-30)
    return np.stack(slopes, axis=-1).reshape(*np.shape(slopes[0]), *at.shape)


def close(a, b, tolerance=1e-9):
    """Whether a and b have one shape, and differ by no more than rounding.  Nothing is stretched to fit."""
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        return False
    size = max(np.abs(a).max(), np.abs(b).max())
    return bool(np.abs(a - b).max() <= tolerance * size)


def pieces(text, extended=True):
    """The kinds of all pieces of a Markdown text, with MyST's front matter and mathematics or in plain CommonMark."""
    from markdown_it import MarkdownIt  # imported here: four checks need it, and no mathematics does
    from mdit_py_plugins.dollarmath import dollarmath_plugin
    from mdit_py_plugins.front_matter import front_matter_plugin

    parser = MarkdownIt("commonmark", {"html": True})
    if extended:
        parser.use(front_matter_plugin).use(dollarmath_plugin)
    return [piece.type for token in parser.parse(text) for piece in (token, *(token.children or []))]


class Example:
    """Random data and weights, and what softmax regression makes of them.

    ======================  ============================  =========================================
    ``N``, ``D``, ``K``     sizes, all different
    ``X``, ``W``            features (N, D), weights       the first feature is the constant 1
    ``labels``, ``Y``       classes (N,), one-hot (N, K)   from 0, and not equally frequent
    ``Z``, ``O``            logits, probabilities (N, K)
    ``x``, ``y``, ``z``,    one example: the row of X,
    ``o``, ``label``        Y, Z, O and its class
    ``alpha``, ``lam``      a step, a penalty
    ======================  ============================  =========================================
    """

    def __init__(self, N, D, K, seed):
        self.N, self.D, self.K = N, D, K
        self.rng = rng = np.random.default_rng(seed)
        self.X = np.column_stack([np.ones(N), rng.normal(size=(N, D - 1))])
        self.W = rng.normal(size=(D, K))
        self.labels = np.r_[0, 0, rng.permutation(np.arange(N - 2) % K)]  # class 0 has the most examples
        self.Y = np.eye(K)[self.labels]
        self.Z, self.O = self.X @ self.W, softmax(self.X @ self.W)
        self.x, self.y, self.z, self.o, self.label = self.X[-1], self.Y[-1], self.Z[-1], self.O[-1], self.labels[-1]
        self.alpha, self.lam = 0.1, 0.7

    @classmethod
    def several(cls):
        return [cls(*sizes, seed) for seed, sizes in enumerate(SIZES)]

    def loss(self, W):
        """J: the mean cross-entropy of all examples, for weights that may be complex."""
        return -(self.Y * np.log(softmax(self.X @ W))).sum() / self.N

    def penalised(self, W):
        """J with half of lambda times the squares of all weights but the intercepts."""
        return self.loss(W) + self.lam / 2 * (W[1:] ** 2).sum()

    def log_likelihood(self, W):
        """ln P(y | x) of one example."""
        return (self.y * np.log(softmax(self.x @ W))).sum()

    def without_intercepts(self):
        """The weights with a first row of zeros: what the penalty pulls on."""
        return np.vstack([np.zeros(self.K), self.W[1:]])
