"""The teacher's plans: the clock adds up, every row says what to do, and all that a plan names exists."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from urllib.parse import urlsplit

import nbformat
import numpy as np
import pytest
from docutils.nodes import make_id

import book_site
import slides
from browsing import Visit
from chapters_as_run import CHAPTERS, NOTEBOOKS, ROOT, stored
from displayed_equations import displayed_equations
from headings import anchors, headings, markdown_of, set_anchors, tokens_of
from slide_text import read_book
from softmax_lib import softmax, softmax_jacobian

PAGES = {name: ROOT / "chapters" / f"teaching{name and '_'}{name}.md" for name in ("", "lecture", "week", "unit")}
COURSES = {name: path for name, path in PAGES.items() if name}
GUIDE = ROOT / "teaching" / "README.md"
SESSIONS = {"lecture": 1, "week": 3, "unit": 8}  # of 90 minutes each; a course may borrow a session of another
LENGTH = 90
LABELS = ["Show", "Ask", "Often", "Say"]
WORDS_A_MINUTE = 130  # of somebody who speaks to be understood
GLANCE = 0.5  # minutes that a figure or a result takes at the least


# --- reading a plan -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """A block of a plan: from when to when, the section, whose minutes, and the four things to do."""

    start: int
    end: int
    link: str
    minutes: int
    students: int
    parts: tuple  # (label, text)

    def part(self, label):
        return dict(self.parts)[label]

    @property
    def text(self):
        return "\n".join([self.link, *(text for _, text in self.parts)])


@dataclass(frozen=True)
class Session:
    """A plan with the text of its section: before it the split of the minutes, after it the exit question."""

    page: str
    anchor: str
    before: str
    rows: tuple
    after: str

    def __str__(self):
        return f"{self.page}-{self.anchor}"


def clock(time):
    hours, minutes = time.split(":")
    return 60 * int(hours) + int(minutes)


def row_of(block):
    """The row of a block of lines, a term and what is defined by it."""
    head, whose, *rest = block.split("\n: ")
    term = re.fullmatch(r"(\d:\d\d)–(\d:\d\d) · \[[^\]]+\]\(([^)\s]+)\)", head)
    assert term, f"a row begins with 0:00–0:07 · [section](address), got: {head}"
    split = re.fullmatch(r"(\d+) minutes, (\d+|all) of them the students'\.", whose)
    assert split, f"a row says whose minutes they are, got: {whose}"
    parts = [re.fullmatch(r"\*\*(\w+)\.\*\* (.+)", part, re.S) for part in rest]
    assert all(parts), f"{head}: a part begins with its label, got: {rest}"
    minutes = int(split[1])
    students = minutes if split[2] == "all" else int(split[2])
    return Row(clock(term[1]), clock(term[2]), term[3], minutes, students, tuple(part.groups() for part in parts))


def sessions_of(name):
    """The sessions that a page plans."""
    text = PAGES[name].read_text(encoding="utf-8")
    lines = text.split("\n")
    starts = [(anchor, line) for anchor, level, line in headings(PAGES[name]) if level == 2]
    found = []
    for (anchor, start), (_, end) in pairwise([*starts, ("", len(lines))]):
        before, fence, rest = "\n".join(lines[start:end]).partition("::::{div} plan\n")
        if fence:
            plan, _, after = rest.partition("::::\n")
            rows = tuple(row_of(block) for block in plan.strip().split("\n\n"))
            found.append(Session(name, anchor, before, rows, after))
    assert text.count("::::{div} plan") == len(found), "one plan to a section"
    return found


ALL = [session for name in COURSES for session in sessions_of(name)]
ROWS = [pytest.param(session, row, id=f"{session}-{row.start}") for session in ALL for row in session.rows]
each_session = pytest.mark.parametrize("session", ALL, ids=str)
each_row = pytest.mark.parametrize(("session", "row"), ROWS)
each_page = pytest.mark.parametrize("path", [*PAGES.values(), GUIDE], ids=lambda path: path.stem)


def links(text):
    """(words, address) of every link of a text."""
    return re.findall(r"\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(([^()\s]+)\)", text)


def chapter_and_anchor(link):
    """The page that an address leads to, None for the page itself, and the anchor of its heading."""
    parts = urlsplit(link)
    if parts.scheme == "teach":  # written for the browser, so with the id of the built page
        page = f"{parts.path}.ipynb"
        return page, built_ids(page).get(parts.fragment, f"{parts.fragment}, an id that no heading gets")
    return parts.path or None, parts.fragment


@cache
def built_ids(page):
    """The anchors of a chapter's headings by the ids that docutils gives to them."""
    path, found = ROOT / "chapters" / page, {}
    tokens = [token for token in tokens_of(markdown_of(path)) if token.type in ("heading_open", "inline")]
    titles = [title for head, title in pairwise(tokens) if head.type == "heading_open" and int(head.tag[1]) <= 4]
    for title, anchor in zip(titles, anchors(path), strict=True):
        found.setdefault(make_id("".join(part.content for part in title.children)), anchor)
    return found


