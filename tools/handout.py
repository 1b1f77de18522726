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

from paper_pages import as_html, exercise_title, having, inner_html, text_of
from search_names import equation_name

ROOT = Path(__file__).parents[1]
TEMPLATES = Path(__file__).with_name("templates")
EXERCISES, FIGURES, PREDICTIONS = 3, 2, 5  # at most
FIRST_RESULTS = 10  # so many results are worth more than a second figure or a third exercise


def uses():
    """How many definitions and results of the book rest on each: {label: number}."""
    found = json.loads((ROOT / "chapters" / "map.json").read_text(encoding="utf-8"))
    return Counter(parent for ways in found.values() for parents in ways.values() for parent in parents)


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


def block(kind, content, drop=0, title=""):
    """A part of the handout that stays in one piece; one with a higher ``drop`` is left out first, with 0 never."""
    heading = f"<h2>{title}</h2>" if title else ""
    return f'<div class="block {kind}" data-drop="{drop}">{heading}{content}</div>'


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
    """Definitions and results: number, name and formula."""
    found = []
    for wrapper in page.article.xpath(".//div[starts-with(@id, $start)]", start=f"{page.name}--equation-"):
        label = wrapper.get("id").removeprefix(f"{page.name}--equation-")
        kind = label.split("-")[0]
        if kind in ("definition", "result"):
            found.append((label, kind, wrapper))
    used = uses()
    worth = sorted(found, key=lambda each: (-(used[each[0]] + 2 * (each[1] == "result"))))
    rank = {label: i for i, (label, _, _) in enumerate(worth)}
    said = []
    for i, (label, kind, wrapper) in enumerate(found):
        number = text_of(wrapper.xpath(having("eqno"))[0])
        name = html.escape(equation_name(label))
        formula = as_html(plain(wrapper.xpath(having("katex-display"))[0]))
        drop = 100 + rank[label] if rank[label] >= FIRST_RESULTS else 10 + rank[label] if rank[label] >= 4 else 0
        content = f'<p class="name"><b>{number.strip("()")}</b> {name}</p>{formula}'
        said.append(block(kind, content, drop).replace("data-drop", f'data-name="{name} {number}" data-drop', 1))
    return said


def predictions(page):
    """The questions, with lines to write on."""
    said = []
    for i, question in enumerate(page.article.xpath(having("predict"))[:PREDICTIONS]):
        question = plain(question)
        for pointer in question.xpath(having("pointer")):
            pointer.drop_tree()
        title, *body = question
        text = "".join(as_html(each) for each in body)
        content = f'<p class="name"><b>{text_of(title)}</b></p>{text}<div class="lines"></div>'
        said.append(block("predict-here", content, 40 + i if i >= 3 else 0, "Predict, then look" if i == 0 else ""))
    return said


def exercises(page):
    """The first exercises, without their solutions."""
    found = []
    for element in section(page, "exercises"):
        if exercise_title(element):
            found.append([])
        if found and "pointer" not in element.get("class", "") and not text_of(element).startswith("Check yourself"):
            found[-1].append(as_html(plain(element)))
    short = sorted(range(len(found)), key=lambda i: len("".join(found[i])))[: 2 * EXERCISES]
    chosen = [found[i] for i in sorted(short)[:EXERCISES]]
    said = []
    for i, parts in enumerate(chosen):
        title = f'Exercises <small>check an answer: <code>check_answer("{page.number}.1", yours)</code></small>'
        said.append(block("exercise", "".join(parts), 30 + i if i >= 2 else 0, title if i == 0 else ""))
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
