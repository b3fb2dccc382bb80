# make demo   the story, from set-up to the last receipt       make test   every test
# Needs Go 1.26 and make; everything else is optional and says so when it is missing.

GO       ?= go
ARGS     ?=
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS   = -s -w -X main.version=$(VERSION)
FUZZTIME ?= 20s
# Tests that use real samples of other systems read them from here; without it they are skipped by name.
export REFERWORKS_SAMPLES ?=

STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
ERRCHECK    = github.com/kisielk/errcheck@v1.30.0
GOVULNCHECK = golang.org/x/vuln/cmd/govulncheck@v1.9.0

# The browser program is built when Node is there and something of it is newer than what was built.
WEBUI_SOURCES := $(shell find webui/app \( -name node_modules -o -path webui/app/browser \) -prune -o -type f ! -name schema.d.ts -print) node/api/openapi.yaml $(wildcard examples/api/*)
NODE          := $(shell command -v node 2>/dev/null)
CHROMIUM      ?= $(firstword $(wildcard /usr/bin/chromium /usr/bin/chromium-browser /usr/bin/google-chrome))
export CHROMIUM

.PHONY: help demo test test-real build webui unit browser screenshots check fuzz bench parts quality clean
.DEFAULT_GOAL := help

help: ## list what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1|/' | while IFS='|' read -r t d; do printf '  make %-12s %s\n' "$$t" "$$d"; done

build: webui ## build ./referworks
	@echo "Building ./referworks (the first time on a machine takes two to four minutes) ..."
	@CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o referworks ./cli

ifneq ($(NODE),)
webui: webui/dist/index.html ## build the web UI, when Node is installed and it changed
else
webui:
	@echo "Node is not installed: the web UI is not built, everything else works."
endif

webui/app/node_modules/.package-lock.json: webui/app/package-lock.json
	@if [ -L webui/app/node_modules ]; then echo "webui/app/node_modules is a link: it is used as it is, because npm ci would empty what it leads to."; touch $@; \
	else echo "Installing what the web UI is built with ..."; cd webui/app && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error; fi

webui/dist/index.html: webui/app/node_modules/.package-lock.json $(WEBUI_SOURCES)
	@echo "Building the web UI (about half a minute) ..."
	@rm -rf webui/dist/assets webui/dist/index.html
	@cd webui/app && npm run --silent build -- --logLevel warn
	@touch $@

demo: ## set up, then show the main job with three nodes; ARGS=--once ends after the story
	@echo "This builds Referworks and plays the main job with three nodes on this machine:"
	@echo "one referral, posted once, arrives as an e-mail, as a POST and as XML."
	@echo "About five minutes the first time on two cores, ten seconds afterwards."
	@$(MAKE) --no-print-directory build
	@./referworks demo $(ARGS)

test: ## set up, then run every test (LONG=1 runs the long ones too)
	@echo "Running every test (about ten minutes the first time, under eight afterwards) ..."
	@test -n "$$REFERWORKS_SAMPLES" || echo "REFERWORKS_SAMPLES is not set: tests on other systems' samples are skipped by name."
	$(GO) test -timeout 20m ./...
	@$(MAKE) --no-print-directory unit browser

ifneq ($(NODE),)
unit: webui/app/node_modules/.package-lock.json
	@cd webui/app && npm run --silent types >/dev/null && npx vitest run --silent=passed-only
else
unit:
	@echo "Node is not installed: the web UI's own tests are skipped."
endif

ifeq ($(NODE),)
browser:
	@echo "Node is not installed: the browser tests are skipped."
else ifeq ($(CHROMIUM),)
browser:
	@echo "Chromium is not installed: the browser tests are skipped."
else
browser: build ## run the tests in a real browser (Chromium), against real nodes
	@cd webui/app && npx vitest run --config vitest.browser.config.ts --silent=passed-only $(ARGS)

screenshots: build ## write every screen (desktop, phone, dark, Spanish) to the folder screenshots
	@cd webui/app && SCREENSHOTS=$(CURDIR)/screenshots npx vitest run --config vitest.browser.config.ts --silent=passed-only browser/screens.test.ts
	@echo "They are in the folder screenshots."
endif

test-real: ## run the mail tests against Debian's own Postfix and Dovecot (installs them; root, loopback only)
	@command -v postfix >/dev/null && command -v dovecot >/dev/null || { echo "Installing Postfix and Dovecot ..."; \
	  DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends postfix dovecot-imapd >/dev/null 2>&1 || \
	  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends postfix dovecot-imapd >/dev/null; }; }
	REFERWORKS_REAL=1 $(GO) test -count=1 -timeout 5m -run '^TestReal' -v ./bridges/email

check: ## tidy, vet, staticcheck, errcheck, govulncheck, race detector, archtest
	$(GO) mod tidy -diff
	$(GO) vet ./...
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "gofmt would change:"; gofmt -l $$(git ls-files '*.go'); exit 1; }
	$(GO) run $(STATICCHECK) ./...
	$(GO) run $(ERRCHECK) -ignoretests -exclude .errcheck ./...
	@./.ci/vulncheck $(GO) $(GOVULNCHECK)
	$(GO) test -count=1 ./internal/archtest
	@if command -v $${CC:-cc} >/dev/null 2>&1; then \
	  echo "$(GO) test -race -short (concurrent packages)"; \
	  CGO_ENABLED=1 $(GO) test -race -short -timeout 15m ./node/... ./crypto ./protocol/... ./bridges/...; \
	else echo "No C compiler: the race detector is skipped."; fi

fuzz: ## run each fuzz target for FUZZTIME
	@set -e; for p in $$($(GO) list ./...); do \
	  for f in $$($(GO) test -list '^Fuzz' $$p 2>/dev/null | grep '^Fuzz' || true); do \
	    echo "fuzz $$p $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 20x $$p; done; done

bench: ## print speed, memory and our share of the limit (REFERWORKS_LIMITREF names the limit reference)
	@test -n "$$REFERWORKS_LIMITREF" || echo "REFERWORKS_LIMITREF is not set: the limit reference is skipped."
	@$(MAKE) --no-print-directory build
	$(GO) run ./internal/bench ./referworks
	@$(MAKE) --no-print-directory parts
	@echo "Mails that a real node takes in by SMTP, each converted, signed and on its disk before 250, while it delivers:"
	@$(GO) test -run '^$$' -bench '^BenchmarkMailIn$$' -benchtime 3000x ./internal/lab | grep ^Benchmark

parts: ## print what mapping, batches and the views of the screens cost (a minute; make bench runs it too)
	@echo "Mapping with 150 rules on a record of 8 KB, in and out; reading and writing it; compiling a mapping:"
	@$(GO) test -run '^$$' -bench '^Benchmark(ToReferral|FromReferral|DecodeEncode|Compile)$$' ./bridges/mapping | grep ^Benchmark
	@echo "A batch of 100 MB XML, one record at a time (peak is the heap above its start), and rows of CSV:"
	@LONG=1 $(GO) test -run '^$$' -bench '^Benchmark(XMLBatch|CSVRows)$$' ./bridges/record | grep ^Benchmark
	@echo "A file of 1,000 and of 100,000 records taken from a folder (memory in use beyond the start), and pushes to a system on this machine:"
	@$(GO) test -run '^$$' -bench '^BenchmarkBatch$$' -benchtime 1x ./bridges/folder | grep ^Benchmark
	@$(GO) test -run '^$$' -bench '^BenchmarkPush$$' ./bridges/rest | grep ^Benchmark
	@echo "The fields of a CSV of 10,000 rows and 31 columns:"
	@$(GO) test -run '^$$' -bench '^BenchmarkInferCSV10k$$' ./bridges/schema | grep ^Benchmark
	@echo "Suggestions for a schema of 150 fields:"
	@$(GO) test -run '^$$' -bench '^BenchmarkFields150$$' ./bridges/suggest | grep ^Benchmark
	@echo "The first page of the inbox, and a thread of 200 messages, with 1,000 and with 100,000 referrals stored:"
	@$(GO) test -run '^$$' -bench '^BenchmarkViews$$' -benchtime 200x ./node/exchange | grep ^Benchmark

quality: ## print how well real schemas are matched and converted; writes quality.json (needs REFERWORKS_SAMPLES)
	$(GO) run ./internal/quality

clean: ## remove what was built
	rm -rf webui/dist/assets webui/dist/index.html webui/dist/icon.svg
	rm -rf screenshots
	rm -f referworks quality.json
