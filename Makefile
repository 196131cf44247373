# One target for everything a contributor does twice. `make help` lists them.

# package=file: the package is missing where no such file is.
PACKAGES := php-cli=/usr/bin/php php-dev=/usr/bin/phpize php-curl=/usr/lib/php/*/curl.so \
	php-sqlite3=/usr/lib/php/*/pdo_sqlite.so php-xml=/usr/lib/php/*/dom.so \
	clang=/usr/bin/clang llvm=/usr/bin/llvm-strip clang-format=/usr/bin/clang-format \
	libbpf1=/usr/lib/*-linux-gnu/libbpf.so.1 libbpf-dev=/usr/include/bpf/bpf_helpers.h \
	runc=/usr/sbin/runc gcc=/usr/bin/gcc libc6-dev=/usr/include/stdio.h make=/usr/bin/make
BUILD_PACKAGES := dpkg-dev=/usr/bin/dpkg-source musl-tools=/usr/bin/musl-gcc \
	valgrind=/usr/include/valgrind/valgrind.h
CHROMIUM_PACKAGES := chromium=/usr/bin/chromium
# Unpacked into .cache, not installed: a server that is installed starts.
SAPI_PACKAGES := php8.2-fpm libapache2-mod-php8.2 apache2-bin libapr1 libaprutil1 libphp8.2-embed nginx
FRAMEWORK_PACKAGES := composer=/usr/bin/composer unzip=/usr/bin/unzip \
	php-mbstring=/usr/lib/php/*/mbstring.so
VAGRANT_PACKAGES := vagrant=/usr/bin/vagrant vagrant-libvirt=/usr/share/rubygems-integration/all/gems/vagrant-libvirt-*
VM_PACKAGES := qemu-system-x86=/usr/bin/qemu-system-x86_64 mmdebstrap=/usr/bin/mmdebstrap \
	e2fsprogs=/usr/sbin/mkfs.ext4 rsync=/usr/bin/rsync
BENCH_PACKAGES := bpfcc-tools=/usr/sbin/memleak-bpfcc linux-headers-amd64=/usr/src/linux-headers-*-amd64

SOURCE_FOLDERS := $(wildcard src cli test bench)
# With the folders themselves: a source that was removed must not leave its output behind. Written `test/.`, for `test`
# is a target's name.
SOURCES := $(shell find $(addsuffix /.,$(SOURCE_FOLDERS)) -type d -o -name '*.ts')
PROBES := $(shell find probes -name '*.[ch]')
BPF_CFLAGS := -O2 -g -Wall -target bpf -D__TARGET_ARCH_x86 -I/usr/include/x86_64-linux-gnu -Iprobes

# Node takes longer to find the command's modules than the kernel to check the programs: they are made one file.
BUNDLE = $(BIN)/esbuild build/cli/phptrace.js --bundle --splitting --format=esm --platform=node --target=node20 \
	--packages=external --sourcemap --outdir=build/cli --allow-overwrite --chunk-names=bundle/[name] --log-level=warning

NODE_MODULES := node_modules/.package-lock.json
BIN := node_modules/.bin
SUDO := $(if $(filter-out 0,$(shell id -u)),sudo)
SAPIS := .cache/sapis/.unpacked
# Further options of ava: make test AVA_FLAGS='--match=*realloc*'
AVA_FLAGS ?=

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup build test test-unit test-chromium test-versions test-swoole test-sapis sapis \
	versions-table commands-table php-versions demo bench lint typecheck format clean pack apt apt-bench apt-chromium corpus \
	php-builds test-builds builds-table apt-builds frameworks test-frameworks frameworks-table apt-frameworks \
	test-vm apt-vm lint-vagrant apt-vagrant again

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: apt $(NODE_MODULES) ## install the packages that are missing (apt, npm)

build: build/probes/trace.bpf.o build/probes/launch.bpf.o build/probes/count.bpf.o build/.compiled ## build the BPF object and the TypeScript

test: build $(if $(shell command -v apt-get),$(SAPIS)) ## run the tests (needs root and a php)
	$(BIN)/ava $(AVA_FLAGS) 'build/test/{unit,integration}/**/*.test.js'

test-unit: build ## run the tests that need neither root nor php
	$(BIN)/ava $(AVA_FLAGS) 'build/test/unit/**/*.test.js'

test-chromium: build apt-chromium ## load a .heapsnapshot into the DevTools of a Chromium
	$(BIN)/ava $(AVA_FLAGS) 'build/test/chromium/**/*.test.js'

sapis: $(SAPIS) ## unpack Debian's FPM, Apache, embed and nginx (7 MB, into .cache; nothing is installed)

test-sapis: build $(SAPIS) ## trace PHP in FPM, with nginx and without, Apache, `php -S` and a program that embeds it
	$(BIN)/ava $(AVA_FLAGS) 'build/test/sapis/**/*.test.js' build/test/integration/fpm.test.js

php-versions: ## install the PHPs of `make test-versions` (785 MB, into .cache)
	@mkdir -p .cache/php
	cp test/versions/packages/package.json test/versions/packages/package-lock.json .cache/php/
	npm install --prefix .cache/php --ignore-scripts --no-audit --no-fund

test-versions: build php-versions $(SAPIS) ## run the programs of test/cases under every PHP from 7.4 to 8.5
	$(BIN)/ava --config ava.versions.config.js $(AVA_FLAGS)

test-swoole: build php-versions ## trace the programs of examples/swoole under PHP 7.4 with Swoole
	$(BIN)/ava --config ava.versions.config.js $(AVA_FLAGS) build/test/versions/swoole.test.js

