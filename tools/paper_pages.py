"""The pages of the built site as one document for paper.

Each page becomes an article whose ids start with the page's name, so that all can live in one document; links between
pages become links inside it.  What folds on a screen cannot fold on paper: the answers to the questions "Predict" and
the solutions of the exercises move to the end of their chapter, and the code of figures is left out.
"""

import html
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import lxml.html
import yaml
from lxml.builder import E

import check_site
from book_site import chapter_number
from search_names import formula_words

FIGURES = 0.88  # how much smaller pictures are beside the type than on the screen
ANSWERS = "Answers and solutions"
#: Pages that lead to others: there, each link to another page is followed by the number of the page on paper.
INDEXES = {"questions", "glossary", "source_claims", "map"}
#: What only serves a screen, as XPath.
SCREEN_ONLY = [
    ".//script",
    ".//a[@class='headerlink']",
    ".//p[@class='chapter-bar']/*[not(self::span)]",
    ".//div[contains(@class, 'explorable ')]",
    ".//div[contains(@class, 'toctree-wrapper')]",
    ".//div[contains(@class, 'tag_hide-input')]/details",
    ".//span[@class='katex-mathml']",  # the words of speak_formulas stand for it
]


def having(name):
    """XPath: the elements below that have this class."""
    return f".//*[contains(concat(' ', normalize-space(@class), ' '), ' {name} ')]"


def text_of(element):
    """The text of an element on one line."""
    return " ".join(element.text_content().split())


def as_html(element):
    return lxml.html.tostring(element, encoding="unicode", with_tail=False)


def page_of(anchor):
    """The place of the number of the page on which an anchor stands; tools/paper.py fills it in."""
    return E.span({"class": "page-of", "data-to": anchor})


def pointer(word, anchor):
    """What stands where something was folded away: where it is now."""
    return E.p({"class": "pointer"}, E.a(f"{word}: page ", page_of(anchor), href=f"#{anchor}"))


def answer(anchor, title):
    """An answer or a solution, which leads back to its question."""
    return E.div({"class": "answer", "id": f"{anchor}-answer"}, E.h4(E.a(title, href=f"#{anchor}")))


def folded(element):
    """What is inside a fold (a dropdown, or a cell tagged hide-cell), without the fold."""
    for fold in [element] if element.tag == "details" else element.xpath("./details"):
        fold.tag = "div"
        fold.set("class", "unfolded")
        for summary in fold.xpath("./summary"):
            summary.drop_tree()
    return element


def keep_letters(question):
    """Keep the letter of a choice, "C:", on the line where the choice begins."""
    for element in question.iter():
        element.text, element.tail = (
            text and re.sub(r"\b([A-D]:) +", "\\1\u00a0", text) for text in (element.text, element.tail)
        )


def exercise_title(element):
    """The title of the exercise that starts with this element, "2. Find the mistake.", or None."""
    if element.tag != "p" or not len(element) or element[0].tag != "strong" or (element.text or "").strip():
        return None
    title = text_of(element[0])
    return title if re.match(r"\d+\. ", title) else None


def lines_of(code):
    """The HTML of each line of a <pre>; a span that goes over several lines is closed and opened again."""
    lines, opened = [""], []
    for tag, text in re.findall(r"(<[^>]*>)|([^<]+)", code):
        if tag.startswith("</"):
            opened.pop()
        elif tag:
            opened.append(tag)
        lines[-1] += tag
        for i, part in enumerate(text.split("\n")):
            if i:
                lines[-1] += "".join(f"</{each[1:].split()[0].rstrip('>')}>" for each in reversed(opened))
                lines.append("".join(opened))
            lines[-1] += part
    return lines


def split_code(block):
    """Put each line of a <pre> into an element of its own: where one is wrapped, it can show so."""
    code = re.sub(r"^<pre[^>]*>|</pre>$", "", as_html(block)).replace("<span></span>", "").rstrip("\n")
    lines = "".join(f'<span class="line">{line or " "}</span>' for line in lines_of(code))
    block.getparent().replace(block, lxml.html.fragment_fromstring(f"<pre>{lines}</pre>"))


