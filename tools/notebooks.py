"""Run chapters again, in place, and store them in one canonical form.

A chapter whose code fails is left as it was. A second run changes nothing: execution counts are 1..n,
cells keep their ids, and there are no timestamps, no versions and no traces of the machine.
"""

import argparse
import hashlib
import json
import os
import sys
from pathlib import Path

import install_cell

ROOT = Path(__file__).parents[1]
TIMEOUT = 60  # seconds a cell
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
KEPT_METADATA = {"mystnb", "slideshow", "tags"}  # of cells: what the book and its slides are made from


class ChapterError(Exception):
    """A sentence on the cell that failed."""


def lines(text):
    """Text as the notebook format stores it: a list of lines."""
    return ("".join(text) if isinstance(text, list) else text).splitlines(keepends=True)


def cell_ids(cells):
    """Every cell keeps its id; one that has none, or another cell's, gets one from its place and content."""
    taken = set()
    for cell in cells:
        name, source = cell.get("id"), "".join(cell["source"])
        attempt = 0
        while not name or name in taken:
            name = hashlib.sha256(f"{cell['cell_type']}{source}{attempt}".encode()).hexdigest()[:8]
            attempt += 1
        taken.add(name)
        yield name


def canonical_output(output, count):
    """One output of a cell, without what changes from run to run."""
    kind = output["output_type"]
    if kind == "stream":
        return {"name": output["name"], "output_type": kind, "text": lines(output["text"])}
    if kind == "error":
        keep = ("ename", "evalue", "output_type", "traceback")
        return {name: output[name] for name in keep}
    data = {
        mime: lines(value) if isinstance(value, (str, list)) and "json" not in mime else value
        for mime, value in output["data"].items()
    }
    shown = {"data": data, "metadata": output.get("metadata", {}), "output_type": kind}
    return shown | {"execution_count": count} if kind == "execute_result" else shown


def merged_streams(outputs):
    """Printed text arrives in pieces that depend on timing: join them."""
    result = []
    for output in outputs:
        last = result[-1] if result else {}
        if output["output_type"] == "stream" == last.get("output_type") and output["name"] == last["name"]:
            last["text"] = lines("".join(last["text"]) + "".join(output["text"]))
        else:
            result.append(dict(output))
    return result


def canonical(notebook):
    """A notebook in the form in which the book stores it, as text."""
    count, cells = 0, []
    for cell, name in zip(notebook["cells"], cell_ids(notebook["cells"]), strict=True):
        metadata = {key: value for key, value in cell["metadata"].items() if key in KEPT_METADATA and value}
        result = {"cell_type": cell["cell_type"], "id": name, "metadata": metadata}
        result["source"] = lines(cell["source"])
        if cell["cell_type"] == "code":
            number = None
            if "".join(cell["source"]).strip() and cell.get("execution_count") is not None:
                count += 1
                number = count
            result["execution_count"] = number
            result["outputs"] = [canonical_output(output, number) for output in merged_streams(cell.get("outputs", []))]
        elif cell.get("attachments"):
            result["attachments"] = cell["attachments"]
        cells.append(result)
    book = {"cells": cells, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(book, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def read(path):
    """A notebook as it is stored; a chapter with the cell that installs the library where it is missing."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return install_cell.of_the_book(notebook) if install_cell.is_chapter(path) else notebook


def run(path):
    """Run a notebook in a fresh kernel, in its own folder, and return its canonical text."""
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    notebook = nbformat.reads(canonical(read(path)), as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    client = NotebookClient(
        notebook,
        timeout=TIMEOUT,
        kernel_name="python3",
        record_timing=False,
        extra_arguments=["--IPKernelApp.log_level=40"],  # errors only
        resources={"metadata": {"path": str(path.parent)}},
    )
    try:
        client.execute(env=os.environ | {"PYTHONHASHSEED": "0", "SOFTMAX_EXPLORABLES": "still"})
    except CellExecutionError as error:
        reason = f"{error.ename}: {error.evalue}"
    except CellTimeoutError:
        reason = f"it ran for more than {TIMEOUT} seconds"
    except DeadKernelError:
        reason = "its kernel died"
    else:
        return canonical(notebook)
    source = failed_source(notebook)
    raise ChapterError(f"{path.name} is left as it was: {source} failed, {reason}")


def failed_source(notebook):
    """Which cell was the last to start, in words."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    last = max((i for i, cell in enumerate(code) if cell.outputs or cell.execution_count), default=0)
    broken = [i for i, cell in enumerate(code) if any(out.output_type == "error" for out in cell.outputs)]
    number = broken[0] if broken else last
    first = (code[number].source.strip().splitlines() or [""])[0] if code else ""
    return f"code cell {number + 1} ({first})"


def store(path, text):
    """Replace a file in one step, and only if its content changes."""
    if path.read_text(encoding="utf-8") == text:
        return False
    draft = path.with_name(f".{path.name}.new")
    draft.write_text(text, encoding="utf-8", newline="\n")
    draft.replace(path)
    return True


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: every notebook in chapters/")
    parser.add_argument("--format-only", action="store_true", help="canonical form without running anything")
    options = parser.parse_args(arguments)
    failures = 0
    for path in options.notebooks or sorted((ROOT / "chapters").glob("*.ipynb")):
        try:
            path = path.resolve(strict=True)
            if options.format_only:
                text = canonical(read(path))
            else:
                text = run(path)
            print(f"{path.name}: {'updated' if store(path, text) else 'unchanged'}", flush=True)
        except FileNotFoundError:
            print(f"There is no notebook {path}.", file=sys.stderr)
            failures += 1
        except ChapterError as error:
            print(error, file=sys.stderr)
            failures += 1
        except (ValueError, KeyError) as error:
            print(f"{path.name} is left as it was: it is not a notebook ({error}).", file=sys.stderr)
            failures += 1
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
