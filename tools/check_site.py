"""Check a built site: every page there, links lead somewhere, images described, nothing from outside.

Each check takes one page and yields sentences on what is wrong; tests/test_site.py calls the same ones.
Run by itself it checks _build/html and prints how much each page weighs over the wire.
"""

import gzip
import re
import sys
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import lxml.html
import yaml

ROOT = Path(__file__).parents[1]
SITE = ROOT / "_build" / "html"
KINDS = ("definition-", "result-", "quoted-")
OTHERS = ["search.html", "404.html"]  # pages that the table of contents does not name
BUDGET = 250_000  # bytes of a page of the table of contents over the wire, its figures apart

LOADING = {  # element -> attributes whose address the browser fetches by itself
    "script": ["src"],
    "img": ["src", "srcset"],
    "source": ["src", "srcset"],
    "iframe": ["src"],
    "embed": ["src"],
    "object": ["data"],
    "video": ["src", "poster"],
    "audio": ["src"],
    "track": ["src"],
    "input": ["src"],
    "image": ["href", "{http://www.w3.org/1999/xlink}href", "xlink:href"],
    "use": ["href", "xlink:href"],
}
FETCHED_LINKS = {"stylesheet", "icon", "preload", "prefetch", "modulepreload", "preconnect", "dns-prefetch"}
FETCHED_LINKS |= {"manifest", "apple-touch-icon", "prerender"}
OUTSIDE = re.compile(r"^\s*(?:[a-z][a-z0-9+.-]*:)?//", re.I)
CSS_ADDRESS = re.compile(r"url\(\s*(['\"]?)(.*?)\1\s*\)|@import\s+(['\"])(.*?)\3", re.S)
SCRIPT_ADDRESS = re.compile(
    r"(?:\bfetch|\bimport|importScripts|\.open|Worker|EventSource|WebSocket|sendBeacon)\s*\(\s*"
    r"(?:['\"]\w+['\"]\s*,\s*)?['\"`]\s*((?:https?:|wss?:)?//[^'\"`]*)|"
    r"\b(?:from|import)\s*['\"]((?:https?:)?//[^'\"]*)|\.src\s*=\s*['\"`]((?:https?:)?//[^'\"`]*)"
)
RAW_MATH = re.compile(r"\$[^$\n]*[\\^_{}][^$\n]*\$|\$\$|\\\(|\\\)|\\\[|\\\]|\\begin\{|\\end\{")


class Page:
    """One built page: its path and its parsed HTML."""

    def __init__(self, path, site):
        self.path, self.site = path, site
        self.text = path.read_text(encoding="utf-8")
        self.tree = lxml.html.document_fromstring(self.text.encode(), parser=PARSER)
        self.anchors = set(self.tree.xpath("//@id")) | set(self.tree.xpath("//a/@name"))

    def __str__(self):
        return self.path.relative_to(self.site).as_posix()

    def article(self):
        """The content that an author wrote."""
        return self.tree.xpath("//article[@role='main']")[0]

    def is_chapter(self):
        """A numbered page, whose equations and weight are under the book's rules."""
        return bool(re.match(r"\d+_", self.path.name))


PARSER = lxml.html.HTMLParser(encoding="utf-8", huge_tree=True)


def toc_pages(toc=ROOT / "_toc.yml"):
    """The pages of the table of contents, in order, as paths within the site."""
    pages = []

    def walk(entry):
        if isinstance(entry, dict):
            if "root" in entry:
                pages.append(entry["root"])
            if "file" in entry:
                pages.append(entry["file"])
            for part in ("parts", "chapters", "subtrees", "entries", "sections"):
                for child in entry.get(part) or []:
                    walk(child)

    walk(yaml.safe_load(toc.read_text(encoding="utf-8")))
    return [re.sub(r"\.(ipynb|md)$", "", page) + ".html" for page in pages]


@lru_cache(maxsize=256)
def _page(path, site, changed):
    return Page(path, site)


def page(path, site):
    return _page(path, site, path.stat().st_mtime_ns)


def site_pages(site, names=None):
    """The pages of a site: those named, the search page, and the one for addresses that lead nowhere."""
    names = toc_pages() if names is None else names
    return [page(site / name, site) for name in [*names, *OTHERS] if (site / name).is_file()]


# --------------------------------------------------------------------------------------- checks of one page


