"""Finding the way: search by name and by a formula's words, cards of equations, the map of the results, the links."""

import itertools
import json
import os
import re
import shutil
import subprocess
import sys
from urllib.parse import quote_plus, unquote

import nbformat
import pytest
import yaml

import check_site
from browsing import Visit
from chapters_as_run import CHAPTERS, NOTEBOOKS
from displayed_equations import displayed_equations
from map_page import lanes
from result_map import FILE, citations, reduced
from search_names import NAMES, equation_name, formula_words

EQUATIONS = {
    equation.label: (path.stem, equation.latex)
    for path in CHAPTERS
    for cell in nbformat.read(path, as_version=4).cells
    if cell.cell_type == "markdown"
    for equation in displayed_equations(cell.source)
}
MAP = json.loads(FILE.read_text(encoding="utf-8"))
PARENTS = {label: [parent for way in ways.values() for parent in way] for label, ways in MAP.items()}

# ------------------------------------------------------------------------------------------ names and words


def test_every_name_belongs_to_an_equation():
    assert set(NAMES) - set(EQUATIONS) == set()


@pytest.mark.parametrize("label", EQUATIONS)
def test_formula_is_read_in_words(label):
    words = formula_words(EQUATIONS[label][1])
    assert re.fullmatch(r"[A-Za-z0-9. ]+", words), words
    assert not re.search(r"\b(begin|end|aligned|frac|mathbf|big\w?|left|right|qquad)\b", words, re.I), words


def test_results_have_names_of_their_own():
    names = [equation_name(label) for label in EQUATIONS if label.startswith("result-")]
    assert [name for name in names if names.count(name) > 1] == []


# --------------------------------------------------------------------------------------------------- search

QUERIES = {
    "row sums": "02_jacobian.html#equation-result-row-sums",
    "result jacobian": "02_jacobian.html#equation-result-jacobian",
    "safe step": "06_training.html#equation-definition-safe-step",
    "shift invariance": "01_log_odds_to_softmax.html#equation-result-shift",
    "diag o o transpose": "02_jacobian.html#equation-result-jacobian-matrix",
    "diag o minus o o transpose": "02_jacobian.html#equation-result-jacobian-matrix",
    "kronecker delta": "glossary.html#kronecker-delta",
    "derivative of log-sum-exp": "04_gradient.html#equation-result-logsumexp-derivative",
    "partial L over partial z j equals o j minus y j": "04_gradient.html#equation-result-gradient",
    "rank of the Jacobian": "02_jacobian.html#equation-result-rank",
    "2.8": "02_jacobian.html#equation-result-log-derivative",
    "certificate bound": "10_how_close.html#equation-result-certificate",
    "variance bound": "06_training.html#equation-result-variance-bound",
    "softmax": "01_log_odds_to_softmax.html#equation-definition-softmax",
    "Gibbs inequality": "03_likelihood_and_cross_entropy.html#equation-result-gibbs-inequality",
    "figure 2.1": "02_jacobian.html#fig-nudge",
    "claim A48": "08_regularisation.html#equation-quoted-a48-wrong",
}


def search(visit, where, query):
    """Open the page of a search; return the addresses that it lists first, without the folder."""
    page = visit.open(f"{where}/search.html?q={quote_plus(query)}")
    page.wait_for_function("document.getElementById('search-status').textContent")
    found = page.evaluate("[...document.querySelectorAll('.found > a')].map(link => link.href)")
    return page, [unquote(link.rsplit("/", 1)[-1]) for link in found]


@pytest.mark.parametrize("query", QUERIES)
def test_search_from_disk_leads_to_the_equation_itself(browser, site, query):
    with Visit(browser) as visit:
        page, found = search(visit, site.as_uri(), query)
        assert found[:1] == [QUERIES[query]]
        page.locator(".found > a").first.click()
        page.wait_for_url("**/chapters/**")
        target = page.locator(":target")
        assert target.count() == 1 and target.is_visible()
        assert visit.complaints == []


