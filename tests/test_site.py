"""The built site: every page there, links resolve, images described, nothing from outside, math typeset."""

import inspect
import re
from functools import cached_property
from types import FunctionType, SimpleNamespace

import pytest
from docutils.parsers.rst import DirectiveError

import build_book
import check_site
import library_page
import softmax_lib
from softmax_lib.checks import GradientReport
from softmax_lib.datasets import Dataset
from softmax_lib.model import SOLVERS
from softmax_lib.solvers import Result

PAGES = [*check_site.toc_pages(), *check_site.OTHERS]


@pytest.fixture(scope="module")
def site():
    """The site, built again if any of its sources has changed."""
    if build_book.build(say=lambda *_: None, check=False):
        pytest.fail("the site does not build: see test_site_builds_without_warnings")
    return check_site.SITE


def test_site_builds_without_warnings():
    problems = build_book.build(say=lambda *_: None, check=False)
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("check", check_site.PAGE_CHECKS, ids=lambda check: check.__name__[6:])
@pytest.mark.parametrize("name", PAGES)
def test_page(site, name, check):
    assert list(check(check_site.page(site / name, site))) == []


def test_pages_of_the_table_of_contents_are_all_there(site):
    assert list(check_site.check_pages(site, check_site.toc_pages())) == []


def test_no_two_pages_describe_themselves_in_the_same_words(site):
    assert list(check_site.check_descriptions(site, check_site.toc_pages())) == []


def test_style_sheets_and_scripts_load_nothing_from_outside(site):
    assert list(check_site.check_files(site)) == []


# ----------------------------------------------------------------------------------- the page of the library

PUBLIC = {name: getattr(softmax_lib, name) for name in softmax_lib.__all__}
PUBLIC |= {solver.__name__: solver for solver in SOLVERS.values()}
PUBLIC |= {result.__name__: result for result in (Result, GradientReport, Dataset)}


@pytest.fixture
def library(site):
    return check_site.page(site / f"{library_page.PAGE}.html", site)


def methods(public):
    """The public methods of a class that have a docstring, those of other packages apart."""
    for name, member in vars(public).items():
        if isinstance(member, (FunctionType, property, cached_property)) and member.__doc__ and name[0] != "_":
            yield name


def as_in_docstring(element):
    """The text of an element, formulas as LaTeX."""
    if "math" in (element.get("class") or "").split():
        return element.xpath("string(.//*[local-name()='annotation'])")
    return (element.text or "") + "".join(as_in_docstring(child) + (child.tail or "") for child in element)


def test_every_public_name_has_an_entry_and_no_other(library):
    found = [name.removeprefix("softmax_lib.") for name in library.tree.xpath("//dl/dt[contains(@class, 'sig')]/@id")]
    wanted = set()
    for name, public in PUBLIC.items():
        module = public.__module__.removeprefix("softmax_lib.")
        path = name if name in softmax_lib.__all__ else f"{module}.{name}"
        wanted |= {path} | {f"{path}.{method}" for method in methods(public) if inspect.isclass(public)}
    assert sorted(found) == sorted(wanted)


def test_the_table_of_names_repeats_the_first_lines_of_the_docstrings(library):
    rows = library.tree.xpath("//table[contains(@class, 'names')]//tr[not(contains(@class, 'layer'))]")
    found = {row[0].text_content().strip(): " ".join(as_in_docstring(row[1]).split()) for row in rows}
    first_lines = {name: inspect.getdoc(public).split("\n")[0] for name, public in PUBLIC.items()}
    assert found == {name: re.sub(r":math:|`", "", line).replace("'", "’") for name, line in first_lines.items()}


def test_what_docstrings_say_of_the_chapters_are_links(site, library):
    anchors = set().union(*(page.anchors for page in check_site.site_pages(site)))
    plain = re.findall(r"\(((?:definition|result|quoted)-[\w-]+)\)", library.article().text_content())
    assert not [label for label in plain if f"equation-{label}" in anchors]
    jacobian = "//dt[@id='softmax_lib.softmax_jacobian']/../dd//a/@href"
    assert "02_jacobian.html#equation-result-jacobian" in library.tree.xpath(jacobian)
    for link in library.article().iter("a"):
        chapter = re.fullmatch(r"chapter (\d+)", link.text_content())
        assert not chapter or re.match(f"0*{chapter[1]}_", link.get("href"))
    assert not library.article().xpath(".//p[contains(., 'Nocedal')]//a"), "the chapters of another book are not ours"


def test_docstrings_are_shown_on_no_other_page():
    """Their equations are in no ledger."""
    state = SimpleNamespace(document=SimpleNamespace(settings=SimpleNamespace(env=SimpleNamespace(docname="a"))))
    entries = library_page.Entries("entries", [], {}, ["softmax"], 1, 0, "", state, SimpleNamespace(reporter=None))
    with pytest.raises(DirectiveError) as refusal:
        entries.run()
    assert "belong on chapters/library, not on a" in refusal.value.msg
