LAUNCHER := packaging/target/conntrack-exporter/bin/conntrack-exporter
MAVEN := packaging/scripts/maven.sh
JEXTRACT := conntrack-ffm/src/main/jextract/generate.sh
# Folders are listed as well: a folder is newer than the program when a file in it has gone.
SOURCES := $(filter-out benchmarks/%,$(shell find pom.xml .mvn */pom.xml */src/main packaging/scripts packaging/training))
ROOT := $(filter 0,$(shell id -u))

FUZZ_SECONDS ?= 600
PREFIX ?= /usr/local
export DESTDIR

.PHONY: help build run demo install deb rpm docker dist sign reproducible test test-fast test-vm test-docs fuzz chaos chaos-random fleet soak format bench bench-check bench-record jmh jcstress compatibility tried version release clean

help: ## show this list (the default)
	@echo 'conntrack-exporter: the connections of this host by remote endpoint, for Prometheus'
	@echo; echo 'To use it:'; $(call LIST,1)
	@echo; echo 'To develop it:'; $(call LIST,2)

# The targets of one group: before the line that begins with "# To develop", or behind it.
LIST = awk -F ':.*\#\# ' -v group=$(1) '/^\# To develop/ { begun = 1 } \
  /^[a-z-]+:.*\#\# / && begun + 1 == group { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: $(LAUNCHER) ## build the program, packaging/target/conntrack-exporter/bin/conntrack-exporter

# The libraries first: the build runs the program once, so that it starts faster.
$(LAUNCHER): $(SOURCES)
	@packaging/scripts/install-libraries.sh
	@echo 'Building $@'
	@$(MAVEN) package -pl packaging -am -Dmaven.test.skip -Dspotless.check.skip

run: $(LAUNCHER) ## build and install what is missing, then start; options go into ARGS="..."
	@packaging/scripts/install-libraries.sh
	@$(if $(ROOT),,sudo) $(LAUNCHER) $(ARGS)

demo: $(LAUNCHER) ## show it at work on two private hosts, until Ctrl-C or for DEMO_SECONDS=...
	@packaging/scripts/install-libraries.sh
	@packaging/demo/demo.sh

IMAGE := packaging/target$(if $(ARCH),/$(ARCH))/conntrack-exporter
PROGRAM := $(IMAGE)/bin/conntrack-exporter
MODULES := packaging/target/modules
DIST := packaging/target/dist
JDK = $$(packaging/scripts/find-jdk.sh)
# Of another architecture nothing is run here: its runtime is linked of another JDK's jmods, and it has
# no AOT cache.
JMODS ?= $(if $(ARCH),packaging/target/$(ARCH)/jmods)
# Not for the program of this machine, which Maven links.
unexport JMODS
# What Maven tells of the libraries, packaging/target/bom.json.
SBOM := -Psbom -Dorg.slf4j.simpleLogger.log.com.networknt.schema=error

install: $(PROGRAM) ## install the program, its unit, manual and completions under PREFIX=/usr/local
	@packaging/scripts/install.sh "$(JDK)" $(MODULES) $(IMAGE) $(PREFIX)

deb: $(PROGRAM) ## build the Debian package, into packaging/target/dist; ARCH=arm64 builds it for arm64
	@packaging/scripts/build-deb.sh "$(JDK)" $(MODULES) $(IMAGE) $(DIST)

rpm: $(PROGRAM) ## build the package for Fedora, RHEL and openSUSE, into packaging/target/dist
	@packaging/scripts/build-rpm.sh "$(JDK)" $(MODULES) $(IMAGE) $(DIST)

docker: $(PROGRAM) ## build the container image conntrack-exporter; ENGINE=podman BASE=debian:trixie-slim
	@packaging/scripts/build-docker.sh $(IMAGE) conntrack-exporter

dist: ## build the archive, its SBOM and checksums, into packaging/target/dist
	@packaging/scripts/install-libraries.sh
	@$(MAVEN) package -pl packaging -am $(SBOM) -Dmaven.test.skip -Dspotless.check.skip
	@$(if $(ARCH),$(MAKE) --no-print-directory $(PROGRAM))
	@JMODS=$(JMODS) packaging/scripts/build-dist.sh "$(JDK)" $(MODULES) $(IMAGE) packaging/target/bom.json $(DIST)

