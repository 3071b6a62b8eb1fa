#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# CTF traces on which the library that reads them ends: one line, exit code 1, nothing left behind.
# shellcheck source=tests/cli/expect.sh
. "$SOURCE/tests/cli/expect.sh"
python3 "$SOURCE/tests/cli/hostile_ctf.py" hostile

mkdir tmp
export TMPDIR=$PWD/tmp
for trace in dimensions array; do
  expect 1 "hostile/$trace: .*(libbabeltrace2 would crash|Babeltrace cannot read)" descry import hostile/$trace -o none.db
  expect 1 "hostile/$trace: .*libbabeltrace2" descry import hostile/$trace --reader babeltrace -o none.db
  [ -z "$(ls -A tmp)" ] || failed "$trace: left behind: $(ls tmp)"
  no_leftover "$trace"
done
[ ! -e none.db ] || failed "a database of nothing"

finish