def check_links(page):
    """Links, images, scripts and style sheets inside the site resolve, with their anchors."""
    for element in page.tree.iter("a", "link", "img", "script", "source", "area", "form"):
        for attribute in ("href", "src", "action"):
            address = element.get(attribute)
            if address is None or re.match(r"[a-z][a-z0-9+.-]*:|//", address, re.I):
                continue
            parts = urlsplit(address)
            target = (page.path.parent / unquote(parts.path)).resolve() if parts.path else page.path
            if target.is_dir():
                target = target / "index.html"
            if not target.is_file():
                yield f"{page}: <{element.tag}> leads nowhere: {address}"
            elif not target.is_relative_to(page.site.resolve()):
                yield f"{page}: <{element.tag}> leads out of the site: {address}"
            elif parts.fragment and target.suffix == ".html":
                anchors = page.anchors if target == page.path else _page_at(target, page.site).anchors
                if unquote(parts.fragment) not in anchors:
                    yield f"{page}: there is no such anchor: {address}"


def _page_at(path, site):
    return page(path, site)


def check_anchors(page):
    """No two elements share an id."""
    seen = set()
    for name in page.tree.xpath("//@id"):
        if name in seen:
            yield f"{page}: the id {name} occurs twice"
        seen.add(name)


def check_images(page):
    """Every image says in words what it shows, and states its size."""
    for image in page.tree.iter("img"):
        source, alt = image.get("src", ""), (image.get("alt") or "").strip()
        name = Path(urlsplit(source).path).name
        if not alt:
            yield f"{page}: an image without alt text: {source}"
        elif alt == source or name in alt or re.fullmatch(r"\S+\.(svg|png|jpe?g|gif|webp)", alt):
            yield f"{page}: the alt text of an image is a file name: {alt}"
        if not (image.get("width") and image.get("height")) and "width" not in image.get("style", ""):
            yield f"{page}: an image without width and height, the page will shift: {source}"


def check_outside(page):
    """Nothing that the browser loads by itself comes from another host."""
    for element in page.tree.iter():
        if not isinstance(element.tag, str):
            continue
        addresses = [element.get(name) for name in LOADING.get(element.tag, ()) if element.get(name)]
        if element.tag == "link" and FETCHED_LINKS & set((element.get("rel") or "").lower().split()):
            addresses.append(element.get("href") or "")
        for address in addresses:
            for part in re.split(r",\s+|\s+", address) if "srcset" in element.attrib else [address]:
                if OUTSIDE.match(part):
                    yield f"{page}: <{element.tag}> loads from another host: {part}"
        texts = [element.get("style") or ""]
        if element.tag == "style":
            texts.append(element.text or "")
        for text in texts:
            yield from (f"{page}: {complaint}" for complaint in outside_css(text))
        if element.tag == "script":
            yield from (f"{page}: {complaint}" for complaint in outside_script(element.text or ""))
        if element.tag == "meta" and (element.get("http-equiv") or "").lower() == "refresh":
            if OUTSIDE.search(element.get("content", "").split("=", 1)[-1]):
                yield f"{page}: the page sends its reader to another host"


def outside_css(text):
    """Addresses of other hosts in a style sheet."""
    for match in CSS_ADDRESS.finditer(text):
        address = match[2] or match[4] or ""
        if OUTSIDE.match(address):
            yield f"a style sheet loads from another host: {address}"


def outside_script(text):
    """Addresses of other hosts that a script names where it loads something."""
    for match in SCRIPT_ADDRESS.finditer(text):
        yield f"a script loads from another host: {next(filter(None, match.groups()))}"


def check_math(page):
    """Mathematics was typeset when the site was built, for the eye (HTML) and for screen readers (MathML)."""
    for node in page.tree.xpath("//*[contains(concat(' ', @class, ' '), ' katex-error ')]"):
        yield f"{page}: KaTeX could not typeset {node.text_content()!r}"
    for node in page.tree.xpath("//*[self::span or self::div][contains(concat(' ', @class, ' '), ' math ')]"):
        drawn = node.xpath(".//*[@class='katex-html']//*[@class='base']")
        if not drawn or not node.xpath(".//*[local-name()='math']"):
            yield f"{page}: mathematics that is not typeset: {node.text_content().strip()[:80]!r}"
    for text in _prose(page.article()):
        found = RAW_MATH.search(text)
        if found:
            yield f"{page}: raw LaTeX in the text: {text[max(0, found.start() - 20) : found.end() + 30]!r}"


