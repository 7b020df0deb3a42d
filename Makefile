# SPDX-License-Identifier: Apache-2.0
# The few commands that a person types. Everything is built by Meson; packages that are missing come from
# the distribution (scripts/setup).
.PHONY: build demo check soak bench fuzz coverage install clean

JOBS ?= $(shell nproc)
PREFIX ?= /usr/local
# true: taw is also installed as marblerun.
MARBLERUN ?= false

build:
	@scripts/setup build
	@scripts/build build
	@echo "built: build/tawd build/taw build/taw-premain"

demo: build
	@scripts/setup demo
	@scripts/demo

check:
	@scripts/setup check
	@scripts/check

soak:
	@scripts/setup check
	@scripts/soak

bench:
	@scripts/setup check
	@scripts/bench

fuzz:
	@scripts/setup check
	@scripts/fuzz

coverage:
	@scripts/setup check
	@scripts/coverage

install: build
	@meson configure build -Dprefix=$(PREFIX) -Dmarblerun=$(MARBLERUN)
	@scripts/build build
	@meson install -C build --no-rebuild

clean:
	rm -rf build build-*
