#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Options, help, and how a wrong command line is answered.
# shellcheck source=tests/cli/expect.sh
. "$SOURCE/tests/cli/expect.sh"
small_trace > trace.txt

expect 0 '^descry [0-9]+\.[0-9]+\.[0-9]+$' descry --version
expect 0 '^descry-collector [0-9]+\.[0-9]+\.[0-9]+$' descry-collector --version
for command in '' record doctor import analyze report explain diff whatif check export; do
  expect 0 '^Usage: descry' descry $command --help
  ! awk 'length > 80' stdout | grep . || failed "help of '$command' is wider than 80 columns"
done

expect 2 'a command is needed' descry
expect 2 "unknown command 'improt'; commands are: .*import" descry improt
expect 2 'expected host, guest or auto, found "both"' descry record -o capture --side both
expect 2 'expected a time such as 10s' descry record -o capture --duration never
expect 2 'expected light, normal or full' descry record -o capture --detail most
expect 2 'say where to put the trace' descry record
expect 2 "the trace goes to the relay daemon" descry record --stream somewhere -o case.db
expect 2 'needs at least one trace' descry import -o case.db
expect 2 'output is required' descry import trace.txt
expect 2 'expected GUEST=HOST, found "virtio0"' descry import trace.txt -o case.db --map virtio0
expect 2 'not expected: --nonsense' descry import trace.txt -o case.db --nonsense
expect 2 'DATABASE is required' descry report
expect 2 'expected text, markdown, html, pdf, csv, json or junit, found "xml"' descry report case.db --format xml
expect 2 'several databases need a folder' descry report case.db other.db
expect 2 'table: belongs to --format csv' descry report case.db --format json --table chains
expect 2 'expected causes, chains, .*, found "nonsense"' descry report case.db --table nonsense
expect 2 'expected transport, device or queue, found "chain"' descry report case.db --by chain
expect 2 'not in range' descry report case.db --slowest -1
# Each of them points to the help of its command, whether the parser or the command refuses it.
for wrong in 'import' 'import trace.txt -o case.db --nonsense' 'report' 'report a.db b.db' 'explain a.db --chain x' 'diff a.db' \
    'whatif a.db' 'whatif a.db --scale x' 'check a.db' "check a.db --fail-if x" 'record'; do
  # shellcheck disable=SC2086 # words
  expect 2 "^Try 'descry ${wrong%% *} --help'" descry $wrong
done
[ ! -e case.db ] || failed "a wrong command line made a database"

# Started by the front door, the collector speaks under its name; alone under its own.
expect 1 '^descry: absent: no such file' descry import absent -o case.db
expect 1 '^descry-collector: absent: no such file' descry-collector import absent -o case.db

expect 0 '1 trace, 8 events, 1 device' descry import trace.txt -o case.db
[ "$(head -c 15 case.db)" = "SQLite format 3" ] || failed "no database was written"
expect 0 '' descry import --guest trace.txt -o case.db --quiet --no-analyze
[ "$(cat stdout stderr | wc -c)" -eq 0 ] || failed "--quiet said something"
expect 0 '^case.db: 2 chains$' descry analyze case.db
expect 0 'virtio0' descry report case.db
expect 0 'virtio0' descry report case.db --by queue --slowest 1 -o -
expect 0 '' descry report case.db --format json -o report.json
grep -q '"captures"' report.json || failed "no JSON report was written"

# A pipe gets neither colours nor a progress bar.
descry import trace.txt -o case.db 2>&1 | grep -q "$(printf '\033')" && failed "escape codes in a pipe"
descry report case.db | grep -q "$(printf '\033')" && failed "escape codes in a pipe"

finish