# --- the clock ----------------------------------------------------------------------------------------------


@each_session
def test_the_clock_runs_from_the_first_minute_to_the_last(session):
    times = [(row.start, row.end) for row in session.rows]
    assert times[0][0] == 0 and times[-1][1] == LENGTH
    assert [(end, start) for (_, end), (start, _) in pairwise(times) if end != start] == []
    assert [row.link for row in session.rows if row.end - row.start != row.minutes] == []
    assert 9 <= len(session.rows) <= 11


@each_session
def test_the_minutes_of_teacher_and_students_add_up(session):
    theirs = sum(row.students for row in session.rows)
    assert f"{LENGTH - theirs} minutes are yours, {theirs} are the students'." in session.before
    assert 30 <= theirs <= 40, "a class that only listens has stopped listening, one that only works has no teacher"
    silent = max(sum(row.minutes for row in rows) for rows in listening(session.rows))
    assert silent <= 20, f"{silent} minutes without anything to do for the students"


def listening(rows):
    """Stretches of rows in which the students do nothing."""
    stretches = [[]]
    for row in rows:
        if row.students:
            stretches.append([])
        else:
            stretches[-1].append(row)
    return stretches


@each_row
def test_what_is_said_and_shown_fits_into_the_minutes(session, row):
    """Read aloud, with a glance at everything that is shown, and the students' minutes on top."""
    spoken = sum(len(quoted(row.part(label)).split()) for label in ("Ask", "Say")) / WORDS_A_MINUTE
    assert spoken <= row.minutes / 3, f"{spoken:.1f} minutes of talk in {row.minutes}"
    glances = GLANCE * len(re.findall(r"\{(?:numref|eq)\}", row.part("Show")))
    if row.students == row.minutes:  # they work while it is shown, and for the most part while it is said
        assert spoken <= 2
    else:
        assert spoken + glances + row.students <= row.minutes, (spoken, glances, row.students, row.minutes)


def quoted(text):
    """What a text says aloud."""
    return " ".join(re.findall(r'"([^"]+)"', text))


# --- what a row says ----------------------------------------------------------------------------------------


@each_row
def test_a_row_says_what_to_show_to_ask_to_expect_and_to_say(session, row):
    assert [label for label, _ in row.parts] == LABELS
    assert all(text.strip() for _, text in row.parts)
    assert quoted(row.part("Ask")) and quoted(row.part("Say")), "words that can be said as they stand"
    assert 15 <= len(quoted(row.part("Say")).split()) <= 75, "a reply, not a lecture"
    assert row.part("Say").startswith('"') and row.part("Say").rstrip().endswith('"')


@each_row
def test_a_row_opens_a_section_of_a_chapter(session, row):
    page, anchor = chapter_and_anchor(row.link)
    teaching = row.link.startswith("teach:")
    assert page.endswith(".ipynb") and anchor
    assert teaching or anchor == "exercises", "a section is opened in the teaching view, exercises as they are"


