#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Installs what is missing, builds descry, explains a few of the bundled real captures, then builds the window:
#   ./demo.sh [OUTPUT_DIRECTORY]        default: demo-out in the checkout
set -euo pipefail

root=$(cd "$(dirname "$0")" && pwd)
out=${1:-$root/demo-out}
mkdir -p "$out"
out=$(cd "$out" && pwd)
cd "$root"

tools/setup build gui
tools/build release descry descry-collector
descry=$root/build/release/bin/descry

# The answer stands above the first table of a report.
answer() { # CASE
  awk '/^$/ && NR > 1 { exit } { print "  " $0 }' "$out/$1.txt"
}

# Imports one case of samples/traces, keeps its report, prints the answer.
explain() { # CASE TITLE
  local database=$out/$1.db status=0

  printf '\n%s: %s\n' "$1" "$2"
  samples/traces/unpack "$1" "$out/traces"
  "$descry" import "$out/traces/$1" -o "$database" >"$out/$1.log" 2>&1 || status=$?
  # 3: imported, but events were lost or contradict each other; the health lines of the report say how.
  if [ "$status" != 0 ] && [ "$status" != 3 ]; then
    cat "$out/$1.log" >&2
    exit "$status"
  fi
  "$descry" report "$database" >"$out/$1.txt" || [ $? = 3 ]
  answer "$1"
  sqlite3 "$database" "SELECT '  ' || severity || ': ' || title FROM finding_view
    WHERE severity <> 'info' AND rule <> 'capture-health' ORDER BY finding_id LIMIT 1" | fold -s -w 78 | sed 's/ *$//; 2,$s/^/    /'
  [ "$status" = 0 ] || echo "  (with loss or anomalies that matter: see Health in $out/$1.txt)"
}

explain pci-blk "virtio-blk over PCI, on a file. Nothing is wrong."
explain pci-blk-swiotlb "virtio-blk over PCI, every buffer bounced (swiotlb=force)."
explain ccw-blk "virtio-blk over CCW (s390x), with a backend that does nothing."
explain mmio-blk "virtio-blk over MMIO (microvm), on a file."
explain vhost-net-plain "kernel vhost-net over PCI, no IOMMU in the path."
explain vhost-net-needless "the same with ACCESS_PLATFORM: every translation is an identity mapping."
explain loop-miss "kernel vhost-net driven by a program: every chain misses in the IOTLB."

printf '\nThe whole report of pci-blk-swiotlb:\n\n'
cat "$out/pci-blk-swiotlb.txt"

cat <<END

Reports (.txt) and databases (.db) of all cases are in $out. Go on with, for example:
  $descry report --by queue $out/vhost-net-needless.db
  $descry report --format json $out/loop-miss.db

END
tools/build release descry-gui
cat <<END

The same in a window:
  $descry gui $out/loop-miss.db
END
