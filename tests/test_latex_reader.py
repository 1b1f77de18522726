"""The reader of displayed equations: what it understands, what it refuses, and what no change can slip past."""

import re

import nbformat
import pytest

from chapters_as_run import CHAPTERS
from displayed_equations import Displayed, displayed_equations
from latex_reader import TOKEN, LatexError, read_equation
from softmax_proofs.symbolic import *

SOFTMAX = exp(z[k]) / Sum(exp(z[l]), (l, 1, K))


@pytest.mark.parametrize(
    ("latex", "chain"),
    [
        (r"o_k = \frac{e^{z_k}}{\sum_{l=1}^{K} e^{z_l}}", (o[k], "=", SOFTMAX)),
        (r"\frac{\partial o_k}{\partial z_j} = -o_k o_j", (Partial(o[k], z[j]), "=", -o[k] * o[j])),
        (r"\frac{\partial}{\partial z_j} \ln o_k = 1", (Partial(log(o[k]), z[j]), "=", 1)),
        (r"C = \operatorname{diag}(o) - o o^\top", (C, "=", diag(vec(o)) - vec(o) * vec(o).T)),
        (r"\nabla_W J = \frac{1}{N} X^\top (O - Y)", (Gradient(J, W), "=", X.T * (O - Y) / N)),
        (r"\prod_{k=1}^{K} o_k^{y_k} = s", (Product(o[k] ** y[k], (k, 1, K)), "=", s)),
        (r"\max(z) - \min(z) \leq c", (largest(vec(z)) - smallest(vec(z)), "<=", c)),
        (r"\mu_k^\top A^\top A x", (inner(column(Mu, k), A.T * A * vec(x)),)),
        (r"\mu_{dk} = 1", (mu[d, k], "=", 1)),
        (r"J(V, v) \geq J(W)", (At(At(J, W, V), vec(b), vec(v)), ">=", At(J, W, W))),
        (r"\nabla_V J(V) = 0", (Gradient(At(J, W, V), V), "=", 0)),
        (r"\frac{\partial^2 L}{\partial z_j \partial z_k} = 0", (Partial(Partial(L, z[j]), z[k]), "=", 0)),
        (r"\frac{\partial^2}{\partial z_j^2} L = 0", (Partial(Partial(L, z[j]), z[j]), "=", 0)),
        (r"\nabla^2_{\operatorname{vec}(W^\top)} J = 0", (Hessian(J, W.T), "=", 0)),
        (r"2 X^\top X \otimes C = 0", (kron(2 * X.T * X, C), "=", 0)),
        (r"\sum_{n=1}^{N} x_n x_n^\top = X^\top X", (total(row(X, n) * row(X, n).T, (n, 1, N)), "=", X.T * X)),
        (r"\sum_{k=1}^{K} o_k + c \leq 2", (Sum(o[k], (k, 1, K)) + c, "<=", 2)),
    ],
)
def test_reads_what_the_chapters_write(latex, chain):
    assert read_equation(latex) == (chain, None)


def test_reads_conditions_and_aligned_lines():
    assert read_equation(r"o_k = o_j \qquad (j \neq k)")[1] == Ne(j, k)
    assert read_equation(r"\begin{aligned} s &= c \\ &= t \end{aligned}")[0] == (s, "=", c, "=", t)


NOT_IN_THE_DIALECT = [
    r"\frac{\partial^3 L}{\partial z_j \partial z_k} = 0",
    r"\frac{\partial^2 L}{\partial z_j} = 0",
    r"\frac{\partial^2 L}{\partial z_j^3} = 0",
    r"\frac{\partial L}{\partial z_j \partial z_k} = 0",
    r"\nabla^3_{\operatorname{vec}(W)} J = 0",
    r"\nabla^2_W J = 0",
    r"o_k = \frac{1}{1 2}",
    r"o_k = e^z_k",
    r"o_k = e^-t",
    r"o_k = \sigma(t)^2",
    r"o_k = \ln (o_k)^2",
    r"\nabla_W J^2 = 0",
    r"o_k &= 1",
    r"o_k = \left( z_k )",
    r"o_k = \heartsuit",
    r"q_k = 1",
    r"o_k = (z_k",
    r"o_k = z_k \text{or so}",
    r"= 1",
    r"o_a = 1",
]


