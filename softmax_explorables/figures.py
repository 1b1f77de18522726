"""What each explorable shows at its start, as a still figure: for print, and where no script runs."""

import numpy as np
from matplotlib import pyplot as plt
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures

from softmax_lib import SoftmaxRegression, softmax, softmax_jacobian
from softmax_lib.plots import look, plot_decision_regions, plot_jacobian


def jacobian(z, step):
    """The Jacobian at z, and what it makes of a step."""
    z, step = np.asarray(z), np.asarray(step)
    C, change = softmax_jacobian(z), softmax(z + step) - softmax(z)
    names = [f"class {k}" for k in range(1, len(z) + 1)]
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.8, 3.3), width_ratios=[1.15, 1])
    plot_jacobian(C, ax=left, class_names=names)
    place = np.arange(len(z))
    right.bar(place - 0.19, C @ step, 0.36, color="#0072B2", label="C Δz")
    right.bar(place + 0.19, change, 0.36, color="#E69F00", hatch="//", edgecolor="black", label="real change")
    right.axhline(0, color="black", linewidth=0.8)
    right.set_xticks(place, names)
    right.set_title("change of o for Δz = (" + ", ".join(f"{each:g}".replace("-", "−") for each in step) + ")")
    right.legend()
    return fig


def playground(points, K, alpha, quadratic, axes, **_):
    """The regions of the points, and dashed, where the borders go if the last point moves to the other end."""
    table = np.array(points, dtype=float)
    X, y = table[:, :2], table[:, 2].astype(int)
    moved = X.copy()
    moved[-1] = -X[-1]
    features = PolynomialFeatures(2 if quadratic else 1, include_bias=False)
    before, after = (make_pipeline(features, SoftmaxRegression(alpha=alpha)).fit(each, y) for each in (X, moved))
    fig, ax = plt.subplots(figsize=(4.6, 4.4))
    names = [f"class {k + 1}" for k in before.classes_]
    plot_decision_regions(before, X, y, ax=ax, proba=False, feature_names=axes, class_names=names)
    grid = np.stack(np.meshgrid(np.linspace(*ax.get_xlim(), 200), np.linspace(*ax.get_ylim(), 200)), axis=-1)
    z = after.decision_function(grid.reshape(-1, 2)).reshape(200, 200, -1)  # (200, 200, K)
    for k in range(z.shape[-1] - 1):  # the borders with later classes, where no earlier one has won
        ahead = z[..., k] - z[..., k + 1 :].max(axis=-1)  # (200, 200)
        ahead[z.argmax(axis=-1) < k] = np.nan
        ax.contour(*grid.T, ahead.T, levels=[0], colors="black", linewidths=1.5, linestyles="--")
    ax.annotate("", moved[-1], X[-1], arrowprops={"arrowstyle": "-|>", "lw": 2.5, "color": "black"})
    ax.plot(*moved[-1], ms=9, mec="black", **look(y[-1]))
    return fig
