"""The teaching view: one section at a time in large type, and nothing revealed before it is asked for."""

import re

import pytest

from browsing import Visit
from chapters_as_run import CHAPTERS

HEADING = ".teaching-bar p"
QUESTIONS = {path.stem: path for path in CHAPTERS}


@pytest.fixture
def visit(browser):
    with Visit(browser) as visit:
        yield visit
        assert visit.complaints == []


def chapter_address(site, name="02_jacobian", rest=""):
    return f"{(site / 'chapters' / f'{name}.html').as_uri()}{rest}"


def place(page):
    """The name of the step, its number and how many there are."""
    name, number, of = re.fullmatch(r"(.*) · (\d+) of (\d+)", page.inner_text(HEADING)).groups()
    return name, int(number), int(of)


def visible_headings(page):
    headings = "[...document.querySelectorAll('article :is(h1, h2, h3)')]"
    return page.evaluate(f"{headings}.filter(heading => heading.checkVisibility()).length")


def type_size(page):
    """How tall the letters of the chapter's title stand on the screen."""
    return page.evaluate("""() => {
      const range = document.createRange();
      range.selectNodeContents(document.querySelector("article h1").firstChild);
      return range.getBoundingClientRect().height;
    }""")


def hidden_after(page, question):
    """Whether what follows a question on the page is out of sight."""
    return page.evaluate("box => !box.nextElementSibling?.checkVisibility()", question)


def steps(page):
    """Go through a chapter with the right arrow: the name of each step as it is reached."""
    seen = [place(page)]
    while page.locator(".teaching-bar button").nth(1).inner_text() != "Next page":
        page.keyboard.press("ArrowRight")
        if place(page) != seen[-1]:
            seen.append(place(page))
    return seen


def test_the_button_shows_one_section_in_larger_type_and_escape_brings_everything_back(visit, site):
    page = visit.open(chapter_address(site))
    words, before = page.inner_text("article"), type_size(page)
    page.click(".teach")
    assert type_size(page) > 1.15 * before
    assert visible_headings(page) == 1
    assert not page.locator(".sidebar-drawer").is_visible()
    page.keyboard.press("Escape")
    assert type_size(page) == before
    assert page.inner_text("article") == words
    assert page.locator(".teaching-bar").count() == 0


def test_arrow_keys_walk_through_every_section_and_exercise_once_and_back(visit, site):
    page = visit.open(chapter_address(site, rest="?teach"))
    page.wait_for_selector(".teaching-bar")
    seen = steps(page)
    assert [number for _, number, _ in seen] == list(range(1, len(seen) + 1)) and len(seen) == seen[0][2]
    headings = page.evaluate("[...document.querySelectorAll('article :is(h1, h2, h3)')].length")
    assert len(seen) >= headings + 4  # and the exercises
    while place(page)[1] > 1:
        page.keyboard.press("ArrowLeft")
        assert place(page)[1] <= len(seen)
    assert place(page)[0] == seen[0][0]


def test_every_word_of_the_chapter_is_shown_in_some_step(visit, site):
    page = visit.open(chapter_address(site, "04_gradient", "?teach"))
    page.wait_for_selector(".teaching-bar")
    mark = "document.querySelectorAll('article p').forEach(p => p.checkVisibility() && (p.dataset.seen = 1))"
    page.evaluate(mark)
    while page.locator(".teaching-bar button").nth(1).inner_text() != "Next page":
        page.keyboard.press("ArrowRight")
        page.evaluate(mark)
    unseen = "[...document.querySelectorAll('article p:not([data-seen], details p, .chapter-bar, .preview p)')]"
    assert page.evaluate(f"{unseen}.map(p => p.textContent.slice(0, 60))") == []


def test_the_view_opens_at_the_section_that_the_address_names(visit, site):
    page = visit.open(chapter_address(site, rest="?teach#as-a-matrix"))
    page.wait_for_selector(".teaching-bar")
    assert place(page)[0] == "As a matrix"
    page.keyboard.press("ArrowRight")
    page.reload()
    page.wait_for_selector(".teaching-bar")
    assert place(page)[0] != "The softmax Jacobian"  # where the reader was