@each_row
def test_figures_and_results_of_a_row_are_in_chapters_that_it_opens(session, row):
    opened = {chapter_and_anchor(link)[0] for _, link in links(f"[row]({row.link})\n{row.text}")}
    far = [name for name in re.findall(r"\{(?:numref|eq)\}`([\w-]+)`", row.text) if home(name) not in opened]
    assert far == []


@each_row
def test_a_question_to_predict_is_where_a_row_says(session, row):
    shown = row.part("Show")
    opened = [chapter_and_anchor(link) for _, link in links(f"[row]({row.link})\n{shown}")]
    asked = [anchor for page, anchor in opened if page and ":class: predict" in own_text(page, anchor)]
    assert bool(asked) == ("Predict question" in shown), (
        f"questions to predict in {asked}: the teaching view stops there, so the row must say what to do with it"
    )


def own_text(page, anchor):
    """The text under a heading, up to the next one; nothing for the exercises and the end of a chapter."""
    path = ROOT / "chapters" / page
    lines = markdown_of(path).split("\n")
    starts = {name: line for name, _, line in headings(path)}
    assert anchor in starts, f"{page} has no heading with the anchor {anchor}"
    end = min([line for line in starts.values() if line > starts[anchor]], default=len(lines))
    return "\n".join(lines[starts[anchor] : end])


def test_no_reply_is_given_twice():
    said = [text for session in ALL for row in session.rows for label, text in row.parts if label in ("Ask", "Say")]
    said = [text for text in said if len(text.split()) > 12]
    assert len(set(said)) == len(said)


# --- what a page says ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", COURSES)
def test_a_course_says_for_whom_it_is_what_it_needs_and_what_to_prepare(name):
    text = PAGES[name].read_text(encoding="utf-8")
    beginning = text.partition("::::{div} plan")[0]
    for label in ("For whom", "What they can do afterwards", "What they need, and what to do if it is missing"):
        assert f"**{label}.**\n" in beginning
    needs = beginning.split("if it is missing.**")[1].split("\n**On ")[0].strip().split("\n\n")
    assert len(needs) >= 3
    for need in needs:
        assert re.search(r"\n: (\*If (it is|they are) missing,\*|Not needed)", need), need
    sunday = re.search(r"\*\*On (?:a )?Sunday, ten minutes[\w ]*\.\*\*\n\n((?:\d\. .+\n)+)", beginning)
    assert sunday and 3 <= len(sunday[1].strip().split("\n")) <= 5
    assert "make " in sunday[1]


@pytest.mark.parametrize("name", COURSES)
def test_every_session_of_a_course_has_a_plan(name):
    planned = {(session.page, session.anchor) for session in ALL}
    by_page = {path.name: page for page, path in PAGES.items()}
    table = re.findall(r"^\|.*$", PAGES[name].read_text(encoding="utf-8"), re.M) or [f"(#{ALL[0].anchor})"]
    found = []
    for address in re.findall(r"\((#[\w-]+|teaching_\w+\.md(?:#[\w-]+)?)\)", "\n".join(table)):
        page, anchor = chapter_and_anchor(address)
        course = by_page.get(page, name)
        found.append((course, anchor or next(session.anchor for session in ALL if session.page == course)))
    assert len(found) == SESSIONS[name] == len(set(found))
    assert set(found) <= planned
    assert {place for place in planned if place[0] == name} <= set(found), "a plan that no course uses"


@each_session
def test_a_session_ends_with_an_exit_question_and_its_answer(session):
    assert re.search(r'\*\*Exit question\.\*\*\n"[^"]+\?"\n\n\*\*Answer\.\*\*\n\S', session.after)
    assert "exit question" in session.rows[-1].part("Show")


@each_session
def test_no_plan_shows_the_answers_while_the_exit_question_is_open(session):
    """The section "What to take away" says what the exit question asks for."""
    row = session.rows[-1]
    assert row.link.endswith("#what-to-take-away")
    assert "Open this section when the slips are in" in " ".join(row.part("Show").split())


