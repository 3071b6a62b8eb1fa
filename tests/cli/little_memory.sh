#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# An import with little memory ends with one line. Not for sanitizers, which need address space themselves.
# shellcheck source=tests/cli/expect.sh
. "$SOURCE/tests/cli/expect.sh"

small_trace >trace.txt
# A library that is not loaded has said so itself (127).
for megabytes in 40 60 80; do
  (ulimit -v $((megabytes * 1024)); descry import -q trace.txt -o small.db) > stdout 2> stderr
  code=$?
  case $code in
    0 | 127) ;;
    1) [ "$(wc -l < stderr)" -eq 1 ] || failed "$megabytes MB: $(cat stderr)" ;;
    *) failed "$megabytes MB: exit code $code: $(cat stderr)" ;;
  esac
done

finish
