"""The page 404.html, which a server shows in place of any page that it lacks."""

from urllib.parse import urlsplit


def page(app):
    """For Sphinx: one more page. Its base is the path where the book is published, if _config.yml says so."""
    published = app.config.html_baseurl
    base = urlsplit(published).path.rstrip("/") + "/" if published else ""
    yield "404", {"title": "Page not found", "base": base}, "404.html"
