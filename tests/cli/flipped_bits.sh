#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A bit of a case database that flips on a disk never becomes another report: the report is the same, or it is refused.
# shellcheck source=tests/cli/expect.sh
. "$SOURCE/tests/cli/expect.sh"
"$SOURCE/samples/traces/unpack" pci-blk-fast . || failed "cannot unpack the sample"
expect 0 '' descry import -q pci-blk-fast -o case.db

python3 - << 'END' || failed "see above"
import random, subprocess, sys

def report(path):
    run = subprocess.run(["descry", "report", "--full", path], capture_output=True, timeout=60)
    return run.returncode, run.stdout.replace(path.encode(), b""), run.stderr.decode()

whole = open("case.db", "rb").read()
wanted = report("case.db")
pick = random.Random(20260212)
page = 16384
# Every page once somewhere, and the first one, which has the header and the schema, more often.
places = [p * page + pick.randrange(page) for p in range(len(whole) // page)] + [pick.randrange(page) for _ in range(40)]
refused = bad = 0
for place in places:
    changed = bytearray(whole)
    changed[place] ^= 1 << pick.randrange(8)
    open("flipped.db", "wb").write(changed)
    code, said, error = report("flipped.db")
    if code not in (0, 1, 3) or (code == 1 and error.count("\n") != 1):
        print(f"byte {place}: exit code {code}: {error[:200]}", file=sys.stderr)
        bad += 1
    elif code == 1:
        refused += 1
    elif (code, said) != wanted[:2]:
        print(f"byte {place}: another report", file=sys.stderr)
        bad += 1
if refused < 10:
    print(f"only {refused} of {len(places)} were noticed", file=sys.stderr)
sys.exit(1 if bad or refused < 10 else 0)
END

# A number in a table that nothing else checks: found by its page alone.
python3 - << 'END' || failed "cannot change the number"
import sqlite3, struct
connection = sqlite3.connect("case.db")
(root,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'cause_total'").fetchone()
connection.close()
whole = bytearray(open("case.db", "rb").read())
first = (root - 1) * 16384
begin = struct.unpack(">H", whole[first + 5:first + 7])[0] or 65536
assert whole[first] in (2, 10), whole[first]  # an index page: the table is WITHOUT ROWID
whole[first + begin + 24] ^= 1
open("number.db", "wb").write(whole)
END
expect 1 'number.db: a page of it has changed on the disk' descry report number.db

# Other programs may write to the file; then its pages have to fit together at least.
expect 0 '' descry analyze case.db
cp case.db own.db
python3 -c 'import sqlite3
c = sqlite3.connect("own.db")
c.execute("CREATE TABLE notes (text)")
c.commit()'
expect 0 '' descry report own.db
expect 0 '' descry analyze own.db
expect 0 '' descry report own.db
sqlite3 case.db 'VACUUM INTO "vacuumed.db"' 2> /dev/null && expect 0 '' descry report vacuumed.db
python3 - << 'END' || failed "cannot damage own.db"
import sqlite3
c = sqlite3.connect("own.db")
c.execute("PRAGMA writable_schema = 1")
c.execute("UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'guest_half')"
          " WHERE name = 'host_half'")
c.commit()
END
expect 1 'own.db: the file is damaged; import the traces again' descry report own.db
finish
