"""Softmax regression, small enough to read in an evening and exact enough to trust.

The layers, from the ground up: functions of the logits, the loss on logits, the objective as a
function of the weights, solvers that know only an objective, and a model that follows
scikit-learn's contract.  Drawing, data and gradient checks stand beside them; the proofs of the
book are a package of their own, `softmax_proofs`.

``import softmax_lib`` loads NumPy and nothing heavier; what needs scikit-learn or Matplotlib
is imported when it is first asked for.
"""

from importlib import import_module

from softmax_lib.checks import check_answer, check_gradient, numerical_gradient
from softmax_lib.datasets import load_digits, load_penguins, make_blobs
from softmax_lib.functions import log_softmax, logsumexp, softmax, softmax_jacobian
from softmax_lib.loss import cross_entropy, cross_entropy_gradient, cross_entropy_hessian_product
from softmax_lib.objective import Objective

__version__ = "0.1.0"

_PLOTS = ("decision_polygons", "plot_decision_regions", "plot_history", "plot_jacobian", "plot_simplex", "use_style")
_LAZY = {"SoftmaxRegression": "model"} | dict.fromkeys(_PLOTS, "plots")  # name: the module, imported when first used
_MODULES = ("model", "plots", "solvers")
__all__ = [
    "Objective", "check_answer", "check_gradient", "cross_entropy", "cross_entropy_gradient",
    "cross_entropy_hessian_product", "load_digits", "load_penguins", "log_softmax", "logsumexp", "make_blobs",
    "numerical_gradient", "softmax", "softmax_jacobian", *_LAZY,
]  # fmt: skip


def __getattr__(name):
    if name in _LAZY:
        return getattr(import_module(f"softmax_lib.{_LAZY[name]}"), name)
    if name in _MODULES:
        return import_module(f"softmax_lib.{name}")
    raise AttributeError(f"module 'softmax_lib' has no attribute {name!r}")


def __dir__():
    return sorted([*globals(), *_LAZY, *_MODULES])
