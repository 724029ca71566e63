# Qixian's commands. `make run` and `make test` are all a newcomer needs.

GO      ?= go
BIN     := bin/qixian
# Versions of the tools that CI runs, fetched through the Go module proxy.
LINT    := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
VULN    := golang.org/x/vuln/cmd/govulncheck@v1.9.0
# Every fuzz target gets this long; CI passes a shorter one.
FUZZTIME ?= 10s

# What this tree's benchmarks are compared with.
BASE ?= HEAD~1

# Every fault of the matrix is injected so often; CI does it less often.
TIMES ?= 50

.PHONY: run build test bench compare torture lint vuln fuzz golden clean

## run: build and start the daemon on the embedded defaults (SQLite and a mailbox under ./qixian-data)
run: build
	./$(BIN) serve --state-dir qixian-data

## build: a static binary, its version taken from the build information
build:
	CGO_ENABLED=0 $(GO) build -buildvcs=auto -trimpath -ldflags='-s -w' -o $(BIN) ./cmd/qixian

## test: everything, on SQLite and on a real MariaDB, reports as Chromium prints them and the window as it shows it (installed as needed; screenshots
## in bin/screenshots), with the race detector; the one test that
## lives through a whole year takes ten times as long under it, and runs apart without
test: build
	.ci/need dovecot=dovecot-imapd chromium=chromium pdftotext=poppler-utils tidy=tidy \
	  /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc=fonts-noto-cjk /usr/lib/python3/dist-packages/icalendar=python3-icalendar
	QIXIAN_AXE=$$(.ci/npm axe-core 4.14.1 axe.min.js) QIXIAN_ICAL=$$(.ci/npm ical.js 2.2.1 dist/ical.es5.cjs) \
	  QIXIAN_SCREENSHOTS=$(CURDIR)/bin/screenshots QIXIAN_REQUIRE_MYSQL=1 .ci/with-mariadb sh -c '\
	  $(GO) test -race -shuffle=on -short -timeout 30m ./... && \
	  $(GO) test -run TestTranscript -timeout 10m ./scheduler'

## bench: the program beside what one would use instead, in turn, on this machine; about ten minutes, and nothing else should run meanwhile
bench:
	.ci/need mariadbd=mariadb-server smtp-source=postfix prometheus-alertmanager=prometheus-alertmanager remind=remind
	CI=true QIXIAN_BENCH=yes QIXIAN_BENCH_PLOT=$(CURDIR)/.github/growth.svg $(GO) test -count=1 -timeout 12m -v ./cmd/internal/bench

## compare: the benchmarks within a package (go test -bench) beside those of the revision BASE, in turn, by benchstat
compare:
	.ci/compare $(BASE)

## torture: faults injected TIMES times each into thousands of reminders in flight, and many daemons on one engine; QIXIAN_TORTURE_SEED repeats
torture:
	.ci/need mariadbd=mariadb-server ip=iproute2 chattr=e2fsprogs
	CI=true QIXIAN_TORTURE=$(TIMES) $(GO) test -count=1 -timeout 150m -parallel 4 -v ./cmd/internal/torture

## lint: go vet and golangci-lint
lint:
	$(GO) vet ./...
	$(GO) run $(LINT) run ./...

## vuln: known vulnerabilities in what we call
vuln:
	$(GO) run $(VULN) ./...

## fuzz: every fuzz target for FUZZTIME, a duration or a count such as 2000x
fuzz:
	.ci/fuzz $(FUZZTIME)

## golden: rewrite the golden files; read the difference before committing it
golden:
	$(GO) test ./configs ./rules ./rules/calendar ./scheduler ./scheduler/report ./cmd/internal/command ./notify/compose ./notify/inbox ./notify/smtp ./cmd/qixian -update

clean:
	rm -rf bin qixian-data
