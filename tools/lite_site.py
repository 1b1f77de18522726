"""The book with Python in the browser: _build/site, a copy of _build/html with JupyterLite beside it.

In lite/ are the chapters and a wheel of the library; on each chapter's page a link opens that chapter there.
Nothing is downloaded to build this. A reader's browser asks for Python itself, Pyodide, only after a click on
that link: from the public address that jupyterlite-pyodide-kernel knows, or from the one given here.
"""

import argparse
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import time
import zipfile
from pathlib import Path

import nbformat
from jupyterlite_pyodide_kernel.constants import (
    PYODIDE_KERNEL_PLUGIN_ID,
    PYODIDE_LOCK,
    PYODIDE_MJS,
    PYODIDE_PYTHON_VERSION,
    PYODIDE_VERSION,
)

import build_book
import notebooks

ROOT = Path(__file__).parents[1]
SITE = ROOT / "_build" / "site"
# What the kernel needs to start and Pyodide's distribution does not hold; else the browser would ask PyPI.
NOT_IN_PYODIDE = ["comm"]

# Settings of JupyterLab's interface: dark where the reader's system is.
INTERFACE = {"@jupyterlab/apputils-extension:themes": {"adaptive-theme": True}}

# JupyterLite needs a server and JavaScript: from a folder on disk the link stays hidden.
LINK = """
  <a class="run-here" href="../lite/notebooks/index.html?path={notebook}" hidden>Run this chapter in the browser</a>
  <script>document.querySelector(".run-here").hidden = location.protocol === "file:"</script>"""


class SiteError(Exception):
    """A sentence for the user."""


def chapters(root=ROOT):
    return sorted((root / "chapters").glob("[0-9]*.ipynb"))


def add_link(page, notebook):
    """Put the link to the chapter in JupyterLite behind the one that downloads its notebook."""
    text = page.read_text(encoding="utf-8")
    download = re.compile(rf'<a [^>]*download="{re.escape(notebook)}"[^>]*>[^<]*</a>')
    linked, count = download.subn(lambda found: found[0] + LINK.format(notebook=notebook), text)
    if count != 1:
        raise SiteError(f"{page.name} has {count} links that download {notebook}, so no place for one that runs it.")
    page.write_text(linked, encoding="utf-8", newline="\n")


# --------------------------------------------------------------------------------------------- wheels


def book_wheel(folder, root=ROOT):
    """The wheel of the packages that pyproject.toml names, made by its build backend."""
    script = "import hatchling.build, sys; hatchling.build.build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", script, folder], cwd=root, check=True, stdout=subprocess.DEVNULL)


def installed_wheel(name, folder):
    """Pack an installed package of pure Python as the wheel that it came as."""
    package = importlib.metadata.distribution(name)
    if "Root-Is-Purelib: true" not in package.read_text("WHEEL"):
        raise SiteError(f"{name} is not pure Python, so its wheel does not run in a browser.")
    made_here = {"INSTALLER", "REQUESTED", "direct_url.json"}
    with zipfile.ZipFile(folder / f"{name}-{package.version}-py3-none-any.whl", "w") as wheel:
        for file in sorted(package.files):
            if not {"..", "__pycache__"} & set(file.parts) and file.name not in made_here:
                entry = zipfile.ZipInfo(file.as_posix())  # of no date, so that the same package makes the same wheel
                wheel.writestr(entry, file.locate().read_bytes(), zipfile.ZIP_DEFLATED)


# -------------------------------------------------------------------------------------------- Pyodide


def provide_pyodide(given, folder):
    """Put a local Pyodide into folder, and return the kernel's settings: where Python starts from.

    given: "" for the public address, the http address of a folder, or the path of a folder or a .tar.bz2.
    """
    if not given:
        return {}
    own = {"disablePyPIFallback": True}  # whoever names a place has no network, or wants no other host to be asked
    if re.match(r"https?://", given):
        return own | {"pyodideUrl": given if given.endswith(".mjs") else f"{given.rstrip('/')}/{PYODIDE_MJS}"}
    source = Path(given).expanduser()
    if source.is_dir():
        shutil.copytree(source, folder)
    elif source.name.endswith(".tar.bz2") and source.is_file():
        with tarfile.open(source) as archive:
            archive.extractall(folder.parent, filter="data")  # its one folder is called pyodide
    else:
        raise SiteError(f"PYODIDE={given} is neither a folder, nor a .tar.bz2, nor an http address.")
    missing = [name for name in (PYODIDE_MJS, PYODIDE_LOCK) if not (folder / name).is_file()]
    if missing:
        raise SiteError(f"PYODIDE={given} is not a Pyodide distribution: {missing[0]} is missing.")
    python = json.loads((folder / PYODIDE_LOCK).read_text(encoding="utf-8"))["info"]["python"]
    if not python.startswith(f"{PYODIDE_PYTHON_VERSION}."):
        raise SiteError(
            f"PYODIDE={given} holds Python {python}, and the kernel needs {PYODIDE_PYTHON_VERSION}: "
            f"take Pyodide {PYODIDE_VERSION}."
        )
    return own | {"pyodideUrl": f"./static/pyodide/{PYODIDE_MJS}"}


