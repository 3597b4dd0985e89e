# Easel: what a developer types. `make` alone lists it.
.DEFAULT_GOAL := help
SHELL := /bin/bash
SCRIPTS := startup.sh .ci/run $(wildcard scripts/*.sh)
.PHONY: help deps build demo run stop test chaos lint check-workflows fuzz-api fuzz sanitize soak bench dist check-dist

help: ## list these targets
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  make \1\t\2/p' Makefile | grep -v 'make help' | expand -t 24

deps: ## install the Debian packages that Easel is built with (nothing to do when they are there)
	@scripts/install-deps.sh

build: deps ## build the services for release
	swift build -c release

demo: deps ## build, start everything (a sandbox in place of a missing ComfyUI), make a picture
	@scripts/demo.sh

run: ## build what changed and start the services (startup.sh)
	@./startup.sh

stop: ## stop the services gracefully
	@./startup.sh stop

test: deps ## run every test
	swift build --build-tests
	@scripts/test.sh

chaos: deps ## kill the services 300 times at random, and flood them with 10000 tasks (about a quarter of an hour)
	swift build --build-tests
	EASEL_CHAOS_KILLS=300 swift test --skip-build --filter '^EndToEndTests\.ChaosTests'
	EASEL_FLOOD_TASKS=10000 swift test --skip-build --filter '^EndToEndTests\.HardTimesTests'

lint: ## check the format of the Swift sources and the shell scripts, and that docs/operating.md tells of all settings
	swift format lint --strict --recursive Package.swift Sources Tests
	shellcheck -x $(SCRIPTS)
	shellcheck -x scripts/lib/*.sh
	scripts/check-docs.sh

check-workflows: deps ## hold every workflow against ComfyUI's nodes (COMFYUI_API_URL, else OBJECT_INFO=FILE)
	@scripts/check-workflows.sh

fuzz-api: ## send the running API what its description allows, and what not (needs Python, installs schemathesis)
	@swift build && scripts/fuzz-api.sh

fuzz: ## feed the parsers with made-up inputs under the address sanitizer (libFuzzer, a minute for each)
	@scripts/fuzz.sh

sanitize: deps ## run the tests under the thread and the address sanitizer (half an hour)
	@scripts/sanitize.sh

soak: deps ## keep the services busy for SOAK_MINUTES (10), and see that they take no more at the end
	@scripts/soak.sh

bench: ## measure Easel on this machine
	@scripts/bench.sh

dist: deps ## pack a release that needs neither Swift nor packages: dist/easel-VERSION-linux-ARCH.tar.gz
	@scripts/dist.sh

check-dist: ## try the release of `make dist` in a bare Debian 12 and 13 without a network (needs root and debootstrap)
	@scripts/check-dist.sh
