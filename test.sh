#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds and runs the tests: unit and golden tests under the address and undefined-behaviour sanitizers, then everything in
# the developer build, including the dependency rules, clang-format and shellcheck, and at last the quick scenarios of the
# lab. By themselves run tools/test-sanitizers and clang-tidy: ctest --preset dev --tests-regex style.tidy
set -euo pipefail
cd "$(dirname "$0")"

jobs=$(nproc)

# part PRESET FOLDER [CTEST-OPTION...]: the tests of a folder below tests/, only the log of a failure is shown.
part() {
  local preset=$1 folder=$2 log=$PWD/build/$1/test-$2.log
  shift 2
  ctest --test-dir "build/$preset/tests/$folder" --parallel "$jobs" --quiet --output-log "$log" --output-on-failure \
    --no-tests=error "$@" || { cat "$log"; exit 1; }
  grep 'tests passed' "$log" | sed "s/^/$folder: /"
}

tools/setup build gui test check lab
tools/build dev
tools/build asan tests/unit/all tests/golden/all

echo "Testing asan"
# Leaks are not looked for: the trace libraries have their own. libtracecmd takes a size from the file and copes with a
# malloc that returns null, as malloc does outside the sanitizer too.
export ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
part asan unit
part asan golden
echo "Testing dev"
ctest --preset dev --parallel "$jobs" --exclude-regex 'style\.tidy' --label-exclude lab
echo "Testing recordings in virtual machines"
# Emulated machines miss their time limits when the host is busy with something else: a second try tells.
ctest --preset dev --label-regex lab --repeat until-pass:2