@cache
def slides_of_a_deck(chapter):
    """The figures and equations on each slide of a chapter's deck."""
    [path] = [path for path in CHAPTERS if path.stem.startswith(f"{chapter:02}_")]
    deck = slides.Deck(read_book(ROOT, slides.cells_of))
    try:
        resources = {"metadata": {"name": path.stem}, "unique_key": path.stem, "output_files_dir": "figures"}
        page, _ = deck.from_notebook_node(nbformat.read(path, as_version=4), resources)
    finally:
        book_site.katex.stop()
    found = page.partition('<section id="slide-')[2].split('<section id="slide-')
    return [set(re.findall(r'data-(?:name|label)="([^"]+)"', slide.partition("<aside")[0])) for slide in found]


def numbers_of_slides(words):
    """4 to 6 -> 4, 5, 6; 4 and 5, then slide 3 -> 4, 5, 3."""
    found = [int(number) for number in re.findall(r"\d+", words)]
    return list(range(found[0], found[1] + 1)) if " to " in words else found


def test_the_slides_of_a_row_hold_what_it_shows():
    [session] = [session for session in ALL if session.page == "lecture"]
    lines = {}
    for time, chapter, words in re.findall(r"^- (\d:\d\d): chapter (\d+), slides? (.*)$", session.after, re.M):
        lines[clock(time)] = (int(chapter), numbers_of_slides(words))
    without = set(map(clock, re.findall(r"\d:\d\d", re.search(r"^.*nothing but the board.*$", session.after, re.M)[0])))
    assert set(lines) | without == {row.start for row in session.rows} and not set(lines) & without
    missing = {}
    for row in session.rows:
        if row.start in lines:
            chapter, numbers = lines[row.start]
            decked = set().union(*(slides_of_a_deck(chapter)[number - 1] for number in numbers))
            named = set(re.findall(r"\{(?:numref|eq)\}`([\w-]+)`", row.part("Show")))
            missing[row.start] = named - decked
    assert not any(missing.values()), missing


@each_session
def test_what_can_be_left_out_is_a_row_and_as_long_as_is_said(session):
    cuts = re.findall(r"- Behind by (\d+) minutes at (\d:\d\d): leave out (?:[\w ]+ of )?(\d:\d\d)", session.after)
    length = {row.start: row.minutes for row in session.rows}
    assert cuts and len(cuts) == session.after.count("- Behind by")
    for minutes, now, cut in cuts:
        assert now == cut and length.get(clock(cut)) == int(minutes), f"{cut} is not a row of {minutes} minutes"
    named = re.findall(r"\b(\d:\d\d)\b(?!–)", session.after)
    assert {clock(time) for time in named} <= set(length)


@pytest.mark.parametrize("name", COURSES)
def test_times_that_a_page_names_are_rows_of_its_sessions(name):
    text = PAGES[name].read_text(encoding="utf-8")
    starts = {row.start for session in ALL for row in session.rows if session.page in (name, "week")}
    outside = re.sub(r"::::\{div\} plan\n.*?\n::::\n", "", text, flags=re.S)
    assert {clock(time) for time in re.findall(r"\b(\d:\d\d)\b", outside)} <= starts | set(inner(text))


def inner(text):
    """Times at which something happens within a row: "At 0:30", "Open them at 0:59"."""
    return [clock(time) for time in re.findall(r"[Aa]t (\d:\d\d)", text)]


@each_row
def test_times_within_a_row_are_within_it(session, row):
    assert [time for time in inner(row.part("Show")) if not row.start < time < row.end] == []


# --- what the pages name ------------------------------------------------------------------------------------


@cache
def homes():
    """The notebook in which each figure and each equation with a name stands."""
    found = {}
    for path in NOTEBOOKS:
        for cell in stored(path).cells:
            name = cell.metadata.get("mystnb", {}).get("figure", {}).get("name")
            if name:
                found[name] = path.name
            if cell.cell_type == "markdown":
                found |= {equation.label: path.name for equation in displayed_equations(cell.source)}
    return found


def home(name):
    assert name in homes(), f"no figure and no equation is called {name}"
    return homes()[name]


