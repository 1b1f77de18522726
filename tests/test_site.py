"""The built site: every page there, links resolve, images described, nothing from outside, math typeset."""

import pytest

import build_book
import check_site

PAGES = [*check_site.toc_pages(), "search.html"]


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


def test_style_sheets_and_scripts_load_nothing_from_outside(site):
    assert list(check_site.check_files(site)) == []
