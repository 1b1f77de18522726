"""What each explorable shows at its start, as a still figure: for print, and where no script runs."""

import numpy as np
from matplotlib import pyplot as plt

from softmax_lib import cross_entropy, softmax, softmax_jacobian
from softmax_lib.plots import look, plot_jacobian


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
