"""What the tests of the site in a real browser share: Chromium, the built site, a page being read."""

import os
from urllib.parse import urlsplit

import pytest

import build_book
import check_site
import serve
from chromium import FLAGS
from chromium import path as chromium


def do_without_chromium(reason="no Chromium: install it, or name one with the variable CHROMIUM"):
    """End the test: skipped on a reader's machine, failed in continuous integration."""
    if os.environ.get("CI", "").lower() in ("", "0", "false"):
        pytest.skip(reason)
    pytest.fail(reason)


@pytest.fixture(scope="module")
def browser():
    path = chromium()
    if path is None:
        do_without_chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def site():
    if build_book.build(say=lambda *_: None, check=False):
        pytest.fail("the site does not build: see test_site_builds_without_warnings")
    return check_site.SITE


@pytest.fixture(scope="module")
def address(site):
    """The site served on loopback."""
    with serve.running(site) as address:
        yield address


class Visit:
    """A page being read: everything it asks of the network, and everything that goes wrong."""

    def __init__(self, browser, width=1280, scheme="light", javascript=True):
        self.context = browser.new_context(
            viewport={"width": width, "height": 860}, color_scheme=scheme, java_script_enabled=javascript
        )
        self.complaints, self.home = [], None
        self.page = self.context.new_page()
        self.page.route("**/*", self.guard)
        self.page.on("pageerror", lambda error: self.complaints.append(f"JavaScript error: {error}"))
        self.page.on("requestfailed", self.miss)
        self.page.on("console", self.hear)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.context.close()

    def guard(self, route):
        parts = urlsplit(route.request.url)
        if parts.scheme in ("data", "blob") or (parts.scheme, parts.netloc) == self.home:
            route.continue_()
        else:
            self.complaints.append(f"asks another host: {route.request.url}")
            route.abort()

    def miss(self, request):
        if request.failure != "net::ERR_ABORTED":  # the reader went on to another page
            self.complaints.append(f"not loaded: {request.url} ({request.failure})")

    def hear(self, message):
        if message.type in ("error", "warning"):
            self.complaints.append(f"console: {message.text}")

    def open(self, address):
        self.home = (urlsplit(address).scheme, urlsplit(address).netloc)
        response = self.page.goto(address, wait_until="load")
        assert response is None or response.status < 400, f"{address}: {response.status}"
        return self.page

    def open_explorable(self, address, name, drawn=""):
        """Open a page and bring one of its explorables to the middle of the window; it has started, and drawn this."""
        page, place = self.open(address), f".explorable-{name}"
        page.locator(place).scroll_into_view_if_needed()
        page.wait_for_selector(f"{place}.started {drawn}")
        page.locator(place).evaluate("box => box.scrollIntoView({block: 'center', behavior: 'instant'})")
        return page

    def read_to_the_end(self):
        """Scroll down so that everything that loads late does, and wait for it."""
        self.page.evaluate(
            """async () => {
              for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight) {
                scrollTo({top: y, behavior: "instant"});
                await new Promise(requestAnimationFrame);
              }
              // an image that is not shown (an explorable stands in its place) would never load
              const shown = [...document.images].filter(image => !image.matches(".explorable ~ img"));
              await Promise.all(shown.map(image => image.decode().catch(() => 0)));
              await document.fonts.ready;
            }"""
        )
