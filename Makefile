# Everything a person types here. `make help` lists the targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ROOMS := libs/wire libs/web libs/seal libs/pop3 libs/message services/auth services/mailbox services/sender services/directory gateway demo
# What the browser tests take from npm, installed where git does not look
BROWSER_TOOLS := tests/e2e/node_modules/.package-lock.json
LOCKED_ROOMS := auth mailbox sender directory gateway

.DEFAULT_GOAL := help
.PHONY: help demo check test unit contract integration e2e docs translations chaos bench lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# One stamp a set of packages: the locked packages first, then the rooms themselves, editable.
$(VENV)/.installed-%: requirements/%.txt requirements/install $(addsuffix /pyproject.toml,$(ROOMS))
	@PYTHON=$(PYTHON) requirements/install $(VENV) $* $(ROOMS)
	@touch $@

demo: $(VENV)/.installed-demo ## run everything on this machine with demo mailboxes (no root, no Docker)
	@exec $(BIN)/python -m courriel_demo

check: $(VENV)/.installed-dev ## ruff, mypy --strict, import contracts, unit tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy libs/*/src services/*/src gateway/src demo/src
	$(BIN)/lint-imports
	$(MAKE) unit

unit: $(VENV)/.installed-dev ## unit tests alone, sockets off
	$(BIN)/pytest libs services gateway demo

contract: $(VENV)/.installed-dev ## every client against the real provider
	$(BIN)/pytest tests/contract

integration: $(VENV)/.installed-dev ## the project's images beside Dovecot, Postfix and Redis
	$(BIN)/pytest tests/integration

$(BROWSER_TOOLS): tests/e2e/package-lock.json $(VENV)/.installed-dev
	@$(BIN)/npm ci --prefix tests/e2e
	@touch $@

e2e: $(VENV)/.installed-dev $(BROWSER_TOOLS) ## the pages in Chromium, and axe-core over them
	$(BIN)/pytest tests/e2e

test: $(VENV)/.installed-dev ## all tests; installs a container engine and Chromium where root and apt are there
	@tests/run

docs: $(VENV)/.installed-dev ## write docs/configuration.md and the OpenAPI snapshots from the code
	$(BIN)/python docs/write_configuration.py
	$(BIN)/python -m tests.contract.snapshots

translations: $(VENV)/.installed-dev ## bring the catalogues of the pages' words up to date
	$(BIN)/python gateway/tests/catalogues.py

chaos: $(VENV)/.installed-dev ## 2,000 messages, 50 kills and cuts: nothing accepted may be lost
	$(BIN)/python -m tests.chaos $(CHAOS)

bench: $(VENV)/.installed-dev ## measure the product beside the raw floor, write docs/benchmarks*.md
	$(BIN)/python -m tests.bench
	$(BIN)/python -m tests.bench.hostile_mail

lock: $(VENV)/.installed-dev ## compile requirements/*.txt anew, with hashes
	@BIN=$(BIN) requirements/lock

clean: ## remove what the other targets made
	rm -rf $(VENV) .demo .cache build
