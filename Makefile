# Everything a developer does with Rusk. `make help` lists the targets.
#
# Needs git, make and Node.js 20 with npm; all other tools are installed: those from npm into
# node_modules/, Redis's own server and tools (to compare with) from Debian.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

BIN := node_modules/.bin
BUN := $(BIN)/bun
# Written after each `npm ci`, so that it runs again only when the lock file is newer.
TOOLS := node_modules/.installed
SOURCES := $(shell find src -name '*.ts' 2>/dev/null)

# Arguments for the server, the benchmark and so on: make run ARGS="--port 7000"
ARGS ?=
# Test units for `make conformance`; none means the runner's default groups.
UNITS ?=
# A test that takes longer has failed: far above what any takes, so that a busy machine fails none.
TEST_TIMEOUT_MS := 300000
# Units run at once by `make conformance`.
JOBS ?= 2
# Seed and length of `make fuzz`; without a seed it picks one and prints it.
SEED ?=
COMMANDS ?= 100000
# Clients, watched keys and so on of its last part, which counts what they cost.
COSTS ?= 100000
# Messages of `make soak`, which takes SEED, too.
ENTRIES ?= 10000000

# How long `make soak-mixed` takes, which takes SEED, too.
MINUTES ?= 60

# Kills of `make durability`, which takes SEED, too.
ROUNDS ?= 1000

# Changes of `make mutants`, which takes SEED, too.
COUNT ?= 100

.PHONY: help run test build npm dev check fmt bench conformance fuzz soak soak-mixed durability mutants redis \
    dist clean deb

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: dist/rusk ## Build and start the server on port 6379 (ARGS="--port 7000 ...")
	@exec dist/rusk $(ARGS)

test: $(TOOLS) dist/rusk ## Run every test (ARGS="test/commands" for some)
	@.ci/need_redis || echo "The tests that need it are skipped."
	@$(BUN) test --timeout $(TEST_TIMEOUT_MS) $(ARGS)

build: dist/rusk ## Build dist/rusk, one file that needs nothing else

npm: dist ## The npm packages of all that make dist builds, into dist/npm (ARGS as there)
	@$(BUN) packaging/npm/build.ts

dist: $(TOOLS) ## Archives for every system, checksums, bill of materials (ARGS="--only linux-x64")
	@$(BUN) packaging/dist.ts $(ARGS)

dev: $(TOOLS) ## Run from source under Deno, restarting on every change (ARGS)
	@exec $(BIN)/deno run -A --watch --no-clear-screen src/main.ts $(ARGS)

check: $(TOOLS) ## Format, lint, types, layers and made pages: half a minute
	@failed=; \
	$(BIN)/biome check --error-on-warnings || failed=1; \
	$(BIN)/tsc --noEmit || failed=1; \
	$(BUN) test --only-failures test/tidy_test.ts test/config/documentation_test.ts \
	    test/conformance/compatibility_test.ts test/packages/pages_test.ts \
	    test/packages/config_file_test.ts || failed=1; \
	[ -z "$$failed" ]

fmt: $(TOOLS) ## Format the code and apply the safe fixes of the linter
	@$(BIN)/biome check --write

bench: redis dist/rusk ## Measure Rusk against redis-server (ARGS="--help" shows how)
	@$(BUN) bench/bench.ts $(ARGS)

conformance: redis dist/rusk ## Run Redis's own test suite (UNITS="unit/auth ...", JOBS=2, ARGS)
	@test/conformance/conformance --install-deps --server "$(CURDIR)/dist/rusk" --jobs $(JOBS) \
	    --skipfile test/conformance/skip.txt --out test/conformance/out $(ARGS) $(UNITS)

fuzz: redis dist/rusk ## Random commands, shortages and scripts, compared (SEED=, COMMANDS=)
	@$(BUN) test/fuzz/main.ts --commands $(COMMANDS) $(if $(SEED),--seed $(SEED)) $(ARGS)
	@$(if $(ARGS),,$(BUN) test/interleaved/main.ts --commands $(COMMANDS) \
	    $(if $(SEED),--seed $(SEED)))
	@$(if $(ARGS),,COSTS_COUNT=$(COSTS) $(BUN) test test/costs)
	@$(if $(ARGS),,$(BUN) test/fuzz/shortage_main.ts --cases $(COMMANDS) \
	    $(if $(SEED),--seed $(SEED)))
	@$(if $(ARGS),,$(BUN) test/fuzz/shortage_main.ts --turns --cases $$(($(COMMANDS) / 100)) \
	    $(if $(SEED),--seed $(SEED)))
	@$(if $(ARGS),,UNDO_CASES=$$(($(COMMANDS) / 50)) $(if $(SEED),FUZZ_SEED=$(SEED)) \
	    $(BUN) test test/fuzz/undo_test.ts)
	@$(if $(ARGS),,PROGRAMS=$(COMMANDS) SOURCES=$$(($(COMMANDS) * 10)) \
	    $(if $(SEED),SEED=$(SEED)) $(BUN) test test/scripting/compile/fuzz_test.ts)

soak: dist/rusk ## Stream messages through a group whose consumers die (ENTRIES=, SEED=, ARGS)
	@RUSK_BINARY=$${RUSK_BINARY:-dist/rusk} $(BUN) test/scenarios/soak.ts --entries $(ENTRIES) \
	    $(if $(SEED),--seed $(SEED)) $(ARGS)

soak-mixed: redis dist/rusk ## A mixed load beside Redis, for hours (MINUTES=, ARGS="--draw")
	@$(BUN) bench/mixed_soak.ts --minutes $(MINUTES) $(if $(SEED),--seed $(SEED)) $(ARGS)

durability: dist/rusk ## Stop machines, break disks, kill servers (ROUNDS=, SEED=, ARGS)
	@RUSK_BINARY=$${RUSK_BINARY:-dist/rusk} $(BUN) test/durability/main.ts --rounds $(ROUNDS) \
	    $(if $(SEED),--seed $(SEED)) $(ARGS)
	@CORRUPTIONS=10000 $(BUN) test --timeout 600000 test/durability/corruption_test.ts
	@CASES=100000 $(if $(SEED),SEED=$(SEED)) $(BUN) test --timeout 3600000 \
	    test/durability/file_rounds_test.ts
	@DAMAGES=100000 $(if $(SEED),DURABILITY_SEED=$(SEED)) $(BUN) test --timeout 3600000 \
	    test/durability/damage_test.ts
	@LARGE=1 $(BUN) test --timeout 600000 test/durability/large_log_test.ts

mutants: $(TOOLS) redis ## Change one place of src/ at a time: do tests notice? (SEED=, COUNT=, ARGS)
	@$(BUN) test/mutants/main.ts --count $(COUNT) $(if $(SEED),--seed $(SEED)) $(ARGS)

deb: dist/rusk ## Build the Debian package, into dist/archives (needs debhelper)
	@$(BUN) packaging/deb.ts $(ARGS)

redis: ## Install redis-server and its tools, to compare with (Debian, as root)
	@.ci/need_redis

clean: ## Remove what was built and installed
	@rm -rf dist node_modules test/conformance/out

dist/rusk: $(TOOLS) $(SOURCES) tsconfig.json packaging/binary/compile.ts
	@$(BUN) packaging/binary/compile.ts $@

$(TOOLS): package-lock.json
	@npm ci --no-audit --no-fund
	@touch $(TOOLS)