def test_search_from_a_server_shows_name_number_chapter_and_formula(browser, address):
    with Visit(browser) as visit:
        page, _ = search(visit, address, "row sums")
        first = page.locator("li.found").first
        first.locator(".katex").wait_for()
        words = first.inner_text()
        assert "Row sums of the Jacobian" in words
        assert re.search(r"Result 2\.\d+ · The softmax Jacobian", words)
        assert first.locator("math").count() == 1
        assert page.locator("#search-results h2").all_inner_texts() == [
            "Results, definitions, figures and words",
            "Pages, sections and functions",
        ]
        assert visit.complaints == []


def test_every_equation_is_found_by_its_label_and_by_its_formula(browser, site):
    with Visit(browser) as visit:
        page, _ = search(visit, site.as_uri(), "softmax")
        ask = """queries => queries.map(query => findNamed(query).slice(0, 5)
          .flatMap(item => [item, ...item.places]).map(item => item.anchor))"""
        labels = list(EQUATIONS)
        by_label = page.evaluate(ask, [label.replace("-", " ") for label in labels])
        missed = [
            label
            for label, found in zip(labels, by_label, strict=True)
            if f"equation-{label}" != found[:1][0] and f"equation-{label}" not in found
        ]
        assert missed == []
        results = [label for label in labels if label.startswith("result-")]
        assert [
            label
            for label, found in zip(labels, by_label, strict=True)
            if label in results and found[0] != f"equation-{label}"
        ] == []
        by_words = page.evaluate(ask, [formula_words(EQUATIONS[label][1]) for label in results])
        assert [label for label, found in zip(results, by_words, strict=True) if f"equation-{label}" not in found] == []


def test_search_says_how_much_it_has_found(browser, site):
    with Visit(browser) as visit:
        page, found = search(visit, site.as_uri(), "jacobian")
        assert page.locator("#search-status").get_attribute("role") == "status"
        count = int(re.search(r"(\d+) results?, definitions?", page.inner_text("#search-status"))[1])
        assert count > len(found) == 8
        page.locator("button.more").first.focus()
        page.keyboard.press("Enter")
        assert page.locator("li.found").count() == count
        assert page.evaluate("document.activeElement === document.querySelectorAll('li.found > a')[8]")
        page, found = search(visit, site.as_uri(), "xyzzy")
        assert found == [] and "Nothing was found" in page.inner_text("#search-status")
        assert visit.complaints == []


# --------------------------------------------------------------------------------------- cards of equations

LINK = 'article a[href="{}"]:not(.headerlink)'
NEAR = ("04_gradient", "#equation-result-gradient-weights", "Result (4.")
FAR = ("04_gradient", "02_jacobian.html#equation-result-vector-jacobian", "Result 2.")
FIGURE = ("02_jacobian", "#fig-nudge", "Figure 2.1")


def rest_on(page, link, card):
    """Rest the pointer on a link until its card is there; a page that is still being laid out may slip away below."""
    for _ in range(8):
        link.hover()
        page.wait_for_timeout(1000)
        if card.is_visible():
            return
        page.mouse.move(1, 1)
    raise AssertionError("no card came in eight tries")


@pytest.mark.parametrize(("page_name", "href", "heading"), [NEAR, FAR, FIGURE], ids=["near", "far", "figure"])
@pytest.mark.parametrize("served", [False, True], ids=["disk", "server"])
def test_link_shows_what_it_leads_to(browser, site, address, served, page_name, href, heading):
    with Visit(browser) as visit:
        page = visit.open(f"{address if served else site.as_uri()}/chapters/{page_name}.html")
        link, card = page.locator(LINK.format(href)).first, page.locator(".preview")
        rest_on(page, link, card)
        assert card.locator(".preview-head").inner_text().startswith(heading)
        shown = card.locator("img" if "#fig-" in href else ".katex-html").first
        assert shown.bounding_box()["width"] > 20
        card.hover()  # the pointer may rest on the card
        page.wait_for_timeout(500)
        assert card.is_visible()
        page.mouse.move(1, 1)
        card.wait_for(state="hidden")
        assert visit.complaints == []


