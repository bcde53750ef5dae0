# What proves that it works: the tests, the checks of the source, the fuzzers,
# the measurements. Included by the Makefile. Each target builds through a make
# of its own, after packaging/needs had its chance to install what is missing.

.PHONY: needs test test-build test-clients test-browser asan asan-build lint format coverage \
	fuzz campaign bench help

RUN       := $(PYTHON) tests/run
FUZZ_TIME ?= 10

# playwright-core and axe-core, as tests/browser/package-lock.json has them. npm asks
# the registry that it is configured for; the tree names none.
BROWSER := build/browser
$(BROWSER)/.made: tests/browser/package.json tests/browser/package-lock.json
	@mkdir -p $(BROWSER)
	@cp $^ $(BROWSER)/
	@echo "  NPM $(BROWSER)"
	@cd $(BROWSER) && npm ci --ignore-scripts --no-audit --no-fund --silent
	@touch $@

needs: ## install what building and testing need (apt)
	@if [ -x packaging/needs ]; then packaging/needs; fi

# Everything that make test runs, built; nothing run.
test-build:
	@$(MAKE) --no-print-directory all unit-tests fuzzers bench-programs
	@$(MAKE) --no-print-directory SAN=1 BUILD=build/asan overlay unit-tests

test: needs ## all tests that need no more than loopback
	@$(MAKE) --no-print-directory test-build
	-@packaging/needs browser && $(MAKE) --no-print-directory $(BROWSER)/.made
	@$(RUN) --fuzz-seconds $(FUZZ_TIME) lint unit asan-short fuzz integration browser

test-clients: needs ## real mail programs (some are heavy to install)
	@if [ -x packaging/needs ]; then packaging/needs clients; fi
	@$(MAKE) --no-print-directory all
	@$(RUN) clients

test-browser: needs ## the portal in a browser without a screen
	@if [ -x packaging/needs ]; then packaging/needs browser; fi
	@$(MAKE) --no-print-directory all $(BROWSER)/.made
	@$(RUN) browser

asan: needs ## unit and integration tests under AddressSanitizer and UBSan
	@$(MAKE) --no-print-directory all
	@$(MAKE) --no-print-directory SAN=1 BUILD=build/asan all unit-tests
	@$(RUN) asan

lint: ## checks of the source, the manual pages and the built module
	@$(MAKE) --no-print-directory all
	@$(RUN) lint

format: ## lay out all C as .clang-format says
	clang-format-14 -i $$(git ls-files --cached --others --exclude-standard '*.c' '*.h')

coverage: needs ## lines and branches of core and overlay that tests reach
	@rm -rf build/coverage/obj
	@$(MAKE) --no-print-directory all
	@$(MAKE) --no-print-directory COVERAGE=1 BUILD=build/coverage all unit-tests
	-@$(RUN) --build build/coverage unit integration
	@$(PYTHON) tests/lib/coverage.py build/coverage

# make fuzz T=fuzz_cert TIME=60; without T every fuzzer
TIME ?= 60
SEED ?= $(shell date +%s)
fuzz: ## one fuzzer for a while: T=fuzz_cert TIME=60 SEED=1
	@$(MAKE) --no-print-directory $(if $(T),build/fuzz/$(T),fuzzers)
	@$(RUN) --fuzz-seconds $(TIME) --seed $(SEED) $(if $(T),--fuzzer $(T)) fuzz

campaign: needs ## the long versions: hours
	@$(MAKE) --no-print-directory test-build
	@$(MAKE) --no-print-directory SAN=1 BUILD=build/asan all unit-tests
	@$(RUN) --campaign --seed $(SEED) --fuzz-seconds 3600 unit integration asan fuzz

bench: needs ## speed beside plain slapd, as ratios
	@$(MAKE) --no-print-directory all bench-programs
	@$(PYTHON) bench/bench.py

.PHONY: bench-programs
BENCH_PROGRAMS := $(patsubst bench/%.c,$(BUILD)/bench/%,$(wildcard bench/*.c))
bench-programs: $(BENCH_PROGRAMS)
$(BUILD)/bench/%: bench/%.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) -pie $(LDFLAGS_ALL) -o $@ $<

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | sort -u | \
	    awk -F'\t' '{ printf "  make %-13s %s\n", $$1, $$2 }'

# For scripts that need to know a variable: make -s print-WARN
.PHONY: print-%
print-%:
	@echo '$($*)'
