#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds and runs the tests: what matters most under the sanitizers, then everything in the developer build, including the
# dependency rules, clang-format, shellcheck and clang-tidy over the files that changed, and at last the quick scenarios
# of the lab. clang-tidy over all files takes long and runs by itself: ctest --preset dev --tests-regex style.tidy$
set -euo pipefail
cd "$(dirname "$0")"

jobs=$(nproc)

# part PRESET FOLDER [CTEST-OPTION...]: the tests of a folder below tests/, of which only the log of a failure is shown.
part() {
  local preset=$1 folder=$2 log=$PWD/build/$1/test-$2.log
  shift 2
  ctest --test-dir "build/$preset/tests/$folder" --parallel "$jobs" --quiet --output-log "$log" --output-on-failure \
    --no-tests=error "$@" || { cat "$log"; exit 1; }
  grep 'tests passed' "$log" | sed "s/^/$folder: /"
}

# run NAME COMMAND...: a program of tests, of which only the output of a failure is shown.
run() {
  local name=$1 log
  shift
  log=$(mktemp)
  "$@" >"$log" 2>&1 || { cat "$log"; rm -f "$log"; exit 1; }
  grep 'PASSED' "$log" | sed "s/^/$name: /"
  rm -f "$log"
}

tools/setup build gui test check lab
tools/build dev

# Address and undefined behaviour: all unit and golden tests and every command line, a part of the rest.
tools/build asan tests/unit/all tests/golden/all tests/property/all descry-simulate \
  gui_data_test gui_model_test gui_query_test
echo "Testing asan"
# Leaks are not looked for: the trace libraries have their own. libtracecmd takes a size from the file and copes with a
# malloc that returns null, as malloc does outside the sanitizer too.
export ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
part asan unit
part asan golden
part asan cli
# The browser and the PDF reader look at files that are the same in every build.
part asan report --tests-regex 'report\.(formats|batch|explain)$'
part asan gui --tests-regex 'gui\.gui_(data|model|query)_test$'
# One world in ten, one example in five: all of them are played in the developer build.
RC_PARAMS="seed=2020 max_success=20" DESCRY_PROPERTY_WORLDS=0.1 run property build/asan/tests/property/property_test

# Races: importing uses two threads, the window asks in others, a batch of reports uses all.
tools/build tsan import_test truth_test descry-simulate gui_query_test
echo "Testing tsan"
export TSAN_OPTIONS="halt_on_error=1 second_deadlock_stack=1 suppressions=$PWD/tests/tsan.supp"
part tsan unit --tests-regex '^ImportTraces'
part tsan golden --tests-regex '^truth\.(pci-blk|vhost-net-viommu)$'
part tsan report --tests-regex 'report\.batch$'
part tsan gui --tests-regex 'gui\.gui_query_test$'

echo "Testing dev"
ctest --preset dev --parallel "$jobs" --exclude-regex 'style\.tidy$' --label-exclude lab
echo "Testing recordings in virtual machines"
# Emulated machines miss their time limits when the host is busy with something else: a second try tells.
ctest --preset dev --label-regex lab --repeat until-pass:2