class PaperPage:
    """A page of the site on its way to paper: its ``name`` (02_jacobian), ``number`` (2 or None) and ``article``."""

    def __init__(self, path, names):
        self.path, self.names, self.name, self.number = path, names, path.stem, chapter_number(path.stem)
        tree = lxml.html.document_fromstring(path.read_bytes(), parser=check_site.PARSER)
        self.article = tree.xpath("//article[@role='main']")[0]
        self.article.attrib.clear()
        self.article.set("class", "chapter" if self.number else "beside")
        self.speak_formulas()
        for figure in self.article.xpath(".//figure[div[contains(@class, 'explorable ')]]"):
            figure.set("data-moved", "by hand")
        for pattern in SCREEN_ONLY:
            for element in self.article.xpath(pattern):
                element.drop_tree()
        self.title = text_of(self.article.xpath(".//h1")[0])
        self.move_answers()
        self.finish_pictures()
        self.rename()
        for block in self.article.xpath(".//pre"):
            split_code(block)

    @property
    def heading(self):
        """The title as the outline and the running header have it."""
        return self.title if self.number is None else f"{self.number} {self.title}"

    def find(self, name):
        """The elements that have this class."""
        return self.article.xpath(having(name))

    def sections(self):
        """(anchor, title as an element) of each section."""
        return [(self.anchor_of(heading), heading) for heading in self.article.xpath(".//h2")]

    def anchor_of(self, heading):
        return heading.get("id") or heading.getparent().get("id")

    def speak_formulas(self):
        """Give each formula its words: a tagged PDF keeps them for screen readers."""
        for formula in self.find("katex"):
            latex = formula.xpath("string(.//*[local-name()='annotation'])")
            formula.set("role", "img")
            formula.set("aria-label", formula_words(latex) or latex)

    def move_answers(self):
        """Gather what is folded away at the end of the page; a link in its place leads there, and another back."""
        predictions, solutions = self.predictions(), self.solutions()
        section = E.section(E.h2(ANSWERS), {"id": "answers", "class": "answers"})
        if predictions:
            section.extend([E.h3("Predict"), *predictions])
        if solutions:
            section.extend([E.h3("Exercises"), *solutions])
        if len(section) > 1:
            self.article.xpath("./section")[0].append(section)
        for element in self.article.xpath(".//details/.."):  # whatever else is folded is open on paper
            folded(element)

    def predictions(self):
        """Number the questions "Predict"; their answers."""
        answers = []
        for i, question in enumerate(self.find("predict"), 1):
            title = f"Predict {self.number}.{i}" if self.number else f"Predict {i}"
            question.set("id", f"predict-{i}")
            question.xpath("./p")[0].text = title
            keep_letters(question)
            for fold in question.xpath(".//details"):
                answers.append(answer(f"predict-{i}", title))
                fold.addprevious(pointer("Answer", f"predict-{i}-answer"))
                answers[-1].append(folded(fold))
        return answers

    def solutions(self):
        """Name the exercises; their solutions, with the cells that check them."""
        solutions, current = [], None
        for element in [each for section in self.article.xpath(".//section[@id='exercises']") for each in section]:
            title = exercise_title(element)
            if title:
                anchor = f"exercise-{title.split('.')[0]}"
                element.set("id", anchor)
                current = answer(anchor, title)
            elif current is not None and (element.tag == "details" or "tag_hide-cell" in element.get("class", "")):
                if current not in solutions:
                    element.addprevious(pointer("Solution", current.get("id")))
                    solutions.append(current)
                current.append(folded(element))
        return solutions

    def finish_pictures(self):
        """Pictures that load at once, from anywhere, and grow and shrink with the type."""
        for picture in self.article.xpath(".//img"):
            source = (self.path.parent / unquote(picture.get("src"))).resolve().as_uri()
            width = picture.get("width")
            alt = picture.get("alt", "")
            picture.attrib.clear()
            picture.attrib.update({"src": source, "alt": alt})
            if width:
                picture.set("style", f"width: {FIGURES * int(width) / 16:.4g}rem")

    def rename(self):
        """Ids and links as they have to be in the joined document."""
        for element in self.article.xpath(".//*[@id]"):
            element.set("id", f"{self.name}--{element.get('id')}")
        self.article.set("id", self.name)
        for element in self.find("page-of"):
            element.set("data-to", f"{self.name}--{element.get('data-to')}")
        for link in self.article.xpath(".//a[@href]"):
            target = self.target(link.get("href"))
            if target is None:
                link.drop_tag()
                continue
            link.set("href", target)
            if self.name in INDEXES and target.startswith("#") and target.split("--")[0] != f"#{self.name}":
                number = page_of(target[1:])
                number.tail, link.tail = link.tail, "\u00a0"
                link.addnext(number)

    def target(self, address):
        """Where a link leads in the joined document; None if paper does not have it, as a file to download."""
        parts = urlsplit(address)
        if parts.scheme:
            return address
        path = Path(unquote(parts.path))
        name = path.stem if parts.path else self.name
        if parts.path and (path.suffix != ".html" or name not in self.names):
            return None
        return f"#{name}--{unquote(parts.fragment)}" if parts.fragment else f"#{name}"


