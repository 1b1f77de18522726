"""The assignments for nbgrader: graded by its own commands, as a teacher would, in a copy of the course."""

import copy
import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
COURSE = ROOT / "teaching" / "assignments"
NAMES = [path.stem for path in sorted(COURSE.glob("source/*/*.ipynb"))]

# ------------------------------------------------------------------------------------------------- notebooks


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def source(name):
    """An assignment as the teacher has it."""
    return read(COURSE / "source" / name / f"{name}.ipynb")


def text(cell):
    return "".join(cell["source"])


def about(cell):
    """What nbgrader knows of a cell."""
    return cell["metadata"].get("nbgrader", {})


def graded_cells(notebook):
    """The cells with a name for nbgrader, by that name."""
    return {about(cell)["grade_id"]: cell for cell in notebook["cells"] if about(cell)}


def points_of(name):
    """Points of each test of an assignment."""
    cells = graded_cells(source(name)).items()
    return {grade_id: about(cell)["points"] for grade_id, cell in cells if about(cell)["locked"]}


def written_in(name):
    """Points of each answer that is judged by hand."""
    cells = graded_cells(source(name)).items()
    return {grade_id: about(cell)["points"] for grade_id, cell in cells if about(cell)["grade"] > about(cell)["locked"]}


def answers(name):
    """What students answer, right or wrong: see the first lines of each file."""
    return tomllib.loads((COURSE / "answers" / f"{name}.toml").read_text(encoding="utf-8"))


def region(begin, cell):
    """The lines between ### BEGIN … and ### END …, if there are any."""
    return re.findall(rf"^ *### BEGIN {begin}\n(.*?)^ *### END {begin}$", text(cell), flags=re.M | re.S)


# ----------------------------------------------------------------------------------------------- submissions


def filled(released, replaced):
    """A released notebook with the source of some cells replaced."""
    notebook = copy.deepcopy(released)
    cells = graded_cells(notebook)
    for grade_id, answer in replaced.items():
        cells[grade_id]["source"] = answer
    return notebook


def model_answers(name):
    """The source of every solution cell."""
    return {grade_id: text(cell) for grade_id, cell in graded_cells(source(name)).items() if about(cell)["solution"]}


def without(*grade_ids):
    """A student deletes cells."""

    def change(notebook):
        notebook["cells"] = [cell for cell in notebook["cells"] if about(cell).get("grade_id") not in grade_ids]

    return change


def with_cell_after(grade_id, code):
    """A student adds a cell."""

    def change(notebook):
        place = [about(cell).get("grade_id") for cell in notebook["cells"]].index(grade_id)
        added = {"cell_type": "code", "id": "added", "metadata": {}, "outputs": [], "execution_count": 3}
        notebook["cells"].insert(place + 1, added | {"source": code})

    return change


def with_answer(grade_id, answer):
    def change(notebook):
        graded_cells(notebook)[grade_id]["source"] = answer

    return change


def endless(notebook):
    """A student writes one loop too many, twice."""
    graded_cells(notebook)["derive"]["source"] = "while True:\n    print('and again')"
    graded_cells(notebook)["pull_back"]["source"] = "def pull_back(v, z):\n    while True:\n        pass"


def easier_tests(notebook):
    """A student edits the tests and their points."""
    for cell in notebook["cells"]:
        if about(cell).get("locked"):
            cell["source"], cell["metadata"]["nbgrader"]["points"] = "pass", 100


def another_kernel(notebook):
    notebook["metadata"] = {"kernelspec": {"display_name": "My Python", "language": "python", "name": "my-python"}}


def another_program(notebook):
    """A program that knows neither ids of cells nor metadata nor outputs has saved the notebook."""
    notebook["nbformat_minor"], notebook["metadata"] = 4, {}
    for cell in notebook["cells"]:
        del cell["id"]
        cell["metadata"] = {}


def copied_cells(notebook):
    """A student copies a solution with its test, and pastes both below."""
    notebook["cells"] += [copy.deepcopy(cell) | {"id": f"copy-{i}"} for i, cell in enumerate(notebook["cells"][2:5])]


