"""The benchmark: its processes, its sweeps and its page, on fake solvers and tiny data."""

import json
import time
import tracemalloc

import numpy as np
import pytest

from benchmarks import evaluation, page, processes, solvers
from benchmarks.__main__ import rounded, text
from softmax_lib import SoftmaxRegression

GOAL = {"gap": 1e-6, "cap": 20, "repeats": 3, "long": 2.0}

# --------------------------------------------------------------------------------------------- processes


def test_a_process_that_is_stuck_is_killed_and_its_messages_are_kept():
    start = time.monotonic()
    assert processes.run(map, time.sleep, [0, 0, 60], cap=0.5) == ([None, None], "stopped")
    assert time.monotonic() - start < 30


@pytest.mark.parametrize(("words", "ended"), [(["1", "2"], "done"), (["1", "2", "x"], "failed")])
def test_how_a_process_ended_is_told(words, ended):
    assert processes.run(map, int, words) == ([1, 2], ended)


def test_the_shortest_of_enough_runs_counts():
    waits = iter([0.03, 0.0, 0.02, 1.0])
    seconds, _ = processes.shortest(lambda: time.sleep(next(waits)), at_least=3, spend=0.04)
    assert seconds < 0.01 and next(waits) == 1.0


# ------------------------------------------------------------------------------------------------ sweeps


class Fake:
    """A solver that ends as far from the minimum as its tolerance says: the gap is about 0.1 tol^2."""

    def __init__(self, solver, tol, alpha, N):
        self.tol, self.alpha = tol, alpha

    def fit(self, X, y):
        best = SoftmaxRegression(self.alpha, tol=1e-12).fit(X, y)
        self.coef_, self.intercept_ = best.coef_ + self.tol * np.array([[0.5], [0], [0]]), best.intercept_
        self.classes_, self.suboptimality_ = best.classes_, best.suboptimality_
        return self


@pytest.fixture
def fake(monkeypatch):
    """A problem and a solver that are quick, in this process."""
    data = np.linspace(-1, 1, 12)[:, None] + 5, np.array([0, 1, 2] * 4), 0.1
    monkeypatch.setattr(solvers, "DATASETS", {"tiny": lambda: data})
    monkeypatch.setattr(solvers, "estimator", Fake)
    monkeypatch.setattr(solvers, "shortest", lambda action, at_least=1: (0.25, action()))
    monkeypatch.setattr(solvers, "only_message", lambda generator, *args: next(generator(*args)))
    monkeypatch.setattr(solvers, "run", lambda generator, *args, cap: (list(generator(*args)), "done"))
    return solvers.measure("tiny")


def test_a_sweep_keeps_its_points_refines_where_the_goal_is_met_and_ends_when_it_is_close_enough(fake):
    tolerances = [tol for tol, _, _ in fake["solvers"]["lbfgs"]["points"]]
    assert tolerances[:4] == [10, 1, 0.1, 0.01] and len(tolerances) < 9
    (refined,) = [i for i in range(1, len(tolerances)) if tolerances[i] > tolerances[i - 1]]
    gaps = [gap for _, _, gap in fake["solvers"]["lbfgs"]["points"]]
    assert gaps[refined - 1] <= solvers.GOAL < gaps[refined - 2]
    assert gaps[-1] <= solvers.ENOUGH < gaps[-2]


def test_ours_is_also_run_at_the_tolerance_that_promises_the_goal(fake):
    assert solvers.GOAL in [tol for tol, _, _ in fake["solvers"]["softmax_lib"]["points"]]


def test_gaps_are_measured_against_the_best_of_all_runs(fake):
    gaps = [gap for sweep in fake["solvers"].values() for _, _, gap in sweep["points"]]
    assert min(gaps) >= 0 and min(gaps) < 1e-12 and max(gaps) > 1
    assert fake["bound"] < 1e-10 and fake["shape"] == [12, 1, 3]


# ----------------------------------------------------------------------------- evaluations, memory, growth


def test_measurements_of_an_evaluation_on_tiny_data(monkeypatch):
    monkeypatch.setattr(evaluation, "only_message", lambda generator, *args: next(generator(*args)))
    monkeypatch.setattr(evaluation, "shortest", lambda action, **_: (0.25, action()))
    found = evaluation.evaluation("float32", N=50)
    assert found["shape"] == (50, 784, 10) and 0 < found["best"] and 0 < found["median"]
    assert evaluation.growth([20, 40])["exponent"] == pytest.approx(0, abs=1e-12)
    try:
        found = evaluation.memory("float64", 3.0, N=100)
    finally:
        tracemalloc.stop()
    assert found["arrays"] > 0


