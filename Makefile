# make app        installs what is needed and opens the app
# make test       installs what the tests need and runs them
# make test-fast  runs those without browser, worker and TensorFlow
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# Two processes, a file of tests in one of them; each computes on one core.
PYTEST := OMP_NUM_THREADS=1 TF_NUM_INTRAOP_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile

.PHONY: app test test-fast resolve benchmarks verify-weights

app: $(VENV)/app.stamp
	$(BIN)/streamlit run app.py

test: $(VENV)/test.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	-$(BIN)/python -m scripts.chromium
	$(PYTEST)

test-fast: $(VENV)/test.stamp
	$(PYTEST) -m "not slow"

# Do the requirements have a solution on the newer Pythons? Downloads nothing but metadata.
resolve: $(VENV)/app.stamp
	for version in 3.12 3.13; do $(BIN)/pip install --quiet --dry-run --ignore-installed --target $(VENV)/none \
	  --only-binary :all: --python-version $$version -r requirements.txt && echo "Python $$version: resolves" || exit 1; done

benchmarks: $(VENV)/test.stamp
	$(BIN)/python -m benchmarks

# Do the shipped networks still reach what their cards say? Needs the data sets, and half an hour.
verify-weights: $(VENV)/app.stamp
	$(BIN)/python -m scripts.verify_weights

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/app.stamp: $(VENV)/bin/python requirements.txt $(wildcard requirements/*.txt)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/test.stamp: $(VENV)/app.stamp requirements/test.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements/test.txt
	touch $@