LOUD = """
import sys, warnings
warnings.warn("look here")
def jacobian(z):
    warnings.warn("numbers are small")
    print("working on it", file=sys.stderr)
    for i in range(300):
        print(i, z)
    o = softmax(z)
    return np.diag(o) - np.outer(o, o)
"""
MATRIX = ["jacobian_diagonal", "jacobian_off_diagonal", "jacobian_row_sums"]
PRODUCT = ["pull_back_values", "pull_back_sums"]
ODD = {  # what else arrives in a class: what was done to the model solution of `jacobian`, and which tests it must lose
    "syntax_error": (with_answer("jacobian", "def jacobian(z)\n    return z"), MATRIX),
    "endless": (endless, ["derive_own", "derive_other", *PRODUCT]),
    "too_deep": (with_answer("jacobian", "def jacobian(z):\n    return jacobian(z)"), MATRIX),
    "kernel_dies": (with_cell_after("jacobian_row_sums", "import os\nos._exit(1)"), PRODUCT),
    "asks": (with_cell_after("pull_back", "input('How many classes? ')"), []),
    "loud": (with_answer("jacobian", LOUD), []),
    "other_names": (with_cell_after("pull_back", "np = softmax = numerical_gradient = sp = len = None"), []),
    "deleted_test": (without("jacobian_row_sums"), []),
    "deleted_part": (without("pull_back", *PRODUCT), PRODUCT),
    "deleted_answer": (without("explain"), []),
    "easier_tests": (easier_tests, []),
    "another_kernel": (another_kernel, []),
    "another_program": (another_program, []),
    "copied_cells": (copied_cells, []),
}


def together(answers):
    """As few students as can give these answers, if nobody replaces a cell, or loses a test, twice."""
    students = []
    for answer in answers:
        for student in students:
            if all(not {*one["cells"], *one["loses"]} & {*answer["cells"], *answer["loses"]} for one in student):
                student.append(answer)
                break
        else:
            students.append([answer])
    return students


def submissions(name, released):
    """Student, notebook, and for each test that must be lost what the student has to be told."""
    model = filled(released, model_answers(name))
    yield "model", model, {}
    yield "empty", released, dict.fromkeys(points_of(name), "")
    for i, given in enumerate(together(answers(name).values())):
        notebook, told = model, {}
        for answer in given:
            notebook = filled(notebook, answer["cells"])
            told |= dict(zip(answer["loses"], answer.get("says", []), strict=True))
        yield f"student-{i}", notebook, told
    for student, (change, lost) in ODD.items() if name == "jacobian" else ():
        notebook = copy.deepcopy(model)
        change(notebook)
        yield student, notebook, dict.fromkeys(lost, "")


# ------------------------------------------------------------------------------------------------- the grader