def test_a_question_hides_its_answer_and_what_follows_until_asked(visit, site):
    page = visit.open(chapter_address(site, rest="?teach"))
    page.wait_for_selector(".teaching-bar")
    on = page.locator(".teaching-bar button").nth(1)
    while on.inner_text() != "Reveal":
        page.keyboard.press("ArrowRight")
    question = page.locator(".predict").locator("visible=true").last.element_handle()
    answer = question.query_selector(".sd-summary-content")
    assert hidden_after(page, question) and not answer.is_visible()
    page.keyboard.press("ArrowRight")
    assert not hidden_after(page, question) and answer.is_visible()
    page.keyboard.press("ArrowLeft")
    assert hidden_after(page, question) and not answer.is_visible()
    question.query_selector("summary").click()  # the mouse asks in the same way
    page.wait_for_function("box => box.nextElementSibling.checkVisibility()", arg=question)
    assert answer.is_visible()


def test_solutions_are_folded_when_the_view_begins_and_open_when_asked(visit, site):
    page = visit.open(chapter_address(site))
    page.evaluate("document.querySelectorAll('details').forEach(box => (box.open = true))")
    page.click(".teach")
    assert page.locator("article details[open]").count() == 0
    while not page.locator("summary:has-text('Solution')").locator("visible=true").count():
        page.keyboard.press("ArrowRight")
    page.locator("summary:has-text('Solution')").locator("visible=true").focus()
    page.keyboard.press("Enter")
    assert page.locator("details[open] .sd-summary-content").locator("visible=true").count() == 1


def test_a_presenters_keys_scroll_a_long_section_before_they_go_on(visit, site):
    page = visit.open(chapter_address(site, rest="?teach#as-a-matrix"))
    page.wait_for_selector(".teaching-bar")
    first = place(page)
    page.keyboard.press("PageDown")
    page.wait_for_function("scrollY > 200")
    assert place(page) == first
    for _ in range(30):
        page.evaluate("scrollTo({top: document.documentElement.scrollHeight, behavior: 'instant'})")
        page.keyboard.press("PageDown")
        if place(page) != first:
            break
    assert place(page)[1] == first[1] + 1


def test_an_explorable_and_a_wide_formula_keep_the_arrow_keys(visit, site):
    page = visit.open(chapter_address(site, rest="?teach"))
    page.wait_for_selector(".teaching-bar")
    while not page.locator(".explorable").locator("visible=true").count():
        page.keyboard.press("ArrowRight")
    page.locator(".explorable").scroll_into_view_if_needed()
    page.wait_for_selector(".explorable.started input")
    before, slider = place(page), page.locator(".explorable input").first
    slider.focus()
    value = slider.input_value()
    page.keyboard.press("ArrowRight")
    assert place(page) == before and slider.input_value() != value


def test_a_link_to_an_equation_of_another_section_leads_there(visit, site):
    page = visit.open(chapter_address(site, rest="?teach#what-to-take-away"))
    page.wait_for_selector(".teaching-bar")
    target = page.evaluate("document.querySelector('.equation-result').closest('[id]').id")
    page.evaluate("id => (location.hash = id)", target)
    page.wait_for_function("id => document.getElementById(id).checkVisibility()", arg=target)
    assert place(page)[0] != "What to take away"


