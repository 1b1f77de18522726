"""The scripts behind the Makefile: set-up, notebooks, and the site checks themselves."""

import json
import os
import stat
import subprocess
import sys

import pytest

import bootstrap
import build_book
import check_site
import notebooks

# ------------------------------------------------------------------------------------------------- set-up


def command(path, text):
    """An executable script."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.fixture
def project(tmp_path):
    """A project small enough to set up, with an empty folder as PATH."""
    root = tmp_path / "project"
    root.mkdir()
    for name in bootstrap.INPUTS:
        (root / name).write_text("")
    return root


def setup(root, path, **variables):
    """Run the set-up script of a copy of the tools, and return what it says."""
    (root / "tools").mkdir(exist_ok=True)
    script = root / "tools" / "bootstrap.py"
    script.write_text((build_book.ROOT / "tools" / "bootstrap.py").read_text())
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHON"))}
    result = subprocess.run(
        [sys.executable, script],
        env=clean | {"PATH": str(path)} | variables,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return result.returncode, result.stderr.strip()


def is_one_sentence(text):
    return text.count("\n") == 0 and "Traceback" not in text and text.endswith(".")


def test_old_python_is_named(project, tmp_path):
    command(tmp_path / "bin" / "python3", "echo version 3.6")
    code, message = setup(project, tmp_path / "bin")
    assert code == 1 and is_one_sentence(message)
    assert "3.11 or newer" in message and "python3 is 3.6" in message


def test_no_python_is_named(project, tmp_path):
    code, message = setup(project, tmp_path)
    assert code == 1 and is_one_sentence(message) and "3.11 or newer" in message


def test_python_that_was_asked_for_is_used_or_refused(project, tmp_path):
    old = command(tmp_path / "bin" / "mine", "echo version 3.9")
    command(tmp_path / "bin" / "python3", "echo version 3.12")
    code, message = setup(project, tmp_path / "bin", PYTHON_FOR_BOOK=str(old))
    assert code == 1 and is_one_sentence(message) and "3.9" in message


def test_missing_venv_module_is_named(project, tmp_path):
    command(tmp_path / "bin" / "python3", 'case "$2" in *ensurepip*) exit 1;; *) echo version 3.12;; esac')
    code, message = setup(project, tmp_path / "bin")
    assert code == 1 and is_one_sentence(message) and "python3-venv" in message


def test_no_network_is_named(project):
    """A real venv and a real pip, whose index nobody serves."""
    (project / "requirements.txt").write_text("a-package-that-is-not-here==1.0\n")
    (project / "no-python").mkdir()
    python = os.path.dirname(sys.executable)
    closed = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_CONFIG_FILE": os.devnull}
    code, message = setup(project, python, PYTHON_FOR_BOOK=sys.executable, **closed)
    assert code == 1 and is_one_sentence(message)
    assert "online" in message and "setup.log" in message
    assert not (project / ".venv" / "softmax-book.stamp").exists()


def test_set_up_is_skipped_when_nothing_changed(project, tmp_path):
    python = command(tmp_path / "python", f'echo "$@" >> {tmp_path / "calls"}; echo version 3.12')
    venv = project / ".venv" / "bin"
    venv.mkdir(parents=True)
    (venv / "python").symlink_to(python)

    def installs():
        before = (tmp_path / "calls").read_text().count("install") if (tmp_path / "calls").exists() else 0
        bootstrap.ensure(str(project), say=lambda *_: None)
        return (tmp_path / "calls").read_text().count("install") - before

    assert installs() == 1
    assert installs() == 0
    (project / "requirements.txt").write_text("# changed")
    assert installs() == 1
    (project / ".venv" / "softmax-book.stamp").unlink()  # as if interrupted
    assert installs() == 1


# ---------------------------------------------------------------------------------------------- notebooks


def notebook(*sources, **cell):
    cells = [
        {"cell_type": "code", "metadata": {}, "source": source, "outputs": [], "execution_count": None} | cell
        for source in sources
    ]
    return {"cells": cells, "metadata": {"author": "x"}, "nbformat": 4, "nbformat_minor": 5}


@pytest.fixture
def write(tmp_path):
    def write(*sources, **cell):
        path = tmp_path / "chapter.ipynb"
        path.write_text(json.dumps(notebook(*sources, **cell)), encoding="utf-8")
        return path

    return write


def test_running_a_notebook_twice_changes_nothing(write, capsys):
    path = write("print('a')\nprint('b')", "", "x = 1", "{x, 2}", "print('é')")
    assert notebooks.main([str(path)]) == 0
    first = path.read_bytes()
    assert notebooks.main([str(path)]) == 0
    assert path.read_bytes() == first
    assert "unchanged" in capsys.readouterr().out
    book = json.loads(first)
    assert [cell["execution_count"] for cell in book["cells"]] == [1, None, 2, 3, 4]
    assert book["metadata"] == notebooks.METADATA
    assert first.endswith(b"}\n") and b"\r" not in first and "é".encode() in first
    assert book["cells"][0]["outputs"][0]["text"] == ["a\n", "b\n"]
    assert len({cell["id"] for cell in book["cells"]}) == 5


def test_a_chapter_that_fails_is_left_as_it_was(write, capsys):
    path = write("x = 1", "x / 0")
    before = path.read_bytes()
    assert notebooks.main([str(path)]) == 1
    assert path.read_bytes() == before
    message = capsys.readouterr().err.strip().splitlines()[-1]
    assert "code cell 2 (x / 0)" in message and "ZeroDivisionError: division by zero" in message


def test_what_is_not_a_notebook_is_left_as_it_was(tmp_path, capsys):
    path = tmp_path / "broken.ipynb"
    path.write_text("<<<<<<< ours")
    assert notebooks.main([str(path)]) == 1
    assert path.read_text() == "<<<<<<< ours"
    assert "left as it was" in capsys.readouterr().err


def test_cells_keep_their_ids_and_the_metadata_that_counts(write):
    path = write("1", id="mine", metadata={"tags": ["hide-input"], "collapsed": False, "execution": {"t": 1}})
    (cell,) = json.loads(notebooks.canonical(json.loads(path.read_text())))["cells"]
    assert cell["id"] == "mine" and cell["metadata"] == {"tags": ["hide-input"]}


CHAPTERS = sorted((build_book.ROOT / "chapters").glob("*.ipynb"))


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_chapters_are_stored_in_canonical_form(path):
    text = path.read_text(encoding="utf-8")
    same = notebooks.canonical(json.loads(text)) == text
    assert same, "run `make notebooks` (or tools/notebooks.py --format-only) and commit what it writes"


# ----------------------------------------------------------------------------------------- checks of a site

SOUND = """<!doctype html>
<html lang="en"><head><title>A page</title><link rel="stylesheet" href="a.css">
<meta name="description" content="A sentence, and a second one. It says softmax_lib.">
<meta property="og:title" content="A page"><meta property="og:description" content="A sentence.">
<meta property="og:type" content="article"><meta property="og:image" content="a.svg">
<meta property="og:image:alt" content="A circle"><meta name="twitter:card" content="summary_large_image"></head>
<body><form role="search"><input name="q"></form>
<article role="main"><h1 id="top">A page</h1>
<p>It costs $5 or $6. See <a href="#top">above</a>, <a href="https://example.org/">elsewhere</a>.</p>
<img src="a.svg" alt="A circle" width="1" height="1">
<div class="math-wrapper" id="equation-result-one"><div class="math equation"><span class="katex">
<math><annotation>x</annotation></math><span class="katex-html"><span class="base">x</span></span></span></div></div>
</article></body></html>"""

FAULTS = {  # what is put in place of what, and the complaint that must follow
    "broken link": ('href="#top"', 'href="nowhere.html"', "leads nowhere"),
    "broken anchor": ('href="#top"', 'href="#nowhere"', "no such anchor"),
    "missing image": ('src="a.svg"', 'src="b.svg"', "leads nowhere"),
    "id twice": ("<p>", '<p id="top">', "occurs twice"),
    "no alt text": ('alt="A circle"', 'alt=""', "without alt text"),
    "file name as alt text": ('alt="A circle"', 'alt="a.svg"', "is a file name"),
    "no size": ('width="1" ', "", "without width"),
    "script from outside": ("<article", '<script src="https://example.org/a.js"></script><article', "another host"),
    "style sheet from outside": ('href="a.css"', 'href="//example.org/a.css"', "another host"),
    "import in a script": ("<article", "<script>import('https://example.org/a.js')</script><article", "another host"),
    "font in a style": ("<article", "<style>@import 'https://example.org/a';</style><article", "another host"),
    "preload from outside": ("<title", '<link rel="preload" href="https://example.org/a"><title', "another host"),
    "raw mathematics": ("It costs", "It costs $x_1$ and", "raw LaTeX"),
    "raw delimiters": ("It costs", r"It costs \(x\) and", "raw LaTeX"),
    "mathematics not typeset": ('<span class="base">x</span>', "", "not typeset"),
    "no MathML": ("<math><annotation>x</annotation></math>", "", "not typeset"),
    "mathematics in error": ('class="katex">', 'class="katex"><b class="katex-error">x</b>', "could not typeset"),
    "equation of no kind": ("equation-result-one", "equation-one", "neither definition"),
    "two search boxes": ("<article", '<form role="search"><input name="q"></form><article', "2 search boxes"),
    "no description": ('name="description"', 'name="other"', "no description"),
    "formula in the description": ("A sentence, and", r"The logit $z_k$ and", "not plain sentences"),
    "description cut short": ("It says softmax_lib.", "It says …", "not plain sentences"),
    "long description": ("A sentence, and", "A sentence, and" + " again" * 40, "characters"),
    "no picture for a link": ('"og:image" content="a.svg"', '"og:image" content="b.png"', "link preview is missing"),
    "no title for a link": ('property="og:title"', 'property="og:name"', "no og:title"),
    "two main headings": ("<p>", "<h1>Another</h1><p>", "2 main headings"),
}


@pytest.fixture
def small_site(tmp_path):
    (tmp_path / "01_page.html").write_text(SOUND)
    for name in check_site.OTHERS:
        (tmp_path / name).write_text(SOUND.replace("A sentence, and", f"A sentence on {name}, and"))
    (tmp_path / "index.html").write_text("")
    (tmp_path / "a.css").write_text("p { background: url(a.svg) }")
    (tmp_path / "a.svg").write_text("<svg/>")
    return tmp_path


def test_a_sound_site_passes(small_site):
    assert check_site.check(small_site, ["01_page.html"]) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_a_page_is_found(small_site, fault):
    old, new, complaint = FAULTS[fault]
    assert old in SOUND
    (small_site / "01_page.html").write_text(SOUND.replace(old, new, 1))
    found = check_site.check(small_site, ["01_page.html"])
    assert any(complaint in sentence for sentence in found), found


def test_a_missing_page_and_a_stray_one_are_found(small_site):
    (small_site / "01_page.html").rename(small_site / "stray.html")
    found = check_site.check(small_site, ["01_page.html"])
    assert any("01_page.html is missing" in sentence for sentence in found)
    assert any("stray.html is in the site" in sentence for sentence in found)


def test_two_pages_with_one_description_are_found(small_site):
    (small_site / "404.html").write_text(SOUND)
    found = check_site.check(small_site, ["01_page.html"])
    assert found == ["404.html: the same description as 01_page.html"]


def test_faults_in_style_sheets_and_scripts_are_found(small_site):
    rules = "@font-face { src: url('https://example.org/f.woff2') } p { background: url(b.png) }"
    (small_site / "a.css").write_text(rules)
    (small_site / "a.js").write_text("fetch('https://example.org/data.json')")
    found = check_site.check(small_site, ["01_page.html"])
    assert sum("another host" in sentence for sentence in found) == 2
    assert any("no such file: b.png" in sentence for sentence in found)


def test_a_heavy_page_is_found(small_site, monkeypatch):
    monkeypatch.setattr(check_site, "BUDGET", 100)
    found = check_site.check(small_site, ["01_page.html"])
    assert any("heavier than" in sentence for sentence in found)


def test_what_decides_a_build_is_the_content_of_its_sources(tmp_path):
    (tmp_path / "chapters").mkdir()
    page = tmp_path / "chapters" / "a.md"
    page.write_text("one")
    before = build_book.digest(tmp_path, ["chapters", "references.bib"])
    os.utime(page, (0, 0))
    assert build_book.digest(tmp_path, ["chapters", "references.bib"]) == before
    page.write_text("two")
    assert build_book.digest(tmp_path, ["chapters", "references.bib"]) != before
