"""The student's edition: the book without its solutions, and notebooks with holes for the code.

The sources are copied into a folder of their own, without what a student is to find alone; from there the book is
built as always, and nothing of a solution can reach a page, the search or a download.  In place of a solution stands
a cell with a hole, `answer = ...`, and the call that checks what is put there.  The notebooks have holes in the
derivations as well: the right side of a result, in its formula and in its proof.
"""

import ast
import json
import re
from pathlib import Path

import notebooks
from softmax_proofs.exercises import asks

#: A dropdown that is named Solution, with all it holds.
SOLUTION = re.compile(r"^(:{3,})\{dropdown\} Solution[^\n]*\n.*?^\1[ \t]*(?:\n|\Z)", re.S | re.M)
EXERCISE = re.compile(r"^\*\*(\d+)\. ", re.M)
#: Pages for teachers, which say the answers.
LEFT_OUT = tuple(f"chapters/teaching{page}" for page in ("", "_lecture", "_week", "_unit"))
#: What the other pages say that is not true of this edition, or not for students.
REWORDED = {
    "`make lab` opens them all, with the companion library `softmax_lib` and the ledger of proofs, `softmax_proofs`, "
    "at hand.": "The notebooks of this edition have holes to fill: in the derivations, and for your answers.\n"
    "`README.txt` in the archive says how to run them; a chapter's page has its own for download.",
    "Teach\n\nThree courses are ready, [minute by minute](teaching.md), from one lecture to four weeks.\n": "Solve\n\n"
    "Every chapter ends with exercises.\n`check_answer` says whether you are right, and gives a hint if not.\n",
}
EXERCISES = """\
In this edition each exercise has a hole for your answer, in place of a solution.
Open the chapter's notebook, put your answer in place of `...` and run the cell.
`check_answer` judges it: any correct answer counts, however you found it, and a wrong one gets a hint.
"""
ELSEWHERE = "Open the chapter's notebook, put"
NOTEBOOK = """\
*This is a notebook to work in: nothing has run yet, and some of it is left open.*
*Run it from the top; where you find `...`, put what is missing in its place and run the cell again.*
*A formula is then proved or refused, an answer is checked; a hole that stays open does no harm.*
"""
QUESTION = "# What belongs in place of the three dots? Your formula is proved, or refused."


def source(cell):
    return "".join(cell["source"])


def tagged(cell, tag):
    return tag in cell["metadata"].get("tags", ())


def code_cell(name, text):
    return {"cell_type": "code", "id": name, "metadata": {}, "source": text, "execution_count": None, "outputs": []}


# ------------------------------------------------------------------------------------------------ the book


def without_solutions(text):
    """The text of a page without its solutions."""
    text = SOLUTION.sub("", text)
    if re.search(r"\{dropdown\} Solution", text):
        raise ValueError("a dropdown with a solution is not closed by a line of as many colons as it begins with")
    return text


def opened(text):
    """The opening of the section of exercises, which speaks of solutions, for an edition that has none."""
    head, first, rest = text.partition("**1. ")
    kept = [None if re.search("[Ss]olution|check_answer", line) else line for line in head.splitlines(keepends=True)]
    place = kept.index(None) if None in kept else len(kept)
    return "".join(line for line in [*kept[:place], EXERCISES, *kept[place:]] if line) + first + rest


def hole(exercise, first):
    """The cell in which an answer to an exercise is put, and checked."""
    begin = "from softmax_lib.checks import check_answer\n\n" if first else ""
    text = f'# Asked for: {asks(exercise)}\nanswer = ...\ncheck_answer("{exercise}", answer)'
    return code_cell(f"exercise-{exercise.replace('.', '-')}", begin + text)


