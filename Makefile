# Everything a reader of the README needs, from a bare machine with python3.11, git and make.
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# the tests start hundreds of processes, of which each would compile the package anew
unexport PYTHONDONTWRITEBYTECODE

.PHONY: report test lab lint docs messages bench screenshots lock clean

report: $(READY)
	$(BIN)/shortimize report weekly --demo -o report.pdf

# of NumPy's threads each worker has one: the workers share the cores already
test: export OPENBLAS_NUM_THREADS = 1
test: $(READY)
	sh .ci/browser $(BIN)/python
	$(BIN)/python -m pytest

# JupyterLab refuses to run as root unless told, and root is who a bare container has
lab: $(READY)
	$(BIN)/jupyter lab $(if $(filter 0,$(shell id -u)),--allow-root) notebooks/

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry shortimize_analytics
	$(BIN)/deptry . tests/helpers benchmarks data --exclude '\.git' --exclude '\.venv' --ignore DEP002,DEP004
	$(BIN)/nbstripout --verify notebooks/*.ipynb
	$(BIN)/python .ci/messages check
	$(BIN)/python docs/site/build.py build/docs-check --check
	$(BIN)/python .ci/audit

# the site: pages, notebooks with their outputs, reference, tables and gallery, from the demo alone
docs: $(READY)
	$(BIN)/python docs/site/build.py build/docs
	@echo build/docs/html/index.html

# the catalogues of the report's words: all there are, or LANGUAGES=fr for a new one
messages: $(READY)
	$(BIN)/python .ci/messages update $(LANGUAGES)

# all topics, or some of them: make bench money; beside an older commit: make bench table browser AGAINST=COMMIT
TOPICS := loading analyses scale table money reports validity browser
bench: $(READY)
	AGAINST=$(AGAINST) $(BIN)/python benchmarks/run.py $(filter $(TOPICS),$(MAKECMDGOALS))
.PHONY: $(TOPICS)
$(TOPICS): bench ;

# the explorer's tabs on the demo, for the README
screenshots: $(READY)
	sh .ci/browser $(BIN)/python
	$(BIN)/python tests/helpers/screenshots.py

# exact versions for every platform, from the ranges in pyproject.toml
lock:
	uv pip compile pyproject.toml --group dev --extra lab --extra app --extra apprise --extra scale --universal --python-version 3.11 \
	  --no-annotate --custom-compile-command "make lock" -o requirements.lock

$(READY): pyproject.toml requirements.lock .ci/setup
	sh .ci/setup $(VENV)
	touch $(READY)

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis report.pdf notebooks/report.pdf
