"""The student's edition: nothing of a solution anywhere in it, and notebooks whose holes can be filled or left open."""

import ast
import base64
import json
import pickle
import re

import lxml.html
import nbformat
import pytest
import snowballstemmer
from nbclient import NotebookClient

import build_book
import editions
import notebooks
from chapters_as_run import CHAPTERS, ROOT, SEND_LEDGER

SOURCES = editions.read_tree(ROOT, [*build_book.PAGES, "_toc.yml", "_config.yml"], build_book.IGNORED)
FOR_STUDENTS = editions.student_sources(SOURCES)
NOTEBOOKS = {name: json.loads(text) for name, text in editions.student_notebooks(FOR_STUDENTS).items()}
STUDENT = ROOT / "_build" / "student"


def cells_of(path):
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def text_of(cell):
    return "".join(cell["source"])


def code(notebook):
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def solutions(path):
    """{exercise: (text of the solution, sources of the cells that check it)} of a chapter."""
    found, inside = {}, None
    for cell in cells_of(path):
        text = text_of(cell)
        if cell["cell_type"] == "markdown":
            solution = re.search(r":::\{dropdown\} Solution\n(.*?)\n:::", text, re.S)
            inside = solution and f"{int(path.name[:2])}.{re.search(r'^[*]{2}([0-9]+)[.]', text, re.M)[1]}"
            if inside:
                found[inside] = solution[1], []
        elif inside and "hide-cell" in cell["metadata"].get("tags", ()):
            found[inside][1].append(text)
        else:
            inside = None
    return found


SOLUTIONS = {name: found for path in CHAPTERS for name, found in solutions(path).items()}


def spaced(text):
    """A text on one line, without the marks of Markdown and mathematics."""
    return " ".join(re.sub(r"[*`$\\]", "", text).split())


@pytest.fixture(scope="module")
def student():
    """The folder of the student's edition, built."""
    problems = build_book.build_student(say=lambda *_: None)
    assert not problems, problems
    return STUDENT


# ------------------------------------------------------------------------------------------------ no solution


def test_every_exercise_has_a_solution_that_the_tests_below_look_for():
    assert len(SOLUTIONS) > 100
    assert all(len(text) > 20 and cells for text, cells in SOLUTIONS.values())


def secrets():
    """Sentences of the solutions, and lines of the code that checks them, which the rest of the book does not have."""
    rest = spaced(
        "\n".join(content.decode() for name, content in FOR_STUDENTS.items() if name.endswith((".md", ".ipynb")))
    )
    for name, (text, cells) in SOLUTIONS.items():
        pieces = [p for p in re.split(r"(?<=[.;:])\s|\$[^$]*\$|`[^`]*`|\n", text) if len(p) > 25]
        lines = [line.strip() for cell in cells for line in cell.splitlines() if len(line.strip()) > 25]
        for piece in map(spaced, pieces + lines):
            if piece not in rest and json.dumps(piece, ensure_ascii=False)[1:-1] not in rest:
                yield name, piece


SECRETS = list(secrets())


def visible(path):
    """The text of a file of the site as a reader, or a program that searches it, finds it."""
    if path.suffix == ".html":
        tree = lxml.html.document_fromstring(path.read_bytes())
        return f"{tree.text_content()} {' '.join(map(str, tree.xpath('//@* | //comment()')))}"
    if path.suffix == ".ipynb":
        return "\n".join(strings(cells_of(path)))
    return path.read_text(encoding="utf-8")


def strings(value):
    """All that a notebook says: sources as whole texts, outputs, and metadata, which a program shows on demand."""
    if isinstance(value, dict):
        value = [text_of(value) if key == "source" else part for key, part in value.items()]
    if isinstance(value, list):
        return [text for part in value for text in strings(part)]
    return [value] if isinstance(value, str) else []


def leaks(folder):
    texts = {".html", ".js", ".ipynb", ".md", ".txt", ".json", ".svg", ".yml"}
    for path in sorted(p for p in folder.rglob("*") if p.suffix in texts):
        text = spaced(visible(path))
        yield from (f"{path.relative_to(folder)}: {name}: {piece}" for name, piece in SECRETS if piece in text)


def test_no_solution_is_in_any_file_of_the_students_edition(student):
    assert len({name for name, _ in SECRETS}) == len(SOLUTIONS), "each solution has something that can be looked for"
    assert not list(leaks(student / "html"))
    assert not list(leaks(student / "notebooks"))


