"""The package as a whole: its names, its weight, its documentation."""

import ast
import inspect
import io
import re
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest
from numpydoc.docscrape import NumpyDocString

import softmax_lib
from softmax_lib.checks import GradientReport
from softmax_lib.datasets import Dataset
from softmax_lib.model import SOLVERS
from softmax_lib.solvers import Result

ROOT = Path(__file__).parent.parent
PUBLIC = sorted(softmax_lib.__all__)
DOCUMENTED = {name: getattr(softmax_lib, name) for name in PUBLIC}
DOCUMENTED |= {solver.__name__: solver for solver in SOLVERS.values()}
RESULTS = {"Result": Result, "GradientReport": GradientReport, "Dataset": Dataset}  # what functions return
HEAVY = ("sklearn", "scipy", "matplotlib", "sympy", "pandas", "IPython")


def text(path):
    return path.read_text(encoding="utf-8")


def run(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_importing_the_package_loads_numpy_and_nothing_heavier():
    code = f"import softmax_lib, sys; print([name for name in {(*HEAVY, 'numpy')} if name in sys.modules])"
    assert run(code) == "['numpy']"


def test_the_model_needs_no_drawing_and_drawing_no_model():
    assert run("import softmax_lib as s, sys; s.SoftmaxRegression; print('matplotlib' in sys.modules)") == "False"
    assert run("import softmax_lib as s, sys; s.plot_history; print('sklearn' in sys.modules)") == "False"


@pytest.mark.parametrize("module", ["functions", "loss", "objective", "solvers", "checks", "datasets"])
def test_the_lower_layers_need_only_numpy(module):
    code = f"import softmax_lib.{module}, sys; print([name for name in {HEAVY} if name in sys.modules])"
    assert run(code) == "[]"


def test_importing_the_proofs_loads_nothing_before_a_module_is_asked_for():
    code = f"import softmax_proofs, sys; print([name for name in {(*HEAVY, 'numpy')} if name in sys.modules])"
    assert run(code) == "[]"


def test_the_library_knows_nothing_of_the_proofs():
    """Neither the package nor SymPy is loaded, whatever public name is used."""
    use_all = "import softmax_lib as s, sys; [getattr(s, name) for name in (*s.__all__, *s._MODULES)]"
    assert run(f"{use_all}; print([name for name in ('softmax_proofs', 'sympy') if name in sys.modules])") == "[]"


def test_one_function_alone_asks_for_the_proofs_and_only_when_it_is_called():
    """`check_answer` looks for the judges of the exercises by name, as for a plug-in."""
    mentions = [
        path.name for path in (ROOT / "softmax_lib").glob("*.py") if 'import_module("softmax_proofs' in text(path)
    ]
    imports = [
        path.name for path in (ROOT / "softmax_lib").glob("*.py") if re.search(r"(from|import) softmax_p", text(path))
    ]
    assert (mentions, imports) == (["checks.py"], [])
    asked = "import softmax_lib as s, sys; s.check_answer('4.3', 120); print('softmax_proofs.exercises' in sys.modules)"
    assert run(asked) == "True"


def test_checking_an_answer_needs_numpy_alone_unless_the_exercise_trains_a_model():
    heavy = "print([name for name in ('sklearn', 'scipy', 'matplotlib', 'sympy') if name in sys.modules])"
    assert run(f"import softmax_lib as s, sys; s.check_answer('2.8', s.softmax_jacobian); {heavy}") == "[]"


def test_solvers_know_neither_loss_nor_model():
    assert not {"softmax", "cross_entropy", "Objective"} & set(vars(softmax_lib.solvers))


def test_public_names_are_those_of_the_design():
    promised = """softmax log_softmax logsumexp softmax_jacobian cross_entropy cross_entropy_gradient
        numerical_gradient check_gradient check_answer SoftmaxRegression plot_decision_regions plot_simplex
        plot_jacobian plot_history load_penguins load_digits make_blobs Objective decision_polygons use_style"""
    assert set(promised.split()) <= set(PUBLIC) <= set(dir(softmax_lib))


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_is_documented_with_an_example_and_a_source(name):
    doc = inspect.getdoc(getattr(softmax_lib, name))
    assert ">>> " in doc
    assert name == "use_style" or "Source: " in doc
    assert doc.split("\n")[0].endswith((".", "exact boundaries."))


def listed(section):
    """The names that a section of a docstring explains."""
    return [name.strip() for entry in section for name in entry.name.split(",")]


@pytest.mark.parametrize("name", DOCUMENTED)
def test_docstring_explains_every_parameter_and_what_comes_back(name):
    public = DOCUMENTED[name]
    doc = NumpyDocString(inspect.getdoc(public))
    assert listed(doc["Parameters"]) == list(inspect.signature(public).parameters)
    assert doc["Returns"] or inspect.isclass(public) or name == "use_style"
    assert any(">>> " in line for line in doc["Examples"])
    assert any("Source: " in line for line in doc["Notes"]) or name == "use_style"


@pytest.mark.parametrize("name", RESULTS)
def test_docstring_of_a_result_explains_every_attribute(name):
    public = RESULTS[name]
    doc = NumpyDocString(inspect.getdoc(public))
    fields = public._fields
    assert set(listed(doc["Attributes"])) >= set(fields)
    assert any(">>> " in line for line in doc["Examples"])


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'softmax_lib' has no attribute 'sofmax'"):
        softmax_lib.sofmax  # noqa: B018


def test_the_library_can_be_read_in_an_evening():
    """Lines that hold code, docstrings and comments apart; README.md names the bound."""
    lines = 0
    for path in (ROOT / "softmax_lib").glob("*.py"):
        source, documented, code = text(path), set(), set()
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
                documented.update(range(node.body[0].lineno, node.body[0].end_lineno + 1))
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type in (tokenize.NAME, tokenize.OP, tokenize.NUMBER, tokenize.STRING):
                code.update(range(token.start[0], token.end[0] + 1))
        lines += len(code - documented)
    assert 500 < lines < 900
    assert "fewer than 900 lines of code" in (ROOT / "README.md").read_text(encoding="utf-8")
