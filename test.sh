#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds and runs the tests: unit and golden tests under the address and undefined-behaviour sanitizers, then everything in
# the developer build, including the dependency rules, clang-format, shellcheck and clang-tidy over what changed, and at last
# the quick scenarios of the lab. By themselves run the other sanitizer tests (tools/test-sanitizers) and clang-tidy over
# everything (ctest --preset dev --tests-regex 'style.tidy$').
set -euo pipefail
cd "$(dirname "$0")"

jobs=$(nproc)
tools/setup build gui test check lab
tools/build check
tools/test-sanitizers --quick
echo "Testing check"
ctest --preset check --parallel "$jobs" --exclude-regex 'style\.tidy$' --label-exclude lab
echo "Testing recordings in virtual machines"
# Emulated machines miss their time limits when the host is busy with something else: a second try tells.
ctest --preset check --label-regex lab --repeat until-pass:2
