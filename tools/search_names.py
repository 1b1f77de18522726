r"""What an equation is called, and how its formula is read out: the words that a search finds it by.

An equation's label gives its name, ``result-row-sums`` "Row sums"; NAMES improves the few that read badly.
Its LaTeX gives the words of the formula, ``C \mathbf{1} = 0`` "C ones equals 0".
"""

import re

#: Names that the labels alone would not give; tests/test_finding.py holds every label here to be in the book.
NAMES = {
    "result-shift": "Shift invariance of softmax",
    "result-logsumexp-shift": "Shift of log-sum-exp",
    "result-shift-moves": "Log-sum-exp moves with a shift",
    "result-two-forms": "The two forms of softmax agree",
    "result-two-classes": "Two classes give the sigmoid",
    "result-total": "Probabilities sum to one",
    "result-jacobian": "Jacobian, the derivative of softmax",
    "result-jacobian-own": "Jacobian, own logit",
    "result-jacobian-other": "Jacobian, another logit",
    "result-jacobian-matrix": "Jacobian as a matrix",
    "result-row-sums": "Row sums of the Jacobian",
    "result-symmetric": "Symmetry of the Jacobian",
    "result-rank": "Rank of the Jacobian",
    "result-quadratic-form": "Quadratic form of the Jacobian, a variance",
    "result-covariance": "Covariance of a one-hot draw",
    "result-vector-jacobian": "Vector-Jacobian product",
    "result-log-derivative": "Derivative of log-softmax",
    "result-log-road": "Jacobian by the logarithm",
    "result-a38-constant": "The quoted loss is the constant ln K",
    "result-gradient": "Gradient with respect to the logits",
    "result-gradient-any-target": "Gradient for any target",
    "result-gradient-weights": "Gradient with respect to the weights",
    "result-gradient-matrix": "Gradient as a matrix product",
    "result-gradient-rows": "Row sums of the gradient",
    "result-gradient-intercept": "Gradient with respect to the intercept",
    "definition-log-odds": "Log-odds against a reference class",
    "definition-logits-of-odds": "Logits from log-odds",
    "result-sigmoid-log-odds": "Log-odds of the sigmoid",
    "result-reference-model": "Softmax with a reference class",
    "result-log-odds": "Log-odds are differences of logits",
    "result-normaliser-derivative": "Derivative of the normaliser",
    "result-second-derivative": "Second derivative of a probability",
    "definition-one-hot": "One-hot target",
    "result-picked": "The one-hot target picks one term",
    "definition-target": "Target sums to one",
    "definition-target-rows": "Target rows sum to one",
    "definition-target-likelihood": "Target sums to one",
    "definition-target-rows-likelihood": "Target rows sum to one",
    "result-loss-log-sum-exp": "Loss as log-sum-exp",
    "result-loss-of-logits": "Loss as a function of the logits",
    "result-lead": "Loss and the lead of another class",
    "result-tangent": "The exponential lies above its tangent",
    "result-smallest-loss": "Smallest loss, the entropy of the target",
    "result-equal-logits": "Loss at equal logits, ln K",
    "result-two-class-loss": "Two-class loss",
    "result-surplus-gradient": "Gradient of the surplus",
    "result-sigmoids-gradient": "Gradient for sigmoids side by side",
    "result-mean-to-sum": "From the mean to the sum",
    "definition-cross-entropy": "Cross-entropy",
    "result-loss-by-probability": "Derivative of the loss by a probability",
    "result-logsumexp-derivative": "Derivative of log-sum-exp",
    "result-squared-error": "Gradient of the squared error",
    "definition-softmax-rows": "Softmax of every row",
    "result-logit-by-weight": "Derivative of a logit by a weight",
    "result-weights-chain-rule": "Chain rule for the weights",
    "result-safe-logsumexp": "Safe log-sum-exp",
    "result-exponentials": "Safe exponentials are at most one",
    "result-safe-sum": "Bounds of the safe sum",
    "result-logsumexp-band": "Band of log-sum-exp",
    "result-log-softmax": "Log-softmax",
    "result-capped": "Loss with a ceiling",
    "result-capped-gradient": "Gradient of the loss with a ceiling",
    "result-complement": "Complement of a probability",
    "result-loss-condition": "Condition number of the loss",
    "result-twice": "Softmax applied twice",
    "result-conserved": "Row sums of the weights are conserved",
    "definition-one-softmax": "Softmax",
    "result-descent": "Descent by the safe step",
    "result-across": "Across a boundary",
    "result-boundary": "Decision boundary",
    "definition-jacobian-curvature": "Jacobian matrix",
    "definition-loss-curvature": "Cross-entropy",
    "result-hessian-logits": "Hessian with respect to the logits",
    "result-hessian-weights": "Hessian with respect to the weights",
    "result-fisher": "Fisher information",
    "result-flat": "Flat directions of the Hessian",
    "result-mean-variance": "Curvature is a mean variance",
    "result-certificate": "Certificate, a bound on the distance to the optimum",
    "result-standardised": "Standardised features",
    "result-wilson": "Wilson interval",
    "result-edges": "Weights of the edges",
    "definition-edges": "Edges of the network",
    "definition-activation": "Softmax activation",
    "definition-partition": "Partition function",
    "definition-rows": "Softmax of every row",
    "definition-outcome": "Outcome sums to one",
    "definition-outcome-rows": "Outcome rows sum to one",
    "definition-bayes": "Bayes' rule with Gaussian classes",
    "result-mean": "Mean of the exponential family",
    "result-link": "Link function",
    "result-query": "Gradient with respect to a query",
    "result-log-softmax-entry": "Entry of the Jacobian of log-softmax",
    "result-log-softmax-rows": "Row sums of the Jacobian of log-softmax",
    "result-twice-loss": "Loss of softmax applied twice",
    "result-twice-floor": "Floor of softmax applied twice",
}
#: Parts of labels that are written in another way.
SPELLINGS = {"logsumexp": "log-sum-exp", "log sum exp": "log-sum-exp", "kl": "KL", "lda": "LDA", "newton": "Newton"}
SPELLINGS |= {"gibbs": "Gibbs", "hessian": "Hessian", "jacobian": "Jacobian", "wilson": "Wilson", "bayes": "Bayes"}
VERDICTS = {"ok": "right", "imprecise": "imprecise", "wrong": "wrong"}

