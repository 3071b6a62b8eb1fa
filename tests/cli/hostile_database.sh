#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A case database is input too: views and tables that were replaced, and triggers, are refused before they run; what a user
# added stays.
# shellcheck source=tests/cli/expect.sh
. "$SOURCE/tests/cli/expect.sh"
small_trace > trace.txt
descry import -q --guest trace.txt -o case.db || failed "cannot import"

# change NAME SQL: NAME.db is case.db after it.
change() {
  cp case.db "$1.db"
  python3 -c 'import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.executescript(sys.argv[2])
connection.commit()' "$1.db" "$2" || failed "cannot make $1.db"
}

forever='WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n'
change view "DROP VIEW cause_view; CREATE VIEW cause_view AS $forever"
change table "ALTER TABLE chain RENAME TO kept; CREATE VIEW chain AS SELECT kept.* FROM kept, ($forever)"
change extra-column 'ALTER TABLE capture ADD COLUMN more TEXT'
change gone 'DROP VIEW device_view'
change trigger "CREATE TRIGGER t AFTER INSERT ON cause_total BEGIN INSERT INTO meta SELECT i, i FROM ($forever); END"
change hidden-trigger "PRAGMA writable_schema = 1; INSERT INTO sqlite_schema VALUES ('TRIGGER', 't', 'meta', 0,
  'CREATE TRIGGER t AFTER INSERT ON meta BEGIN UPDATE device SET name = ''other''; END')"
for database in view table extra-column trigger hidden-trigger; do
  for command in report explain 'check --fail-if p50(device==virtio0)>1s' 'whatif --without backend' analyze; do
    # shellcheck disable=SC2086
    expect 1 "$database.db: (its|it has) .*import the traces again" timeout 20 descry $command $database.db
  done
  expect 1 "$database.db" timeout 20 descry diff case.db $database.db
done

expect 1 'gone.db: it has no view device_view; run descry analyze gone.db' descry report gone.db
expect 0 '' descry analyze gone.db
expect 0 '' descry report gone.db

# Values and rows that no analysis writes: one line, in a moment.
change large-path "UPDATE capture SET path = printf('%.*c', 200000000, 'x')"
change large-anomaly "INSERT INTO anomaly SELECT 999, 1, NULL, 'x', 'warning', 1, 0, 0, printf('%.*c', 200000000, 'y')"
for database in large-path large-anomaly; do
  expect 1 "$database.db: a value is larger than 1024 KiB" timeout 20 descry report $database.db
done
rm large-path.db large-anomaly.db
for table in capture device queue queue_epoch; do
  change "no-$table" "DELETE FROM $table"
  expect 1 "no-$table.db: .*import the traces again" \
    timeout 20 descry analyze "no-$table.db"
done
change times 'UPDATE guest_half SET q_ns = -9223372036854775808'
expect 1 'times.db: .*import the traces again' timeout 20 descry analyze times.db

change own "CREATE VIEW mine AS SELECT count(*) FROM chain_view; CREATE TABLE notes (text)"
expect 0 '' descry report own.db
expect 0 '' descry analyze own.db
[ "$(sql own.db 'SELECT * FROM mine')" = 2 ] || failed "a user's own view is gone"
finish
