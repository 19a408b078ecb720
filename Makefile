# `make run` and `make test` need only Python 3.11+ and make; everything else is set up here.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN_PACKAGES := libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core fonts-noto-core fonts-noto-cjk
TEST_PACKAGES := $(RUN_PACKAGES) postgresql redis-server chromium poppler-utils
PORT ?= 8025
# Puts the `paymail` command into the venv; everything it needs is there already, so nothing is fetched.
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index --editable .

# A dead link or anchor fails it. The variable drops a notice about another product.
MKDOCS := NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs --quiet build --strict

# Where it is set, each of the many processes would compile every module again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run demo test check format docs screenshots bench faults smoke-stripe clean

run: .setup/run
	$(BIN)/paymail up --port $(PORT)

demo: .setup/run
	$(BIN)/paymail demo

test: .setup/test check
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

check: .setup/test
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy --no-error-summary
	$(BIN)/lint-imports --no-cache > .setup/imports.log || { cat .setup/imports.log; exit 1; }
	$(BIN)/check-jsonschema -q --builtin-schema vendor.compose-spec docker-compose.yml
	$(MKDOCS) --site-dir .setup/site

format: .setup/test
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The pages that follow from the code, then the site; `site/index.html` is its first page.
docs: .setup/test
	$(BIN)/python -m tests.docs.reference
	$(MKDOCS)

# Takes the pictures of README and docs again, in Chromium.
screenshots: .setup/test
	$(BIN)/python -m tests.docs.screenshots

bench: .setup/test
	$(BIN)/python -m benchmarks.backfill
	$(BIN)/python -m benchmarks.delivery

# The long fault run: about an hour on two cores, and a line of figures per database.
faults: .setup/test
	FAULTS_EXAMPLES=500 $(BIN)/python -m pytest --timeout 3600 tests/faults/test_machines.py
	$(BIN)/python -m tests.faults.long
	$(BIN)/python -m tests.faults.long_payments

# Against Stripe's real test mode; needs STRIPE_TEST_SECRET_KEY, and says so.
smoke-stripe: .setup/test
	$(BIN)/python -m tests.contract.gateway.smoke

.setup/run: requirements.lock pyproject.toml setup-system
	./setup-system $(RUN_PACKAGES)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(INSTALL)
	mkdir -p .setup && touch $@

.setup/test: requirements-dev.lock pyproject.toml setup-system
	./setup-system $(TEST_PACKAGES)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(INSTALL)
	mkdir -p .setup && touch $@ .setup/run

clean:
	rm -rf $(VENV) .setup .paymail site
