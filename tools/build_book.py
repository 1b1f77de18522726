"""Build the site with warnings as errors, check it, and say where to open it.

What decides is the content of the sources: nothing changed, nothing to do. After an edit of a chapter only
that chapter is read again; after a change of anything that all pages share, everything is.
"""

import argparse
import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import check_site

ROOT = Path(__file__).parents[1]
SHARED = ["_config.yml", "_toc.yml", "requirements.txt", "references.bib", "static", "tools"]
SHARED += ["softmax_lib", "softmax_proofs", "softmax_explorables"]
PAGES = ["chapters"]
IGNORED = {"__pycache__", ".ipynb_checkpoints", ".ruff_cache", ".DS_Store", "node_modules"}


def digest(root, names):
    """A digest of the files that these names stand for, folders with all they hold."""
    state = hashlib.sha256(sys.version.encode())
    for name in names:
        top = root / name
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if path.is_file() and not IGNORED & set(path.parts):
                state.update(f"{path.relative_to(root).as_posix()}\0".encode())
                state.update(hashlib.sha256(path.read_bytes()).digest())
    return state.hexdigest()


@contextlib.contextmanager
def one_at_a_time(folder):
    """Two builds in one folder would step on each other: the second one waits."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "build.lock", "w") as lock:
        try:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX)
        except ImportError:  # Windows: nobody else builds here
            pass
        yield


def complaints(log):
    """The lines of the log that say what is wrong."""
    log = re.sub(r"\x1b\[[\d;]*m", "", log)
    found = [line for line in log.splitlines() if re.search(r"\b(WARNING|ERROR|CRITICAL)\b", line)]
    return list(dict.fromkeys(found)) or log.strip().splitlines()[-15:]


def build(root=ROOT, say=print, check=True):
    """Bring root/_build/html up to date and check it: the problems, none if the site is sound."""
    target, html = root / "_build", root / "_build" / "html"
    with one_at_a_time(target):
        state_file = target / "site.json"
        state = {"shared": digest(root, SHARED), "pages": digest(root, PAGES)}
        before = json.loads(state_file.read_text()) if state_file.exists() else {}
        if state.items() <= before.items() and (html / "index.html").exists():
            return before["problems"] if check else []
        state_file.unlink(missing_ok=True)
        if before.get("shared") != state["shared"] or not html.exists():
            shutil.rmtree(html, ignore_errors=True)
            shutil.rmtree(target / ".doctrees", ignore_errors=True)
        say("Building the site ...")
        options = ["-W", "-n", "--keep-going", "--path-output", str(root)]
        with open(target / "build.log", "w", encoding="utf-8") as log:
            code = subprocess.call(
                [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build", ".", *options],
                cwd=root,
                env=os.environ | {"PYTHONHASHSEED": "0", "PYTHONIOENCODING": "utf-8", "NO_COLOR": "1"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        if code:
            log = (target / "build.log").read_text(encoding="utf-8", errors="replace")
            return [*complaints(log), "The full log is in _build/build.log."]
        problems = check_site.check(html, check_site.toc_pages(root / "_toc.yml"))
        state_file.write_text(json.dumps(state | {"problems": problems}))
        return problems if check else []


def build_student(root=ROOT, say=print, check=True):
    """Bring root/_build/student up to date, the site and the notebooks: the problems, none if the site is sound."""
    import editions  # which judges answers, and so loads NumPy

    target = root / "_build" / "student"
    with one_at_a_time(target):
        sources = editions.student_sources(editions.read_tree(root, [*SHARED, *PAGES], IGNORED))
        editions.bring_up_to_date(target / "source", sources, IGNORED | {"_build"})
        problems = build(target / "source", say, check)
        notebooks = editions.student_notebooks(sources)
        editions.bring_up_to_date(target / "notebooks", notebooks)
        html = editions.read_tree(target / "source" / "_build" / "html", ["."], IGNORED)
        html |= {f"_sources/chapters/{name}": content for name, content in notebooks.items()}  # what a page downloads
        editions.bring_up_to_date(target / "html", html)
        return problems


EDITIONS = {"full": (build, "html"), "student": (build_student, "student/html")}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--edition", choices=EDITIONS, default="full", help="student: without the solutions")
    edition = parser.parse_args().edition
    started, (bring, folder) = time.monotonic(), EDITIONS[edition]
    problems = bring()
    if problems:
        print("The site is not sound:", *problems, sep="\n  ", file=sys.stderr)
        return 1
    seconds = time.monotonic() - started
    print(f"The book is ready ({seconds:.0f} s). Open {ROOT / '_build' / folder / 'index.html'}")
    print("or run `make serve`." if edition == "full" else "Its notebooks are in _build/student/notebooks.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
