"""What each explorable shows at its start, as a still figure: for print, and where no script runs."""

import numpy as np
from matplotlib import pyplot as plt

from softmax_lib import Objective, softmax, softmax_jacobian
from softmax_lib.plots import plot_jacobian, plot_simplex
from softmax_lib.solvers import newton_cg


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


def simplex(z, y, step_size, path):
    """Prediction and target in the triangle, the residual between them, and its three entries as bars."""
    o, y = softmax(np.asarray(z)), np.asarray(y)
    names = ["class 1", "class 2", "class 3"]
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.8, 3.3), width_ratios=[1.2, 1])
    plot_simplex([o, y], labels=["$o$", "$y$"], arrows=[(o, y, "$y - o$")], corner_names=names, ax=left)
    place, residual = np.arange(3), o - y
    colours = ["#D55E00" if each < 0 else "#0072B2" for each in residual]
    bars = right.barh(place, residual, color=colours)
    right.bar_label(bars, [f"{each:+.2f}".replace("-", "−") for each in residual], padding=3)
    right.axvline(0, color="black", linewidth=0.8)
    right.set(yticks=place, yticklabels=names, xlim=(-1.5, 1.5), xticks=[-1, 0, 1])
    right.invert_yaxis()
    right.set_title("residual o − y, sum 0")
    return fig


def step_size(X, labels, shown, product, penalty, kept, ball):
    """Runs of gradient descent for several steps, and the objective along its most curved direction."""
    y = labels.get(shown, next(iter(labels.values())))
    objective = Objective(np.asarray(X), np.asarray(y), alpha=penalty)
    best = newton_cg(objective, tol=1e-12)
    least, beta = best.history["loss"][-1], objective.smoothness
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.8, 3.4), width_ratios=[1.2, 1])
    for each, style in zip(sorted([*kept, product]), ("--", "-", "-.", ":"), strict=False):
        left.semilogy(descent(objective, each / beta) - least, style, label=f"αβ = {each:g}")
    left.set(xlabel="steps", ylim=(1e-6, 1e3))
    left.set_title("$J$ above its minimum")
    left.legend(loc="upper right", fontsize=11, ncols=2, handlelength=1.4, columnspacing=0.8)

    K, D = best.coef.shape
    H = objective.at(best.coef, best.intercept).curvature().matrix().reshape(K * (D + 1), -1)
    curvatures, directions = np.linalg.eigh(H)
    V = directions[:, -1].reshape(K, D + 1)
    t = np.linspace(-1, 1, 81) * np.sqrt(2 * np.log(K) / curvatures[-1])
    along = [objective.value(best.coef + s * V[:, :-1], best.intercept + s * V[:, -1]) for s in t]
    right.plot(t, np.array(along) - least, label="$J$")
    right.plot(t, beta / 2 * t**2, "--", label="bound β")
    right.set(ylim=(0, max(along) - least), xlabel="along one direction")
    right.set_title(f"bends {curvatures[-1]:.3f} of {beta:.3f}")
    right.legend(loc="upper center", frameon=True, framealpha=1, edgecolor="white")
    return fig


def descent(objective, step_size, steps=100):
    """J before each step of gradient descent from zero weights, and at the end."""
    W, b = objective.zeros()
    history = []
    with np.errstate(over="ignore", invalid="ignore"):  # a run that diverges
        for _ in range(steps + 1):
            J, dW, db = objective.value_and_gradient(W, b)
            history.append(J)
            W, b = W - step_size * dW, b - step_size * db
    return np.array(history)
