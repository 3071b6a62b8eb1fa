#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Signals during an import: Ctrl-C ends it with one line and the old database as it was; nothing that was being written is left.
# shellcheck source=tests/cli/expect.sh
. "$SOURCE/tests/cli/expect.sh"
small_trace > trace.txt
expect 0 'trace' descry import trace.txt -o case.db
before=$(sha256sum < case.db)
mkfifo said
set -m  # jobs get their own process group and do not ignore SIGINT

# wait_until COMMAND...: for at most 60 s.
wait_until() {
  local tries=0
  until "$@"; do
    sleep 0.01
    [ $((++tries)) -lt 6000 ] || { failed "waited in vain: $*"; return 1; }
  done
}

# An import into $1 that stands still: it tells its progress to a pipe that is full. Its process is $importer.
start_import() {
  exec 9<> said
  dd if=/dev/zero of=said oflag=nonblock bs=4096 2> /dev/null
  DESCRY_PROGRESS=lines descry import trace.txt -o "$1" > stdout 2> said 9<&- &
  importer=$!
  wait_until compgen -G ".$1.descry-*.part" > /dev/null
}

# The pipe is read, the import goes on. Sets $code, and what it said is in the file stderr.
end_import() {
  exec 8< said 9<&-
  tr -d '\0' <&8 | grep -v '^progress' > stderr &
  local reader=$!
  exec 8<&-
  wait "$importer"
  code=$?
  wait "$reader"
}

# shellcheck disable=SC2317  # called through wait_until
has_taken_signals() { grep -q '^ShdPnd:\s*0*$' "/proc/$importer/status"; }

interrupted() {
  local signal=$1 output=$2
  start_import "$output"
  kill "-$signal" "$importer"
  end_import
  [ "$code" -eq 1 ] || failed "$signal: exit code $code: $(cat stderr)"
  no_leftover "$signal"
}

for signal in INT TERM HUP; do
  interrupted $signal case.db
  [ "$(cat stderr)" = "descry: cancelled, case.db left as it was" ] || failed "$signal: $(cat stderr)"
  [ "$(sha256sum < case.db)" = "$before" ] || failed "$signal: the old database was changed"
done
interrupted INT new.db
[ "$(cat stderr)" = "descry: cancelled, new.db was not made" ] || failed "$(cat stderr)"
[ ! -e new.db ] || failed "a database was left"

# The second signal ends it at once.
start_import case.db
kill -INT "$importer"
wait_until has_taken_signals
kill -INT "$importer"
wait "$importer"
code=$?
exec 9<&-
[ "$code" -eq 130 ] || failed "the second signal: exit code $code"
no_leftover "the second signal"

# While one writes a database, another is refused. What a killed one leaves goes with the next.
start_import case.db
expect 1 'case.db: another descry is writing it' descry import trace.txt -o case.db
kill -KILL "$importer"
wait "$importer"
exec 9<&-
[ "$(sha256sum < case.db)" = "$before" ] || failed "the old database was changed"
compgen -G '.case.db.descry-*.part' > /dev/null || failed "a killed import left nothing: what is tested here?"
expect 0 'trace' descry import trace.txt -o case.db
no_leftover "the import after a killed one"

finish
