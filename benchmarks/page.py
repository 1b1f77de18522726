"""The page of the benchmark: tables, sentences and the figure, out of results.json."""

import json
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.ticker import LogLocator

from softmax_lib.plots import look

RESULTS = Path(__file__).parent / "results.json"
OURS = "softmax_lib"
#: Largest values that are asked for.
TARGETS = {"time": 0.5, "evaluation": 1.15, "memory": 0.25, "growth": 1.1}
SMALLEST_GAP = 1e-10  # the figure goes so far; beyond it are only digits of the reference


def load(path=RESULTS):
    return json.loads(path.read_text(encoding="utf-8"))


# ------------------------------------------------------------------------------------------------- numbers


def times(problem, gap):
    """The shortest time to the gap, for every solver that has reached it."""
    found = {}
    for solver, sweep in problem["solvers"].items():
        reached = [seconds for _, seconds, reached in sweep["points"] if reached <= gap]
        if reached:
            found[solver] = min(reached)
    return found


def ratio(problem, gap):
    """Our time over the best of theirs; 0 if none of theirs reached the gap, infinite if ours did not."""
    found = times(problem, gap)
    ours = found.pop(OURS, float("inf"))
    return ours / min(found.values(), default=float("inf")) if ours < float("inf") else ours


def verdict(value, target, worse=float("inf")):
    """In words, whether a value is at most its target; a miss is in bold, one beyond `worse` says so."""
    return "met" if value <= target else "**missed**" if value <= worse else "**missed, slower**"


# --------------------------------------------------------------------------------------------------- words


def duration(seconds):
    """12.3 ms, or 4.56 s."""
    value, unit = (seconds, "s") if seconds >= 0.9995 else (1000 * seconds, "ms")
    return f"{value:#.3g}".rstrip(".") + "\u00a0" + unit


def spaced(number):
    """60 000, with spaces that do not break."""
    return f"{number:,}".replace(",", "\u00a0")


def size(shape):
    """60 000 × 784 × 10."""
    return "\u00a0×\u00a0".join(map(spaced, shape))


