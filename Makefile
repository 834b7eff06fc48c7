# `make run` and `make test` are all that a newcomer needs; both install what is missing.
PORT ?= 8554
PLAYER_PORT ?= 8080
SECONDS ?= 60
MEDIA ?=
export PORT PLAYER_PORT

.PHONY: help run build test lint coverage fuzz benchmark bench clean

help:
	@echo "make run     build, make sample movies, serve them, and show them in the browser; Ctrl-C ends it"
	@echo "             (PORT=$(PORT) of the server, PLAYER_PORT=$(PLAYER_PORT) of the page, ONCE=1 to play a few seconds and end)"
	@echo "make build   build everything, for debugging"
	@echo "make test    all tests: the package's own, as a dependency, against ffmpeg, GStreamer and, where it has RTSP, VLC,"
	@echo "             and the player's page in a real browser; PARTS=\"units sockets\" for some of them"
	@echo "make lint    formatting and the laws of the design"
	@echo "make coverage  how many lines of the core the tests reach, and which they do not"
	@echo "make fuzz    give every parser and both endpoints bytes of all kinds, SECONDS=$(SECONDS) each; two at a time, JOBS=2"
	@echo "make benchmark  how fast packetizing, converting and indexing are; MEDIA=\"clip.mjpeg\", else the sample movies"
	@echo "make bench   the server and client beside a C program and GStreamer, an hour or two; writes Documentation/Performance.md"
	@echo "             (QUICK=1: minutes, few readers, and changes no document; ONLY=\"readers,cycles\" RUNS=3)"
	@echo "make clean   delete what was built; movies in media/ stay"

run:
	@Scripts/install-dependencies build
	@for product in sample-media rtsp-server rtsp-client rtsp-player; do Scripts/swift build -c release --product $$product || exit 1; done
	@"$$(Scripts/swift build -c release --show-bin-path)/sample-media" media
	@Scripts/demo

build:
	@Scripts/install-dependencies build
	@Scripts/swift build

test:
	@Scripts/test $(PARTS)

lint:
	@swift format lint --strict -r Sources Tests Benchmarks/Sources Package.swift Benchmarks/Package.swift
	@Scripts/check-laws

coverage:
	@Scripts/coverage

fuzz:
	@Scripts/fuzz --seconds $(SECONDS)

benchmark:
	@Scripts/install-dependencies build
	@swift build -c release --package-path Benchmarks
	@if [ -z "$(MEDIA)" ]; then Scripts/swift build -c release --product sample-media && \
		"$$(Scripts/swift build -c release --show-bin-path)/sample-media" media; fi
	@"$$(swift build -c release --package-path Benchmarks --show-bin-path)/rtsp-benchmark" --gstreamer \
		$(if $(MEDIA),$(MEDIA),media/*jpeg)

bench:
	@Scripts/install-dependencies bench
	@for product in rtsp-server rtsp-client; do Scripts/swift build -c release --product $$product || exit 1; done
	@$(MAKE) --no-print-directory -C Benchmarks/Tools
	@if [ -x Scripts/benchmark-pure ] && [ -z "$(QUICK)$(ONLY)" ]; then Scripts/benchmark-pure --output .build/bench/pure.json; fi
	@python3 Benchmarks/Tools/measure $(if $(QUICK),--quick) $(if $(RUNS),--runs $(RUNS)) $(if $(ONLY),--only "$(ONLY)") \
		--server "$$(Scripts/swift build -c release --show-bin-path)/rtsp-server" \
		--client "$$(Scripts/swift build -c release --show-bin-path)/rtsp-client"

clean:
	rm -rf .build .build-* Benchmarks/.build* out