def test_card_by_keyboard(browser, site):
    """It opens with the focus, describes the link, closes with Escape, and is nothing to tab through."""
    with Visit(browser) as visit:
        page = visit.open((site / "chapters" / "04_gradient.html").as_uri())
        link, card = page.locator(LINK.format(FAR[1])).first, page.locator(".preview")
        page.keyboard.press("Tab")  # from now on the browser takes the reader for someone at the keyboard
        link.focus()
        card.wait_for()
        described = page.evaluate(
            "document.getElementById(document.activeElement.getAttribute('aria-describedby')).textContent"
        )
        assert described.startswith(FAR[2])
        page.keyboard.press("Escape")
        assert card.is_hidden() and link.evaluate("link => link === document.activeElement")
        assert link.get_attribute("aria-describedby") is None
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Tab")
        card.wait_for()
        page.keyboard.press("Tab")
        assert card.is_hidden() and page.evaluate("!document.activeElement.closest('.preview')")
        assert visit.complaints == []


@pytest.mark.parametrize("width", [1280, 390, 320])
def test_card_stays_in_the_window(browser, site, width):
    with Visit(browser, width=width) as visit:
        page = visit.open((site / "chapters" / "04_gradient.html").as_uri())
        page.keyboard.press("Tab")
        for link in page.locator('article a[href*="#equation-"]:not(.headerlink)').all()[:12]:
            link.focus()
            page.locator(".preview").wait_for()
            box = page.locator(".preview").bounding_box()
            assert box["x"] >= 0 and box["x"] + box["width"] <= width
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_no_card_where_nothing_hovers(browser, site):
    context = browser.new_context(has_touch=True, is_mobile=True, viewport={"width": 390, "height": 800})
    page = context.new_page()
    page.goto((site / "chapters" / "04_gradient.html").as_uri())
    assert page.evaluate("matchMedia('(any-hover: hover)').matches") is False
    assert page.locator(".preview").count() == 0
    context.close()


def test_every_displayed_equation_has_a_link_that_focus_shows(browser, site):
    with Visit(browser) as visit:
        page = visit.open((site / "chapters" / "02_jacobian.html").as_uri())
        links = page.locator(".math-wrapper .eqno a.headerlink")
        assert links.count() == sum(page_name == "02_jacobian" for page_name, _ in EQUATIONS.values())
        assert links.first.evaluate("link => getComputedStyle(link).opacity") == "0"
        page.keyboard.press("Tab")
        links.first.focus()
        assert links.first.evaluate("link => getComputedStyle(link).opacity") == "1"


# ------------------------------------------------------------------------------------------ map of the results


def test_map_has_every_definition_and_result_below_what_it_rests_on():
    assert list(MAP) == [label for label in EQUATIONS if not label.startswith("quoted-")]
    place = {label: i for i, label in enumerate(MAP)}
    late = [(label, on) for label, parents in PARENTS.items() for on in parents if place[on] >= place[label]]
    assert late == []


def test_citations_count_for_the_equation_that_they_stand_before():
    text = (
        """# One\n\nBy {eq}`a` and\n\n$$\nx\n$$ (b)\n\nNote {eq}`a`.\n\n# Two\n\n$$\ny\n$$ (c)\n\nas {eq}`b` says\n"""
    )
    assert citations(text) == {"b": {"a"}, "c": set()}
    assert citations(text, argued={"c"}) == {"b": {"a"}, "c": {"b"}}


def test_what_is_reached_by_way_of_something_else_is_left_out():
    assert reduced({"a": [], "b": ["a"], "c": ["a", "b"]}) == {"a": set(), "b": {"a"}, "c": {"b"}}


def test_rails_in_one_lane_do_not_overlap():
    for stem in dict.fromkeys(page for page, _ in EQUATIONS.values()):
        order = [label for label in MAP if EQUATIONS[label][0] == stem]
        parents = {label: [on for on in PARENTS[label] if on in order] for label in order}
        rails = lanes(order, parents)
        assert set(rails) == {on for above in parents.values() for on in above}
        for (one, (lane, end)), (other, (same, last)) in itertools.combinations(rails.items(), 2):
            spans = sorted([(order.index(one), end), (order.index(other), last)])
            assert lane != same or spans[0][1] <= spans[1][0], f"{one} and {other}"


def reached(label, graph):
    return set().union(*({other} | reached(other, graph) for other in graph[label]))


