#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Installs what is missing, builds descry and its window, and says on one screen what takes the time in a few of the
# bundled real captures:
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

# Imports one case of samples/traces and keeps its whole report.
import_case() { # CASE
  local database=$out/$1.db status=0

  samples/traces/unpack "$1" "$out/traces"
  "$descry" import "$out/traces/$1" -o "$database" >"$out/$1.log" 2>&1 || status=$?
  # 3: imported, but events were lost or contradict each other; the health lines of the report say how.
  if [ "$status" != 0 ] && [ "$status" != 3 ]; then
    cat "$out/$1.log" >&2
    exit "$status"
  fi
  "$descry" report --full "$database" >"$out/$1.txt" || [ $? = 3 ]
}

# Three lines: what the case is, where its time goes, and the worst finding. One that is too long ends with its first
# clause.
answer() { # CASE TITLE
  printf '%s: %s\n' "$1" "$2"
  sed -n '1s/^/  /p' "$out/$1.txt"
  sqlite3 "$out/$1.db" "SELECT CASE severity WHEN 'info' THEN 'info: ' || title ELSE 'Do: ' || action END FROM finding_view ORDER BY rule = 'capture-health', finding_id LIMIT 1" |
    sed -E '/^.{79}/{s/^(.{20,78})(, | \().*/\1/; t; s/^(.{20,74}) .*/\1 .../}' | sed 's/^/  /'
}

# A path below the checkout as one types it there.
short() { # PATH
  printf '%s' "${1#"$root"/}"
}

cases=(
  "pci-blk" "virtio-blk over PCI, on a file. Nothing is wrong."
  "pci-blk-swiotlb" "virtio-blk over PCI, every buffer bounced (swiotlb=force)."
  "ccw-blk" "virtio-blk over CCW (s390x), with a backend that does nothing."
  "mmio-blk" "virtio-blk over MMIO (microvm), on a file."
  "vhost-net-plain" "kernel vhost-net over PCI, no IOMMU in the path."
  "vhost-net-needless" "the same with ACCESS_PLATFORM: all mappings are identities."
  "loop-miss" "kernel vhost-net driven by a program: every chain misses."
)
echo "Importing $((${#cases[@]} / 2)) captures"
for ((i = 0; i < ${#cases[@]}; i += 2)); do import_case "${cases[i]}"; done

tools/build release descry-gui

# The last screen: 24 lines of 80 columns with the prompt.
for ((i = 0; i < ${#cases[@]}; i += 2)); do answer "${cases[i]}" "${cases[i + 1]}"; done
printf 'Whole reports: %s/*.txt\nThe same in a window: %s gui %s/loop-miss.db\n' \
  "$(short "$out")" "$(short "$descry")" "$(short "$out")"
