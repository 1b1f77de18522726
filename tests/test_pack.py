"""The archive for a USB stick or a learning platform: whole, the same each time, and at home on any machine."""

import os
import re
import subprocess
import sys
import zipfile

import lxml.html
import pytest

import build_book
import pack
from browsing import Visit
from chapters_as_run import ROOT


@pytest.fixture(scope="module")
def archive():
    """The student's edition, built and packed."""
    problems = build_book.build_student(say=lambda *_: None, check=False)
    assert not problems, problems
    return pack.pack("student")


@pytest.fixture(scope="module")
def unpacked(archive, tmp_path_factory):
    folder = tmp_path_factory.mktemp("a stick of a reader")
    zipfile.ZipFile(archive).extractall(folder)
    return folder / "softmax-book-student"


def test_the_same_book_gives_the_same_bytes(archive):
    first = archive.read_bytes()
    os.utime(ROOT / "_build" / "student" / "html" / "index.html")
    assert pack.pack("student").read_bytes() == first
    names = zipfile.ZipFile(archive).namelist()
    assert names == sorted(names)
    assert {entry.date_time for entry in zipfile.ZipFile(archive).infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_all_is_in_one_folder_and_the_way_in_is_at_its_top(unpacked):
    top = {path.name for path in unpacked.iterdir()}
    assert top == {"START_HERE.html", "README.txt", "LICENSE.txt", "LICENSE-CONTENT.txt", "book", "notebooks"}
    links = lxml.html.parse(unpacked / "START_HERE.html").xpath("//a/@href")
    assert links == ["book/index.html", "README.txt"]
    assert all((unpacked / link).is_file() for link in links)
    text = (unpacked / "README.txt").read_text(encoding="utf-8")
    assert "student edition" in text
    assert re.search(r"In Moodle: .*START_HERE\.html as the main file", text)
    assert "Slides" not in text
    assert max(map(len, text.splitlines())) <= 120


def test_a_chapter_the_search_and_an_explorable_work_from_the_unpacked_folder(browser, unpacked):
    with Visit(browser) as visit:
        page = visit.open((unpacked / "START_HERE.html").as_uri())
        page.get_by_role("link", name="The book").click()
        page.wait_for_url("**/chapters/intro.html")
        page.locator("aside").get_by_role("link", name=re.compile("The softmax Jacobian")).click()
        page.wait_for_url("**/02_jacobian.html")
        assert "(student edition)" in page.title()
        visit.open(f"{(unpacked / 'book').as_uri()}/search.html?q=jacobian")
        page.wait_for_function("document.getElementById('search-status').textContent")
        assert page.locator("#search-results a[href*='02_jacobian.html#equation-result-jacobian']").count()
        visit.open_explorable((unpacked / "book/chapters/02_jacobian.html").as_uri(), "jacobian")
        assert visit.complaints == []


def test_the_notebooks_import_the_packages_beside_them(unpacked):
    code = "import softmax_lib as s, softmax_explorables; print(s.__file__); print(s.check_answer('4.3', 120))"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    folder = unpacked / "notebooks"
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.stdout.splitlines() == [str(folder / "softmax_lib" / "__init__.py"), "exercise 4.3: right"], done.stderr
    assert len(list(folder.glob("*.ipynb"))) == len(list((ROOT / "chapters").glob("[0-9]*.ipynb")))
    assert "answer = ..." in (folder / "04_gradient.ipynb").read_text(encoding="utf-8")
    needs = (folder / "requirements.txt").read_text().split()
    assert {"numpy", "sympy", "jupyterlab"} <= {re.match(r"[\w-]+", name)[0] for name in needs}


def test_the_whole_book_has_its_slides_and_paper_if_they_were_made_and_the_students_never(tmp_path):
    for name in ("html/index.html", "student/html/index.html", "student/notebooks/02_jacobian.ipynb"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    plain = pack.book("full", tmp_path)
    assert not any(name.startswith(("slides/", "paper/")) for name in plain)
    assert b"Slides" not in plain["START_HERE.html"]
    for name in ("slides/index.html", "pdf/softmax-book.pdf", "pdf/handouts/02_jacobian.pdf"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    full = pack.book("full", tmp_path)
    assert {"slides/index.html", "paper/softmax-book.pdf", "paper/handouts/02_jacobian.pdf"} <= set(full)
    links = lxml.html.fromstring(full["START_HERE.html"]).xpath("//a/@href")
    assert links == ["book/index.html", "slides/index.html", "paper/softmax-book.pdf", "README.txt"]
    assert "notebooks/04_gradient.ipynb" in full
    student = pack.book("student", tmp_path)
    assert not any(name.startswith(("slides/", "paper/")) for name in student)
    assert b"{dropdown} Solution" not in b"".join(
        content for name, content in student.items() if name.endswith(".ipynb")
    )


@pytest.mark.parametrize(
    ("files", "complaint"),
    [
        ({"book/a:b.html": b""}, "Windows refuses"),
        ({"book/what?.html": b""}, "Windows refuses"),
        ({"book/aux.txt": b""}, "Windows refuses"),
        ({"con/a.txt": b""}, "Windows refuses"),
        ({"book /a.txt": b""}, "Windows refuses"),
        ({"book/a.": b""}, "Windows refuses"),
        ({"a" * 201: b""}, "201 characters"),
        ({"a.txt": b"", "A.txt": b""}, "where capitals do not count"),
        ({"a.txt": f"see {ROOT}/chapters".encode()}, "a path of this machine"),
    ],
)
def test_what_some_machine_could_not_unpack_is_refused(files, complaint):
    with pytest.raises(pack.PackError, match=complaint):
        pack.check(files)


def test_names_that_only_look_reserved_pass():
    pack.check({"book/console.html": b"", "book/auxiliary/a.b.c": b"", "com10.txt": b"", "_static/.nojekyll": b""})
