"""Where the book's sources live, and the addresses that follow from it: Binder, Colab, "suggest a change".

The settings are Jupyter Book's own, in _config.yml: `repository` (url, branch, path_to_book) and
`launch_buttons` (binderhub_url, colab_url). Without an address of a repository there are no such links.
"""

from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, urlsplit

import yaml

ROOT = Path(__file__).parents[1]
CONFIG = ROOT / "_config.yml"


class Repository(NamedTuple):
    """A repository that readers can reach, and the services that open its notebooks ("" for none)."""

    url: str  # https://github.com/owner/name
    branch: str
    folder: str  # of the book within the repository: "" or "docs/"
    binder: str
    colab: str

    @property
    def host(self):
        return urlsplit(self.url).netloc

    @property
    def name(self):
        """owner/name"""
        return urlsplit(self.url).path.strip("/")


def repository(config=CONFIG):
    """The repository that _config.yml names, or None."""
    settings = yaml.safe_load(Path(config).read_text(encoding="utf-8"))
    place, services = settings.get("repository") or {}, settings.get("launch_buttons") or {}
    url = (place.get("url") or "").strip().rstrip("/").removesuffix(".git")
    if not url:
        return None
    if urlsplit(url).scheme not in ("http", "https") or "/" not in urlsplit(url).path.strip("/"):
        raise ValueError(f"_config.yml: repository.url is {url!r}; it looks like https://github.com/owner/name")
    folder = (place.get("path_to_book") or "").strip("/")
    return Repository(
        url=url,
        branch=place.get("branch") or "main",
        folder=f"{folder}/" if folder else "",
        binder=(services.get("binderhub_url") or "").rstrip("/"),
        colab=(services.get("colab_url") or "").rstrip("/"),
    )


def addresses(source, place):
    """The addresses for one source file, "chapters/02_jacobian.ipynb", by their names.

    edit: a page on which to suggest a change; colab and binder: the notebook, ready to run. What the
    repository's host or the file does not allow is left out; no repository, no addresses.
    """
    if place is None:
        return {}
    path, branch = quote(place.folder + source), quote(place.branch)
    github, gitlab = place.host == "github.com", place.host.startswith("gitlab.")
    found = {}
    if github or gitlab:
        found["edit"] = f"{place.url}/{'-/' if gitlab else ''}edit/{branch}/{path}"
    if source.endswith(".ipynb"):
        if place.binder:
            kind, name = ("gh", place.name) if github else ("git", quote(place.url, safe=""))
            lab = quote(f"lab/tree/{place.folder}{source}", safe="")
            found["binder"] = f"{place.binder}/v2/{kind}/{name}/{quote(place.branch, safe='')}?urlpath={lab}"
        if place.colab and github:
            found["colab"] = f"{place.colab}/github/{place.name}/blob/{branch}/{path}"
    return found