def _prose(element):
    """The texts of an element outside mathematics, code and scripts."""
    skip = {"script", "style", "pre", "code", "math", "svg"}
    classes = (element.get("class") or "").split()
    if not isinstance(element.tag, str) or element.tag in skip or "katex" in classes:
        return
    if element.text:
        yield element.text
    for child in element:
        yield from _prose(child)
        if child.tail:
            yield child.tail


def check_equations(page):
    """A displayed equation in a chapter's text is a definition, a result or quoted, and says so."""
    if not page.is_chapter():
        return
    shown = "//div[contains(concat(' ', @class, ' '), ' equation ')]"
    output = "[not(ancestor::*[contains(concat(' ', @class, ' '), ' cell_output ')])]"
    for equation in page.tree.xpath(shown + output):
        name = equation.get("id") or equation.getparent().get("id") or ""
        if not name.removeprefix("equation-").startswith(KINDS):
            latex = " ".join(equation.xpath("string(.//*[local-name()='annotation'])").split())
            yield f"{page}: a displayed equation is neither definition, result nor quoted: {latex[:100]}"


def check_search(page):
    """One search box, not two."""
    boxes = page.tree.xpath("//form[@role='search']//input[@name='q']")
    others = page.tree.xpath("//input[@type='search' or @name='q']")
    if len(boxes) != 1 or len(others) != 1:
        yield f"{page}: {len(others)} search boxes instead of one"


def check_head(page):
    """A language, a title, exactly one main heading."""
    if not page.tree.get("lang"):
        yield f"{page}: no language"
    if not (page.tree.findtext(".//title") or "").strip():
        yield f"{page}: no title"
    headings = len(page.tree.xpath("//h1"))
    if headings != 1:
        yield f"{page}: {headings} main headings (h1) instead of one"


def check_preview(page):
    """What shows a link to the page finds a title, a description in plain words and a picture."""
    found = {}
    for meta in page.tree.iter("meta"):
        found.setdefault(meta.get("property") or meta.get("name"), (meta.get("content") or "").strip())
    for name in ("description", "og:title", "og:description", "og:type", "og:image", "og:image:alt", "twitter:card"):
        if not found.get(name):
            yield f"{page}: no {name}"
    words = found.get("description", "")
    if len(words) > 200:
        yield f"{page}: a description of {len(words)} characters"
    if re.search(r"[\\$_{}…]", words.replace("softmax_", "")) or not re.search(r"\w[.?!]$", words):
        yield f"{page}: a description that is not plain sentences: {words!r}"
    picture = found.get("og:image", "")
    if not re.match(r"https?:", picture) and not (page.path.parent / picture).is_file():
        yield f"{page}: the picture of the link preview is missing: {picture}"


def check_weight(page):
    """A page keeps to its budget."""
    if weight(page)["total"] > BUDGET:
        parts = ", ".join(f"{name} {size / 1000:.0f} kB" for name, size in weight(page).items())
        yield f"{page}: heavier than {BUDGET / 1000:.0f} kB over the wire: {parts}"


PAGE_CHECKS = [
    check_links,
    check_anchors,
    check_images,
    check_outside,
    check_math,
    check_equations,
    check_search,
    check_head,
    check_preview,
    check_weight,
]


# --------------------------------------------------------------------------------------- checks of the site


def check_pages(site, names):
    """Every page of the table of contents is there, and nothing else is."""
    for name in [*names, "index.html", *OTHERS]:
        if not (site / name).is_file():
            yield f"{name} is missing from the site"
    known = {*names, "index.html", *OTHERS, "genindex.html"}
    for path in sorted(site.rglob("*.html")):
        name = path.relative_to(site).as_posix()
        if name not in known and not name.startswith("_"):
            yield f"{name} is in the site, but not in the table of contents"


def check_descriptions(site, names):
    """No two pages describe themselves in the same words."""
    seen = {}
    for one in site_pages(site, names):
        for words in one.tree.xpath("//meta[@name='description']/@content"):
            if words in seen:
                yield f"{one}: the same description as {seen[words]}"
            seen[words] = one


