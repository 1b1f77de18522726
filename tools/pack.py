"""Pack the whole book into one file, for a USB stick or a learning platform: it opens from disk, without a network.

The same book gives the same bytes, whenever and wherever it is packed.
"""

import argparse
import html
import re
import sys
import tomllib
import zipfile
from pathlib import Path

import build_book
import editions

ROOT = Path(__file__).parents[1]
TITLE = "Softmax regression, proved and measured"
PACKAGES = [
    "softmax_lib",
    "softmax_proofs",
    "softmax_explorables",
]  # beside the notebooks, which import them from there
LONGEST = 200  # characters of a path in the archive: Windows has 260 for all of it
REFUSED = re.compile(r'[<>:"\\|?*\x00-\x1f]|[. ](/|$)|(^|/)(con|prn|aux|nul|com\d|lpt\d)(\.[^/]*)?(/|$)', re.I)

START = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ margin: 12vh auto; padding: 0 1.2rem; max-width: 36rem; font: 1.1rem/1.5 Georgia, serif; }}
h1 {{ font-size: 1.8rem; line-height: 1.2; }}
dt {{ margin-top: 1.2rem; font-size: 1.2rem; }}
dd {{ margin: 0; }}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
<dl>
{links}
</dl>
</main>
</body>
</html>
"""
README = """\
{title}
{underline}

Begin:     unpack the archive and open START_HERE.html in a browser. No network, no installation.

{parts}

Run the notebooks:
           With Python 3.11 or newer, in the folder "notebooks":
               python -m pip install -r requirements.txt
               python -m jupyterlab
           The packages that they import lie beside them.

On a learning platform (Moodle, ILIAS, Canvas, ...):
           Upload the archive and let the platform unpack it; then name START_HERE.html as the page to open.
           In Moodle: add a "File", upload the archive, unzip it there, and set START_HERE.html as the main file.
           In ILIAS: add an "HTML learning module", upload the archive, and set START_HERE.html as the start file.
           Where a platform does not show pages with scripts, offer the archive for download.
           Nothing in the pages asks any other host for anything.

Licences:  text and figures CC BY 4.0 (LICENSE-CONTENT.txt), code BSD 3-Clause (LICENSE.txt).
"""


class PackError(Exception):
    """A sentence on what does not belong into an archive."""


def requirements():
    """What the notebooks need, as pip reads it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["widgets"], "jupyterlab", "jupyterlab-myst"]
    return "".join(f"{name}\n" for name in wanted)


def below(folder, top):
    """The files of a folder under a new name; none if it was not built."""
    found = editions.read_tree(folder, ["."], build_book.IGNORED) if folder.is_dir() else {}
    return {f"{top}/{name}": content for name, content in found.items()}


def book(edition, built=ROOT / "_build"):
    """The files of an edition: {path in the archive: content}."""
    student = edition == "student"
    site = built / ("student/html" if student else "html")
    files = below(site, "book")
    source = built / "student" / "notebooks" if student else ROOT / "chapters"
    files |= {f"notebooks/{path.name}": path.read_bytes() for path in sorted(source.glob("[0-9]*.ipynb"))}
    packages = editions.read_tree(ROOT, PACKAGES, build_book.IGNORED)
    files |= {f"notebooks/{name}": content for name, content in packages.items()}
    files["notebooks/requirements.txt"] = requirements().encode()
    if not student:
        files |= below(built / "slides", "slides") | below(built / "pdf", "paper")
    for name in ("LICENSE", "LICENSE-CONTENT"):
        files[f"{name}.txt"] = (ROOT / name).read_bytes()
    return files | entrance(files, f"{TITLE} (student edition)" if student else TITLE)


def entrance(files, title):
    """START_HERE.html and README.txt, which name the parts that are there."""
    parts = [
        ("book/index.html", "The book", "Web pages that work without a network."),
        ("slides/index.html", "Slides", "One set for each chapter; the key S opens the speaker's notes."),
        (
            "paper/softmax-book.pdf",
            "On paper",
            "The whole book; the folder paper/handouts has two pages for each chapter.",
        ),
        ("README.txt", "Notebooks", "Every chapter to run and to change; this file says how."),
    ]
    there = [part for part in parts if part[0] in files or part[0] == "README.txt"]
    links = [f'<dt><a href="{link}">{name}</a></dt>\n<dd>{html.escape(words)}</dd>' for link, name, words in there]
    lines = [f"{name + ':':10} {words}" for _, name, words in there]
    return {
        "START_HERE.html": START.format(title=html.escape(title), links="\n".join(links)).encode(),
        "README.txt": README.format(title=title, underline="=" * len(title), parts="\n".join(lines)).encode(),
    }


def check(files, root=ROOT):
    """Refuse what some machine could not unpack, and what tells of the machine that packed."""
    seen = {}
    for name, content in files.items():
        if REFUSED.search(name):
            raise PackError(f"Windows refuses the name {name}: rename the file.")
        if len(name) > LONGEST:
            raise PackError(f"a path of {len(name)} characters, at most {LONGEST} are safe: {name}")
        if name.lower() in seen:
            raise PackError(f"{name} and {seen[name.lower()]} are one file where capitals do not count.")
        if str(root).encode() in content:
            raise PackError(f"{name} holds a path of this machine, {root}: it cannot work elsewhere.")
        seen[name.lower()] = name


def write(path, files):
    """Write an archive whose bytes depend on the files alone."""
    draft = path.with_suffix(".new")
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
            archive.writestr(entry, files[name])
    draft.replace(path)


def pack(edition, built=ROOT / "_build"):
    """Make the archive of an edition that is built, all in one folder; return its path."""
    top = "softmax-book" if edition == "full" else f"softmax-book-{edition}"
    files = {f"{top}/{name}": content for name, content in book(edition, built).items()}
    check(files)
    path = built / f"{top}.zip"
    write(path, files)
    return path


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--edition", choices=build_book.EDITIONS, default="full", help="student: without the solutions")
    edition = parser.parse_args().edition
    bring, _ = build_book.EDITIONS[edition]
    try:
        problems = bring()
        if problems:
            raise PackError("\n  ".join(["the site is not sound:", *problems]))
        path = pack(edition)
    except PackError as error:
        print(f"Nothing is packed: {error}", file=sys.stderr)
        return 1
    print(f"{path} ({path.stat().st_size / 1e6:.1f} MB): unpack it and open START_HERE.html.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
