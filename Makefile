# Sets up what is missing, then builds, tests and shows Rebound.
#
#   make demo    build the program, fetch a real model, play, reflect, compare
#   make install   both programs into ~/.local/bin, or PREFIX=DIR into DIR/bin
#   make uninstall   takes them away again
#   make test    all checks, as CI runs them
#   make docs    the book as pages in target/book, and every document's links checked
#   make bench   the benchmarks, as tables
#   make advisories   known defects of dependencies, where there is a network
#   make release   an archive that runs on machines without a toolchain, and the wheel
#   make cross-aarch64 BOARD=raspberry-pi-5   rebound for aarch64 Linux, tried in an emulator
#   make test-aarch64   the native engine's kernels for NEON, in an emulator of three processors
#   make fuzz    hostile bytes for everything that reads bytes from outside
#   make attack  20,000 damaged files for every reader, and what both programs make of them
#   make crash   crash points, power cuts and 1,000 kills; each must go on to the same end
#   make soak    two hours of play in one process, and what it takes; goes on where it was stopped
#   make test-devices   the kernels of wgpu's devices beside the processor's
#   make test-browser   reports in headless Chromium
#   make firmware       images for three microcontrollers, and what they take of them
#   make firmware-test  the firmware's checks, and its promises in QEMU
#   make firmware-test-m3   its promises on the Cortex-M3 alone, as `make test` runs them
#   make test-peers   worlds of other packages, from PyPI, through the protocol; Java and ALFWorld's games
#   make test-remote    models behind an endpoint, against llama.cpp's own server

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

CARGO_DENY_VERSION := 0.20.2
MDBOOK_VERSION := 0.5.4
PYTHON_TOOLS_PINNED := mypy==2.4.1 ruff==0.17.6
export REBOUND_MODELS ?= $(HOME)/.cache/rebound/models
MODEL := smollm2-135m-instruct
## Where cargo puts what it builds, absolute.
TARGET_DIR := $(abspath $(or $(CARGO_TARGET_DIR),target))

## Ends a recipe that lists Debian packages in `missing`.
define INSTALL_MISSING
if [ $${#missing[@]} -gt 0 ]; then \
  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
    echo "Installing $${missing[*]}"; \
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$${missing[@]}" >/dev/null; \
  else \
    echo "These are missing: $${missing[*]}"; \
    echo "Install them, on Debian or Ubuntu with: sudo apt-get install $${missing[*]}"; exit 1; \
  fi; \
fi
endef

.PHONY: test-peers demo install uninstall test test-format test-lints test-build test-models test-cases test-no-std test-licenses test-python test-firmware test-docs book docs release firmware firmware-test firmware-test-m3 attack attack-build crash soak test-attack firmware-host firmware-setup firmware-setup-m3 cross-aarch64 test-aarch64 test-devices test-browser browser-setup test-remote fuzz bench setup deny-tool advisories clean help

help:
	@sed -n 's/^#   //p' Makefile

## Debian packages when root, otherwise a list of what is missing. LLVM brings a
## libclang-cpp.so, which bindgen cannot use.
setup:
	@missing=(); \
	command -v cmake >/dev/null || missing+=(cmake); \
	command -v c++ >/dev/null || missing+=(g++); \
	find /usr/lib \( -name 'libclang.so*' -o -name 'libclang-[0-9]*.so*' \) 2>/dev/null | grep . >/dev/null \
	  || [ -n "$${LIBCLANG_PATH:-}" ] || [ "$$(uname)" = Darwin ] || missing+=(libclang-dev); \
	python3 -m pip --version >/dev/null 2>&1 || missing+=(python3-pip); \
	$(INSTALL_MISSING)
	@command -v cargo >/dev/null || { echo "Rust is missing: see https://rustup.rs"; exit 1; }

demo: setup
	cargo build --profile demo -p targets-host
	$(TARGET_DIR)/demo/rebound demo

PREFIX ?= $(HOME)/.local
PROGRAMS := rebound rebound-train
install: setup
	cargo build --release -p targets-host -p trainer
	install -d "$(DESTDIR)$(PREFIX)/bin"
	install -m 755 $(addprefix "$(TARGET_DIR)"/release/,$(PROGRAMS)) "$(DESTDIR)$(PREFIX)/bin"
	targets/pages.sh "$(TARGET_DIR)/release" "$(DESTDIR)$(PREFIX)/share"
	@case ":$$PATH:" in *":$(PREFIX)/bin:"*) ;; \
	  *) echo "$(PREFIX)/bin is not on PATH; add it by: export PATH=\"$(PREFIX)/bin:\$$PATH\"" ;; esac

