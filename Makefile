# `make` alone lists what there is. Set-up happens by itself, once: tools/bootstrap.py makes .venv.
PYTHON ?= python3
PORT ?= 8000
SITE ?= html
EDITION ?= full
PYTEST_OPTIONS ?= --nbval --nbval-current-env --nbval-cell-timeout=60 -n 2 --dist loadscope -q
VENV := .venv/bin/python
# a test process on each core: more threads would only wait for each other
ONE_THREAD := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
# JupyterLab asks no other host for news; a container's only user is often root
QUIET_LAB := --LabApp.news_url= --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate
QUIET_LAB += $(if $(filter 0,$(shell id -u)),--allow-root)
export PYTHONHASHSEED := 0

.PHONY: help setup book site slides pdf zip test audit lab notebooks bench serve clean

help:       ## list these targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1: /p' $(MAKEFILE_LIST)

setup:      # make or refresh .venv; does nothing when it is up to date
	@command -v $(PYTHON) > /dev/null || { echo "The book needs Python 3.11 or newer: there is no $(PYTHON) here." >&2; exit 1; }
	@PYTHON_FOR_BOOK="$(if $(filter file,$(origin PYTHON)),,$(PYTHON))" $(PYTHON) tools/bootstrap.py

book: setup ## build the site, check it, say where to open it; EDITION=student for one without solutions
	@$(VENV) tools/build_book.py --edition $(EDITION)

site: setup ## the book with Python in the browser; PYODIDE=folder for one that needs no network
	@PYODIDE="$(PYODIDE)" $(VENV) tools/lite_site.py

slides: setup ## slides of every chapter, with speaker notes; CHAPTERS=chapters/02_jacobian.ipynb for one
	@$(VENV) tools/slides.py $(CHAPTERS)

pdf: book   ## the book on paper, and a handout of two pages for each chapter
	@$(VENV) tools/paper.py

zip: book   ## the whole offline site in one file, for a USB stick; EDITION=student for students
	@$(VENV) tools/pack.py --edition $(EDITION)

test: setup ## every test: library, chapters, site, browser
	@$(VENV) -m ruff check --quiet .; lint=$$?; $(ONE_THREAD) $(VENV) -m pytest $(PYTEST_OPTIONS) && exit $$lint

audit: book ## Lighthouse and axe on every page; PAGES=chapters/02_jacobian for one
	@$(VENV) tools/audit_site.py $(PAGES)

lab: setup ## open the chapters in JupyterLab
	@$(VENV) -m jupyterlab --notebook-dir=chapters $(QUIET_LAB) $(LAB_OPTIONS)

notebooks: setup ## run every chapter again, in place, and store it in canonical form
	@$(VENV) tools/notebooks.py $(CHAPTERS)

bench: setup ## measure, and renew the page of the benchmark; ONLY=wine for one problem, printed only
	@$(VENV) -m benchmarks "$(ONLY)"
	@test -n "$(ONLY)" || $(VENV) tools/notebooks.py chapters/benchmark.ipynb

serve: setup ## serve the built book on this machine only; SITE=site for what `make site` built
	@$(VENV) tools/serve.py --port $(PORT) --site $(SITE)

clean: ## remove what was built (.venv stays)
	rm -rf _build .pytest_cache .ruff_cache
