# `make run` and `make test` are all that a newcomer needs; both install what is missing.
PORT ?= 8554
export PORT

.PHONY: help run build test lint clean

help:
	@echo "make run     build, make sample movies, serve them, play one        (PORT=$(PORT), ONCE=1 to end after playing)"
	@echo "make build   build everything, for debugging"
	@echo "make test    all tests: the package's own, as a dependency, and against ffmpeg, GStreamer and, where it has RTSP, VLC"
	@echo "make lint    formatting and the laws of the design"
	@echo "make clean   delete what was built; movies in media/ stay"

run:
	@Scripts/install-dependencies build
	@for product in sample-media rtsp-server rtsp-client; do swift build -c release --product $$product || exit 1; done
	@"$$(swift build -c release --show-bin-path)/sample-media" media
	@Scripts/demo

build:
	@Scripts/install-dependencies build
	@swift build

test:
	@Scripts/test

lint:
	@swift format lint --strict -r Sources Tests Package.swift
	@Scripts/check-laws

clean:
	rm -rf .build .build-* out
