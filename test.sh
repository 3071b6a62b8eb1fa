#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds and runs the tests: command lines, reports, the window, property tests, real recordings, the dependency rules, the style
# checks and clang-tidy over what changed in the developer build; unit and golden tests and once more a part of the others
# with the sanitizers (tools/test-sanitizers); at last the quick scenarios of the lab. clang-tidy over everything runs by
# itself: ctest --preset dev --tests-regex 'style.tidy$'
set -euo pipefail
cd "$(dirname "$0")"

jobs=$(nproc)
tools/setup build gui test check lab
tools/build check
echo "Testing check"
ctest --preset check --parallel "$jobs" --exclude-regex 'style\.tidy$' --label-exclude lab
tools/test-sanitizers
echo "Testing recordings in virtual machines"
# Emulated machines miss their time limits when the host is busy with something else: a second try tells.
ctest --preset check --label-regex lab --repeat until-pass:2
