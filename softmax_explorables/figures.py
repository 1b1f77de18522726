"""What each explorable shows at its start, as a still figure: for print, and where no script runs."""

import numpy as np
from matplotlib import pyplot as plt

from softmax_lib import softmax, softmax_jacobian
from softmax_lib.plots import plot_jacobian, plot_simplex


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
