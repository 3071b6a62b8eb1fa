#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by the tests of this directory. DESCRY, COLLECTOR: the programs; SOURCE: the top of the source tree.
set -u
PATH=$(dirname "$DESCRY"):$(dirname "$COLLECTOR"):$PATH
export NO_COLOR=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0

failed() {
  echo "FAILED: $*" >&2
  failures=$((failures + 1))
}

# expect CODE REGEX COMMAND...: it exits with CODE, and what it says (on either stream) contains REGEX (any when it is empty). After a failure
# (code 1) it must have said exactly one line on stderr.
expect() {
  local code=$1 regex=$2 got
  shift 2
  "$@" > stdout 2> stderr
  got=$?
  [ "$got" -eq "$code" ] || failed "exit code $got, expected $code: $*: $(head -c 500 stderr)"
  [ -z "$regex" ] || cat stdout stderr | grep -Eq -e "$regex" || failed "did not say \"$regex\": $*: $(head -c 500 stderr)"
  [ "$code" -ne 1 ] || [ "$(wc -l < stderr)" -eq 1 ] || failed "more than one line on stderr: $*: $(cat stderr)"
}

# unpack_cases NAME...: inputs of tests/data/cases, each a folder of that name.
unpack_cases() {
  local name
  for name; do
    tar --zstd -xf "$SOURCE/tests/data/cases/$name.tar.zst" || failed "cannot unpack the case $name"
  done
}

# sql DATABASE QUERY: its rows, columns separated by |.
sql() {
  python3 -c '
import sqlite3, sys
for row in sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True).execute(sys.argv[2]):
    print(*row, sep="|")' "$1" "$2"
}

# Says so when something that was being written lies in FOLDER (default: here).
no_leftover() {
  local what=$1 folder=${2:-.} found
  found=$(find "$folder" -maxdepth 1 -name '.*.descry-*.part')
  [ -z "$found" ] || failed "$what: left behind: $found"
}

# Two requests of a guest as trace-cmd report prints them: enough for a database.
small_trace() {
  local i
  echo "cpus=1"
  for i in 0 1; do
    cat << EVENTS
              dd-7     [000] 1.00${i}001: add_sgs:      (virtqueue_add_sgs+0x0) dev=0 q=0 vq=0xa0 avail=$i pavail=0 wrap=0 free_head=0 out=1 in=2 token=0xb$i
              dd-7     [000] 1.00${i}004: add_sgs_ret:  (virtblk_add_req+0x0 <- virtqueue_add_sgs) dev=0 q=0 vq=0xa0 ret=0
              dd-7     [000] 1.00${i}101: get:          (virtqueue_get_buf+0x0) dev=0 q=0 vq=0xa0 used=$i
              dd-7     [000] 1.00${i}105: get_ret:      (virtblk_done+0x0 <- virtqueue_get_buf) dev=0 q=0 vq=0xa0 used=$((i + 1)) len=1 token=0xb$i
EVENTS
  done
}

# Says the verdict; the last line of every test.
finish() {
  [ "$failures" -eq 0 ] || { echo "$failures checks failed" >&2; exit 1; }
  echo "all checks passed"
  exit 0
}