def test_the_size_of_the_type_can_be_chosen_and_is_kept(visit, site):
    page = visit.open(chapter_address(site, rest="?teach"))
    page.wait_for_selector(".teaching-bar")
    first = type_size(page)
    page.get_by_role("button", name="Larger type").click()
    larger = type_size(page)
    assert larger > first
    page.reload()
    page.wait_for_selector(".teaching-bar")
    assert type_size(page) == larger
    for _ in range(5):
        page.get_by_role("button", name="Smaller type").click()
    assert type_size(page) < first


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_sticks_out_at_the_largest_type(browser, site, width):
    with Visit(browser, width=width) as visit:
        page = visit.open(chapter_address(site, "04_gradient", "?teach"))
        page.wait_for_selector(".teaching-bar")
        for _ in range(4):
            page.get_by_role("button", name="Larger type").click()
        while page.locator(".teaching-bar button").nth(1).inner_text() != "Next page":
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, f"{place(page)[0]}: {wide} px too wide"
            page.keyboard.press("ArrowRight")


def test_the_end_of_a_chapter_leads_on_to_the_next_in_the_same_view(visit, site):
    page = visit.open(chapter_address(site, rest="?teach#what-to-take-away"))
    page.wait_for_selector(".teaching-bar")
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**/03_*.html?teach*")
    page.wait_for_selector(".teaching-bar")


def test_print_shows_the_whole_chapter_from_the_teaching_view_too(visit, site):
    page = visit.open(chapter_address(site, rest="?teach"))
    page.wait_for_selector(".teaching-bar")
    page.emulate_media(media="print")
    assert visible_headings(page) == page.locator("article :is(h1, h2, h3)").count()
    assert not page.locator(".teaching-bar").is_visible()


LABEL = "document.querySelectorAll('.teaching-bar button')[1].textContent"
IN_SIGHT = """box => {
  const {top, bottom} = box.getBoundingClientRect(), end = document.querySelector(".teaching-bar").offsetTop;
  return top >= 0 && bottom <= end;
}"""


@pytest.mark.parametrize("name", ["01_log_odds_to_softmax", "02_jacobian", "07_decision_boundaries"])
def test_no_answer_is_shown_before_its_question_was_in_sight(visit, site, name):
    """Questions stand below the window, and one press must not show question and answer together."""
    page = visit.open(chapter_address(site, name, "?teach"))
    page.set_viewport_size({"width": 1280, "height": 720})
    page.wait_for_selector(".teaching-bar")
    asked = 0
    while (label := page.evaluate(LABEL)) != "Next page":
        if label == "Reveal":
            page.wait_for_function(IN_SIGHT, arg=page.locator(".predict").locator("visible=true").last.element_handle())
            asked += 1
        page.keyboard.press("ArrowRight")
    assert asked == page.locator(".predict").count()


def test_a_plan_opens_its_figures_and_results_in_the_teaching_view(visit, site):
    page = visit.open((site / "chapters" / "teaching_lecture.html").as_uri())
    page.set_viewport_size({"width": 1280, "height": 720})
    links = page.locator(".plan a:is([href*='#fig-'], [href*='#equation-'])")
    addresses = links.evaluate_all("links => links.map(link => link.href)")
    assert len(addresses) > 10
    hidden = []
    for address in addresses:
        page.goto(address)
        page.wait_for_selector(".teaching-bar")
        top, bottom, end = page.evaluate(
            """id => {
          const {top, bottom} = document.getElementById(id).getBoundingClientRect();
          return [top, bottom, document.querySelector(".teaching-bar").offsetTop];
        }""",
            address.partition("#")[2],
        )
        if top < -1 or (bottom > end + 1 and top > 60):  # as a whole, or from its beginning if it is taller
            hidden.append((address.rpartition("/")[2], top, bottom))
        assert page.locator("article details[open]").count() == 0
        if "#fig-" in address:  # a tint would change the colours of the classes
            tint = "id => getComputedStyle(document.getElementById(id)).backgroundColor"
            assert page.evaluate(tint, address.partition("#")[2]) == "rgba(0, 0, 0, 0)"
        page.goto("about:blank")  # or the next figure of the same chapter would be no new visit
    assert hidden == []


