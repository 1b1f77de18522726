"""Time to a relative gap of 1e-6, ours and scikit-learn's solvers, each at its cheapest sufficient tolerance.

Usage: make bench            all problems; writes benchmarks/results.md
       make bench ONLY=wine  the problems whose name contains the word; prints only

Each fit runs in a process of its own, with the same number of threads, and is stopped after CAP seconds.
The gap is measured from outside: J of the returned weights against the best J that any run has reached.
"""

import multiprocessing
import os
import platform
import sys
import time
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np

CAP, GAP, REPEATS, THREADS = 20, 1e-6, 3, 2
RESULTS = Path(__file__).parent / "results.md"
#: Solver: its tolerances, the loosest first.
SOLVERS = {
    "softmax_lib": (1e-6,),
    "lbfgs": (1e-4, 1e-5, 1e-6, 1e-7, 1e-8),
    "newton-cg": (1e-4, 1e-5, 1e-6, 1e-7),
    "newton-cholesky": (1e-2, 1e-3, 1e-4, 1e-5),
}


def fit_once(dataset, solver, tol, answer):
    """Fit in this process, REPEATS times; send the shortest time, the weights and the memory that was needed."""
    warnings.simplefilter("ignore")
    from datasets import DATASETS
    from sklearn.linear_model import LogisticRegression

    from softmax_lib import SoftmaxRegression

    X, y, alpha = DATASETS[dataset]()
    best = np.inf
    for _ in range(REPEATS):
        if solver == "softmax_lib":
            model = SoftmaxRegression(alpha, tol=tol)
        else:
            model = LogisticRegression(C=1 / (alpha * len(y)), solver=solver, tol=tol, max_iter=100_000)
        start = time.perf_counter()
        model.fit(X, y)
        best = min(best, time.perf_counter() - start)
    answer.put((best, model.coef_, model.intercept_))


def attempt(dataset, solver, tol):
    """Return (seconds, J), or None if the fits were not done within the cap."""
    from datasets import DATASETS

    from softmax_lib import Objective

    context = multiprocessing.get_context("spawn")
    answer = context.Queue()
    process = context.Process(target=fit_once, args=(dataset, solver, tol, answer))
    process.start()
    try:
        seconds, W, b = answer.get(timeout=CAP * REPEATS)
    except Exception:
        process.kill()
        return None
    process.join()
    X, y, alpha = DATASETS[dataset]()
    mean = X.mean(axis=0)  # J is computed on centred features: the raw ones would cost it digits
    J = Objective(X - mean, np.unique(y, return_inverse=True)[1], alpha=alpha).value(W, b + W @ mean)
    return seconds, J


def reference(dataset):
    from datasets import DATASETS

    from softmax_lib import Objective
    from softmax_lib.solvers import newton_cg

    X, y, alpha = DATASETS[dataset]()
    objective = Objective(X - X.mean(axis=0), np.unique(y, return_inverse=True)[1], alpha=alpha)
    return newton_cg(objective, tol=1e-12, max_iter=200).history["loss"].min()


def row(dataset):
    """The times of all solvers on one problem, None where the gap was not reached."""
    best, times = reference(dataset), {}
    for solver, tolerances in SOLVERS.items():
        for tol in tolerances:
            found = attempt(dataset, solver, tol)
            if found is None:
                break
            seconds, J = found
            if J <= best * (1 + GAP):
                times[solver] = seconds
                break
    return times


def cells(dataset, times):
    theirs = [times[s] for s in SOLVERS if s in times and s != "softmax_lib"]
    ratio = f"{times['softmax_lib'] / min(theirs):.2f}" if theirs and "softmax_lib" in times else "–"
    shown = [f"{1000 * times[s]:.1f}" if s in times else "not reached" for s in SOLVERS]
    return f"| {dataset} | " + " | ".join(shown) + f" | {ratio} |"


def main(only=""):
    sys.path.insert(0, str(Path(__file__).parent))
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = str(THREADS)  # inherited by every process that fits
    from datasets import DATASETS

    head = f"| problem (N × D × K) | {' | '.join(SOLVERS)} | ours / best of theirs |"
    table = [head, "|" + "---|" * (len(SOLVERS) + 2)]
    print("\n".join(table), flush=True)
    for dataset in DATASETS:
        if only in dataset:
            table.append(cells(dataset, row(dataset)))
            print(table[-1], flush=True)
    if only:
        return
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "scikit-learn"))
    RESULTS.write_text(
        f"""# Time to a relative gap of {GAP:g}, in milliseconds

{chr(10).join(table)}

Each solver at the loosest of its tolerances that reaches the gap, the shortest of {REPEATS} fits in a fresh process.
"Not reached": not within {CAP} seconds a fit, or at no tolerance tried.
softmax_lib stops when its own certificate says 1e-6, so its time includes the certificate.

Machine: {platform.machine()}, {os.cpu_count()} cores, {THREADS} threads for every solver.
Python {platform.python_version()}, {packages}.
Made by `make bench`.
""",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
