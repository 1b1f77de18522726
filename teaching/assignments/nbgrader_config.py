"""Settings of nbgrader for this course: everything stays in this folder, and no submission stops the grader."""

from html import escape
from pathlib import Path

import nbgrader
from nbclient.exceptions import DeadKernelError
from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbformat.v4 import new_output
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde
from nbgrader.preprocessors import (
    ClearHiddenTests,
    DeduplicateIds,
    Execute,
    GetGrades,
    NbGraderPreprocessor,
    OverwriteCells,
)
from nbgrader.utils import is_grade
from traitlets import List, default

c = get_config()


class KnownCells(OverwriteCells):
    """Each cell of the assignment once: copies are forgotten, and what was deleted is put back at the end.

    nbgrader's own ways stop at a copied cell, and at a deleted one if the cell before it is deleted too.
    """

    def preprocess(self, nb, resources):
        ours = resources["nbgrader"]
        with Gradebook(ours["db_url"]) as gradebook:
            missing = {cell.name for cell in gradebook.find_notebook(ours["notebook"], ours["assignment"]).source_cells}
        for cell in reversed(nb.cells):  # of copies the last one counts
            name = cell.metadata.get("nbgrader", {}).get("grade_id")
            if name in missing:
                missing.remove(name)
            else:
                cell.metadata.pop("nbgrader", None)
        return super().preprocess(nb, resources)

    def add_missing_grade_cells(self, nb, resources):
        found = {cell.metadata.get("nbgrader", {}).get("grade_id") for cell in nb.cells}
        source = self.gradebook.find_notebook(self.notebook_id, self.assignment_id)
        written = {cell.name for cell in source.solution_cells}
        points = {cell.name: cell.max_score for cell in source.grade_cells if cell.name not in found}
        for cell in source.source_cells:
            if cell.name in points:
                nb.cells.append(self.missing_cell_transform(cell, points[cell.name], is_solution=cell.name in written))
        return nb, resources


class ExecuteToTheEnd(Execute):
    """A kernel that dies (of `exit()`, or for want of memory) costs what comes after, not the whole submission.

    And an endless function that many tests call costs the grader the full time once, and then seconds.
    """

    @default("timeout_func")
    def _patience(self):
        return self.patience

    def patience(self, cell):
        seen = (output.get("ename") for earlier in self.nb.cells for output in earlier.get("outputs", []))
        return 5 if "CellTimeoutError" in seen else self.timeout

    def preprocess(self, nb, resources, **options):
        try:
            return super().preprocess(nb, resources, **options)
        except DeadKernelError as error:
            for cell in nb.cells:
                if cell.cell_type == "code" and not cell.execution_count:
                    cell.outputs = [new_output("error", ename="DeadKernelError", evalue=str(error))]
            return nb, resources


class WarningsCostNothing(NbGraderPreprocessor):
    """nbgrader gives no points for a test cell in which anything was written to stderr; a warning is no mistake."""

    def preprocess_cell(self, cell, resources, index):
        for output in cell.get("outputs", []):
            if output.output_type == "stream":
                output.name = "stdout"
        return cell, resources


class PlainMessages(ClearHiddenTests):
    """In the feedback, a failed test is the sentence that says which property fails: no traceback, no hidden lines."""

    display_data_priority = List().tag(config=True)  # set by nbconvert for all that help to make a page

    def preprocess_cell(self, cell, resources, index):
        for output in cell.get("outputs", []) if is_grade(cell) else []:
            if output.output_type == "error":
                says = output.evalue if output.ename == "AssertionError" else f"{output.ename}: {output.evalue}"
                page = f'<p class="alert alert-danger">{escape(says)}</p>'
                output.clear()
                output.update(new_output("display_data", {"text/html": page}))
        return super().preprocess_cell(cell, resources, index)


c.CourseDirectory.course_id = "softmax-regression"

c.Execute.timeout = 20  # seconds for one cell; no model solution needs more than one
c.Execute.extra_arguments = ["--IPKernelApp.log_level=40"]  # errors only
c.Execute.iopub_timeout = 30  # for whoever prints a great deal
c.LimitOutput.max_lines = 200
c.OverwriteCells.add_missing_cells = True


def with_ours(preprocessors, ours):
    """A list of preprocessors, each replaced by those of this course if there are any."""
    return [new for old in preprocessors for new in ours.get(old, [old])]


standard = Autograde()
c.Autograde.sanitize_preprocessors = with_ours(
    standard.sanitize_preprocessors, {DeduplicateIds: [], OverwriteCells: [KnownCells]}
)
c.Autograde.autograde_preprocessors = with_ours(
    standard.autograde_preprocessors, {Execute: [ExecuteToTheEnd, WarningsCostNothing]}
)

c.GenerateFeedback.preprocessors = [GetGrades, PlainMessages, CSSHTMLHeaderPreprocessor]

# No page, of the feedback or of the formgrader, asks another host for anything: `templates` does without MathJax.
standard_templates = Path(nbgrader.__file__).parent / "server_extensions/formgrader/templates"
c.HTMLExporter.extra_template_basedirs = [str(Path(__file__).parent / "templates"), str(standard_templates)]
