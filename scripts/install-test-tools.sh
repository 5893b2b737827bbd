#!/usr/bin/env bash
# Installs what the tests need beside Python packages: the Go toolchain of the fixtures.
set -euo pipefail
GOTOOLCHAIN=go1.27.3 go version