@each_page
def test_figures_and_equations_exist(path):
    text = path.read_text(encoding="utf-8")
    for role, name in re.findall(r"\{(\w+)\}`([^`]+)`", text):
        assert role in ("numref", "eq") and home(name) and name.startswith("fig-") == (role == "numref"), name


@each_page
def test_links_lead_to_a_page_and_an_anchor_of_it(path):
    for _, link in links(path.read_text(encoding="utf-8")):
        if link.startswith("https://"):
            continue
        page, anchor = chapter_and_anchor(link)
        target = (path.parent / page).resolve() if page else path
        assert target.exists(), f"{path.name} leads to {link}, and there is nothing"
        if anchor:
            assert anchor in [*anchors(target), *set_anchors(target)], f"{path.name} leads to {link}: no such heading"


@each_page
def test_exercises_exist(path):
    text = path.read_text(encoding="utf-8")
    numbers = re.findall(r"[Ee]xercises? \[?((?:\d+\.\d+(?:,? and |, )?)+)", text)
    for words, link in links(text):
        if link.endswith("#exercises") and not link.startswith("teach:"):
            found = re.findall(r"\d+\.\d+", words)
            number = re.match(r"0*(\d+)_", link)[1]
            assert all(each.split(".")[0] == number for each in found), f"{words} are not of {link}"
            numbers += found
    numbers += re.findall(r"In (\d+\.\d): ", text)
    assert numbers or path in (GUIDE, PAGES[""])
    for number in re.findall(r"\d+\.\d+", " ".join(numbers)):
        assert number in exercises(), f"there is no exercise {number}"


@cache
def exercises():
    """The numbers of all exercises."""
    found = set()
    for path in CHAPTERS:
        chapter = int(path.name[:2])
        found |= {f"{chapter}.{n}" for n in re.findall(r"^\*\*(\d+)\. ", own_text(path.name, "exercises"), re.M)}
    return found


@each_page
def test_commands_are_targets_of_the_makefile(path):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    commands = re.findall(r"^(?:.*`)?(make \w[^`#\n]*)", path.read_text(encoding="utf-8"), re.M)
    commands += re.findall(r"`(make [^`]+)`", path.read_text(encoding="utf-8"))
    assert commands
    for command in commands:
        _, target, *settings = re.findall(r'(?:[^\s"]|"[^"]*")+', command)
        assert re.search(rf"^{target}:.*## ", makefile, re.M), f"{command}: the Makefile has no such target"
        for setting in settings:
            name, _, value = setting.partition("=")
            assert f"$({name})" in makefile, f"{command}: the Makefile does not know {name}"
            for chapter in re.findall(r"chapters/\w+\.ipynb", value):
                assert (ROOT / chapter).is_file(), chapter


@each_page
def test_files_that_are_named_exist_or_are_built(path):
    text = path.read_text(encoding="utf-8")
    for name in re.findall(r"`((?:teaching|chapters|tests)/[\w./]+)`", text):
        assert (ROOT / name).exists(), name
    built = set(re.findall(r"_build/[\w./]*\w", text))
    for name in built - {"_build/html", "_build/html/index.html", "_build/student", "_build/slides"}:
        handout = re.fullmatch(r"_build/pdf/handouts/(\w+)\.pdf", name)
        known = ("_build/student/html", "_build/student/notebooks", "_build/pdf/handouts", "_build/slides/index.html")
        assert name in known or (handout and (ROOT / "chapters" / f"{handout[1]}.ipynb").is_file()), name


