"""Explorables in JupyterLab: the module runs in the output, beside the arrays of the notebook, both ways."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress

import nbformat
import pytest
from playwright.sync_api import TimeoutError as PlaywrightTimeout

import check_site

FAILED = check_site.ROOT / "_build" / "test_lab.png"
CELLS = [
    "import numpy as np\nfrom softmax_explorables import explore\n"
    "figure = explore('jacobian', z=np.array([1.0, 0.5, -1.0]))\nfigure",
    "print('Python has', figure.z)",
    "figure.z = np.array([3.0, 0.0, 0.0])",
]


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """JupyterLab on this machine, with one notebook: its address."""
    folder = tmp_path_factory.mktemp("lab")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in CELLS])
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    nbformat.write(notebook, folder / "try.ipynb")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    places = {name: str(folder / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")}
    options = [f"--ServerApp.port={port}", "--ServerApp.port_retries=0", "--no-browser", f"--notebook-dir={folder}"]
    options += ["--IdentityProvider.token=", "--allow-root", "--LabApp.news_url="]
    options += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    options += [f"--LabApp.{each}_dir={folder}" for each in ("user_settings", "workspaces")]
    environment = {key: value for key, value in os.environ.items() if key != "SOFTMAX_EXPLORABLES"} | places
    with open(folder / "lab.log", "w") as log:
        command = [sys.executable, "-m", "jupyterlab", *options]
        server = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    for _ in range(120):
        try:
            urllib.request.urlopen(f"{address}/api", timeout=5)
            break
        except OSError:
            assert server.poll() is None, (folder / "lab.log").read_text()
            time.sleep(0.5)
    yield address
    server.terminate()
    server.wait(20)


def test_a_widget_stands_beside_the_arrays_of_the_notebook(browser, lab):
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.goto(f"{lab}/lab/tree/try.ipynb")
    cells = page.locator(".jp-Notebook .jp-CodeCell")
    cells.first.wait_for(timeout=60_000)

    def run(i):
        """Run a cell; again if JupyterLab was still busy with itself and has not heard."""
        done = cells.nth(i).locator(".jp-InputArea-prompt", has_text=re.compile(r"\[\d+\]"))
        for _ in range(6):
            cells.nth(i).locator(".cm-content").click()
            page.keyboard.press("Control+Enter")
            with suppress(PlaywrightTimeout):
                done.wait_for(timeout=15_000)
                return
        page.screenshot(path=FAILED)
        pytest.fail(f"cell {i} does not run: see {FAILED}")

    page.wait_for_function(
        "document.querySelector('.jp-Notebook-ExecutionIndicator')?.dataset.status === 'idle'", timeout=60_000
    )
    run(0)
    panel = page.locator(".explorable-panel")
    panel.wait_for(timeout=60_000)
    slider = panel.get_by_label("z₁", exact=True)
    assert float(slider.input_value()) == 1.0, "it starts from the array of the notebook"
    slider.focus()
    page.keyboard.press("End")
    run(1)
    text = cells.nth(1).locator(".jp-OutputArea-output").inner_text(timeout=30_000)
    assert re.search(r"Python has \[4(\.0)?, 0\.5, -1(\.0)?\]", text), "what the reader moves is in Python"
    run(2)
    page.wait_for_function("document.querySelector('.explorable-panel input').value === '3'", timeout=30_000)
    page.close()