def check_files(site):
    """Style sheets and scripts load nothing from other hosts, and the files that style sheets name exist."""
    for path in sorted(site.rglob("*.css")):
        text = path.read_text(encoding="utf-8")
        yield from (f"{path.relative_to(site)}: {complaint}" for complaint in outside_css(text))
        for match in CSS_ADDRESS.finditer(text):
            address = (match[2] or match[4] or "").strip()
            if address and not re.match(r"data:|#|(?:[a-z]+:)?//", address):
                if not (path.parent / unquote(urlsplit(address).path)).is_file():
                    yield f"{path.relative_to(site)}: there is no such file: {address}"
    for path in sorted([*site.rglob("*.js"), *site.rglob("*.mjs")]):
        text = path.read_text(encoding="utf-8")
        yield from (f"{path.relative_to(site)}: {complaint}" for complaint in outside_script(text))
    for path in sorted(site.rglob("*.svg")):
        text = path.read_text(encoding="utf-8")
        yield from (f"{path.relative_to(site)}: {complaint}" for complaint in outside_css(text))
        if re.search(r"(?:xlink:)?href=['\"]\s*(?:https?:)?//", text) and "<image" in text:
            yield f"{path.relative_to(site)}: a drawing loads an image from another host"


# --------------------------------------------------------------------------------------------------- weight


def wire(path):
    """Bytes over the wire: compressed, unless the format already is; 0 for what other checks miss."""
    if not path.is_file():
        return 0
    data = path.read_bytes()
    return len(data) if path.suffix in {".woff2", ".png", ".jpg", ".webp"} else len(gzip.compress(data, 6))


KATEX_CLASSES = {  # font of KaTeX -> classes in its HTML that ask for it
    "Main-Regular": {"katex"},
    "Math-Italic": {"mathnormal"},
    "Main-Italic": {"mathit", "textit"},
    "Main-Bold": {"mathbf", "textbf"},
    "Main-BoldItalic": set(),
    "Math-BoldItalic": {"boldsymbol"},
    "AMS-Regular": {"amsrm", "mathbb", "textbb"},
    "Caligraphic-Regular": {"mathcal", "textcal"},
    "Fraktur-Regular": {"mathfrak", "textfrak"},
    "Script-Regular": {"mathscr", "textscr"},
    "SansSerif-Regular": {"mathsf", "textsf"},
    "Typewriter-Regular": {"mathtt", "texttt"},
    "Size1-Regular": {"size1", "small-op", "delimsizing"},
    "Size2-Regular": {"size2", "large-op"},
    "Size3-Regular": {"size3"},
    "Size4-Regular": {"size4", "delimsizinginner", "mult"},
}


def fonts(page, text):
    """The fonts of a style sheet that this page can use: all of the book's own, KaTeX's by their classes."""
    names = {name for value in page.tree.xpath("//@class") for name in value.split()}
    for match in CSS_ADDRESS.finditer(text):
        address = match[2] or match[4] or ""
        if address.endswith(".woff2"):
            katex = re.search(r"KaTeX_([\w-]+)\.woff2", address)
            if not katex or names & KATEX_CLASSES.get(katex[1], set()):
                yield address


def weight(page):
    """Bytes over the wire of a page, figures apart: its HTML, styles, scripts and the fonts it can use."""
    sizes = {"html": wire(page.path), "css": 0, "js": 0, "fonts": 0}
    for sheet in page.tree.xpath("//link[@rel='stylesheet']/@href"):
        path = page.path.parent / urlsplit(sheet).path
        sizes["css"] += wire(path)
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        sizes["fonts"] += sum(wire(path.parent / address) for address in set(fonts(page, text)))
    for script in page.tree.xpath("//script/@src"):
        sizes["js"] += wire(page.path.parent / urlsplit(script).path)
    sizes["total"] = sum(sizes.values())
    return sizes


def check(site=SITE, names=None):
    """Everything that is wrong with a site, as a list of sentences."""
    names = toc_pages() if names is None else names
    problems = [*check_pages(site, names), *check_descriptions(site, names), *check_files(site)]
    for one in site_pages(site, names):
        for check_page in PAGE_CHECKS:
            problems.extend(check_page(one))
    return problems


def main():
    problems = check()
    for one in site_pages(SITE):
        sizes = weight(one)
        print(f"{one!s:45}", "  ".join(f"{name} {size / 1000:5.1f} kB" for name, size in sizes.items()))
    if problems:
        print("The site is not sound:", *problems, sep="\n  ", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