def test_assignments_are_there_and_each_has_its_place():
    folder = ROOT / "teaching" / "assignments" / "source"
    there = {notebook.stem for notebook in folder.glob("*/*.ipynb") if notebook.parent.name == notebook.stem}
    named = {name: set() for name in PAGES}
    for name, path in PAGES.items():
        for words in re.findall(r"(?:assignments?|project:) ((?:`\w+`(?: and | or |, )?)+)", path.read_text("utf-8")):
            named[name] |= set(re.findall(r"`(\w+)`", words))
    table = PAGES[""].read_text("utf-8").partition("| Assignment |")[2].partition("\n\n")[0]
    listed = set(re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| ([^|]+) \|", table, re.M))))
    assert set().union(*named.values()) <= there, "an assignment that is not there"
    assert listed == there, "the page for teachers lists all assignments"
    assert set().union(*(named[name] for name in COURSES)) == there, "an assignment that no course uses"


@cache
def teach_links():
    """The ids that the plans open, by chapter."""
    found = {}
    for path in PAGES.values():
        for _, link in links(path.read_text(encoding="utf-8")):
            if link.startswith("teach:"):
                found.setdefault(urlsplit(link).path, {})[urlsplit(link).fragment] = None
    return found


OPENED = """id => {
  const heading = document.getElementById(id).querySelector("h1, h2, h3, h4");
  return document.documentElement.matches(".teaching") && heading.checkVisibility();
}"""


@pytest.mark.parametrize("chapter", teach_links())
def test_the_teaching_view_opens_the_section_that_a_plan_asks_for(browser, site, chapter):
    with Visit(browser) as visit:
        ids = list(teach_links()[chapter])
        page = visit.open(f"{(site / 'chapters' / chapter).as_uri()}.html?teach#{ids[0]}")
        page.wait_for_selector(".teaching-bar")
        shown = {ids[0]: page.evaluate(OPENED, ids[0])}
        for name in ids[1:]:
            page.evaluate("id => new Promise(done => { onhashchange = done; location.hash = id })", name)
            shown[name] = page.evaluate(OPENED, name)
        assert [name for name, visible in shown.items() if not visible] == []
        assert visit.complaints == []


# --- what the pages claim -----------------------------------------------------------------------------------

said, happened = np.array([0.5, 0.3, 0.2]), np.array([0.0, 1.0, 0.0])
row_of_jacobian = softmax_jacobian(np.log([0.6, 0.3, 0.1]))[0]
two_true = 2 * np.array([0.2, 0.5, 0.3]) - np.array([1, 0, 1])
FACTS = {  # words of a page -> whether they are true
    "$(0.5, -0.7, 0.2)$; zero": np.allclose(said - happened, [0.5, -0.7, 0.2]) and np.isclose(sum(said - happened), 0),
    "diagonal 0.25, 0.21, 0.16; beside it −0.15, −0.10 and −0.06": np.allclose(
        softmax_jacobian(np.log(said)), [[0.25, -0.15, -0.1], [-0.15, 0.21, -0.06], [-0.1, -0.06, 0.16]]
    ),
    "(0, −0.7, 0)": np.allclose(happened * (said - 1), [0, -0.7, 0]),  # what the diagonal alone gives
    "0.92 and 4.61, five times as much": np.allclose(-np.log([0.4, 0.01]), [0.92, 4.61], atol=0.005),
    "$\\ln 100 = 4.605$": np.isclose(np.log(100), 4.605, atol=5e-4),
    "who writes 0.04605 has divided": np.isclose(np.log(100) / 100, 0.04605, atol=5e-6),
    "one over lambda times N, here about 2.4": np.isclose(1 / (0.01 * 42), 2.4, atol=0.05),
    "The first two; 1, 1 and 2.": np.allclose(softmax(np.array([2.0, 0, 1])), softmax(np.array([7.0, 5, 6])))
    and not np.allclose(softmax(np.array([4.0, 0, 2])), softmax(np.array([2.0, 0, 1]))),
    "(0.24, −0.18, −0.06), (0.24, 0.18, 0.06) and (0.24, 0, 0)": np.allclose(row_of_jacobian, [0.24, -0.18, -0.06]),
    "$e^{-0.2} = 0.82$": np.isclose(np.exp(-0.2), 0.82, atol=0.005) and np.log(10) < 2.5,
    "$2\\,o - y = (-0.6, 1, -0.4)$": np.allclose(two_true, [-0.6, 1, -0.4]) and np.isclose(two_true.sum(), 0),
    "divide all logits by $T = 2$": np.isclose(np.log(9) / 2, np.log(3)),
    "Stuck at 2.32 with 26 letters": np.isclose(np.log(1 + 25 / np.e), 2.32, atol=0.005),
    "A loss that never falls below 1.46": np.isclose(np.log(1 + 9 / np.e), 1.46, atol=0.005),
    "A loss that never exceeds 11.51": np.isclose(-np.log(1e-5), 11.51, atol=0.005),
    "a little more than 11 is already above the largest": 11 < np.log(float(np.finfo(np.float16).max)) < 11.2,
}


@pytest.mark.parametrize("words", FACTS)
def test_numbers_of_the_plans_are_right(words):
    pages = [path.read_text(encoding="utf-8") for path in PAGES.values()]
    assert sum(words in text for text in pages) == 1, f"no page says {words}"
    assert FACTS[words]


def test_the_border_of_the_exit_question_is_where_the_scores_tie():
    assert "$x_2 = 2 x_1 - 2$" in PAGES["week"].read_text(encoding="utf-8")
    x_1 = np.linspace(-3, 3, 7)
    assert np.allclose(2 * x_1 + 1, (2 * x_1 - 2) + 3)


NUMBERS = {  # what a plan quotes from an output of a chapter -> (chapter, the output)
    "one over beta, here 0.73": ("06_training", "safe step 0.729"),
    "45 per cent of the birds become 38": ("08_regularisation", "penalised  [0.376"),
    "97 per cent and 92": ("11_real_data", "'random rows': 0.972, 'whole forms': 0.918"),
    "on one form two mistakes, on two others thirteen": ("11_real_data", "four forms [13, 10, 2, 13]"),
    "93 per cent of 518": ("11_real_data", "480 of 518 right, 0.927"),
    "0.996, for 877 pictures": ("12_confidence", "877 pictures: says 0.996, is right 0.945"),
    "Its loss is 2.31": ("12_confidence", "loss 2.31"),
    "1.41 against almost nothing": ("04_gradient", "cross-entropy 1.414"),
    "Zero, from example 324 on": ("03_likelihood_and_cross_entropy", "zero from example 324"),
}


@pytest.mark.parametrize("words", NUMBERS)
def test_numbers_of_the_chapters_are_quoted_as_they_are(words):
    chapter, output = NUMBERS[words]
    assert any(words in path.read_text(encoding="utf-8") for path in PAGES.values()), words
    cells = nbformat.read(ROOT / "chapters" / f"{chapter}.ipynb", as_version=4).cells
    outputs = [
        str(out.get("text") or out.get("data", {}).get("text/plain", ""))
        for cell in cells
        for out in cell.get("outputs", [])
    ]
    assert any(output in text for text in outputs), f"{chapter} no longer prints {output}"


# --- the symptoms -------------------------------------------------------------------------------------------


def symptoms():
    text = PAGES[""].read_text(encoding="utf-8").partition("## What you will see in their work")[2]
    return [block for block in text.strip().split("\n\n") if "\n: " in block]


def test_a_symptom_has_a_cause_a_sentence_to_say_and_a_section():
    found = symptoms()
    assert 10 <= len(found) <= 16
    for block in found:
        name, cause, say, sections = block.split("\n")
        assert re.fullmatch(r"\[.+\]\{#see-[\w-]+\}", name), name
        assert cause.startswith(": ") and re.fullmatch(r'  Say: "[^"]+[.?]"\\', say), block
        chapters = [re.match(r"0*(\d+)_", link)[1] for _, link in links(sections)]
        assert 1 <= len(chapters) <= 2
        assert [words.split(":")[0] for words, _ in links(sections)] == chapters


@each_page
def test_pages_are_plain_text_that_names_nobody(path):
    tokens = [token for token in tokens_of(path.read_text(encoding="utf-8")) if token.type == "html_block"]
    assert tokens == []
    assert not re.search(r"\b\d+ (?:%|per cent) of (?:the )?(?:students|learners)", path.read_text(encoding="utf-8"))