uninstall:
	rm -f $(addprefix "$(DESTDIR)$(PREFIX)"/bin/,$(PROGRAMS))
	rm -f $(foreach program,$(PROGRAMS),"$(DESTDIR)$(PREFIX)"/share/man/man1/$(program)*.1 \
	  "$(DESTDIR)$(PREFIX)"/share/bash-completion/completions/$(program) \
	  "$(DESTDIR)$(PREFIX)"/share/zsh/site-functions/_$(program) \
	  "$(DESTDIR)$(PREFIX)"/share/fish/vendor_completions.d/$(program).fish)

## The program is tested with its second engine, too.
FEATURES := --features targets-host/decoder,targets-host/tables
## Where tests keep what they skipped; see tests/needs.
export REBOUND_SKIPPED := $(TARGET_DIR)/skipped.txt
TEST_PARTS := setup deny-tool test-format test-lints test-build test-models test-cases test-attack test-no-std \
  test-licenses test-docs test-python test-firmware
test:
	@mkdir -p "$(TARGET_DIR)"; rm -f "$(REBOUND_SKIPPED)"; minutes=; \
	for part in $(TEST_PARTS); do \
	  begun=$$SECONDS; $(MAKE) --no-print-directory $$part; took=$$((SECONDS - begun)); \
	  minutes+="$$(printf '%-14s %4d:%02d' $$part $$((took / 60)) $$((took % 60)))"$$'\n'; \
	done; \
	printf '\nminutes by part:\n%s' "$$minutes"; printf '%-14s %4d:%02d\n' all $$((SECONDS / 60)) $$((SECONDS % 60)); \
	if [ -s "$(REBOUND_SKIPPED)" ]; then sort "$(REBOUND_SKIPPED)"; fi; \
	echo "$$( (cat "$(REBOUND_SKIPPED)" 2>/dev/null || true) | wc -l) tests were skipped"

test-format:
	cargo fmt --all --check

test-lints:
	cargo clippy --workspace --all-targets $(FEATURES) -- -D warnings

## The whole workspace at once: a part of it would be built with other features of burn.
test-build:
	cargo test --workspace $(FEATURES) --no-run

test-models:
	@for model in smollm2-135m-instruct gemma-3-270m; do \
	  $(TARGET_DIR)/debug/rebound models pull $$model \
	    || echo "WARNING: $$model could not be fetched; the tests that need it will say that they are skipped"; \
	done

test-cases:
	cargo test --workspace $(FEATURES)

## A slice of `make attack`, on the programs that were built for the tests.
test-attack:
	$(TARGET_DIR)/debug/attack --seconds 60 --out "$(TARGET_DIR)/attack"

test-no-std:
	cargo build -p runtime-core --target thumbv7m-none-eabi
	cargo build -p runtime-node --target thumbv7m-none-eabi

test-licenses: deny-tool
	cargo deny --log-level error check licenses bans sources
	cargo deny --config deny.toml --manifest-path targets/bare-metal/Cargo.toml --all-features \
	  --log-level error check licenses bans sources

## Known defects of what the programs are built of; asks a database on the network.
advisories: deny-tool
	cargo deny --log-level error check advisories
	cargo deny --config deny.toml --manifest-path targets/bare-metal/Cargo.toml --all-features \
	  --log-level error check advisories

## The package's own tests, with the program that was built for the others.
PYTHON_TOOLS := $(TARGET_DIR)/python-tools
test-python:
	@[ -x $(PYTHON_TOOLS)/bin/mypy ] \
	  || python3 -m pip install --quiet --target $(PYTHON_TOOLS) $(PYTHON_TOOLS_PINNED) \
	  || echo "WARNING: mypy and ruff could not be fetched; the package is tested without them"
	@! [ -x $(PYTHON_TOOLS)/bin/mypy ] || (cd python && export PYTHONPATH=$(PYTHON_TOOLS) \
	  && python3 -m mypy && python3 -m ruff check && python3 -m ruff format --check)
	REBOUND=$(TARGET_DIR)/debug/rebound python3 -m unittest discover -s python/tests