# -------------------------------------------------------------------------------------------------- page


def problem(ours, theirs, ended="done"):
    """A problem on which each solver has one point at the goal, or none."""
    sweeps = {
        name: {"ended": ended, "points": [[0.1, 1e-3, 1e-2]] + ([] if seconds is None else [[1e-6, seconds, 1e-7]])}
        for name, seconds in [("softmax_lib", ours), ("lbfgs", None), ("newton-cg", theirs)]
    }
    return {"shape": [60000, 20, 3], "alpha": 0.1, "bound": 1e-12, "solvers": sweeps}


@pytest.mark.parametrize(
    ("ours", "theirs", "shown"),
    [
        (0.4, 1.0, "0.40, met"),
        (0.5, 1.0, "0.50, met"),
        (0.9, 1.0, "0.90, **missed**"),
        (1.2, 1.0, "1.20, **missed, slower**"),
        (1.2, None, "met"),
        (None, 1.0, "**missed, slower**"),
    ],
)
def test_the_table_marks_a_missed_target(ours, theirs, shown):
    assert page.row("tiny", problem(ours, theirs), GOAL)[-1] == shown


def test_the_table_says_why_there_is_no_time():
    assert page.row("tiny", problem(0.0123, 2.0), GOAL)[1:-1] == [
        "12.3\u00a0ms",
        "12.3\u00a0ms",
        "never",
        "2.00\u00a0s",
    ]
    assert page.row("tiny", problem(0.1, 2.0, "stopped"), GOAL)[3] == "over 20\u00a0s"
    assert page.row("tiny", problem(0.1, 2.0, "failed"), GOAL)[3] == "failed"


MEASUREMENTS = {
    "evaluation, float64": {"shape": [60, 784, 10], "median": 1.2, "best": 1.1, "seconds": 0.1},
    "memory, float64": {"shape": [60, 784, 10], "arrays": 0.2, "process": None},
    "growth": {"rows": [1000, 2000, 4000], "seconds": [1.0, 2.0, 4.0], "exponent": 1.0},
}


@pytest.fixture
def results():
    machine = {"processor": "P", "cores": 4, "threads": [2], "python": "3", "packages": {"numpy": "2"}}
    problems = {"one": problem(0.1, 1.0), "two": problem(0.9, 1.0), "three": problem(2.0, 1.0)}
    return {"machine": machine, "goal": GOAL, "problems": problems, "measurements": MEASUREMENTS}


def test_the_sentences_count_what_the_table_shows(results):
    first, second, third = page.summary(results).splitlines()
    assert "met on 1 of 3: one." in first and "not slower" in second and "1 of 3: two." in second
    assert "slower" in third and third.endswith("1 of 3: three.")
    assert "| `lbfgs` | 3 of 3 | 0 of 3 | 0 of 3 | 0 of 3 |" in page.closeness_table(results)
    assert "4 cores; 2 threads" in page.conditions(results) and "within 1e-12 of it" in page.conditions(results)


def test_targets_of_the_evaluation_are_judged_too(results):
    verdicts = [line.split(" | ")[-1] for line in page.measurements_table(results).splitlines()[2:]]
    assert verdicts == ["**missed** |", "met |", "met |"]


def test_results_survive_the_file(results, tmp_path):
    path = tmp_path / "results.json"
    path.write_text(text(results), encoding="utf-8")
    assert page.load(path) == rounded(results)
    assert "[ 0.1" not in path.read_text() and '"rows": [1000, 2000, 4000]' in path.read_text()
    assert json.loads(text({"seconds": (0.123456,)})) == {"seconds": [0.1235]}


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_figure_has_a_panel_for_each_problem(results, count):
    results["problems"] = dict(list(results["problems"].items())[:count])
    figure = page.draw(results)
    drawn = [ax for ax in figure.axes if ax.axison]
    assert [ax.get_title(loc="left") for ax in drawn] == list(results["problems"])
    assert all(len(ax.lines) == 4 for ax in drawn)  # three solvers and the goal
    markers = {line.get_marker() for line in drawn[0].lines[:3]}
    assert len(markers) == 3
    page.plt.close(figure)


def test_the_stored_results_are_of_every_problem_with_threads_equal():
    stored = page.load()
    assert list(stored["problems"]) == list(solvers.DATASETS)
    assert list(stored["measurements"]) == list(evaluation.MEASUREMENTS)
    assert all(list(found["solvers"]) == list(solvers.SOLVERS) for found in stored["problems"].values())
    assert len(stored["machine"]["threads"]) == 1
