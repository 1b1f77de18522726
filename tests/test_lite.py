"""The book with Python in the browser: the links, what is inside, and a chapter that runs in Chromium.

The last needs Chromium, and npm and PyPI for a local Pyodide (tests/local_pyodide.py, kept in _build). Without
them it is skipped; in continuous integration (CI=true) that is a failure. NumPy, SciPy, scikit-learn and Matplotlib
for the browser are in none of these registries: so it runs what a chapter does with SymPy alone.
"""

import http.server
import json
import tarfile
import threading
import zipfile
from urllib.parse import urlsplit

import pytest
from jupyterlite_pyodide_kernel.constants import PYODIDE_CDN_URL, PYODIDE_PYTHON_VERSION

import build_book
import check_site
import install_cell
import lite_site
import local_pyodide
import serve
from browsing import FLAGS, chromium, do_without_chromium
from chapters_as_run import code_cells, stored

CHAPTERS = lite_site.chapters()
JACOBIAN = lite_site.ROOT / "chapters" / "02_jacobian.ipynb"
NOT_HERE = {"numpy", "matplotlib"}  # what the cells before the derivation import, and no registry holds for a browser
# Whom Chromium asks for itself, whatever the page: its accounts, its form filler, its updates.
CHROMIUMS_OWN = {"accounts.google.com", "content-autofill.googleapis.com", "optimizationguide-pa.googleapis.com"}
CHROMIUMS_OWN |= {"clients2.google.com", "update.googleapis.com", "redirector.gvt1.com"}


@pytest.fixture(scope="module")
def book():
    if build_book.build(say=lambda *_: None, check=False):
        pytest.fail("the site does not build: see test_site_builds_without_warnings")
    return check_site.SITE


@pytest.fixture(scope="module")
def site(book, tmp_path_factory):
    """The site as `make site` builds it: Python comes from the public address."""
    before = {path: path.read_bytes() for path in sorted(book.rglob("*.html"))}
    target = tmp_path_factory.mktemp("default") / "site"
    lite_site.build(target)
    assert before == {path: path.read_bytes() for path in sorted(book.rglob("*.html"))}, "the book itself has changed"
    return target


@pytest.fixture(scope="module")
def site_with_pyodide(book, tmp_path_factory):
    """The site as `make site PYODIDE=folder` builds it."""
    try:
        folder = local_pyodide.folder()
    except local_pyodide.NotHere as reason:
        do_without_chromium(str(reason))
    target = tmp_path_factory.mktemp("local") / "site"
    lite_site.build(target, str(folder))
    config = target / "lite" / "jupyter-lite.json"
    settings = json.loads(config.read_text(encoding="utf-8"))
    settings["jupyter-config-data"]["exposeAppInBrowser"] = True  # so that the test can read what cells return
    config.write_text(json.dumps(settings), encoding="utf-8")
    return target


def lite_settings(site):
    config = json.loads((site / "lite" / "jupyter-lite.json").read_text(encoding="utf-8"))
    return config["jupyter-config-data"]["litePluginSettings"][lite_site.PYODIDE_KERNEL_PLUGIN_ID]


# ------------------------------------------------------------------------------------------- what is built


def launch_links(site, name):
    page = check_site.page(site / name, site)
    return [link for link in page.tree.iter("a") if "lite/" in link.get("href", "")]


def test_every_chapter_links_to_itself_in_jupyterlite(site):
    for path in CHAPTERS:
        name = f"chapters/{path.stem}.html"
        (link,) = launch_links(site, name)
        assert link.get("href") == f"../lite/notebooks/index.html?path={path.name}"
        assert (site / "lite" / "files" / path.name).is_file()
        assert list(check_site.check_links(check_site.page(site / name, site))) == []


def test_other_pages_and_the_book_itself_do_not(site, book):
    chapters = {f"chapters/{path.stem}.html" for path in CHAPTERS}
    assert not [name for name in check_site.toc_pages() if launch_links(book, name)]
    assert not [name for name in check_site.toc_pages() if name not in chapters and launch_links(site, name)]


def test_a_page_without_a_place_for_the_link_is_named(tmp_path):
    page = tmp_path / "chapters" / "02_jacobian.html"
    page.parent.mkdir()
    page.write_text("<p>Chapter 2</p>")
    with pytest.raises(lite_site.SiteError, match=r"02_jacobian\.html has 0 links"):
        lite_site.add_link(page, "02_jacobian.ipynb")


