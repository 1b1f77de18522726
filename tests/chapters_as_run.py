"""The chapters as they are stored, and as they come out when run again."""

from __future__ import annotations

import base64
import pickle
from functools import cache
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "chapters").glob("*.ipynb"))
CHAPTERS = [path for path in NOTEBOOKS if path.name[0].isdigit()]  # the others derive nothing and have no ledger

# Sends the chapter's ledger out of the kernel: SymPy objects, not their printed form.
SEND_LEDGER = """
import base64, pickle
print(base64.b64encode(pickle.dumps(globals().get('chapter'))).decode())
"""


@cache
def stored(path):
    """Return the notebook as it stands in the repository."""
    return nbformat.read(path, as_version=4)


@cache
def executed(path):
    """Run a chapter from top to bottom; return (the notebook with fresh outputs, its ledger of equations)."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(SEND_LEDGER))
    where = {"metadata": {"path": str(path.parent)}}
    client = NotebookClient(notebook, timeout=120, kernel_name="python3", resources=where)
    client.execute()
    ledger = pickle.loads(base64.b64decode(notebook.cells.pop().outputs[0].text))
    return notebook, ledger


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
