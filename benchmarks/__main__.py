"""Run every measurement: `python -m benchmarks` writes results.json; with a word, only what it names, and no file."""

import json
import re
import sys

from benchmarks import evaluation, page, processes, solvers


def measure(only=""):
    """All results, as they go into the file; each is told as soon as it is there."""
    goal = {"gap": solvers.GOAL, "cap": solvers.CAP, "repeats": solvers.REPEATS, "long": solvers.LONG}
    results = {"machine": processes.only_message(processes.machine), "goal": goal, "problems": {}, "measurements": {}}
    for name in solvers.DATASETS:
        if only in name:
            results["problems"][name] = solvers.measure(name)
            print(*page.row(name, results["problems"][name], goal), sep=" | ", flush=True)
    for name, action in evaluation.MEASUREMENTS.items():
        if only in name:
            results["measurements"][name] = action()
            print(*page.measurement(name, results["measurements"][name]), sep=" | ", flush=True)
    return results


def rounded(value):
    """All floats to four digits."""
    if isinstance(value, dict):
        return {name: rounded(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(part) for part in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value


def text(results):
    """Results as JSON, with each list of numbers on one line."""
    written = json.dumps(rounded(results), indent=1)
    return re.sub(r"\[\s+([^\[\]{}]*?)\s+\]", lambda found: "[" + " ".join(found[1].split()) + "]", written) + "\n"


if __name__ == "__main__":
    processes.limit_threads()
    only = sys.argv[1] if len(sys.argv) > 1 else ""
    results = measure(only)
    if not only:
        page.RESULTS.write_text(text(results), encoding="utf-8")