def student_page(notebook, chapter):
    """A chapter (its number) without solutions and the cells that check them, with a hole for each answer."""
    cells, inside, first = [], False, True
    for cell in notebook["cells"]:
        text = source(cell)
        if cell["cell_type"] == "code":
            inside = inside and tagged(cell, "hide-cell")  # these cells follow a solution, and belong to it
            cells += [] if inside else [cell]
            continue
        inside = SOLUTION.search(text) is not None
        if "## Exercises" in text:
            text = opened(text)
        cells.append(cell | {"source": without_solutions(text)})
        for number in EXERCISE.findall(text) if inside else ():
            cells.append(hole(f"{chapter}.{number}", first))
            first = False
    return notebook | {"cells": cells}


# ------------------------------------------------------------------------------------------- the notebooks


def parsed(text):
    """The syntax of a cell, or None for one with a magic command."""
    try:
        return ast.parse(text)
    except SyntaxError:
        return None


def expressions(tree):
    """The expressions of a cell as texts, letters and numbers apart."""
    simple = (ast.Name, ast.Constant)
    return [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.expr) and not isinstance(node, simple)]


def names(tree, use=ast.Load):
    """The names that are read in a cell (or set), each as often as it is."""
    return [node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, use)]


def results(tree):
    """Yield (label, right side) of the results of a cell that have the form left = right."""
    for statement in tree.body:
        call = statement.value if isinstance(statement, ast.Expr) else None
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "result":
            label, *chain = call.args
            if len(chain) == 3 and getattr(chain[1], "value", None) == "=" and isinstance(label, ast.Constant):
                yield label.value, chain[2]


def answer_to(tree, right, later):
    """The expression that says the right side of a result: itself, or what its name was given in the same cell.

    None for a name that is used anywhere else, since what uses it would break.
    """
    if not isinstance(right, ast.Name):
        return right
    given = [s for s in tree.body if isinstance(s, ast.Assign) and right.id in names(s.targets[0], ast.Store)]
    if not given:  # a letter of the book, or the work of an earlier cell
        return right
    alone = len(given) == 1 and isinstance(given[0].targets[0], ast.Name) and names(tree).count(right.id) == 1
    return given[0].value if alone and right.id not in later else None


def without(text, node):
    """The source of a cell with three dots in place of an expression."""
    lines = text.encode().splitlines(keepends=True)  # the parser counts bytes
    start = sum(map(len, lines[: node.lineno - 1])) + node.col_offset
    end = sum(map(len, lines[: node.end_lineno - 1])) + node.end_col_offset
    return (text.encode()[:start] + b"..." + text.encode()[end:]).decode()


def open_equation(text, label):
    """A text with a question mark for the right side of an equation; None if the equation is not of the form a = b."""
    block = re.search(rf"\$\$\n((?:(?!\$\$).)*?)\n\$\$ \({re.escape(label)}\)", text, re.S)
    left, *right = block[1].split(" = ") if block else ("",)
    if len(right) != 1 or "\\begin" in left:
        return None
    _, condition, where = right[0].partition(r" \qquad")
    return text[: block.start(1)] + rf"{left} = \;?{condition}{where}" + text[block.end(1) :]


def student_notebook(page):
    """The notebook to work in: nothing has run, and what a formula or a proof arrives at is left open.

    A result stays as it is where the hole would only be filled by copying, because an earlier cell has the same
    expression or its name, or where later cells need what stands in it.
    """
    cells = [dict(cell) for cell in page["cells"]]
    trees = {i: parsed(source(cell)) for i, cell in enumerate(cells) if cell["cell_type"] == "code"}
    trees = {i: tree for i, tree in trees.items() if tree}
    last_use = {name: i for i, tree in trees.items() for name in names(tree)}
    known = set()  # what earlier cells say, and the names that they give
    for i, tree in trees.items():
        later = {name for name, last in last_use.items() if last > i}
        said, holes = expressions(tree), []
        for label, right in results(tree):
            answer = answer_to(tree, right, later)
            if answer is None or ast.unparse(answer) in known or said.count(ast.unparse(answer)) > 1:
                continue
            for cell in cells[:i]:
                asked = open_equation(source(cell), label) if cell["cell_type"] == "markdown" else None
                if asked:
                    cell["source"] = asked
                    holes.append(answer)
        text = source(cells[i])
        for answer in sorted(holes, key=lambda node: -node.lineno):
            text = without(text, answer)
        cells[i]["source"] = f"{QUESTION}\n{text}" if holes else text
        known.update(said, names(tree, ast.Store))
    for cell in cells:
        if cell["cell_type"] == "code":
            cell |= {"execution_count": None, "outputs": []}
        else:
            cell["source"] = source(cell).replace(EXERCISES, EXERCISES.replace(ELSEWHERE, "Put"))
    note = {"cell_type": "markdown", "id": "student-notebook", "metadata": {}, "source": NOTEBOOK.rstrip()}
    return page | {"cells": [*cells[:1], note, *cells[1:]]}


