#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# make_databases.sh OUTPUT BIN TRACES SOURCE: the case databases that the tests of the desktop program look at.
set -euo pipefail

out=$1 bin=$2 traces=$3 source=$4
mkdir -p "$out"
rm -f "$out"/*

# 3: done, with losses or anomalies; some of the cases have them on purpose.
allow_damage() {
  "$@" || [ $? = 3 ]
}

for case in vhost-net-needless vhost-net-plain pci-blk-swiotlb ccw-blk-swiotlb loop-miss; do
  allow_damage "$bin/descry" import -q "$traces/$case" -o "$out/$case.db"
done
tar --zstd -xOf "$source/tests/data/cases/tsc-text.tar.zst" tsc-text/trace.txt >"$out/tsc.txt"
allow_damage "$bin/descry" import -q --guest "$out/tsc.txt" -o "$out/tsc-text.db" 2>/dev/null
for scenario in lossy-host needless-translation clock-step silent-backend; do
  allow_damage "$bin/descry-simulate" "$source/samples/simulate/scenarios/$scenario.txt" -o "$out/$scenario.db" >/dev/null
done
sed 's/^chains = .*/chains = 60000/' "$source/samples/simulate/scenarios/healthy-blk.txt" >"$out/many.txt"
allow_damage "$bin/descry-simulate" "$out/many.txt" -o "$out/many.db" >/dev/null
for database in "$out"/*.db; do
  allow_damage "$bin/descry" report --format json "$database" -o "${database%.db}.json"
done

: >"$out/empty-file.db"
printf 'this is no database, only a text that is long enough to be looked at as one: 0123456789 0123456789 0123456789' >"$out/text.db"
head -c 20000 "$out/many.db" >"$out/cut.db"
cp "$out/lossy-host.db" "$out/newer.db"
python3 - "$out/newer.db" <<'PY'
import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
database.execute("PRAGMA user_version = 99")
database.commit()
PY
cp "$out/lossy-host.db" "$out/no-pyramid.db"
python3 - "$out/no-pyramid.db" <<'PY'
import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
for table in ("timeline_bucket", "timeline_latency", "slowest"):
    database.execute(f"DROP TABLE {table}")
database.commit()
PY
cp "$out/lossy-host.db" "$out/no-chains.db"
python3 - "$out/no-chains.db" <<'PY'
import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
for table in ("chain", "timeline_bucket", "timeline_latency", "slowest", "cause_total", "cause_histogram", "guest_half", "host_half"):
    database.execute(f"DELETE FROM {table}")
database.commit()
PY
