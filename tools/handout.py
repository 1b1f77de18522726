"""A handout of exactly two pages for a chapter, made from the chapter itself.

It has the hook, the goals, definitions and results with their numbers, one or two figures, the questions "Predict" with
lines to write on, a few exercises, what to take away, and room for notes.  What does not fit is left out by rule: the
results that the fewest others rest on (chapters/map.json), then the second figure and the third exercise; the names of
results left out are listed.  tools/templates/handout.js measures and chooses the size of the type.
"""

import copy
import html
import json
import re
from collections import Counter
from pathlib import Path

import lxml.html

from book_site import equation_kind
from paper_pages import as_html, exercise_title, having, inner_html, text_of
from search_names import equation_name

ROOT = Path(__file__).parents[1]
TEMPLATES = Path(__file__).with_name("templates")
EXERCISES, FIGURES, PREDICTIONS = 3, 2, 6  # at most
NEEDED_PREDICTIONS, NEEDED_RESULTS = 3, 4  # at least, if there are so many
FIRST_RESULTS = 10  # so many results are worth more than a second figure or a third exercise


def read_map():
    """Each definition and result of the book, and how many others rest on it: {label: number}."""
    found = json.loads((ROOT / "chapters" / "map.json").read_text(encoding="utf-8"))
    used = Counter(parent for ways in found.values() for parents in ways.values() for parent in parents)
    return {label: used[label] for label in found}


def labels(page):
    """The labels of the definitions and results of a page, with their elements."""
    start = f"{page.name}--equation-"
    found = page.article.xpath(".//div[starts-with(@id, $start)]", start=start)
    found = {element.get("id").removeprefix(start): element for element in found}
    return {label: element for label, element in found.items() if equation_kind(label) in ("definition", "result")}


def plain(element):
    """A copy that stands alone: no ids, and no links, which lead nowhere on a sheet of its own."""
    element = copy.deepcopy(element)
    element.tail = None
    for link in element.xpath(".//a"):
        link.drop_tag()
    for each in element.iter():
        each.attrib.pop("id", None)
    return element


def first_sentences(paragraph, least=70):
    """The first line of a paragraph's source, which is a sentence, and the next ones while it is short."""
    lines, taken = inner_html(paragraph).split("\n"), []
    for line in lines:
        taken.append(line)
        text = lxml.html.fragment_fromstring(" ".join(taken), create_parent="p")
        whole = " ".join(taken)
        balanced = len(re.findall(r"<\w", whole)) == len(re.findall(r"</", whole))
        if balanced and len(text_of(text)) >= least:
            break
    return " ".join(taken)


def section(page, anchor):
    """A section of a chapter, or None."""
    found = page.article.xpath(f".//section[@id='{page.name}--{anchor}']")
    return found[0] if found else None


def block(kind, content, drop=0, title="", name=""):
    """A part of the handout that stays in one piece; one with a higher ``drop`` is left out first, with 0 never."""
    heading = f"<h2>{title}</h2>" if title else ""
    return f'<div class="block {kind}" data-drop="{drop}" data-name="{name}">{heading}{content}</div>'


def head(page):
    hook = next(p for p in page.article.xpath("./section/p"))
    return block(
        "head",
        f'<p class="above">Chapter {page.number}</p><h1>{html.escape(page.title)}</h1>'
        f'<p class="hook">{first_sentences(plain(hook))}</p>',
    )


def goals(page):
    """The goals, and the first figure beside them."""
    items = [as_html(plain(each)) for each in page.article.xpath(having("goals") + "//ul")]
    shown = figures(page)
    beside = shown[0] if shown else ""
    return block("start", f'<div class="goals"><h2>You will be able to</h2>{"".join(items)}</div>{beside}')


def figures(page):
    """The first figures that have a number and no controls to be moved by hand."""
    found = page.article.xpath(".//figure[.//span[@class='caption-number']]")
    return [as_html(plain(figure)) for figure in found if not figure.get("data-moved")][:FIGURES]


def results(page):
    """Definitions and results: number, name and formula; those on which little rests are left out first."""
    used, here = read_map(), labels(page)
    elsewhere = set(used) - set(here)
    worth = sorted(here, key=lambda label: -(used.get(label, 0) + 2 * (equation_kind(label) == "result")))
    said = []
    for label, element in here.items():
        rank = worth.index(label)
        drop = 0 if rank < NEEDED_RESULTS else 10 + rank if rank < FIRST_RESULTS else 100 + rank
        number = text_of(element.xpath(having("eqno"))[0]).strip("()")
        name = html.escape(equation_name(label, elsewhere))
        formula = as_html(plain(element.xpath(having("katex-display"))[0]))
        content = f'<p class="name"><b>{number}</b> {name}</p>{formula}'
        said.append(block(f"{equation_kind(label)} formula", content, drop, name=f"{name} ({number})"))
    return said


def predictions(page):
    """The questions, with lines to write on."""
    said = []
    for i, question in enumerate(page.article.xpath(having("predict"))[:PREDICTIONS]):
        following = question.xpath("following::figure//span[@class='caption-number']")
        question = plain(question)
        for pointer in question.xpath(having("pointer")):
            pointer.drop_tree()
        title, *body = question
        text = "".join(as_html(each) for each in body)
        if following:  # on the sheet it may stand elsewhere, or not at all
            text = text.replace("the next figure", text_of(following[0]))
        content = f'<p class="name"><b>{text_of(title)}</b></p>{text}<div class="lines"><i></i><i></i></div>'
        said.append(block("foresight", content, 40 + i if i >= NEEDED_PREDICTIONS else 0))
    return said


def without_check(element):
    """An exercise's text up to "Check yourself", which is for readers with a computer at hand."""
    element = plain(element)
    for text in element.xpath("./text()[contains(., 'Check yourself')]"):
        before, parent = text.split("Check yourself")[0], text.getparent()
        following = parent.itersiblings() if text.is_tail else iter(parent)
        for each in list(following):
            each.getparent().remove(each)
        if text.is_tail:
            parent.tail = before
        else:
            parent.text = before
    return as_html(element) if text_of(element) else ""


def exercises(page):
    """The exercises with the shortest text, in their order, without solutions."""
    found = []
    for element in section(page, "exercises"):
        if exercise_title(element):
            found.append([])
        if found and "pointer" not in element.get("class", ""):
            found[-1].append(without_check(element))
    short = sorted(range(len(found)), key=lambda i: len("".join(found[i])))[: 2 * EXERCISES]
    chosen = [found[i] for i in sorted(short)[:EXERCISES]]
    said = []
    for i, parts in enumerate(chosen):
        hint = f'<small>to check yours: <code>check_answer("{page.number}.1", yours)</code>, and so on</small>'
        said.append(block("exercise", "".join(parts), 30 + i if i >= 2 else 0, "" if i else f"Exercises {hint}"))
    return said


def takeaway(page):
    items = section(page, "what-to-take-away")
    lists = "".join(as_html(plain(each)) for each in items.xpath("./ul|.//div/ul")) if items is not None else ""
    return block("takeaway", lists, 0, "What to take away") if lists else ""


def sheets(page):
    """The handout of a chapter as HTML, its parts in order; handout.js puts them on two sheets."""
    shown = figures(page)
    second = [block("second", shown[1], 50)] if len(shown) > 1 else []
    stated = results(page)
    parts = [head(page), goals(page), *stated, *second, *predictions(page), *exercises(page), takeaway(page)]
    foot = f"Softmax regression, proved and measured · Handout {page.number}"
    return f'<main id="handout" data-foot="{foot}">{"".join(parts)}</main>'