ifdef ARCH
$(PROGRAM): $(LAUNCHER) $(JMODS)/java.base.jmod
	@JMODS=$(JMODS) packaging/scripts/build-image.sh "$(JDK)" $(MODULES) packaging/target/classes $(IMAGE)

packaging/target/$(ARCH)/jmods/java.base.jmod:
	@echo 'Fetching the jmods of a JDK for $(ARCH)'
	@packaging/scripts/fetch-jmods.sh "$(JDK)" $(ARCH) $(@D)
endif

sign: ## sign the checksums in packaging/target/dist; KEY=... is a file of minisign or a key of gpg
	@packaging/scripts/sign.sh "$(KEY)" $(DIST)

# To develop: what is below is for those who change it.

# Kernel tests need root: without it they are skipped, and with it, or in CI, none may be.
ifneq ($(ROOT)$(filter true,$(CI)),)
test: export CONNTRACK_TESTS_MUST_RUN = 1
endif
FORKS ?= 1
test: ## check everything: format, warnings, Error Prone, unit, kernel and packaging tests
	@if command -v jextract >/dev/null; then $(JEXTRACT) --check; \
	  else echo 'Not checked, since jextract is not on PATH: that the generated code is current.'; fi
	@$(MAVEN) verify $(SBOM) -DforkCount=$(FORKS) -Dorg.slf4j.simpleLogger.log.org.apache.maven.plugin.surefire=info
	@packaging/scripts/skipped-tests.sh
	@sed -n 's/^The matrix was run/The matrix of kernels (make test-vm) was run/p' docs/reliability.md

test-fast: ## check the format and run the tests that need no kernel, in less than two minutes
	@$(MAVEN) spotless:check test -pl '!packaging,!benchmarks' -P '!fuzz' -DexcludedGroups=kernel \
	  -Dorg.slf4j.simpleLogger.log.org.apache.maven.plugin.surefire=info

reproducible: ## build archive and packages twice, in two places, and compare them
	@packaging/scripts/reproducible.sh dist deb rpm