test-firmware:
	$(MAKE) firmware-test-m3 REBOUND=$(TARGET_DIR)/debug/rebound

test-docs: book
	RUSTDOCFLAGS="-D warnings" cargo doc --quiet --workspace --no-deps $(FEATURES)

## Without optimization mdbook is built in a minute, and the book is small.
book:
	@mdbook --version >/dev/null 2>&1 \
	  || cargo install --locked --quiet --debug --no-default-features mdbook@$(MDBOOK_VERSION)
	mdbook build docs

## The tests let the programs read the command lines that the documents show, too.
docs: setup book
	cargo test --workspace $(FEATURES) --test stories documents
	cargo test --workspace $(FEATURES) --bins documents

## TextWorld, TextWorldExpress, ScienceWorld, the original ALFWorld and verifiers as worlds, each as
## PyPI has it. verifiers stands apart: its versions and theirs do not agree.
PEERS := $(TARGET_DIR)/peers
PEERS_PINNED := textworld==1.7.0 textworld-express==1.1.0 scienceworld==1.2.3 alfworld==0.4.2 \
  pandas pyarrow jsonschema
VERIFIERS_PINNED := verifiers==0.1.14
test-peers: setup
	@missing=(); \
	command -v java >/dev/null || missing+=(default-jre-headless); \
	command -v zstd >/dev/null || missing+=(zstd); \
	python3 -m venv --help >/dev/null 2>&1 || missing+=(python3-venv); \
	$(INSTALL_MISSING)
	[ -x $(PEERS)/bin/python ] || python3 -m venv $(PEERS)
	[ -x $(PEERS)-verifiers/bin/python ] || python3 -m venv $(PEERS)-verifiers
	$(PEERS)/bin/pip install --quiet $(PEERS_PINNED) ./python
	$(PEERS)-verifiers/bin/pip install --quiet $(VERIFIERS_PINNED) ./python
	cargo test --workspace $(FEATURES) --no-run --quiet
	$(if $(REBOUND_DATA),,$(TARGET_DIR)/debug/rebound data pull alfworld --data $(TARGET_DIR)/data)
	REBOUND=$(TARGET_DIR)/debug/rebound REBOUND_DATA=$(or $(REBOUND_DATA),$(TARGET_DIR)/data) \
	  PEERS=$(PEERS)/bin/python VERIFIERS=$(PEERS)-verifiers/bin/python \
	  $(PEERS)/bin/python -m unittest discover -s python/tests/peers -v

## Each board's feature, and what it is compiled for. Fails where the Cortex-M3's image
## breaks its budget.
BOARD_TARGETS := lm3s6965evb:thumbv7m-none-eabi mps2-an386:thumbv7em-none-eabihf \
  riscv-virt:riscv32imac-unknown-none-elf
firmware:
	@! command -v rustup >/dev/null || rustup target add $(foreach pair,$(BOARD_TARGETS),$(lastword $(subst :, ,$(pair))))
	cd targets/bare-metal && for pair in $(BOARD_TARGETS); do cargo $${pair%:*}; done
	cd targets/bare-metal && cargo run --quiet -p targets-bare-metal-qemu

