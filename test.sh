#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds and runs every test: first under the address and undefined-behaviour sanitizers, then the developer build with
# everything, including the dependency rules, clang-format, clang-tidy and shellcheck.
set -euo pipefail
cd "$(dirname "$0")"

tools/setup build test check
tools/build dev
tools/build asan

jobs=$(nproc)
echo "Testing asan"
ctest --preset asan --parallel "$jobs" --quiet --output-log build/asan/test.log || { cat build/asan/test.log; exit 1; }
tail -n 3 build/asan/test.log
echo "Testing dev"
ctest --preset dev --parallel "$jobs"
