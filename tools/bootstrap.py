"""Make .venv with everything the book needs, exactly as pinned in requirements.txt.

Run by the Makefile with whatever `python3` is: so this file parses on very old Pythons, and says in one
sentence what is missing instead of falling over. When nothing has changed since the last run it does nothing.
"""

from __future__ import print_function

import hashlib
import os
import re
import subprocess
import sys

OLDEST = (3, 11)
NAMES = ["python3.13", "python3.12", "python3.11", "python3.14", "python3", "python"]
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
INPUTS = ["requirements.txt", "pyproject.toml"]

OFFLINE = re.compile(
    r"NewConnectionError|ConnectionError|ConnectTimeout|ReadTimeout|Name or service not known|"
    r"name resolution|Network is unreachable|Connection refused|getaddrinfo failed|ProxyError|"
    r"Failed to establish|Max retries exceeded|SSLError|Connection reset|Connection aborted"
)


class SetupError(Exception):
    """A sentence for the user."""


def digest(root):
    """The state of the inputs: what decides whether .venv is up to date."""
    state = hashlib.sha256()
    for name in INPUTS:
        with open(os.path.join(root, name), "rb") as source:
            state.update(source.read() + b"\0")
    return state.hexdigest()


def venv_python(venv):
    if os.name == "nt":
        return os.path.join(venv, "Scripts", "python.exe")
    return os.path.join(venv, "bin", "python")


def run(command, **kwargs):
    """Exit code and output of a command; 127 if it cannot be started."""
    try:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **kwargs)
    except (OSError, IOError) as error:
        return 127, str(error)
    output = process.communicate()[0]
    return process.returncode, output.decode("utf-8", "replace")


def version_of(python):
    """(major, minor) of an interpreter, or None if it does not run."""
    code, output = run([python, "-c", "import sys; print('version %d.%d' % sys.version_info[:2])"])
    found = re.search(r"version (\d+)\.(\d+)", output)
    if code == 0 and found:
        return int(found.group(1)), int(found.group(2))
    return None


def find_python(wanted=None):
    """An interpreter that is new enough: the one that was asked for, or else the first one on PATH."""
    names = [wanted] if wanted else NAMES
    old = []
    for name in names:
        version = version_of(name)
        if version and version >= OLDEST:
            return name
        if version:
            old.append("%s is %d.%d" % ((name,) + version))
    needed = "%d.%d" % OLDEST
    if old:
        raise SetupError(
            "The book needs Python %s or newer, and here %s: install a newer one, "
            "or name it with `make PYTHON=/path/to/python3 ...`." % (needed, ", ".join(old))
        )
    if wanted:
        raise SetupError("`%s` does not run: name a Python %s or newer with `make PYTHON=...`." % (wanted, needed))
    raise SetupError("The book needs Python %s or newer, and there is none on the PATH." % needed)


def make_venv(python, venv):
    code, output = run([python, "-c", "import venv, ensurepip"])
    if code:
        raise SetupError(
            "Python's venv module is incomplete here: install it "
            "(on Debian or Ubuntu: `sudo apt-get install python3-venv`) and try again."
        )
    code, output = run([python, "-m", "venv", "--clear", venv])
    if code:
        raise SetupError("Python could not make the folder %s: %s" % (venv, last_line(output)))


def last_line(output):
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[-1] if lines else "no reason given."


def explain(output, log):
    """One sentence on why pip failed."""
    if OFFLINE.search(output):
        return (
            "The packages could not be downloaded: is this machine online, and can it reach the package index? "
            "Details are in %s." % log
        )
    if "No space left on device" in output:
        return "The disk is full: the book's packages need about 1 GB. Details are in %s." % log
    errors = re.findall(r"^\s*(?:ERROR: |[\w.]+Error: )(.+)$", output, re.MULTILINE)
    reason = errors[0] if errors else last_line(output)
    return "pip could not install the packages: %s. Details are in %s." % (reason.strip().rstrip("."), log)


def ensure(root=ROOT, wanted=None, say=print):
    """Bring root/.venv up to date and return its Python. Safe to interrupt: the next run goes on."""
    venv = os.path.join(root, ".venv")
    stamp = os.path.join(venv, "softmax-book.stamp")
    python = venv_python(venv)
    state = digest(root)
    try:
        with open(stamp) as recorded:
            if recorded.read() == state and version_of(python):
                return python
    except (OSError, IOError):
        pass

    if os.path.exists(stamp):
        os.remove(stamp)
    version = version_of(python)
    if not version or version < OLDEST or run([python, "-m", "pip", "--version"])[0]:
        newer = find_python(wanted)
        say("Making .venv ...")
        make_venv(newer, venv)
    say("Installing the packages pinned in requirements.txt (a few minutes the first time) ...")
    log = os.path.join(venv, "setup.log")
    code, output = run(
        [python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--retries", "2"]
        + ["--progress-bar", "off", "-r", "requirements.txt"],
        cwd=root,
    )
    with open(log, "wb") as target:
        target.write(output.encode("utf-8"))
    if code:
        raise SetupError(explain(output, os.path.relpath(log, root)))
    with open(stamp, "w") as target:
        target.write(state)
    return python


def main():
    try:
        ensure(wanted=os.environ.get("PYTHON_FOR_BOOK") or None)
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted: run the same command again to go on.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
