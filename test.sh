#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds and runs the tests: everything in the developer build, including the dependency rules, clang-format, shellcheck and
# clang-tidy over what changed, then under the sanitizers (tools/test-sanitizers), and at last the quick scenarios of the
# lab. clang-tidy over everything runs by itself: ctest --preset dev --tests-regex 'style.tidy$'
set -euo pipefail
cd "$(dirname "$0")"

jobs=$(nproc)
tools/setup build gui test check lab
tools/build dev
echo "Testing dev"
ctest --preset dev --parallel "$jobs" --exclude-regex 'style\.tidy$' --label-exclude lab
tools/test-sanitizers
echo "Testing recordings in virtual machines"
# Emulated machines miss their time limits when the host is busy with something else: a second try tells.
ctest --preset dev --label-regex lab --repeat until-pass:2