def test_nothing_of_the_slides_is_in_a_students_notebook():
    """Speaker's notes are for the teacher, and a headline says what stands in a hole."""
    slides = [cell["metadata"].get("slideshow", {}) for path in CHAPTERS for cell in cells_of(path)]
    notes = {slide["notes"] for slide in slides if len(slide.get("notes", "")) > 25}
    book = "\n".join(text_of(cell) for path in CHAPTERS for cell in cells_of(path))
    assert len(notes) > 100
    for notebook in NOTEBOOKS.values():
        assert not [cell for cell in notebook["cells"] if "slideshow" in cell["metadata"]]
        said = "\n".join(strings(notebook["cells"]))
        assert not [note for note in notes if note in said and note not in book]


def test_no_word_that_only_solutions_have_is_in_the_search(student):
    index = (student / "html" / "searchindex.js").read_text(encoding="utf-8")
    terms = json.loads(index.removeprefix("Search.setIndex(").removesuffix(")"))["terms"]
    stem = snowballstemmer.stemmer("english").stemWord
    words = {word for text, _ in SOLUTIONS.values() for word in re.findall(r"[a-z]{7,}", text.lower())}
    library = [path.read_text(encoding="utf-8") for path in ROOT.glob("softmax_*/*.py")]
    rest = [content.decode() for name, content in FOR_STUDENTS.items() if name.startswith("chapters/")]
    known = {stem(word) for text in [*rest, *library] for word in set(re.findall(r"[a-z]+", text.lower()))}
    lonely = {stem(word) for word in words} - known
    assert len(lonely) > 5
    assert not lonely & set(terms)


# ---------------------------------------------------------------------------------------------------- the site


def test_all_else_is_the_same_and_says_which_edition_it_is(student):
    page = lxml.html.document_fromstring((student / "html" / "chapters" / "04_gradient.html").read_bytes())
    assert "(student edition)" in page.xpath("string(//aside[contains(@class, 'sidebar-drawer')])")
    calls = page.xpath("//section[@id='exercises']//pre[contains(., 'answer = ...')]")
    assert len(calls) == 8
    assert 'check_answer("4.2", answer)' in calls[1].text_content()
    assert page.xpath("//section[@id='exercises']//p[contains(., 'has a hole for your answer')]")
    assert not page.xpath("//details[contains(., 'Solution')]")
    assert page.xpath("//img") and page.xpath("//*[@id='equation-result-gradient']")


def test_a_page_downloads_the_notebook_with_holes(student):
    for name in NOTEBOOKS:
        made = (student / "notebooks" / name).read_bytes()
        assert made == (student / "html" / "_sources" / "chapters" / name).read_bytes()
        assert json.loads(made) == NOTEBOOKS[name]


def test_nothing_changed_nothing_to_do(student):
    said = []
    assert build_book.build_student(say=said.append) == []
    assert said == []


def test_what_is_gone_from_the_sources_is_gone_from_the_edition(tmp_path):
    files = {"a/b.md": b"1", "c.md": b"2", "_build/kept": b"3"}
    editions.bring_up_to_date(tmp_path, files)
    before = (tmp_path / "c.md").stat().st_mtime_ns
    editions.bring_up_to_date(tmp_path, {"c.md": b"2", "d/e": b"4"}, {"_build"})
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {"c.md", "d/e", "_build/kept"}
    assert (tmp_path / "c.md").stat().st_mtime_ns == before, "a file that is the same is not written again"
    assert not (tmp_path / "a").exists()


EXERCISE = """\
::::{admonition} Predict
:class: predict

Which way?

:::{dropdown} Look
Upwards.
:::
::::

**3. Which way?**
Say it.

:::{dropdown} Solution, in two steps
Downwards.
:::

After it.
"""


def test_a_prediction_keeps_its_answer_and_an_exercise_loses_its_own():
    text = editions.student_text(EXERCISE)
    assert "Upwards." in text
    assert "After it." in text
    assert not re.search("Solution|Downwards", text)
    nested = "::::{dropdown} Solution\n:::{note}\nsecret\n:::\n::::\nrest"
    assert editions.student_text(nested) == "rest"
    with pytest.raises(ValueError, match="not closed"):
        editions.student_text(":::{dropdown} Solution\nsecret\n")


def test_only_the_cells_under_a_solution_go():
    def cell(kind, text, *tags):
        return {"cell_type": kind, "source": text, "metadata": {"tags": list(tags)}}

    before = [cell("code", "kept = 1", "hide-cell"), cell("markdown", EXERCISE.replace("3.", "2."))]
    hidden = [cell("code", "secret = 1", "hide-cell"), cell("code", "secret = 2", "hide-cell")]
    after = [cell("code", "kept = 2"), cell("code", "kept = 3", "hide-cell"), cell("markdown", "end")]
    page = editions.student_page({"cells": [*before, *hidden, *after]}, 4)
    sources = [text_of(cell) for cell in page["cells"] if cell["cell_type"] == "code"]
    assert [text for text in sources if "kept" in text] == ["kept = 1", "kept = 2", "kept = 3"]
    assert not [text for text in sources if "secret" in text]
    assert 'check_answer("4.2", answer)' in sources[1]
    assert "# Asked for: a function of Y and O that returns an array\nanswer = ..." in sources[1]