def test_chapters_install_the_library_from_the_wheel_beside_them(site):
    (wheel,) = (site / "lite" / "pypi").glob("softmax_lib-*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for package in ("softmax_lib", "softmax_proofs", "softmax_explorables"):
        sources = (lite_site.ROOT / package).rglob("*.*")
        wanted = {path.relative_to(lite_site.ROOT).as_posix() for path in sources if "__pycache__" not in path.parts}
        assert wanted <= set(names)
    for path in CHAPTERS:
        cells = json.loads((site / "lite" / "files" / path.name).read_text(encoding="utf-8"))["cells"]
        assert cells[1]["id"] == install_cell.NAME and "%pip install -q softmax-lib" in "".join(cells[1]["source"])


def test_stored_outputs_are_shown_before_a_cell_runs(site):
    """JupyterLab hides drawings of notebooks that it does not trust, and breaks those that come as lists of lines."""
    for path in CHAPTERS:
        notebook = json.loads((site / "lite" / "files" / path.name).read_text(encoding="utf-8"))
        cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
        assert all(cell["metadata"]["trusted"] for cell in cells)
        figures = [
            output["data"].get("image/svg+xml") for cell in cells for output in cell["outputs"] if "data" in output
        ]
        assert any(figures) and all(isinstance(figure, str) for figure in figures if figure)


def test_what_the_kernel_starts_with_comes_from_the_site_or_from_pyodide(site):
    """Else the browser would ask PyPI, and a classroom without a network could not start Python."""
    index = json.loads((site / "lite" / "pypi" / "all.json").read_text(encoding="utf-8"))
    assert set(index) == {"softmax-lib", "comm"}


def test_pages_that_chapters_link_to_come_along(site):
    assert {"notation.md", "source_claims.md"} <= {path.name for path in (site / "lite" / "files").iterdir()}


# ---------------------------------------------------------------------------------------- which Pyodide


def distribution(folder, python=f"{PYODIDE_PYTHON_VERSION}.2"):
    """What a Pyodide distribution looks like from outside."""
    folder.mkdir(parents=True)
    (folder / "pyodide.mjs").write_text("")
    (folder / "pyodide-lock.json").write_text(json.dumps({"info": {"python": python}, "packages": {}}))
    return folder


def test_by_default_python_comes_from_the_kernels_own_address(site, tmp_path):
    assert "pyodideUrl" not in lite_settings(site)
    assert lite_site.provide_pyodide("", tmp_path / "pyodide") == {}


@pytest.mark.parametrize("end", ["", "/", "/pyodide.mjs"])
def test_another_server_may_hold_it(tmp_path, end):
    settings = lite_site.provide_pyodide(f"http://10.0.0.1/pyodide{end}", tmp_path / "pyodide")
    assert settings == {"pyodideUrl": "http://10.0.0.1/pyodide/pyodide.mjs", "disablePyPIFallback": True}


@pytest.mark.parametrize("archived", [False, True])
def test_a_folder_or_an_archive_is_copied(tmp_path, archived):
    given = distribution(tmp_path / "given" / "pyodide")
    if archived:
        with tarfile.open(tmp_path / "pyodide-core.tar.bz2", "w:bz2") as archive:
            archive.add(given, "pyodide")
        given = tmp_path / "pyodide-core.tar.bz2"
    (tmp_path / "static").mkdir()
    settings = lite_site.provide_pyodide(str(given), tmp_path / "static" / "pyodide")
    assert settings == {"pyodideUrl": "./static/pyodide/pyodide.mjs", "disablePyPIFallback": True}
    assert (tmp_path / "static" / "pyodide" / "pyodide.mjs").is_file()


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda folder: None, "neither a folder, nor a .tar.bz2, nor an http address"),
        (lambda folder: folder.mkdir(), "pyodide.mjs is missing"),
        (
            lambda folder: distribution(folder, "3.12.1"),
            f"Python 3.12.1, and the kernel needs {PYODIDE_PYTHON_VERSION}",
        ),
    ],
)
def test_what_is_no_fitting_pyodide_is_refused_in_a_sentence(tmp_path, make, reason):
    make(tmp_path / "given")
    (tmp_path / "static").mkdir()
    with pytest.raises(lite_site.SiteError) as refusal:
        lite_site.provide_pyodide(str(tmp_path / "given"), tmp_path / "static" / "pyodide")
    assert reason in str(refusal.value)


# ---------------------------------------------------------------------------------------- in the browser


class Outside(http.server.BaseHTTPRequestHandler):
    """The way to every other host: it writes down who is asked, and refuses."""

    def do_CONNECT(self):
        host = urlsplit(self.path).netloc or self.path.split(":")[0]
        if host not in CHROMIUMS_OWN:
            self.server.asked.add(host)
        self.send_error(403)

    do_GET = do_POST = do_HEAD = do_CONNECT

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def outside():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Outside)
    server.asked = set()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser(outside):
    """Chromium, which reaches loopback and nothing else: not from a page, nor from a worker."""
    path = chromium()
    if path is None:
        do_without_chromium()
    from playwright.sync_api import sync_playwright

    proxy = f"--proxy-server=http://127.0.0.1:{outside.server_port}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*FLAGS, proxy])
        yield browser
        browser.close()


