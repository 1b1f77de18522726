"""What each explorable shows at its start, as a still figure: for print, and where no script runs."""

import numpy as np
from matplotlib import pyplot as plt

from softmax_lib import softmax, softmax_jacobian
from softmax_lib.plots import plot_jacobian


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