def test_pages_for_teachers_are_left_out_and_nothing_leads_there_or_to_a_public_copy():
    config = b'title: "x"\nrepository: {url: "https://github.com/a/b", branch: main}\n    html_title: "x"\n'
    made = editions.student_sources(
        {
            "_toc.yml": b"root: chapters/intro\nchapters:\n  - file: chapters/teaching\n  - file: chapters/notation\n",
            "_config.yml": config,
            "chapters/teaching.md": b"The answer is 42.",
            "chapters/intro.md": b"See [For teachers](teaching.md#plans), or the [map](map.md).",
        }
    )
    assert "chapters/teaching.md" not in made
    assert made["_toc.yml"] == b"root: chapters/intro\nchapters:\n  - file: chapters/notation\n"
    assert made["chapters/intro.md"] == b"See For teachers, or the [map](map.md)."
    assert b"github.com" not in made["_config.yml"]
    assert b'html_title: "x (student edition)"' in made["_config.yml"]
    real = FOR_STUDENTS["_config.yml"].decode()
    assert 'repository: {url: "",' in real
    assert '(student edition)"' in real


def test_the_sentences_to_be_reworded_are_those_of_the_book():
    pages = "\n".join(content.decode() for name, content in SOURCES.items() if name.endswith(".md"))
    assert all(words in pages for words in editions.REWORDED)
    page = FOR_STUDENTS["chapters/intro.md"].decode()
    assert "have holes to fill" in page
    assert not re.search(r"\bTeach\b|make lab|minute by minute", page)


# ----------------------------------------------------------------------------------------------- the notebooks


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_notebook_has_a_hole_for_every_exercise_and_nothing_has_run(path):
    notebook = NOTEBOOKS[path.name]
    nbformat.validate(nbformat.reads(notebooks.canonical(notebook), as_version=4))
    assert all(not cell["outputs"] and cell["execution_count"] is None for cell in code(notebook))
    asked = [
        name for cell in code(notebook) for name in re.findall(r'\ncheck_answer\("([\d.]+)", answer\)', text_of(cell))
    ]
    assert asked == [name for name in SOLUTIONS if name.split(".")[0] == str(int(path.name[:2]))]
    assert sum("from softmax_lib.checks import check_answer" in text_of(cell) for cell in code(notebook)) == 1


def filled(hole, original):
    """What stands in the original in place of the three dots, or None if more than that was changed."""
    pattern = "(.+?)".join(map(re.escape, hole.removeprefix(editions.QUESTION + "\n").split("...")))
    match = re.fullmatch(pattern, original, re.S)
    return match and match.groups()


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_all_else_is_the_book_and_what_is_open_is_the_right_side_of_a_result(path):
    originals = {cell["id"]: cell for cell in cells_of(path)}
    open_results = []
    for cell in NOTEBOOKS[path.name]["cells"]:
        original, text = originals.get(cell["id"]), text_of(cell)
        if original is None:
            assert cell["id"] == "student-notebook" or text.count("answer = ...") == 1
        elif text.startswith(editions.QUESTION):
            assert filled(text, text_of(original)), f"more than a hole: {text}"
            calls = [
                n
                for n in ast.walk(ast.parse(text))
                if isinstance(n, ast.Call) and ast.unparse(n.func) == "chapter.result"
            ]
            open_results += [
                call.args[0].value for call in calls if ast.unparse(call.args[-1]) == "..." or " = ..." in text
            ]
        elif cell["cell_type"] == "code":
            assert text == text_of(original)
    assert len(open_results) >= 2
    prose = "\n".join(text_of(cell) for cell in NOTEBOOKS[path.name]["cells"] if cell["cell_type"] == "markdown")
    asked = re.findall(r" = \\;\?(?: \\qquad[^\n]*)?\n\$\$ \((result-[\w-]+)\)", prose)
    assert set(asked) <= set(open_results)
    assert len(asked) == sum(
        text_of(cell).count("...") for cell in code(NOTEBOOKS[path.name]) if editions.QUESTION in text_of(cell)
    )