@pytest.fixture
def chapter(browser, outside):
    """Opens the page of a chapter in a site on loopback, and says which other hosts were asked."""
    servers = []

    def open_chapter(site, path):
        servers.append(serve.start(0, site))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        outside.asked.clear()
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{servers[-1].server_port}/chapters/{path.stem}.html", wait_until="load")
        return page

    yield open_chapter
    for context in browser.contexts:
        context.close()
    for server in servers:
        server.shutdown()
        server.server_close()


BUTTON = "Run this chapter in the browser"
CELLS = "() => jupyterapp.shell.currentWidget.content.widgets.map(cell => cell.model.sharedModel.getSource())"
RUN = """async ([place, source]) => {
  const notebook = jupyterapp.shell.currentWidget.content;
  const model = notebook.widgets[place].model;
  model.sharedModel.setSource(source);
  for (let attempt = 0; attempt < 60; attempt++) { // a kernel that is still starting lets a cell fall
    notebook.activeCellIndex = place;
    model.executionCount = null;
    await jupyterapp.commands.execute("notebook:run-cell");
    if (model.executionCount !== null) return model.outputs.toJSON();
    await new Promise(later => setTimeout(later, 1000));
  }
  throw new Error(`cell ${place} does not run`);
}"""


def plain(outputs):
    """What a cell returned: one (MIME type, text) after another."""
    pairs = [pair for output in outputs for pair in sorted(output.get("data", {}).items())]
    return [(mime, "".join(text)) for mime, text in pairs]


def failure(outputs):
    """How a cell failed, or None."""
    errors = [output for output in outputs if output["output_type"] == "error"]
    return f"{errors[0]['ename']}: {errors[0]['evalue']}" if errors else None


def test_the_public_address_is_asked_after_the_readers_click_and_no_other_host(site, chapter, outside):
    page = chapter(site, JACOBIAN)
    page.wait_for_timeout(1000)
    assert outside.asked == set(), "a page of the book asks another host"
    page.get_by_role("link", name=BUTTON).click()
    for _ in range(60):
        page.wait_for_timeout(500)
        if outside.asked:
            break
    page.wait_for_timeout(2000)
    assert outside.asked == {urlsplit(PYODIDE_CDN_URL).netloc}


def test_opened_from_disk_a_page_has_no_button_that_cannot_work(site, browser):
    page = browser.new_page()
    page.goto((site / "chapters" / f"{JACOBIAN.stem}.html").as_uri())
    assert page.get_by_text(BUTTON).count() == 1 and not page.get_by_text(BUTTON).is_visible()
    page.context.close()


def test_the_symbolic_part_of_a_chapter_runs_after_a_click(site_with_pyodide, chapter, outside):
    page = chapter(site_with_pyodide, JACOBIAN)
    page.get_by_role("link", name=BUTTON).click()
    page.wait_for_url("**/lite/notebooks/index.html?path=02_jacobian.ipynb")
    page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]", timeout=120_000)
    goals = page.locator(".jp-MarkdownCell aside", has_text="After this chapter you can")
    goals.wait_for()  # a box: not raw text between colons
    sources = page.evaluate(CELLS)
    expected = {cell.source: plain(cell.outputs) for cell in code_cells(stored(JACOBIAN))}

    def place(start):
        (found,) = [i for i, source in enumerate(sources) if source.startswith(start)]
        return found

    def run(first, last, change=lambda source: source):
        """Run the code cells from first to last: (source, outputs) of each."""
        for i in range(first, last + 1):
            if sources[i] in expected or i == 1:
                yield sources[i], page.evaluate(RUN, [i, change(sources[i])])

    three, every = place("import sympy as sp"), place("from softmax_proofs.derivation import Derivation")
    end = place("sp.expand(derivative / softmax_k)")

    # The cells before the derivation: the library is installed from the wheel; then NumPy and Matplotlib are missing.
    (_, installing), *measuring = run(1, three - 1)
    assert failure(installing) is None
    assert measuring
    for _, outputs in measuring:
        missing = [f"ModuleNotFoundError'>: No module named '{name}'" for name in sorted(NOT_HERE)]
        assert any(reason in failure(outputs) for reason in [*missing, "NameError"]), failure(outputs)

    # Three classes: SymPy alone, every cell as it stands.
    results = list(run(three, every - 1))
    # Every number of classes: the letters of softmax_proofs. The ledger, imported in one line, needs NumPy to measure.
    results += run(every, end, lambda source: source.replace("from softmax_proofs.derivation import Derivation\n", ""))
    assert len(results) > 10
    for source, outputs in results:
        assert failure(outputs) is None, source
        assert plain(outputs) == expected[source], source

    assert outside.asked == set(), "with a local Pyodide nobody else is asked"