firmware-test: firmware firmware-setup firmware-host
	cd targets/bare-metal && cargo fmt --all --check
	cd targets/bare-metal && cargo clippy --workspace --all-targets -- -D warnings
	cd targets/bare-metal && for pair in $(BOARD_TARGETS); do \
	  cargo clippy --release --target $${pair#*:} --features $${pair%:*} -- -D warnings; done
	cd targets/bare-metal && cargo test --workspace

## What of it costs `make test` little: one image, and what it promises.
firmware-test-m3: firmware-setup-m3 firmware-host
	cd targets/bare-metal && cargo lm3s6965evb
	cd targets/bare-metal && cargo test -p targets-bare-metal-qemu --test promises -- lm3s6965evb cortex_m3

## The program that plays on the boards; one that REBOUND names is built already.
export REBOUND ?= $(CURDIR)/target/firmware-host/debug/rebound
firmware-host:
	[ "$(origin REBOUND)" != file ] || \
	  cargo build -p targets-host --no-default-features --target-dir target/firmware-host

firmware-setup: firmware-setup-m3
	@missing=(); \
	command -v qemu-system-riscv32 >/dev/null || missing+=(qemu-system-misc); \
	$(INSTALL_MISSING)

firmware-setup-m3:
	@missing=(); \
	command -v qemu-system-arm >/dev/null || missing+=(qemu-system-arm); \
	$(INSTALL_MISSING)
	@! command -v rustup >/dev/null || rustup target add thumbv7m-none-eabi

## A folder for each kind of processor, since llama.cpp's build does not watch what it is for.
BOARD ?= raspberry-pi-5
CROSS := aarch64-unknown-linux-gnu
cross-aarch64: ARCH = $(shell sed -n 's/^arch = "\(.*\)"/\1/p' targets/boards/$(BOARD).toml)
cross-aarch64: OUT = target/aarch64-$(ARCH)
cross-aarch64: setup
	@[ -n "$(ARCH)" ] || { echo "targets/boards/$(BOARD).toml has no arch: nothing is built for it from afar"; exit 1; }
	@missing=(); \
	command -v aarch64-linux-gnu-g++ >/dev/null || missing+=(gcc-aarch64-linux-gnu g++-aarch64-linux-gnu libc6-dev-arm64-cross); \
	command -v qemu-aarch64 >/dev/null || command -v qemu-aarch64-static >/dev/null || missing+=(qemu-user); \
	$(INSTALL_MISSING)
	@! command -v rustup >/dev/null || rustup target add $(CROSS) >/dev/null 2>&1 || true
	REBOUND_ARM_ARCH=$(ARCH) CMAKE_PROJECT_INCLUDE=$(CURDIR)/targets/aarch64.cmake \
	CC_aarch64_unknown_linux_gnu=aarch64-linux-gnu-gcc CXX_aarch64_unknown_linux_gnu=aarch64-linux-gnu-g++ \
	BINDGEN_EXTRA_CLANG_ARGS_aarch64_unknown_linux_gnu=-I/usr/aarch64-linux-gnu/include \
	CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc \
	  cargo build --release -p targets-host --no-default-features --features llama,native --target $(CROSS) --target-dir $(OUT)
	cargo run --quiet -p models --example tiny -- target/tiny.gguf
	targets/smoke-aarch64.sh $(OUT)/$(CROSS)/release/rebound $(ARCH)

## A processor of the emulator and the kernels that it must find. Kernels equal plain Rust to the bit.
NEON_LEVELS := cortex-a72=neon cortex-a76=neon-dotprod max=neon-i8mm
test-aarch64: setup
	@missing=(); \
	command -v aarch64-linux-gnu-gcc >/dev/null || missing+=(gcc-aarch64-linux-gnu libc6-dev-arm64-cross); \
	command -v qemu-aarch64 >/dev/null || command -v qemu-aarch64-static >/dev/null || missing+=(qemu-user); \
	$(INSTALL_MISSING)
	@! command -v rustup >/dev/null || rustup target add $(CROSS) >/dev/null 2>&1 || true
	emulator=$$(command -v qemu-aarch64 || command -v qemu-aarch64-static); \
	for level in $(NEON_LEVELS); do \
	  echo "$$level"; \
	  REBOUND_EXPECTED_KERNELS=$${level#*=} CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc \
	  CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="$$emulator -cpu $${level%=*} -L /usr/aarch64-linux-gnu" \
	    cargo test -p models-native --lib --target $(CROSS) --target-dir target/aarch64-test; \
	done

## What they find lies in target/attack; ATTACK_SEED=N makes other cases. Where REBOUND_DATA has
## GSM8K, a pull of it is broken off, too.
ATTACK_SEED ?= 1
attack-build: setup
	cargo build -p tests-attack -p targets-host -p trainer $(FEATURES)
attack: attack-build
	$(TARGET_DIR)/debug/attack --seed $(ATTACK_SEED) --out "$(TARGET_DIR)/attack"
crash: attack-build
	$(TARGET_DIR)/debug/crash
	$(TARGET_DIR)/debug/kills
## glibc keeps an arena more whenever enough threads allocate at once, which is chance.
soak: attack-build
	MALLOC_ARENA_MAX=2 REBOUND_TUNING=none $(TARGET_DIR)/debug/soak --out "$(TARGET_DIR)/soak"

## A software device such as mesa's lavapipe will do.
test-devices: setup
	XDG_RUNTIME_DIR=$${XDG_RUNTIME_DIR:-/tmp} cargo test -p models-decoder --features wgpu --test devices -- --nocapture

## Each target for FUZZ_SECONDS; what it finds lies in fuzz/artifacts.
FUZZ_SECONDS ?= 600
FUZZ_TARGETS := action adapter answer config frame game gguf line manifest record
fuzz: setup
	@cargo fuzz --version >/dev/null 2>&1 || cargo install --locked --quiet cargo-fuzz
	@for target in $(FUZZ_TARGETS); do \
	  mkdir -p fuzz/corpus/$$target; echo "$$target"; \
	  RUSTC_BOOTSTRAP=1 cargo fuzz run $$target fuzz/corpus/$$target fuzz/seeds/$$target -- \
	    -max_total_time=$(FUZZ_SECONDS) -rss_limit_mb=4096 -timeout=10 -print_final_stats=1; \
	done

## CHROMIUM=FILE names another browser; SCREENSHOTS=DIR keeps pictures of the pages.
test-browser: browser-setup
	cargo run --quiet -p runtime-evaluation --example report_pages -- target/browser
	npm ci --prefix tests/browser --no-fund --no-audit
	REPORTS=target/browser node --test tests/browser/report.test.mjs

browser-setup:
	@missing=(); \
	[ -n "$${CHROMIUM:-}" ] || command -v chromium >/dev/null || missing+=(chromium); \
	command -v node >/dev/null || missing+=(nodejs); \
	command -v npm >/dev/null || missing+=(npm); \
	$(INSTALL_MISSING)

## The server comes with the package xllamacpp, into an environment of its own.
test-remote:
	cargo build -p targets-host --no-default-features --features remote
	$(TARGET_DIR)/debug/rebound models pull $(MODEL)
	python3 -m venv target/xllamacpp
	target/xllamacpp/bin/pip install --quiet xllamacpp
	out=$$(mktemp -d) && target/xllamacpp/bin/python runtime/engine/tests/remote/llama_server.py \
	  $(REBOUND_MODELS)/$(MODEL)-q4_1.gguf \
	  "cargo test -p runtime-engine --no-default-features --features remote --test remote real -- --nocapture" \
	  "$(TARGET_DIR)/debug/rebound run --engine remote -n 3 --trials 2 --steps 4 --parallel 2 --out $$out/run"

## rustup installs the toolchain by itself; the target for runtime/core may be missing.
deny-tool:
	@cargo deny --version >/dev/null 2>&1 || cargo install --locked --quiet cargo-deny@$(CARGO_DENY_VERSION)
	@! command -v rustup >/dev/null || rustup target add thumbv7m-none-eabi >/dev/null 2>&1 || true

bench: setup
	cargo build --release -p benches -p targets-host -p trainer
	$(TARGET_DIR)/release/rebound models pull $(MODEL)
	$(TARGET_DIR)/release/decode --model $(REBOUND_MODELS)/smollm2-135m-instruct-q4_1.gguf
	$(TARGET_DIR)/release/episode --model $(REBOUND_MODELS)/smollm2-135m-instruct-q4_1.gguf
	@[ -n "$${REBOUND_DATA:-}" ] || echo "alfworld: skipped, REBOUND_DATA names no folder; rebound data pull alfworld brings its games"
	[ -z "$${REBOUND_DATA:-}" ] || $(TARGET_DIR)/release/alfworld
	$(TARGET_DIR)/release/worlds
	$(TARGET_DIR)/release/train_step --model $(REBOUND_MODELS)/smollm2-135m-instruct-q4_1.gguf

## Kernels for several generations of processors; the machine's are picked at start.
release: setup
	@[ "$$(uname)" = Linux ] || { echo "make release packs for Linux; elsewhere cargo build --release leaves one file"; exit 1; }
	cargo build --release --target-dir target/dynamic -p targets-host -p trainer \
	  --features targets-host/llama-dynamic,targets-host/tables,trainer/packed
	targets/pack.sh target/dynamic target
	python3 -m pip wheel --quiet --no-deps --wheel-dir target ./python

clean:
	cargo clean
	cd targets/bare-metal && cargo clean