RULES = [  # (cell, is the right side of its result left open?, what stands before it, what comes after it)
    ("chapter.result('result-a', f, '=', x + 1)", True, "", ""),
    ("rest = x + 1\nchapter.result('result-a', f, '=', rest)", True, "", ""),
    ("chapter.result('result-a', f, '=', x + 1, where=Ne(j, k))", True, "", ""),
    ("chapter.result('result-a', f, '=', 1)", True, "y = 1", "z = 1"),
    ("chapter.result('result-a', f, '=', x + 1)", False, "entry(x + 1)", ""),  # it would only be copied
    ("chapter.result('result-a', f, '=', rest)", False, "rest = x + 1", ""),
    ("chapter.result('result-a', f, '=', x + 1)\nsquared = (x + 1) ** 2", False, "", ""),
    ("rest = x + 1\nchapter.result('result-a', f, '=', rest)", False, "", "rest**2"),  # a later cell would break
    ("rest, other = x + 1, 2\nchapter.result('result-a', f, '=', rest)", False, "", ""),
    ("rest = x + 1\nchapter.result('result-a', f(rest), '=', rest)", False, "", ""),
    ("chapter.result('result-a', f, '<=', x + 1, measured_only=True)", False, "", ""),
    ("chapter.result('result-a', f, '=', g, '=', x + 1)", False, "", ""),
    ("chapter.quoted('quoted-a', f, '=', x + 1)", False, "", ""),
    ("try:\n    chapter.result('result-a', f, '=', x + 1)\nexcept AssertionError:\n    pass", False, "", ""),
]


@pytest.mark.parametrize(("text", "is_open", "before", "after"), RULES)
def test_a_hole_is_left_where_it_is_more_than_copying_and_breaks_nothing(text, is_open, before, after):
    equation = {"cell_type": "markdown", "id": "m", "metadata": {}, "source": "$$\nf = x + 1\n$$ (result-a)\n"}
    cells = [editions.code_cell(name, cell) for name, cell in [("b", before), ("c", text), ("a", after)]]
    made = editions.student_notebook({"cells": [equation, *cells]})["cells"]
    assert [text_of(made[i]) for i in (2, 4)] == [before, after]
    assert ("..." in text_of(made[3])) is is_open
    assert (r"f = \;?" in text_of(made[0])) is is_open


def run(notebook):
    """Run a notebook from top to bottom as a student does; return its ledger."""
    notebook = nbformat.reads(notebooks.canonical(notebook), as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(SEND_LEDGER))
    where = {"metadata": {"path": str(ROOT / "chapters")}}
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources=where).execute()
    return pickle.loads(base64.b64decode(notebook.cells[-1].outputs[0].text)), notebook


RUN = ["02_jacobian.ipynb", "04_gradient.ipynb", "07_decision_boundaries.ipynb"]  # the quick ones, with most holes


@pytest.mark.parametrize("name", RUN)
def test_a_notebook_whose_holes_stay_open_runs_to_the_end_and_proves_nothing_of_them(name):
    ledger, notebook = run(NOTEBOOKS[name])
    holes = sum(text_of(cell).count("...") for cell in code(NOTEBOOKS[name]) if editions.QUESTION in text_of(cell))
    assert sum(equation.status.startswith("open.") for equation in ledger.equations.values()) == holes
    said = [output["data"]["text/plain"] for cell in code(notebook) for output in cell.outputs if "data" in output]
    assert sum("nothing filled in yet" in text for text in said) == sum(
        n.startswith(f"{int(name[:2])}.") for n in SOLUTIONS
    )


def solved(name):
    """A student's notebook with the model's formulas and answers in its holes."""
    originals, notebook = {cell["id"]: text_of(cell) for cell in cells_of(ROOT / "chapters" / name)}, NOTEBOOKS[name]
    cells = []
    for cell in notebook["cells"]:
        text = text_of(cell)
        if text.startswith(editions.QUESTION):
            text, answers = text.removeprefix(editions.QUESTION + "\n"), filled(text, originals[cell["id"]])
            for answer in answers:
                text = text.replace("...", answer, 1)
        elif "answer = ..." in text:
            exercise = re.search(r'check_answer\("([\d.]+)", answer\)', text)[1]
            checked = "\n\n".join(SOLUTIONS[exercise][1])
            calls = [node for node in ast.walk(ast.parse(checked)) if isinstance(node, ast.Call)]
            model = next(call for call in calls if ast.unparse(call).startswith(f"check_answer('{exercise}'"))
            text = text.replace("answer = ...", f"answer = {ast.unparse(model.args[1])}")
            text = f"{checked}\n{text}\nassert check_answer('{exercise}', answer)"
        cells.append(cell | {"source": text})
    return notebook | {"cells": cells}


@pytest.mark.parametrize("name", RUN)
def test_with_the_models_formulas_and_answers_in_its_holes_all_is_proved(name):
    ledger, _ = run(solved(name))
    assert not [e.label for e in ledger.equations.values() if e.kind == "result" and "random points" not in e.status]
    assert len(ledger.equations) > 3
