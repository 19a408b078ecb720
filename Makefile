# `make run` and `make test` need only Python 3.11+ and make; everything else is set up here. `make help` lists all.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
FONTS := fonts-inter fonts-dejavu-core fonts-noto-core fonts-noto-cjk
RUN_PACKAGES := libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 $(FONTS)
TEST_PACKAGES := $(RUN_PACKAGES) postgresql redis-server chromium poppler-utils
PORT ?= 8025
# Puts the `paymail` command into the venv; everything it needs is there already, so nothing is fetched.
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index --editable .

# A dead link or anchor fails it. The variable drops a notice about another product.
MKDOCS := NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs --quiet build --strict

# Where it is set, each of the many processes would compile every module again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run help demo test quick quick-tests check format docs screenshots wheel image faces bench faults fuzz smoke-stripe
.PHONY: localstripe-check spec-check clean

run: .setup/run  ## Run everything on embedded defaults, with sample data
	$(BIN)/paymail up --port $(PORT)

help:  ## List these targets
	@awk -F ':.*  ## ' '/^[a-z-]+:.*  ## / { printf "%-14s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: .setup/run  ## Import, send, pay and receipt without a person
	$(BIN)/paymail demo

test: .setup/test check  ## Everything that is checked, and every test
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder --durations 20

# Checks and tests side by side: what they share is the processor only.
quick: .setup/test  ## What `make check` does, and the tests that need no server and no other process
	@$(MAKE) --no-print-directory -j 2 check quick-tests

quick-tests: .setup/test
	FAULTS_EXAMPLES=5 FEWER_EXAMPLES=4 $(BIN)/python -m pytest --quick -n 3

check: .setup/test  ## Format, lint, types, layers and the Compose file, in seconds
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy --no-error-summary
	$(BIN)/lint-imports --no-cache > .setup/imports.log || { cat .setup/imports.log; exit 1; }
	$(BIN)/check-jsonschema -q --builtin-schema vendor.compose-spec docker-compose.yml
	$(MKDOCS) --site-dir .setup/site

format: .setup/test  ## Format, and mend what the linter can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The pages that follow from the code, then the site; `site/index.html` is its first page.
docs: .setup/test  ## Write the reference pages and build the documentation site
	$(BIN)/python -m tests.docs.reference
	$(MKDOCS)

# Takes the pictures of README and docs again, in Chromium.
screenshots: .setup/test  ## Take the pictures of the README and the documentation again
	$(BIN)/python -m tests.docs.screenshots

# Offline, and without what an earlier build has left: setuptools would pack that too.
wheel: .setup/test  ## Build dist/paymail-….whl, with templates and migrations in it
	rm -rf build dist
	$(BIN)/pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index --wheel-dir dist .
	rm -rf build
	@ls dist

# Half a minute of processor time, so no part of the set-up: Japanese documents are then a fifth of their size.
faces: .setup/run  ## Make the typefaces of documents again, that for Japanese too
	$(BIN)/python -m paymail.render.typeface --cjk

bench: .setup/test  ## Measure a migration of a million invoices, delivery, and PDFs
	$(BIN)/python -m benchmarks.backfill
	$(BIN)/python -m benchmarks.delivery
	$(BIN)/python -m benchmarks.pdf

# The long fault run: about an hour on two cores, and a line of figures per database.
faults: .setup/test  ## The long fault run, about an hour
	FAULTS_EXAMPLES=500 $(BIN)/python -m pytest --timeout 3600 tests/faults/test_machines.py
	$(BIN)/python -m tests.faults.long
	$(BIN)/python -m tests.faults.long_payments
	$(BIN)/python -m tests.faults.sync_kills

# Hostile requests: schemathesis makes the cases of the API's description, and each form gets absurd values.
fuzz: .setup/test  ## Ask every route 20,000 hostile questions per database
	$(BIN)/python -m tests.fuzz_requests

# Not a part of `make test`: it installs buildah and mmdebstrap, and takes minutes. BASE=… and DRIVER=vfs are heeded.
image: .setup/test  ## Build the image without Docker (root, Debian), and try it
	./deploy/build-image

# Against Stripe's real test mode; needs STRIPE_TEST_SECRET_KEY, and says so.
smoke-stripe: .setup/test  ## Ask Stripe's real test mode
	$(BIN)/python -m tests.contract.gateway.smoke

# By hand, when Stripe's SDK is updated; needs npm. The types of Stripe's own packages say what its annotations cannot.
spec-check: .setup/test  ## Hold the sandbox and pay.js against the types of npm's stripe
	mkdir -p .setup/spec-check
	cp tests/spec_check/*.json tests/spec_check/*.d.ts paymail/web/static/*.js .setup/spec-check
	cd .setup/spec-check && npm ci --ignore-scripts --no-audit --no-fund --loglevel error
	$(BIN)/python -m tests.spec_check.generate .setup/spec-check
	cd .setup/spec-check && npx --no-install tsc -p said.tsconfig.json && npx --no-install tsc -p page.tsconfig.json

# By hand: localstripe is installed into a throw-away environment, never into this one.
localstripe-check: .setup/test  ## Try paymail against localstripe, made by others
	$(BIN)/python -m tests.contract.gateway.localstripe

.setup/run: requirements.lock pyproject.toml setup-system
	./setup-system $(RUN_PACKAGES)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(INSTALL)
	test -s paymail/render/faces/PaymailSans-SemiBold.ttf || $(BIN)/python -m paymail.render.typeface
	mkdir -p .setup && touch $@

.setup/test: requirements-dev.lock pyproject.toml setup-system
	./setup-system $(TEST_PACKAGES)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(INSTALL)
	test -s paymail/render/faces/PaymailSans-SemiBold.ttf || $(BIN)/python -m paymail.render.typeface
	mkdir -p .setup && touch $@ .setup/run

clean:  ## Remove the environment and the embedded data
	rm -rf $(VENV) .setup .paymail build dist site
