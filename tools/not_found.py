"""The page 404.html, which a server shows in place of any page that it lacks."""

from urllib.parse import urlsplit


def page(app):
    """For Sphinx: one more page. Its base is the path where the book is published, if _config.yml says so."""
    base = urlsplit(app.config.html_baseurl or "").path
    yield "404", {"title": "Page not found", "base": base and base.rstrip("/") + "/"}, "404.html"