# --------------------------------------------------------------------------------------------- the site


def build_lite(target, work, pyodide="", root=ROOT):
    """Build JupyterLite with the chapters into target; work is a folder for what is needed on the way."""
    wheels = work / "pypi"
    for folder in (wheels, work / "static", work / "files"):  # where JupyterLite looks for what it is to hold
        folder.mkdir(parents=True)
    settings = provide_pyodide(pyodide, work / "static" / "pyodide")
    config = {"litePluginSettings": {PYODIDE_KERNEL_PLUGIN_ID: settings}}
    lite = {"jupyter-lite-schema-version": 0, "jupyter-config-data": config}
    (work / "jupyter-lite.json").write_text(json.dumps(lite), encoding="utf-8")
    (work / "overrides.json").write_text(json.dumps(INTERFACE), encoding="utf-8")
    book_wheel(wheels, root)
    for name in NOT_IN_PYODIDE:
        installed_wheel(name, wheels)
    for path in chapters(root):
        (work / "files" / path.name).write_text(as_opened(path), encoding="utf-8", newline="\n")
    for path in linked_pages(root):
        shutil.copy(path, work / "files")
    command = [sys.executable, "-m", "jupyterlite_core", "build", "--lite-dir", ".", "--output-dir", target]
    command += ["--no-sourcemaps"]
    with open(work / "lite.log", "w", encoding="utf-8") as log:
        code = subprocess.call(command, cwd=work, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
    if code:
        raise SiteError(f"JupyterLite does not build; the log is in {work / 'lite.log'}.")


def as_opened(path):
    """A chapter as text, marked as trusted: else JupyterLite would not show its figures before they are drawn anew."""
    notebook = nbformat.reads(json.dumps(notebooks.read(path)), as_version=4)  # joins the lines of drawings
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.metadata.trusted = True
    return json.dumps(notebook, ensure_ascii=False)


def linked_pages(root=ROOT):
    """The pages without code that chapters link to: they go along, so that the links lead somewhere."""
    names = set()
    for path in chapters(root):
        names |= set(re.findall(r"\]\((\w+\.md)\b", path.read_text(encoding="utf-8")))
    return [root / "chapters" / name for name in sorted(names)]


def build(target=SITE, pyodide="", root=ROOT):
    """Make target anew from _build/html, which is up to date and stays as it is; in one step, once all is well."""
    draft, work = (target.with_name(f"{target.name}.{part}") for part in ("new", "work"))
    for folder in (draft, work):
        shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(root / "_build" / "html", draft)
    build_lite(draft / "lite", work, pyodide, root)
    for path in chapters(root):
        add_link(draft / "chapters" / f"{path.stem}.html", path.name)
    shutil.rmtree(work)
    shutil.rmtree(target, ignore_errors=True)
    draft.rename(target)


def size(folder):
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pyodide", default=os.environ.get("PYODIDE", ""), help="folder, .tar.bz2 or http address")
    options = parser.parse_args()
    started = time.monotonic()
    problems = build_book.build()
    if problems:
        print("The site is not sound:", *problems, sep="\n  ", file=sys.stderr)
        return 1
    try:
        build(pyodide=options.pyodide)
    except SiteError as error:
        print(error, file=sys.stderr)
        return 1
    lite = size(SITE / "lite")
    print(f"The site is ready ({time.monotonic() - started:.0f} s): {size(SITE) / 1e6:.0f} MB in {SITE},")
    print(f"{lite / 1e6:.0f} MB of them JupyterLite. It runs from a server: `make serve SITE=site`.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
