"""The page of claims: every claim of the three sources has a row, and its verdict is what its check returns."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from markdown_it.token import Token

from chapters_as_run import CHAPTERS, ROOT
from displayed_equations import displayed_equations
from headings import anchors, markdown_of, sections, tokens_of
from softmax_proofs.claims import CLAIMS, LINES, VERDICTS, check
from softmax_proofs.claims.examples import Example
from softmax_proofs.claims.judging import Finding, claim, findings

PAGE = ROOT / "chapters" / "source_claims.md"
EXPECTED = [f"{source}{i:02d}" for source, count in (("A", 72), ("B", 26), ("C", 33)) for i in range(1, count + 1)]


@dataclass(frozen=True)
class Row:
    claim: str
    lines: str
    says: str
    verdict: str
    right: str
    links: tuple


def tables(text):
    """Each table of a page as rows of its cells' tokens, the head among them."""
    found = []
    for before, token in pairwise([Token("", "", 0), *tokens_of(text)]):
        if token.type == "table_open":
            found.append([])
        elif token.type == "tr_open":
            found[-1].append([])
        elif before.type in ("td_open", "th_open"):
            found[-1][-1].append(token)
    return found


@cache
def totals_and_rows():
    """The table of totals as text, and the rows of the three tables of claims."""
    totals, *sources = tables(PAGE.read_text(encoding="utf-8"))
    plain = [[cell.content.strip("*") for cell in cells] for cells in totals]
    return plain, [row_of(cells) for table in sources for cells in table[1:]]


def row_of(cells):
    number, lines, says, verdict, right, where = (cell.content for cell in cells)
    assert re.fullmatch(r"\[(\w+)\]\{#(\w+)\}", number), f"the first cell is its claim, with an anchor, got {number}"
    assert number[1:4].lower() == number[-4:-1], f"the anchor of a row is its claim: {number}"
    links = tuple(child.attrs["href"] for child in cells[-1].children if child.type == "link_open")
    assert links and where.count("[") == 2 * len(links), f"{number}: a link of {where} has no destination"
    return Row(number[1:4], lines, says, verdict.strip("*"), right, links)


ROWS = totals_and_rows()[1]


@pytest.fixture(params=ROWS, ids=lambda row: row.claim)
def row(request):
    return request.param


# --- the page -----------------------------------------------------------------------------------------------


def test_every_claim_has_one_row_in_order_and_one_check():
    assert [row.claim for row in ROWS] == EXPECTED == sorted(CLAIMS)


def test_rows_stand_in_order_of_their_lines_and_within_the_source():
    for source, count in LINES.items():
        spans = [[int(n) for n in re.findall(r"\d+", row.lines)] for row in ROWS if row.claim[0] == source]
        assert all(span and 1 <= min(span) and max(span) <= count for span in spans)
        assert spans[-1] == [1, count]  # the last row of a source is about the whole of it


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.claim)
def test_lines_are_numbers_or_ranges_that_rise(row):
    assert re.fullmatch(r"\d+(–\d+)?(, \d+(–\d+)?)*", row.lines)
    numbers = [int(n) for n in re.findall(r"\d+", row.lines)]
    assert all(before < after for before, after in pairwise(numbers))


def test_totals_are_the_counts():
    head, *counted = totals_and_rows()[0]
    assert head == ["Verdict", "A", "B", "C", "All"]
    counts = Counter((row.verdict, source) for row in ROWS for source in (row.claim[0], "All"))
    counts.update(("all", source) for row in ROWS for source in (row.claim[0], "All"))
    verdicts = [v for v in VERDICTS if v != "unsettled"]
    assert counted == [[v, *(str(counts[v, source]) for source in head[1:])] for v in (*verdicts, "all")]


def test_a_row_says_what_is_right_unless_the_line_is(row):
    assert row.says and (row.right or row.verdict == "ok")


def test_the_text_names_no_claim_that_is_not_there():
    for page in [PAGE, *CHAPTERS, ROOT / "chapters" / "notation.md"]:
        named = set(re.findall(r"\b[ABC]\d\d\b", markdown_of(page)))
        assert named <= set(EXPECTED), f"{page.name} names {named - set(EXPECTED)}"


# --- the verdicts -------------------------------------------------------------------------------------------


def test_the_verdict_is_what_the_check_returns(row):
    assert check(row.claim).verdict == row.verdict


def test_what_fails_as_printed_fails_at_every_example_and_holds_at_each_once_repaired(row):
    for finding in findings(row.claim):
        assert finding.printed == (row.verdict == "ok")
        assert finding.repaired or row.verdict == "ok"


def test_a_wrong_line_is_wrong_and_its_correction_right():
    wrong = [check(row.claim) for row in ROWS if row.verdict == "wrong"]
    assert wrong and all(not finding.printed and finding.repaired for finding in wrong)


def test_examples_differ_in_all_sizes_and_in_the_sizes_of_their_classes():
    for example in Example.several():
        sizes = example.N, example.D, example.D - 1, example.K  # with and without the constant
        assert len(set(sizes)) == 4 and example.K > 2
        counts = Counter(example.labels.tolist())
        assert len(counts) == example.K and len(set(counts.values())) > 1


def test_a_line_that_holds_is_ok_whatever_was_expected():
    assert [Finding(True, True, kind).verdict for kind in ("wrong", "imprecise", "markup")] == ["ok"] * 3
    assert Finding(False, False, "wrong").verdict == "unsettled"


def test_a_claim_has_one_check():
    with pytest.raises(ValueError, match="A48 has a check already: the_update_simplified"):
        claim("A48")(lambda e: None)


# --- where a claim is settled -------------------------------------------------------------------------------


def test_links_lead_to_a_page_and_a_heading_of_it(row):
    for link in row.links:
        address = urlsplit(link)
        page = PAGE.parent / address.path
        assert page.is_file(), f"{row.claim} leads to {link}, and there is no such page"
        assert not address.fragment or address.fragment in anchors(page), f"{row.claim}: no heading {link}"


def test_the_sections_that_a_row_leads_to_name_its_claim(row):
    """A gap is a remark on the whole of a text: it is enough that one of the sections names it."""
    named = []
    for link in row.links:
        address = urlsplit(link)
        page = PAGE.parent / address.path
        if page.suffix == ".ipynb":
            section = sections(page).get(address.fragment, "")
            named.append(re.search(rf"\b{row.claim}\b", section) is not None)
    assert not named or (any if row.verdict == "gap" else all)(named), f"{row.claim} is not named where its row leads"


def quotations():
    """(claim, verdict, page) of every quoted equation that a chapter displays."""
    for path in CHAPTERS:
        for equation in displayed_equations(markdown_of(path)):
            match = re.fullmatch(r"quoted-([abc]\d\d)-(\w+)", equation.label or "")
            if match:
                yield pytest.param(match[1].upper(), match[2], path, id=equation.label)


@pytest.mark.parametrize(("name", "verdict", "path"), list(quotations()))
def test_a_quotation_has_the_verdict_of_its_row_which_leads_to_its_chapter(name, verdict, path):
    row = next(row for row in ROWS if row.claim == name)
    assert verdict == row.verdict
    assert path.name in [Path(urlsplit(link).path).name for link in row.links]


def test_every_named_destination_is_used():
    text = PAGE.read_text(encoding="utf-8")
    named = re.findall(r"^\[([\w-]+)\]: ", text, re.M)
    assert len(set(named)) == len(named)
    assert set(named) == set(re.findall(r"\]\[([\w-]+)\]", text))