def test_a_link_to_another_chapter_stays_in_the_view_and_the_browser_leads_back(visit, site):
    page = visit.open(chapter_address(site, "04_gradient", "?teach#what-to-take-away"))
    page.wait_for_selector(".teaching-bar")
    page.locator("article a[href*='05_numerics.html']").locator("visible=true").first.click()
    page.wait_for_url("**/05_numerics.html?teach*")
    page.wait_for_selector(".teaching-bar")
    page.go_back()
    page.wait_for_url("**/04_gradient.html?teach*")
    page.wait_for_selector(".teaching-bar")
    assert place(page)[0] == "What to take away"
    page.keyboard.press("Escape")
    page.locator("article a[href*='05_numerics.html']").last.click()
    page.wait_for_url("**/05_numerics.html")


def test_a_step_that_the_keys_reach_has_the_focus_and_no_frame_around_it(visit, site):
    page = visit.open(chapter_address(site, "01_log_odds_to_softmax", "?teach#exercises"))
    page.wait_for_selector(".teaching-bar")
    page.keyboard.press("ArrowRight")
    tag, outline = page.evaluate("(e => [e.tagName, getComputedStyle(e).outlineStyle])(document.activeElement)")
    assert (tag, outline) == ("P", "none")  # an exercise begins with a paragraph
    assert (
        page.locator(".teaching-bar button").nth(1).evaluate("e => (e.focus(), getComputedStyle(e).outlineStyle)")
        != "none"
    )


@pytest.mark.parametrize("key", ["b", "."])
def test_the_wall_is_black_until_the_next_key(visit, site, key):
    page = visit.open(chapter_address(site, rest="?teach#as-a-matrix"))
    page.wait_for_selector(".teaching-bar")
    page.keyboard.press(key)
    assert not page.locator("article h2").locator("visible=true").count()
    page.keyboard.press("ArrowRight")
    assert page.locator("article h2").locator("visible=true").count() == 1 and place(page)[0] == "As a matrix"
    page.keyboard.press(key)
    page.keyboard.press("Escape")  # brings the page back, and does not leave
    assert page.locator(".teaching-bar").is_visible()


def test_a_browser_that_keeps_nothing_has_the_view_too(visit, site):
    refuse = "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError'); }})"
    page = visit.open(chapter_address(site))
    page.evaluate(refuse)
    page.click(".teach")
    before = type_size(page)
    page.get_by_role("button", name="Larger type").click()
    assert type_size(page) > before


@pytest.mark.parametrize("name", sorted(QUESTIONS))
def test_each_chapter_asks_for_at_least_three_predictions(browser, site, name):
    """They work without a script: the answer is a fold, and it is closed."""
    with Visit(browser, javascript=False) as visit:
        page = visit.open(chapter_address(site, name))
        questions = page.locator(".predict")
        assert questions.count() >= 3
        for question in questions.all():
            text = question.locator(":scope > :not(details)").all_text_contents()
            assert "?" in "".join(text), text
            answer = question.locator("details:not([open]) .sd-summary-content")
            assert answer.count() == 1 and not answer.is_visible() and len(answer.text_content()) > 40


def test_without_scripts_there_is_no_button_that_does_nothing(browser, site):
    with Visit(browser, javascript=False) as visit:
        assert not visit.open(chapter_address(site)).locator(".teach").is_visible()


def test_in_larger_type_too_a_point_goes_where_the_pointer_drags_it(visit, site):
    page = visit.open(chapter_address(site, "04_gradient", "?teach#what-the-gradient-says"))
    page.wait_for_selector(".teaching-bar")
    while page.locator(".teaching-bar button").nth(1).inner_text() in ("Question", "Reveal"):
        page.keyboard.press("ArrowRight")
    page.locator(".explorable").evaluate("box => box.scrollIntoView({block: 'start', behavior: 'instant'})")
    page.wait_for_selector(".explorable.started svg .point.prediction")
    prediction = page.locator(".explorable .point.prediction circle").first

    def centre():
        box = prediction.bounding_box()
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    x, y = centre()
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 70, y + 40, steps=4)
    page.mouse.up()
    assert centre() == pytest.approx((x + 70, y + 40), abs=1.5)
