"""What each explorable shows at its start, as a still figure: for print, and where no script runs."""

import numpy as np
from matplotlib import pyplot as plt
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures

from softmax_lib import Objective, SoftmaxRegression, cross_entropy, softmax, softmax_jacobian
from softmax_lib.plots import look, plot_decision_regions, plot_jacobian, plot_simplex
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


def logits(z, c, T, arithmetic, trick):
    """Logits and probabilities as bars side by side."""
    number = np.float16 if arithmetic == "half" else float
    with np.errstate(over="ignore", invalid="ignore"):
        shifted = np.asarray(z, number) + number(c)
        powers = np.exp((shifted - shifted.max() if trick else shifted) / number(T))
        o = softmax(shifted / T) if number is float else powers / powers.sum()
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.8, 3.3), sharey=True)
    for k, (logit, share) in enumerate(zip(shifted, o, strict=True)):
        for ax, value in ((left, logit), (right, share)):
            ax.barh(k, value, 0.55, color=look(k)["color"])
            ax.plot(value, k, ls="", ms=9, mec="white", **look(k))
        right.text(np.nan_to_num(share) + 0.04, k, f"{share:.3f}", va="center")
    left.axvline(0, color="black", linewidth=0.8)
    left.set_yticks(range(len(z)), [f"class {k}" for k in range(1, len(z) + 1)])
    left.invert_yaxis()
    left.set_xlabel("logits z" + (" + c" if c else ""))
    right.set(xlabel="probabilities o" + ("" if T == 1 else f" at T = {T:g}"), xlim=(0, 1))
    return fig


def temperature(logits, labels, T):
    """Reliability diagram at T, and the mean loss at every temperature."""
    logits, labels = np.asarray(logits, float), np.asarray(labels)
    o = softmax(logits / T)
    bins = np.minimum((o.max(axis=1) * 10).astype(int), 9)
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.8, 3.4))
    left.plot([0, 1], [0, 1], "--", color="black", linewidth=1)
    for own in (bins == each for each in np.unique(bins)):
        says, is_right = o[own].max(axis=1).mean(), (o[own].argmax(axis=1) == labels[own]).mean()
        side = look(1 if is_right < says else 0)["color"]
        left.plot([says, says], [says, is_right], color=side)
        left.scatter(says, is_right, s=20 + 300 * own.mean(), color=side, edgecolor="white", zorder=3)
    left.set(xlabel="what it says", ylabel="how often it is right", xlim=(0, 1.05), ylim=(-0.05, 1.05))
    temperatures = np.geomspace(0.25, 8, 81)
    right.semilogx(temperatures, [cross_entropy(logits / each, labels) for each in temperatures], color="black")
    right.plot(T, cross_entropy(logits / T, labels), "o", ms=10, mec="white")
    right.set(xlabel="temperature T", ylabel="mean loss", ylim=(0, None))
    right.set_xticks([0.25, 0.5, 1, 2, 4, 8], ["¼", "½", "1", "2", "4", "8"])
    right.minorticks_off()
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
    right.set(yticks=place, yticklabels=names, xlim=(-1.8, 1.4), xticks=[-1, 0, 1])
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
    right.plot(t, np.array(along) - least, label=f"$J$ bends by {curvatures[-1]:.3f}")
    right.plot(t, beta / 2 * t**2, "--", label=f"bound β = {beta:.3f}")
    right.set(ylim=(0, max(along) - least), xlabel="along one direction")
    right.legend(loc="lower center", bbox_to_anchor=(0.5, 1))
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