# The kernels of these suites of Debian, in qemu. PREVIOUS is the package to upgrade from: by default
# this one with a lower version. A run of all suites is recorded in docs/reliability.md.
SUITES := $(if $(ARCH),trixie,bullseye bookworm trixie trixie-backports)
test-vm: deb ## run the package on Linux 5.10 to the newest of Debian, emulated, as root: forty minutes
	@packaging/vm/matrix.py $(if $(ARCH),--arch=$(ARCH),$(if $(filter file,$(origin SUITES)),--record)) $(if $(PREVIOUS),--previous=$(PREVIOUS)) \
	  $$(ls -t $(DIST)/*$(if $(ARCH),_$(ARCH)).deb | head -n 1) $(SUITES)

# The machine has no network, and installs the package that is built here.
IN ?= clone
test-docs: $(if $(filter vm,$(IN)),deb) ## run the commands of README.md and docs, as root, in a clean clone; IN=container or IN=vm; SLOW=yes
	@$(if $(filter vm,$(IN)),packaging/vm/matrix.py --docs --only="$(ARGS)" $$(ls -t $(DIST)/*_amd64.deb | head -n 1) trixie,SLOW=$(SLOW) packaging/docs-test/enter.sh $(IN) $(ARGS))

# Targets run two at a time. Surefire's own limit is for a target that hangs in C.
fuzz: ## fuzz what parses input, each target for FUZZ_SECONDS=600; one with FUZZ=OptionsFuzz
	@$(MAVEN) test-compile surefire:test@fuzz -pl conntrack-ffm,exporter-app -am --fail-at-end \
	  -Dspotless.check.skip -Dfuzz.quiet=false -Dfuzz.verbosity=1 -Dfuzz.seconds=$(FUZZ_SECONDS) \
	  -Dfuzz.limit.seconds=$$(($(FUZZ_SECONDS) + 300)) $(if $(FUZZ),-Dfuzz.test=$(FUZZ))

# Both start the built program on private hosts, and need root.
RUN_ON_HOSTS := "$$(packaging/scripts/find-jdk.sh)/bin/java" --enable-native-access=ALL-UNNAMED \
  -Dimage=$(CURDIR)/packaging/target/conntrack-exporter \
  -cp "packaging/target/test-classes:$$(cat packaging/target/test-classpath)"

chaos: $(LAUNCHER) compiled-tests ## put it to all that goes wrong, print a table, then chaos-random: 15 minutes
	@$(RUN_ON_HOSTS) io.conntrack.packaging.ChaosCampaign
	@$(RUN_ON_HOSTS) io.conntrack.packaging.random.RandomCampaign

chaos-random: $(LAUNCHER) compiled-tests ## random operations beside a model, for CHAOS_SECONDS=300 from CHAOS_SEED=... on
	@$(RUN_ON_HOSTS) io.conntrack.packaging.random.RandomCampaign

fleet: $(LAUNCHER) ## scrape 50 private hosts into Prometheus and VictoriaMetrics, tell the cost; ARGS="--hosts=10"
	@packaging/fleet/fleet.py $(ARGS)

soak: $(LAUNCHER) compiled-tests ## everything on, under load for SOAK_MINUTES=120: memory, CPU, drift; SOAK_PICTURE=soak.svg draws them
	@$(RUN_ON_HOSTS) io.conntrack.packaging.random.Soak

.PHONY: compiled-tests
compiled-tests:
	@$(MAVEN) process-test-classes -pl packaging -am -Dspotless.check.skip

format: ## lay out the Java code as the format check wants it
	@$(MAVEN) spotless:apply

# Both leave their results in benchmarks/target.
RUN_BENCHMARKS := cd benchmarks/target && "$$(../../packaging/scripts/find-jdk.sh)/bin/java" \
  --enable-native-access=ALL-UNNAMED -cp "classes:$$(cat classpath)"

jmh: compiled-benchmarks ## run the benchmarks; JMH's options go into ARGS="..."
	@$(RUN_BENCHMARKS) org.openjdk.jmh.Main $(ARGS)

jcstress: compiled-benchmarks ## run the concurrency stress tests; jcstress' options go into ARGS="..."
	@$(RUN_BENCHMARKS) org.openjdk.jcstress.Main $(ARGS)

compatibility: ## write the lists in docs/compatibility anew, from the program
	@$(MAVEN) test -pl exporter-app -am -Dtest=CompatibilityTest -Dcompatibility.write=true -Dspotless.check.skip
	@git status --short docs/compatibility

tried: $(LAUNCHER) ## write docs/*-tried.md anew: alerts that fired, what promtool and axe say; as root
	@CONNTRACK_TESTS_MUST_RUN=1 $(MAVEN) integration-test -pl packaging -am -Dtest='AlertsTest,PageTest#everybodyCanReadIt' \
	  -Dsurefire.failIfNoSpecifiedTests=false -Dtried.write=true -Dspotless.check.skip
	@git status --short docs

version: ## set the version to VERSION=..., in pom.xml and, of a release, in CHANGELOG.md
	@packaging/scripts/set-version.sh '$(VERSION)'

release: ## check all that VERSION=1.0.0 needs, then tag it here; DRY_RUN=1 does not tag
	@packaging/scripts/make-release.sh '$(VERSION)'

bench: $(LAUNCHER) compiled-benchmarks ## measure the built program beside C yardsticks; BENCH="resync events" picks some, BENCH=all is all
	@$(RUN_BENCHMARKS) io.conntrack.benchmarks.endtoend.Bench $(BENCH)

bench-check: $(LAUNCHER) compiled-benchmarks ## fail if the hot path is more than 20 % slower than recorded
	@$(RUN_BENCHMARKS) io.conntrack.benchmarks.endtoend.Check

bench-record: $(LAUNCHER) compiled-benchmarks ## measure all or BENCH="...", and record it for bench-check and in documents
	@$(RUN_BENCHMARKS) io.conntrack.benchmarks.endtoend.Bench --record $(BENCH)

.PHONY: compiled-benchmarks
compiled-benchmarks:
	@$(MAVEN) process-classes -pl benchmarks -am -Dspotless.check.skip

clean: ## delete what was built
	rm -rf target */target
