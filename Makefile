# Every command of the project. The logic is in mavis/local/, in Python.
PYTHON ?= python3
MAVIS = exec $(PYTHON) mavis/local/bootstrap.py

.DEFAULT_GOAL := help
.PHONY: help run test check journeys bench chaos drill mutants reset lock

help: ## list these commands
	@awk -F ': .*## ' '/^[a-z]+: .*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

run: ## install, start everything and serve on PORT (8000); Ctrl-C stops it, the data stays
	@$(MAVIS) run

test: ## install and run every test, browser journeys too (ARGS="-k word" picks some)
	@$(MAVIS) test $(ARGS)

check: ## formatter, linter, types, import contracts, migrations, templates, lock files
	@$(MAVIS) check

journeys: ## only the browser journeys
	@$(MAVIS) journeys $(ARGS)

bench: ## the benchmarks, each as a ratio to its floor (ARGS=planning picks one; docs/benchmarks.md)
	@$(MAVIS) bench $(ARGS)

chaos: ## break everything while invitations go out, and count (ARGS="--scenario old-jobs")
	@$(MAVIS) chaos $(ARGS)

drill: ## lose the database while invitations go out, restore a copy, go on, and count
	@$(MAVIS) drill $(ARGS)

mutants: ## change the rules in small ways, and see whether a test notices
	@$(MAVIS) mutants $(ARGS)

reset: ## throw the local data away and make the demo afresh
	@$(MAVIS) reset

lock: ## write the lock files from pyproject.toml and package.json (ARGS=--upgrade renews all)
	@$(MAVIS) lock $(ARGS)