READ = {
    **{"=": "equals", "+": "plus", "-": "minus", "/": "over", "'": "prime"},
    **{r"\leq": "at most", r"\geq": "at least", r"\neq": "differs from", r"\approx": "about"},
    **{r"\leftarrow": "becomes", r"\to": "to", r"\in": "in", r"\cdot": "times", r"\times": "times"},
    **{r"\partial": "partial", r"\nabla": "gradient", r"\sum": "sum", r"\prod": "product", r"\top": "transpose"},
    **{r"\ln": "log", r"\log": "log", r"\max": "max", r"\min": "min", r"\delta": "kronecker delta"},
    **{r"\sigma": "sigmoid", r"\lVert": "norm", r"\varepsilon": "epsilon", r"\infty": "infinity"},
    **{r"\ldots": "", r"\dots": "", r"\quad": "", r"\qquad": "", r"\rVert": "", r"\le": "at most", r"\ge": "at least"},
}
#: Commands that only set type: skipped, and so is the name of an environment.
LAYOUT = re.compile(
    r"\\(?:begin|end)\{\w+\*?\}|\\(?:big|Big|bigg|Bigg)[lr]?\b|\\(?:left|right|text|mathrm|mathbf|mathcal|mathbb|"
    r"operatorname|displaystyle|tfrac|dfrac)\b|\\[,;:!>\\ ]|&"
)
TOKEN = re.compile(r"\\[A-Za-z]+|[A-Za-z]|\d+(?:\.\d+)?|[-+=/'{}^]")


def equation_name(label, elsewhere=()):
    """The name of an equation; a definition repeated in a chapter, ``definition-softmax-museum``, has its first name.

    ``elsewhere`` holds the labels of the other pages.
    """
    if label in NAMES:
        return NAMES[label]
    kind, _, rest = label.partition("-")
    if kind == "quoted":
        claim, _, verdict = rest.partition("-")
        return f"Claim {claim.upper()}, {VERDICTS.get(verdict, verdict)}"
    base, _, last = label.rpartition("-")
    if kind == "definition" and base in elsewhere and last != "rows":
        return equation_name(base)
    name = rest.replace("-", " ")
    for plain, written in SPELLINGS.items():
        name = re.sub(rf"\b{plain}\b", written, name)
    return name[:1].upper() + name[1:]


def group(tokens):
    """Take the tokens of the next argument, with or without its braces, off the front of a list."""
    if not tokens or tokens[0] != "{":
        return [tokens.pop(0)] if tokens else []
    depth, taken = 0, []
    while tokens:
        taken.append(tokens.pop(0))
        depth += {"{": 1, "}": -1}.get(taken[-1], 0)
        if depth == 0:
            break
    return taken[1:-1]


def read(tokens):
    """Yield the words of a list of tokens."""
    while tokens:
        token = tokens.pop(0)
        if token == r"\frac":
            yield from read(group(tokens))
            yield "over"
            yield from read(group(tokens))
        elif token == r"\sqrt":
            yield "root"
            yield from read(group(tokens))
        elif token == "^":
            power = group(tokens)
            yield from ["squared"] if power == ["2"] else read(power)
        elif token == "e" and tokens[:1] == ["^"]:
            yield "exp"
        elif token in READ:
            yield READ[token]
        elif token not in "{}":
            yield token.removeprefix("\\")


def formula_words(latex):
    r"""How a formula is read out, roughly.

    >>> formula_words(r"C = \operatorname{diag}(o) - o\, o^\top")
    'C equals diag o minus o o transpose'
    >>> formula_words(r"\frac{\partial s}{\partial z_j} = e^{z_j}")
    'partial s over partial z j equals exp z j'
    """
    latex = re.sub(r"\\operatorname\{(\w+)\}", r"\\\1 ", latex)  # read as a word, other letters one by one
    latex = latex.replace(r"\mathbf{1}", r"\ones ").replace(r"\lambda_{\max}", r"\largest\eigenvalue ")
    return " ".join(filter(None, read(TOKEN.findall(LAYOUT.sub(" ", latex)))))
