"""The addresses that follow from the repository: none by default, and each in the form its service documents."""

import jinja2
import lxml.html
import pytest
import yaml

import repository

NOTEBOOK, PAGE = "chapters/02_jacobian.ipynb", "chapters/notation.md"


@pytest.fixture
def configured(tmp_path):
    def configured(url="https://github.com/ada/book", services=True, **place):
        buttons = {"binderhub_url": "https://mybinder.org", "colab_url": "https://colab.research.google.com/"}
        config = tmp_path / "_config.yml"
        config.write_text(yaml.safe_dump({"repository": {"url": url} | place, "launch_buttons": services and buttons}))
        return repository.repository(config)

    return configured


def test_the_settings_are_there_to_be_filled_in():
    settings = yaml.safe_load(repository.CONFIG.read_text(encoding="utf-8"))
    assert set(settings["repository"]) == {"url", "branch", "path_to_book"}
    assert set(settings["launch_buttons"]) == {"binderhub_url", "colab_url"}
    assert all(settings["launch_buttons"].values())


@pytest.mark.parametrize("url", ["", None, "  "])
def test_without_a_repository_there_are_no_addresses(configured, url):
    assert configured(url) is None
    assert repository.addresses(NOTEBOOK, None) == {}


def test_a_config_without_the_settings_means_no_repository(tmp_path):
    (tmp_path / "_config.yml").write_text("title: a book\n")
    assert repository.repository(tmp_path / "_config.yml") is None


def test_addresses_of_a_notebook_on_github(configured):
    assert repository.addresses(NOTEBOOK, configured(branch="main")) == {
        "edit": "https://github.com/ada/book/edit/main/chapters/02_jacobian.ipynb",
        "binder": "https://mybinder.org/v2/gh/ada/book/main?urlpath=lab%2Ftree%2Fchapters%2F02_jacobian.ipynb",
        "colab": "https://colab.research.google.com/github/ada/book/blob/main/chapters/02_jacobian.ipynb",
    }


def test_a_page_without_code_is_not_launched(configured):
    assert set(repository.addresses(PAGE, configured())) == {"edit"}


def test_a_branch_with_a_slash_and_a_book_in_a_folder(configured):
    found = repository.addresses(NOTEBOOK, configured(branch="next/2", path_to_book="/docs/"))
    assert found["edit"].endswith("/edit/next/2/docs/chapters/02_jacobian.ipynb")
    assert "/gh/ada/book/next%2F2?" in found["binder"] and "tree%2Fdocs%2Fchapters" in found["binder"]
    assert found["colab"].endswith("/blob/next/2/docs/chapters/02_jacobian.ipynb")


def test_other_hosts_get_what_they_support(configured):
    gitlab = repository.addresses(NOTEBOOK, configured("https://gitlab.com/group/sub/book.git"))
    assert gitlab["edit"] == "https://gitlab.com/group/sub/book/-/edit/main/chapters/02_jacobian.ipynb"
    assert "/v2/git/https%3A%2F%2Fgitlab.com%2Fgroup%2Fsub%2Fbook/main?" in gitlab["binder"]
    assert "colab" not in gitlab
    assert set(repository.addresses(NOTEBOOK, configured("https://git.example.org/ada/book"))) == {"binder"}


def test_services_can_be_left_out(configured):
    assert set(repository.addresses(NOTEBOOK, configured(services=None))) == {"edit"}


@pytest.mark.parametrize("url", ["github.com/ada/book", "https://github.com/ada", "git@github.com:ada/book.git"])
def test_an_address_that_is_no_repository_is_named(configured, url):
    with pytest.raises(ValueError, match=r"repository\.url is"):
        configured(url)


def chapter_page(place):
    """The links above the title of a chapter, as the template of the pages makes them: text -> address."""
    theme = "{% block extra_styles %}{% endblock %}{% block body %}{% block content %}{% endblock %}{% endblock %}"
    template = (repository.ROOT / "tools" / "templates" / "page.html").read_text(encoding="utf-8")
    pages = jinja2.Environment(loader=jinja2.DictLoader({"!page.html": theme, "page.html": template}))
    page = {"chapter_number": 2, "notebook": "02_jacobian.ipynb", "pathto": lambda path, _=0: path}
    page |= {"addresses": repository.addresses(NOTEBOOK, place), "body": "<h1>The page</h1>", "sourcename": ""}
    html = lxml.html.document_fromstring(pages.get_template("page.html").render(page))
    return {link.text_content(): link.get("href") for link in html.xpath("//*[@class='chapter-bar']//a")}


def test_a_chapter_offers_the_services_when_there_is_a_repository(configured):
    links, found = chapter_page(configured()), repository.addresses(NOTEBOOK, configured())
    assert links["Run on Binder"] == found["binder"] and links["Run on Colab"] == found["colab"]


def test_a_chapter_offers_nothing_else(configured):
    """No repository, no services, or a host that Colab does not know."""
    for place, offered in (
        (None, []),
        (configured(services=None), []),
        (configured("https://gitlab.com/ada/book"), ["Run on Binder"]),
    ):
        assert [text for text in chapter_page(place) if text.startswith("Run")] == offered