# ------------------------------------------------------------------------------------------------- folders


def read_tree(root, names, ignored):
    """The files that these names stand for, folders with all they hold: {path below root: content}."""
    found = {}
    for name in names:
        top = root / name
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if path.is_file() and not ignored & set(path.relative_to(root).parts):
                found[path.relative_to(root).as_posix()] = path.read_bytes()
    return found


def bring_up_to_date(folder, files, ignored=frozenset()):
    """Make a folder hold these files and no others; one that is the same is not touched."""
    for path in sorted(folder.rglob("*"), reverse=True):
        name = path.relative_to(folder)
        if not ignored & set(name.parts):
            if path.is_file() and name.as_posix() not in files:
                path.unlink()
            elif path.is_dir() and not any(path.iterdir()):
                path.rmdir()
    for name, content in files.items():
        path = folder / name
        if not path.is_file() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def student_text(text):
    """A text of the book for students: no solutions, no way to the pages for teachers."""
    text = without_solutions(text)
    for words, others in REWORDED.items():
        text = text.replace(words, others)
    pages = "|".join(re.escape(Path(name).name) for name in LEFT_OUT)
    return re.sub(rf"\[([^\]]*)\]\((?:{pages})\.\w+[^)]*\)", r"\1", text)


def student_chapter(name, content):
    """A notebook of the book as the pages of the student's edition are made from it.

    What the slides are made of goes as well: the speaker's notes are for the teacher, and headlines tell results.
    """
    notebook, number = json.loads(content), re.match(r"chapters/0*(\d+)_", name)
    if number:
        notebook = student_page(notebook, int(number[1]))
    for cell in notebook["cells"]:
        cell["metadata"] = {key: value for key, value in cell["metadata"].items() if key != "slideshow"}
        if cell["cell_type"] == "markdown":
            cell["source"] = student_text(source(cell))
    return notebooks.canonical(notebook)


def student_sources(files):
    """The sources of the book as the student's edition is built from them."""
    result = {}
    for name, content in files.items():
        folder, kind = name.partition("/")[0], name.rpartition(".")[2]
        if name.rpartition(".")[0] in LEFT_OUT:
            continue
        if name == "_toc.yml":
            pages = "|".join(map(re.escape, LEFT_OUT))
            content = re.sub(rf"^\s*- file: (?:{pages})\s*\n", "", content.decode(), flags=re.M).encode()
        elif name == "_config.yml":
            nowhere = 'repository: {url: "", branch: main, path_to_book: ""}'  # no link leads to a public whole book
            text = re.sub(r"^repository: .*$", nowhere, content.decode(), flags=re.M)
            content = re.sub(r'^(\s+html_title: ".*)"$', r'\1 (student edition)"', text, flags=re.M).encode()
        elif folder == "chapters" and kind == "md":
            content = student_text(content.decode()).encode()
        elif folder == "chapters" and kind == "ipynb":
            content = student_chapter(name, content).encode()
        result[name] = content
    return result


def student_notebooks(sources):
    """The notebooks to work in, made from the sources of the student's edition: {file name: content}."""
    chapters = [name for name in sources if re.match(r"chapters/\d+_[^/]*\.ipynb$", name)]
    return {
        Path(name).name: notebooks.canonical(student_notebook(json.loads(sources[name]))).encode() for name in chapters
    }
