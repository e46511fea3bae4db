# wattle: a thin front for Meson. `make help` lists the targets.

BUILD   = build/release
TESTS   = build/test
PREFIX  = /usr/local
DESTDIR =
INSTALL = sh tools/install_packages.sh
DEMO    = build/demo
PROFILE = build/profile-build

# make test ONLY=cli: the suites with that in their names.
ONLY =

# python3-selenium is for Debian's own Python, which may not be the first one.
DEBIAN_PYTHON = $(firstword $(wildcard /usr/bin/python3) python3)

.PHONY: all help demo test quick full arm bench bench-quick bench-check \
	performance guard load profile profile-screenshot lint format install \
	uninstall clean dist coverage

all: $(BUILD)/build.ninja  ## build the release: build/release/wattle
	@ninja -C $(BUILD) --quiet

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' \
		$(MAKEFILE_LIST)

$(BUILD)/build.ninja:
	@$(INSTALL) build
	@meson setup $(BUILD) --buildtype=release --prefix=$(PREFIX) \
		--libdir=lib >/dev/null

$(TESTS)/build.ninja:
	@$(INSTALL) build test
	@meson setup $(TESTS) --buildtype=debugoptimized -Dtests=true \
		-Db_sanitize=address,undefined -Db_lundef=false >/dev/null

demo: all  ## make 100,000 readings of 1,000 devices and report on them
	@$(BUILD)/wattle generate --devices 1000 --readings 100000 --files 4 \
		--out $(DEMO) --force
	@$(BUILD)/wattle report $(DEMO)

test: all $(TESTS)/build.ninja  ## run every test, with sanitizers
	@test -n "$(ONLY)" || $(INSTALL) build test web
	@ninja -C $(TESTS) --quiet
	@python3 tests/run_tests.py --tier test $(ONLY:%=--only %)

quick: all $(TESTS)/build.ninja  ## run the tests that take seconds
	@ninja -C $(TESTS) --quiet
	@python3 tests/run_tests.py --tier quick $(ONLY:%=--only %)

full: all $(TESTS)/build.ninja  ## run the long tests too (fuzzing, soak)
	@test -n "$(ONLY)" || $(INSTALL) build test web
	@ninja -C $(TESTS) --quiet
	@python3 tests/run_tests.py --tier full $(ONLY:%=--only %)

coverage:  ## lines and branches of each room that the tests take
	@$(INSTALL) build test
	@python3 tools/coverage.py

arm: all  ## build for 64-bit ARM and check it under QEMU
	@$(INSTALL) build test arm
	@sh tools/unpack_arm.sh
	@python3 tests/check_arm.py $(BUILD)/wattle full

bench: all  ## measure everything, peers included, and write PERFORMANCE.md
	@$(INSTALL) bench
	@python3 bench/run_all.py

bench-quick: all  ## the same small and without peers, into build/bench/quick
	@$(INSTALL) bench
	@python3 bench/run_all.py --quick

performance:  ## write PERFORMANCE.md from bench/results
	@$(INSTALL) bench
	@python3 bench/make_performance.py

guard: bench-check  ## the same as bench-check

bench-check: all  ## compare instruction counts with the recorded ones
	@$(INSTALL) test
	@python3 bench/check/bench_check.py

load: all  ## many reports at once, many readers during an import
	@python3 bench/load/run_load.py
	@python3 bench/load/run_load_stored.py

profile: $(PROFILE)/build.ninja  ## write build/profile/index.html: where time and memory go
	@ninja -C $(PROFILE) --quiet wattle
	@python3 bench/make_dashboard.py

$(PROFILE)/build.ninja:
	@$(INSTALL) build profile
	@meson setup $(PROFILE) --buildtype=release \
		-Dc_args='-g -fno-omit-frame-pointer' >/dev/null

profile-screenshot:  ## take the picture of that page for the documents
	@$(INSTALL) web
	@$(DEBIAN_PYTHON) bench/picture_dashboard.py --height 1500

lint: $(BUILD)/build.ninja  ## check format, warnings, layers
	@$(INSTALL) build test lint
	@sh tools/lint.sh

format:  ## format all C files
	@$(INSTALL) lint
	@git ls-files '*.c' '*.h' | xargs clang-format -i

install: $(BUILD)/build.ninja  ## install under PREFIX (DESTDIR for packagers)
	@meson configure $(BUILD) -Dprefix=$(PREFIX)
	@ninja -C $(BUILD) --quiet
	@DESTDIR=$(DESTDIR) meson install -C $(BUILD) --quiet --no-rebuild

uninstall:  ## remove what make install has installed
	@DESTDIR=$(DESTDIR) ninja -C $(BUILD) --quiet uninstall >/dev/null

clean:  ## remove everything built
	@rm -rf build

dist:  ## make a source archive, build/wattle-VERSION.tar.gz
	@mkdir -p build
	@v=$$(sed -n "s/^  version: '\(.*\)',/\1/p" meson.build) && \
		git archive --prefix=wattle-$$v/ -o build/wattle-$$v.tar.gz HEAD && \
		echo build/wattle-$$v.tar.gz
