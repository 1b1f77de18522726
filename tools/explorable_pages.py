"""Explorables in the built pages: a place for each, with its state, and the scripts that start it.

A code cell that shows an explorable stores a still figure and, in the metadata of that output, the name and the
state of the explorable. The page gets both; static/explorables.js does the rest.
"""

import json
from pathlib import Path

from docutils import nodes

from softmax_explorables import bundle


def explorables(notebook):
    """The explorables of a notebook: index of the cell -> {"name": ..., "state": ...}."""
    found = {}
    for index, cell in enumerate(notebook["cells"]):
        for output in cell.get("outputs", ()):
            if "explorable" in output.get("metadata", {}):
                found[index] = output["metadata"]["explorable"]
    return found


def place(name, state):
    """The element in which an explorable starts."""
    scripts = " ".join(bundle.dependencies(name))
    data = json.dumps(state, separators=(",", ":")).replace("</", "<\\/")
    return (
        f'<div class="explorable explorable-{name}" data-scripts="{scripts}">'
        f'<script type="application/json">{data}</script></div>'
    )


def add_places(app, doctree):
    """Put a place for the explorable in front of its still figure."""
    source = Path(app.env.doc2path(app.env.docname))
    if source.suffix != ".ipynb":
        return
    found = explorables(json.loads(source.read_text(encoding="utf-8")))
    for cell in doctree.findall(nodes.container):
        if cell.get("nb_element") == "cell_code" and cell.get("cell_index") in found:
            for figure in cell.findall(nodes.figure):
                figure.insert(0, nodes.raw("", place(**found[cell["cell_index"]]), format="html"))


def add_script(app, pagename, templatename, context, doctree):
    """Only a page with explorables loads the script that starts them."""
    if 'class="explorable ' in context.get("body", ""):
        app.add_js_file("explorables.js", defer="defer")


def write_scripts(app, exception):
    """The modules as plain scripts, which also run in a page opened from disk."""
    if exception:
        return
    folder = Path(app.outdir, "_static", "explorables")
    folder.mkdir(exist_ok=True)
    for module in bundle.MODULES.glob("*.js"):
        (folder / module.name).write_text(bundle.script(module.stem), encoding="utf-8")


def setup(app):
    app.connect("doctree-read", add_places)
    app.connect("html-page-context", add_script, priority=800)
    app.connect("build-finished", write_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