def parts(toc):
    """The table of contents: (caption or None, names of the pages) of each part."""
    contents = yaml.safe_load(toc.read_text(encoding="utf-8"))
    found = [(None, [Path(contents["root"]).name])]
    for part in contents["parts"]:
        found.append((part["caption"], [Path(chapter["file"]).name for chapter in part["chapters"]]))
    return found


def contents_entry(number, title, anchor):
    """A line of the contents, as HTML."""
    return (
        f'<a href="#{anchor}"><span class="entry-number">{number}</span><span class="entry">{title}</span>'
        f'<span class="leader"></span><span class="page-of" data-to="{anchor}"></span></a>'
    )


def inner_html(element):
    """The HTML inside a heading, links dropped."""
    copy = lxml.html.fragment_fromstring(as_html(element))
    for link in copy.xpath(".//a"):
        link.drop_tag()
    return re.sub(r"^<[^>]*>|</\w+>$", "", as_html(copy))


def contents(found, pages):
    """The table of contents, as HTML."""
    said = []
    for caption, names in found:
        said.append(f'<p class="caption">{html.escape(caption)}</p><ol>' if caption else "<ol>")
        for name in filter(pages.__contains__, names):
            page = pages[name]
            said.append(f"<li>{contents_entry(page.number or '', html.escape(page.title), name)}")
            sections = page.sections() if name != "map" else []  # its sections are the chapters once more
            lines = (contents_entry("", inner_html(title), anchor) for anchor, title in sections)
            said.append("".join(["<ol>", *(f"<li>{line}</li>" for line in lines), "</ol>"]) if sections else "")
            said.append("</li>")
        said.append("</ol>")
    return "".join(said)


def css_string(text):
    """A string of CSS."""
    return '"' + re.sub(r'([\\"])', r"\\\1", text) + '"'


def running_headers(pages):
    """A named page for each page of the site: its title runs along the top."""
    rules = []
    for i, page in enumerate(pages, 1):
        rules.append(f"#{page_selector(page.name)} {{ page: part-{i}; }}")
        rules.append(f"@page part-{i} {{ @top-right {{ content: {css_string(page.heading)}; }} }}")
    return "\n".join(rules)


def page_selector(name):
    """An id that starts with a digit, in CSS."""
    return re.sub(r"^\d", lambda digit: f"\\3{digit[0]} ", name)


def broken_links(document):
    """The links of a joined document that lead nowhere."""
    anchors = set(document.xpath("//@id"))
    return [link for link in document.xpath("//a/@href") if link.startswith("#") and link[1:] not in anchors]