@pytest.mark.parametrize("latex", NOT_IN_THE_DIALECT)
def test_refuses_what_it_does_not_understand(latex):
    with pytest.raises(LatexError):
        read_equation(latex)


@pytest.mark.parametrize(
    "markdown",
    [
        "$$\na = b\n$$ (result-x)",
        "text $$ a = b $$ text",
        "```{math}\n:label: result-x\na = b\n```",
        ":::{dropdown} Solution\n$$\na = b\n$$\n:::",
        "\\begin{align}\na &= b\n\\end{align}",
        "> $$\n> a = b\n> $$",
        "- $$a = b$$",
        "```{math} a = 7 b\n:label: result-x\n```",
        "```{eval-rst}\n.. math::\n\n   a = b\n```",
        "$\\displaystyle a = b$",
        "[^1]: $$a = b$$\n\ntext[^1]",
        ":::{admonition} $$a = b$$\ntext\n:::",
        "o<sub>k</sub> = 1",
        "term\n: $$a = b$$",
    ],
)
def test_no_way_of_displaying_an_equation_is_overlooked(markdown):
    assert len(list(displayed_equations(markdown))) == 1


def test_inline_mathematics_and_code_are_not_displayed():
    assert not list(displayed_equations("the line $o_k = 1$ and `$$x$$`\n\n```python\n$$ = 1\n```"))


EQUATIONS = [
    pytest.param(equation, id=str(equation.label))
    for path in CHAPTERS
    for cell in nbformat.read(path, as_version=4).cells
    if cell.cell_type == "markdown"
    for equation in displayed_equations(cell.source)
]
#: What a slip of the pen turns a token into; every one of these must be noticed in every place.
SLIPS = {
    "+": "-", "-": "+", "=": r"\leq", r"\leq": r"\geq", "1": "2", "2": "3",
    "k": "j", "j": "k", "l": "k", "n": "d", "d": "m", "m": "d",
    "K": "N", "N": "K", "D": "K", "o": "z", "z": "o", "y": "o", "x": "w", "w": "x", "v": "o", "b": "v", "p": "o",
    "O": "Y", "Y": "O", "X": "O", "W": "X", "L": "J", "J": "L", "s": "c", "c": "s", "C": "W", "t": "c", "e": "s",
    r"\sum": r"\prod", r"\prod": r"\sum", r"\max": r"\min", r"\min": r"\max",
    "T": "c", r"\pi": "p", r"\varepsilon": r"\lambda", r"\lambda": "c",
    r"\top": "2", r"\ln": "", r"\eta": "z", r"\alpha": r"\beta", r"\beta": r"\alpha",
    r"\mu": "w", "A": "X", r"\otimes": r"\cdot",
}  # fmt: skip


def slips(latex):
    """Yield (position, changed LaTeX) for every single token that a slip can change."""
    for match in re.finditer(TOKEN, latex):
        if match[1] in SLIPS:
            yield match.start(1), latex[: match.start(1)] + SLIPS[match[1]] + latex[match.end(1) :]


@pytest.mark.parametrize("displayed", EQUATIONS)
def test_every_single_slip_in_a_displayed_equation_is_noticed(displayed: Displayed):
    meant = read_equation(displayed.latex)
    tried = 0
    for position, changed in slips(displayed.latex):
        try:
            assert read_equation(changed) != meant, f"{displayed.label}: unnoticed at {position}: {changed}"
        except (LatexError, TypeError, ValueError):
            pass  # no longer an equation of the book: noticed as well
        tried += 1
    assert tried >= 2
