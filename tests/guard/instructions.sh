#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Counts the instructions of `descry import` and of `babeltrace2 -o dummy` on the same trace, which no other load on the
# machine can change, and fails when their ratio is above the limit of limits.txt by more than 5 %:
# instructions.sh BUILD_TYPE COLLECTOR SOURCE. Exit code 77: there is no valgrind, or no limit for this kind of build.
set -euo pipefail

build=$1
collector=$2
source=$3
limits=$source/tests/guard/limits.txt

for tool in valgrind babeltrace2 python3; do
  command -v "$tool" > /dev/null || { echo "$tool is not installed"; exit 77; }
done
grep -q "^$build " "$limits" || { echo "no limit for a build of type '$build'"; exit 77; }

work=$(mktemp -d "${TMPDIR:-/tmp}/descry-guard.XXXXXX")
trap 'rm -rf "$work"' EXIT
# 139,773 events, 1.2 and 2.4 MB.
"$source/samples/traces/unpack" pci-blk-lossy "$work"
trace=$work/pci-blk-lossy/host

# instructions PROGRAM ARGUMENTS... The program may say with exit code 3 that the trace has losses: it has.
instructions() {
  valgrind --tool=callgrind --callgrind-out-file=/dev/null --log-file="$work/log" "$@" > /dev/null || [ $? -eq 3 ]
  sed -n 's/.*Collected : \([0-9]*\).*/\1/p' "$work/log"
}

reference=$(instructions babeltrace2 -o dummy "$trace")
failed=0
while read -r of what limit; do
  [ "$of" = "$build" ] || continue
  options=()
  [ "$what" = analysed ] || options+=(--no-analyze)
  count=$(instructions "$collector" import --jobs 1 --quiet "${options[@]}" --host "$trace" -o "$work/$what.db")
  python3 - "$what" "$count" "$reference" "$limit" << 'PYTHON' || failed=1
import sys
what, count, reference, limit = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
ratio = count / reference
print(f"{what}: {count / 1e6:.0f} million instructions, babeltrace2 -o dummy {reference / 1e6:.0f}: "
      f"ratio {ratio:.3f}, limit {limit:.3f}")
if ratio > limit * 1.05:
    sys.exit(f"{what}: slower than the limit by more than 5 %: find out why (valgrind --tool=callgrind), "
             f"or raise the limit in tests/guard/limits.txt with a reason in docs/performance.md")
if ratio < limit * 0.95:
    print(f"{what}: faster than the limit by more than 5 %: lower it in tests/guard/limits.txt")
PYTHON
done < "$limits"
exit "$failed"