class Graded:
    """One assignment, released, handed in by everybody, graded and sent back."""

    def __init__(self, name, course):
        self.name, self.course = name, course
        self.run("generate_assignment", name)
        self.released = read(course / "release" / name / f"{name}.ipynb")
        self.handed_in, self.told = {}, {}
        for student, notebook, told in submissions(name, self.released):
            folder = course / "submitted" / student / name
            folder.mkdir(parents=True)
            (folder / f"{name}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
            self.handed_in[student], self.told[student] = notebook, told
        begin = time.perf_counter()
        self.run("autograde", name)
        self.seconds = (time.perf_counter() - begin) / len(self.told)
        self.run("generate_feedback", name)
        self.marks = self.read_gradebook()

    def run(self, *command):
        own = {f"JUPYTER_{kind}_DIR": str(self.course / ".jupyter" / kind) for kind in ("CONFIG", "DATA", "RUNTIME")}
        # nbgrader calls Alembic by its name, as if its environment were active
        own["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        result = subprocess.run(
            [sys.executable, "-m", "nbgrader", *command],
            cwd=self.course,
            env=os.environ | own | {"IPYTHONDIR": str(self.course / ".jupyter" / "ipython")},
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert result.returncode == 0, f"nbgrader {' '.join(command)} failed:\n{result.stderr[-3000:]}"

    def read_gradebook(self):
        """Student -> test -> (points, whether somebody has to judge by hand)."""
        from nbgrader.api import Gradebook

        with Gradebook(f"sqlite:///{self.course / 'gradebook.db'}") as gradebook:
            return {
                submission.student.id: {
                    grade.name: (grade.auto_score, grade.needs_manual_grade)
                    for notebook in submission.notebooks
                    for grade in notebook.grades
                }
                for submission in gradebook.assignment_submissions(self.name)
            }

    def errors(self, student):
        """What each failed test says."""
        cells = graded_cells(read(self.course / "autograded" / student / self.name / f"{self.name}.ipynb"))
        return {
            grade_id: output["evalue"]
            for grade_id, cell in cells.items()
            for output in cell.get("outputs", [])
            if about(cell)["locked"] and output["output_type"] == "error"
        }

    def page(self, student):
        """The page that a student gets back: its text, and the addresses that it asks for."""
        page = Page()
        page.feed((self.course / "feedback" / student / self.name / f"{self.name}.html").read_text(encoding="utf-8"))
        return page


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.text, self.addresses, self.scripts = "", [], 0

    def handle_starttag(self, tag, attributes):
        self.scripts += tag == "script"
        self.addresses += [value for key, value in attributes if key in ("src", "href") and value]

    def handle_data(self, data):
        self.text += data


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A copy of the course."""
    copied = tmp_path_factory.mktemp("teaching") / "assignments"
    return shutil.copytree(COURSE, copied, ignore=shutil.ignore_patterns("release", "*.db", "*graded", "submitted"))


@pytest.fixture(scope="module", params=NAMES)
def graded(request, course):
    return Graded(request.param, course)


def test_everybody_gets_the_points_of_what_is_right(graded):
    """The model solution all, an untouched notebook none, a wrong answer all but those of the properties it breaks."""
    points = points_of(graded.name)
    assert set(graded.marks) == set(graded.told)
    for student, told in graded.told.items():
        marks = {grade_id: graded.marks[student][grade_id][0] for grade_id in points}
        assert marks == {grade_id: 0 if grade_id in told else points[grade_id] for grade_id in points}, (
            f"{student} should lose {list(told)}, lost {[name for name in points if marks[name] == 0]}"
        )


def test_what_is_written_waits_for_the_teacher(graded):
    for grade_id in written_in(graded.name):
        for student, marks in graded.marks.items():
            assert marks[grade_id] == ((0.0, False) if student == "empty" else (None, True)), f"{student}, {grade_id}"


def test_feedback_names_the_property_that_fails(graded):
    """Each sentence belongs to its test, and stands on the page that goes back."""
    for student, told in graded.told.items():
        errors, page = graded.errors(student), " ".join(graded.page(student).text.split())
        assert set(errors) == set(told), student
        for grade_id, says in told.items():
            assert says in errors[grade_id], f"{student}, {grade_id}: {errors[grade_id]}"
            assert says in page, f"{student} is not told: {says}"


def test_feedback_does_not_give_the_answer(graded):
    """No line of a solution that the student has not written, no hidden test, no traceback that shows one."""
    cells = source(graded.name)["cells"]
    secret = [part for cell in cells for kind in ("HIDDEN TESTS", "SOLUTION") for part in region(kind, cell)]
    for student, notebook in graded.handed_in.items():
        page, written = graded.page(student).text, "\n".join(map(text, notebook["cells"]))
        for line in filter(telling, "".join(secret).splitlines()):
            assert line.strip() in written or line.strip() not in page, f"{student} is shown: {line}"
        assert "HIDDEN" not in page


def telling(line):
    """Whether a line of a solution gives it away."""
    return len(line.strip()) > 20


def test_the_page_that_goes_back_asks_nobody_for_anything(graded):
    page = graded.page("empty")
    assert page.addresses and all(address.startswith("#") for address in page.addresses), page.addresses
    assert page.scripts == 0


def test_students_get_neither_solutions_nor_hidden_tests(graded):
    released = "\n".join(map(text, graded.released["cells"]))
    assert "SOLUTION" not in released and "HIDDEN" not in released
    for cell in source(graded.name)["cells"]:
        for lines in region("SOLUTION", cell) + region("HIDDEN TESTS", cell):
            assert lines.strip() and lines.strip() not in released
    for grade_id, cell in graded_cells(graded.released).items():
        if about(cell)["solution"]:
            stub = "raise NotImplementedError()" if cell["cell_type"] == "code" else "YOUR ANSWER HERE"
            assert stub in text(cell), f"{grade_id} is not empty"


def test_grading_takes_seconds(graded):
    print(f"{graded.name}: {len(graded.told)} submissions, {graded.seconds:.1f} seconds each")
    assert graded.seconds < 60


# -------------------------------------------------------------------------------------------- as it is stored


@pytest.mark.parametrize("name", NAMES)
def test_an_assignment_is_stored_as_jupyterlab_saves_it_without_outputs(name):
    path = COURSE / "source" / name / f"{name}.ipynb"
    notebook = source(name)
    saved = json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    assert path.read_text(encoding="utf-8") == saved
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    assert set(notebook["metadata"]) == {"kernelspec", "language_info"}
    for cell in notebook["cells"]:
        assert not cell.get("outputs") and not cell.get("execution_count")


@pytest.mark.parametrize("name", NAMES)
def test_every_test_says_its_points_and_has_a_hidden_part(name):
    for grade_id, points in points_of(name).items():
        cell = graded_cells(source(name))[grade_id]
        says = re.match(r"# (\d+) points?: \w", text(cell))
        assert says and int(says[1]) == points, f"{name}, {grade_id}: the first line should say “# {points} points: …”"
        assert len(region("HIDDEN TESTS", cell)) == 1 and "assert" in text(cell), f"{name}, {grade_id}"


@pytest.mark.parametrize("name", NAMES)
def test_the_teachers_table_is_right(name):
    by_hand = sum(written_in(name).values())
    points, begin = sum(points_of(name).values()) + by_hand, text(source(name)["cells"][0])
    minutes, stated = re.search(r"about (\d+) minutes.*?Points:\*\* (\d+)", begin).groups()
    readme = (COURSE / "README.md").read_text(encoding="utf-8")
    row = next(line for line in readme.splitlines() if line.startswith(f"| `{name}` | ") and line.count("|") == 7)
    assert [minutes, str(points), str(by_hand or "–")] == [part.strip() for part in row.split("|")[4:7]]
    assert points == 20 == int(stated)
    chapters = sorted({int(number) for number in re.findall(r"chapter (\d+)", begin)})
    assert ", ".join(map(str, chapters)) == row.split("|")[2].strip()


@pytest.mark.parametrize("name", NAMES)
def test_the_sections_that_students_need_exist(name):
    needed = re.search(r"\*\*You need\*\* (.+)", text(source(name)["cells"][0]))[1]
    parts = re.findall(r"chapter (\d+), ([^;]+)", needed)
    assert parts
    for number, sections in parts:
        (path,) = ROOT.glob(f"chapters/{int(number):02d}_*.ipynb")
        prose = "\n".join(text(cell) for cell in read(path)["cells"] if cell["cell_type"] == "markdown")
        headings = {title.replace(r"$\lambda$", "λ") for title in re.findall(r"^##+ (.+)$", prose, flags=re.M)}
        named = re.findall(r"“(.+?)”", sections)
        assert named and set(named) <= headings, f"chapter {number} has no section {set(named) - headings}"


@pytest.mark.parametrize("name", [name for name in NAMES if written_in(name)])
def test_what_is_judged_by_hand_has_a_rubric_whose_points_add_up(name):
    rubric = (COURSE / "rubrics" / f"{name}.md").read_text(encoding="utf-8")
    (points,) = written_in(name).values()
    assert sum(int(row) for row in re.findall(r"^\| (\d+) \|", rubric, flags=re.M)) == points
    assert f"({points} points" in rubric and f"\n{points} points." in rubric  # the title, and the full answer
    for part in ("## A full answer", "## A half answer", "## Usual wrong explanations"):
        assert part in rubric
    assert f"({points} points, judged by your teacher" in "".join(map(text, source(name)["cells"]))


@pytest.mark.parametrize("name", NAMES)
def test_there_are_typical_answers_and_each_test_can_fail(name):
    given = answers(name).values()
    assert sum(bool(answer["loses"]) for answer in given) >= 3 and any(not answer["loses"] for answer in given)
    assert all(answer["about"].endswith(".") for answer in given)
    lost = {grade_id for answer in given for grade_id in answer["loses"]}
    assert lost == set(points_of(name)), f"no answer loses {set(points_of(name)) - lost}"


def test_a_class_has_twenty_different_submissions():
    class_of = list(submissions("jacobian", source("jacobian")))
    assert len(class_of) >= 20 and len({json.dumps(notebook) for _, notebook, _ in class_of}) == len(class_of)


def test_git_ignores_what_grading_makes():
    made = ("gradebook.db", "submitted/someone/jacobian/jacobian.ipynb", "release/a", "autograded/a", "feedback/a")
    paths = [f"teaching/assignments/{path}" for path in made]
    done = subprocess.run(["git", "check-ignore", *paths], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.split() == paths


# ------------------------------------------------------------------------------- without nbgrader, one by one


def lost_alone(name, replaced):
    """The tests that fail, and what they say, when an assignment runs from top to bottom with some answers replaced."""
    names, failed = {"__name__": "__main__"}, {}
    for cell in filled(source(name), replaced)["cells"]:
        if cell["cell_type"] == "code":
            try:
                exec(compile(text(cell), cell["id"], "exec"), names)
            except Exception as error:
                failed[about(cell).get("grade_id", cell["id"])] = str(error)
    return {grade_id: says for grade_id, says in failed.items() if grade_id in points_of(name)}


@pytest.mark.parametrize(("name", "answer"), [(name, answer) for name in NAMES for answer in answers(name)])
@pytest.mark.filterwarnings("ignore")  # students' code
def test_each_answer_alone_loses_the_tests_of_the_properties_it_breaks(name, answer, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    given = answers(name)[answer]
    failed = lost_alone(name, given["cells"])
    assert set(failed) == set(given["loses"]), failed
    for grade_id, says in zip(given["loses"], given.get("says", []), strict=True):
        assert says in failed[grade_id], failed[grade_id]


def test_the_numbers_of_the_model_report_are_those_of_the_model():
    names = {}
    for cell in source("train_and_explain")["cells"]:
        if cell["cell_type"] == "code" and about(cell).get("solution", cell["id"] == "setup"):
            exec(text(cell), names)
    X, y, order = names["penguins"].X, names["penguins"].y, (names["train"], names["valid"], names["test"])
    train, valid, test = order
    report = text(graded_cells(source("train_and_explain"))["report"]).replace("−", "-").replace("800 000", "800000")
    scaled_train, scaled = names["standardise"](X[train], X)
    alpha = names["best_alpha"](scaled_train, y[train], scaled[valid], y[valid], [1e-4, 1e-3, 1e-2, 0.1, 1])
    for strength, told, mistakes in ((alpha, "{:.1f}", 1), (0.01, "{:.1f}", 0)):
        model = names["SoftmaxRegression"](alpha=strength).fit(scaled_train, y[train])
        assert (model.predict(scaled[test]) != y[test]).sum() == mistakes
        length, depth, _, mass = model.coef_[0] - model.coef_[1]
        for weight in (length, depth, mass):
            assert told.format(weight) in report
        assert abs(length) > max(mass, depth) > 0 and min(mass, depth) > 0
        if mistakes:
            assert abs(np.exp(-length) / 800000 - 1) < 0.05
    assert f"On the {len(test)} birds" in report and f"right species for {len(test) - 1}" in report
    assert f"right for {round(names['baseline'](y[train], y[test]) * len(test))}" in report
    assert "5.4 mm" in report and round(X[train, 0].std(), 1) == 5.4 and round(X[train, 3].std(), -2) == 800
