#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds and runs the tests: unit and golden tests under the sanitizers, with some of the others (tools/test-sanitizers); the
# others in the developer build, including the dependency rules, clang-format, shellcheck and clang-tidy over what changed;
# and at last the quick scenarios of the lab. clang-tidy over everything runs by itself: ctest --preset dev --tests-regex 'style.tidy$'
set -euo pipefail
cd "$(dirname "$0")"

jobs=$(nproc)
tools/setup build gui test check lab
# Without tests/unit and tests/golden: they run under the sanitizers.
tools/build dev {schemas,collector,analyzer,gui,samples,docs,tests/{cli,report,property,bench,guard,record,lab,gui,architecture}}/all
echo "Testing dev"
ctest --preset dev --parallel "$jobs" --exclude-regex '_NOT_BUILT$|^truth\.|style\.tidy$' --label-exclude lab
tools/test-sanitizers
echo "Testing recordings in virtual machines"
# Emulated machines miss their time limits when the host is busy with something else: a second try tells.
ctest --preset dev --label-regex lab --repeat until-pass:2
