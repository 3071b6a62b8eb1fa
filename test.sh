#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds and runs the tests: unit and golden tests under the address and undefined-behaviour sanitizers, then everything in
# the developer build, including the dependency rules, clang-format and shellcheck, and at last the quick scenarios of the
# lab. clang-tidy takes long and runs by itself: ctest --preset dev --tests-regex style.tidy
set -euo pipefail
cd "$(dirname "$0")"

tools/setup build gui test check lab
tools/build dev
tools/build asan tests/unit/all tests/golden/all

jobs=$(nproc)
echo "Testing asan"
log=$PWD/build/asan/test.log
# Leaks are not looked for: the trace libraries have their own. libtracecmd takes a size from the file and copes with a
# malloc that returns null, as malloc does outside the sanitizer too.
export ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
for part in unit golden; do
  ctest --test-dir "build/asan/tests/$part" --parallel "$jobs" --quiet \
    --output-log "$log" --output-on-failure --no-tests=error || { cat "$log"; exit 1; }
  tail -n 3 "$log"
done
echo "Testing dev"
ctest --preset dev --parallel "$jobs" --exclude-regex style.tidy --label-exclude lab
echo "Testing recordings in virtual machines"
# Emulated machines miss their time limits when the host is busy with something else: a second try tells.
ctest --preset dev --label-regex lab --repeat until-pass:2