versions-table: build php-versions $(SAPIS) ## run them and write the table of docs/php-versions.md
	PHPTRACE_VERSIONS_TABLE=docs/php-versions.md $(BIN)/ava --config ava.versions.config.js

commands-table: build php-versions $(SAPIS) ## run each command in each SAPI of each PHP and write the table of that
	PHPTRACE_COMMANDS_TABLE=docs/php-versions.md $(BIN)/ava --config ava.versions.config.js build/test/versions/commands.test.js

corpus: build ## trace all programs of test/cases and print how right the reports are
	$(SUDO) npm run --silent corpus

php-builds: | apt-builds ## build the PHPs of `make test-builds` from Debian's source (minutes, into .cache)
	test/builds/build.sh .cache/php-builds

test-builds: build php-builds ## run the tests of thread-safe, debug and static builds, and of Xdebug
	$(BIN)/ava --config ava.builds.config.js $(AVA_FLAGS)

builds-table: build php-builds ## run them and write their table of docs/php-versions.md
	PHPTRACE_VERSIONS_TABLE=docs/php-versions.md $(BIN)/ava --config ava.builds.config.js

frameworks: apt apt-frameworks ## install the frameworks of `make test-frameworks` (65 MB, into .cache)
	@mkdir -p .cache/frameworks
	cp test/frameworks/composer.json .cache/frameworks/
	COMPOSER_ALLOW_SUPERUSER=1 composer update --working-dir .cache/frameworks --no-interaction --no-progress \
		--no-plugins --no-scripts

test-frameworks: build frameworks ## find leaks in Laravel, Symfony, Doctrine, … and none where there is none
	$(BIN)/ava --config ava.frameworks.config.js $(AVA_FLAGS)

frameworks-table: build frameworks ## look for them and write the tables of docs/frameworks.md
	PHPTRACE_FRAMEWORKS_TABLE=docs/frameworks.md $(BIN)/ava --config ava.frameworks.config.js

test-vm: | apt-vm ## boot a Debian 12 with its kernel 6.1 in qemu and run tests in it (docs/kernels.md)
	$(SUDO) test/vm/root.sh .cache/vm
	$(SUDO) test/vm/boot.sh .cache/vm
	node test/vm/check-selection.js .cache/vm/tests.tap

demo: build ## trace a worker that leaks and check that the report names its lines
	$(SUDO) examples/demo.sh

bench: build apt-bench ## measure phptrace against its peers
	$(SUDO) node build/bench/main.js

lint: $(NODE_MODULES) | apt ## check style and import directions
	$(BIN)/eslint .
	$(BIN)/prettier --check --log-level warn .
	$(if $(PROBES),clang-format --dry-run -Werror $(PROBES))

lint-vagrant: | apt-vagrant ## check the Vagrantfile (no box is needed)
	VAGRANT_HOME=.cache/vagrant VAGRANT_DOTFILE_PATH=.cache/vagrant VAGRANT_DEFAULT_PROVIDER=libvirt vagrant validate

typecheck: $(NODE_MODULES) ## check types, build nothing
	$(BIN)/tsc --noEmit

format: $(NODE_MODULES) | apt ## rewrite the sources in the project's style
	$(BIN)/prettier --write --log-level warn .
	$(if $(PROBES),clang-format -i $(PROBES))

pack: build ## make the npm package
	npm pack

clean: ## remove what was built
	rm -rf build phptrace-*.tgz

build/probes/%.bpf.o: $(PROBES) | apt
	@mkdir -p $(@D)
	clang $(BPF_CFLAGS) -c probes/$*.bpf.c -o $@
	llvm-strip -g $@

build/.compiled: $(SOURCES) tsconfig.json $(NODE_MODULES)
	rm -rf $(addprefix build/,$(SOURCE_FOLDERS))
	$(BIN)/tsc
	$(BUNDLE)
	chmod +x build/cli/phptrace.js
	@touch $@

# Again where one of them was not among the packages then.
$(SAPIS): $(if $(strip $(foreach one,$(SAPI_PACKAGES),$(if $(wildcard .cache/sapis/packages/$(one)_*.deb),,$(one)))),again)
	rm -rf $(@D)
	mkdir -p $(@D)/packages
	$(SUDO) apt-get -qq update
	cd $(@D)/packages && apt-get -qq download $(SAPI_PACKAGES)
	for package in $(@D)/packages/*.deb; do dpkg -x "$$package" $(@D)/root || exit 1; done
	@touch $@

$(NODE_MODULES): package-lock.json
	npm ci --no-audit --no-fund
	@touch $@

# $(call missing,PACKAGES): those of them that are not installed
missing = $(strip $(foreach pair,$(1),$(if $(wildcard $(lastword $(subst =, ,$(pair)))),,$(firstword $(subst =, ,$(pair))))))

# $(call install,PACKAGES): nothing where nothing is missing
define install
$(if $(call missing,$(1)),\
	@echo 'installing: $(call missing,$(1))'; \
	command -v apt-get >/dev/null || { echo 'no apt-get here: install these yourself' >&2; exit 1; }; \
	$(SUDO) apt-get -qq update && \
	$(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends $(call missing,$(1)) >/dev/null,\
	@:)
endef

apt:
	$(call install,$(PACKAGES))

apt-bench:
	$(call install,$(BENCH_PACKAGES))

apt-builds:
	$(call install,$(BUILD_PACKAGES))

apt-chromium:
	$(call install,$(CHROMIUM_PACKAGES))

apt-frameworks:
	$(call install,$(FRAMEWORK_PACKAGES))

apt-vagrant:
	$(call install,$(VAGRANT_PACKAGES))

apt-vm:
	$(call install,$(VM_PACKAGES))