@pytest.mark.parametrize("how", ["pointer", "keyboard"])
def test_map_lights_what_a_result_rests_on_and_what_rests_on_it(browser, site, how):
    users = {label: [user for user in MAP if label in PARENTS[user]] for label in MAP}
    with Visit(browser) as visit:
        page = visit.open((site / "chapters" / "map.html").as_uri())
        page.keyboard.press("Tab")
        for label in ("result-gradient", "definition-softmax-likelihood", "result-wilson"):
            name = page.locator(f"#map-{label} .map-name")
            name.hover() if how == "pointer" else name.focus()
            for side, graph in (("above", PARENTS), ("below", users)):
                lit = page.evaluate(f"[...document.querySelectorAll('.map > .{side}')].map(row => row.id.slice(4))")
                assert set(lit) == reached(label, graph), f"{side} {label}"
            rails = page.locator("line.lit, circle.lit").count()
            assert (rails > 0) == bool(PARENTS[label] or users[label])
        assert visit.complaints == []


def test_map_says_in_words_what_it_draws(site):
    """Every edge is in the text of both its rows, for who does not see the rails."""
    tree = check_site.page(site / "chapters" / "map.html", site).tree
    rows = {row.get("id")[4:]: row for row in tree.xpath("//ol[@class='map']/li")}
    assert set(MAP) <= set(rows)
    number = {label: rows[label].xpath("string(.//*[@class='map-number'])").split()[-1] for label in MAP}
    for label, parents in PARENTS.items():
        words = re.findall(r"\d+\.\d+", rows[label].text_content())
        assert {number[on] for on in parents} <= set(words), label
        for on in parents:
            used = rows[on].text_content().partition("used for")[2]
            assert number[label] in re.findall(r"\d+\.\d+", used), f"{on}: {label}"


def test_names_on_the_map_lead_to_the_equations(site):
    tree = check_site.page(site / "chapters" / "map.html", site).tree
    for label in MAP:
        (link,) = tree.xpath(f"//li[@id='map-{label}']//a[@class='map-name']")
        assert link.get("href") == f"{EQUATIONS[label][0]}.html#equation-{label}"


# ------------------------------------------------------------------------------------------ from page to page


def test_next_and_previous_lead_through_the_book(site):
    names = check_site.toc_pages()
    for before, name, after in zip([None, *names], names, [*names[1:], None], strict=False):
        tree = check_site.page(site / name, site).tree
        for rel, wanted in (("prev", before), ("next", after)):
            target = [] if wanted is None else [wanted.rsplit("/", 1)[-1]]
            assert tree.xpath(f"//head/link[@rel='{rel}']/@href") == target, f"{name}: {rel} in the head"
            assert tree.xpath(f"//nav//a[@rel='{rel}']/@href") == target, f"{name}: {rel} at the foot"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_page_offers_its_notebook(site, path):
    tree = check_site.page(site / "chapters" / f"{path.stem}.html", site).tree
    (link,) = tree.xpath(f"//a[@download='{path.name}']/@href")
    assert (site / "chapters" / link).resolve().read_bytes() == path.read_bytes()


@pytest.mark.parametrize("url", ["", "https://github.com/someone/softmax"], ids=["no repository", "repository"])
def test_change_can_be_suggested_where_there_is_a_repository(tmp_path, url):
    """A book of one page, built with and without the address of a repository."""
    for name in ("tools", "static", "softmax_explorables"):
        shutil.copytree(check_site.ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    config = yaml.safe_load((check_site.ROOT / "_config.yml").read_text(encoding="utf-8"))
    config["repository"] = {"url": url, "branch": "main"}
    shutil.copy(check_site.ROOT / "references.bib", tmp_path)
    (tmp_path / "_config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: chapters/page\n", encoding="utf-8")
    (tmp_path / "chapters").mkdir()
    (tmp_path / "chapters" / "page.md").write_text("# A page\n\nIts text.\n", encoding="utf-8")
    build = "from jupyter_book.cli.main import main; main()"
    paths = os.pathsep.join([str(tmp_path / "tools"), os.environ.get("PYTHONPATH", "")])  # the copied tools come first
    command = [sys.executable, "-c", build, "build", tmp_path]
    environment = os.environ | {"PYTHONPATH": paths}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    tree = check_site.page(tmp_path / "_build" / "html" / "chapters" / "page.html", tmp_path / "_build" / "html").tree
    links = [link.get("href") for link in tree.iter("a") if (link.text or "").startswith("Suggest a change")]
    assert links == ([f"{url}/edit/main/chapters/page.md"] if url else [])
