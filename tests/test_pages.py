"""The index of questions and the glossary: short, in order, and every link leads to a page and a heading of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median_low
from urllib.parse import urlsplit

import pytest

from chapters_as_run import CHAPTERS, ROOT
from headings import anchors, markdown_of, set_anchors, tokens_of

QUESTIONS, GLOSSARY, NOTATION = (ROOT / "chapters" / f"{name}.md" for name in ("questions", "glossary", "notation"))


@dataclass(frozen=True)
class Entry:
    """An entry of a definition list: [words]{#anchor} letter; lines of text, and a last line of nothing but links."""

    group: str  # the heading that it stands under
    words: str
    anchor: str
    letter: str
    text: tuple
    links: tuple  # (words, address)


def entries_of(page):
    """The entries of a page, in order."""
    found, group = [], ""
    for before, token in pairwise(tokens_of(markdown_of(page))):
        if before.type == "heading_open":
            group = token.content
        elif before.type == "dt_open":
            found.append((group, token.content, []))
        elif before.type == "paragraph_open" and token.level > 1:
            found[-1][-1].append(token.content)
    return [entry_of(*parts) for parts in found]


def entry_of(group, name, paragraphs):
    term = re.fullmatch(r"\[(.+)\]\{#([\w-]+)\}(?: \$([^$]+)\$)?", name)
    assert term, f"an entry begins with [words]{{#anchor}}, got {name}"
    assert len(paragraphs) == 1, f"{term[1]}: one answer, in one piece"
    *text, last = re.split(r"\\?\n", paragraphs[0])
    links = re.findall(r"\[([^\]]+)\]\(([^)\s]+)\)", last)
    assert last == " · ".join(f"[{words}]({address})" for words, address in links), f"not only links: {last}"
    return Entry(group, term[1], term[2], term[3] or "", tuple(text), tuple(links))


def sentences(line):
    """The number of ends of sentences in a line, which code and formulas do not have."""
    return len(re.findall(r"[.?!](?=[\s)*]|$)", re.sub(r"`[^`]*`|\$[^$]*\$", "x", line)))


def cases(entries):
    return [pytest.param(entry, id=entry.anchor) for entry in entries]


ASKED, TERMS = entries_of(QUESTIONS), entries_of(GLOSSARY)


# --- links --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", [QUESTIONS, GLOSSARY], ids=lambda page: page.stem)
def test_every_link_leads_to_a_page_and_an_anchor_of_it(page):
    children = [child for token in tokens_of(markdown_of(page)) for child in token.children or []]
    links = [child.attrs["href"] for child in children if child.type == "link_open"]
    entries = ASKED if page == QUESTIONS else TERMS
    assert len(links) >= sum(len(entry.links) for entry in entries)
    for link in links:
        address = urlsplit(link)
        target = page.parent / address.path if address.path else page
        assert target.is_file(), f"{page.name} leads to {link}, and there is no such page"
        known = [*anchors(target), *set_anchors(target)]
        assert not address.fragment or address.fragment in known, f"{page.name} leads to {link}: no such heading"


@pytest.mark.parametrize("entry", cases([*ASKED, *TERMS]))
def test_an_entry_has_one_or_two_links_which_name_their_chapter(entry):
    assert 1 <= len(set(entry.links)) == len(entry.links) <= 2
    for words, address in entry.links:
        chapter = re.match(r"0*(\d+)_", address)
        named = f"{chapter[1]}: " if chapter else "notation: " if address.startswith("notation") else ""
        assert words.startswith(named) and (chapter is None or "#" in address)


@pytest.mark.parametrize("page", [QUESTIONS, GLOSSARY], ids=lambda page: page.stem)
def test_anchors_are_unique(page):
    names = [*anchors(page), *set_anchors(page)]
    assert len(set(names)) == len(names)


# --- the index of questions ---------------------------------------------------------------------------------


@pytest.mark.parametrize("entry", cases(ASKED))
def test_a_question_is_one_and_has_two_sentences_for_an_answer(entry):
    assert entry.words.endswith("?")
    assert [sentences(line) for line in entry.text] == [1, 1], entry.text
    assert all(line.rstrip(")*")[-1] == "." for line in entry.text)


def test_no_question_is_asked_twice():
    words = [entry.words.casefold() for entry in ASKED]
    assert len(set(words)) == len(words) > 40


def test_every_chapter_answers_a_question():
    answering = {Path(urlsplit(address).path).name for entry in ASKED for _, address in entry.links}
    assert {path.name for path in CHAPTERS} <= answering


def test_the_groups_of_questions_follow_the_chapters():
    groups = {}
    for entry in ASKED:
        chapters = re.findall(r"\b0*(\d+)_", " ".join(address for _, address in entry.links))
        groups.setdefault(entry.group, []).append(min(map(int, chapters)))
    middles = [median_low(chapters) for chapters in groups.values()]
    assert middles == sorted(middles) and 7 <= len(groups) <= 9


# --- the glossary -------------------------------------------------------------------------------------------


def test_letters_of_the_alphabet_lead_to_their_first_term():
    first = {}
    for entry in TERMS:
        first.setdefault(entry.words[0].upper(), entry.anchor)
    assert " · ".join(f"[{letter}](#{anchor})" for letter, anchor in first.items()) in markdown_of(GLOSSARY).split("\n")


def test_terms_are_unique_and_in_alphabetical_order():
    words = [entry.words.casefold() for entry in TERMS]
    assert words == sorted(words) and len(set(words)) == len(words) >= 60


@pytest.mark.parametrize("entry", cases(TERMS))
def test_a_term_is_explained_in_one_or_two_sentences(entry):
    assert 1 <= sum(map(sentences, entry.text)) <= 2


@pytest.mark.parametrize("entry", cases(TERMS))
def test_the_anchor_of_a_term_is_its_name(entry):
    assert entry.anchor == re.sub(r"[^\w-]", "", re.sub("[ –]", "-", entry.words.casefold()))


@pytest.mark.parametrize("entry", cases(entry for entry in TERMS if entry.letter))
def test_letters_are_those_of_the_page_on_notation(entry):
    table = markdown_of(NOTATION).partition("## The letters")[2].partition("\n\nThree")[0]
    letters = re.findall(r"\\?[A-Za-z]+", " ".join(re.findall(r"^\| ([^|]+) \|", table, re.M)))
    known = {letter for word in letters for letter in ([word] if word[0] == "\\" else word)} - {"\\ln"}
    used = set(re.findall(r"\\[a-z]+|[A-Za-z]", entry.letter)) - {"\\ln"}
    assert used <= known, f"{entry.words}: {used - known} is not on the page on notation"