def listed(words):
    """a, b and c."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def power(number):
    """1e-6, to one digit."""
    mantissa, exponent = f"{number:.0e}".split("e")
    return f"{mantissa}e{int(exponent)}"


def conditions(results):
    """Where and how it was measured, in sentences."""
    machine, goal = results["machine"], results["goal"]
    threads = listed([str(n) for n in machine["threads"]])
    packages = ", ".join(f"{name} {version}" for name, version in machine["packages"].items())
    bound = max((problem["bound"] for problem in results["problems"].values()), default=0)
    return "\n".join(
        [
            f"- Machine: {machine['processor']}, {machine['cores']} cores; {threads} threads for every solver.",
            f"- Software: Python {machine['python']}, {packages}.",
            f"- A fit that takes longer than {goal['cap']} s is stopped, and with it the sweep.",
            f"- Each time is the shortest of several fits, of at least {goal['repeats']} close to the goal, "
            f"unless a fit takes longer than {goal['long']:g} s.",
            f"- The smallest $J$ that any run reached stands for $\\min J$; "
            f"its certificate puts it within {power(bound)} of it, relatively, on every problem.",
        ]
    )


def summary(results):
    """What the table shows, in sentences."""
    goal, problems = results["goal"]["gap"], results["problems"]
    verdicts = {name: verdict(ratio(problem, goal), TARGETS["time"], worse=1) for name, problem in problems.items()}
    groups = {
        "The target is met on": "met",
        "It is missed, though ours is not slower than the best of theirs, on": "**missed**",
        "Ours is slower than the best of theirs on": "**missed, slower**",
    }
    found = [(words, [name for name in problems if verdicts[name] == group]) for words, group in groups.items()]
    return "\n".join(f"- {words} {len(names)} of {len(problems)}: {listed(names)}." for words, names in found if names)


# -------------------------------------------------------------------------------------------------- tables


def markdown(head, rows):
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [head, ["---"] * len(head), *rows])


def cell(sweep, seconds, cap):
    """The time of one solver on one problem, or why there is none."""
    if seconds is not None:
        return duration(seconds)
    return {"stopped": f"over {cap}\u00a0s", "failed": "failed"}.get(sweep["ended"], "never")


def row(name, problem, goal):
    """One problem of the first table, as cells."""
    found, value = times(problem, goal["gap"]), ratio(problem, goal["gap"])
    proved = [seconds for tol, seconds, _ in problem["solvers"][OURS]["points"] if tol == goal["gap"]]
    cells = [cell(sweep, found.get(solver), goal["cap"]) for solver, sweep in problem["solvers"].items()]
    cells.insert(1, duration(proved[0]) if proved else "never")
    shown = f"{value:.2f}, " if 0 < value < float("inf") else ""
    return [f"{name} ({size(problem['shape'])})", *cells, shown + verdict(value, TARGETS["time"], worse=1)]


def solvers_table(results):
    """Time to the gap: a row for each problem, a column for each solver."""
    problems, goal = results["problems"], results["goal"]
    solvers = list(next(iter(problems.values()))["solvers"])
    head = ["Problem ($N × D × K$)", "ours", f"ours, `tol={power(goal['gap'])}`", *solvers[1:], "ours / best of theirs"]
    return markdown(head, [row(name, problem, goal) for name, problem in problems.items()])


def closeness_table(results, gaps=(1e-2, 1e-4, 1e-6, 1e-8)):
    """On how many problems each solver comes so close: a row for each solver, a column for each gap."""
    problems = results["problems"].values()
    solvers = list(next(iter(problems))["solvers"])
    counts = {
        solver: [sum(solver in times(problem, gap) for problem in problems) for gap in gaps] for solver in solvers
    }
    rows = [[f"`{solver}`", *(f"{n} of {len(problems)}" for n in counts[solver])] for solver in solvers]
    return markdown(["Solver", *map(power, gaps)], rows)


def evaluation_found(found):
    return found["median"], f"{found['median']:.2f} × (of the fastest runs: {found['best']:.2f} ×)"


def memory_found(found):
    parts = {"arrays": found["arrays"], "whole process": found["process"]}
    parts = {part: share for part, share in parts.items() if share is not None}  # not every system tells
    return max(parts.values()), ", ".join(f"{part} {100 * share:.1f}\u00a0%" for part, share in parts.items())


def growth_found(found):
    first, *_, last = map(spaced, found["rows"])
    return found["exponent"], f"like $N$ to the power of {found['exponent']:.2f}, from {first} to {last} rows"


#: Kind of measurement: what it is, the value that counts and how it is shown, and how its target is.
KINDS = {
    "evaluation": ("time of one evaluation, by that of its two products with $X$", evaluation_found, "{} ×"),
    "memory": ("peak memory of a fit, beyond $X$", memory_found, "{:.2g} of $X$"),
    "growth": ("time of one evaluation grows", growth_found, "$N$ to the power of {}"),
}


def measurement(name, found):
    """One row of the last table: what was measured, what was found, the target, and whether it is met."""
    kind = name.split(",")[0]
    label, find, asked = KINDS[kind]
    value, shown = find(found)
    shape = f" ({size(found['shape'])})" if "shape" in found else ""
    return [label + name.removeprefix(kind) + shape, shown, asked.format(TARGETS[kind]), verdict(value, TARGETS[kind])]


def measurements_table(results):
    rows = [measurement(name, found) for name, found in results["measurements"].items()]
    return markdown(["Measured", "Found", "At most", "Target"], rows)


# -------------------------------------------------------------------------------------------------- figure


def label_plainly(axis):
    """0.1 rather than a power of ten; 2 and 5 too where there are few powers of ten."""
    low, high = axis.get_view_interval()
    axis.set_major_formatter(lambda value, _: f"{value:g}")
    axis.set_minor_formatter(lambda value, _: f"{value:g}" if f"{value:e}"[0] in "25" and high < 50 * low else "")


def draw_problem(ax, name, problem, goal):
    """Time against gap for every solver: one curve a sweep, from loose tolerances to tight ones."""
    for i, (solver, sweep) in enumerate(problem["solvers"].items()):
        points = sorted((max(gap, SMALLEST_GAP), seconds) for _, seconds, gap in sweep["points"] if gap <= 1)
        style = look(i) | {"label": solver, "zorder": 3 if solver == OURS else 2}
        ax.plot(*zip(*points, strict=True) if points else ([], []), **style)
    ax.axvline(goal, color="black", linestyle=":", linewidth=1.5, zorder=1)
    ax.set(xscale="log", yscale="log", xlim=(2, SMALLEST_GAP / 2))
    ax.xaxis.set_major_locator(LogLocator(10, numticks=4))
    label_plainly(ax.yaxis)
    ax.set_title(name, loc="left", fontsize=13)


def draw(results):
    """Small multiples, a panel for each problem."""
    problems = results["problems"]
    rows = -(-len(problems) // 2)
    fig, axes = plt.subplots(rows, 2, figsize=(6.8, 1 + 2.7 * rows), squeeze=False)
    for ax, (name, problem) in zip(axes.flat, problems.items(), strict=False):
        draw_problem(ax, name, problem, results["goal"]["gap"])
    for ax in axes.flat[len(problems) :]:
        ax.set_axis_off()
    fig.supxlabel("relative gap", fontsize=13)
    fig.supylabel("seconds", fontsize=13)
    fig.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    return fig
